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
    bool   pairs;           /* a class belongs to two examples */
    size_t layers;
    size_t width, heads;    /* 0: 12, 2 */
};

/* Draw all parameters of a model anew from normal(0, spread), gains around 1. */
void check_draw(struct model *m, double spread, uint64_t seed);

/* A model whose parameters are all drawn anew from normal(0, spread), gains around 1; NULL if the variant refuses
 * (status_message says why). */
struct model *check_model(const struct check_subject *s, struct shape shape, double spread, uint64_t seed);

/* `n` examples of these lengths, and the rows they have. */
struct pack *check_pack(arena *a, size_t n, const size_t *length);

/* One pass through the attention of layer 0, x and y (rows, C).
 * Gradients, overwritten, are of  sum(y dy) + auxiliary_weight * auxiliary. */
struct layer_pass {
    const struct pack *pack;
    bool   training;                /* as training does (dropout aside); always so when gradients are wanted */
    real  *x, *y;                   /* y may be NULL                                                         */
    const real *dy;                 /* NULL: no gradients                                                    */
    real  *dx, *d_parameters;       /* (rows, C) and n_values; either may be NULL                            */
    double auxiliary_weight;
    double auxiliary;               /* out: sum over auxiliary losses of sum / count                         */
    size_t n_auxiliary;             /* out: how many there were                                              */
};
void check_pass(const struct model *m, struct layer_pass *l);

/* The same as it is in tests, y alone; with dy a training pass, and gradients too. */
void check_layer(const struct model *m, const struct pack *p, real *x, real *y, const real *dy, real *dx, real *d_parameters);

/* Loss of the whole model in training on a pack with tokens and targets; d_parameters may be NULL. */
double check_loss(const struct model *m, const struct pack *p, real *d_parameters);

/* Room for the states that n examples leave; none has rows yet. */
struct carried **check_room(arena *a, const struct model *m, size_t n);

/* What first parts of so many random rows leave, example by example (NULL for 0 rows), in the states of layer 0; or, with
 * `whole`, what first parts of random tokens leave in all layers. */
const struct carried *const *check_states(arena *a, struct model *m, size_t n, const size_t *rows, bool training, bool whole, uint64_t seed);

/* Rows of a first part that fills a layer's states (three times what they hold, as rows may be merged); at most 600. */
size_t check_full(const struct model *m);

void check_fill(real *x, size_t n, double spread, uint64_t seed); /* normal numbers */

#endif
