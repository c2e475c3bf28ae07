/* measured.h -- what configs share that measure something and train nothing: `bench:` (cost.h) and `approximation:`
 * (approximation.h).
 *
 * They have a section of their own beside model and variants, take nothing of training and have no runs: `reach run` writes one file.
 */
#ifndef REACH_CONFIG_MEASURED_H
#define REACH_CONFIG_MEASURED_H

#include "config/plan.h"

struct measured_variant {
    const struct variant_entry *entry;
    struct model_options model;
};

struct measured_plan {
    const char *key;              /* of the section: "bench"                                       */
    const char *what;             /* "measures costs"                                              */
    const char *length;           /* what it has instead of the lengths of tests: "bench.lengths"  */
    const char *real;             /* of the numbers it computes with                               */
    const char *file;             /* "cost.h5"                                                     */
    bool        papers, claims;   /* `reference`, `claims` are allowed                             */
    const struct option *table;   /* of the section                                                */
    const void *options;
    struct model_options model;   /* of variants that say nothing of it; begins as the caller has it */
    size_t n;
    struct measured_variant *variant;
    const char *swept;            /* the option of `sweep` and its values, ascending; NULL: none   */
    struct real_list value;
};

/* Fill model and variants from the plan, which has its root and its variants, and refuse what does not belong here; the caller has
 * filled the rest.  ERR_CONFIG with place and sentence. */
status measured_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, struct measured_plan *m);

/* The resolved settings as YAML that config_read would accept; malloc'd, the caller frees it. */
char *measured_print(const struct measured_plan *m);

/* 32 hex digits: hash of everything but the machine that decides what is measured: these settings, the variants' sources, the
 * engine's version text and its `real`. */
void measured_id(const struct measured_plan *m, char out[33]);

#endif
