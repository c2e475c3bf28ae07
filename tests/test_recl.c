/* test_recl.c -- effective context lengths of made-up losses, known by hand; of runs; in tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/recl.h"
#include "report/table.h"
#include "synthetic.h"

static char folder[] = "/tmp/reach-recl-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* ---- by hand ---- */

static int64_t three[] = {10, 20, 40};

static struct context losses(size_t n_lengths, size_t n_targets, float *loss)
{
    return (struct context){.n_lengths = n_lengths, .n_targets = n_targets, .length = three, .loss = loss};
}

static void expect(const struct context *a, const struct context *b, double share, double context, bool at_least)
{
    const struct context *const group[] = {a, b};
    const struct recl r = recl_of(group, b ? 2 : 1, 0, share);
    if (!(r.context == context) || r.at_least != at_least)
        fail_msg("share %g: got %s%g, wanted %s%g", share, r.at_least ? ">= " : "", r.context, at_least ? ">= " : "", context);
}

/* Alone, b is the model's own loss and the gain that of its perplexity where it falls. */
static void a_single_model(void **state)
{
    (void)state;
    float falls[] = {3, 2, 2.5f, 1.5f, 2.4f, 1.4f}, stops[] = {3, 2, 2.5f, 1.5f, 2.4995f, 1.4995f}, never[] = {3, 2, 3, 2, 1, 1}, rises[] = {2, 2, 3, 3, 1, 1};
    struct context c = losses(3, 2, falls);
    expect(&c, NULL, 1, 40, true);
    c.loss = stops;
    expect(&c, NULL, 1, 20, false);
    c.loss = never; /* what comes after a step that gains nothing is not looked at */
    expect(&c, NULL, 1, 10, false);
    c.loss = rises;
    expect(&c, NULL, 1, 10, false);
    c.n_lengths = 1;
    expect(&c, NULL, 1, 10, true);
    c.n_targets = 0;
    const struct context *const group[] = {&c};
    assert_true(isnan(recl_of(group, 1, 0, 1).context));
}

/* A target where more context harms counts as no gain, not as a loss: min(b, l). */
static void harm_is_cut_off(void **state)
{
    (void)state;
    float loss[] = {2, 2, 9, 1.9f, 9, 1.9f}; /* f falls from 2 to (2 + 1.9) / 2: by 4.9 % */
    struct context c = losses(3, 2, loss);
    expect(&c, NULL, 1, 20, false);
    const struct context *const group[] = {&c};
    assert_true(recl_of(group, 1, 0, 1).worse); /* and it is said */
    loss[2] = 2;
    expect(&c, NULL, 1, 20, false);
    assert_false(recl_of(group, 1, 0, 1).worse);
}

/* The better of the two knows with 10 tokens what the worse one learns from 20. */
static void the_group_is_the_measure(void **state)
{
    (void)state;
    float weak[] = {4, 4, 3, 3, 2.5f, 2.5f}, strong[] = {3, 3, 3, 3, 3, 3}, half[] = {3, 4, 3, 3, 2.5f, 2.5f};
    struct context a = losses(3, 2, weak), b = losses(3, 2, strong);
    expect(&a, NULL, 1, 40, true);
    expect(&a, &b, 1, 10, false);
    expect(&b, &a, 1, 10, false);
    b.loss = half; /* the best of both is (3, 4): the second target gains from 20 tokens, and both from 40 */
    expect(&a, &b, 1, 40, true);
    float late[] = {4, 4, 3, 3, 3, 3}, best[] = {3, 4, 3, 3, 2.5f, 2.5f};
    a.loss = late, b.loss = best; /* at 20 the group has (3, 3), below which a does not come */
    expect(&a, &b, 1, 20, false);
    expect(&b, &a, 1, 40, true);
}

/* Ten targets; only the two hardest gain, by 0.2 nats each: 18 % of those, 3.9 % of all; the next step 0.03 of one. */
static void shares_take_the_hardest(void **state)
{
    (void)state;
    float loss[30];
    for (size_t t = 0; t < 10; t++)
        for (size_t k = 0; k < 3; k++) loss[k * 10 + t] = t == 3 || t == 7 ? 4 : 1;
    loss[10 + 3] = loss[10 + 7] = 3.8f;
    loss[20 + 3] = loss[10 + 3];
    loss[20 + 7] = 3.77f;
    struct context c = losses(3, 10, loss);
    expect(&c, NULL, 1, 20, false);   /* 0.003 nats on average */
    expect(&c, NULL, 0.5, 20, false); /* 0.006 */
    expect(&c, NULL, 0.2, 40, true);  /* 0.015 */
    expect(&c, NULL, 0.1, 20, false); /* of the equally hard targets 3 and 7 the first, which gains nothing */
    expect(&c, NULL, 0.01, 20, false); /* at least one target */
    expect(&c, NULL, 0.14, 20, false); /* 1.4 targets are one, 1.6 are two */
    expect(&c, NULL, 0.16, 40, true);
    loss[10 + 7] = 3.801f; /* 7 is the harder one now */
    expect(&c, NULL, 0.1, 40, true);
}

/* T is chosen anew for each short context. */
static void the_hardest_change(void **state)
{
    (void)state;
    float loss[] = {5, 4, 1, 4, 1, 2};
    struct context c = losses(3, 2, loss);
    expect(&c, NULL, 0.5, 40, true);
}

/* g = 1 - exp(-d): d = -log(0.99) is the line. */
static void the_threshold(void **state)
{
    (void)state;
    const double d = -log(0.99);
    float loss[] = {0.5f, 0.5f, 0.5f};
    struct context c = losses(3, 1, loss);
    loss[1] = (float)(0.5 - d - 1e-6);
    expect(&c, NULL, 1, 20, false);
    loss[1] = (float)(0.5 - d + 1e-6);
    expect(&c, NULL, 1, 10, false);
}

static void refused_lengths(void **state)
{
    (void)state;
    float short_one[] = {3, 3, 2, 2, NAN, NAN}, none[] = {NAN, NAN, NAN, NAN, NAN, NAN}, other[] = {3, 3, 3, 3, 1, 1};
    struct context a = losses(3, 2, short_one), b = losses(3, 2, other), c = losses(3, 2, none);
    expect(&a, NULL, 1, 20, true);
    expect(&a, &b, 1, 20, true);
    expect(&b, &a, 1, 10, false); /* with 20 tokens the other has 2 already; b gains nothing from them */
    b.loss = (float[]){3, 3, 2.9f, 2.9f, 1, 1};
    expect(&b, &a, 1, 40, true);
    expect(&b, &c, 1, 40, true); /* who takes nothing changes nothing */
    const struct context *const group[] = {&c, &b};
    assert_true(isnan(recl_of(group, 2, 0, 1).context));
}

/* ---- runs: three variants, three seeds ---- */

enum { VARIANTS = 3, SEEDS = 3, TARGETS = 20 };

/* At seed s variant v gains 0.1 nats of each target in each of its first v + (s = 3) steps, from the same loss at the shortest context. */
static float loss_of(size_t v, size_t s, size_t k, size_t t)
{
    const size_t steps = v + (s == 3);
    return (float)(2 + 0.05 * (double)t - 0.1 * (double)(k < steps ? k : steps));
}

struct change { size_t v, s, targets; const char *evaluation; }; /* of one run: other targets or evaluation; v = VARIANTS: of none */

static void write_runs(const struct config *c, const struct change *change)
{
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t s = 1; s <= SEEDS; s++) {
            struct results r;
            char path[1100];
            const bool other = v == change->v && s == change->s;
            const size_t n = other ? change->targets : TARGETS;
            synthetic_results(&c->runs[v * SEEDS + s - 1], &r);
            struct context *of = n ? results_set_context(&r, 3, n) : NULL;
            for (size_t k = 0; k < 3 && of; k++) {
                of->length[k] = three[k];
                for (size_t t = 0; t < n; t++) of->loss[k * n + t] = loss_of(v, s, k, t);
            }
            if (of) snprintf(of->evaluation, sizeof of->evaluation, "%s", other && change->evaluation ? change->evaluation : "test-1");
            if (of) snprintf(of->split, sizeof of->split, "test");
            snprintf(path, sizeof path, "%s/quick/%s.h5", folder, c->runs[v * SEEDS + s - 1].stem);
            assert_int_equal(results_write(&r, path), OK);
            results_done(&r);
        }
}

/* Variant v at seeds 1 and 2: after v steps.  The third stops one later, and variants 1 and 2 then never. */
static void over_seeds(void **state)
{
    (void)state;
    struct config c = synthetic_config(&synthetic_text, VARIANTS, SEEDS);
    struct collection all;
    write_runs(&c, &(struct change){.v = VARIANTS});
    collection_load(&all, &c, folder);
    const struct task_runs *t = &all.task[0];
    static const double mean[] = {10 + 10.0 / 3, 20 + 20.0 / 3, 40};
    assert_non_null(recl_layout(t));
    for (size_t v = 0; v < VARIANTS; v++) {
        const struct recl_summary s = recl_summarise(t, &t->variant[v], 1);
        assert_int_equal(s.n, SEEDS);
        assert_true(fabs(s.mean - mean[v]) < 1e-12);
        assert_true(s.at_least == (v > 0));
        assert_true(fabs(s.sd - (v == 2 ? 0 : v == 1 ? 20 : 10) / sqrt(3)) < 1e-12);
    }
    char text[2400];
    recl_remark(t, text, sizeof text);
    assert_non_null(strstr(text, "of 10, 20, 40 tokens"));
    assert_non_null(strstr(text, "20 targets"));
    assert_null(strstr(text, "without"));
    collection_done(&all);
    free(c.runs);
}

static void missing_and_other_runs(void **state)
{
    (void)state;
    struct config c = synthetic_config(&synthetic_text, VARIANTS, SEEDS);
    static const struct change changes[] = {{2, 2, 0, NULL}, {2, 2, TARGETS - 1, NULL}, {2, 2, TARGETS, "test-2"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct collection all;
        write_runs(&c, &changes[i]);
        collection_load(&all, &c, folder);
        const struct task_runs *t = &all.task[0];
        assert_int_equal(recl_summarise(t, &t->variant[2], 1).n, 2);
        assert_true(isnan(recl_of_run(t, &t->variant[2], 2, 1).context));
        assert_true(recl_of_run(t, &t->variant[1], 2, 1).context == 20);
        assert_true(isnan(recl_of_run(t, &t->variant[1], 9, 1).context));
        char text[2400], want[100];
        snprintf(want, sizeof want, "list; seed 2 without %s.", t->variant[2].label);
        recl_remark(t, text, sizeof text);
        if (!strstr(text, want)) fail_msg("no \"%s\" in: %s", want, text);
        collection_done(&all);
    }
    free(c.runs);
}

static char *table(const struct config *c, enum table_format f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(report_table(out, c, folder, f, false), OK);
    fclose(out);
    return text;
}

static void wanted(const char *text, const char *want)
{
    if (!strstr(text, want)) fail_msg("no \"%s\" in:\n%s", want, text);
}

static void tables_show_it(void **state)
{
    (void)state;
    struct config c = synthetic_config(&synthetic_text, VARIANTS, SEEDS);
    write_runs(&c, &(struct change){.v = VARIANTS});
    static const char *const marks[] = {"≥27±12", "≥27±12", NULL, "$\\geq$27$\\pm$12", "≥27<span class=\"sd\">±12"};
    for (enum table_format f = TABLE_TEXT; f <= TABLE_HTML; f++) {
        char *text = table(&c, f);
        if (f == TABLE_CSV) {
            char want[200];
            snprintf(want, sizeof want, "lm,recl,%s,test,ordinary,context,,3,,,,,,,,,,,,sd 11.547; at least,ours,,r = 0.5,26.66666667,tokens,\n",
                     synthetic_variants[1].label);
            wanted(text, want);
        } else {
            wanted(text, "Context that helps (RECL)");
            wanted(text, "arXiv:1901.02860");
            wanted(text, marks[f]);
            wanted(text, "13");
        }
        free(text);
    }
    assert_int_equal(synthetic_write(&c, folder), OK); /* without losses by context nothing is said of them */
    char *text = table(&c, TABLE_TEXT);
    assert_null(strstr(text, "RECL"));
    free(text);
    free(c.runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_model),          cmocka_unit_test(harm_is_cut_off),  cmocka_unit_test(the_group_is_the_measure),
        cmocka_unit_test(shares_take_the_hardest), cmocka_unit_test(the_hardest_change), cmocka_unit_test(the_threshold),
        cmocka_unit_test(refused_lengths),         cmocka_unit_test(over_seeds),       cmocka_unit_test(missing_and_other_runs),
        cmocka_unit_test(tables_show_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
