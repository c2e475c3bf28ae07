/* cost.h -- the key `bench`: a config that measures what variants cost at several lengths, and trains nothing.
 *
 *   bench: {lengths: [1024, 4096], rounds: 3, causal: both}
 *   model: {width: 64, layers: 2, heads: 2, feed_forward: 128}
 *   variants: [vanilla, performer]        # as ever: options, as, position, model
 *
 * It takes neither tasks nor anything else of training, and has no runs: `reach run` writes RESULTS/NAME/cost.h5.
 */
#ifndef REACH_CONFIG_COST_H
#define REACH_CONFIG_COST_H

#include "config/measured.h"

enum cost_causal { COST_BIDIRECTIONAL, COST_CAUSAL, COST_BOTH };

struct cost_options {
    struct int_list lengths; /* tokens of an example, ascending                                       */
    int64_t rounds;
    double  seconds;         /* of a visit: measure/sweep.h                                             */
    int     causal;          /* enum cost_causal                                                      */
    int64_t batch, tokens;   /* examples of a step; 0: tokens / length, and those 0: sweep_tokens     */
};

extern const struct option cost_option_table[];

struct cost_plan {
    struct measured_plan measured;
    struct cost_options  options;
};

/* `plan` has its root and its variants.  ERR_CONFIG with place and sentence. */
status cost_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct cost_plan **out);

#endif
