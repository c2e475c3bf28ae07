/* sweep.c -- variants against lengths, measured in rounds. */
#include "measure/sweep.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "tensor/kernel.h"
#include "train/stop.h"

const char *const sweep_mode_names[SWEEP_MODES] = {"train", "forward"};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Examples of n tokens that one pack takes. */
static size_t examples_of(const struct bench_request *rq, size_t n)
{
    return n < rq->pack_rows ? rq->pack_rows / n : 1;
}

void sweep_plan(const struct bench_request *base, size_t batch, size_t tokens, struct sweep_length *l)
{
    const size_t at_once = smaller((size_t)base->threads, base->shards), each = examples_of(base, l->n);
    l->batch = batch ? batch : tokens / l->n ? tokens / l->n : 1;
    if (!batch && l->batch >= at_once) l->batch -= l->batch % at_once;
    l->busy = (int)smaller(at_once, (l->batch + each - 1) / each);
}

size_t sweep_tokens(size_t longest, int threads)
{
    const size_t tokens = longest * (size_t)threads;
    return tokens < 16384 ? 16384 : tokens;
}

size_t sweep_pack_examples(const struct sweep *s, size_t length)
{
    const struct sweep_length *l = &s->length[length];
    return smaller(l->batch, examples_of(&s->base, l->n));
}

static struct sweep_cell *cell_at(const struct sweep *s, size_t variant, size_t length)
{
    return &s->cell[variant * s->n_lengths + length];
}

const struct sweep_cell *sweep_at(const struct sweep *s, size_t variant, size_t length)
{
    return cell_at(s, variant, length);
}

/* ---- measuring ---- */

static void make_cells(struct sweep *s)
{
    const size_t n = s->n_variants * s->n_lengths;
    s->cell = calloc(n, sizeof *s->cell);
    if (!s->cell) status_no_memory("measurements", n * sizeof *s->cell);
    for (size_t i = 0; i < n; i++)
        for (int m = 0; m < SWEEP_MODES; m++) {
            s->cell[i].visit[m] = calloc(s->rounds, sizeof(double));
            if (!s->cell[i].visit[m]) status_no_memory("measurements", s->rounds * sizeof(double));
        }
}

void sweep_done(struct sweep *s)
{
    for (size_t i = 0; s->cell && i < s->n_variants * s->n_lengths; i++)
        for (int m = 0; m < SWEEP_MODES; m++) free(s->cell[i].visit[m]);
    free(s->cell);
    s->cell = NULL;
}

static struct bench_request request_of(const struct sweep *s, size_t variant, size_t length)
{
    const struct sweep_variant *v = &s->variant[variant];
    struct bench_request rq = s->base;
    if (v->model) rq.model = *v->model;
    rq.attention = v->attention;
    rq.attention_options = v->attention_options;
    rq.position = v->position;
    rq.position_options = v->position_options;
    rq.length = s->length[length].n;
    rq.batch = s->length[length].batch;
    rq.least_steps = (3 + s->rounds - 1) / s->rounds;
    return rq;
}

static status visit(struct sweep *s, size_t variant, size_t length, size_t round)
{
    struct sweep_cell *c = cell_at(s, variant, length);
    struct bench_request rq = request_of(s, variant, length);
    for (int m = 0; m < SWEEP_MODES && !c->reason[0]; m++) {
        struct bench_result r;
        rq.forward_only = m == SWEEP_FORWARD;
        const status e = bench_run(&rq, &r);
        if (e == ERR_CONFIG || e == ERR_SHAPE) snprintf(c->reason, sizeof c->reason, "%s", status_message());
        else if (e != OK) return e;
        c->visit[m][round] = r.step_seconds;
        r.steps += c->of[m].steps;
        c->of[m] = r;
    }
    return OK;
}

static void tell(struct progress *p, const struct sweep *s, size_t done, double start)
{
    char what[64];
    const double share = (double)done / (double)(s->rounds * s->n_lengths * s->n_variants), spent = clock_seconds() - start;
    snprintf(what, sizeof what, "%s %zu", s->variant[done % s->n_variants].name, s->length[done / s->n_variants % s->n_lengths].n);
    progress_update(p, share, what, done ? spent / share * (1 - share) : -1);
}

static void finish_cell(const struct sweep *s, struct sweep_cell *c)
{
    double *sorted = malloc(s->rounds * sizeof *sorted);
    if (!sorted) status_no_memory("measurements", s->rounds * sizeof *sorted);
    for (int m = 0; m < SWEEP_MODES; m++) {
        memcpy(sorted, c->visit[m], s->rounds * sizeof *sorted);
        gsl_sort(sorted, 1, s->rounds);
        c->of[m].step_seconds = gsl_stats_median_from_sorted_data(sorted, 1, s->rounds);
    }
    free(sorted);
}

void sweep_extremes(const struct sweep *s, const struct sweep_cell *c, enum sweep_mode m, double *fastest, double *slowest)
{
    gsl_stats_minmax(fastest, slowest, c->visit[m], 1, s->rounds);
}

status sweep_run(struct sweep *s, struct progress *progress)
{
    const double start = clock_seconds();
    size_t done = 0, measured = 0;
    s->kernel = s->base.kernel->name;
    s->real = REAL_NAME;
    make_cells(s);
    for (size_t round = 0; round < s->rounds; round++) {
        progress_begin(progress, "round %zu/%zu", round + 1, s->rounds);
        for (size_t l = 0; l < s->n_lengths; l++)
            for (size_t v = 0; v < s->n_variants; v++) {
                tell(progress, s, done++, start);
                if (stop_wanted()) FAIL(ERR_STOPPED, "stopped; nothing of this sweep is kept");
                TRY(visit(s, v, l, round));
            }
    }
    for (size_t i = 0; i < s->n_variants * s->n_lengths; i++) {
        if (s->cell[i].reason[0]) continue;
        finish_cell(s, &s->cell[i]);
        measured++;
    }
    return measured ? OK : status_fail(ERR_CONFIG, "%s", s->cell[s->n_variants * s->n_lengths - 1].reason);
}

/* ---- what follows from it ---- */

size_t sweep_vanilla(const struct sweep *s)
{
    for (size_t v = 0; v < s->n_variants; v++)
        if (strcmp(s->variant[v].name, "vanilla") == 0) return v;
    return SIZE_MAX;
}

double sweep_square_bytes(const struct sweep *s, size_t examples, size_t n)
{
    return 4 * (double)examples * (double)s->base.model.heads * (double)s->base.model.layers * (double)n * (double)n;
}

double sweep_value(const struct sweep *s, enum sweep_measure m, enum sweep_mode mode, size_t variant, size_t length)
{
    if (variant >= s->n_variants || sweep_at(s, variant, length)->reason[0]) return NAN;
    const struct bench_result *r = &sweep_at(s, variant, length)->of[mode];
    const double tokens = (double)s->length[length].batch * (double)s->length[length].n;
    switch (m) {
    case SWEEP_STEP_MS:     return 1e3 * r->step_seconds;
    case SWEEP_TOKEN_NS:    return 1e9 * r->step_seconds / tokens;
    case SWEEP_GFLOPS:      return 1e-9 * r->flops / r->step_seconds;
    case SWEEP_TOKEN_BYTES: return (double)r->activation_bytes / (double)r->activation_rows;
    case SWEEP_PACK_MB:     return 1e-6 * (double)r->activation_bytes;
    case SWEEP_TIMES_VANILLA:
        return sweep_value(s, SWEEP_STEP_MS, mode, sweep_vanilla(s), length) / sweep_value(s, SWEEP_STEP_MS, mode, variant, length);
    case SWEEP_TIME_GROWTH:
        return sweep_value(s, SWEEP_TOKEN_NS, mode, variant, length) / sweep_value(s, SWEEP_TOKEN_NS, mode, variant, 0);
    case SWEEP_BYTES_GROWTH:
        return sweep_value(s, SWEEP_TOKEN_BYTES, mode, variant, length) / sweep_value(s, SWEEP_TOKEN_BYTES, mode, variant, 0);
    }
    return NAN;
}
