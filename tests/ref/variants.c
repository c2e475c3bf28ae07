/* variants.c -- textbook attentions: vanilla and keynorm here, other families in files of their own. */
#include "tests/ref/variants.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ref/layer.h"

static double log_n_factor(const struct layer *l, size_t i)
{
    if (ref_option_is(l, "log_n", "off") || ref_option_is(l, "log_n", "")) return 1;
    double n = l->causal ? (double)l->first + (double)i + 1 : (double)l->T;
    if (n < 2) n = 2;
    const double t = log(n) / log(l->N > 2 ? l->N : 2);
    return ref_option_is(l, "log_n", "test") && t < 1 ? 1 : t;
}

static double length_of(const double *u, size_t n)
{
    double sum = 1e-12;
    for (size_t d = 0; d < n; d++) sum += u[d] * u[d];
    return sqrt(sum);
}

static void divide(double *u, size_t n, double by)
{
    for (size_t d = 0; d < n; d++) u[d] /= by;
}

/* What the score of (i, j) is multiplied by, and whether q and k are normalised first. */
static double score_factor(const struct layer *l, size_t h, bool *norm_q, bool *norm_k)
{
    *norm_q = *norm_k = false;
    if (strcmp(l->m->spec.attention->name, "vanilla") == 0) return 1 / sqrt((double)l->D);
    *norm_k = !ref_option_is(l, "normalise", "query");
    *norm_q = !ref_option_is(l, "normalise", "key");
    const double *learned = ref_parameter(l, "scale");
    if (learned) return learned[h];
    if (ref_number(l, "scale") > 0) return ref_number(l, "scale");
    return *norm_q && *norm_k ? 4 * log(l->N > 4 ? l->N / 2 : 2) : 1;
}

/* One head: o (T, D). */
static void attend(const struct layer *l, size_t h, double *o)
{
    const size_t T = l->T, D = l->D;
    double *q = malloc(T * D * sizeof *q), *k = malloc(T * D * sizeof *k), *v = malloc(T * D * sizeof *v), *w = malloc(T * sizeof *w);
    bool norm_q, norm_k;
    const double factor = score_factor(l, h, &norm_q, &norm_k);
    for (size_t i = 0; i < T; i++) {
        ref_project(l, "q", i, h, q + i * D);
        ref_project(l, "k", i, h, k + i * D);
        ref_project(l, "v", i, h, v + i * D);
        if (norm_q) divide(q + i * D, D, length_of(q + i * D, D));
        if (norm_k) divide(k + i * D, D, length_of(k + i * D, D));
        ref_turn(l, i, q + i * D);
        ref_turn(l, i, k + i * D);
    }
    for (size_t i = 0; i < T; i++) {
        const size_t seen = l->causal ? i + 1 : T;
        double most = -INFINITY, sum = 0;
        for (size_t j = 0; j < seen; j++) {
            double s = 0;
            for (size_t d = 0; d < D; d++) s += q[i * D + d] * k[j * D + d];
            w[j] = s * factor * log_n_factor(l, i) + ref_position_bias(l, h, i, j);
            if (w[j] > most) most = w[j];
        }
        for (size_t j = 0; j < seen; j++) sum += w[j] = exp(w[j] - most);
        for (size_t d = 0; d < D; d++) {
            o[i * D + d] = 0;
            for (size_t j = 0; j < seen; j++) o[i * D + d] += w[j] / sum * v[j * D + d];
        }
    }
    free(q);
    free(k);
    free(v);
    free(w);
}

static const struct {
    const char *name;
    void (*head)(const struct layer *l, size_t h, double *o);
} textbook[] = {
    {"vanilla", attend},
    {"keynorm", attend},
    {"longformer", ref_longformer},
    {"local", ref_local},
    {"linformer", ref_linformer},
    {"performer", ref_performer},
    {"linear", ref_linear},
    {"transformer_xl", ref_transformer_xl},
    {"compressive", ref_compressive},
    {"infini", ref_infini},
};
#define TEXTBOOKS (sizeof textbook / sizeof *textbook)

static size_t find(const char *name)
{
    size_t i = 0;
    while (i < TEXTBOOKS && strcmp(textbook[i].name, name) != 0) i++;
    return i;
}

bool ref_has_attention(const char *name)
{
    return find(name) < TEXTBOOKS;
}

void ref_attention(const struct model *m, size_t layer, size_t T, ptrdiff_t first, const double *x, double *y)
{
    const struct layer l = {.m = m, .number = layer, .T = T, .C = (size_t)m->options.width, .H = (size_t)m->options.heads,
                            .D = m->head_width, .first = first, .causal = m->causal, .N = (double)m->spec.train_length, .x = x};
    const size_t kind = find(m->spec.attention->name);
    assert(kind < TEXTBOOKS);
    const double *o_weight = ref_parameter(&l, "o"), *o_bias = ref_parameter(&l, "o.bias");
    double *o = malloc(T * l.D * sizeof *o);
    for (size_t i = 0; i < T * l.C; i++) y[i] = o_bias ? o_bias[i % l.C] : 0;
    for (size_t h = 0; h < l.H; h++) {
        textbook[kind].head(&l, h, o);
        for (size_t i = 0; i < T; i++)
            for (size_t d = 0; d < l.D; d++)
                for (size_t c = 0; c < l.C; c++) y[i * l.C + c] += o[i * l.D + d] * o_weight[(h * l.D + d) * l.C + c];
    }
    free(o);
}
