/* optimizer.c -- sum the shards, clip, Adam: each in fixed chunks, so that threads change no bit. */
#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>

#include "base/status.h"
#include "train/schedule.h"

#define CHUNK ((size_t)16384) /* values; a multiple of the 16 that parameters are aligned to */

void optimizer_init(struct optimizer *z, const struct train_options *o, struct model *m, const struct kernel *k)
{
    *z = (struct optimizer){.options = o, .model = m, .kernel = k};
    z->first = calloc(m->n_values, sizeof(real));
    z->second = calloc(m->n_values, sizeof(real));
    z->chunk = calloc(m->n_values / CHUNK + m->n_parameters, sizeof *z->chunk);
    if (!z->first || !z->second || !z->chunk) status_no_memory("optimizer", 2 * m->n_values * sizeof(real));
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (p->buffer) continue;
        const size_t n = p->rows * p->cols;
        for (size_t at = 0; at < n; at += CHUNK)
            z->chunk[z->n_chunks++] = (struct chunk){p->offset + at, n - at < CHUNK ? n - at : CHUNK, p->rate, p->no_decay ? 0 : o->decay};
    }
}

void optimizer_done(struct optimizer *z)
{
    free(z->first);
    free(z->second);
    free(z->chunk);
}

/* shard[0] becomes the sum of all, as ((0+1)+(2+3))+..: the tree is fixed by n_shards. */
static void sum_shards(const struct kernel *k, real *const *shard, size_t n_shards, size_t at, size_t n)
{
    for (size_t span = 1; span < n_shards; span *= 2)
        for (size_t i = 0; i + span < n_shards; i += 2 * span) k->add(n, shard[i + span] + at, shard[i] + at);
}

static void clip_values(real *g, size_t n, double most)
{
    const real limit = (real)most;
    for (size_t i = 0; i < n; i++) g[i] = g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
}

double optimizer_step(struct optimizer *z, real *const *shard, size_t n_shards, int64_t t, int64_t steps, int threads)
{
    const struct train_options *o = z->options;
    const struct kernel *k = z->kernel;
    real *g = shard[0], *w = z->model->values;
    double *squares = malloc(z->n_chunks * sizeof *squares);
    if (!squares) status_no_memory("gradient norm", z->n_chunks * sizeof *squares);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t c = 0; c < z->n_chunks; c++) {
        const size_t at = z->chunk[c].at, n = z->chunk[c].n;
        sum_shards(k, shard, n_shards, at, n);
        squares[c] = k->sum_squares(n, g + at);
    }
    double sum = 0;
    for (size_t c = 0; c < z->n_chunks; c++) sum += squares[c];
    free(squares);
    const double size = sqrt(sum);
    if (!isfinite(size)) return size;

    const double shrink = o->clip_norm > 0 && size > o->clip_norm ? o->clip_norm / size : 1;
    const double rate = schedule_rate(o, t, steps), b1 = schedule_beta1(o, t, steps), b2 = o->beta2;
    const double c1 = 1 - pow(b1, (double)t), c2 = 1 - pow(b2, (double)t);
    const bool decoupled = o->optimizer == OPTIMIZER_ADAMW;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t c = 0; c < z->n_chunks; c++) {
        const struct chunk *h = &z->chunk[c];
        real *gc = g + h->at;
        if (shrink < 1)
            for (size_t i = 0; i < h->n; i++) gc[i] *= (real)shrink;
        if (o->clip_value > 0) clip_values(gc, h->n, o->clip_value);
        if (!decoupled && h->decay > 0) k->add_scaled(h->n, (real)h->decay, w + h->at, gc);
        k->adam(h->n, w + h->at, gc, z->first + h->at, z->second + h->at, (real)(rate * h->rate), (real)b1, (real)b2,
                (real)o->epsilon, (real)(decoupled ? h->decay : 0), (real)c1, (real)c2);
    }
    return size;
}
