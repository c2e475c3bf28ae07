/* optimizer.h -- one update of all parameters from the shards of a gradient.
 *
 * Adam: Kingma and Ba, arXiv:1412.6980, alg. 1 (decay, if any, is added to the clipped gradient).
 * AdamW: Loshchilov and Hutter, arXiv:1711.05101, alg. 2 (decoupled decay).
 *
 * Shards are summed in a fixed tree and norms in fixed chunks, so the result does not depend on the number of threads.
 */
#ifndef REACH_OPTIMIZER_H
#define REACH_OPTIMIZER_H

#include "model/model.h"
#include "train/options.h"

struct optimizer {
    const struct train_options *options;
    struct model        *model;
    const struct kernel *kernel;
    real *first, *second;        /* Adam's m and v, n_values each, owned */
    struct chunk { size_t at, n; double rate, decay; } *chunk;
    size_t n_chunks;
};

void optimizer_init(struct optimizer *z, const struct train_options *o, struct model *m, const struct kernel *k);
void optimizer_done(struct optimizer *z);

/* Sum shard[0..n_shards-1] into shard[0], clip, update.  t: number of this step, from 1.
 * Returns the gradient's norm before clipping; if it is not finite nothing is updated. */
double optimizer_step(struct optimizer *z, real *const *shard, size_t n_shards, int64_t t, int64_t steps, int threads);

#endif
