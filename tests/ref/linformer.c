/* linformer.c -- textbook Linformer: the whole matrix E of every form, written out. */
#include <math.h>
#include <stdlib.h>

#include "tests/ref/layer.h"

static size_t slots_of(const struct layer *l)
{
    const size_t k = (size_t)ref_number(l, "k"), stride = (size_t)ref_number(l, "stride");
    if (ref_option_is(l, "projection", "matrix")) return k;
    if (stride) return l->T / stride + (l->T % stride != 0);
    return l->T < k ? l->T : k;
}

/* Does row j belong to slot c of a pool or conv? */
static bool in_slot(const struct layer *l, size_t c, size_t j, size_t slots, size_t *number)
{
    const size_t stride = (size_t)ref_number(l, "stride");
    const size_t from = stride ? c * stride : c * l->T / slots, to = stride ? (c + 1) * stride : (c + 1) * l->T / slots;
    *number = j - from;
    return j >= from && j < to;
}

/* Column c of E (or F) for head h at row j. */
static double entry(const struct layer *l, const double *W, size_t h, size_t c, size_t j, size_t slots)
{
    const bool per_head = ref_option_is(l, "sharing", "none");
    if (ref_option_is(l, "projection", "matrix")) return W[j * slots * (per_head ? l->H : 1) + (per_head ? h * slots : 0) + c];
    size_t t, rows = 0;
    if (!in_slot(l, c, j, slots, &t)) return 0;
    if (ref_option_is(l, "projection", "conv")) return W[t * (per_head ? l->H : 1) + (per_head ? h : 0)];
    for (size_t i = 0; i < l->T; i++) rows += in_slot(l, c, i, slots, &t);
    return 1 / (double)rows;
}

static double *mixed(const struct layer *l, const char *matrix, size_t h, const double *x, size_t slots)
{
    const double *W = ref_parameter(l, matrix);
    const bool largest = ref_option_is(l, "projection", "max_pool");
    double *y = malloc(slots * l->D * sizeof *y);
    if (!y) abort();
    for (size_t c = 0; c < slots; c++) {
        for (size_t d = 0; d < l->D; d++) {
            double sum = 0, most = -INFINITY;
            for (size_t j = 0; j < l->T; j++) {
                size_t t;
                if (!largest) sum += entry(l, W, h, c, j, slots) * x[j * l->D + d];
                else if (in_slot(l, c, j, slots, &t)) most = fmax(most, x[j * l->D + d]);
            }
            y[c * l->D + d] = largest ? most : sum;
        }
    }
    return y;
}

void ref_linformer(const struct layer *l, size_t h, double *o)
{
    const size_t slots = slots_of(l), D = l->D;
    const bool two = ref_option_is(l, "sharing", "none") || ref_option_is(l, "sharing", "heads");
    double *q = ref_rows(l, "q", h, false), *k = ref_rows(l, "k", h, false), *v = ref_rows(l, "v", h, false);
    double *K = mixed(l, "E", h, k, slots), *V = mixed(l, two ? "F" : "E", h, v, slots), *s = malloc(slots * sizeof *s);
    if (!s) abort();
    for (size_t i = 0; i < l->T; i++) {
        for (size_t c = 0; c < slots; c++) {
            s[c] = 0;
            for (size_t d = 0; d < D; d++) s[c] += q[i * D + d] * K[c * D + d] / sqrt((double)D);
        }
        ref_softmax_sum(slots, s, V, D, o + i * D);
    }
    free(q), free(k), free(v), free(K), free(V), free(s);
}
