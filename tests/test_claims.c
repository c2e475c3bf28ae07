/* test_claims.c -- claims read, refused at their place, and judged on results of known truth; the statistics' coverage by simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/random.h"
#include "folder.h"
#include "report/claim.h"
#include "report/claim_plot.h"
#include "report/claim_table.h"
#include "store/results.h"
#include "tasks/task.h"

/* ---- results of known truth ------------------------------------------------------------------------------------- */

static const char head[] =
    "title: Known truth\n"
    "model: {width: 16, layers: 1, heads: 2}\n"
    "train: {length: 256, tokens: 1e4}\n"
    "lengths: [256, 512, 2048]\n"
    "variants: [rope, alibi, {rope: {as: rope post-norm, model: {norm: post}}}, keynorm]\n";

/* Noise of each run at each length: within 0.02 of 0, no two patterns alike. */
static double noise(const char *label, double length, uint64_t seed)
{
    return 0.01 * (double)((seed * 7 + (uint64_t)length / 256 * 3 + strlen(label) * (seed + 1)) % 5) - 0.02;
}

/* RoPE loses 0.3 nats a doubling, the others nothing. */
static double loss_at(const char *label, double length, uint64_t seed)
{
    return 1.5 + (strncmp(label, "rope", 4) == 0 ? 0.3 * log2(length / 256) : 0) + noise(label, length, seed);
}

static void add_text(struct results *out, const struct run *r)
{
    static const char *const modes[] = {"windows", "stride"};
    for (int64_t length = 256; length <= 2048; length *= length == 512 ? 4 : 2)
        for (int mode = 0; mode < 2; mode++) {
            struct test_row t = {.split = "test", .text = "ordinary", .length = length, .n = 5000, .loss = loss_at(r->label, (double)length, r->seed) + 0.1 * mode};
            snprintf(t.mode, sizeof t.mode, "%s", modes[mode]);
            t.accuracy = 1 / t.loss;
            results_add_test(out, &t);
        }
    for (int64_t from = 0; from < 512; from += 16) { /* weights that matter: the later half has two kinds of rows */
        struct position_row p = {.split = "test", .text = "ordinary", .length = 512, .from = from, .to = from + 16, .n = from < 384 ? 30 : 10};
        p.loss = from < 256 ? 1 : from < 384 ? 2 : 4;
        p.accuracy = 0.5;
        results_add_position(out, &p);
    }
}

/* ALiBi gains from 64 tokens, KeyNorm nothing, and RoPE was not asked. */
static void add_context(struct results *out, const struct run *r)
{
    const bool gains = strcmp(r->label, "alibi") == 0;
    if (strncmp(r->label, "rope", 4) == 0) return;
    struct context *c = results_set_context(out, 2, 4);
    c->length[0] = 16, c->length[1] = 64;
    for (size_t i = 0; i < 8; i++) c->loss[i] = i >= 4 && gains ? 1.25f : 1.5f;
    results_add_test(out, &(struct test_row){.split = "test", .text = "ordinary", .mode = "context", .length = 64, .n = 4, .loss = gains ? 1.25 : 1.5});
}

static void add_classes(struct results *out, const struct run *r)
{
    const double right = strcmp(r->label, "keynorm") == 0 ? 0.4 : strcmp(r->label, "alibi") == 0 ? 0.3 : 0.2;
    results_add_predictor(out, &(struct predictor_row){"commonest label", 2.2, 0.17});
    results_add_test(out, &(struct test_row){.split = "test", .mode = "all", .n = 1000, .loss = 1.7, .accuracy = right + 0.001 * (double)r->seed});
}

static void add_sets(struct results *out)
{
    static const struct test_row rows[] = {{.split = "test", .text = "4 pairs", .mode = "recall", .length = 64, .n = 100, .loss = 1, .accuracy = 0.9},
                                           {.split = "test", .text = "8 pairs", .mode = "recall", .length = 64, .n = 100, .loss = 1, .accuracy = 0.7},
                                           {.split = "test", .text = "8 pairs", .mode = "recall", .length = 128, .n = 100, .loss = 1, .accuracy = 0.6}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) results_add_test(out, &rows[i]);
}

static void write_run(const struct config *c, const struct run *r)
{
    struct results out;
    char name[400];
    results_init(&out);
    snprintf(out.label, sizeof out.label, "%s", r->label);
    snprintf(out.task, sizeof out.task, "%s", r->task->name);
    out.seed = r->seed;
    out.status = RUN_DONE;
    out.config = strdup("title: Known truth\n");
    out.cost = (struct cost){.parameters = 800, .flops_per_token = 1e4, .tokens_per_second = 1000 + 10 * (double)r->seed, .activation_bytes = 4096,
                             .activation_bytes_per_token = 4096 + 0.001 * (double)r->seed};
    if (r->task->kind == TASK_TEXT) add_text(&out, r), add_context(&out, r);
    if (r->task->kind == TASK_CLASSIFY) add_classes(&out, r);
    if (r->task->kind == TASK_SEQUENCE) add_sets(&out);
    snprintf(name, sizeof name, "results/%s/%s.h5", c->name, r->stem);
    assert_int_equal(results_write(&out, in_folder(name)), OK);
    results_done(&out);
}

/* Read FOLDER/c.yaml: the head, tasks and seeds, and the lines of `claims`. */
static status read_config(const char *of, size_t seeds, const char *claims, struct config *out)
{
    char yaml[8192];
    int n = snprintf(yaml, sizeof yaml, "%stasks: %s\nseeds: [1", head, of);
    for (size_t s = 2; s <= seeds; s++) n += snprintf(yaml + n, sizeof yaml - (size_t)n, ", %zu", s);
    snprintf(yaml + n, sizeof yaml - (size_t)n, "]\n%s", claims);
    put("c.yaml", yaml);
    return config_read(&(struct config_request){.path = in_folder("c.yaml")}, out);
}

struct judged {
    struct config     config;
    struct collection all;
    struct claims     claims;
};

/* Judge one claim; results are written first if `write`. */
static void judge_one(struct judged *j, const char *of, size_t seeds, const char *test, char grade, const char *more, bool write)
{
    char claims[2048];
    snprintf(claims, sizeof claims, "claims:\n  - {id: X1, says: it is so, grade: %c%s, test: '%s'}\n", grade, more, test);
    if (read_config(of, seeds, claims, &j->config) != OK) fail_msg("%s: %s", test, status_message());
    for (size_t i = 0; write && i < j->config.n_runs; i++) write_run(&j->config, &j->config.runs[i]);
    if (claims_read(&j->config, &j->claims) != OK) fail_msg("%s: %s", test, status_message());
    collection_load(&j->all, &j->config, in_folder("results"));
    claims_judge(&j->claims, &(struct evidence){.runs = &j->all});
}

static void judged_done(struct judged *j)
{
    claims_done(&j->claims);
    collection_done(&j->all);
    config_done(&j->config);
}

/* ---- verdicts --------------------------------------------------------------------------------------------------- */

static void verdicts(void **state)
{
    (void)state;
    static const struct { const char *of; size_t seeds; const char *test; char grade; const char *more; enum verdict want; } list[] = {
        {"[lm]", 3, "loss(alibi, 8x) <= 1.05 * loss(alibi, 1x)", 'A', "", VERDICT_REPRODUCED},
        {"[lm]", 3, "loss(alibi, 8x) >= 1.05 * loss(alibi, 1x)", 'A', "", VERDICT_CONTRADICTED},
        {"[lm]", 3, "loss(rope, 8x) <= 1.02 * loss(rope, 1x)", 'B', "", VERDICT_CONTRADICTED},
        {"[lm]", 3, "loss(rope, 2048) > 1.3 * loss(rope, 256)", 'B', "", VERDICT_REPRODUCED},
        {"[lm]", 3, "loss(alibi, 1x) <= loss(keynorm, 1x)", 'A', "", VERDICT_UNDECIDED}, /* noise on both sides of the line */
        {"[lm]", 3, "loss(alibi, 1x) >= loss(keynorm, 1x)", 'A', "", VERDICT_UNDECIDED},
        {"[lm]", 1, "loss(rope, 8x) > loss(rope, 1x)", 'A', "", VERDICT_UNDECIDED}, /* however large the difference */
        {"[lm]", 3, "loss(\"rope post-norm\", 8x) > loss(alibi, 8x)", 'A', "", VERDICT_REPRODUCED},
        {"[lm]", 3, "loss(alibi, 8x) / loss(alibi, 1x) in [0.9, 1.1]", 'A', "", VERDICT_REPRODUCED},
        {"[lm]", 3, "loss(alibi, 8x) / loss(alibi, 1x) in [1.2, 1.3]", 'A', "", VERDICT_CONTRADICTED},
        {"[lm]", 3, "loss(rope, 8x) > loss(rope, 1x) and loss(alibi, 1x) <= loss(keynorm, 1x)", 'A', "", VERDICT_UNDECIDED},
        {"[lm]", 3, "loss(rope, 8x) < loss(rope, 1x) and loss(alibi, 1x) <= loss(keynorm, 1x)", 'A', "", VERDICT_CONTRADICTED},
        {"[lm]", 3, "loss(rope, 8x) > loss(rope, 1x) and loss(rope, 4x) > loss(rope, 1x)", 'A', "", VERDICT_MISSING}, /* 4x is not tested */
        {"[lm]", 3, "loss(rope, 8x) > loss(rope, 1x)", 'C', "", VERDICT_UNDECIDED},
        {"[lm]", 4, "loss(rope, 8x) < loss(rope, 1x)", 'C', "", VERDICT_UNDECIDED},
        {"[lm]", 5, "loss(rope, 8x) > loss(rope, 1x)", 'C', "", VERDICT_REPRODUCED},
        {"[lm]", 5, "loss(rope, 8x) < loss(rope, 1x)", 'C', "", VERDICT_CONTRADICTED},
        {"[lm]", 1, "parameters(rope) in [parameters(alibi), parameters(alibi)]", 'E', "", VERDICT_REPRODUCED},
        {"[lm]", 3, "activation_bytes_per_token(rope) in [4096, 4096]", 'E', ", tolerance: 0.01", VERDICT_REPRODUCED},
        {"[lm]", 3, "activation_bytes_per_token(rope) in [4096, 4096]", 'E', ", tolerance: 0.0025", VERDICT_CONTRADICTED}, /* by one seed */
        {"[lm]", 3, "flops(rope) < 10000", 'E', "", VERDICT_CONTRADICTED},
        {"[lm]", 3, "loss(rope, 8x) > loss(rope, 1x)", 'B', ", about: 'another implementation: with n x n weights'", VERDICT_ELSEWHERE},
        {"[listops]", 3, "accuracy(keynorm) >= accuracy(alibi) + 9.5", 'B', "", VERDICT_REPRODUCED},
        {"[listops]", 3, "accuracy(alibi) <= floor(\"commonest label\") + 5", 'B', "", VERDICT_CONTRADICTED},
        {"[lm, listops]", 3, "average(keynorm) > 39 and wins(keynorm) >= 1 and max(wins(rope), wins(alibi)) <= 0", 'B', "", VERDICT_REPRODUCED},
        {"[lm, listops]", 3, "loss(rope, 8x) > 0 and accuracy(keynorm, task listops) > 30", 'B', "", VERDICT_REPRODUCED},
        {"[mqar]", 2, "accuracy(rope, 64, set \"4 pairs\") > 85 and accuracy(rope, 64, set \"8 pairs\") < 75 and accuracy(rope, 128) < 65", 'B', "", VERDICT_REPRODUCED},
        {"[mqar]", 2, "accuracy(rope, 64) > 85", 'B', "", VERDICT_MISSING}, /* which of the sets? */
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct judged j;
        judge_one(&j, list[i].of, list[i].seeds, list[i].test, list[i].grade, list[i].more, true);
        const struct claim *c = &j.claims.at[0];
        if (c->verdict != list[i].want)
            fail_msg("%s (%c, %zu seeds): %s, wanted %s; %s; %s", list[i].test, list[i].grade, list[i].seeds, verdict_name(c->verdict),
                     verdict_name(list[i].want), c->part[0].said.reason, c->part[0].missing);
        judged_done(&j);
    }
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)))) fail_msg("got %.12g, wanted %.12g", got, want);
}

/* Means, interval and the least difference, worked out here from the same losses. */
static void numbers(void **state)
{
    (void)state;
    struct judged j;
    double d[3], mean = 0, squares = 0, left = 0;
    judge_one(&j, "[lm]", 3, "loss(rope, 8x) <= 1.02 * loss(alibi, 2x)", 'A', "", true);
    for (uint64_t s = 1; s <= 3; s++) {
        d[s - 1] = loss_at("rope", 2048, s) - 1.02 * loss_at("alibi", 512, s);
        left += loss_at("rope", 2048, s) / 3;
        mean += d[s - 1] / 3;
    }
    for (int s = 0; s < 3; s++) squares += (d[s] - mean) * (d[s] - mean);
    const double half = 4.302652729911275 * sqrt(squares / 2 / 3); /* t(0.975, 2) */
    const struct claim_part *p = &j.claims.at[0].part[0];
    assert_true(squares > 0);
    near(p->left, left);
    near(p->left - p->right, mean);
    near(p->said.of.mean, mean);
    near(p->said.of.low, mean - half);
    near(p->said.of.high, mean + half);
    assert_true(p->said.of.least > half && p->said.of.n == 3);
    judged_done(&j);
}

/* Each measure and function against its value in the files. */
static void measures(void **state)
{
    (void)state;
    const double l = loss_at("alibi", 512, 1), at_1x = loss_at("alibi", 256, 1);
    const struct { const char *of, *what; double want; } list[] = {
        {"[lm]", "loss(alibi, 512)", l}, {"[lm]", "loss(alibi, 2x, windows)", l}, {"[lm]", "bits(alibi, 2x)", l / log(2)},
        {"[lm]", "accuracy(alibi, 2x)", 100 / l}, {"[lm]", "ratio(alibi, 2x)", l / at_1x}, {"[lm]", "loss(alibi)", at_1x},
        {"[lm]", "loss(alibi, stride, 2x)", l + 0.1}, {"[lm]", "loss(alibi, 2x, position 1x..2x)", (8 * 30 * 2 + 8 * 10 * 4) / 320.0},
        {"[lm]", "loss(alibi, 512, position 0..256)", 1}, {"[lm]", "accuracy(alibi, 2x, position 256..512)", 50},
        {"[lm]", "log(loss(alibi, 2x))", log(l)}, {"[lm]", "abs(-loss(alibi, 2x))", l}, {"[lm]", "min(3, loss(alibi, 2x), 4)", l},
        {"[lm]", "max(loss(alibi, 2x), -1e1)", l}, {"[lm]", "-(1 + 2) * loss(alibi, 2x) / 4 - 1", -0.75 * l - 1},
        {"[lm]", "2 - 3 - parameters(alibi)", -801}, {"[lm]", "8 / 4 / 2 * flops(alibi)", 1e4}, {"[lm]", "tokens_per_second(alibi)", 1010},
        {"[lm]", "recl(alibi, 0.5)", 64}, {"[lm]", "recl(keynorm, 1, task lm)", 16}, {"[lm]", "loss(alibi, 64, context)", 1.25},
        {"[lm]", "activation_bytes(alibi)", 4096}, {"[listops]", "floor(\"commonest label\")", 17}, {"[listops]", "accuracy(keynorm)", 40.1},
        {"[listops]", "loss(keynorm, test)", 1.7}, {"[listops]", "average(keynorm)", 40.1}, {"[listops]", "wins(keynorm)", 1},
        {"[listops]", "wins(alibi)", 0},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct judged j;
        char test[256];
        snprintf(test, sizeof test, "%s < 1e9", list[i].what);
        judge_one(&j, list[i].of, 1, test, 'A', "", true);
        const struct claim_part *p = &j.claims.at[0].part[0];
        if (!(fabs(p->left - list[i].want) <= 1e-9 * fmax(1, fabs(list[i].want))))
            fail_msg("%s: %.12g, wanted %.12g; %s", list[i].what, p->left, list[i].want, p->missing);
        judged_done(&j);
    }
}

static void missing_is_said(void **state)
{
    (void)state;
    static const struct { const char *test, *want; } list[] = {
        {"loss(rope, 4x) > 0", "no test windows, ordinary at length 1024 on the test split"},
        {"loss(rope, 2x, repeated) > 0", "no test windows, repeated at length 512"},
        {"loss(rope, 2x, position 250..500) > 0", "do not fall on the stretches that are kept"},
        {"loss(rope, 8x, position 1x..2x) > 0", "no losses by position in windows of 2048"},
        {"recl(rope, 0.1) > 0", "rope (seeds 1, 2): no losses by context"},
        {"floor(chance) > 0", "no predictor in the files of lm"},
        {"loss(rope, task listops) > 0", "no task listops among these runs"},
        {"loss(rope) / 0 > 0", "the arithmetic (seeds 1, 2): gives inf"},
    };
    struct judged j;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        judge_one(&j, "[lm]", 2, list[i].test, 'A', "", true);
        assert_int_equal(j.claims.at[0].verdict, VERDICT_MISSING);
        if (!strstr(j.claims.at[0].part[0].missing, list[i].want)) fail_msg("%s: %s, wanted %s", list[i].test, j.claims.at[0].part[0].missing, list[i].want);
        judged_done(&j);
    }
    /* one run of six away: the seed that is whole is left, and decides nothing */
    assert_int_equal(remove(in_folder("results/c/alibi-lm-2.h5")), 0);
    judge_one(&j, "[lm]", 2, "loss(rope, 8x) > loss(alibi, 8x)", 'A', "", false);
    assert_int_equal(j.claims.at[0].verdict, VERDICT_UNDECIDED);
    assert_int_equal(j.claims.at[0].part[0].said.of.n, 1);
    assert_string_equal(j.claims.at[0].part[0].missing, "alibi (seed 2): not run yet");
    judged_done(&j);
}

static void examples_are_labelled(void **state)
{
    (void)state;
    struct judged j;
    double low, high;
    judge_one(&j, "[listops]", 1, "accuracy(keynorm) > accuracy(alibi)", 'A', "", true);
    const struct claim_part *p = &j.claims.at[0].part[0];
    assert_int_equal(p->said.verdict, VERDICT_UNDECIDED);
    if (!strstr(p->examples, "bootstrap over the test examples of one run") || !strstr(p->examples, "keynorm (listops) 40.1 %"))
        fail_msg("%s", p->examples);
    judged_done(&j);
    judge_one(&j, "[listops]", 3, "accuracy(keynorm) > accuracy(alibi)", 'A', "", true);
    assert_string_equal(j.claims.at[0].part[0].examples, "");
    judged_done(&j);
    /* against samples drawn with replacement */
    examples_interval(0.3, 200, &low, &high);
    random_stream rs = random_stream_of(5, RANDOM_TEST, 1, 0);
    size_t below = 0, above = 0;
    for (int draw = 0; draw < 20000; draw++) {
        size_t right = 0;
        for (int i = 0; i < 200; i++) right += random_below(&rs, 200) < 60;
        below += (double)right / 200 < low;
        above += (double)right / 200 > high;
    }
    assert_true(below < 0.025 * 20000 * 1.15 && above < 0.025 * 20000 * 1.15 && below + above > 0.02 * 20000);
    examples_interval(1, 200, &low, &high);
    assert_true(low == 1 && high == 1);
}

/* ---- mistakes --------------------------------------------------------------------------------------------------- */

static void mistakes(void **state)
{
    (void)state;
    static const struct { const char *claims, *want; } list[] = { /* claims: stands on line 8 */
        {"claims: {id: P1}", "c.yaml:8:9: claims takes a list"},
        {"claims:\n  - {id: P1, says: x, grade: A}", "c.yaml:9:5: claim P1 wants a test"},
        {"claims:\n  - {id: P1, test: loss(rope) > 1, grade: A}", "c.yaml:9:5: claim P1 wants says"},
        {"claims:\n  - {id: P1, says: x, test: loss(rope) > 1}", "c.yaml:9:5: claim P1 wants a grade"},
        {"claims:\n  - {id: P1, says: x, grade: D, test: loss(rope) > 1}", "c.yaml:9:30: grade: one of A"},
        {"claims:\n  - {id: P1, says: x, grade: A, test: loss(rope) > 1, tolerance: 1}", "c.yaml:9:55: a tolerance belongs to grade E"},
        {"claims:\n  - {id: P1, says: x, grade: A, test: loss(rope) > 1, about: reasons}", "about: begin with \"another implementation: \""},
        {"claims:\n  - {id: P1, says: x, grade: A, tset: loss(rope) > 1}", "c.yaml:9:33: no key \"tset\" for a claim; did you mean \"test\"?"},
        {"claims:\n  - {id: P1, says: x, grade: A, test: loss(rope) > 1}\n  - {id: P1, says: y, grade: A, test: loss(rope) > 1}",
         "c.yaml:10:10: two claims have the id P1"},
        {"T loss(roep) > 1", "c.yaml:9:14: no variant \"roep\"; did you mean \"rope\"?"},
        {"T loss(rope, 8x) <= 1.02 * loss(alib, 1x)", "c.yaml:9:39: no variant \"alib\"; did you mean \"alibi\"?"},
        {"T los(rope) > 1", "c.yaml:9:9: no measure \"los\"; did you mean \"loss\"?"},
        {"T loss(rope, 8y) > 1", "c.yaml:9:20: \"8y) > 1\" is no length"},
        {"T loss(rope, 2.5) > 1", "a length is a whole number of tokens"},
        {"T loss(rope, strde) > 1", "c.yaml:9:20: no place \"strde\"; did you mean \"stride\"?"},
        {"T loss(rope, 2x, position 512..256) > 1", "positions end before they begin"},
        {"T loss(rope, 2x, stride, position 1x..2x) > 1", "losses by position are of the mode windows"},
        {"T ratio(rope, 2x, position 1x..2x) > 1", "ratio has no positions"},
        {"T parameters(rope, 2x) > 1", "this measure has no place but a task"},
        {"T recl(rope) > 1", "\",\" is wanted at \") > 1\""},
        {"T recl(rope, 2) > 1", "c.yaml:9:20: a share of targets is above 0 and at most 1"},
        {"T recl(rope, 0.1, 2x) > 1", "this measure has no place but a task"},
        {"T loss(rope, task listop) > 1", "no task \"listop\""},
        {"T loss(rope) 1", "a comparison (<=, >=, <, >, in) is wanted at \"1\""},
        {"T loss(rope) = 1", "results are never just equal"},
        {"T loss(rope)", "a comparison (<=, >=, <, >, in) is missing at the end"},
        {"T loss(rope) <", "a measure or number is missing at the end"},
        {"T loss(rope) < 2 * (1 + 2", "\")\" is missing at the end"},
        {"T loss(rope, 2x < 2", "\")\" is wanted at \"< 2\""},
        {"T loss(rope) < 2 and", "a measure or number is missing at the end"},
        {"T loss(rope) < loss(alibi) < 2", "one comparison at a time"},
        {"T loss(rope) < 2 or loss(rope) > 3", "\"and\" or the end is wanted at \"or"},
        {"T loss(rope) < 2x", "\"x\" behind a number"},
        {"T loss(rope) in [1, 2", "\"]\" is missing"},
        {"T 1 < 2", "\"1 < 2\" measures nothing"},
        {"T loss(\"rope) < 2", "a quote does not end"},
        {"T loss(rope) < 1e999", "is too large"},
        {"T ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))) < loss(rope)", "nested deeper than 60 levels"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct config c;
        char claims[1024];
        if (list[i].claims[0] != 'T') snprintf(claims, sizeof claims, "%s\n", list[i].claims);
        else snprintf(claims, sizeof claims, "claims:\n- test: %s\n  id: P1\n  says: x\n  grade: A\n", list[i].claims + 2); /* from column 9 */
        if (read_config("[lm]", 2, claims, &c) != OK) fail_msg("%s", status_message());
        const status s = claims_check(&c);
        const char *said = s == OK ? "it is taken" : status_message(), *want = list[i].want;
        if (s != ERR_CONFIG || !strstr(said, want)) fail_msg("%s\ngot:    %s\nwanted: %s", list[i].claims, said, want);
        config_done(&c);
    }
}

/* A file that extends another takes its claims too, whose variants it may have replaced: that is no mistake. */
static void inherited(void **state)
{
    (void)state;
    struct config c;
    struct claims claims;
    assert_int_equal(read_config("[lm]", 2, "claims: [{id: X, says: x, grade: A, test: loss(rope) > 1}]\n", &c), OK);
    config_done(&c);
    put("d.yaml", "extends: c.yaml\nvariants: [alibi]\n");
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("d.yaml")}, &c), OK);
    assert_int_equal(claims_read(&c, &claims), OK);
    assert_int_equal(claims.n, 1);
    claims_done(&claims);
    config_done(&c);
    put("d.yaml", "extends: c.yaml\nvariants: [alibi]\nclaims: [{id: X, says: x, grade: A, test: loss(rope) > 1}]\n");
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("d.yaml")}, &c), OK);
    assert_int_equal(claims_check(&c), ERR_CONFIG);
    config_done(&c);
}

/* The claims of the project's own configs, under each of their budgets. */
static void own_configs(void **state)
{
    (void)state;
    static const char *const paths[] = {"configs/quick.yaml", "configs/extrapolation.yaml", "configs/extrapolation-post.yaml", "configs/lra.yaml"};
    static const char *const budgets[] = {NULL, "quick", "short", "full"};
    if (!file_is_file(paths[0])) skip();
    for (size_t i = 0; i < 16; i++) {
        struct config c;
        struct claims claims;
        const struct config_request rq = {.path = paths[i / 4], .budget = budgets[i % 4]};
        if (config_read(&rq, &c) != OK || claims_read(&c, &claims) != OK) fail_msg("%s", status_message());
        assert_true(claims.n > 0);
        claims_done(&claims);
        config_done(&c);
    }
}

/* Random changes of a claim are taken or refused, never worse (run under the sanitizer). */
static void broken_texts(void **state)
{
    (void)state;
    static const char whole[] = "loss(rope, 2x, position 1x..2x) / min(bits(alibi, 512), 3.5e1) in [-1, 2] and accuracy(keynorm) > -(1 + 2)";
    static const char letters[] = "()[],.<>=*/+-0189xe\" 'a_";
    random_stream rs = random_stream_of(11, RANDOM_TEST, 3, 0);
    struct config c;
    size_t taken = 0;
    assert_int_equal(read_config("[lm]", 1, "", &c), OK);
    for (int i = 0; i < 4000; i++) {
        struct yaml_pool pool = {0};
        const struct comparison *out;
        char text[sizeof whole + 8];
        size_t n;
        strcpy(text, whole);
        for (uint32_t k = random_below(&rs, 4) + 1; k > 0; k--) text[random_below(&rs, sizeof whole - 1)] = letters[random_below(&rs, sizeof letters - 1)];
        if (random_below(&rs, 4) == 0) text[random_below(&rs, sizeof whole - 1)] = 0;
        const struct yaml y = {.kind = YAML_SCALAR, .text = text, .mark = {.source = "test"}};
        taken += expression_parse(&pool, &c, &y, &out, &n) == OK;
        yaml_pool_done(&pool);
    }
    assert_true(taken > 40 && taken < 3000);
    config_done(&c);
}

/* ---- statistics ------------------------------------------------------------------------------------------------- */

#define DRAWS 4000

/* How often the 95 % interval of n values holds their true mean; and how often a claim on the line is called either way. */
static double coverage(size_t n, bool skewed, double *reproduced, double *contradicted)
{
    const struct rule rule = {.less = true, .grade = 'A'};
    random_stream rs = random_stream_of(2026, RANDOM_TEST, n, skewed);
    size_t inside = 0, yes = 0, no = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        double x[16];
        struct judgement j;
        for (size_t i = 0; i < n; i++) x[i] = skewed ? -log(1 - random_uniform(&rs)) - 1 : random_normal(&rs); /* true mean 0 */
        const struct interval of = interval_of(x, n, 0.95);
        inside += of.low <= 0 && 0 <= of.high;
        judge(x, n, &rule, &j);
        yes += j.verdict == VERDICT_REPRODUCED;
        no += j.verdict == VERDICT_CONTRADICTED;
        assert_true(j.verdict != VERDICT_MISSING);
    }
    *reproduced = (double)yes / DRAWS;
    *contradicted = (double)no / DRAWS;
    return (double)inside / DRAWS;
}

static void coverage_of_intervals(void **state)
{
    (void)state;
    static const size_t seeds[] = {3, 5, 10};
    for (int skewed = 0; skewed < 2; skewed++)
        for (size_t i = 0; i < 3; i++) {
            double yes, no;
            const double c = coverage(seeds[i], skewed, &yes, &no);
            print_message("95 %% t interval, n = %zu, %s: holds the truth in %.2f %% of %d draws; a claim on the line is reproduced in %.2f %%, "
                          "contradicted in %.2f %%\n", seeds[i], skewed ? "exponential" : "normal", 100 * c, DRAWS, 100 * yes, 100 * no);
            near(yes + no, 1 - c);
            if (!skewed) assert_true(c >= 0.93 && c <= 0.97);
        }
}

/* A true difference as large as `least` says is shown in about four of five cases. */
static void least_is_shown(void **state)
{
    (void)state;
    random_stream rs = random_stream_of(7, RANDOM_TEST, 9, 0);
    const size_t n = 10;
    const double deviation = 1; /* known here, so that the least difference is a number: t(0.975, 9) + t(0.8, 9) standard errors */
    const double least = (2.262157162740992 + 0.883403885) * deviation / sqrt((double)n);
    size_t shown = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        double x[10];
        for (size_t i = 0; i < n; i++) x[i] = least + deviation * random_normal(&rs);
        shown += interval_of(x, n, 0.95).low > 0;
    }
    print_message("a difference of `least` is shown in %.1f %% of %d draws, n = %zu\n", 100.0 * (double)shown / DRAWS, DRAWS, n);
    assert_true(shown > 0.74 * DRAWS && shown < 0.86 * DRAWS);
}

/* ---- printed and drawn ------------------------------------------------------------------------------------------ */

static const char several[] =
    "claims:\n"
    "  - {id: P3, says: RoPE breaks, grade: A, source: a paper, evidence: 1.5 times, test: 'loss(rope, 8x) >= 1.3 * loss(rope, 1x)'}\n"
    "  - {id: P4, says: ALiBi gets better, grade: A, test: 'loss(alibi, 8x) <= 0.8 * loss(alibi, 1x)'}\n"
    "  - {id: N1, says: both at once, grade: B, test: 'loss(rope, 8x) > loss(rope, 1x) and loss(alibi, 1x) <= loss(keynorm, 1x)'}\n"
    "  - {id: T9, says: nobody ran it, grade: C, test: 'loss(keynorm, 4x) <= loss(rope, 4x)'}\n"
    "  - {id: N10, says: 'memory, of n x n', grade: B, about: 'another implementation: it keeps weights', test: 'activation_bytes(rope) >= 8'}\n"
    "  - {id: L2, says: no test at all, grade: B, about: 'another implementation: nothing to measure'}\n";

static void printed(void **state)
{
    (void)state;
    static const char *const want[][5] = {
        [TABLE_TEXT] = {"Claims: Known truth", "reproduced", "about another implementation", "P3: RoPE breaks. Test: loss(rope, 8x) >= 1.3 * loss(rope, 1x).", "P3, source: a paper; evidence: 1.5 times"},
        [TABLE_MD] = {"| claim | verdict | grade |", "**reproduced**", "**contradicted**", "the interval reaches across 0", "missing: "},
        [TABLE_CSV] = {"claim,test,verdict,whole,grade,left,right,difference,low,high,least,seeds,", "\nP3,\"loss(rope, 8x) >= 1.3 * loss(rope, 1x)\",reproduced,reproduced,A,", "\"memory, of n x n\"", "\nL2,,about another implementation,", "undecided"},
        [TABLE_TEX] = {"\\begin{tabular}", "\\textbf{reproduced}", "undecided", "missing", "$<$"},
    };
    struct config c;
    assert_int_equal(read_config("[lm]", 3, several, &c), OK);
    for (size_t i = 0; i < c.n_runs; i++) write_run(&c, &c.runs[i]);
    for (int f = TABLE_TEXT; f <= TABLE_TEX; f++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(claims_print(out, &c, in_folder("results"), (enum table_format)f, false), OK);
        fclose(out);
        for (size_t i = 0; i < 5; i++)
            if (!strstr(text, want[f][i])) fail_msg("no %s in:\n%s", want[f][i], text);
        free(text);
    }
    config_done(&c);
    assert_int_equal(read_config("[lm]", 1, "", &c), OK);
    assert_int_equal(claims_print(stderr, &c, in_folder("results"), TABLE_TEXT, false), ERR_CONFIG);
    config_done(&c);
}

static void drawn(void **state)
{
    (void)state;
    struct config c;
    if (!file_is_file("plots/claims.gp")) skip();
    assert_int_equal(read_config("[lm]", 3, several, &c), OK);
    for (int there = 0; there < 2; there++) { /* without results too */
        for (size_t i = 0; there && i < c.n_runs; i++) write_run(&c, &c.runs[i]);
        struct claims claims;
        assert_int_equal(claims_of(&c, in_folder("results"), &claims), OK);
        if (claims_plot(&c, &claims, "plots", in_folder("out"), there ? "png" : "svg", NULL) != OK) fail_msg("%s", status_message());
        claims_done(&claims);
        assert_true(file_is_file(in_folder(there ? "out/claims.png" : "out/claims.svg")));
    }
    config_done(&c);
}

/* The part that decides a row of the picture is one with the claim's verdict; its margin is on the right side. */
static void margins(void **state)
{
    (void)state;
    struct judged j;
    double low, middle, high;
    judge_one(&j, "[lm]", 3, "loss(rope, 8x) > loss(rope, 1x) and loss(rope, 8x) < loss(alibi, 8x)", 'A', "", true);
    assert_ptr_equal(claim_deciding(&j.claims.at[0]), &j.claims.at[0].part[1]);
    assert_true(claim_margin(&j.claims.at[0].part[0], &low, &middle, &high) && low > 0 && low < middle && middle < high && high < 100);
    assert_true(claim_margin(&j.claims.at[0].part[1], &low, &middle, &high) && low < middle && middle < high && high < 0);
    judged_done(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verdicts, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(numbers, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(measures, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(missing_is_said, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(examples_are_labelled, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(mistakes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(inherited, folder_setup, folder_teardown),
        cmocka_unit_test(own_configs),
        cmocka_unit_test_setup_teardown(broken_texts, folder_setup, folder_teardown),
        cmocka_unit_test(coverage_of_intervals),
        cmocka_unit_test(least_is_shown),
        cmocka_unit_test_setup_teardown(printed, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(drawn, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(margins, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
