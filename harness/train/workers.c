/* workers.c -- one pack, one thread, one tape, one arena. */
#include "train/workers.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/denormals.h"
#include "base/status.h"
#include "train/padding.h"

#define EVALUATE_CHUNK 256 /* sequences laid out at a time while evaluating; even, for pairs */

void workers_init(struct workers *w, int threads, size_t shards, size_t n_values, const struct kernel *k)
{
    *w = (struct workers){.threads = threads, .shards = shards, .n_values = n_values, .kernel = k};
    w->memory = calloc((size_t)threads, sizeof *w->memory);
    w->gradient = calloc(shards + 1, sizeof *w->gradient);
    if (!w->memory || !w->gradient) status_no_memory("workers", sizeof *w->memory * (size_t)threads);
    for (int t = 0; t < threads; t++) w->memory[t] = arena_new("step");
    for (size_t s = 0; s < shards; s++) {
        w->gradient[s] = aligned_alloc(64, (n_values * sizeof(real) + 63) & ~(size_t)63);
        if (!w->gradient[s]) status_no_memory("gradient shard", n_values * sizeof(real));
    }
}

void workers_done(struct workers *w)
{
    for (int t = 0; t < w->threads; t++) arena_free(w->memory[t]);
    for (size_t s = 0; s < w->shards; s++) free(w->gradient[s]);
    free(w->memory);
    free(w->gradient);
}

static void add_tally(struct tally *to, const struct tally *x)
{
    to->loss += x->loss;
    to->right += x->right;
    to->n += x->n;
    to->auxiliary += x->auxiliary;
    to->answers += x->answers;
    to->answers_right += x->answers_right;
}

static size_t target_rows(const struct model *m, const struct pack *p)
{
    return m->spec.classes ? p->n / model_texts(m) : pack_rows(p);
}

static struct tally train_pack(struct workers *w, const struct model *m, const struct pack *pack, double targets, uint64_t seed,
                               uint64_t step, arena *memory, real *gradient)
{
    const size_t mark = arena_mark(memory);
    tape tp;
    tape_init(&tp, memory, w->kernel, true);
    struct pass p;
    const struct pass_request rq = {.tape = &tp, .pack = pack, .test_length = m->spec.train_length, .seed = seed, .step = step,
                                    .gradients = gradient};
    node *logits = model_logits(m, &rq, &p);
    const size_t rows = target_rows(m, pack);
    unsigned char *right = ARENA_ARRAY(memory, unsigned char, rows);
    node *loss = cross_entropy(&tp, logits, pack->target, NULL, right);
    struct tally t = {.loss = (double)loss->val[0]};
    for (size_t i = 0; i < rows; i++) {
        t.right += right[i];
        t.n += pack->target[i] >= 0;
    }
    const real scale = (real)(1 / targets);
    for (size_t i = 0; i < p.n_aux; i++) { /* weighed like the main loss: per term of the whole batch's targets */
        t.auxiliary += (double)p.aux[i].node->val[0] / p.aux[i].count * t.n;
        *tape_grad(&tp, p.aux[i].node) += (real)(t.n / targets / p.aux[i].count);
    }
    tape_backward(&tp, loss, scale);
    arena_rewind(memory, mark);
    return t;
}

static void note_peak(struct workers *w, const arena *memory, const struct pack *pack)
{
    const size_t peak = arena_peak(memory);
#pragma omp critical(workers_peak)
    if (peak > w->peak_bytes) {
        w->peak_bytes = peak;
        w->peak_rows = pack_rows(pack);
    }
}

struct tally workers_train(struct workers *w, const struct model *m, const struct pack *pack, size_t n_packs, double targets,
                           uint64_t seed, uint64_t step)
{
    struct tally *of = calloc(w->shards, sizeof *of);
    if (!of) status_no_memory("tallies", w->shards * sizeof *of);
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (size_t s = 0; s < w->shards; s++) {
        flush_denormals();
        arena *memory = w->memory[omp_get_thread_num()];
        memset(w->gradient[s], 0, w->n_values * sizeof(real));
        for (size_t p = s; p < n_packs; p += w->shards) {
            arena_reset_peak(memory);
            const struct tally t = train_pack(w, m, &pack[p], targets, seed, step, memory, w->gradient[s]);
            add_tally(&of[s], &t);
            note_peak(w, memory, &pack[p]);
        }
    }
    struct tally sum = {0};
    for (size_t s = 0; s < w->shards; s++) add_tally(&sum, &of[s]);
    free(of);
    return sum;
}

/* Losses of one pack, row by row (or example by example). */
static void evaluate_pack(struct workers *w, const struct model *m, const struct pack *pack, size_t test_length, uint64_t seed,
                          arena *memory, double *row_loss, unsigned char *right)
{
    const size_t mark = arena_mark(memory);
    tape tp;
    tape_init(&tp, memory, w->kernel, false);
    struct pass p;
    const struct pass_request rq = {.tape = &tp, .pack = pack, .test_length = test_length, .seed = seed};
    cross_entropy(&tp, model_logits(m, &rq, &p), pack->target, row_loss, right);
    arena_rewind(memory, mark);
}

static void gather(const struct model *m, const struct pack *pack, const double *row_loss, const unsigned char *right,
                   struct tally *of, struct scores *out)
{
    const size_t n = m->spec.classes ? target_rows(m, pack) : pack->n;
    for (size_t e = 0; e < n; e++) {
        const size_t from = m->spec.classes ? e : pack->offset[e], to = m->spec.classes ? e + 1 : pack->offset[e + 1];
        bool all_right = true; /* of the answer so far */
        of[e] = (struct tally){0};
        for (size_t i = from; i < to; i++) {
            if (pack->target[i] < 0) continue;
            const bool begins = i == from || pack->target[i - 1] < 0, ends = i + 1 == to || pack->target[i + 1] < 0;
            all_right = (begins || all_right) && right[i];
            const struct tally t = {.loss = row_loss[i], .right = right[i], .n = 1, .answers = ends, .answers_right = ends && all_right};
            add_tally(&of[e], &t);
            const size_t b = out->bucket ? (i - from) / out->bucket : 0;
            if (out->bucket && b < out->n_buckets) add_tally(&out->at[b], &t);
        }
    }
}

void workers_evaluate(struct workers *w, const struct model *m, const struct sequence *s, size_t n, size_t pack_rows_wanted,
                      size_t test_length, uint64_t seed, struct scores *out)
{
    arena *layout = arena_new("evaluation");
    for (size_t at = 0; at < n; at += EVALUATE_CHUNK) {
        const size_t count = n - at < EVALUATE_CHUNK ? n - at : EVALUATE_CHUNK;
        const size_t mark = arena_mark(layout);
        size_t n_packs, *first_of;
        struct pack *pack = batch_packs(layout, padded(layout, &m->options, s + at, count), count, pack_rows_wanted, &n_packs, &first_of);
        double **row_loss = ARENA_ARRAY(layout, double *, n_packs);
        unsigned char **right = ARENA_ARRAY(layout, unsigned char *, n_packs);
        for (size_t p = 0; p < n_packs; p++) {
            row_loss[p] = ARENA_ARRAY(layout, double, target_rows(m, &pack[p]));
            right[p] = ARENA_ARRAY(layout, unsigned char, target_rows(m, &pack[p]));
        }
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
        for (size_t p = 0; p < n_packs; p++) {
            flush_denormals();
            arena *memory = w->memory[omp_get_thread_num()];
            arena_reset_peak(memory);
            evaluate_pack(w, m, &pack[p], test_length, seed, memory, row_loss[p], right[p]);
            if (w->shards == 0) note_peak(w, memory, &pack[p]);
        }
        for (size_t p = 0; p < n_packs; p++) /* in order: sums do not depend on who computed what */
            gather(m, &pack[p], row_loss[p], right[p], out->of + (at + first_of[p]) / model_texts(m), out);
        arena_rewind(layout, mark);
    }
    arena_free(layout);
}
