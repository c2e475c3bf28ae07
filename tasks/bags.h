/* bags.h -- a split of texts as bags of symbols: for each example the square root of how often each symbol stands in it, and how many
 * tokens it has.  What order-blind classifiers of texts are trained and scored on; (n, vocabulary + 1) floats.
 */
#ifndef REACH_BAGS_H
#define REACH_BAGS_H

#include "tasks/task.h"

struct bags {
    size_t  n, width; /* examples; vocabulary + 1 */
    float  *feature;  /* (n, width), owned        */
    int    *label;    /* owned                    */
};

/* Of all examples of a split of a TASK_CLASSIFY without pairs, on all threads.  What the task's example says if it fails; then there is
 * nothing to free. */
status bags_make(struct bags *out, const struct task *t, const void *self, enum split s);
void   bags_free(struct bags *b); /* accepts a cleared struct, and clears it */

/* Scores on `scored` of what was learned from `train`: always its commonest label (commonest.h), or a logistic regression (linear_rule.h). */
struct predictor bags_commonest(const struct bags *train, const struct bags *scored, size_t classes);
struct predictor bags_rule(const char *name, const struct bags *train, const struct bags *scored, size_t classes);

#endif
