/* plan.h -- a configuration that has been read but not yet multiplied out: its entries, and which are wanted. */
#ifndef REACH_CONFIG_PLAN_H
#define REACH_CONFIG_PLAN_H

#include "config/entry.h"

struct seed_entry {
    const struct yaml *node;
    int64_t            value;
};

struct plan {
    const struct yaml    *root;
    const struct yaml    *set; /* by --set, in the root too; NULL: nothing */
    struct protocol_choice protocol;
    const struct tune    *tune; /* NULL: nothing is tuned */
    size_t                n_tasks, n_variants, n_seeds;
    struct task_entry    *task;
    struct variant_entry *variant;
    struct seed_entry    *seed;
    bool                 *task_left, *variant_left, *seed_left; /* by --only, one for each entry */
};

/* Fill the three lists of what --only leaves.  ERR_CONFIG if it names what is not there. */
status plan_only(struct yaml_pool *p, const struct config_request *rq, struct plan *plan);

/* Refuse settings of a task and a variant that do not go together; `r` holds them, all but the seed.  Where a variant has no form
 * for the task's direction, r->refused says so. */
status plan_check_pair(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v, struct run *r);

#endif
