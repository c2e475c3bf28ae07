/* test_approximation.c -- a config that measures distances from softmax attention: what is refused; errors that must be 0, fall, or be
 * in an order; the same bits whatever else is measured and by how many threads; its file, and every command that shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "check/approximate.h"
#include "command.h"
#include "measure/errors.h"
#include "report/statistics.h"

static const char tiny[] =
    "title: Tiny distances\n"
    "about: How far little is.\n"
    "approximation: {length: 24, draws: 3, input: 0.5}\n"
    "model: {width: 8, heads: 2}\n"
    "sweep: {features: [16, 4]}\n"
    "variants: [performer, {performer: {as: independent, orthogonal: false}}, none]\n"
    "budgets: {one: {approximation: {draws: 1}, sweep: {features: [2]}}}\n";

/* ---- the config ---- */

static void accepted(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    struct config c;
    const struct config_request rq = {.path = in_folder("tiny.yaml")};
    if (config_read(&rq, &c) != OK) fail_msg("%s", status_message());
    assert_int_equal(c.n_runs, 0);
    assert_non_null(c.approximation);
    assert_null(c.cost);
    assert_int_equal(c.measured->n, 3);
    assert_string_equal(c.measured->swept, "features");
    assert_true(c.measured->value.n == 2 && c.measured->value.at[0] == 4); /* ascending */
    for (size_t i = 0; i < 3; i++) assert_string_equal(c.measured->variant[i].entry->position->name, "none");
    char id[33], again[33], *text = measured_print(c.measured); /* reads back as the same */
    measured_id(c.measured, id);
    put("again.yaml", text);
    free(text);
    config_done(&c);
    const struct config_request same = {.path = in_folder("again.yaml")};
    if (config_read(&same, &c) != OK) fail_msg("%s", status_message());
    measured_id(c.measured, again);
    assert_string_equal(id, again);
    config_done(&c);
    const char *seed = "approximation.seed=2";
    const struct config_request other = {.path = in_folder("tiny.yaml"), .n_set = 1, .set = &seed};
    assert_int_equal(config_read(&other, &c), OK);
    measured_id(c.measured, again);
    assert_string_not_equal(id, again);
    config_done(&c);
}

static void refused(void **state)
{
    (void)state;
    static const struct { const char *set, *says; } wrong[] = {
        {"tasks=[lm]", "trains nothing; leave out tasks"}, {"train.tokens=1e6", "leave out train"}, {"lengths=[64]", "approximation.length"},
        {"seeds=[1]", "leave out seeds"}, {"claims=[]", "leave out claims"}, {"bench.rounds=1", "measure two things"},
        {"approximation.lenght=3", "did you mean \"length\"?"}, {"approximation.draws=0", "draws"}, {"approximation.input=0", "input"},
        {"model.causal=true", "approximation.causal"}, {"model.layers=2", "leave out layers"}, {"model.feed_forward=8", "leave out feed_forward"},
        {"model.width=9", "not divisible"}, {"sweep=null", "sweep has no value"}, {"sweep.redraw=[1]", "one option with its values, not 2"},
        {"sweep={features: []}", "empty"}, {"variants=[local]", "no option \"features\" of any"}, {"sweep.features=[4, 4]", "4 stands twice"},
        {"sweep.features=[-1]", "features"}, {"sweep.features=[2.5]", "whole number"},
        {"variants=[{performer: {position: rope}}]", "position rope changes the weights"},
        {"variants=[performer, rope]", "position rope changes the weights"}, {"variants=[performer, alibi]", "position alibi"},
        {"variants=[{performer: {model: {width: 16}}}]", "leave out model"}, {"variants=[{performer: {train: {rate: 1}}}]", "leave out train"},
    };
    put("tiny.yaml", tiny);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct config c;
        const struct config_request rq = {.path = in_folder("tiny.yaml"), .n_set = 1, .set = &wrong[i].set};
        if (config_read(&rq, &c) != ERR_CONFIG) fail_msg("--set %s was taken", wrong[i].set);
        if (!strstr(status_message(), wrong[i].says)) fail_msg("--set %s: wanted \"%s\": %s", wrong[i].set, wrong[i].says, status_message());
    }
    static const struct { const char *sweep, *says; } files[] = {
        {"title: none", "no sweep"}, {"sweep: {feature: [4]}", "no.yaml:3:9: no option \"feature\""}, {"sweep: {kernel: [1]}", "only numbers are swept"},
        {"sweep: {orthogonal: [1]}", "only numbers are swept"}, {"sweep: [4]", "takes a map"},
    };
    struct config c;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char yaml[200];
        snprintf(yaml, sizeof yaml, "approximation: {}\nvariants: [performer]\n%s\nmodel: {width: 8, heads: 1}\n", files[i].sweep);
        put("no.yaml", yaml);
        if (config_read(&(struct config_request){.path = in_folder("no.yaml")}, &c) != ERR_CONFIG) fail_msg("%s was taken", files[i].sweep);
        if (!strstr(status_message(), files[i].says)) fail_msg("%s: wanted \"%s\": %s", files[i].sweep, files[i].says, status_message());
    }
    put("no.yaml", "approximation: {causal: true}\nvariants: [linformer]\nsweep: {k: [4]}\n");
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("no.yaml")}, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "no.yaml:2:12: linformer has no causal form"));
    put("trains.yaml", "tasks: [lm]\nvariants: [rope]\ntrain: {steps: 1}\nsweep: {features: [3]}\n");
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("trains.yaml")}, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "sweep belongs to approximation"));
}

/* ---- the numbers ---- */

/* The rows of a config; the caller frees them. */
static status measure(const char *yaml, int threads, struct frame *f)
{
    struct config c;
    struct progress quiet;
    progress_init(&quiet, stderr, true);
    put("one.yaml", yaml);
    const struct config_request rq = {.path = in_folder("one.yaml")};
    if (config_read(&rq, &c) != OK) fail_msg("%s", status_message());
    memset(f, 0, sizeof *f);
    const status s = approximate(c.approximation, threads, &quiet, f);
    config_done(&c);
    return s;
}

static void measured(const char *yaml, struct frame *f)
{
    if (measure(yaml, 1, f) != OK) fail_msg("%s", status_message());
}

static double mean_mse(const struct frame *f, const char *variant, double value)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->error[i].variant, variant) == 0 && f->error[i].value == value) sum += f->error[i].mse, n++;
    assert_true(n > 0);
    return sum / (double)n;
}

/* Softmax attention is no distance from itself, and windows that see all are none but rounding. */
static void exact(void **state)
{
    (void)state;
    static const double windows[] = {3, 16, 70};
    for (int causal = 0; causal < 2; causal++) {
        char yaml[400];
        struct frame f;
        snprintf(yaml, sizeof yaml, "approximation: {length: 70, draws: 2, causal: %s}\nmodel: {width: 12, heads: 3}\nsweep: {window: [3, 16, 70]}\n"
                 "variants: [vanilla, local]\n", causal ? "true" : "false");
        measured(yaml, &f);
        assert_int_equal(f.n, 2 * 3 * 2);
        for (size_t i = 0; i < f.n; i++) {
            const struct error_row *r = &f.error[i];
            const bool local = i >= 6;
            assert_string_equal(r->variant, local ? "local" : "vanilla");
            assert_string_equal(r->option, local ? "window" : "");
            assert_int_equal(r->draw, i % 2 + 1);
            assert_true(r->value == windows[i / 2 % 3]);
            assert_true(r->exact_mean_square > 1e-3 && r->relative_error == r->mse / r->exact_mean_square);
            if (!local) assert_true(r->mse == 0);
            else if (r->value == 70) assert_true(r->relative_error < 1e-28);
            else assert_true(r->relative_error > 1e-3);
        }
        assert_true(mean_mse(&f, "local", 16) < mean_mse(&f, "local", 3));
        assert_true(f.error[0].exact_mean_square != f.error[1].exact_mean_square); /* draws differ */
        assert_true(f.error[0].exact_mean_square == f.error[6].exact_mean_square); /* variants share them */
        frame_done(&f);
    }
}

/* Uniform weights: for an input of no size an output is the mean of values times o, so its square is that of the input times what two
 * layers of deviation 1 / sqrt(C) leave of a mean of T rows. */
static void scale_of_the_exact_output(void **state)
{
    (void)state;
    struct frame f;
    double sum = 0;
    measured("approximation: {length: 64, draws: 200, input: 0.001}\nmodel: {width: 16, heads: 1}\nsweep: {features: [4]}\nvariants: [performer]\n", &f);
    for (size_t i = 0; i < f.n; i++) sum += f.error[i].exact_mean_square / (double)f.n;
    const double want = 1e-6 / 64;
    if (!(fabs(sum / want - 1) < 0.15)) fail_msg("mean square %g, wanted %g", sum, want);
    frame_done(&f);
}

/* Choromanski et al.: the variance of m features falls as 1 / m. */
static void falls_with_features(void **state)
{
    (void)state;
    for (int causal = 0; causal < 2; causal++) {
        char yaml[400];
        struct frame f;
        snprintf(yaml, sizeof yaml, "approximation: {length: 64, draws: 40, input: 0.3, causal: %s}\nmodel: {width: 16, heads: 1}\n"
                 "sweep: {features: [16, 64, 256, 1024]}\nvariants: [performer, performer: {as: independent, orthogonal: false}]\n", causal ? "true" : "false");
        measured(yaml, &f);
        for (int v = 0; v < 2; v++) {
            const char *name = v ? "independent" : "performer";
            for (double m = 64; m <= 1024; m *= 4) {
                const double ratio = mean_mse(&f, name, m) / mean_mse(&f, name, m / 4);
                if (!(ratio > 0.15 && ratio < 0.42)) fail_msg("%s: error at %g features is %g of that at a quarter", name, m, ratio);
            }
        }
        frame_done(&f);
    }
}

/* At m = D the difference, draw by draw, is beyond its 95 % interval. */
static void orthogonal_is_nearer(void **state)
{
    (void)state;
    enum { DRAWS = 250 };
    struct frame f;
    double x[DRAWS];
    measured("approximation: {length: 200, draws: 250, input: 0.5}\nmodel: {width: 16, heads: 1}\nsweep: {features: [16]}\n"
             "variants: [performer, performer: {as: independent, orthogonal: false}]\n", &f);
    assert_int_equal(f.n, 2 * DRAWS);
    for (size_t i = 0; i < DRAWS; i++) x[i] = f.error[i].mse - f.error[DRAWS + i].mse;
    const struct interval d = interval_of(x, DRAWS, 0.95);
    if (!(d.high < 0)) fail_msg("orthogonal less independent: %g in [%g, %g]", d.mean, d.low, d.high);
    frame_done(&f);
}

/* Rows are the same bits by one thread and by several, and do not depend on what else is measured. */
static void same_bits(void **state)
{
    (void)state;
    struct frame a, b;
    put("tiny.yaml", tiny);
    measured(tiny, &a);
    assert_int_equal(a.n, 3 * 2 * 3);
    for (int threads = 2; threads <= 3; threads++) {
        assert_int_equal(measure(tiny, threads, &b), OK);
        assert_int_equal(b.n, a.n);
        assert_memory_equal(a.error, b.error, a.n * sizeof *a.error);
        frame_done(&b);
    }
    measured("approximation: {length: 24, draws: 2, input: 0.5}\nmodel: {width: 8, heads: 2}\nsweep: {features: [16, 64]}\nvariants: [performer]\n", &b);
    assert_memory_equal(&b.error[0], &a.error[3], 2 * sizeof *a.error);
    frame_done(&b);
    measured("approximation: {length: 24, draws: 2, input: 0.5, seed: 2}\nmodel: {width: 8, heads: 2}\nsweep: {features: [16, 64]}\nvariants: [performer]\n", &b);
    assert_true(b.error[0].mse != a.error[3].mse);
    frame_done(&b);
    frame_done(&a);
}

/* Who has other parameters does not approximate softmax with the same weights. */
static void other_parameters(void **state)
{
    (void)state;
    static const struct { const char *variant, *says; } wrong[] = {
        {"linformer: {k: 8}", "linformer has a parameter"}, {"performer: {bias: [q]}", "performer has a parameter"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[300];
        struct frame f;
        snprintf(yaml, sizeof yaml, "approximation: {length: 8, draws: 1}\nmodel: {width: 8, heads: 2}\nsweep: {features: [4]}\nvariants:\n  - performer: {as: first}\n"
                 "  - %s\n", wrong[i].variant);
        assert_int_equal(measure(yaml, 1, &f), ERR_CONFIG);
        if (!strstr(status_message(), wrong[i].says) || !strstr(status_message(), "one.yaml:6:5: "))
            fail_msg("%s: wanted \"%s\": %s", wrong[i].variant, wrong[i].says, status_message());
        frame_done(&f);
    }
}

/* ---- commands ---- */

static bool has_number(const char *text, double x)
{
    char number[64];
    snprintf(number, sizeof number, ",%.17g", x);
    number[14] = 0; /* the last digits hang on the order of a sum */
    return strstr(text, number) != NULL;
}

static void through(void **state)
{
    (void)state;
    struct frame f;
    put("tiny.yaml", tiny);
    expect(1, "not measured yet", "table tiny.yaml");
    expect(0, "results/tiny/approximation.h5", "run tiny.yaml --plan");
    expect(0, "measured; results/tiny/approximation.h5", "run tiny.yaml --threads 1"); /* by the program in double precision */
    if (frame_read(&errors_kind, &f, in_folder("results/tiny/approximation.h5")) != OK) fail_msg("%s", status_message());
    assert_int_equal(f.n, 3 * 2 * 3);
    assert_string_equal(f.title, "Tiny distances");
    assert_string_equal(frame_environment(&f, "real"), "float64");
    assert_non_null(strstr(f.config, "features: [4, 16]"));
    const struct finished *t = expect(0, "variant,attention,option,value", "table tiny.yaml --format csv");
    for (size_t i = 0; i < f.n; i += 3) {
        const double mse[] = {f.error[i].mse, f.error[i + 1].mse, f.error[i + 2].mse};
        if (strcmp(f.error[i].variant, "none") == 0) assert_true(mse[0] == 0);
        else if (!has_number(t->out, mean_of(mse, 3)) || !has_number(t->out, deviation_of(mse, 3))) fail_msg("row %zu is not in\n%s", i, t->out);
    }
    frame_done(&f);
}

static void commands(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    expect(0, NULL, "run tiny.yaml --threads 1 --quiet");
    process_run("cp '%s' '%s'", in_folder("results/tiny/approximation.h5"), in_folder("old.h5"));
    expect(0, "was measured", "run tiny.yaml --threads 1");
    expect(0, "3 draws", "table tiny.yaml");
    expect(0, "none [1]", "table tiny.yaml");
    expect(0, "has no option features", "table tiny.yaml");
    expect(0, "**Mean squared error of the output**", "table tiny.yaml --format md");
    expect(0, "\\toprule", "table tiny.yaml --format tex");
    expect(0, "<table", "table tiny.yaml --format html");
    expect(0, "approximation-relative.svg", "plot tiny.yaml --format svg");
    expect(0, "report.html", "report tiny.yaml");
    struct file_content page;
    assert_int_equal(file_read(in_folder("results/tiny/report.html"), &page), OK);
    static const char *const says[] = {"How far little is.", "Tiny distances", "<svg", "Mean squared error", "href=\"./approximation.h5\"", "Measured", "approximation.input"};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (!strstr((const char *)page.at, says[i])) fail_msg("the page has no \"%s\"", says[i]);
    file_close(&page);
    expect(0, "approximation.h5 is in pub/tiny", "publish tiny.yaml --to pub");
    assert_true(file_is_file(in_folder("pub/tiny/table.md")) && file_is_file(in_folder("pub/tiny/figures/approximation.png")));

    /* other settings: stale until --redo */
    expect(1, "stale", "run tiny.yaml --threads 1 --set approximation.seed=2");
    expect(0, "Stale", "table tiny.yaml --set approximation.seed=2");
    expect(1, "--redo", "publish tiny.yaml --to pub --set approximation.seed=2");
    expect(0, "measured;", "run tiny.yaml --threads 1 --set approximation.seed=2 --redo");
    expect(1, "stale", "run tiny.yaml --threads 1");
    expect(0, "results/tiny-one/approximation.h5", "run tiny.yaml --threads 1 --budget one");
    expect(0, "performer", "table tiny.yaml --budget one"); /* one draw has no deviation */

    /* what has no use for it says so */
    expect(2, "no training to estimate", "estimate tiny.yaml");
    expect(2, "compare wants scores", "compare vanilla rope --on tiny.yaml");
    expect(1, "holds measurements", "show results/tiny/approximation.h5");
    expect(2, "linformer has a parameter", "run tiny.yaml --redo --threads 1 --set 'variants=[performer, linformer]'");
}

/* Rows that contradict each other are refused, not shown. */
static void forged(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    struct config c;
    struct errors e;
    struct frame f;
    const struct config_request rq = {.path = in_folder("tiny.yaml")};
    char path[FILE_PATH], results[FILE_PATH];
    assert_int_equal(config_read(&rq, &c), OK);
    expect(0, NULL, "run tiny.yaml --threads 1 --quiet");
    snprintf(results, sizeof results, "%s", in_folder("results"));
    snprintf(path, sizeof path, "%s", in_folder("results/tiny/approximation.h5"));
    assert_int_equal(errors_read(&c, results, &e), OK);
    assert_true(e.n_variants == 3 && e.n_values == 2 && e.n_draws == 3 && !e.stale);
    errors_done(&e);
    for (int how = 0; how < 6; how++) {
        expect(0, NULL, "run tiny.yaml --threads 1 --quiet --redo");
        assert_int_equal(frame_read(&errors_kind, &f, path), OK);
        if (how == 0) f.error[3].mse = -1;
        if (how == 1) f.error[3].draw = 0;
        if (how == 2) f.error[3] = f.error[2];
        if (how == 3) f.error[3].value = NAN;
        if (how == 4) f.error[0].draw = INT64_MAX;
        if (how == 5) f.n--;
        assert_int_equal(frame_write(&errors_kind, &f, path), OK);
        frame_done(&f);
        assert_int_equal(errors_read(&c, results, &e), ERR_DATA);
        assert_int_equal(e.n_variants, 0);
    }
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(refused, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(exact, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(scale_of_the_exact_output, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(falls_with_features, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(orthogonal_is_nearer, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(same_bits, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(other_parameters, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(through, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(commands, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(forged, folder_setup, folder_teardown),
    };
    if (process_setup() != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
