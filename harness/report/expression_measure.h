/* expression_measure.h -- the measures that a claim may name, and what its config knows; for the files that parse expressions. */
#ifndef REACH_EXPRESSION_MEASURE_H
#define REACH_EXPRESSION_MEASURE_H

#include "report/expression_scan.h"

struct known {                 /* by a config; everything is borrowed */
    struct yaml_pool    *pool;
    const struct config *config;
    struct words         labels;
    bool                 strict; /* an unknown label is a mistake, as claim and variants come from the same file */
};

/* The labels of the variants of `c`, whatever its budget, for the claim `y`. */
struct known known_by(struct yaml_pool *pool, const struct config *c, const struct yaml *y);

/* The label of a variant, taken into `out`.  ERR_CONFIG if there is none, or one that the config does not have. */
status known_label(const struct known *k, struct scan *in, char *out, size_t size);

/* Whether the config has the task of `s`, or only one that it may be of.  `at`: where the measure stands. */
status known_task(const struct known *k, const struct scan *in, const char *at, const struct score *s);

bool known_word(const struct words *w, const char *word);

struct measure { const char *name; enum quantity what; size_t cost; }; /* cost: as in struct score */

/* One table for configs that train and one for those with `bench:`.  take: what stands in parentheses behind the name. */
struct measures {
    const struct measure *at;
    size_t                n;
    status (*take)(const struct known *k, struct scan *in, const struct measure *m, struct score *out);
};
extern const struct measures measures_of_runs, measures_of_costs;

#endif
