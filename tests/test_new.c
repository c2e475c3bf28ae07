/* test_new.c -- an attention of one's own: the template has every property, `reach new` writes what it should and refuses the rest;
 * plugins are loaded or refused with a reason, and compute what the same file computes in the tree; what is installed suffices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/check.h"
#include "config/config.h"
#include "folder.h"
#include "process.h"
#include "store/results.h"
#include "tensor/product.h"
#include "variants/variant.h"

extern const struct attention attention_template; /* compiled, and not listed */

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text ? text : "", f->out);
}

/* reach ARGUMENTS in the test's folder */
static const struct finished *run_reach(const char *arguments)
{
    return process_run("cd '%s' && '%s' %s", folder, reach, arguments);
}

static char *content_of(const char *name)
{
    struct file_content content;
    if (file_read(in_folder(name), &content) != OK) fail_msg("%s", status_message());
    char *text = strndup((const char *)content.at, content.n);
    file_close(&content);
    return text;
}

/* ---- the template ---- */

static void template_passes(void **state)
{
    (void)state;
    static _Alignas(16) unsigned char options[OPTIONS_ROOM], none[OPTIONS_ROOM];
    static struct check_report r;
    static const char *const schemes[] = {"rope", "alibi", "learned"};
    for (size_t k = 0; k < 3; k++) {
        const struct position *p = position_find(schemes[k]);
        option_defaults(attention_template.options, options, sizeof options);
        option_defaults(p->options, none, sizeof none);
        const struct check_subject s = {"template", &attention_template, options, p, none};
        check_variant(&s, k > 0, &r);
        if (r.failed) check_print(stdout, schemes[k], &r);
        assert_int_equal(r.failed, 0);
        assert_true(r.n > 30);
    }
    assert_null(attention_find("template"));
}

/* ---- in the tree ---- */

/* FOLDER/tree: as much of a source tree as `reach new` looks at. */
static void put_tree(void)
{
    put("tree/plots/none.gp", "");
    put("tree/Makefile", "all:\n");
    put("tree/variants/attention_list.h", "ATTENTION(vanilla)\nATTENTION(local)");
    expect(process_run("mkdir -p '%s/tree/build' '%s/tree/variants/attention' && cp '%s' '%s/tree/build' && cp variants/attention/template.c "
                       "'%s/tree/variants/attention'", folder, folder, reach, folder, folder), 0, NULL);
}

static const struct finished *run_new(const char *arguments)
{
    return process_run("cd '%s' && tree/build/reach new %s --no-build", folder, arguments);
}

static void writes_into_the_tree(void **state)
{
    (void)state;
    put_tree();
    expect(run_new("sharp_2"), 0, "reach check sharp_2");
    char *source = content_of("tree/variants/attention/sharp_2.c"), *list = content_of("tree/variants/attention_list.h");
    assert_string_equal(list, "ATTENTION(vanilla)\nATTENTION(local)\nATTENTION(sharp_2)\n");
    assert_non_null(strstr(source, "const struct attention attention_sharp_2 = {"));
    assert_null(strstr(source, "template"));
    free(source), free(list);
    expect(run_new("sharp_2"), 2, "sharp_2.c is there already");
    expect(process_run("rm '%s/tree/variants/attention/sharp_2.c'", folder), 0, NULL);
    expect(run_new("sharp_2"), 2, "lists sharp_2 already");
    assert_false(file_is_file(in_folder("tree/variants/attention/sharp_2.c")));
    put("tree/variants/attention/pools.h", "");
    expect(run_new("pools"), 2, "pools.h is there already");
}

static void bad_names(void **state)
{
    (void)state;
    static const struct { const char *name, *answer; } bad[] = {
        {"Gated", "small letters"}, {"9lives", "small letters"}, {"'two words'", "small letters"}, {"a-b", "small letters"}, {"''", "small letters"},
        {"../up", "small letters"}, {"a23456789012345678901234567890123456789012", "at most 40"}, {"while", "a word of C"}, {"double", "a word of C"},
        {"all", "reach's own"}, {"heads", "reach's own"}, {"template", "reach's own"}, {"rope", "already"}, {"local", "already"}, {"alibi", "already"},
        {"one two", "wants one name"}, {"", "wants one name"}, {"mine --in there", "add --plugin"},
    };
    put_tree();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect(run_new(bad[i].name), 2, bad[i].answer);
    char *list = content_of("tree/variants/attention_list.h");
    assert_null(strchr(strstr(list, "local"), '\n'));
    free(list);
    expect(process_run("rm '%s/tree/Makefile'", folder), 0, NULL);
    expect(run_new("mine"), 2, "reach new mine --plugin");
}

/* ---- plugins ---- */

static void plugin_from_nothing(void **state)
{
    (void)state;
    expect(run_reach("new gated --plugin --in a/b"), 0, "all checks passed"); /* built twice, and checked in double precision */
    expect(run_reach("new gated --plugin --in a/b"), 2, "Makefile is there already");
    expect(run_reach("list gated --plugin a/b/gated.so"), 0, "volume");
    expect(run_reach("list --plugin=a/b/gated.so"), 0, "volume per head");
    expect(run_reach("list gated"), 2, "nothing is called \"gated\"");
    expect(process_run("cd '%s/a/b' && REACH_PLUGINS=gated.so '%s' list gated --plugin gated.so", folder, reach), 0, "volume");
    expect(run_reach("list gated --plugin a/b/gated64.so"), 0, "volume"); /* its sibling */
    expect(run_reach("probe gated --plugin a/b/gated.so --out a/layer.h5 --causal"), 0, "gated");
    expect(run_reach("bench gated --plugin a/b/gated.so --lengths 16 --tokens 16 --width 8 --layers 1 --heads 2 --seconds 0 --threads 1"), 0, "gated");
    expect(run_reach("check gatde --plugin a/b/gated.so"), 2, "did you mean \"gated\"?");
}

static void refused_plugins(void **state)
{
    (void)state;
    static const struct { const char *sed, *make, *answer; } bad[] = {
        {"s/^REACH_PLUGIN(.*//", "", "no symbol reach_plugin"},
        {"s/^REACH_PLUGIN(.*/REACH_PLUGIN(NULL)/", "", "brings no attention"},
        {"s/^REACH_PLUGIN(/#undef REACH_PLUGIN_ABI\\n#define REACH_PLUGIN_ABI 99\\n&/", "", "version 99 of the plugin interface"},
        {"s/^REACH_PLUGIN(/#undef REACH_PLUGIN_LAYOUT\\n#define REACH_PLUGIN_LAYOUT 1\\n&/", "", "headers of another version"},
        {"s/xx/xx/", "EXTRA=-DREACH_DOUBLE", "numbers of 8 bytes"},
        {"s/xx/xx/", "SOURCE='-DREACH_SOURCE=\"\\\"\\\"\"'", "no hash of its source"},
        {"s/\"mine\"/\"rope\"/", "", "\"rope\" already"},
        {"s/\"mine\"/\"My\"/", "", "small letters"},
        {"s/\"rope\"/\"rpoe\"/", "", "no position scheme \"rpoe\""},
        {"s/^    .forward = .*//", "", "lacks one of"},
        {"s/= scale_heads(/= (node *)no_such_thing(/", "EXTRA=-w", "cannot be loaded"},
    };
    expect(run_reach("new mine --plugin --no-build"), 0, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect(process_run("cd '%s' && sed '%s' mine.c > bad.c && rm -f bad.so && make -s bad.so %s", folder, bad[i].sed, bad[i].make), 0, NULL);
        const struct finished *f = run_reach("list mine --plugin bad.so");
        expect(f, 2, bad[i].answer);
        assert_non_null(strstr(f->out, "bad.so"));
    }
    expect(process_run("cd '%s' && make -s mine.so", folder), 0, NULL);
    expect(run_reach("check mine --plugin mine.so"), 2, "build it also with -DREACH_DOUBLE");
    expect(run_reach("list --plugin none.so"), 2, "none.so: there is no such file");
    expect(run_reach("list --plugin mine.c"), 2, "mine.c: cannot be loaded");
    expect(run_reach("list --plugin"), 2, "--plugin wants a value");
}

/* ---- the same file in the tree and as a plugin ---- */

static struct results read_run(const char *name)
{
    struct results r;
    char path[256];
    snprintf(path, sizeof path, "results/tiny/%s-lm-1.h5", name);
    results_init(&r);
    if (results_read(&r, in_folder(path), true) != OK) fail_msg("%s", status_message());
    assert_int_equal(r.status, RUN_DONE);
    return r;
}

static void same_losses_as_built_in(void **state)
{
    (void)state;
    char text[6000] = "", yaml[2048];
    while (strlen(text) < sizeof text - 64) strcat(text, "the light shone in the darkness, and the darkness was upon it.\n");
    put("some.txt", text);
    snprintf(yaml, sizeof yaml, "title: tiny\nmodel: {width: 16, layers: 2, heads: 2, feed_forward: 32}\n"
             "train: {length: 32, batch: 4, steps: 20, warmup: 2, log_every: 2, eval_every: 10, eval_tokens: 64}\n"
             "test: {lengths: [32, 64], last_places: 4, last_targets: 8}\ntasks: [{lm: {corpus: \"%s\"}}]\n"
             "variants: [{local: {window: 5, position: rope}}, {local_two: {window: 5, position: rope}}]\n", in_folder("some.txt"));
    put("tiny.yaml", yaml);
    expect(run_reach("new local_two --plugin --no-build"), 0, NULL);
    expect(process_run("sed -e 's/attention_local/attention_local_two/' -e 's/\"local\"/\"local_two\"/' -e '1i #include \"variants/plugin.h\"' "
                       "-e '$a REACH_PLUGIN(&attention_local_two)' variants/attention/local.c > '%s/local_two.c' && make -s -C '%s' local_two.so",
                       folder, folder), 0, NULL);
    expect(run_reach("run tiny.yaml --threads 1 --quiet"), 2, "no variant \"local_two\"");
    expect(run_reach("run tiny.yaml --threads 1 --quiet --plugin local_two.so"), 0, NULL);
    struct results a = read_run("local"), b = read_run("local_two");
    assert_int_equal(a.n_train, b.n_train);
    assert_int_equal(a.n_test, b.n_test);
    assert_true(a.n_train > 3 && a.n_test > 1);
    for (size_t i = 0; i < a.n_train; i++) assert_true(a.train[i].loss == b.train[i].loss);
    for (size_t i = 0; i < a.n_test; i++) assert_true(a.test[i].loss == b.test[i].loss);
    assert_string_not_equal(a.train_id, b.train_id);
    results_done(&a), results_done(&b);
    expect(run_reach("table tiny.yaml --plugin ./local_two.so"), 0, "local_two");
    expect(run_reach("run tiny.yaml --threads 1 --plugin local_two.so"), 0, "2 were done");
    /* Another source: its results are stale, and no others. */
    expect(process_run("cd '%s' && echo '/* better */' >> local_two.c && make -s local_two.so", folder), 0, NULL);
    expect(run_reach("run tiny.yaml --threads 1 --plugin local_two.so"), 1, "1 results are stale");
}

/* ---- the README's example ---- */

/* Lines of a diff that begin with `sign`, from *at on, without it. */
static void take_lines(const char **at, char sign, char *out, size_t size)
{
    for (*out = 0; **at == sign;) {
        const size_t n = strcspn(*at, "\n");
        snprintf(out + strlen(out), size - strlen(out), "%.*s\n", (int)n - 1, *at + 1);
        *at += n + ((*at)[n] == '\n');
    }
}

/* The diff of the README, laid over what `reach new gated` writes, gives a file that passes every check. */
static void readme_example(void **state)
{
    (void)state;
    if (!file_is_file("README.md")) skip();
    static char source[1 << 16], from[4096], to[4096];
    struct file_content readme;
    assert_int_equal(file_read("README.md", &readme), OK);
    const char *at = strstr((const char *)readme.at, "\n+++ b/variants/attention/gated.c\n");
    assert_non_null(at);
    expect(run_reach("new gated --plugin --no-build"), 0, NULL);
    char *fresh = content_of("gated.c");
    snprintf(source, sizeof source, "%s", fresh);
    free(fresh);
    size_t hunks = 0;
    for (at = strchr(at + 1, '\n') + 1; strncmp(at, "@@\n", 3) == 0; hunks++) {
        at += 3;
        take_lines(&at, '-', from, sizeof from);
        take_lines(&at, '+', to, sizeof to);
        char *place = strstr(source, from);
        if (!*from || !place) fail_msg("the README's diff takes away what is not there:\n%s", from);
        char *rest = strdup(place + strlen(from));
        snprintf(place, (size_t)(source + sizeof source - place), "%s%s", to, rest);
        free(rest);
    }
    assert_true(hunks > 4 && strncmp(at, "```", 3) == 0);
    put("gated.c", source);
    expect(process_run("cd '%s' && make -s EXTRA=-Werror", folder), 0, NULL);
    expect(run_reach("check gated --plugin gated.so"), 0, "all checks passed");
    expect(run_reach("list gated --plugin gated.so"), 0, "keys to each side");
    file_close(&readme);
}

/* ---- what is installed ---- */

static void installed(void **state)
{
    (void)state;
    const char *build = getenv("BUILD");
    if (!build || !*build) build = "build";
    expect(process_run("make -s install BUILD='%s' PREFIX='%s/usr'", build, folder), 0, NULL);
    expect(process_run("cd / && '%s/usr/bin/reach' list configs", folder), 0, "compare.yaml");
    expect(process_run("cd '%s' && usr/bin/reach new mine", folder), 2, "reach new mine --plugin");
    expect(process_run("cd '%s' && usr/bin/reach new mine --plugin --in own --no-build", folder), 0, "share/reach/configs/compare.yaml");
    char *rules = content_of("own/Makefile");
    assert_non_null(strstr(rules, in_folder("usr/include/reach")));
    free(rules);
    expect(process_run("cd '%s/own' && make -s mine.so && ../usr/bin/reach list mine --plugin mine.so", folder), 0, "volume");
    /* Every header stands alone, and pkg-config knows how to build. */
    expect(process_run("cd '%s/usr/include/reach' && for h in $(find . -name '*.h'); do echo \"#include \\\"$h\\\"\" | "
                       "cc -std=c17 -Wall -Werror -fsyntax-only -I. -x c - || exit 1; done", folder), 0, NULL);
    if (process_run("pkg-config --version")->code == 0)
        expect(process_run("cd '%s/own' && cc -shared $(PKG_CONFIG_PATH=../usr/lib/pkgconfig pkg-config --cflags reach) -DREACH_SOURCE='\"1\"' mine.c -o "
                           "by_hand.so && ../usr/bin/reach list mine --plugin by_hand.so", folder), 0, "volume");
    expect(process_run("make -s uninstall BUILD='%s' PREFIX='%s/usr' && find '%s/usr' -type f", build, folder, folder), 0, NULL);
    expect(process_run("test -z \"$(find '%s/usr' -type f)\"", folder), 0, NULL);
    expect(process_run("make -s install BUILD='%s' PREFIX=/opt/it DESTDIR='%s/stage' && grep '^prefix=/opt/it$' '%s/stage/opt/it/lib/pkgconfig/reach.pc'",
                       build, folder, folder), 0, NULL);
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    unsetenv("REACH_PLUGINS");
    product_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_passes),
        cmocka_unit_test_setup_teardown(writes_into_the_tree, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(bad_names, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(plugin_from_nothing, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(refused_plugins, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(same_losses_as_built_in, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(readme_example, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(installed, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
