/* estimate.c -- see estimate.h. */
#include "train/estimate.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "train/opened.h"
#include "train/train.h"

/* The run's first steps, a row of the curve for each. */
static status first_steps(struct runner *q, const struct run *r, int64_t steps, struct results *out)
{
    struct train_options o = r->train;
    struct model *m;
    struct workers w;
    o.steps = steps;
    o.log_every = 1;
    o.eval_every = 0;
    o.eval_tokens = 1;
    TRY(runner_model(r, q->opened->data, &m));
    workers_init(&w, q->threads, (size_t)o.shards, m->n_values, q->kernel);
    struct trainer t = {.options = &o, .task = r->task, .data = q->opened->data, .model = m, .workers = &w, .results = out,
                        .progress = q->progress, .seed = r->seed};
    const status e = train_run(&t);
    workers_done(&w);
    model_free(m);
    return e;
}

/* Median over the steps after the first: tokens a second, and seconds of a step. */
static void medians(const struct results *f, double *tokens_per_second, double *seconds)
{
    const size_t n = f->n_train - 1;
    double *rate = malloc(2 * n * sizeof *rate), *took = rate + n;
    if (!rate) status_no_memory("an estimate", 2 * n * sizeof *rate);
    for (size_t i = 0; i < n; i++) {
        took[i] = f->train[i + 1].seconds - f->train[i].seconds;
        rate[i] = (f->train[i + 1].tokens - f->train[i].tokens) / took[i];
    }
    *tokens_per_second = gsl_stats_median(rate, 1, n);
    *seconds = gsl_stats_median(took, 1, n);
    free(rate);
}

static status timed(struct runner *q, const struct run *r, int64_t steps, double *tokens_per_second, double *seconds)
{
    struct results f;
    results_init(&f);
    const status e = first_steps(q, r, steps, &f);
    if (e == OK) medians(&f, tokens_per_second, seconds);
    results_done(&f);
    return e;
}

status estimate_run(struct runner *q, const struct config *c, size_t number, double seconds, struct estimate *out)
{
    const struct run *r = &c->runs[number];
    double step;
    TRY(runner_open(q, r));
    *out = (struct estimate){.steps = (double)train_steps(&r->train, r->task, q->opened->data)};
    TRY(timed(q, r, 2, &out->tokens_per_second, &step));
    const double more = fmax(4, fmin(1000, ceil(seconds / step) + 1));
    TRY(timed(q, r, (int64_t)more, &out->tokens_per_second, &step));
    out->per_second = (double)r->train.batch / step;
    out->seconds = out->steps * step;
    return OK;
}
