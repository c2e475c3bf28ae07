/* variants.c -- textbook softmax attentions, and what all textbook versions share. */
#include "variants.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"

const double *ref_parameter(const struct ref_layer *l, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "layer %zu.attention.%s", l->number, name);
    for (size_t i = 0; i < l->m->n_parameters; i++)
        if (strcmp(l->m->parameter[i].name, full) == 0)
            return (const double *)((l->m->parameter[i].buffer ? l->m->buffers : l->m->values) + l->m->parameter[i].offset);
    return NULL;
}

static void option_of(const struct option *table, const void *options, const char *name, char out[256])
{
    strcpy(out, "");
    const struct option *o = option_find(table, name);
    if (o) option_print(o, options, out, 256);
}

void ref_option(const struct ref_layer *l, const char *name, char out[256])
{
    option_of(l->m->spec.attention->options, l->m->spec.attention_options, name, out);
}

bool ref_option_is(const struct ref_layer *l, const char *name, const char *value)
{
    char text[256];
    ref_option(l, name, text);
    return strcmp(text, value) == 0;
}

static bool position_is(const struct ref_layer *l, const char *name)
{
    return strcmp(l->m->spec.position->name, name) == 0;
}

/* out[d] = (x_i W + b)[h D + d] */
void ref_project(const struct ref_layer *l, const char *name, size_t i, size_t h, double *out)
{
    char bias_name[64];
    snprintf(bias_name, sizeof bias_name, "%s.bias", name);
    const double *W = ref_parameter(l, name), *b = ref_parameter(l, bias_name);
    for (size_t d = 0; d < l->D; d++) {
        const size_t col = h * l->D + d;
        out[d] = b ? b[col] : 0;
        for (size_t c = 0; c < l->C; c++) out[d] += l->x[i * l->C + c] * W[c * l->H * l->D + col];
    }
}

void ref_turn(const struct ref_layer *l, size_t i, double *u)
{
    if (!position_is(l, "rope")) return;
    char text[256];
    option_of(l->m->spec.position->options, l->m->spec.position_options, "base", text);
    const double base = atof(text), p = (double)(l->first + (ptrdiff_t)i);
    for (size_t t = 0; t < l->D / 2; t++) {
        const double angle = p * pow(base, -2.0 * (double)t / (double)l->D), a = u[2 * t], b = u[2 * t + 1];
        u[2 * t] = a * cos(angle) - b * sin(angle);
        u[2 * t + 1] = a * sin(angle) + b * cos(angle);
    }
}

static double alibi_slope(size_t h, size_t H)
{
    size_t P = 1;
    while (P * 2 <= H) P *= 2;
    return h < P ? pow(2, -8.0 * ((double)h + 1) / (double)P) : pow(2, -8.0 * (2 * ((double)h - (double)P) + 1) / (2 * (double)P));
}

static double position_bias(const struct ref_layer *l, size_t h, size_t i, size_t j)
{
    return position_is(l, "alibi") ? -alibi_slope(h, l->H) * fabs((double)i - (double)j) : 0;
}

static double log_n_factor(const struct ref_layer *l, size_t i)
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
static double score_factor(const struct ref_layer *l, size_t h, bool *norm_q, bool *norm_k)
{
    *norm_q = *norm_k = false;
    if (strcmp(l->m->spec.attention->name, "vanilla") == 0) return 1 / sqrt((double)l->D);
    *norm_k = !ref_option_is(l, "normalise", "query");
    *norm_q = !ref_option_is(l, "normalise", "key");
    const double *learned = ref_parameter(l, "scale");
    if (learned) return learned[h];
    char text[256];
    ref_option(l, "scale", text);
    if (atof(text) > 0) return atof(text);
    return *norm_q && *norm_k ? 4 * log(l->N > 4 ? l->N / 2 : 2) : 1;
}

/* One head: o (T, D). */
static void softmax_head(const struct ref_layer *l, size_t h, double *o)
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
            w[j] = s * factor * log_n_factor(l, i) + position_bias(l, h, i, j);
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

/* One head of each attention. */
struct textbook {
    const char *attention;
    void (*head)(const struct ref_layer *l, size_t h, double *o); /* o (T, D) */
};
static const struct textbook textbooks[] = {
    {"vanilla", softmax_head}, {"keynorm", softmax_head}, {"performer", ref_performer_head}, {"linear", ref_linear_head}, {NULL, NULL},
};

static const struct textbook *textbook_of(const char *name)
{
    for (const struct textbook *a = textbooks; a->attention; a++)
        if (strcmp(a->attention, name) == 0) return a;
    return NULL;
}

bool ref_has_attention(const char *name)
{
    return textbook_of(name) != NULL;
}

void ref_attention(const struct model *m, size_t layer, size_t T, ptrdiff_t first, const double *x, double *y)
{
    const struct ref_layer l = {.m = m, .number = layer, .T = T, .C = (size_t)m->options.width, .H = (size_t)m->options.heads,
                            .D = m->head_width, .first = first, .causal = m->causal, .N = (double)m->spec.train_length, .x = x};
    const struct textbook *a = textbook_of(m->spec.attention->name);
    assert(a);
    const double *o_weight = ref_parameter(&l, "o"), *o_bias = ref_parameter(&l, "o.bias");
    double *o = malloc(T * l.D * sizeof *o);
    for (size_t i = 0; i < T * l.C; i++) y[i] = o_bias ? o_bias[i % l.C] : 0;
    for (size_t h = 0; h < l.H; h++) {
        a->head(&l, h, o);
        for (size_t i = 0; i < T; i++)
            for (size_t d = 0; d < l.D; d++)
                for (size_t c = 0; c < l.C; c++) y[i * l.C + c] += o[i * l.D + d] * o_weight[(h * l.D + d) * l.C + c];
    }
    free(o);
}
