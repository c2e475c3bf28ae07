/* probe.h -- one attention layer in isolation, all that goes in and comes out of it: for people who have another version of it.
 *
 *   L = sum(output * d_output),  d_output random; gradients of L in the input and every parameter
 *
 * The input is what the attention sees: no norm before it, no residual around it.  The pass is one of training without
 * dropout.  Auxiliary losses are given, but are no part of L.
 */
#ifndef REACH_CHECK_PROBE_H
#define REACH_CHECK_PROBE_H

#include "check/layer.h"

struct probe_request {
    struct check_subject subject;
    size_t   length, width, heads;   /* length: of the input, and the training length */
    bool     causal, without_state;
    uint64_t seed;
};

struct probe {
    struct probe_request request;
    struct model *model;             /* one layer */
    arena  *memory;
    size_t  first;                   /* position of the input's first row: rows before it left the state */
    real   *x, *y, *dy, *dx, *dp;    /* (T, C); dp: n_values */
    double  auxiliary;
    const struct carried *state_in;  /* n_carry, or NULL: none */
    struct carried *state_out;
};

/* ERR_CONFIG if the variant refuses the settings.  Done accepts a cleared struct. */
status probe_run(const struct probe_request *rq, struct probe *out);
void   probe_done(struct probe *p);

/* Write it as HDF5, whole or not at all; README.md says how it is laid out. */
status probe_write(const struct probe *p, const char *path);

#endif
