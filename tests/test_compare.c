/* test_compare.c -- comparisons of runs whose numbers are known: signs, intervals, words, curves and costs, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "compare/draw.h"
#include "compare/print.h"
#include "compare/verdict.h"
#include "folder.h"
#include "process.h"
#include "store/results.h"
#include "report/summary.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.12g, wanted %.12g", got, want);
}

/* ---- runs with known numbers ----
 *
 * Loss along training, after 250 k steps of 1000 tokens, k = 1..4: slow: 4 - k / 2 nats; fast: 4 - k.  A run is made from what it
 * adds to the validation loss and to each test. */
struct made {
    const char *label, *task;
    uint64_t    seed;
    double      slope;     /* of the validation loss, nats per 250 steps */
    double      shift;     /* of all losses                              */
    double      test[3];   /* nats or share right at 64, 128 and 256     */
    double      flops, seconds_a_step;
    const char *cpu;
    enum run_status status;
};

static void make_run(const struct made *m, const char *path)
{
    struct results r;
    results_init(&r);
    snprintf(r.title, sizeof r.title, "known");
    snprintf(r.label, sizeof r.label, "%s", m->label);
    snprintf(r.variant, sizeof r.variant, "vanilla");
    snprintf(r.task, sizeof r.task, "%s", m->task);
    r.seed = m->seed;
    r.status = m->status;
    r.config = strdup("title: known\n");
    results_add_option(&r, "train.length", "64");
    results_add_option(&r, "task.corpus", "kjv");
    static const char *const facts[] = {"threads", "kernel", "blas", "real"};
    for (size_t i = 0; i < 4; i++) results_add_environment(&r, facts[i], "1");
    results_add_environment(&r, "cpu", m->cpu);
    r.cost = (struct cost){1000, m->flops, 1 / m->seconds_a_step * 1000, 1000 * m->seconds_a_step, 4096, 4, 1e6};
    for (int k = 1; k <= 10; k++)
        results_add_train(&r, &(struct train_row){100 * k, 100 * k * m->seconds_a_step, 1e5 * k, 5 - 0.1 * k + m->shift, 0.5, 1e-3, 1});
    for (int k = 1; k <= 4; k++)
        results_add_eval(&r, &(struct eval_row){250 * k, 250 * k * m->seconds_a_step, 4 - m->slope * k + m->shift, 0.5, 100});
    for (int i = 0; i < 3; i++) {
        const bool text = strcmp(m->task, "lm") == 0, list = strcmp(m->task, "listops") == 0;
        struct test_row t = {.split = "test", .length = list ? 0 : 64 << i, .n = 100, .loss_error = 0.01};
        snprintf(t.mode, sizeof t.mode, "%s", text ? "windows" : list ? "all" : "recall");
        snprintf(t.text, sizeof t.text, "%s", text ? "ordinary" : list ? "" : "16 pairs");
        t.loss = text ? m->test[i] + m->shift : 1;
        t.accuracy = text ? 0.5 : m->test[i] + m->shift;
        if (!list || i == 0) results_add_test(&r, &t);
    }
    results_add_predictor(&r, &(struct predictor_row){"order 2", 2.5, 0.3});
    assert_int_equal(results_write(&r, path), OK);
    results_done(&r);
}

/* FOLDER/SET/LABEL-TASK-SEED.h5 */
static void put_run(const char *set, struct made m)
{
    char path[200];
    if (!m.cpu) m.cpu = "a processor";
    if (!m.label) m.label = "rope";
    if (!m.task) m.task = "lm";
    if (m.slope == 0) m.slope = 0.5;
    if (m.flops == 0) m.flops = 10;
    if (m.seconds_a_step == 0) m.seconds_a_step = 0.01;
    if (m.status == RUN_RUNNING) m.status = RUN_DONE;
    snprintf(path, sizeof path, "%.40s/%.40s-%.40s-%llu.h5", set, m.label, m.task, (unsigned long long)m.seed);
    make_run(&m, in_folder(path));
}

static void open_sets(struct comparison *c, const char *a, const char *b)
{
    char base[FILE_PATH], next[FILE_PATH];
    snprintf(base, sizeof base, "%s", in_folder(a));
    snprintf(next, sizeof next, "%s", in_folder(b));
    const char *const paths[] = {base, next};
    const status s = comparison_of_sets(c, 2, paths);
    if (s != OK) fail_msg("%s", status_message());
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("no \"%s\" in:\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part)) fail_msg("\"%s\" in:\n%s", part, text);
}

/* Losses of b - a: 0.01, 0.02, 0.03 nats at 64; -0.1 -+ 0.01 at 128; -1, 0, 1 at 256. */
static void put_known_pair(void)
{
    for (uint64_t s = 1; s <= 3; s++) {
        const double k = (double)s;
        put_run("a", (struct made){.seed = s, .test = {1 + k, 1 + k, 1 + k}});
        put_run("b", (struct made){.seed = s, .slope = 0.4, .test = {1 + k + 0.01 * k, 1 + k - 0.1 + 0.01 * (k - 2), 1 + k + (k - 2)}});
    }
}

static void differences_and_words(void **state)
{
    (void)state;
    struct comparison c;
    struct quality q[QUALITIES_MAX];
    put_known_pair();
    open_sets(&c, "a", "b");
    assert_int_equal(c.n, 1);
    assert_int_equal(c.at->n, 3);
    assert_string_equal(c.at->subject, "rope");
    assert_int_equal(qualities_of(c.at, q), 3);
    near(q[0].base, 3 * BITS_PER_NAT, 1e-12);
    near(q[0].next, 3.02 * BITS_PER_NAT, 1e-12);
    near(q[0].d.mean, 0.02 * BITS_PER_NAT, 1e-12); /* more bits: worse */
    near(q[0].d.high - q[0].d.mean, 4.302652729911275 * 0.01 / sqrt(3) * BITS_PER_NAT, 1e-9);
    assert_int_equal(q[0].answer, ANSWER_UNDECIDED); /* 0.02 -+ 0.0248 */
    assert_true(q[0].first && !q[0].further && q[1].further && q[2].further);
    near(q[1].d.mean, -0.1 * BITS_PER_NAT, 1e-12);
    assert_int_equal(q[1].answer, ANSWER_BETTER);
    near(q[2].d.mean, 0, 1e-12);
    assert_int_equal(q[2].answer, ANSWER_UNDECIDED);
    near(q[0].over_examples, 1.96 * sqrt(6) * 0.01 / 3 * BITS_PER_NAT, 1e-12);
    comparison_done(&c);
    open_sets(&c, "b", "a"); /* the other way round */
    qualities_of(c.at, q);
    near(q[1].d.mean, 0.1 * BITS_PER_NAT, 1e-12);
    assert_int_equal(q[1].answer, ANSWER_WORSE);
    comparison_done(&c);
}

static void accuracy_has_the_other_sign(void **state)
{
    (void)state;
    struct comparison c;
    struct quality q[QUALITIES_MAX];
    char text[VERDICT_TEXT];
    for (uint64_t s = 1; s <= 3; s++) {
        put_run("a", (struct made){.task = "listops", .seed = s, .test = {0.5}});
        put_run("b", (struct made){.task = "listops", .seed = s, .test = {0.55 + 0.001 * (double)s}});
        put_run("a", (struct made){.task = "mqar", .seed = s, .test = {1, 0.9, 0.8}});
        put_run("b", (struct made){.task = "mqar", .seed = s, .test = {1, 0.5 + 0.01 * (double)s, 0.8}});
    }
    open_sets(&c, "a", "b");
    assert_int_equal(c.n, 2);
    assert_int_equal(qualities_of(&c.at[0], q), 1);
    near(q[0].d.mean, 5.2, 1e-9);
    assert_int_equal(q[0].answer, ANSWER_BETTER);
    verdict_of(&c.at[0], text);
    has(text, "better than");
    has(text, "points of accuracy over 3 seeds");
    assert_int_equal(qualities_of(&c.at[1], q), 3);
    assert_int_equal(q[0].answer, ANSWER_SAME);
    assert_int_equal(q[1].answer, ANSWER_WORSE);
    assert_int_equal(q[2].answer, ANSWER_SAME);
    verdict_of(&c.at[1], text);
    has(text, "scores the same as");
    has(text, "at 128 worse by 38.00");
    comparison_done(&c);
}

/* Three answers of a hundred more in each seed: no deviation, and yet no certainty from two seeds. */
static void shares_come_in_steps(void **state)
{
    (void)state;
    struct comparison c;
    struct quality q[QUALITIES_MAX];
    for (uint64_t s = 1; s <= 2; s++) {
        put_run("a", (struct made){.task = "listops", .seed = s, .test = {0.5}});
        put_run("b", (struct made){.task = "listops", .seed = s, .test = {0.53}});
    }
    open_sets(&c, "a", "b");
    qualities_of(c.at, q);
    near(q[0].d.mean, 3, 1e-9);
    near(q[0].d.high - 3, 12.706204736 / sqrt(6) / sqrt(2), 1e-6);
    assert_int_equal(q[0].answer, ANSWER_UNDECIDED);
    comparison_done(&c);
}

/* Validation: a is 4 - k / 2, b is 4 - 0.4 k after k quarters: b - a = 0.1 k. */
static void budgets(void **state)
{
    (void)state;
    struct comparison c;
    struct budget b;
    put_known_pair();
    open_sets(&c, "a", "b");
    budget_of(c.at, &b);
    near(b.tokens, 1e6, 1e-6);
    assert_false(b.other_budget);
    assert_int_equal(b.d[0].n, 0); /* before the first evaluation: not made up */
    assert_int_equal(b.first, 1);
    near(b.d[1].mean, 0.1 * BITS_PER_NAT, 1e-12);
    near(b.d[2].mean, 0.2 * BITS_PER_NAT, 1e-12);
    near(b.d[3].mean, 0.4 * BITS_PER_NAT, 1e-12);
    near(b.change.mean, 0.3 * BITS_PER_NAT, 1e-12);
    assert_int_equal(b.course, COURSE_GROWS);
    comparison_done(&c);
}

static void courses(void **state)
{
    (void)state;
    static const struct { double slope, shift; enum course course; const char *word; } cases[] = {
        {0.6, 0.2, COURSE_TURNS, "it changes sides"},  /* 0.1 -> -0.2 */
        {0.55, 0.3, COURSE_SHRINKS, "it shrinks"},     /* 0.25 -> 0.1 */
        {0.6, -0.1, COURSE_GROWS, "it grows"},         /* -0.2 -> -0.5 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct comparison c;
        struct budget b;
        char text[VERDICT_TEXT];
        for (uint64_t s = 1; s <= 2; s++) {
            put_run("a", (struct made){.seed = s, .test = {1, 1, 1}});
            put_run("b", (struct made){.seed = s, .slope = cases[i].slope, .shift = cases[i].shift, .test = {1, 1, 1}});
        }
        open_sets(&c, "a", "b");
        budget_of(c.at, &b);
        assert_int_equal(b.course, cases[i].course);
        verdict_of(c.at, text);
        has(text, cases[i].word);
        comparison_done(&c);
    }
}

static void curves_between_points(void **state)
{
    (void)state;
    struct results r;
    struct track t;
    double price[PRICES];
    bool bound = true;
    put_run("a", (struct made){.seed = 1, .flops = 7, .seconds_a_step = 0.02});
    results_init(&r);
    assert_int_equal(results_read(&r, in_folder("a/rope-lm-1.h5"), false), OK);
    track_of(&r, &t);
    assert_int_equal(t.n, 4);
    near(track_loss(&t, 250e3), 3.5, 1e-12);
    near(track_loss(&t, 300e3), 3.4, 1e-12);
    near(track_loss(&t, 1e6), 2, 1e-12);
    assert_true(isnan(track_loss(&t, 249e3)) && isnan(track_loss(&t, 1.1e6)));
    assert_true(track_reach(&t, 2.125, price, &bound)); /* three quarters of the way from 750 to 1000 steps */
    assert_false(bound);
    near(price[PRICE_TOKENS], 937.5e3, 1e-6);
    near(price[PRICE_FLOPS], 7 * 937.5e3, 1e-5);
    near(price[PRICE_SECONDS], 18.75, 1e-9);
    assert_true(track_reach(&t, 3.9, price, &bound) && bound); /* no later than */
    near(price[PRICE_TOKENS], 250e3, 1e-6);
    assert_false(track_reach(&t, 1.99, price, &bound));
    near(track_best(&t), 2, 1e-12);
    near(track_last(&t), 2, 1e-12);
    track_done(&t);
    results_done(&r);
}

/* a ends at 2 after 1000 steps; b falls by 1 a quarter to 0, and is at 2 after 500 steps of twice the FLOPs and thrice the time. */
static void cost_ratio(void **state)
{
    (void)state;
    struct comparison c;
    struct equal e;
    char text[VERDICT_TEXT], why[200];
    for (uint64_t s = 1; s <= 2; s++) {
        put_run("a", (struct made){.seed = s, .test = {2, 2, 2}});
        put_run("b", (struct made){.seed = s, .slope = 1, .flops = 20, .seconds_a_step = 0.03, .test = {2 - 0.1 * (double)s, 2, 2}});
    }
    open_sets(&c, "a", "b");
    equal_of(c.at, false, &e);
    near(e.level, 2 * BITS_PER_NAT, 1e-12);
    assert_int_equal(e.base_reached, 2);
    assert_int_equal(e.next_reached, 2);
    near(exp(e.ratio[PRICE_TOKENS].mean), 0.5, 1e-12);
    near(exp(e.ratio[PRICE_FLOPS].mean), 1, 1e-12);
    near(exp(e.ratio[PRICE_SECONDS].mean), 1.5, 1e-12);
    equal_of(c.at, true, &e);
    near(e.level, 0, 1e-12);
    assert_int_equal(e.base_reached, 0);
    assert_int_equal(e.ratio[PRICE_FLOPS].n, 0);
    near(e.base_best, 2 * BITS_PER_NAT, 1e-12);
    assert_true(seconds_compare(c.at, why, sizeof why));
    verdict_of(c.at, text);
    has(text, "needs 1.00 times the FLOPs [1.00, 1.00] and 1.50 times the seconds");
    comparison_done(&c);
    open_sets(&c, "b", "a"); /* never there */
    verdict_of(c.at, text);
    has(text, "does not reach the last validation loss of rope in");
    has(text, "(its best stands 2.8854 above)");
    has(text, "needs 1.00 times the FLOPs");
    comparison_done(&c);
}

/* One of two seeds gets there: no ratio from that one alone. */
static void reached_by_some(void **state)
{
    (void)state;
    struct comparison c;
    struct equal e;
    char text[VERDICT_TEXT];
    for (uint64_t s = 1; s <= 2; s++) {
        put_run("a", (struct made){.seed = s, .test = {2, 2, 2}});
        put_run("b", (struct made){.seed = s, .slope = s == 1 ? 1 : 0.4, .test = {2.1, 2, 2}});
    }
    open_sets(&c, "a", "b");
    equal_of(c.at, false, &e);
    assert_int_equal(e.base_reached, 2);
    assert_int_equal(e.next_reached, 1);
    assert_int_equal(e.ratio[PRICE_FLOPS].n, 0);
    verdict_of(c.at, text);
    has(text, "in 1 of 2 seeds");
    comparison_done(&c);
}

static void seconds_of_two_machines(void **state)
{
    (void)state;
    struct comparison c;
    char text[VERDICT_TEXT], why[200];
    put_run("a", (struct made){.seed = 1, .test = {2, 2, 2}});
    put_run("b", (struct made){.seed = 1, .slope = 1, .test = {1, 2, 2}, .cpu = "another"});
    open_sets(&c, "a", "b");
    assert_false(seconds_compare(c.at, why, sizeof why));
    has(why, "cpu: a processor and another");
    verdict_of(c.at, text);
    lacks(text, "seconds");
    has(text, "FLOPs");
    comparison_done(&c);
}

static void one_seed_decides_nothing(void **state)
{
    (void)state;
    struct comparison c;
    struct quality q[QUALITIES_MAX];
    char text[VERDICT_TEXT];
    put_run("a", (struct made){.seed = 7, .test = {2, 2, 2}});
    put_run("b", (struct made){.seed = 7, .test = {1, 1, 1}}); /* however large */
    open_sets(&c, "a", "b");
    qualities_of(c.at, q);
    assert_int_equal(q[0].answer, ANSWER_UNDECIDED);
    assert_true(isinf(q[0].d.low) && isinf(q[0].d.high));
    verdict_of(c.at, text);
    has(text, "one seed, which decides nothing about other seeds");
    has(text, "± 0.0400"); /* 1.96 sqrt(2) 0.01 / ln 2 */
    lacks(text, "better");
    lacks(text, "worse");
    comparison_done(&c);
}

static void what_has_no_partner(void **state)
{
    (void)state;
    struct comparison c;
    char text[VERDICT_TEXT];
    put_run("a", (struct made){.seed = 1, .test = {2, 2, 2}});
    put_run("b", (struct made){.seed = 2, .test = {2, 2, 2}});
    open_sets(&c, "a", "b");
    assert_int_equal(c.n, 1);
    assert_int_equal(comparison_pairs(&c), 0);
    verdict_of(c.at, text);
    has(text, "cannot be compared");
    has(text, "Seed 1 is left out: not in ");
    has(text, "Seed 2 is left out: not in ");
    comparison_done(&c);
    put_run("a", (struct made){.seed = 2, .test = {2, 2, 2}, .status = RUN_DIVERGED});
    open_sets(&c, "a", "b");
    assert_int_equal(comparison_pairs(&c), 0);
    verdict_of(c.at, text);
    has(text, "Seed 2 is left out: diverged in ");
    comparison_done(&c);
    put_run("d", (struct made){.label = "alibi", .seed = 1, .test = {2, 2, 2}});
    open_sets(&c, "a", "d");
    assert_int_equal(c.n, 0); /* no variant in common */
    comparison_done(&c);
    open_sets(&c, "a/rope-lm-1.h5", "d/alibi-lm-1.h5"); /* files: whatever the variants */
    assert_int_equal(comparison_pairs(&c), 1);
    assert_string_equal(c.at->next, "alibi-lm-1");
    comparison_done(&c);
}

static void change_predictor(const char *name, double loss, const char *corpus)
{
    struct results r;
    results_init(&r);
    assert_int_equal(results_read(&r, in_folder(name), false), OK);
    r.predictor[0].loss = loss;
    results_add_option(&r, "task.corpus", corpus);
    assert_int_equal(results_write(&r, in_folder(name)), OK);
    results_done(&r);
}

static void other_data_is_no_pair(void **state)
{
    (void)state;
    struct comparison c;
    char text[VERDICT_TEXT];
    put_run("a", (struct made){.seed = 1, .test = {2, 2, 2}});
    put_run("b", (struct made){.seed = 1, .test = {2, 2, 2}});
    change_predictor("b/rope-lm-1.h5", 2.25, "kjv");
    open_sets(&c, "a", "b");
    verdict_of(c.at, text);
    has(text, "did not see the same data");
    comparison_done(&c);
    change_predictor("b/rope-lm-1.h5", 2.5, "other");
    open_sets(&c, "a", "b");
    assert_int_equal(comparison_pairs(&c), 0);
    verdict_of(c.at, text);
    has(text, "not the same task (task.corpus is kjv and other)");
    comparison_done(&c);
}

static char *printed(const struct comparison *c, enum table_format f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    compare_print(out, c, f, false);
    fclose(out);
    return text;
}

static void the_same_to_the_last_digit(void **state)
{
    (void)state;
    struct comparison c;
    char text[VERDICT_TEXT];
    for (uint64_t s = 1; s <= 2; s++)
        for (int side = 0; side < 2; side++) put_run(side ? "b" : "a", (struct made){.seed = s, .test = {2, 2, 2}});
    open_sets(&c, "a", "b");
    assert_true(contrast_same(c.at));
    verdict_of(c.at, text);
    has(text, "the same to the last digit, in every test set and all along training (2 seeds)");
    char *all = printed(&c, TABLE_TEXT);
    lacks(all, "windows");
    free(all);
    comparison_done(&c);
    put_run("b", (struct made){.seed = 2, .test = {2, 2, 2 + 1e-15}}); /* the last digit but one */
    open_sets(&c, "a", "b");
    assert_false(contrast_same(c.at));
    comparison_done(&c);
    put_run("b", (struct made){.seed = 2, .slope = 0.5 + 1e-12, .test = {2, 2, 2}}); /* only the curve */
    open_sets(&c, "a", "b");
    assert_false(contrast_same(c.at));
    verdict_of(c.at, text);
    has(text, "scores the same as");
    comparison_done(&c);
}

static void formats(void **state)
{
    (void)state;
    struct comparison c;
    put_known_pair();
    open_sets(&c, "a", "b");
    char *text = printed(&c, TABLE_TEXT), *md = printed(&c, TABLE_MD), *tex = printed(&c, TABLE_TEX), *csv = printed(&c, TABLE_CSV);
    has(text, "windows, 128  4.3281  4.1838     -0.1443  [-0.1801, -0.1084]      3  0.0447     better");
    has(text, "Effect of budget");
    has(text, "Verdict\n");
    has(md, "| windows, 128 | 4.3281 | 4.1838 | -0.1443 |");
    has(md, "**Verdict**");
    has(tex, "windows, 128 & 4.3281 & 4.1838 & -0.1443 &");
    has(tex, "\\paragraph{Verdict}");
    has(csv, ",quality,windows,ordinary,128,bits per byte,3,4.328085123,4.183815619,-0.1442695041,");
    has(csv, ",budget,0.50,,,bits per byte,3,");
    size_t commas = 0;
    bool quoted = false;
    for (const char *p = csv; *p != '\n'; p++) commas += *p == ',';
    for (const char *p = csv; *p; p++) { /* as many fields in every line */
        size_t n = 0;
        for (; *p != '\n'; p++) {
            quoted ^= *p == '"';
            n += *p == ',' && !quoted;
        }
        assert_int_equal(n, commas);
    }
    free(text), free(md), free(tex), free(csv);
    comparison_done(&c);
}

static void figures(void **state)
{
    (void)state;
    static const char *const names[] = {"p/x-lm-rope-loss_by_flops.svg", "p/x-lm-rope-loss_by_seconds.svg", "p/x-lm-rope-difference_by_length.svg"};
    struct comparison c;
    char out[FILE_PATH];
    put_known_pair();
    open_sets(&c, "a", "b");
    snprintf(out, sizeof out, "%s", in_folder("p"));
    const status s = compare_draw(&c, "plots", out, "x", "svg", NULL);
    if (s != OK) fail_msg("%s", status_message());
    for (size_t i = 0; i < 3; i++) assert_int_equal(access(in_folder(names[i]), R_OK), 0);
    comparison_done(&c);
}

/* ---- the command ---- */

static const char tiny[] = "model: {width: 16, layers: 1, heads: 2, feed_forward: 16}\n"
                           "train: {batch: 4, steps: 8, eval_every: 2, warmup: 2}\n"
                           "tasks: [{induction: {vocabulary: 4, train_lengths: [16], test_lengths: [16, 32], test: 20}}]\n"
                           "test: {examples: 20}\n"
                           "variants: [rope, {alibi: {as: ALiBi}}]\n"
                           "seeds: [1, 2]\n";

static const struct finished *compare(const char *arguments)
{
    return process_run("cd '%s' && '%s' compare %s", folder, reach, arguments);
}

static void expect(const struct finished *f, int code, const char *part)
{
    if (f->code != code || !strstr(f->out, part)) fail_msg("exit code %d, wanted %d and \"%s\":\n%s", f->code, code, part, f->out);
}

static void named_variants_are_trained(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    expect(compare("rope ALiBi --on tiny.yaml --no-run"), 1, "reach run tiny.yaml --only 'variant=rope' --only 'variant=ALiBi'");
    expect(compare("rope none --on tiny.yaml --no-run"), 1, "--set 'variants=[rope, none]'");
    expect(compare("rope ALiBi --on tiny.yaml --threads 1"), 0, "Verdict");
    expect(compare("rope ALiBi --on tiny.yaml --threads 1"), 0, "0 trained, 0 resumed, 0 only evaluated, 4 were done");
    expect(compare("ALiBi none --on tiny.yaml --threads 1"), 0, "2 trained, 0 resumed, 0 only evaluated, 2 were done");
    expect(compare("results/tiny results/tiny"), 0, "the same to the last digit");
}

static void slips(void **state)
{
    (void)state;
    put("tiny.yaml", tiny);
    put_run("a", (struct made){.seed = 1});
    expect(compare("rope"), 2, "compare wants BASE and NEW");
    expect(compare("rope alibii --on tiny.yaml"), 2, "did you mean \"ALiBi\"?");
    expect(compare("rope rope --on tiny.yaml"), 2, "rope against itself");
    expect(compare("rope a --on tiny.yaml"), 2, "not both");
    expect(compare("a a --set seeds=[1]"), 2, "results are compared as they are");
    expect(compare("a a/rope-lm-1.h5"), 2, "folders with folders");
    expect(compare("./a ./nowhere"), 1, "./nowhere: No such file");
    expect(compare("rope ALiBi --on tiny.yaml --only variant=rope"), 2, "the variants are those named");
}

int main(void)
{
    if (process_setup() != 0) return 1;
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(differences_and_words), TEST(accuracy_has_the_other_sign), TEST(shares_come_in_steps), TEST(budgets), TEST(courses), TEST(curves_between_points),
        TEST(cost_ratio), TEST(reached_by_some), TEST(seconds_of_two_machines), TEST(one_seed_decides_nothing), TEST(what_has_no_partner), TEST(other_data_is_no_pair),
        TEST(the_same_to_the_last_digit), TEST(formats), TEST(figures), TEST(named_variants_are_trained), TEST(slips),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
