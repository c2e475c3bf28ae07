/* linear.c -- textbook Performer and linear transformer: every weight phi(q_i) . phi(k_j) by itself, no stabiliser. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ref/layer.h"

/* o_i = sum_j a_ij v_j / sum_j a_ij with a_ij = decay^|i-j| fq_i . fk_j. */
static void weigh_values(const struct layer *l, size_t h, size_t F, const double *fq, const double *fk, double decay, double *o)
{
    double *v = malloc(l->T * l->D * sizeof *v);
    if (!v) abort();
    for (size_t j = 0; j < l->T; j++) ref_project(l, "v", j, h, v + j * l->D);
    for (size_t i = 0; i < l->T; i++) {
        double sum = 0;
        for (size_t d = 0; d < l->D; d++) o[i * l->D + d] = 0;
        for (size_t j = 0; j < (l->causal ? i + 1 : l->T); j++) {
            double a = 0;
            for (size_t f = 0; f < F; f++) a += fq[i * F + f] * fk[j * F + f];
            a *= pow(decay, fabs((double)i - (double)j));
            sum += a;
            for (size_t d = 0; d < l->D; d++) o[i * l->D + d] += a * v[j * l->D + d];
        }
        for (size_t d = 0; d < l->D; d++) o[i * l->D + d] /= sum;
    }
    free(v);
}

/* Choromanski et al., arXiv:2009.14794, eq. (5), and the ReLU kernel of their appendix. */
static void random_features_of(const struct layer *l, size_t h, size_t F, const double *u, double *out)
{
    const double *w = ref_parameter(l, "features") + h * F * l->D, shrink = pow((double)l->D, -0.25);
    for (size_t f = 0; f < F; f++) {
        double along = 0, square = 0;
        for (size_t d = 0; d < l->D; d++) {
            along += w[f * l->D + d] * u[d] * shrink;
            square += pow(u[d] * shrink, 2);
        }
        out[f] = ref_option_is(l, "kernel", "relu") ? (along > 0 ? along : 0) + 0.001 : exp(along - square / 2);
    }
}

void ref_performer(const struct layer *l, size_t h, double *o)
{
    char text[256];
    ref_option(l, "features", text);
    size_t F = (size_t)atol(text);
    if (F == 0) F = (size_t)((double)l->D * log((double)l->D));
    double *fq = malloc(l->T * F * sizeof *fq), *fk = malloc(l->T * F * sizeof *fk), *u = malloc(l->D * sizeof *u);
    if (!fq || !fk || !u) abort();
    for (size_t i = 0; i < l->T; i++) {
        for (int key = 0; key < 2; key++) {
            ref_project(l, key ? "k" : "q", i, h, u);
            ref_turn(l, i, u);
            random_features_of(l, h, F, u, (key ? fk : fq) + i * F);
        }
    }
    weigh_values(l, h, F, fq, fk, 1, o);
    free(fq), free(fk), free(u);
}

/* Katharopoulos et al., arXiv:2006.16236, eq. (7), (9); decay as in Lightning Attention-2, arXiv:2401.04658. */
void ref_linear(const struct layer *l, size_t h, double *o)
{
    double *fq = malloc(l->T * l->D * sizeof *fq), *fk = malloc(l->T * l->D * sizeof *fk);
    if (!fq || !fk) abort();
    for (size_t i = 0; i < l->T; i++) {
        ref_project(l, "q", i, h, fq + i * l->D);
        ref_project(l, "k", i, h, fk + i * l->D);
    }
    for (size_t i = 0; i < l->T * l->D; i++) {
        fq[i] = fq[i] > 0 ? fq[i] + 1 : exp(fq[i]);
        fk[i] = fk[i] > 0 ? fk[i] + 1 : exp(fk[i]);
    }
    const double slope = ref_option_is(l, "decay", "slopes") ? pow(2, -8.0 * ((double)h + 1) / (double)l->H) : 0;
    weigh_values(l, h, l->D, fq, fk, exp(-slope), o);
    free(fq), free(fk);
}
