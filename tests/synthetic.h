/* synthetic.h -- result files with known numbers, for the tests of tables and figures.
 *
 * Loss of variant v, seed s, at length n after training at 256:  base(v) + 0.004 s + growth(v) log2(n / 256)^2 nats, so
 * that the mean over seeds 1..3 is base + 0.008 + growth ... and the standard deviation 0.004.
 */
#ifndef REACH_SYNTHETIC_H
#define REACH_SYNTHETIC_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "store/results.h"
#include "tasks/task.h"

struct synthetic_options { char corpus[OPTION_TEXT]; int64_t order; };

static const struct option synthetic_option_table[] = {
    {"corpus", OPTION_WORD, offsetof(struct synthetic_options, corpus), "kjv", 0, 0, NULL, "the text"},
    {"order", OPTION_INT, offsetof(struct synthetic_options, order), "5", 1, 9, NULL, "not said when 5"},
    {.name = NULL},
};

static const struct task synthetic_text = {
    .name = "lm", .title = "byte-level language modelling", .kind = TASK_TEXT, .options = synthetic_option_table,
    .options_size = sizeof(struct synthetic_options),
};
static const struct task synthetic_classify = {.name = "listops", .title = "ListOps", .kind = TASK_CLASSIFY};

/* Three lengths, the first of them trained. */
static inline size_t synthetic_sets(const void *options, struct test_set out[TASK_SETS])
{
    (void)options;
    for (size_t i = 0; i < 3; i++) out[i] = (struct test_set){i * 500, 500, 64u << i, "", i == 0, i > 0};
    return 3;
}
static const struct task synthetic_sequence = {.name = "recall", .title = "recall", .kind = TASK_SEQUENCE, .sets = synthetic_sets};

#define BITS 1.4426950408889634 /* per nat */

struct synthetic_variant { const char *label; double base, growth; };

static const struct synthetic_variant synthetic_variants[] = {
    {"ALiBi", 1.235, -0.002},        {"RoPE", 1.220, 0.045},          {"sinusoidal", 1.260, 0.42},
    {"learned", 1.250, 0},           {"none", 1.310, 0.16},           {"RoPE + log n", 1.221, 0.021},
    {"KeyNorm + RoPE", 1.212, 0.012}, {"QueryNorm + RoPE", 1.215, 0.018}, {"RoPE + bias", 1.224, 0.006},
    {"ALiBi, post-norm", 1.252, -0.001},
};
enum { SYNTHETIC_VARIANTS = sizeof synthetic_variants / sizeof synthetic_variants[0] };

static inline double synthetic_loss(size_t v, uint64_t seed, double length)
{
    const double doublings = log2(length / 256);
    return synthetic_variants[v].base + 0.004 * (double)seed + synthetic_variants[v].growth * doublings * fabs(doublings);
}

/* A config of `variants` x `seeds` runs of one task; free its runs with free(). */
static inline struct config synthetic_config(const struct task *task, size_t variants, size_t seeds)
{
    struct config c = {.title = "Train short, test long", .name = "quick", .budget = "short"};
    c.runs = calloc(variants * seeds, sizeof *c.runs);
    for (size_t v = 0; v < variants; v++)
        for (size_t s = 1; s <= seeds; s++) {
            struct run *r = &c.runs[c.n_runs++];
            snprintf(r->label, sizeof r->label, "%s", synthetic_variants[v].label);
            snprintf(r->stem, sizeof r->stem, "%zu-%s-%zu", v, task->name, s);
            r->seed = s;
            r->task = task;
            if (task->options) option_defaults(task->options, r->task_options, task->options_size);
            option_defaults(train_option_table, &r->train, sizeof r->train);
            option_defaults(model_option_table, &r->model, sizeof r->model);
            option_defaults(test_option_table, &r->test, sizeof r->test);
            r->train.tokens = 4e6;
        }
    return c;
}

static inline void synthetic_options_of(struct results *out, const char *section, const struct option *table, const void *options)
{
    char name[128], text[1024];
    for (const struct option *o = table; o->name; o++) {
        snprintf(name, sizeof name, "%s.%s", section, o->name);
        option_print(o, options, text, sizeof text);
        results_add_option(out, name, text);
    }
}

/* The learned positions end at the training length. */
static inline void synthetic_text_rows(struct results *out, size_t v, uint64_t seed)
{
    static const char *const texts[] = {"ordinary", "repeated"}, *const modes[] = {"windows", "last"};
    for (int text = 0; text < 2; text++)
        for (int mode = 0; mode < 2; mode++)
            for (int64_t length = 256; length <= 4096; length *= 2) {
                struct test_row t = {.split = "test", .length = length, .n = 16384, .loss_error = 0.01};
                snprintf(t.text, sizeof t.text, "%s", texts[text]);
                snprintf(t.mode, sizeof t.mode, "%s", modes[mode]);
                t.loss = synthetic_loss(v, seed, (double)length) * (text ? 0.6 : 1) - 0.03 * mode;
                t.accuracy = exp(-t.loss) + 0.3;
                if (v == 3 && length > 256) {
                    t.loss = t.accuracy = NAN;
                    strcpy(t.reason, "learned positions end at 256");
                }
                results_add_test(out, &t);
            }
    for (int64_t from = 0; from < 4096; from = from ? from * 2 : 16)
        for (int64_t half = from ? 0 : 1; half < 2; half++) {
            struct position_row p = {.split = "test", .text = "ordinary", .length = 4096, .n = 1024};
            p.from = from ? from + half * from / 2 : 0;
            p.to = from ? p.from + from / 2 : 16;
            const double at = (double)(p.from + p.to) / 2;
            p.loss = synthetic_loss(v, seed, at > 256 ? at : 256) + 1.1 / sqrt(1 + at) + 0.01 * sin((double)(p.from * 7 + (int64_t)v));
            if (v != 3) results_add_position(out, &p);
        }
}

static inline void synthetic_curves(struct results *out, const struct run *r, size_t v)
{
    for (int64_t step = 10; step <= 1000; step += 10) {
        const double tokens = (double)step * 4096, drop = 4.2 * exp(-(double)step / 90) + 0.5 * exp(-(double)step / 500);
        const double loss = synthetic_loss(v, r->seed, 256) + drop + 0.03 * sin((double)(step * (int64_t)(v + 3)));
        results_add_train(out, &(struct train_row){step, (double)step * 0.13, tokens, loss, 0.5, 1e-3, 0.4});
        if (step % 50 == 0)
            results_add_eval(out, &(struct eval_row){step, (double)step * 0.13, synthetic_loss(v, r->seed, 256) + drop, 0.5, 8192});
    }
}

static inline void synthetic_predictors(struct results *out, const struct task *task)
{
    if (task->kind == TASK_TEXT) {
        results_add_predictor(out, &(struct predictor_row){"unigram", 3.05 / BITS, NAN});
        results_add_predictor(out, &(struct predictor_row){"order 2", 2.59 / BITS, 0.41});
        results_add_predictor(out, &(struct predictor_row){"order 5", 1.81 / BITS, 0.55});
        results_add_predictor(out, &(struct predictor_row){"xz", 1.98 / BITS, NAN});
    } else if (task->kind == TASK_SEQUENCE) {
        results_add_predictor(out, &(struct predictor_row){"chance", 4.8, 0.01});
    } else {
        results_add_predictor(out, &(struct predictor_row){"commonest label", 2.2, 0.17});
        results_add_predictor(out, &(struct predictor_row){"root operator", 1.9, 0.323});
    }
}

/* The results of one run, initialised here; release with results_done. */
static inline void synthetic_results(const struct run *r, struct results *out)
{
    size_t v = 0;
    while (strcmp(synthetic_variants[v].label, r->label) != 0) v++;
    results_init(out);
    snprintf(out->title, sizeof out->title, "Train short, test long");
    snprintf(out->label, sizeof out->label, "%s", r->label);
    snprintf(out->variant, sizeof out->variant, "vanilla");
    snprintf(out->task, sizeof out->task, "%s", r->task->name);
    snprintf(out->train_id, sizeof out->train_id, "%032zu", v);
    out->seed = r->seed;
    out->status = RUN_DONE;
    out->config = strdup("title: Train short, test long\n");
    out->cost = (struct cost){812000 + 1000.0 * (double)v, 4.9e6, 31200, 128, 5.2e6, 5200, 88e6};
    results_add_environment(out, "cpu", "a processor");
    synthetic_options_of(out, "train", train_option_table, &r->train);
    synthetic_options_of(out, "model", model_option_table, &r->model);
    synthetic_curves(out, r, v);
    synthetic_predictors(out, r->task);
    if (r->task->kind == TASK_TEXT) synthetic_text_rows(out, v, r->seed);
    for (int64_t length = 64; r->task->kind == TASK_SEQUENCE && length <= 256; length *= 2)
        results_add_test(out, &(struct test_row){.split = "test", .mode = "recall", .length = length, .n = 500,
                                                 .loss = 0.1 * (double)(v + 1) * (double)length / 64, .accuracy = 0.99 - 0.1 * (double)v});
    if (r->task->kind == TASK_CLASSIFY) {
        const double right = 0.4 + 0.02 * (double)v + 0.01 * (double)r->seed;
        results_add_test(out, &(struct test_row){.split = "test", .mode = "all", .n = 2000, .loss = 1.7 - 0.1 * (double)v, .accuracy = right});
        results_add_test(out, &(struct test_row){.split = "train", .mode = "all", .n = 2000, .loss = 1.6, .accuracy = right + 0.05});
    }
}

/* Write the file of every run to RESULTS/NAME/STEM.h5. */
static inline status synthetic_write(const struct config *c, const char *results_dir)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        struct results r;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s/%s.h5", results_dir, c->name, c->runs[i].stem);
        synthetic_results(&c->runs[i], &r);
        const status s = results_write(&r, path);
        results_done(&r);
        TRY(s);
    }
    return OK;
}

#endif
