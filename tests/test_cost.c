/* test_cost.c -- a config that measures costs: what is refused, one sweep through every command, its file read back; claims over
 * rounds with known numbers; and accuracy against speed from files with known numbers.  How fast anything is, no test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "command.h"
#include "config/cost.h"
#include "measure/sweeps.h"
#include "report/load.h"
#include "report/speed.h"
#include "store/costs.h"
#include "store/place.h"
#include "synthetic.h"

static const char tiny[] =
    "title: Tiny costs\n"
    "about: What little costs.\n"
    "bench: {lengths: [128, 64], rounds: 2, seconds: 0, causal: both, batch: 2}\n"
    "model: {width: 16, layers: 1, heads: 2, feed_forward: 32}\n"
    "variants: [vanilla, {linformer: {k: 16, as: slots}}, rope_bias]\n"
    "budgets: {one: {bench: {rounds: 1, lengths: [32]}}}\n";

/* ---- the config ---- */

static void accepted(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    struct config c;
    const struct config_request rq = {.path = in_folder("tiny.yaml")};
    assert_int_equal(config_read(&rq, &c), OK);
    assert_int_equal(c.n_runs, 0);
    assert_non_null(c.cost);
    assert_int_equal(c.measured->n, 3);
    assert_string_equal(c.measured->variant[1].entry->label, "slots");
    assert_int_equal(c.cost->options.lengths.at[0], 64); /* ascending */
    assert_int_equal(c.cost->options.causal, COST_BOTH);
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
}

static void refused(void **state)
{
    (void)state;
    static const struct { const char *set, *says; } wrong[] = {
        {"tasks=[lm]", "trains nothing; leave out tasks"}, {"train.tokens=1e6", "leave out train"}, {"lengths=[64]", "bench.lengths"},
        {"seeds=[1]", "leave out seeds"}, {"bench.lenghts=[64]", "did you mean \"lengths\"?"}, {"bench.causal=yes", "no choice \"yes\""},
        {"bench.rounds=0", "rounds"}, {"bench.lengths=[]", "empty"}, {"bench.lengths=[8, 8]", "length 8 stands twice"},
        {"bench.tokens=64", "leave out one"}, {"variants=[vanila]", "did you mean \"vanilla\"?"}, {"variants=[vanilla, vanilla]", "two variants"},
        {"variants=[{linformer: {kk: 3}}]", "no option \"kk\""}, {"variants=[{rope: {train: {rate: 1}}}]", "leave out train"},
        {"model.causal=true", "bench.causal"}, {"model.width=17", "not divisible"},
    };
    put("tiny.yaml", tiny);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct config c;
        const struct config_request rq = {.path = in_folder("tiny.yaml"), .n_set = 1, .set = &wrong[i].set};
        if (config_read(&rq, &c) != ERR_CONFIG) fail_msg("--set %s was taken", wrong[i].set);
        if (!strstr(status_message(), wrong[i].says)) fail_msg("--set %s: wanted \"%s\": %s", wrong[i].set, wrong[i].says, status_message());
    }
    struct config c;
    const char *only = "variant=slots", *none = "bench=null";
    const struct config_request part = {.path = in_folder("tiny.yaml"), .n_only = 1, .only = &only};
    assert_int_equal(config_read(&part, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "--set"));
    const struct config_request empty = {.path = in_folder("tiny.yaml"), .n_set = 1, .set = &none};
    assert_int_equal(config_read(&empty, &c), ERR_CONFIG);
    put("bad.yaml", "bench: {}\nvariants: [rope]\nbudgets: {quick: {bench: {length: [3]}}}\n");
    const struct config_request budget = {.path = in_folder("bad.yaml")};
    assert_int_equal(config_read(&budget, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "bad.yaml:3:"));
    put("trains.yaml", "variants: [rope]\n"); /* only bench does without tasks */
    const struct config_request trains = {.path = in_folder("trains.yaml")};
    assert_int_equal(config_read(&trains, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "no tasks"));
}

/* ---- a sweep ---- */

static void near(double x, double want)
{
    if (!(fabs(x - want) <= 1e-9 * fabs(want))) fail_msg("%.17g, wanted %.17g", x, want);
}

static void check_row(const struct cost_row *r, size_t i)
{
    static const char *const variants[] = {"vanilla", "slots", "rope_bias"};
    assert_string_equal(r->direction, i < 12 ? "bidirectional" : "causal");
    assert_string_equal(r->variant, variants[i / 4 % 3]);
    assert_string_equal(r->mode, i % 2 ? "forward" : "train");
    assert_int_equal(r->length, i / 2 % 2 ? 128 : 64);
    assert_int_equal(r->batch, 2);
    assert_int_equal(r->rounds, 2);
    near(r->square_bytes, 4.0 * 2 * 2 * 1 * (double)(r->length * r->length));
    if (i >= 12 && i / 4 % 3 == 1) {
        assert_non_null(strstr(r->reason, "linformer mixes"));
        assert_true(isnan(r->step_ms) && isnan(r->tokens_per_second) && isnan(r->activation_bytes) && r->steps == 0);
        return;
    }
    const double tokens = (double)(r->batch * r->length);
    assert_string_equal(r->reason, "");
    assert_true(r->steps >= 3 && r->step_ms > 0 && r->fastest_ms <= r->step_ms && r->step_ms <= r->slowest_ms);
    near(r->token_ns, 1e6 * r->step_ms / tokens);
    near(r->tokens_per_second, 1e3 * tokens / r->step_ms);
    near(r->flops_per_second, 1e3 * r->flops_per_step / r->step_ms);
    near(r->activation_bytes_per_token, r->activation_bytes / r->activation_rows);
    assert_true(r->flops_per_step > 0 && r->activation_bytes > 0);
}

static void same_file(const char *a, const char *b, bool same)
{
    struct file_content x, y;
    assert_int_equal(file_read(in_folder(a), &x), OK);
    assert_int_equal(file_read(in_folder(b), &y), OK);
    assert_int_equal(x.n == y.n && memcmp(x.at, y.at, x.n) == 0, same);
    file_close(&x);
    file_close(&y);
}

static void through(void **state)
{
    (void)state;
    struct frame f;
    put("tiny.yaml", tiny);
    expect(1, "not measured yet", "table tiny.yaml");
    expect(0, "results/tiny/cost.h5", "run tiny.yaml --plan");
    expect(0, "measured; results/tiny/cost.h5", "run tiny.yaml --threads 1");
    assert_int_equal(frame_read(&costs_kind, &f, in_folder("results/tiny/cost.h5")), OK);
    assert_int_equal(f.n, 24);
    for (size_t i = 0; i < f.n; i++) check_row(&f.cost[i], i);
    for (size_t i = 0; i < f.n; i += 2)
        if (!f.cost[i].reason[0]) near(f.cost[i].flops_per_step, 3 * f.cost[i + 1].flops_per_step);
    assert_string_equal(f.title, "Tiny costs");
    assert_non_null(strstr(f.config, "rounds: 2"));

    /* the table says what the file does */
    char number[64];
    const struct finished *t = expect(0, "linformer mixes", "table tiny.yaml --format csv");
    for (size_t i = 0; i < f.n; i++) {
        snprintf(number, sizeof number, ",%.17g", f.cost[i].step_ms);
        number[14] = 0; /* 1e3 * 1e-3 x may differ in the last digits */
        if (!f.cost[i].reason[0] && !strstr(t->out, number)) fail_msg("no %s in\n%s", number, t->out);
    }
    frame_done(&f);
}

static void commands(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    expect(0, NULL, "run tiny.yaml --threads 1 --quiet");
    process_run("cp '%s' '%s'", in_folder("results/tiny/cost.h5"), in_folder("old.h5"));
    expect(0, "was measured", "run tiny.yaml --threads 1");
    same_file("results/tiny/cost.h5", "old.h5", true);
    const struct finished *t = expect(0, "classifier, 1 thread", "table tiny.yaml");
    assert_non_null(strstr(t->out, "language model, 1 thread"));
    assert_non_null(strstr(t->out, "slots [1]"));
    expect(0, "**Time per token**", "table tiny.yaml --format md");
    expect(0, "\\toprule", "table tiny.yaml --format tex");
    expect(0, "<table", "table tiny.yaml --format html");
    expect(0, "cost-causal-memory.svg", "plot tiny.yaml --format svg");
    expect(0, "report.html", "report tiny.yaml");
    struct file_content page;
    assert_int_equal(file_read(in_folder("results/tiny/report.html"), &page), OK);
    static const char *const says[] = {"What little costs.", "Tiny costs", "<svg", "Time per token", "href=\"./cost.h5\"", "linformer mixes", "Measured"};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (!strstr((const char *)page.at, says[i])) fail_msg("the page has no \"%s\"", says[i]);
    file_close(&page);
    expect(0, "cost.h5 is in pub/tiny", "publish tiny.yaml --to pub");
    same_file("results/tiny/cost.h5", "pub/tiny/cost.h5", true);
    assert_true(file_is_file(in_folder("pub/tiny/table.md")) && file_is_file(in_folder("pub/tiny/figures/cost-causal.png")));

    /* other settings: stale until --redo */
    expect(1, "stale", "run tiny.yaml --threads 1 --set bench.rounds=1");
    same_file("results/tiny/cost.h5", "old.h5", true);
    expect(0, "Stale", "table tiny.yaml --set bench.rounds=1");
    expect(1, "--redo", "publish tiny.yaml --to pub --set bench.rounds=1");
    expect(0, "measured;", "run tiny.yaml --threads 1 --set bench.rounds=1 --redo");
    same_file("results/tiny/cost.h5", "old.h5", false);
    expect(1, "stale", "run tiny.yaml --threads 1");
    expect(0, "results/tiny-one/cost.h5", "run tiny.yaml --threads 1 --budget one");

    /* what has no use for it says so */
    expect(2, "no training to estimate", "estimate tiny.yaml");
    expect(1, "holds measurements", "show results/tiny/cost.h5");
    expect(2, "see the future", "run tiny.yaml --threads 1 --redo --set variants=[linformer] --set bench.causal=true");

    /* a damaged file is measured again */
    put("results/tiny/cost.h5", "not a file of costs");
    expect(1, "no seal", "table tiny.yaml");
    expect(0, "measured again", "run tiny.yaml --threads 1");
    expect(0, NULL, "table tiny.yaml");
}

/* Stopped by a signal: no file, and nothing half made. */
static void stopped(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    char log[FILE_PATH];
    snprintf(log, sizeof log, "%s", in_folder("log"));
    const pid_t pid = process_start(log, "'%s' run '%s/tiny.yaml' --results '%s/results' --threads 1 --set bench.rounds=1000 --set bench.seconds=1", reach,
                                    folder, folder);
    process_sleep(1.5);
    kill(pid, SIGTERM);
    assert_int_equal(process_wait(pid), 130);
    assert_false(file_is_folder(in_folder("results/tiny")));
}

/* Rows that contradict each other are refused, not shown. */
static void forged(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    struct config c;
    struct sweeps s;
    struct frame f;
    const struct config_request rq = {.path = in_folder("tiny.yaml")};
    char path[FILE_PATH], results[FILE_PATH];
    assert_int_equal(config_read(&rq, &c), OK);
    expect(0, NULL, "run tiny.yaml --threads 1 --quiet");
    snprintf(results, sizeof results, "%s", in_folder("results"));
    snprintf(path, sizeof path, "%s", in_folder("results/tiny/cost.h5"));
    for (int how = 0; how < 11; how++) {
        expect(0, NULL, "run tiny.yaml --threads 1 --quiet --redo");
        assert_int_equal(frame_read(&costs_kind, &f, path), OK);
        if (how == 0) f.cost[3].length = -1;
        if (how == 1) f.cost[3].rounds = 7;
        if (how == 2) f.cost[3] = f.cost[2];
        if (how == 3) strcpy(f.cost[3].mode, "never");
        if (how == 4) f.cost[3].step_ms = -1;
        if (how == 5) f.detail[1].round = 0;
        if (how == 6) f.detail[1].round = 3;
        if (how == 7) f.detail[1].length = 65;
        if (how == 8) f.detail[1].step_ms = NAN;
        if (how == 9) strcpy(f.detail[1].variant, "nobody");
        if (how == 10) strcpy(f.detail[1].mode, "never");
        assert_int_equal(frame_write(&costs_kind, &f, path), OK);
        frame_done(&f);
        assert_int_equal(sweeps_read(&c, results, &s), ERR_DATA);
        assert_int_equal(s.n, 0);
    }
    config_done(&c);
}

/* ---- claims ---- */

static const char claims[] =
    "title: Tiny claims\n"
    "bench: {lengths: [64, 128], rounds: 3, seconds: 0, causal: both, batch: 2}\n"
    "model: {width: 16, layers: 1, heads: 2, feed_forward: 32}\n"
    "variants: [vanilla, linformer]\n"
    "claims:\n"
    "  - {id: paired, says: a token costs more in long texts, grade: A, test: 'token_ns(vanilla, 128) > token_ns(vanilla, 64)'}\n"
    "  - {id: wrong, says: a step takes a millisecond, grade: A, test: 'step_ms(vanilla, 64, causal, forward) <= 1'}\n"
    "  - {id: open, says: three a millisecond, grade: A, test: 'tokens_per_second(vanilla, 64, causal, forward) >= 42000'}\n"
    "  - {id: cannot, says: it is causal, grade: A, test: 'step_ms(linformer, 64, causal) > 0'}\n"
    "  - {id: far, says: it was measured, grade: A, test: 'step_ms(vanilla, 4096) > 0'}\n"
    "  - {id: counted, says: it computes, grade: A, test: 'flops(vanilla, 64) > 0 and activation_bytes(vanilla, 128) > activation_bytes(vanilla, 64)'}\n";

/* Where tokens of 64 cost 1, 2, 3 and those of 128 cost 2, 3, 4 in the three rounds: apart only if rounds are kept together. */
static void set_rounds(struct frame *f)
{
    for (size_t i = 0; i < f->n_detail; i++) {
        struct round_row *r = &f->detail[i];
        const double round = (double)r->round;
        r->step_ms = r->length == 64 ? round : 2 * (round + 1);
        if (strcmp(r->mode, "forward") == 0) r->step_ms = 2.9 + 0.1 * round;
    }
}

static void judged(void **state)
{
    (void)state;
    struct frame f;
    put("tiny.yaml", claims);
    expect(0, "not measured yet", "claims tiny.yaml");
    expect(0, NULL, "run tiny.yaml --threads 1 --quiet");
    assert_int_equal(frame_read(&costs_kind, &f, in_folder("results/tiny/cost.h5")), OK);
    assert_int_equal(f.n_detail, 3 * (8 + 4)); /* linformer has no causal form */
    for (size_t i = 0; i < f.n_detail; i += 3) { /* the rows are in the same order, those that are n/a left out */
        const struct cost_row *row = &f.cost[i / 3];
        const double *ms = (const double[]){f.detail[i].step_ms, f.detail[i + 1].step_ms, f.detail[i + 2].step_ms};
        near(fmax(fmax(ms[0], ms[1]), ms[2]), row->slowest_ms);
        near(fmax(fmin(ms[0], ms[1]), fmin(fmax(ms[0], ms[1]), ms[2])), row->step_ms);
    }
    set_rounds(&f);
    assert_int_equal(frame_write(&costs_kind, &f, in_folder("results/tiny/cost.h5")), OK);
    static const char *const says[] = {
        "least,rounds,says", "\npaired,\"token_ns(vanilla, 128) > token_ns(vanilla, 64)\",reproduced,reproduced,A,",
        "\nwrong,\"step_ms(vanilla, 64, causal, forward) <= 1\",contradicted,", ",undecided,undecided,A,", "linformer mixes",
        "not measured at 4096 tokens", "\ncounted,\"flops(vanilla, 64) > 0\",reproduced,"};
    const struct finished *t = expect(0, NULL, "claims tiny.yaml --format csv");
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (!strstr(t->out, says[i])) fail_msg("no \"%s\" in\n%s", says[i], t->out);
    expect(0, "within a round", "claims tiny.yaml");
    expect(0, "claims.svg", "plot tiny.yaml --format svg");
    expect(0, NULL, "report tiny.yaml");
    expect(0, NULL, "publish tiny.yaml --to pub");
    assert_true(file_is_file(in_folder("pub/tiny/claims.md")));

    f.n_detail = 0; /* as files from before rounds were kept */
    assert_int_equal(frame_write(&costs_kind, &f, in_folder("results/tiny/cost.h5")), OK);
    frame_done(&f);
    t = expect(0, "lacks the single rounds", "claims tiny.yaml --format csv");
    assert_non_null(strstr(t->out, "\ncounted,\"flops(vanilla, 64) > 0\",reproduced,"));
    expect(0, NULL, "table tiny.yaml");
}

/* Claims over costs have measures and places of their own. */
static void misread(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"loss(vanilla, 64) > 1", "no measure \"loss\""}, {"token_ns(vanilla) > 1", "say at which length"}, {"token_ns(vanilla, 2x) > 1", "no training length"},
        {"token_ns(vanilla, 64, forwards) > 1", "did you mean \"forward\"?"}, {"token_ns(vanila, 64) > 1", "did you mean \"vanilla\"?"},
        {"token_ns(vanilla, 64, task lm) > 1", "\"task\""}, {"token_ns(vanilla, 64", "is missing at the end"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[600];
        snprintf(text, sizeof text, "%svariants: [vanilla]\nclaims:\n  - {id: A, says: a, grade: A, test: '%s'}\n", "bench: {lengths: [64]}\n", wrong[i][0]);
        put("wrong.yaml", text);
        const struct finished *f = expect(2, "wrong.yaml:4:", "claims wrong.yaml");
        if (!strstr(f->out, wrong[i][1])) fail_msg("%s: no \"%s\" in %s", wrong[i][0], wrong[i][1], f->out);
        expect(2, wrong[i][1], "run wrong.yaml --plan");
    }
}

/* ---- accuracy against speed ---- */

/* Variant v trains v + 1 times as fast as the first and keeps (v + 1) MB; seed s adds nothing to that. */
static void write_speeds(struct config *c, size_t elsewhere)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        struct results r;
        char path[FILE_PATH];
        const size_t v = i / 2;
        synthetic_results(&c->runs[i], &r);
        r.cost.tokens_per_second = 1000 * (double)(v + 1);
        r.cost.activation_bytes = 1e6 * (double)(v + 1);
        results_add_environment(&r, "threads", v == elsewhere ? "8" : "2");
        snprintf(path, sizeof path, "%s/%s/%s.h5", in_folder("results"), c->name, c->runs[i].stem);
        assert_int_equal(results_write(&r, path), OK);
        results_done(&r);
    }
}

struct seen { size_t n; char title[256]; };

static status count_figure(void *self, const struct figure *f)
{
    struct seen *s = self;
    s->n++;
    snprintf(s->title, sizeof s->title, "%s", f->title);
    assert_string_equal(f->name, "accuracy_by_speed");
    return figure_draw(f, "plots", in_folder("figures"), "png", NULL);
}

static void speed(void **state)
{
    (void)state;
    struct collection all;
    struct speeds *s = malloc(sizeof *s);
    struct seen seen = {0};
    struct config c = synthetic_config(&synthetic_classify, 8, 2);
    assert_non_null(s);
    write_speeds(&c, 5);
    collection_load(&all, &c, in_folder("results"));
    speeds_of(&all, s);
    assert_int_equal(s->n_tasks, 1);
    assert_int_equal(s->n, 7);
    assert_int_equal(s->n_elsewhere, 1);
    assert_false(s->relative);
    for (size_t i = 0; i < s->n; i++) {
        const size_t v = i < 5 ? i : i + 1;
        near(s->at[i].speed, 1000 * (double)(v + 1));
        near(s->at[i].bytes, 1e6 * (double)(v + 1));
        near(s->at[i].accuracy, 100 * (0.4 + 0.02 * (double)v + 0.015));
        assert_int_equal(s->at[i].style, v);
    }
    assert_int_equal(speed_figure(&all, count_figure, &seen), OK);
    assert_int_equal(seen.n, 1);
    assert_non_null(strstr(seen.title, "1 left out: other machine or threads"));
    assert_true(file_is_file(in_folder("figures/accuracy_by_speed.png")));
    all.task[0].variant[0].label = "vanilla";
    speeds_of(&all, s);
    assert_true(s->relative);
    near(s->at[2].speed, 3);
    collection_done(&all);
    free(c.runs);

    /* two are no figure */
    seen.n = 0;
    c = synthetic_config(&synthetic_classify, 3, 2);
    write_speeds(&c, 1);
    collection_load(&all, &c, in_folder("results"));
    assert_int_equal(speed_figure(&all, count_figure, &seen), OK);
    assert_int_equal(seen.n, 0);
    collection_done(&all);
    free(c.runs);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(refused, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(through, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(commands, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(stopped, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(forged, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(judged, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(misread, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(speed, folder_setup, folder_teardown),
    };
    if (process_setup() != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
