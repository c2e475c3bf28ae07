/* layer.h -- what the textbook versions share: a layer's parameters by name, its options by their text, one projection. */
#ifndef REACH_REF_LAYER_H
#define REACH_REF_LAYER_H

#include "model/model.h"

/* Everything about one layer that a textbook version needs. */
struct ref_layer {
    const struct model *m;
    size_t    number, T, C, H, D;
    ptrdiff_t first;
    bool      causal;
    double    N;             /* training length */
    const double *x;
};

/* A parameter or buffer of the layer's attention, or NULL. */
const double *ref_parameter(const struct ref_layer *l, const char *name);

/* An option of the attention as YAML would print it; "" if it has no such option. */
void ref_option(const struct ref_layer *l, const char *name, char out[256]);
bool ref_option_is(const struct ref_layer *l, const char *name, const char *value);

/* out[d] = (x_i W + b)[h D + d], W and b the parameters `name` and `name`.bias. */
void ref_project(const struct ref_layer *l, const char *name, size_t i, size_t h, double *out);

/* Rotate head vector u as row i, if the model's positions rotate. */
void ref_turn(const struct ref_layer *l, size_t i, double *u);

/* One head of a family in a file of its own: o (T, D). */
void ref_performer_head(const struct ref_layer *l, size_t h, double *o); /* linear.c */
void ref_linear_head(const struct ref_layer *l, size_t h, double *o);

#endif
