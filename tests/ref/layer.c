/* layer.c -- parameters by name, options by their printed text, positions by their formulas. */
#include "tests/ref/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double *values_called(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->n_parameters; i++)
        if (strcmp(m->parameter[i].name, name) == 0)
            return (const double *)((m->parameter[i].buffer ? m->buffers : m->values) + m->parameter[i].offset);
    return NULL;
}

const double *ref_parameter(const struct layer *l, const char *name)
{
    char own[128], shared[128];
    snprintf(own, sizeof own, "layer %zu.attention.%s", l->number, name);
    snprintf(shared, sizeof shared, "attention.%s", name);
    const double *w = values_called(l->m, own);
    return w ? w : values_called(l->m, shared);
}

static void option_of(const struct option *table, const void *options, const char *name, char out[256])
{
    strcpy(out, "");
    const struct option *o = option_find(table, name);
    if (o) option_print(o, options, out, 256);
}

void ref_option(const struct layer *l, const char *name, char out[256])
{
    option_of(l->m->spec.attention->options, l->m->spec.attention_options, name, out);
}

double ref_number(const struct layer *l, const char *name)
{
    char text[256];
    ref_option(l, name, text);
    return atof(text);
}

double ref_item(const struct layer *l, const char *name, size_t i, size_t *n)
{
    char text[256];
    double at[64] = {0};
    *n = 0;
    ref_option(l, name, text);
    for (char *word = strtok(text, "[, ]"); word; word = strtok(NULL, "[, ]")) at[(*n)++] = atof(word);
    return at[i];
}

bool ref_option_is(const struct layer *l, const char *name, const char *value)
{
    char text[256];
    ref_option(l, name, text);
    return strcmp(text, value) == 0;
}

static bool position_is(const struct layer *l, const char *name)
{
    return strcmp(l->m->spec.position->name, name) == 0;
}

void ref_project(const struct layer *l, const char *name, size_t i, size_t h, double *out)
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

void ref_turn(const struct layer *l, size_t i, double *u)
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

double ref_position_bias(const struct layer *l, size_t h, size_t i, size_t j)
{
    return position_is(l, "alibi") ? -alibi_slope(h, l->H) * fabs((double)i - (double)j) : 0;
}

double *ref_rows(const struct layer *l, const char *name, size_t h, bool turned)
{
    double *rows = malloc(l->T * l->D * sizeof *rows);
    if (!rows) abort();
    for (size_t i = 0; i < l->T; i++) {
        ref_project(l, name, i, h, rows + i * l->D);
        if (turned) ref_turn(l, i, rows + i * l->D);
    }
    return rows;
}

void ref_softmax_sum(size_t n, double *s, const double *v, size_t D, double *out)
{
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < n; j++)
        if (s[j] > most) most = s[j];
    for (size_t d = 0; d < D; d++) out[d] = 0;
    if (most == -INFINITY) return;
    for (size_t j = 0; j < n; j++) sum += s[j] = exp(s[j] - most);
    for (size_t j = 0; j < n; j++)
        for (size_t d = 0; d < D; d++) out[d] += s[j] / sum * v[j * D + d];
}
