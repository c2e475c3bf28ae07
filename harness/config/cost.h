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

#include "config/plan.h"

enum cost_causal { COST_BIDIRECTIONAL, COST_CAUSAL, COST_BOTH };

struct cost_options {
    struct int_list lengths; /* tokens of an example, ascending                                       */
    int64_t rounds;
    double  seconds;         /* of a visit: bench/sweep.h                                             */
    int     causal;          /* enum cost_causal                                                      */
    int64_t batch, tokens;   /* examples of a step; 0: tokens / length, and those 0: sweep_tokens     */
};

extern const struct option cost_option_table[];

struct cost_variant {
    const struct variant_entry *entry;
    struct model_options model;
};

struct cost_plan {
    struct cost_options  options;
    struct model_options model;   /* of variants that say nothing of it */
    size_t n;
    struct cost_variant *variant;
};

/* `plan` has its root and its variants.  ERR_CONFIG with place and sentence. */
status cost_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct cost_plan **out);

/* The resolved settings as YAML that config_read would accept; malloc'd, the caller frees it. */
char *cost_print(const struct cost_plan *c);

/* 32 hex digits: hash of everything but the machine that decides what is measured: these settings, the variants' sources, the
 * engine's version text and its `real`. */
void cost_id(const struct cost_plan *c, char out[33]);

#endif
