/* test_cli.c -- every command answers --help, names what was meant, and does its quick work; what the README shows is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "folder.h"
#include "process.h"
#include "store/results.h"
#include "tasks/task.h"
#include "variants/variant.h"

static const char *const names[] = {
#define COMMAND(name) #name,
#include "cli/command_list.h"
#undef COMMAND
    NULL,
};

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text ? text : "", f->out);
}

/* reach ARGUMENTS, here */
static const struct finished *run_reach(const char *arguments)
{
    return process_run("'%s' %s", reach, arguments);
}

static const struct finished *run_about(const char *command, const char *name)
{
    return process_run("'%s' %s '%s'", reach, command, name);
}

static void help(void **state)
{
    (void)state;
    static const char *const ways[] = {"--help", "-h", "help"};
    for (size_t k = 0; k < 3; k++) {
        const struct finished *f = run_reach(ways[k]);
        expect(f, 0, "reach COMMAND");
        for (size_t i = 0; names[i]; i++) assert_non_null(strstr(f->out, names[i]));
    }
    for (size_t i = 0; names[i]; i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "reach %s", names[i]);
        expect(process_run("'%s' %s --help", reach, names[i]), 0, usage);
        expect(process_run("'%s' %s some words -h", reach, names[i]), 0, usage);
    }
    expect(run_reach(""), 2, "reach COMMAND");
    expect(run_reach("--version"), 0, "float32");
    expect(process_run("'%s64' --version", reach), 0, "float64");
}

static void slips_of_the_pen(void **state)
{
    (void)state;
    static const struct { const char *typed, *answer; } slips[] = {
        {"rnu", "did you mean \"run\"?"},           {"tabel", "did you mean \"table\"?"},        {"chekc rope", "did you mean \"check\"?"},
        {"xyzzy", "no command \"xyzzy\""},          {"run --bugdet quick x.yaml", "did you mean --budget?"},
        {"table x.yaml --fromat md", "did you mean --format?"}, {"bench --lenghts 64", "did you mean --lengths?"},
        {"list --quick", "no option --quick"},      {"digest --quick", "no option --quick"}, {"run x.yaml --set", "--set wants a value"},
        {"run x.yaml --redo=3", "--redo takes no value"}, {"bench --width wide", "--width wide"}, {"bench nothing", "no variant \"nothing\""},
        {"check alibbi", "did you mean \"alibi\"?"}, {"check nothing", "no variant \"nothing\""}, {"check", "check wants"}, {"check rope --set widnow=3", "widnow"}, {"check rope --set base=no", "base"},
        {"list nothing", "nothing is called \"nothing\""}, {"data", "data wants"}, {"data brew", "data brew"}, {"data make", "data make"},
        {"digest", "digest wants"}, {"show", "show wants"}, {"table", "table wants"}, {"plot", "plot wants"}, {"report", "report wants"}, {"report x.yaml --otu y", "did you mean --out?"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) expect(run_reach(slips[i].typed), 2, slips[i].answer);
}

static void lists(void **state)
{
    (void)state;
    const struct finished *f = run_reach("list");
    expect(f, 0, "Presets");
    for (const struct preset *p = presets; p->name; p++) assert_non_null(strstr(f->out, p->name));
    for (size_t i = 0; tasks[i]; i++) assert_non_null(strstr(f->out, tasks[i]->title));
    expect(run_reach("list variants"), 0, "rope_bias");
    expect(run_reach("list positions"), 0, "arXiv:2104.09864");
    expect(run_reach("list tasks"), 0, "listops");
    expect(run_reach("list configs"), 0, "Configs:");
    for (const struct preset *p = presets; p->name; p++) expect(run_about("list", p->name), 0, p->title);
    for (size_t i = 0; attentions[i]; i++) {
        f = run_about("list", attentions[i]->name);
        expect(f, 0, attentions[i]->paper);
        for (const struct option *o = attentions[i]->options; o->name; o++) assert_non_null(strstr(f->out, o->help));
    }
    for (size_t i = 0; positions[i]; i++) {
        f = run_about("list", positions[i]->name);
        expect(f, 0, positions[i]->paper);
        for (const struct option *o = positions[i]->options; o && o->name; o++) assert_non_null(strstr(f->out, o->help));
    }
    for (size_t i = 0; tasks[i]; i++) expect(run_about("list", tasks[i]->name), 0, tasks[i]->help);
    expect(run_reach("list model"), 0, "feed_forward");
    expect(run_reach("list train test"), 0, "last_places");
}

static void checks(void **state)
{
    (void)state;
    expect(run_reach("check rope alibi --quick"), 0, "all checks passed");
    expect(run_reach("check keynorm --quick --set learned=true --set normalise=both"), 0, "all checks passed");
    const struct finished *f = run_reach("check none --quick");
    expect(f, 0, "gradient of the layer");
    assert_null(strstr(f->out, "FAIL"));
}

static void benches(void **state)
{
    (void)state;
    expect(run_reach("bench rope keynorm --lengths 16,40 --tokens 64 --width 8 --layers 1 --heads 2 --seconds 0 --threads 1 --causal"), 0, "GFLOP/s");
    expect(run_reach("bench learned --lengths 8 --tokens 8 --width 6 --heads 3 --layers 1 --seconds 0 --set beyond=tile"), 0, "learned");
}

static void data(void **state)
{
    (void)state;
    const struct finished *f = process_run("'%s' data list --data '%s'", reach, folder);
    expect(f, 0, "lm             missing");
    assert_non_null(strstr(f->out, "reach data make kjv"));
    assert_non_null(strstr(f->out, "listops        ready"));
    expect(process_run("'%s' data make listops --data '%s'", reach, folder), 0, "generated");
    expect(process_run("'%s' data make enwik8 --data '%s'", reach, folder), 1, "enwik8");
    put("some.txt", "in the beginning was the word, and the word was with the text. and so on, and on, and on it goes.");
    expect(process_run("'%s' data make '%s/some.txt'", reach, folder), 0, "bytes (train, valid, test)");
}

/* Words, numbers and images, and what is refused. */
static void data_show(void **state)
{
    (void)state;
    const struct finished *f = process_run("'%s' data show listops --data '%s' --n 2 --tokens 30 --set train=50 --set valid=10 --set test=10", reach, folder);
    expect(f, 0, "tokens\n    [M");
    expect(process_run("'%s' data show passkey --data '%s' --n 1 --split test", reach, folder), 0, "The number to keep was [->");
    expect(process_run("'%s' data show mqar --data '%s' --n 1", reach, folder), 0, "[->");
    put("some.txt", "in the beginning was the word, and the word was with the text. and so on, and on, and on it goes.");
    expect(process_run("'%s' data show lm --data '%s' --n 1 --tokens 9 --set corpus='%s/some.txt'", reach, folder, folder), 0, "train, bytes");
    f = process_run("cd '%s' && '%s' data show pathfinder --data d --n 5 --set contour=6 && od -An -c -N8 pathfinder.png", folder, reach);
    expect(f, 0, "pathfinder.png: 5 of 5 train images of 32 x 32; label");
    assert_non_null(strstr(f->out, "211   P   N   G"));
    expect(process_run("cd '%s' && '%s' data show pathfinder --data d --n 5 --set contour=6 --out no/such.png", folder, reach), 1, "no/such.png");
    expect(process_run("'%s' data show listops --out x.png", reach), 2, "--out is for images");
    expect(process_run("'%s' data show listops --split tset", reach), 2, "--split tset");
    expect(process_run("'%s' data show listops --set wrong=1", reach), 2, "no option \"wrong\"");
    expect(process_run("'%s' data show nothing", reach), 2, "no task \"nothing\"");
    expect(process_run("'%s' data show", reach), 2, "the name of one task");
    expect(process_run("'%s' data list --n 3", reach), 2, "belong to data show");
}

/* A finished run of a small model: FOLDER/results/quick/rope-lm-1.h5 */
static void put_run(void)
{
    char text[6000] = "", yaml[1024];
    while (strlen(text) < sizeof text - 64) strcat(text, "the light shone in the darkness, and the darkness was upon it.\n");
    put("some.txt", text);
    snprintf(yaml, sizeof yaml,
             "title: quick\nmodel: {width: 8, layers: 1, heads: 2, feed_forward: 16}\n"
             "train: {length: 16, batch: 4, steps: 12, warmup: 2, log_every: 3, eval_every: 6, eval_tokens: 64}\n"
             "test: {lengths: [16, 32], last_places: 4, last_targets: 8}\n"
             "tasks: [{lm: {corpus: \"%s\"}}]\nvariants: [rope]\n", in_folder("some.txt"));
    put("quick.yaml", yaml);
    expect(process_run("'%s' run '%s/quick.yaml' --results '%s/results' --threads 1 --quiet", reach, folder, folder), 0, NULL);
}

static void shown(void **state)
{
    (void)state;
    put_run();
    const char *const path = "results/quick/rope-lm-1.h5";
    const struct finished *f = process_run("cd '%s' && '%s' show %s", folder, reach, path);
    expect(f, 0, "rope");
    assert_non_null(strstr(f->out, "lm"));
    char hash[33];
    struct results r;
    results_init(&r);
    assert_int_equal(results_read(&r, in_folder(path), true), OK);
    results_done(&r);
    f = process_run("cd '%s' && '%s' digest %s %s", folder, reach, path, path);
    expect(f, 0, path);
    snprintf(hash, sizeof hash, "%.32s", f->out);
    assert_non_null(strstr(f->out + 33, hash)); /* twice the same */
    expect(process_run("'%s' show '%s/none.h5'", reach, folder), 1, "none.h5");
    static const char *const formats[] = {"text", "md", "csv", "tex"};
    for (size_t k = 0; k < 4; k++)
        expect(process_run("'%s' table '%s/quick.yaml' --results '%s/results' --format %s", reach, folder, folder, formats[k]), 0, "rope");
    expect(process_run("'%s' table '%s/quick.yaml' --results '%s/results' --format odt", reach, folder, folder), 2, "odt");
}

/* README */

static char *readme;

/* The blocks of one kind, each as a string; *n of them. */
static char **blocks(const char *kind, size_t *n)
{
    static char *at[64];
    char open[32];
    snprintf(open, sizeof open, "\n```%s\n", kind);
    *n = 0;
    for (const char *p = readme; (p = strstr(p, open)) && *n < 64;) {
        p += strlen(open);
        const char *end = strstr(p, "```");
        if (!end) fail_msg("README: a %s block does not end", kind);
        at[(*n)++] = strndup(p, (size_t)(end - p));
        p = end;
    }
    return at;
}

/* Each flag of a command line must stand in the command's --help, each config must be there. */
static void check_line(const char *line, const char *arguments)
{
    char alone[1024], copy[1024], command[64] = "", *rest = copy;
    snprintf(alone, sizeof alone, "%.*s", (int)strcspn(arguments, "#|>&;\n"), arguments);
    snprintf(copy, sizeof copy, "%s", alone);
    static struct finished about;
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        if (!*command && word[0] != '-') {
            snprintf(command, sizeof command, "%s", word);
            bool known = false;
            for (size_t i = 0; names[i]; i++) known = known || strcmp(names[i], command) == 0;
            if (!known && strcmp(command, "COMMAND") != 0 && strcmp(command, "ARGS") != 0) fail_msg("README: no command in: %s", line);
            if (known) about = *process_run("'%s' %s --help", reach, command);
        } else if (strncmp(word, "--", 2) == 0 && *command) {
            word[strcspn(word, "=")] = 0;
            const char *found = strstr(about.out, word);
            if (strcmp(word, "--help") != 0 && (!found || isalnum((unsigned char)found[strlen(word)]))) fail_msg("README: no option %s in: %s", word, line);
        }
        const size_t n = strlen(word);
        if (n > 5 && strcmp(word + n - 5, ".yaml") == 0 && strncmp(word, "configs/", 8) == 0 && !file_is_file(word))
            fail_msg("README: no file %s in: %s", word, line);
    }
    if (strcmp(command, "list") == 0 || strstr(alone, "--help") || (strcmp(command, "check") == 0 && strstr(alone, "--quick")))
        expect(run_reach(alone), 0, NULL);
}

static void readme_commands(void **state)
{
    (void)state;
    if (!readme) skip();
    size_t n, lines = 0;
    char **block = blocks("sh", &n);
    for (size_t i = 0; i < n; i++) {
        for (char *rest = block[i], *line; (line = strtok_r(rest, "\n", &rest));) {
            for (const char *at = line; (at = strstr(at, "./")); at += 2) { /* also behind && */
                const bool program = strncmp(at, "./reach ", 8) == 0, script = strncmp(at, "./run.sh ", 9) == 0;
                if (!program && !script) continue;
                if (script && (strncmp(at + 9, "reproduce", 9) == 0 || strncmp(at + 9, "table ", 6) == 0)) continue; /* of run.sh itself */
                check_line(line, at + (program ? 8 : 9));
                lines++;
            }
        }
        free(block[i]);
    }
    assert_true(lines >= 5);
}

static void replace(char *text, size_t size, const char *at, size_t n, const char *with)
{
    char *tail = strdup(at + n);
    const size_t before = (size_t)(at - text);
    snprintf(text + before, size - before, "%s%s", with, tail);
    free(tail);
}

/* Where matplotlib is not installed the rest of the lines are worth running still. */
static void put_stand_in(void)
{
    put("matplotlib/__init__.py", "");
    put("matplotlib/pyplot.py", "def plot(x, y, *more, **named): assert len(x) == len(y) > 1\n"
                                "def savefig(path, *more, **named): open(path, 'w').close()\n"
                                "def __getattr__(name): return lambda *more, **named: None\n");
}

/* The lines of Python, on a result of our own. */
static void readme_python(void **state)
{
    (void)state;
    if (!readme) skip();
    size_t n;
    char **block = blocks("python", &n), code[8192];
    assert_true(n >= 1);
    put_run();
    for (size_t i = 0; i < n; i++) {
        snprintf(code, sizeof code, "%s", block[i]);
        const char *quote, *path = strstr(code, "results/");
        assert_non_null(path);
        for (; path; path = strstr(path + strlen(in_folder("results/quick/rope-lm-1.h5")), "results/")) {
            quote = strpbrk(path, "\"'");
            assert_non_null(quote);
            replace(code, sizeof code, path, (size_t)(quote - path), in_folder("results/quick/rope-lm-1.h5"));
            path = strstr(code, in_folder("results/quick/rope-lm-1.h5"));
        }
        put("lines.py", code);
        if (process_run("/usr/bin/python3 -c 'import h5py'")->code != 0) {
            print_message("python3 cannot import h5py: the README's lines are not run\n");
        } else {
            if (strstr(code, "matplotlib") && process_run("/usr/bin/python3 -c 'import matplotlib'")->code != 0) put_stand_in();
            expect(process_run("cd '%s' && MPLBACKEND=Agg /usr/bin/python3 lines.py", folder), 0, NULL);
            const char *save = strstr(code, "savefig(\"");
            if (save) {
                char picture[128];
                snprintf(picture, sizeof picture, "%.*s", (int)strcspn(save + 9, "\""), save + 9);
                assert_true(file_is_file(in_folder(picture)));
            }
        }
        free(block[i]);
    }
}

static void read_readme(void)
{
    struct file_content content = {0};
    if (file_is_file("README.md") && file_read("README.md", &content) == OK) readme = strndup((const char *)content.at, content.n);
    file_close(&content);
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    read_readme();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help),   cmocka_unit_test(slips_of_the_pen), cmocka_unit_test(lists),
        cmocka_unit_test(checks), cmocka_unit_test(benches),
        cmocka_unit_test_setup_teardown(data, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(data_show, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(shown, folder_setup, folder_teardown),
        cmocka_unit_test(readme_commands),
        cmocka_unit_test_setup_teardown(readme_python, folder_setup, folder_teardown),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(readme);
    return failed;
}
