/* pair_predictors.h -- what comparing two texts by their letters and words alone comes to; no order, no attention.
 *
 *   commonest label      of training
 *   byte cosine          sum_c sqrt(p_c q_c) against a threshold; p, q: the two texts' frequencies of byte c
 *   byte regression      logistic regression on |sqrt p_c - sqrt q_c|, c = 0..255 (linear_rule.h)
 *   word cosine          as byte cosine, with words (runs of letters, capitals as small ones) in 2^14 hashed cells
 *
 * Thresholds and weights are those that do best on the first 4,000 training pairs at most.
 */
#ifndef REACH_PAIR_PREDICTORS_H
#define REACH_PAIR_PREDICTORS_H

#include "tasks/task.h"

/* For tasks of pairs whose ids are bytes plus one and whose classes are 0 and 1, 1 for the alike: fills out[0..3]. */
#define PAIR_PREDICTORS 4
status pair_predictors(const struct task *t, const void *self, enum split s, struct predictor out[PAIR_PREDICTORS]);

#endif
