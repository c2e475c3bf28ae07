/* approximate.h -- how far an attention's output is from that of softmax attention with the same parameters.
 *
 * Choromanski et al., "Rethinking Attention with Performers", arXiv:2009.14794, figure 4, for any attention that has the parameters of
 * vanilla.  With y the output of one layer of it and z that of vanilla without positions, both (T, C), for one input x:
 *
 *   mse = mean of (y - z)^2,  relative error = mse / mean of z^2
 *
 * x ~ normal(0, input), weights ~ normal(0, 1 / sqrt(C)), so that q, k and v have about the deviation of x.  Draw i has a seed of its
 * own, from (seed, i) alone: parameters, input and what the attention draws for itself (random features) come from that, the first
 * two alike for all variants and values.  The layer is what the model's block wraps: no norm before it, no residual around it.
 *
 * Time O(T^2 C) a draw for the exact output, memory O(T C): no n x n matrix.  The same bits for any number of threads, as a draw is
 * computed by one.
 */
#ifndef REACH_CHECK_APPROXIMATE_H
#define REACH_CHECK_APPROXIMATE_H

#include "base/progress.h"
#include "config/approximation.h"
#include "store/errors.h"

/* Fill `out`, which is empty, with its rows, in the order variant, value, draw.  ERR_CONFIG, before anything is measured, if an
 * attention refuses its settings or has other parameters than vanilla; ERR_STOPPED if a signal asked for it. */
status approximate(const struct approximation_plan *a, int threads, struct progress *progress, struct frame *out);

#endif
