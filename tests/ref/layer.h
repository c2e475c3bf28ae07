/* layer.h -- what the textbook versions of attentions share: one layer's parameters, options and positions. */
#ifndef REACH_REF_LAYER_H
#define REACH_REF_LAYER_H

#include "model/model.h"

/* Everything about one layer that a textbook version needs. */
struct layer {
    const struct model *m;
    size_t    number, T, C, H, D;
    ptrdiff_t first;
    bool      causal;
    double    N;             /* training length */
    const double *x;
};

/* A parameter or buffer of the layer, or one that all layers share; NULL if there is none. */
const double *ref_parameter(const struct layer *l, const char *name);

/* The attention's option as text, as a number, item i of a list (and how many it has), or compared with a word. */
void   ref_option(const struct layer *l, const char *name, char out[256]);
double ref_number(const struct layer *l, const char *name);
double ref_item(const struct layer *l, const char *name, size_t i, size_t *n);
bool   ref_option_is(const struct layer *l, const char *name, const char *value);

/* out[d] = (x_i W + b)[h D + d] for the weight `name` and, if there is one, name.bias. */
void ref_project(const struct layer *l, const char *name, size_t i, size_t h, double *out);

/* The position scheme: u rotated as row i's; what it adds to the score of (i, j). */
void   ref_turn(const struct layer *l, size_t i, double *u);
double ref_position_bias(const struct layer *l, size_t h, size_t i, size_t j);

/* Rows of one head: (T, D), to be freed. */
double *ref_rows(const struct layer *l, const char *name, size_t h, bool turned);

/* out (D) = sum_j softmax(s)_j v_j over n scores, of which -inf is not seen; s is used up. */
void ref_softmax_sum(size_t n, double *s, const double *v, size_t D, double *out);

/* One head of an attention: o (T, D). */
void ref_longformer(const struct layer *l, size_t h, double *o);
void ref_local(const struct layer *l, size_t h, double *o);
void ref_linformer(const struct layer *l, size_t h, double *o);
void ref_performer(const struct layer *l, size_t h, double *o);
void ref_linear(const struct layer *l, size_t h, double *o);
void ref_transformer_xl(const struct layer *l, size_t h, double *o);
void ref_compressive(const struct layer *l, size_t h, double *o);
void ref_infini(const struct layer *l, size_t h, double *o);

#endif
