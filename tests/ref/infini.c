/* infini.c -- textbook Infini-attention: softmax over the row's segment; memory as sums over all earlier keys, or, by the delta
 * rule, as the matrix that the paper updates. */
#include <math.h>
#include <stdlib.h>

#include "tests/ref/layer.h"

static void feature_map(double *u, size_t n)
{
    for (size_t c = 0; c < n; c++) u[c] = u[c] > 0 ? u[c] + 1 : exp(u[c]);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t c = 0; c < n; c++) sum += a[c] * b[c];
    return sum;
}

/* out = sum over j < before of (u . fk_j) v_j, divided by the sum of (u . fk_j). */
static void read_sums(const struct layer *l, const double *u, const double *fk, const double *v, size_t before, double *out)
{
    double sum = 0;
    for (size_t d = 0; d < l->D; d++) out[d] = 0;
    for (size_t j = 0; j < before; j++) {
        const double a = dot(u, fk + j * l->D, l->D);
        sum += a;
        for (size_t d = 0; d < l->D; d++) out[d] += a * v[j * l->D + d];
    }
    for (size_t d = 0; d < l->D && before; d++) out[d] /= sum;
}

/* out = u^T M / (u . z); M (D, D). */
static void read_matrix(const struct layer *l, const double *u, const double *M, const double *z, double *out)
{
    const double den = dot(u, z, l->D);
    for (size_t d = 0; d < l->D; d++) {
        out[d] = 0;
        for (size_t f = 0; f < l->D; f++) out[d] += u[f] * M[f * l->D + d];
        out[d] = den > 0 ? out[d] / den : 0;
    }
}

/* M and z behind rows begin .. end - 1, one key at a time, with retrievals from what was there before all of them. */
static void write_delta(const struct layer *l, const double *fk, const double *v, size_t begin, size_t end, double *M, double *z)
{
    const size_t D = l->D;
    double *add = calloc(D * D, sizeof *add), *held = malloc(D * sizeof *held);
    if (!add || !held) abort();
    for (size_t j = begin; j < end; j++) {
        read_matrix(l, fk + j * D, M, z, held);
        for (size_t f = 0; f < D; f++)
            for (size_t d = 0; d < D; d++) add[f * D + d] += fk[j * D + f] * (v[j * D + d] - held[d]);
    }
    for (size_t i = 0; i < D * D; i++) M[i] += add[i];
    for (size_t j = begin; j < end; j++)
        for (size_t f = 0; f < D; f++) z[f] += fk[j * D + f];
    free(add), free(held);
}

void ref_infini(const struct layer *l, size_t h, double *o)
{
    const size_t T = l->T, D = l->D;
    size_t n = (size_t)ref_number(l, "segment");
    if (n == 0) n = l->N < 4 ? 1 : (size_t)(l->N / 4);
    const bool delta = ref_option_is(l, "update", "delta");
    const double gate = 1 / (1 + exp(-ref_parameter(l, "beta")[h]));
    double *q = ref_rows(l, "q", h, true), *k = ref_rows(l, "k", h, true), *v = ref_rows(l, "v", h, false);
    double *fq = ref_rows(l, "q", h, false), *fk = ref_rows(l, "k", h, false);
    double *M = calloc(D * D, sizeof *M), *z = calloc(D, sizeof *z), *s = malloc(T * sizeof *s), *mem = malloc(D * sizeof *mem);
    if (!M || !z || !s || !mem) abort();
    feature_map(fq, T * D), feature_map(fk, T * D);
    for (size_t i = 0; i < T; i++) {
        const size_t begin = i - i % n, end = begin + n < T ? begin + n : T;
        if (i == begin && i > 0 && delta) write_delta(l, fk, v, begin - n, begin, M, z);
        for (size_t j = 0; j < T; j++) {
            const bool seen = j >= begin && (l->causal ? j <= i : j < end);
            s[j] = seen ? dot(q + i * D, k + j * D, D) / sqrt((double)D) + ref_position_bias(l, h, i, j) : -INFINITY;
        }
        ref_softmax_sum(T, s, v, D, o + i * D);
        if (delta) read_matrix(l, fq + i * D, M, z, mem);
        else read_sums(l, fq + i * D, fk, v, begin, mem);
        for (size_t d = 0; d < D; d++) o[i * D + d] = gate * mem[d] + (1 - gate) * o[i * D + d];
    }
    free(q), free(k), free(v), free(fq), free(fk), free(M), free(z), free(s), free(mem);
}
