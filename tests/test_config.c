/* test_config.c -- configurations: merging, runs, every refusal once at its exact place, and bytes at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "config/config.h"
#include "config/plan.h"
#include "tasks/task.h"
#include "variants/variant.h"

/* ---- help ------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/reach-test-config-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return !mkdtemp(folder) || chdir(folder) || mkdir("sub", 0700);
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.yaml", "b.yaml", "c.yaml", "sub/a.yaml", "sub/b.yaml", "print.yaml", "fuzz.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(names[i]);
    return rmdir("sub") || chdir("/") || rmdir(folder);
}

static void write_bytes(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static struct config read_request(const struct config_request *rq)
{
    struct config c;
    if (config_read(rq, &c) != OK) fail_msg("%s", status_message());
    return c;
}

static struct config read_path(const char *path)
{
    return read_request(&(struct config_request){.path = path});
}

static struct config read_yaml(const char *text)
{
    write_text("a.yaml", text);
    return read_path("a.yaml");
}

/* What a small file needs to be whole. */
#define WHOLE "tasks: [lm]\nvariants: [vanilla]\ntrain: {tokens: 1e6}\n"

static struct config read_set(const char *yaml, const char *set)
{
    write_text("a.yaml", yaml);
    return read_request(&(struct config_request){.path = "a.yaml", .n_set = 1, .set = &set});
}

static void refuses_request(const struct config_request *rq, status s, const char *sentence)
{
    struct config c;
    assert_int_equal(config_read(rq, &c), s);
    assert_string_equal(status_message(), sentence);
    assert_null(c.runs);
}

static void refuses(const char *yaml, const char *sentence)
{
    write_text("a.yaml", yaml);
    refuses_request(&(struct config_request){.path = "a.yaml"}, ERR_CONFIG, sentence);
}

static void refuses_set(const char *set, const char *sentence)
{
    write_text("a.yaml", WHOLE);
    refuses_request(&(struct config_request){.path = "a.yaml", .n_set = 1, .set = &set}, ERR_CONFIG, sentence);
}

/* The sentence begins so; for those that end in the names of things that may be added. */
static void refuses_like(const char *yaml, const char *begin)
{
    struct config c;
    write_text("a.yaml", yaml);
    assert_int_equal(config_read(&(struct config_request){.path = "a.yaml"}, &c), ERR_CONFIG);
    if (strncmp(status_message(), begin, strlen(begin))) fail_msg("%s\n  is not %s...", status_message(), begin);
}

static const char *option_text(const struct option *table, const void *options, const char *name)
{
    static char text[OPTION_PRINT];
    const struct option *o = option_find(table, name);
    assert_non_null(o);
    option_print(o, options, text, sizeof text);
    return text;
}

/* ---- what is accepted ------------------------------------------------------------------------------------------- */

static void test_small(void **state)
{
    (void)state;
    struct config c = read_yaml(WHOLE);
    assert_string_equal(c.name, "a");
    assert_string_equal(c.title, "a");
    assert_string_equal(c.budget, "");
    assert_int_equal(c.n_runs, 1);
    const struct run *r = c.runs;
    assert_string_equal(r->label, "vanilla");
    assert_string_equal(r->stem, "vanilla-lm-1");
    assert_int_equal(r->seed, 1);
    assert_string_equal(r->attention->name, "vanilla");
    assert_string_equal(r->position->name, "sinusoidal");
    assert_string_equal(r->task->name, "lm");
    assert_true(r->model.causal); /* a language model */
    assert_int_equal(r->model.width, 128);
    assert_true(r->train.tokens == 1e6);
    config_done(&c);
    config_done(&c);
}

/* A byte order mark and the line ends of other systems are no content. */
static void test_foreign_line_ends(void **state)
{
    (void)state;
    struct config c = read_yaml("\xEF\xBB\xBFtitle: a b\r\ntasks: [lm]\r\nvariants: [none]\r\ntrain: {steps: 1}\r\n");
    assert_string_equal(c.title, "a b");
    config_done(&c);
}

static void test_presets(void **state)
{
    (void)state;
    struct config c = read_yaml("tasks: [lm]\ntrain: {steps: 5}\nvariants:\n"
                                "  - rope_bias\n"
                                "  - rope_bias: {as: no bias, bias: []}\n"
                                "  - vanilla: {as: far, position: rope, base: 5e5}\n"
                                "  - vanilla: {as: further, position: {rope: {base: 1e6}}, log_n: test}\n"
                                "  - keynorm: {as: \"query norm\", normalise: query, model: {norm: post}, train: {rate: 0.5}}\n"
                                "  - none\n");
    const struct run *r = c.runs;
    assert_int_equal(c.n_runs, 6);
    assert_string_equal(r[0].position->name, "rope");
    assert_string_equal(option_text(r[0].attention->options, r[0].attention_options, "bias"), "[q, k]");
    assert_string_equal(option_text(r[1].attention->options, r[1].attention_options, "bias"), "[]");
    assert_string_equal(option_text(r[2].position->options, r[2].position_options, "base"), "500000");
    assert_string_equal(option_text(r[3].position->options, r[3].position_options, "base"), "1e6");
    assert_string_equal(option_text(r[3].attention->options, r[3].attention_options, "log_n"), "test");
    assert_string_equal(option_text(r[4].attention->options, r[4].attention_options, "normalise"), "query");
    assert_string_equal(r[4].label, "query norm");
    assert_string_equal(r[4].stem, "query_norm-lm-1");
    assert_int_equal(r[3].model.norm, NORM_PRE);
    assert_int_equal(r[4].model.norm, NORM_POST);
    assert_true(r[4].train.rate == 0.5);
    assert_true(r[5].train.rate == 1e-3);
    assert_string_equal(r[5].position->name, "none");
    config_done(&c);
}

/* A preset names things that exist, and one that is called like an attention uses it (config_print counts on it). */
static void test_presets_are_whole(void **state)
{
    (void)state;
    assert_non_null(position_find("none"));
    for (const struct preset *s = presets; s->name; s++) {
        const struct attention *a = attention_find(s->attention), *same = attention_find(s->name);
        const struct position *p = position_find(s->position ? s->position : "none");
        assert_non_null(a);
        assert_non_null(p);
        assert_true(!same || same == a);
        for (size_t i = 0; i < 4 && s->settings[i][0]; i++)
            assert_true(option_find(a->options, s->settings[i][0]) || option_find(p->options, s->settings[i][0]));
    }
}

static void test_order(void **state)
{
    (void)state;
    struct config c = read_yaml("tasks: [lm, listops]\nvariants: [vanilla, keynorm]\nseeds: [3, 1]\ntrain: {steps: 1}\n");
    static const char *const stems[] = {"vanilla-lm-3",      "vanilla-lm-1",      "keynorm-lm-3",      "keynorm-lm-1",
                                        "vanilla-listops-3", "vanilla-listops-1", "keynorm-listops-3", "keynorm-listops-1"};
    assert_int_equal(c.n_runs, 8);
    for (size_t i = 0; i < 8; i++) assert_string_equal(c.runs[i].stem, stems[i]);
    assert_true(c.runs[0].model.causal);
    assert_false(c.runs[4].model.causal);
    config_done(&c);
}

static void test_same_task_twice(void **state)
{
    (void)state;
    struct config c = read_yaml("tasks: [listops, {listops: {max_length: 1999}}, lm]\nvariants: [none]\ntrain: {steps: 1}\n");
    assert_int_equal(c.n_runs, 3);
    assert_int_equal(strlen(c.runs[0].stem), strlen("none-listops-1-01234567"));
    assert_int_equal(strncmp(c.runs[0].stem, "none-listops-1-", 15), 0);
    assert_string_not_equal(c.runs[0].stem, c.runs[1].stem);
    assert_string_equal(c.runs[2].stem, "none-lm-1");
    config_done(&c);
}

static void test_lengths(void **state)
{
    (void)state;
    struct config c = read_yaml(WHOLE "lengths: [64, 128]\ntest: {stride: 8}\n");
    assert_int_equal(c.runs->test.lengths.n, 2);
    assert_int_equal(c.runs->test.lengths.at[1], 128);
    assert_int_equal(c.runs->test.stride, 8);
    config_done(&c);
    c = read_set(WHOLE "lengths: [64, 128]\n", "lengths=[32]");
    assert_int_equal(c.runs->test.lengths.at[0], 32);
    config_done(&c);
    c = read_set(WHOLE "lengths: [64, 128]\n", "test.lengths=32");
    assert_int_equal(c.runs->test.lengths.n, 1);
    config_done(&c);
}

static void test_extends(void **state)
{
    (void)state;
    write_text("c.yaml", "title: the base\nmodel: {width: 64, heads: 2}\nlengths: [1, 2]\ntrain: {tokens: 1e5}\nseeds: [1, 2]\n");
    write_text("sub/b.yaml", "extends: ../c.yaml\nmodel: {heads: 8}\ntasks: [lm]\nseeds: [7]\n");
    struct config c = read_yaml("extends: sub/b.yaml\nmodel: {layers: 3}\nvariants: [none]\ntest: {lengths: [9]}\n");
    assert_string_equal(c.title, "the base");
    assert_int_equal(c.n_runs, 1);
    assert_int_equal(c.runs->model.width, 64);
    assert_int_equal(c.runs->model.heads, 8);
    assert_int_equal(c.runs->model.layers, 3);
    assert_int_equal(c.runs->seed, 7);
    assert_int_equal(c.runs->test.lengths.n, 1);
    assert_int_equal(c.runs->test.lengths.at[0], 9);
    config_done(&c);
}

#define BUDGETS                                                                                             \
    WHOLE "budget: quick\n"                                                                                 \
          "budgets:\n"                                                                                      \
          "  quick: {train: {tokens: 10}, lengths: [16]}\n"                                                 \
          "  full: {train: {tokens: 1000, batch: 3}, seeds: [1, 2], model: {width: 256}}\n"

static void test_budgets(void **state)
{
    (void)state;
    struct config c = read_yaml(BUDGETS);
    assert_string_equal(c.budget, "quick");
    assert_true(c.runs->train.tokens == 10);
    assert_int_equal(c.runs->test.lengths.at[0], 16);
    config_done(&c);

    const char *set = "train.batch=5";
    c = read_request(&(struct config_request){.path = "a.yaml", .budget = "full", .n_set = 1, .set = &set});
    assert_string_equal(c.budget, "full");
    assert_int_equal(c.n_runs, 2);
    assert_true(c.runs->train.tokens == 1000);
    assert_int_equal(c.runs->train.batch, 5); /* --set is stronger than a budget */
    assert_int_equal(c.runs->model.width, 256);
    config_done(&c);

    c = read_set(BUDGETS, "budget=full");
    assert_string_equal(c.budget, "full");
    config_done(&c);
    c = read_set(BUDGETS, "budgets.quick.train.tokens=11");
    assert_true(c.runs->train.tokens == 11);
    config_done(&c);
}

static void test_set(void **state)
{
    (void)state;
    static const char *const set[] = {"title=x: y", "title=\"x: y\"", "seeds=[4, 5]", "model.width=64", "model={heads: 2}",
                                      "variants=[none, {rope: {base: 7, as: r}}]", "tasks=[{lm: {corpus: /a/b.txt}}]"};
    struct config_request rq = {.path = "a.yaml", .n_set = 6, .set = set + 1};
    write_text("a.yaml", WHOLE);
    struct config c = read_request(&rq);
    assert_string_equal(c.title, "x: y");
    assert_int_equal(c.n_runs, 4);
    assert_int_equal(c.runs[1].seed, 5);
    assert_int_equal(c.runs->model.width, 64);
    assert_int_equal(c.runs->model.heads, 2);
    assert_string_equal(c.runs[2].label, "r");
    assert_string_equal(option_text(c.runs->task->options, c.runs->task_options, "corpus"), "/a/b.txt");
    config_done(&c);
    refuses_set(set[0], "--set title=x: y: title takes one value, not a map");
}

static void test_only(void **state)
{
    (void)state;
    static const char *const only[] = {"variant=b,two words", "seed=2", "task=lm", "variant=c"};
    write_text("a.yaml", "tasks: [lm, listops]\ntrain: {steps: 1}\nseeds: [1, 2]\n"
                         "variants: [none, {none: {as: b}}, {none: {as: \"c\"}}, {none: {as: two words}}, {none: {as: \"d,e\"}}]\n");
    struct config c = read_request(&(struct config_request){.path = "a.yaml", .n_only = 4, .only = only});
    assert_int_equal(c.n_runs, 3);
    assert_string_equal(c.runs[0].stem, "b-lm-2");
    assert_string_equal(c.runs[1].stem, "c-lm-2");
    assert_string_equal(c.runs[2].stem, "two_words-lm-2");
    config_done(&c);
    c = read_request(&(struct config_request){.path = "a.yaml", .n_only = 1, .only = &(const char *){"variant=d,e"}});
    assert_int_equal(c.n_runs, 4);
    config_done(&c);
}

/* Pairs that are left out are not checked. */
static void test_only_leaves_out_impossible_pairs(void **state)
{
    (void)state;
    const char *only = "variant=none";
    write_text("b.yaml", "tasks: [lm]\ntrain: {steps: 1, length: 200}\nvariants: [{learned: {rows: 100}}, none]\n");
    struct config c = read_request(&(struct config_request){.path = "b.yaml", .n_only = 1, .only = &only});
    assert_int_equal(c.n_runs, 1);
    config_done(&c);
    refuses_request(&(struct config_request){.path = "b.yaml"}, ERR_CONFIG,
                    "b.yaml:2:27: learned cannot train at length 200: learned positions end at the last row of their table");
}

static void refuses_only(const char *only, const char *sentence)
{
    refuses_request(&(struct config_request){.path = "a.yaml", .n_only = 1, .only = &only}, ERR_CONFIG, sentence);
}

static void test_only_refused(void **state)
{
    (void)state;
    write_text("a.yaml", "tasks: [lm, listops]\ntrain: {steps: 1}\nseeds: [1, 2]\nvariants: [none, vanilla]\n");
    refuses_only("variant=none,vanila",
                 "--only variant=none,vanila: no variant \"vanila\" in a.yaml; did you mean \"vanilla\"?");
    refuses_only("variant=keynorm", "--only variant=keynorm: no variant \"keynorm\" in a.yaml; known: none, vanilla");
    refuses_only("variant=,", "--only variant=,: no variant \"\" in a.yaml; known: none, vanilla");
    refuses_only("task=retrieval", "--only task=retrieval: no task \"retrieval\" in a.yaml; known: lm, listops");
    refuses_only("seed=3", "--only seed=3: no seed \"3\" in a.yaml; known: 1, 2");
    refuses_only("variants=none", "--only variants=none: no filter \"variants\"; did you mean \"variant\"?");
    refuses_only("none", "--only none: write variant=a,b or task=a or seed=1");
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void test_yaml_refused(void **state)
{
    (void)state;
    refuses("", "a.yaml:1:1: the file holds no settings");
    refuses("# nothing\n---\n", "a.yaml:3:1: the file holds no settings");
    refuses("~", "a.yaml:1:1: the file holds no settings");
    refuses("just words", "a.yaml:1:1: a configuration is a map of settings, as in \"tasks: [lm]\"");
    refuses("[a, b]", "a.yaml:1:1: a configuration is a map of settings, as in \"tasks: [lm]\"");
    refuses("model: {width: 1, heads: 2,\n  width: 3}", "a.yaml:2:3: \"width\" stands twice; first on line 1");
    refuses("title: a\n'title': b", "a.yaml:2:1: \"title\" stands twice; first on line 1");
    refuses("model: &m {width: 4}\ntrain:\n  <<: *m\n", "a.yaml:3:3: merge keys (<<) are not taken; use extends");
    refuses("title: !!str 5", "a.yaml:1:8: tags are not used here; leave \"tag:yaml.org,2002:str\" out");
    refuses("title: a\n---\ntitle: b\n", "a.yaml:2:1: a second document; a file holds one");
    refuses("model: &m\n  width: *m\n", "a.yaml:2:10: alias \"m\" stands inside its own anchor");
    refuses("model: *m", "a.yaml:1:8: no anchor \"m\" before this alias");
    refuses("? [a, b]\n: c\n", "a.yaml:1:3: a key must be one word");
    refuses("model: {\"\": 3}\n", "a.yaml:1:9: a key is missing before the colon");
    refuses("title: \"a\\x07\"", "a.yaml:1:8: a control character in a text");
    refuses("title: \"a\\0b\"", "a.yaml:1:8: a control character in a text");
    refuses("title: a\nmodel: \xff\n", "a.yaml:2:8: not plain UTF-8 text: invalid leading UTF-8 octet");
    refuses("title: \xc3\xa9\xc3\xa9 \xe2\x82\n", "a.yaml:1:12: not plain UTF-8 text: invalid trailing UTF-8 octet");
    refuses("seeds: [1, 2\ntitle: a\n", "a.yaml:2:6: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence");
    refuses("model:\n\twidth: 3\n", "a.yaml:2:1: not valid YAML: found character that cannot start any token while scanning for "
                                   "the next token");
}

static void test_wild_yaml_refused(void **state)
{
    (void)state;
    char deep[400] = "title: ";
    memset(deep + 7, '[', 64);
    refuses(deep, "a.yaml:1:71: nested deeper than 64 levels");

    /* Each line names the last one ten times: 10^6 values. */
    refuses("a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
            "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
            "a.yaml:5:29: more than 100000 values, aliases expanded");

    char chain[4000] = "a0: &a0 [1]\n"; /* each line is two levels deeper than the last */
    for (int i = 1; i < 40; i++) {
        char line[60];
        snprintf(line, sizeof line, "a%d: &a%d [[*a%d]]\n", i, i, i - 1);
        strcat(chain, line);
    }
    refuses(chain, "a.yaml:32:13: nested deeper than 64 levels");

    char *many = malloc(1 << 16);
    assert_non_null(many);
    char *at = many;
    for (int i = 0; i < 1001; i++) at += sprintf(at, "k%d: 1\n", i);
    refuses(many, "a.yaml:1001:1: more than 1000 keys in one map");
    free(many);

    char *big = malloc((1 << 20) + 2);
    assert_non_null(big);
    memset(big, '#', (1 << 20) + 1);
    big[(1 << 20) + 1] = 0;
    refuses(big, "a.yaml: larger than 1048576 bytes; a configuration is not");
    free(big);
}

static void test_files_refused(void **state)
{
    (void)state;
    refuses_request(&(struct config_request){.path = "missing.yaml"}, ERR_IO, "cannot read missing.yaml: No such file or directory");
    refuses_request(&(struct config_request){.path = "sub"}, ERR_IO, "cannot read sub: Is a directory");
    write_text("a.yaml", WHOLE "extends: sub/none.yaml\n");
    refuses_request(&(struct config_request){.path = "a.yaml"}, ERR_IO,
                    "a.yaml:4:10: extends: cannot read sub/none.yaml: No such file or directory");

    write_text("sub/b.yaml", "title: b\nextends: ../c.yaml\n");
    write_text("c.yaml", "extends: sub/../a.yaml");
    refuses("extends: sub/b.yaml\n", "sub/../c.yaml:1:10: extends goes in a circle: a.yaml -> sub/b.yaml -> sub/../c.yaml -> sub/../sub/../a.yaml"
            );
}

static void test_extends_refused(void **state)
{
    (void)state;
    refuses("extends: a.yaml\n", "a.yaml:1:10: extends goes in a circle: a.yaml -> a.yaml");
    refuses("extends: [b.yaml]\n", "a.yaml:1:10: extends takes one value, not a list");
    refuses("extends:\n", "a.yaml:1:9: extends has no value; give one value");
    write_text("sub/b.yaml", "model:\n  widht: 3\n");
    refuses(WHOLE "extends: sub/b.yaml\n", "sub/b.yaml:2:3: no option \"widht\" for model; did you mean \"width\"?");
    write_text("sub/b.yaml", "");
    refuses(WHOLE "extends: sub/b.yaml\n", "sub/b.yaml:1:1: the file holds no settings");
}

static void test_sections_refused(void **state)
{
    (void)state;
    refuses(WHOLE "modle: {width: 4}\n", "a.yaml:4:1: no setting \"modle\"; did you mean \"model\"?");
    refuses(WHOLE "colour: red\n", "a.yaml:4:1: no setting \"colour\"; known: model, train, test, tasks, variants, seeds, lengths, "
                                   "bench, approximation, sweep, tune, claims, reference, protocol, title, about, extends, budgets, budget");
    refuses(WHOLE "model:\n  width: 64\n  laeyrs: 3\n", "a.yaml:6:3: no option \"laeyrs\" for model; did you mean \"layers\"?");
    refuses(WHOLE "model: {width: 12.5}\n", "a.yaml:4:16: width: 12.5 is not a whole number");
    refuses(WHOLE "model: {width: wide}\n", "a.yaml:4:16: width: \"wide\" is not a whole number");
    refuses(WHOLE "model: {width: 0}\n", "a.yaml:4:16: width: 0 is out of range; it must be from 1 to 65536");
    refuses(WHOLE "model: {width: [64]}\n", "a.yaml:4:16: width takes one value, not a list");
    refuses(WHOLE "model: {width: \"64\"}\n", "a.yaml:4:16: width: \"64\" is text; write a number without quotes");
    refuses(WHOLE "model: {tied: 'true'}\n", "a.yaml:4:15: tied: \"true\" is text; write true or false without quotes");
    refuses(WHOLE "model: {width: }\n", "a.yaml:4:16: width has no value; give one value");
    refuses(WHOLE "model: {norm: prae}\n", "a.yaml:4:15: norm: no choice \"prae\"; did you mean \"pre\"?");
    refuses(WHOLE "model: {norm: middle}\n", "a.yaml:4:15: norm: no choice \"middle\"; known: pre, post");
    refuses(WHOLE "model: {tied: yes}\n", "a.yaml:4:15: tied: \"yes\" is neither true nor false");
    refuses(WHOLE "model:\n", "a.yaml:4:7: model has no value; give a map, as in {a: 1}");
    refuses(WHOLE "model: 5\n", "a.yaml:4:8: model takes a map, as in {a: 1}, not one value");
    refuses(WHOLE "test: {stied: 5}\n", "a.yaml:4:8: no option \"stied\" for test; did you mean \"stride\"?");
    refuses(WHOLE "title: [a]\n", "a.yaml:4:8: title takes one value, not a list");
    refuses(WHOLE "title: \"\"\n", "a.yaml:4:8: title is empty");
    refuses(WHOLE "title: |\n  a\n  b\n", "a.yaml:4:8: title must be one line without tabs");
    refuses("tasks: [lm]\nvariants: [vanilla]\ntrain:\n  rate: fast\n", "a.yaml:4:9: rate: \"fast\" is not a number");
}

static void test_lengths_refused(void **state)
{
    (void)state;
    refuses(WHOLE "lengths: []\n", "a.yaml:4:10: lengths is an empty list");
    refuses(WHOLE "lengths:\n", "a.yaml:4:9: lengths has no value; give one value");
    refuses(WHOLE "lengths: [64, 12x]\n", "a.yaml:4:15: lengths: \"12x\" is not a whole number");
    refuses(WHOLE "lengths: [64, [1]]\n", "a.yaml:4:15: lengths takes one value, not a list");
    refuses(WHOLE "lengths: [64, 0]\n", "a.yaml:4:15: lengths: 0 is out of range; it must be from 1 to 16777216");
    refuses(WHOLE "lengths: [64, 32, 64]\n", "a.yaml:4:19: length 64 stands twice");
    refuses(WHOLE "test: {context: [16, 64, 32]}\n", "a.yaml:4:26: contexts rise: 32 cannot come after 64");
    refuses(WHOLE "test: {context: [16, 16]}\n", "a.yaml:4:22: contexts rise: 16 cannot come after 16");
    refuses(WHOLE "test: {context: [0, 16]}\n", "a.yaml:4:18: context: 0 is out of range; it must be from 1 to 16777216");
    refuses(WHOLE "lengths: [64]\ntest: {lengths: [3]}\n",
            "a.yaml:4:1: lengths stands here and in test; leave one of them out");
    refuses(WHOLE "lengths: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33]\n",
            "a.yaml:4:10: lengths: a list of 33; at most 32 fit");
}

#define REST "train: {tokens: 1e6}\n"

static void test_lists_refused(void **state)
{
    (void)state;
    refuses(REST "tasks: [lm]\n", "a.yaml:1:1: no variants; give a list, as in variants: [a, b]");
    refuses(REST "variants: [none]\n", "a.yaml:1:1: no tasks; give a list, as in tasks: [a, b]");
    refuses(REST "tasks: []\nvariants: [none]\n", "a.yaml:2:8: tasks is an empty list");
    refuses(REST "tasks: lm\nvariants: [none]\n", "a.yaml:2:8: tasks takes a list, as in [a, b], not one value");
    refuses(REST "tasks: [lm]\nvariants: []\n", "a.yaml:3:11: variants is an empty list");
    refuses(REST "tasks: [lm]\nvariants:\n", "a.yaml:3:10: variants has no value; give a list, as in [a, b]");
    refuses(REST "tasks: [lm]\nvariants: [none]\nseeds: []\n", "a.yaml:4:8: seeds is an empty list");
    refuses(REST "tasks: [lm]\nvariants: [none]\nseeds: 3\n", "a.yaml:4:8: seeds takes a list, as in [a, b], not one value");
    refuses(REST "tasks: [lm]\nvariants: [none]\nseeds: [1, 2, 1]\n", "a.yaml:4:15: seed 1 stands twice");
    refuses(REST "tasks: [lm]\nvariants: [none]\nseeds: [1, -2]\n",
            "a.yaml:4:12: seeds: -2 is out of range; it must be from 0 to 1e18");
    refuses(REST "tasks: [lm]\nvariants: [none]\nseeds: [1.5]\n", "a.yaml:4:9: seeds: 1.5 is not a whole number");
    refuses("tasks: [lm]\nvariants: [none]\n", "a.yaml:1:1: no training budget: give train.tokens or train.steps");
    refuses("tasks: [lm]\nvariants: [none]\ntrain: {steps: 0}\n",
            "a.yaml:3:8: no training budget: give train.tokens or train.steps");
}

static void test_tasks_refused(void **state)
{
    (void)state;
    refuses(REST "variants: [none]\ntasks: [lm, litsops]\n", "a.yaml:3:13: no task \"litsops\"; did you mean \"listops\"?");
    refuses_like(REST "variants: [none]\ntasks: [something-else]\n", "a.yaml:3:9: no task \"something-else\"");
    refuses(REST "variants: [none]\ntasks: [{lm: {corpsu: kjv}}]\n", "a.yaml:3:15: no option \"corpsu\" for lm; did you mean \"corpus\"?");
    refuses_like(REST "variants: [none]\ntasks: [{listops: {max_length: -1}}]\n",
                 "a.yaml:3:32: max_length: -1 is out of range; it must be from ");
    refuses(REST "variants: [none]\ntasks: [lm, lm]\n", "a.yaml:3:13: task lm stands twice with the same options");
    refuses(REST "variants: [none]\ntasks: [~]\n", "a.yaml:3:9: a task is a name, and none is given");
    refuses(REST "variants: [none]\ntasks: [[lm]]\n", "a.yaml:3:9: a task is a name, or one name with settings");
    refuses(REST "variants: [none]\ntasks:\n  - lm:\n    corpus: kjv\n",
            "a.yaml:5:5: a task is one name with settings, not 2 keys; indent the settings below \"lm:\"");
    refuses(REST "variants: [none]\ntasks: [lm: ]\n", "a.yaml:3:13: lm has no settings; leave the colon out");
}

#define LM REST "tasks: [lm]\n"

static void test_variants_refused(void **state)
{
    (void)state;
    refuses(LM "variants: [vanila]\n", "a.yaml:3:12: no variant \"vanila\"; did you mean \"vanilla\"?");
    refuses_like(LM "variants:\n  - quite-something-else\n", "a.yaml:4:5: no variant \"quite-something-else\"");
    refuses(LM "variants:\n  - keynorm:\n      normalize: key\n",
            "a.yaml:5:7: no option \"normalize\" for keynorm; did you mean \"normalise\"?");
    refuses(LM "variants:\n  - keynorm: {normalise: kay}\n", "a.yaml:4:26: normalise: no choice \"kay\"; did you mean \"key\"?");
    refuses(LM "variants:\n  - vanilla: {bias: [q, w]}\n", "a.yaml:4:25: bias: no choice \"w\"; known: q, k, v");
    refuses(LM "variants:\n  - vanilla: {bias: [q, q]}\n", "a.yaml:4:21: bias: \"q\" stands twice");
    refuses(LM "variants:\n  - vanilla: {bias: {q: 1}}\n", "a.yaml:4:21: bias takes one value, not a map");
    refuses(LM "variants:\n  - vanilla: {position: rpoe}\n", "a.yaml:4:25: no position \"rpoe\"; did you mean \"rope\"?");
    refuses(LM "variants:\n  - vanilla: {position: {rope: {bass: 3}}}\n",
            "a.yaml:4:33: no option \"bass\" for rope; did you mean \"base\"?");
    refuses(LM "variants:\n  - rope: {base: 3, position: {rope: {base: 4}}}\n",
            "a.yaml:4:12: base stands here and in position; leave one of them out");
    refuses(LM "variants:\n  - rope: {base: 1}\n", "a.yaml:4:18: base: 1 is out of range; it must be from 2 to 1e12");
    refuses(LM "variants:\n  - rope: {position: }\n", "a.yaml:4:22: a position is a name, and none is given");
    refuses(LM "variants:\n  - rope: {model: {widht: 3}}\n", "a.yaml:4:20: no option \"widht\" for model; did you mean \"width\"?");
    refuses(LM "variants:\n  - rope: {train: {steps: -3}}\n",
            "a.yaml:4:27: steps: -3 is out of range; it must be from 0 to 1e12");
    refuses(LM "variants:\n  - rope: {train: }\n", "a.yaml:4:19: train has no value; give a map, as in {a: 1}");
    refuses(LM "variants:\n  - rope: 7\n", "a.yaml:4:11: rope takes a map, as in {a: 1}, not one value");
    refuses(LM "variants:\n  - rope:\n    as: r\n",
            "a.yaml:5:5: a variant is one name with settings, not 2 keys; indent the settings below \"rope:\"");
}

static void test_labels_refused(void **state)
{
    (void)state;
    refuses(LM "variants: [rope, none, rope]\n",
            "a.yaml:3:24: two variants are called \"rope\"; give one of them another name with as:");
    refuses(LM "variants: [rope, {none: {as: rope}}]\n",
            "a.yaml:3:30: two variants are called \"rope\"; give one of them another name with as:");
    refuses(LM "variants: [{rope: {as: a b}}, {none: {as: a_b}}]\n",
            "a.yaml:3:43: variants \"a b\" and \"a_b\" would share the file name \"a_b\"; give one of them another name with as:");
    refuses(LM "variants: [{rope: {as: ''}}]\n", "a.yaml:3:24: as is empty");
    refuses(LM "variants: [{rope: {as: ' a'}}]\n", "a.yaml:3:24: as begins or ends with a blank");
    refuses(LM "variants: [{rope: {as: \"a\\tb\"}}]\n", "a.yaml:3:24: as must be one line without tabs");
    refuses(LM "variants: [{rope: {as: 1234567890123456789012345678901234567890123456789012345678901234}}]\n",
            "a.yaml:3:24: as: 64 bytes of text; at most 63 fit");
}

static void test_stems_are_safe(void **state)
{
    (void)state;
    struct config c = read_yaml(LM "variants: [{rope: {as: ../../x}}, {rope: {as: '-rf *'}}, {rope: {as: \xce\xb1 = 0.5}}]\n");
    assert_string_equal(c.runs[0].stem, "_._.._x-lm-1");
    assert_string_equal(c.runs[1].stem, "_rf__-lm-1");
    assert_string_equal(c.runs[2].stem, "_____0.5-lm-1");
    assert_string_equal(c.runs[2].label, "\xce\xb1 = 0.5");
    config_done(&c);
}

static void test_budgets_refused(void **state)
{
    (void)state;
    refuses(WHOLE "budget: quik\nbudgets: {quick: {seeds: [1]}}\n",
            "a.yaml:4:9: no budget \"quik\" in a.yaml; did you mean \"quick\"?");
    refuses(WHOLE "budget: quick\n", "a.yaml:4:9: no budget \"quick\" in a.yaml, which has no budgets");
    refuses(WHOLE "budget: [quick]\n", "a.yaml:4:9: budget takes one value, not a list");
    refuses(WHOLE "budgets: {quick: {budget: full}}\n",
            "a.yaml:4:19: no setting \"budget\" in budget quick; known: model, train, test, tasks, variants, seeds, lengths, bench, approximation, sweep, tune");
    refuses(WHOLE "budgets: {quick: {trian: {steps: 3}}}\n",
            "a.yaml:4:19: no setting \"trian\" in budget quick; did you mean \"train\"?");
    refuses(WHOLE "budgets: {quick: {train: {setps: 3}}}\n",
            "a.yaml:4:27: no option \"setps\" for train; did you mean \"steps\"?");
    refuses(WHOLE "budgets: {quick: }\n", "a.yaml:4:18: quick has no value; give a map, as in {a: 1}");
    refuses(WHOLE "budgets: [quick]\n", "a.yaml:4:10: budgets takes a map, as in {a: 1}, not a list");
    write_text("a.yaml", BUDGETS);
    refuses_request(&(struct config_request){.path = "a.yaml", .budget = "ful"}, ERR_CONFIG,
                    "--budget ful: no budget \"ful\" in a.yaml; did you mean \"full\"?");
    refuses_request(&(struct config_request){.path = "a.yaml", .budget = "medium"}, ERR_CONFIG,
                    "--budget medium: no budget \"medium\" in a.yaml; known: quick, full");
}

static void test_set_refused(void **state)
{
    (void)state;
    refuses_set("model.widht=3", "--set model.widht=3: no option \"widht\" for model; did you mean \"width\"?");
    refuses_set("modle.width=3", "--set modle.width=3: no setting \"modle\"; did you mean \"model\"?");
    refuses_set("model.width=x", "--set model.width=x: width: \"x\" is not a whole number");
    refuses_set("model.width.x=3", "--set model.width.x=3: width takes one value, not a map");
    refuses_set("model.width=", "--set model.width=: width has no value; give one value");
    refuses_set("variants.none.base=3", "--set variants.none.base=3: variants takes a list, as in [a, b], not a map");
    refuses_set("seeds=[1, 2", "--set seeds=[1, 2: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence");
    refuses_set("seeds=1,2", "--set seeds=1,2: seeds takes a list, as in [a, b], not one value");
    refuses_set("model={width: 1, width: 2}", "--set model={width: 1, width: 2}: \"width\" stands twice");
    refuses_set("model.width", "--set model.width: write KEY=VALUE, as in train.tokens=1e6");
    refuses_set("=3", "--set =3: write KEY=VALUE, as in train.tokens=1e6");
    refuses_set("model..width=3", "--set model..width=3: a part of \"model..width\" is missing");
    refuses_set("extends=c.yaml", "--set extends=c.yaml: extends belongs in a file");
}

static void test_widths_refused(void **state)
{
    (void)state;
    refuses(WHOLE "model:\n  heads: 3\n", "a.yaml:5:10: width 128 is not divisible by heads 3; change one, or give head_width");
    refuses(WHOLE "model: {width: 126}\n", "a.yaml:2:12: width 126 is not divisible by heads 4; change one, or give head_width");
    refuses(LM "variants:\n  - rope: {model: {width: 99}}\nmodel: {heads: 5}\n",
            "a.yaml:4:27: width 99 is not divisible by heads 5; change one, or give head_width");
    struct config c = read_yaml(WHOLE "model: {width: 126, head_width: 8}\n");
    config_done(&c);
}

static void test_pairs_refused(void **state)
{
    (void)state;
    refuses_like(LM "variants:\n  - rope: {model: {head_width: 7}}\n", "a.yaml:4:5: position rope");
    refuses_like(LM "variants:\n  - learned: {rows: 100}\n", "a.yaml:4:5: learned cannot train at length 256: ");
    refuses_like(LM "variants:\n  - learned: {rows: 100, train: {length: 200}}\n", "a.yaml:4:42: learned cannot train at length 200: ");
}

/* Pairs that no real variant may happen to show. */
static void check_pair(unsigned attention_can, unsigned position_can, enum task_kind kind, bool causal, const char *position,
                       const char *sentence)
{
    const struct attention a = {.name = "att", .can = attention_can};
    struct position s = *position_find(position);
    const struct task t = {.name = "work", .kind = kind};
    const struct yaml here = {.mark = {"f.yaml", 4, 5}}, where = {.mark = {"f.yaml", 6, 7}};
    const struct task_entry te = {.task = &t};
    const struct variant_entry v = {.node = &here, .position_node = &where, .label = "l", .attention = &a, .position = &s};
    const struct plan plan = {.root = &here};
    static struct run r;
    s.can = position_can;
    s.check = NULL;
    r = (struct run){.attention = &a, .position = &s, .task = &t};
    option_defaults(model_option_table, &r.model, sizeof r.model);
    option_defaults(train_option_table, &r.train, sizeof r.train);
    r.train.steps = 1;
    r.model.causal = causal;
    const status got = plan_check_pair(&plan, &te, &v, &r);
    const bool at_a_place = sentence && strncmp(sentence, "f.yaml", 6) == 0;
    assert_int_equal(got, at_a_place ? ERR_CONFIG : OK);
    assert_string_equal(at_a_place ? status_message() : r.refused, sentence ? sentence : "");
}

static void test_impossible_pairs(void **state)
{
    (void)state;
    const unsigned both = CAN_CAUSAL | CAN_BIDIRECTIONAL, all = both | CAN_ROTATE | CAN_TERM;
    check_pair(all, both, TASK_TEXT, true, "rope", NULL);
    check_pair(CAN_BIDIRECTIONAL, both, TASK_TEXT, true, "none",
               "att has no causal form, and work needs one");
    check_pair(CAN_BIDIRECTIONAL, both, TASK_CLASSIFY, true, "none",
               "att has no causal form, and work with model.causal: true needs one");
    check_pair(CAN_CAUSAL, both, TASK_CLASSIFY, false, "none",
               "att has only a causal form, and work without model.causal: true attends both ways");
    check_pair(all, CAN_BIDIRECTIONAL, TASK_SEQUENCE, true, "none",
               "none has no causal form, and work needs one");
    check_pair(both, both, TASK_TEXT, true, "rope", "f.yaml:6:7: position rope rotates queries and keys, which att does not allow");
    check_pair(both, both, TASK_TEXT, true, "alibi", "f.yaml:6:7: position alibi adds to attention scores, which att does not allow");
    check_pair(all | CAN_OWN_POSITIONS, both, TASK_TEXT, true, "sinusoidal",
               "f.yaml:6:7: att has its own positions and takes none; leave out position sinusoidal");
    check_pair(all | CAN_OWN_POSITIONS, both, TASK_TEXT, true, "none", NULL);
}

/* A variant that cannot take a task is a run without a result beside others, an error alone. */
static void test_not_applicable(void **state)
{
    (void)state;
    write_text("a.yaml", "train: {steps: 1}\ntasks: [lm, listops]\nvariants: [rope, linformer]\n");
    struct config c = read_path("a.yaml");
    assert_int_equal(c.n_runs, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(c.runs[i].refused, i == 1 ? "linformer has no causal form, and lm needs one" : "");
    config_done(&c);
    refuses("train: {steps: 1}\ntasks: [lm]\nvariants: [linformer]\n", "a.yaml:3:12: linformer has no causal form, and lm needs one");
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

/* Printed and read back it is the same run, but for the stem, which depends on the neighbours in the file. */
static void assert_round_trip(const struct run *r)
{
    char *text = config_print(r);
    write_text("print.yaml", text);
    struct config c = read_path("print.yaml");
    assert_int_equal(c.n_runs, 1);
    struct run same = c.runs[0];
    memcpy(same.stem, r->stem, sizeof same.stem);
    assert_string_equal(same.label, r->label);
    assert_ptr_equal(same.attention, r->attention);
    assert_ptr_equal(same.position, r->position);
    assert_ptr_equal(same.task, r->task);
    assert_int_equal(same.seed, r->seed);
    assert_memory_equal(same.attention_options, r->attention_options, OPTIONS_ROOM);
    assert_memory_equal(same.position_options, r->position_options, OPTIONS_ROOM);
    assert_memory_equal(same.task_options, r->task_options, OPTIONS_ROOM);
    assert_memory_equal(&same.model, &r->model, sizeof same.model);
    assert_memory_equal(&same.train, &r->train, sizeof same.train);
    assert_memory_equal(&same.test, &r->test, sizeof same.test);
    char *again = config_print(&same), id[33], same_id[33];
    assert_string_equal(text, again);
    config_train_id(r, "data", id);
    config_train_id(&same, "data", same_id);
    assert_string_equal(id, same_id);
    free(text);
    free(again);
    config_done(&c);
}

static const char mixed[] =
    "title: Everything # at once\n"
    "extends: b.yaml\n"
    "model: {width: 96, dropout: 0.1, init_std: 0.017}\n"
    "train: &t {tokens: 1.5e6, rate: 3.3333333333333335e-4}\n"
    "test: {lengths: [64, 128], stride: 8}\n"
    "tasks:\n  - lm: {corpus: \"a \\\"strange\\\" folder/\xc3\xa9, [x]: #\"}\n  - listops: {max_length: 1500}\n  - lm\n"
    "variants:\n"
    "  - vanilla\n"
    "  - keynorm: {as: \"query: norm\", normalise: query, position: rope, model: {norm: post}, train: *t}\n"
    "  - rope_bias: {bias: [v], position: {alibi: {}}}\n"
    "  - learned: {beyond: clamp}\n"
    "seeds: [0, 1000000000000000000]\n"
    "budgets:\n  quick: {train: {tokens: 1e6}, lengths: [32]}\n"
    "budget: quick\n";

static void write_mixed(void)
{
    write_text("b.yaml", "model: {heads: 3}\nseeds: [5]\n");
    write_text("a.yaml", mixed);
}

static void test_round_trip(void **state)
{
    (void)state;
    write_mixed();
    struct config c = read_path("a.yaml");
    assert_int_equal(c.n_runs, 24);
    for (size_t i = 0; i < c.n_runs; i++) assert_round_trip(&c.runs[i]);
    for (size_t i = 0; i < c.n_runs; i++)
        for (size_t j = 0; j < i; j++) assert_string_not_equal(c.runs[i].stem, c.runs[j].stem);
    config_done(&c);
}

/* Every preset with every task, but for pairs that are refused; each preset goes with one at least. */
static void test_every_preset_round_trips(void **state)
{
    (void)state;
    for (const struct preset *s = presets; s->name; s++) {
        size_t accepted = 0;
        for (size_t t = 0; tasks[t]; t++) {
            char text[300];
            struct config c;
            snprintf(text, sizeof text, "tasks: [%s]\ntrain: {steps: 3}\nvariants: [%s]\n", tasks[t]->name, s->name);
            write_text("a.yaml", text);
            if (config_read(&(struct config_request){.path = "a.yaml"}, &c) != OK) continue;
            accepted++;
            assert_round_trip(c.runs);
            config_done(&c);
        }
        if (!accepted) fail_msg("preset %s goes with no task: %s", s->name, status_message());
    }
}

static void test_train_id(void **state)
{
    (void)state;
    static const char *const other[] = {"model.width=64", "train.rate=0.5", "seeds=[2]", "tasks=[{lm: {corpus: text8}}]",
                                        "variants=[none]", "variants=[{vanilla: {base: 5}}]", "variants=[{vanilla: {bias: [q]}}]"};
    static const char *const same[] = {"title=x", "test.lengths=[7]", "variants=[{vanilla: {as: x}}]", "lengths=[9]", "seeds=[1]"};
    char id[33], it[33];
    struct config c = read_yaml(WHOLE);
    config_train_id(c.runs, "checksum", id);
    assert_int_equal(strlen(id), 32);
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    config_train_id(c.runs, "another", it);
    assert_string_not_equal(id, it);
    config_done(&c);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        c = read_set(WHOLE, other[i]);
        config_train_id(c.runs, "checksum", it);
        assert_string_not_equal(id, it);
        config_done(&c);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        c = read_set(WHOLE, same[i]);
        config_train_id(c.runs, "checksum", it);
        assert_string_equal(id, it);
        config_done(&c);
    }
}

/* ---- bytes at random -------------------------------------------------------------------------------------------- */

/* Change, insert, remove or copy a few bytes. */
static size_t mutate(random_stream *r, char *text, size_t n, size_t room)
{
    static const char liked[] = ":-[]{},&*<#\"'\n 0123~|>!%@\\\t.e\xc3\x00\xff";
    for (uint32_t times = 1 + random_below(r, 3); times; times--) {
        const size_t at = random_below(r, (uint32_t)n);
        const char c = random_below(r, 2) ? liked[random_below(r, sizeof liked)] : (char)random_u32(r);
        switch (random_below(r, 4)) {
        case 0: text[at] = c; break;
        case 1:
            if (n == room) break;
            memmove(text + at + 1, text + at, n - at);
            text[at] = c;
            n++;
            break;
        case 2:
            if (n == 1) break;
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
            break;
        default: text[at] = text[random_below(r, (uint32_t)n)]; break;
        }
    }
    return n;
}

static void test_random_bytes(void **state)
{
    (void)state;
    random_stream r = random_stream_of(1, RANDOM_TEST, 1, 0);
    size_t accepted = 0;
    write_mixed();
    for (int i = 0; i < 20000; i++) {
        char text[2 * sizeof mixed];
        memcpy(text, mixed, sizeof mixed);
        const size_t n = mutate(&r, text, sizeof mixed - 1, sizeof text);
        struct config c;
        write_bytes("fuzz.yaml", text, n);
        if (config_read(&(struct config_request){.path = "fuzz.yaml"}, &c) == OK) {
            if (accepted++ % 50 == 0) assert_round_trip(&c.runs[random_below(&r, (uint32_t)c.n_runs)]);
            config_done(&c);
        } else if (strncmp(status_message(), "fuzz.yaml:", 10) && strncmp(status_message(), "b.yaml:", 7)) {
            fail_msg("an error without a place: %s", status_message());
        }
    }
    assert_true(accepted > 1000 && accepted < 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_foreign_line_ends),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_presets_are_whole),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_same_task_twice),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_extends),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_only),
        cmocka_unit_test(test_only_leaves_out_impossible_pairs),
        cmocka_unit_test(test_only_refused),
        cmocka_unit_test(test_yaml_refused),
        cmocka_unit_test(test_wild_yaml_refused),
        cmocka_unit_test(test_files_refused),
        cmocka_unit_test(test_extends_refused),
        cmocka_unit_test(test_sections_refused),
        cmocka_unit_test(test_lengths_refused),
        cmocka_unit_test(test_lists_refused),
        cmocka_unit_test(test_tasks_refused),
        cmocka_unit_test(test_variants_refused),
        cmocka_unit_test(test_labels_refused),
        cmocka_unit_test(test_stems_are_safe),
        cmocka_unit_test(test_budgets_refused),
        cmocka_unit_test(test_set_refused),
        cmocka_unit_test(test_widths_refused),
        cmocka_unit_test(test_pairs_refused),
        cmocka_unit_test(test_impossible_pairs),
        cmocka_unit_test(test_not_applicable),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_preset_round_trips),
        cmocka_unit_test(test_train_id),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
