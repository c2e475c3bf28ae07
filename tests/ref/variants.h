/* variants.h -- slow textbook versions of attentions, one query and one key at a time.
 *
 * They read a model's parameters by name and its options by their printed text, and share no code with the layers they
 * check.
 */
#ifndef REACH_REF_VARIANTS_H
#define REACH_REF_VARIANTS_H

#include <stdbool.h>

#include "model/model.h"

/* Is there a textbook version of this attention? */
bool ref_has_attention(const char *name);

/* The attention of layer `layer` on one example: x (T, C) -> y (T, C), positions first, first + 1, .. */
void ref_attention(const struct model *m, size_t layer, size_t T, ptrdiff_t first, const double *x, double *y);

#endif
