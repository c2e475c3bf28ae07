/* linear_problem.h -- heads of linear attention for tests, in random numbers, and the quadratic form of what they compute.
 *
 * The quadratic form is in double whatever `real` is, and loops over pairs of rows:
 *   a_ij = decay^|i-j| q_i . k_j,  num_i = sum_j a_ij v_j + what the state gives,  den likewise with 1 for v
 * A memory written segment by segment has a form of its own.
 */
#ifndef REACH_LINEAR_PROBLEM_H
#define REACH_LINEAR_PROBLEM_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tensor/kernel.h"

struct linear_spec {
    size_t rows, F, Dv;
    enum linear_sight sees;
    int    normalise, with_state, hidden; /* hidden: some rows are not visible */
    double decay;
    size_t segment, bptt;                 /* of a memory, as in kernel.h */
    int    delta;
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
        .segment = s->segment, .bptt = s->bptt, .delta = s->delta,
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
    if ((s->sees == LINEAR_CAUSAL && j > i) || (s->hidden && !p->visible[j])) return 0;
    return pow(s->decay, fabs((double)i - (double)j));
}

static inline struct linear_wanted linear_wanted_new(const struct linear_spec *s)
{
    const size_t n = s->rows, F = s->F, E = s->Dv + 1;
    return (struct linear_wanted){linear_zeros(n * s->Dv), linear_zeros(n * F), linear_zeros(n * F), linear_zeros(n * s->Dv),
                                  linear_zeros(F * E),     linear_zeros(F * E)};
}

/* ---- a memory written segment by segment, without a state: each read is a sum over the rows of earlier segments ---- */

struct linear_memory {
    const struct linear_problem *p;
    size_t n, F, E, length, segments;  /* E: Dv + 1; length: of a segment */
    double *q, *k, *u;                 /* tight; k and u' = [u, 1] are 0 where a row is no key */
    double *read_q, *read_k;           /* (n, E) what queries and, by the delta rule, keys read, with its denominator */
    double *dn_q, *dn_k;               /* gradients of them */
    double *dk, *du;
    size_t *uncut;                     /* state before segment t: states uncut[t] .. t pass gradients on */
};

static inline double linear_dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

static inline void linear_add(size_t n, double a, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static inline size_t linear_segment_start(const struct linear_memory *m, size_t row) { return row / m->length * m->length; }

/* to (E) = S^T x with the state before `row`'s segment. */
static inline void linear_read(const struct linear_memory *m, size_t row, const double *x, double *to)
{
    memset(to, 0, m->E * sizeof *to);
    for (size_t f = 0; f < m->F && m->p->spec.with_state; f++)
        for (size_t e = 0; e < m->E; e++) to[e] += x[f] * (double)m->p->state_in[f * m->E + e];
    for (size_t j = 0; j < linear_segment_start(m, row); j++)
        linear_add(m->E, linear_dot(m->F, x, m->k + j * m->F), m->u + j * m->E, to);
}

/* The gradient dn (E) of such a read: to x always, to what it has read where the state passes it on. */
static inline void linear_read_backward(const struct linear_memory *m, size_t row, const double *x, const double *dn, double *dx,
                                        double *d_state_in)
{
    const size_t first = m->uncut[row / m->length];
    for (size_t f = 0; f < m->F && m->p->spec.with_state; f++) {
        for (size_t e = 0; e < m->E; e++) {
            dx[f] += dn[e] * (double)m->p->state_in[f * m->E + e];
            if (first == 0) d_state_in[f * m->E + e] += x[f] * dn[e];
        }
    }
    for (size_t j = 0; j < linear_segment_start(m, row); j++) {
        const double a = linear_dot(m->F, x, m->k + j * m->F), da = linear_dot(m->E, dn, m->u + j * m->E);
        linear_add(m->F, da, m->k + j * m->F, dx);
        if (j / m->length + 1 < first) continue; /* the state behind j's segment is behind a cut */
        linear_add(m->F, da, x, m->dk + j * m->F);
        linear_add(m->E, a, dn, m->du + j * m->E);
    }
}

/* d (E) becomes the gradient of num and den, from that of num / den. */
static inline void linear_quotient_backward(size_t Dv, const double *read, double *d)
{
    const double by = read[Dv] > 1e-15 ? 1 / read[Dv] : 0;
    d[Dv] = -linear_dot(Dv, d, read) * by * by;
    for (size_t e = 0; e < Dv; e++) d[e] *= by;
}

static inline struct linear_wanted linear_want_memory(const struct linear_problem *p)
{
    const struct linear_spec *s = &p->spec;
    const size_t n = s->rows, F = s->F, Dv = s->Dv, E = Dv + 1, length = s->segment ? s->segment : n, segments = (n + length - 1) / length;
    struct linear_wanted w = linear_wanted_new(s);
    struct linear_memory m = {p, n, F, E, length, segments, linear_zeros(n * F), linear_zeros(n * F), linear_zeros(n * E), linear_zeros(n * E),
                              linear_zeros(n * E), linear_zeros(n * E), linear_zeros(n * E), w.dk, linear_zeros(n * E),
                              malloc((segments + 1) * sizeof(size_t))};
    for (size_t t = 0; t <= segments; t++) {
        const bool cut = s->segment && t < segments && (s->bptt == 0 || (t > 0 && t % s->bptt == 0));
        m.uncut[t] = cut ? t + 1 : t > 0 ? m.uncut[t - 1] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < F; f++) m.q[i * F + f] = (double)p->q[i * p->head.q_stride + f];
        linear_read(&m, i, m.q + i * F, m.read_q + i * E);
        const double den = m.read_q[i * E + Dv], by = !s->normalise ? 1 : den > 1e-15 ? 1 / den : 0;
        for (size_t e = 0; e < Dv; e++) w.out[i * Dv + e] = m.read_q[i * E + e] * by;
        if (s->hidden && !p->visible[i]) continue;
        for (size_t f = 0; f < F; f++) m.k[i * F + f] = (double)p->k[i * p->head.k_stride + f];
        if (s->delta) linear_read(&m, i, m.k + i * F, m.read_k + i * E);
        const double held = m.read_k[i * E + Dv] > 1e-15 ? 1 / m.read_k[i * E + Dv] : 0;
        for (size_t e = 0; e < Dv; e++) m.u[i * E + e] = (double)p->v[i * p->head.v_stride + e] - held * m.read_k[i * E + e];
        m.u[i * E + Dv] = 1;
    }
    for (size_t f = 0; f < F && s->with_state; f++) { /* the state that comes out */
        for (size_t e = 0; e < E; e++) {
            const double d = (double)p->d_state_out[f * E + e];
            double sum = (double)p->state_in[f * E + e];
            if (m.uncut[segments] == 0) w.d_state_in[f * E + e] += d;
            for (size_t i = 0; i < n; i++) {
                sum += m.k[i * F + f] * m.u[i * E + e];
                if (i / length + 1 < m.uncut[segments]) continue;
                m.du[i * E + e] += d * m.k[i * F + f];
                m.dk[i * F + f] += d * m.u[i * E + e];
            }
            w.state_out[f * E + e] = sum;
        }
    }
    for (size_t i = n; i-- > 0;) { /* all that reads row i is done */
        for (size_t e = 0; e < Dv; e++) m.dn_q[i * E + e] = (double)p->d_out[i * p->head.out_stride + e];
        if (s->normalise) linear_quotient_backward(Dv, m.read_q + i * E, m.dn_q + i * E);
        linear_read_backward(&m, i, m.q + i * F, m.dn_q + i * E, w.dq + i * F, w.d_state_in);
        if (s->hidden && !p->visible[i]) {
            memset(w.dk + i * F, 0, F * sizeof *w.dk);
            continue;
        }
        for (size_t e = 0; e < Dv; e++) w.dv[i * Dv + e] = m.du[i * E + e], m.dn_k[i * E + e] = -m.du[i * E + e];
        if (!s->delta) continue;
        linear_quotient_backward(Dv, m.read_k + i * E, m.dn_k + i * E);
        linear_read_backward(&m, i, m.k + i * F, m.dn_k + i * E, w.dk + i * F, w.d_state_in);
    }
    free(m.q), free(m.k), free(m.u), free(m.read_q), free(m.read_k), free(m.dn_q), free(m.dn_k), free(m.du), free(m.uncut);
    return w;
}

static inline struct linear_wanted linear_want(const struct linear_problem *p)
{
    const struct linear_spec *s = &p->spec;
    if (s->sees == LINEAR_MEMORY) return linear_want_memory(p);
    const struct linear_head *h = &p->head;
    const size_t n = s->rows, F = s->F, E = s->Dv + 1;
    struct linear_wanted w = linear_wanted_new(s);
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

/* Memories in segments: length x rule x cuts x state. */
static inline void linear_each_memory(linear_try *try, const void *about)
{
    static const size_t rows[] = {1, 2, 65, 130, 200}, widths[][2] = {{5, 3}, {16, 32}, {33, 17}};
    static const size_t lengths[] = {1, 2, 7, LINEAR_CHUNK - 1, LINEAR_CHUNK, LINEAR_CHUNK + 1, 0}, bptt[] = {0, 1, 2, SIZE_MAX};
    for (size_t r = 0; r < 5; r++) {
        for (size_t w = 0; w < 3; w++) {
            for (size_t kind = 0; kind < 7 * 4 * 4; kind++) {
                const size_t length = lengths[kind % 7];
                const struct linear_spec s = {.rows = rows[r], .F = widths[w][0], .Dv = widths[w][1], .sees = LINEAR_MEMORY, .decay = 1,
                                              .segment = length ? length : rows[r], .bptt = bptt[kind / 7 % 4], .delta = kind / 28 & 1,
                                              .with_state = kind / 56, .normalise = (kind + w + r) % 3 != 0, .hidden = (kind + w) % 2};
                try(&s, about);
            }
        }
    }
}

#endif
