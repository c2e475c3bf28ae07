/* sparse.c -- textbook Longformer and local attention: every pair (i, j) is asked whether it is seen. */
#include <math.h>
#include <stdlib.h>

#include "tests/ref/layer.h"

static double distance(size_t i, size_t j)
{
    return fabs((double)i - (double)j);
}

/* One row over the keys that `seen` allows. */
static void row(const struct layer *l, size_t h, size_t i, const double *q, const double *k, const double *v, const bool *seen, double *out)
{
    double *s = malloc(l->T * sizeof *s);
    if (!s) abort();
    for (size_t j = 0; j < l->T; j++) {
        s[j] = 0;
        for (size_t d = 0; d < l->D; d++) s[j] += q[d] * k[j * l->D + d] / sqrt((double)l->D);
        s[j] = seen[j] ? s[j] + ref_position_bias(l, h, i, j) : -INFINITY;
    }
    ref_softmax_sum(l->T, s, v, l->D, out);
    free(s);
}

static double halved(double w, size_t times)
{
    return times == 0 || w <= 1 ? w : halved(floor(w / 2), times - 1);
}

static double window_of_layer(const struct layer *l)
{
    const size_t above = (size_t)l->m->options.layers - 1 - l->number;
    const double w = ref_number(l, "window");
    return ref_option_is(l, "schedule", "increasing") ? halved(w, above) : ref_option_is(l, "schedule", "decreasing") ? halved(w, l->number) : w;
}

static double dilation_of_head(const struct layer *l, size_t h)
{
    size_t n;
    const double first = ref_item(l, "dilation", 0, &n), own = ref_item(l, "dilation", h, &n);
    if ((double)l->number < ref_number(l, "dilated_from")) return 1;
    return n == 1 ? first : own;
}

void ref_longformer(const struct layer *l, size_t h, double *o)
{
    const size_t T = l->T, D = l->D;
    const double globals = ref_number(l, "global"), w = window_of_layer(l), d = dilation_of_head(l, h);
    const bool own = globals > 0 && ref_option_is(l, "separate", "true");
    double *q = ref_rows(l, "q", h, true), *k = ref_rows(l, "k", h, true), *v = ref_rows(l, "v", h, false);
    double *gq = ref_rows(l, own ? "global.q" : "q", h, true), *gk = ref_rows(l, own ? "global.k" : "k", h, true);
    double *gv = ref_rows(l, own ? "global.v" : "v", h, false);
    bool *seen = malloc(T * sizeof *seen);
    if (!seen) abort();
    for (size_t i = 0; i < T; i++) {
        const bool is_global = (double)i < globals;
        for (size_t j = 0; j < T; j++) {
            const bool in_window = distance(i, j) <= w * d && fmod(distance(i, j), d) == 0;
            seen[j] = (is_global || (double)j < globals || in_window) && (!l->causal || j <= i);
        }
        row(l, h, i, (is_global ? gq : q) + i * D, is_global ? gk : k, is_global ? gv : v, seen, o + i * D);
    }
    free(q), free(k), free(v), free(gq), free(gk), free(gv), free(seen);
}

void ref_local(const struct layer *l, size_t h, double *o)
{
    const size_t T = l->T, D = l->D;
    const double w = ref_number(l, "window"), b = ref_number(l, "block"), back = ref_number(l, "back"), ahead = ref_number(l, "ahead");
    double *q = ref_rows(l, "q", h, true), *k = ref_rows(l, "k", h, true), *v = ref_rows(l, "v", h, false);
    bool *seen = malloc(T * sizeof *seen);
    if (!seen) abort();
    for (size_t i = 0; i < T; i++) {
        for (size_t j = 0; j < T; j++) {
            const double away = floor((double)j / b) - floor((double)i / b); /* blocks */
            seen[j] = ref_option_is(l, "form", "block") ? away >= -back && away <= ahead : distance(i, j) <= w;
            if (l->causal && j > i) seen[j] = false;
        }
        row(l, h, i, q + i * D, k, v, seen, o + i * D);
    }
    free(q), free(k), free(v), free(seen);
}
