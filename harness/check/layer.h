/* layer.h -- one layer, or one small model, in isolation: what the checks are made of.  Double build only. */
#ifndef REACH_CHECK_LAYER_H
#define REACH_CHECK_LAYER_H

#include "check/check.h"
#include "model/model.h"

struct shape { /* of the models that checks build */
    bool   causal;
    int    norm;            /* enum model_norm */
    size_t train_length;
    size_t classes;         /* 0: language model */
    size_t layers;
};

/* A model of width 12 with 2 heads of 6 whose parameters are all drawn anew from normal(0, spread), gains around 1; NULL if
 * the variant refuses (status_message says why). */
struct model *check_model(const struct check_subject *s, struct shape shape, double spread, uint64_t seed);

/* `n` examples of these lengths, and the rows they have. */
struct pack *check_pack(arena *a, size_t n, const size_t *length);

/* y = attention(x) of layer 0; with dy: dx and d_parameters (n_values) too, overwritten. */
void check_layer(const struct model *m, const struct pack *p, real *x, real *y, const real *dy, real *dx, real *d_parameters);

/* Loss of the whole model on a pack with tokens and targets; d_parameters may be NULL. */
double check_loss(const struct model *m, const struct pack *p, real *d_parameters);

void check_fill(real *x, size_t n, double spread, uint64_t seed); /* normal numbers */

#endif
