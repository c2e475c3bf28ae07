/* attention_problem.h -- random attention problems of every kind, for the tests of both libraries.
 *
 * Rows are `gap` reals longer than their contents; gaps hold a sentinel that nobody may read as a number or change.
 */
#ifndef REACH_ATTENTION_PROBLEM_H
#define REACH_ATTENTION_PROBLEM_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tensor/kernel.h"

#define SENTINEL ((real)-12345)
#define BIASES   17

struct spec {
    const char *what;
    size_t queries, D, Dv, pieces, keys[3];
    ptrdiff_t first, key_first[3];
    struct pattern by[3];
    int    visible, term, gap;
    double rate;
};

/* A learned bias by clipped distance, as T5's; d_bias in double so that its sum is exact enough in both libraries. */
struct bias {
    real   value[BIASES];
    double gradient[BIASES];
};

struct array {
    real  *at;
    size_t rows, cols, stride;
};

/* q, k, v, dq, dk, dv of the pieces, out, lse, d_out. */
struct problem {
    struct attention_head  head;
    struct attention_piece piece[3];
    struct score_term      term;
    struct bias            bias;
    unsigned char         *visible[3];
    struct array q[3], k[3], v[3], dq[3], dk[3], dv[3], out, lse, d_out;
    void *scratch;
};

static inline size_t bias_index(const struct score_tile *at, size_t i, size_t j)
{
    const ptrdiff_t delta = (at->query_position + (ptrdiff_t)(i * at->query_step)) - (at->key_position + (ptrdiff_t)(j * at->key_step));
    return (size_t)((delta < -8 ? -8 : delta > 8 ? 8 : delta) + 8);
}

static inline void bias_add(const struct score_term *t, const struct score_tile *at, real *scores)
{
    const struct bias *b = t->self;
    for (size_t j = 0; j < at->keys; j++)
        for (size_t i = 0; i < at->queries; i++) scores[j * at->stride + i] += b->value[bias_index(at, i, j)];
}

static inline void bias_backward(const struct score_term *t, const struct score_tile *at, const real *d_scores)
{
    struct bias *b = (struct bias *)(uintptr_t)t->self;
    for (size_t j = 0; j < at->keys; j++)
        for (size_t i = 0; i < at->queries; i++) b->gradient[bias_index(at, i, j)] += (double)d_scores[j * at->stride + i];
}

static inline struct array array_new(size_t rows, size_t cols, size_t gap, random_stream *s, double size)
{
    struct array a = {NULL, rows, cols, cols + gap};
    a.at = malloc((rows * a.stride + 1) * sizeof(real));
    if (!a.at) abort();
    for (size_t i = 0; i < rows * a.stride; i++)
        a.at[i] = i % a.stride < cols ? (real)(size * random_normal(s)) : SENTINEL;
    return a;
}

static inline int array_gaps_untouched(const struct array *a)
{
    for (size_t i = 0; i < a->rows * a->stride; i++)
        if (i % a->stride >= a->cols && a->at[i] != SENTINEL) return 0;
    return 1;
}

/* Gradients start at random values, the same for the same spec, so that "+=" is tested too. */
static inline struct problem *problem_new(const struct spec *s, const struct kernel *k)
{
    struct problem *p = calloc(1, sizeof *p);
    if (!p) abort();
    random_stream r = random_stream_of(11, RANDOM_TEST, s->queries * 1000 + s->D, (uint32_t)s->keys[0]);
    const size_t gap = (size_t)s->gap;
    for (int b = 0; b < BIASES; b++) p->bias.value[b] = (real)random_normal(&r);
    p->term = (struct score_term){bias_add, bias_backward, &p->bias};
    for (size_t a = 0; a < s->pieces; a++) {
        p->q[a] = array_new(s->queries, s->D, gap, &r, 1);
        p->k[a] = array_new(s->keys[a], s->D, gap, &r, 1);
        p->v[a] = array_new(s->keys[a], s->Dv, gap, &r, 1);
        p->dq[a] = array_new(s->queries, s->D, gap, &r, 0.1);
        p->dk[a] = array_new(s->keys[a], s->D, gap, &r, 0.1);
        p->dv[a] = array_new(s->keys[a], s->Dv, gap, &r, 0.1);
        if (s->visible) {
            p->visible[a] = malloc(s->keys[a] + 1);
            if (!p->visible[a]) abort();
            for (size_t j = 0; j < s->keys[a]; j++) p->visible[a][j] = random_below(&r, 3) > 0;
        }
        p->piece[a] = (struct attention_piece){
            .q = p->q[a].at, .dq = p->dq[a].at, .q_stride = p->q[a].stride,
            .k = p->k[a].at, .dk = p->dk[a].at, .k_stride = p->k[a].stride,
            .v = p->v[a].at, .dv = p->dv[a].at, .v_stride = p->v[a].stride,
            .keys = s->keys[a], .first = s->key_first[a], .pattern = s->by[a], .visible = p->visible[a],
            .term = s->term ? &p->term : NULL,
        };
    }
    p->out = array_new(s->queries, s->Dv, gap, &r, 1);
    p->d_out = array_new(s->queries, s->Dv, gap, &r, 1);
    p->lse = array_new(s->queries, 1, 0, &r, 1);
    p->head = (struct attention_head){
        .queries = s->queries, .D = s->D, .Dv = s->Dv, .first = s->first, .scale = (real)(0.7 / sqrt((double)s->D)),
        .pieces = s->pieces, .piece = p->piece, .drop = {(real)s->rate, random_key_of(5, RANDOM_DROPOUT, 3, 2)},
        .example_id = 77, .example = 2, .head = 3,
        .out = p->out.at, .out_stride = p->out.stride, .lse = p->lse.at, .d_out = p->d_out.at,
    };
    const size_t bytes = k ? k->attention_scratch(s->D, s->Dv) : 64;
    p->scratch = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!p->scratch) abort();
    return p;
}

static inline void problem_free(struct problem *p)
{
    for (int a = 0; a < 3; a++) {
        free(p->q[a].at), free(p->k[a].at), free(p->v[a].at);
        free(p->dq[a].at), free(p->dk[a].at), free(p->dv[a].at), free(p->visible[a]);
    }
    free(p->out.at), free(p->d_out.at), free(p->lse.at), free(p->scratch), free(p);
}

static inline int problem_gaps_untouched(const struct problem *p)
{
    int ok = array_gaps_untouched(&p->out);
    for (size_t a = 0; a < p->head.pieces; a++)
        ok = ok && array_gaps_untouched(&p->dq[a]) && array_gaps_untouched(&p->dk[a]) && array_gaps_untouched(&p->dv[a]);
    return ok;
}

#define SPEC_FULL   {-PATTERN_FAR, PATTERN_FAR, 1}
#define SPEC_CAUSAL {0, PATTERN_FAR, 1}

/* Every kind once; the tests vary sizes besides. */
static const struct spec specs[] = {
    {"all", 130, 16, 16, 1, {130}, 0, {0}, {SPEC_FULL}, 0, 0, 0, 0},
    {"all, wide", 65, 64, 64, 1, {257}, 0, {0}, {SPEC_FULL}, 0, 0, 0, 0},
    {"causal", 257, 32, 32, 1, {257}, 0, {0}, {SPEC_CAUSAL}, 0, 0, 3, 0},
    {"strictly causal: an empty row", 70, 5, 3, 1, {70}, 0, {0}, {{1, PATTERN_FAR, 1}}, 0, 0, 1, 0},
    {"band", 257, 33, 16, 1, {257}, 0, {0}, {{-20, 20, 1}}, 0, 0, 2, 0},
    {"causal band", 257, 16, 33, 1, {257}, 0, {0}, {{0, 31, 1}}, 0, 0, 0, 0},
    {"dilated", 130, 16, 16, 1, {130}, 0, {0}, {{-30, 30, 3}}, 0, 0, 0, 0},
    {"dilated, shifted", 130, 8, 8, 1, {100}, 17, {-5}, {{0, 60, 7}}, 0, 0, 0, 0},
    {"dilated, keys far away", 5, 8, 8, 1, {100}, 4, {-90}, {{21, 60, 9}}, 0, 0, 0, 0},
    {"dilated, more streams than queries", 6, 8, 8, 1, {40}, 0, {-3}, {{-40, 40, 11}}, 0, 1, 1, 0.2},
    {"dilated, terms and dropout", 150, 16, 16, 1, {150}, 3, {3}, {{-40, 41, 4}}, 1, 1, 2, 0.2},
    {"dilated, dropout, wide steps", 80, 16, 8, 1, {130}, 0, {-50}, {{-100, 50, 19}}, 0, 0, 0, 0.2},
    {"dilated, and all of some", 257, 16, 16, 2, {9, 248}, 0, {0, 9}, {SPEC_FULL, {-20, 20, 2}}, 0, 1, 0, 0.1},
    {"dilated causal, and all of some", 130, 16, 5, 3, {130, 20, 64}, 7, {7, -20, 3}, {{0, 30, 3}, SPEC_FULL, {6, PATTERN_FAR, 3}}, 1, 0, 3, 0},
    {"dilated, beside a band", 130, 16, 16, 2, {130, 130}, 0, {0, 0}, {{-30, 30, 3}, {40, 50, 1}}, 0, 1, 0, 0.1},
    {"two dilations", 130, 16, 16, 2, {130, 130}, 0, {0, 0}, {{-30, 30, 3}, {32, 64, 4}}, 0, 0, 0, 0},
    {"far part alone", 200, 16, 16, 1, {200}, 0, {0}, {{50, PATTERN_FAR, 1}}, 0, 0, 0, 0},
    {"near and far", 200, 16, 16, 2, {200, 200}, 0, {0, 0}, {{0, 49, 1}, {50, PATTERN_FAR, 1}}, 0, 0, 0, 0},
    {"visible", 130, 16, 16, 1, {130}, 0, {0}, {SPEC_FULL}, 1, 0, 0, 0},
    {"visible, causal band", 130, 16, 16, 1, {130}, 0, {0}, {{0, 4, 1}}, 1, 0, 0, 0},
    {"memory and segment", 64, 32, 32, 2, {100, 64}, 100, {0, 100}, {SPEC_CAUSAL, SPEC_CAUSAL}, 0, 0, 0, 0},
    {"three pieces", 65, 32, 32, 3, {31, 77, 65}, 77, {-31, 0, 77}, {SPEC_FULL, {0, 90, 1}, SPEC_CAUSAL}, 1, 1, 4, 0},
    {"term", 130, 32, 32, 1, {130}, 0, {0}, {SPEC_FULL}, 0, 1, 0, 0},
    {"term, causal", 130, 80, 32, 1, {130}, 0, {0}, {SPEC_CAUSAL}, 0, 1, 0, 0},
    {"dropout", 130, 32, 32, 1, {130}, 0, {0}, {SPEC_FULL}, 0, 0, 0, 0.3},
    {"dropout, pieces, term", 65, 16, 33, 3, {13, 50, 65}, 50, {0, 0, 50}, {SPEC_FULL, SPEC_CAUSAL, SPEC_CAUSAL}, 1, 1, 1,
     0.1},
    {"nothing visible", 40, 16, 16, 1, {40}, 0, {100}, {SPEC_CAUSAL}, 0, 1, 0, 0.2},
    {"no keys", 3, 4, 5, 2, {0, 4}, 0, {0}, {SPEC_FULL, SPEC_FULL}, 0, 0, 0, 0},
};
#define SPECS (sizeof specs / sizeof *specs)

static const size_t odd_sizes[] = {1, 2, 5, 31, 33, 64, 65, 130, 257};
static const size_t odd_widths[] = {1, 3, 5, 16, 32, 33, 64, 80};

#endif
