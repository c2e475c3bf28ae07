/* compressive.h -- textbook Compressive Transformer: one segment after another, with its memories in plain arrays. */
#ifndef REACH_REF_COMPRESSIVE_H
#define REACH_REF_COMPRESSIVE_H

#include "tests/ref/layer.h"

struct ref_memory {
    size_t  n_memory, n_compressed;
    double *memory, *compressed;       /* (rows, C), to be freed; NULL: none                                */
    double *weight, *queries;          /* per row of memory: summed over queries, mean of heads; how many   */
};

/* Sums over all updates of the window, and how many numbers they are of. */
struct ref_losses {
    double auto_encoding, reconstruction, encoded, reconstructed;
};

/* All heads of one window: o (T, H D).  `state` goes from window to window, and starts as {0}. */
void ref_compressive_window(const struct layer *l, bool training, struct ref_memory *state, double *o, struct ref_losses *losses);
void ref_memory_free(struct ref_memory *state);

#endif
