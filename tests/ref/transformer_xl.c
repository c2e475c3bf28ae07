/* transformer_xl.c -- textbook Transformer-XL: each pair's four score terms from the paper's formula. */
#include <math.h>
#include <stdlib.h>

#include "tests/ref/layer.h"

static double chosen(const struct layer *l, const char *test, const char *train, double unset)
{
    return ref_number(l, test) > unset ? ref_number(l, test) : ref_number(l, train);
}

/* r (D) = R_distance W_r of head h. */
static void relative(const struct layer *l, size_t h, double distance, double *r)
{
    const double *W = ref_parameter(l, "r"), clamp = ref_number(l, "clamp");
    if (clamp > 0 && fabs(distance) > clamp) distance = distance < 0 ? -clamp : clamp;
    for (size_t d = 0; d < l->D; d++) {
        r[d] = 0;
        for (size_t c = 0; c < l->C; c++) {
            const double angle = distance / pow(10000, 2 * floor((double)c / 2) / (double)l->C);
            r[d] += (c % 2 ? cos(angle) : sin(angle)) * W[c * l->H * l->D + h * l->D + d];
        }
    }
}

static double score(const struct layer *l, size_t h, const double *q, const double *k, const double *r)
{
    const double *u = ref_parameter(l, "bias_u") + h * l->D, *v = ref_parameter(l, "bias_v") + h * l->D;
    double content = 0, position = 0, global_content = 0, global_position = 0;
    for (size_t d = 0; d < l->D; d++) {
        content += q[d] * k[d];
        position += q[d] * r[d];
        global_content += u[d] * k[d];
        global_position += v[d] * r[d];
    }
    return (content + position + global_content + global_position) / sqrt((double)l->D);
}

void ref_transformer_xl(const struct layer *l, size_t h, double *o)
{
    const size_t T = l->T, D = l->D;
    const double m = chosen(l, "test_memory", "memory", -1);
    double n = chosen(l, "test_segment", "segment", 0);
    if (n == 0) n = l->N;
    double *q = ref_rows(l, "q", h, false), *k = ref_rows(l, "k", h, false), *v = ref_rows(l, "v", h, false);
    double *s = malloc(T * sizeof *s), *r = malloc(D * sizeof *r);
    if (!s || !r) abort();
    for (size_t i = 0; i < T; i++) {
        const double begin = floor((double)i / n) * n;
        for (size_t j = 0; j < T; j++) {
            const double distance = (double)i - (double)j;
            bool seen = (double)j >= begin - m && (l->causal ? j <= i : (double)j < begin + n);
            if (ref_option_is(l, "same_length", "true") && distance >= m) seen = false;
            relative(l, h, distance, r);
            s[j] = seen ? score(l, h, q + i * D, k + j * D, r) : -INFINITY;
        }
        ref_softmax_sum(T, s, v, D, o + i * D);
    }
    free(q), free(k), free(v), free(s), free(r);
}
