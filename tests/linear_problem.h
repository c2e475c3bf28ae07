/* linear_problem.h -- heads of linear attention for tests, in random numbers, and the quadratic form of what they compute.
 *
 * The quadratic form is in double whatever `real` is, and loops over pairs of rows:
 *   a_ij = decay^|i-j| q_i . k_j,  num_i = sum_j a_ij v_j + what the state gives,  den likewise with 1 for v
 */
#ifndef REACH_LINEAR_PROBLEM_H
#define REACH_LINEAR_PROBLEM_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tensor/kernel.h"

struct linear_spec {
    size_t rows, F, Dv;
    enum linear_sight sees;
    int    normalise, with_state, hidden; /* hidden: some rows are not visible */
    double decay;
};

/* Arrays have rows a little longer than they need, so that strides are tested. */
struct linear_problem {
    struct linear_spec spec;
    struct linear_head head;
    size_t n_q, n_v, n_state;             /* values of q and k, of v and out, of a state */
    real  *q, *k, *v, *out, *d_out, *dq, *dk, *dv, *state_in, *state_out, *d_state_in, *d_state_out;
    unsigned char *visible;
    void  *scratch;
};

static inline real *linear_numbers(size_t n, double lowest, uint64_t seed)
{
    random_stream s = random_stream_of(seed, RANDOM_TEST, 11, 0);
    real *x = malloc((n + 1) * sizeof *x);
    if (!x) abort();
    for (size_t i = 0; i < n; i++) x[i] = (real)(lowest > 0 ? lowest + random_uniform(&s) : random_normal(&s));
    return x;
}

static inline struct linear_problem *linear_problem_new(const struct linear_spec *s, const struct kernel *k, uint64_t seed)
{
    struct linear_problem *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->spec = *s;
    const size_t wide_q = s->F + 3, wide_v = s->Dv + 2;
    p->n_q = s->rows * wide_q, p->n_v = s->rows * wide_v, p->n_state = s->F * (s->Dv + 1);
    p->q = linear_numbers(p->n_q, 0.05, seed + 1), p->k = linear_numbers(p->n_q, 0.05, seed + 2);
    p->v = linear_numbers(p->n_v, 0, seed + 3), p->out = linear_numbers(p->n_v, 0, seed + 4);
    p->d_out = linear_numbers(p->n_v, 0, seed + 5), p->dq = linear_numbers(p->n_q, 0, seed + 6);
    p->dk = linear_numbers(p->n_q, 0, seed + 7), p->dv = linear_numbers(p->n_v, 0, seed + 8);
    p->state_in = linear_numbers(p->n_state, 0.1, seed + 9), p->state_out = linear_numbers(p->n_state, 0, seed + 10);
    p->d_state_in = linear_numbers(p->n_state, 0, seed + 11), p->d_state_out = linear_numbers(p->n_state, 0, seed + 12);
    p->visible = malloc(s->rows + 1);
    for (size_t i = 0; i < s->rows; i++) p->visible[i] = !s->hidden || (i * i + i / 5) % 3 != 1;
    p->head = (struct linear_head){
        .rows = s->rows, .F = s->F, .Dv = s->Dv, .sees = s->sees, .normalise = s->normalise, .decay = (real)s->decay,
        .q = p->q, .dq = p->dq, .q_stride = wide_q, .k = p->k, .dk = p->dk, .k_stride = wide_q,
        .v = p->v, .dv = p->dv, .v_stride = wide_v, .visible = s->hidden ? p->visible : NULL,
        .state_in = s->with_state ? p->state_in : NULL, .d_state_in = s->with_state ? p->d_state_in : NULL,
        .state_out = s->with_state ? p->state_out : NULL, .d_state_out = s->with_state ? p->d_state_out : NULL,
        .out = p->out, .out_stride = wide_v, .d_out = p->d_out,
    };
    p->head.den = malloc((s->rows + 1) * sizeof(real));
    p->head.states = malloc((k->linear_states(&p->head) + 1) * sizeof(real));
    p->scratch = aligned_alloc(64, (k->linear_scratch(s->F, s->Dv) + 63) / 64 * 64);
    if (!p->head.den || !p->head.states || !p->scratch || !p->visible) abort();
    return p;
}

static inline void linear_problem_free(struct linear_problem *p)
{
    real *const all[] = {p->q, p->k, p->v, p->out, p->d_out, p->dq, p->dk, p->dv, p->state_in, p->state_out, p->d_state_in,
                         p->d_state_out, p->head.den, p->head.states};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    free(p->visible);
    free(p->scratch);
    free(p);
}

/* What forward and backward should give; tight arrays. */
struct linear_wanted {
    double *out, *dq, *dk, *dv, *state_out, *d_state_in;
};

static inline double *linear_zeros(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    if (!x) abort();
    return x;
}

/* How much key j counts for row i; 0: not at all. */
static inline double linear_pair(const struct linear_problem *p, size_t i, size_t j)
{
    const struct linear_spec *s = &p->spec;
    if (s->sees == LINEAR_MEMORY || (s->sees == LINEAR_CAUSAL && j > i) || (s->hidden && !p->visible[j])) return 0;
    return pow(s->decay, fabs((double)i - (double)j));
}

static inline struct linear_wanted linear_want(const struct linear_problem *p)
{
    const struct linear_spec *s = &p->spec;
    const struct linear_head *h = &p->head;
    const size_t n = s->rows, F = s->F, E = s->Dv + 1;
    struct linear_wanted w = {linear_zeros(n * s->Dv), linear_zeros(n * F), linear_zeros(n * F), linear_zeros(n * s->Dv),
                              linear_zeros(F * E),     linear_zeros(F * E)};
    double *num = linear_zeros(E), *dn = linear_zeros(n * E);
#define Q(i, f)  ((double)p->q[(i) * h->q_stride + (f)])
#define K(j, f)  ((double)p->k[(j) * h->k_stride + (f)])
#define V(j, e)  ((e) < s->Dv ? (double)p->v[(j) * h->v_stride + (e)] : 1.0)
#define DN(i, e) dn[(i) * E + (e)]
    for (size_t i = 0; i < n; i++) { /* out, and the gradient of num and den */
        const double reach = pow(s->decay, (double)i + 1), at_end = pow(s->decay, (double)(n - 1 - i));
        for (size_t e = 0; e < E; e++) num[e] = 0;
        for (size_t f = 0; f < F && s->with_state; f++)
            for (size_t e = 0; e < E; e++) num[e] += reach * Q(i, f) * (double)p->state_in[f * E + e];
        for (size_t j = 0; j < n; j++) {
            double a = 0;
            for (size_t f = 0; f < F; f++) a += Q(i, f) * K(j, f);
            a *= linear_pair(p, i, j);
            for (size_t e = 0; e < E; e++) num[e] += a * V(j, e);
        }
        const double by = s->normalise ? num[s->Dv] > 1e-15 ? 1 / num[s->Dv] : 0 : 1;
        for (size_t e = 0; e < s->Dv; e++) {
            const double d = (double)p->d_out[i * h->out_stride + e];
            w.out[i * s->Dv + e] = num[e] * by;
            DN(i, e) = d * by;
            if (s->normalise) DN(i, s->Dv) -= d * num[e] * by * by;
        }
        for (size_t f = 0; f < F && s->with_state && (!s->hidden || p->visible[i]); f++)
            for (size_t e = 0; e < E; e++) w.state_out[f * E + e] += at_end * K(i, f) * V(i, e);
    }
    for (size_t i = 0; i < n; i++) { /* pairs */
        for (size_t j = 0; j < n; j++) {
            const double much = linear_pair(p, i, j);
            double a = 0, da = 0;
            if (much <= 0) continue;
            for (size_t f = 0; f < F; f++) a += much * Q(i, f) * K(j, f);
            for (size_t e = 0; e < E; e++) da += much * DN(i, e) * V(j, e);
            for (size_t e = 0; e < s->Dv; e++) w.dv[j * s->Dv + e] += a * DN(i, e);
            for (size_t f = 0; f < F; f++) w.dq[i * F + f] += da * K(j, f), w.dk[j * F + f] += da * Q(i, f);
        }
    }
    for (size_t f = 0; f < F && s->with_state; f++) { /* state */
        for (size_t e = 0; e < E; e++) {
            const double in = (double)p->state_in[f * E + e], d_end = (double)p->d_state_out[f * E + e];
            const double whole = pow(s->decay, (double)n);
            w.state_out[f * E + e] += whole * in;
            w.d_state_in[f * E + e] += whole * d_end;
            for (size_t i = 0; i < n; i++) {
                const double reach = pow(s->decay, (double)i + 1), at_end = pow(s->decay, (double)(n - 1 - i));
                w.dq[i * F + f] += reach * in * DN(i, e);
                w.d_state_in[f * E + e] += reach * Q(i, f) * DN(i, e);
                if (s->hidden && !p->visible[i]) continue;
                w.dk[i * F + f] += at_end * d_end * V(i, e);
                if (e < s->Dv) w.dv[i * s->Dv + e] += at_end * d_end * K(i, f);
            }
        }
    }
#undef Q
#undef K
#undef V
#undef DN
    free(num), free(dn);
    return w;
}

static inline void linear_wanted_free(struct linear_wanted *w)
{
    free(w->out), free(w->dq), free(w->dk), free(w->dv), free(w->state_out), free(w->d_state_in);
}

/* The cases: one loop over all that can be combined. */
typedef void linear_try(const struct linear_spec *s, const void *about);
static inline void linear_each_spec(linear_try *try, const void *about)
{
    static const size_t rows[] = {1, 2, 7, 63, 64, 65, 130, 257}, widths[][2] = {{5, 3}, {16, 32}, {33, 17}, {1, 1}};
    for (size_t r = 0; r < 8; r++) {
        for (size_t w = 0; w < 4; w++) {
            for (int kind = 0; kind < 40; kind++) { /* sees x decay x normalise x state x hidden */
                static const enum linear_sight sights[] = {LINEAR_CAUSAL, LINEAR_BOTH, LINEAR_CAUSAL, LINEAR_BOTH, LINEAR_MEMORY};
                const struct linear_spec s = {.rows = rows[r], .F = widths[w][0], .Dv = widths[w][1], .sees = sights[kind % 5],
                                              .decay = kind % 5 == 2 || kind % 5 == 3 ? 0.93 : 1, .normalise = kind / 5 & 1,
                                              .with_state = kind / 10 & 1, .hidden = kind / 20};
                try(&s, about);
            }
        }
    }
}

#endif
