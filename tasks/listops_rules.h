/* listops_rules.h -- what ListOps scores are worth: guesses that look at the root and little more.
 *
 *   commonest label     the commonest label of the training part
 *   root operator       the commonest training label among expressions with this root operator
 *   depth 1             the root operator applied to those of its arguments that are digits; operators among them are
 *                       left out.  Without any digit: as "root operator"
 *   depth 2             the root operator applied to its digits and to what "depth 1" gives for each of its arguments
 *                       that is an operator; one without any digit of its own is left out.  Without anything: as
 *                       "root operator"
 *
 * The first two have a loss too: the frequencies of the training part, each label counted once more than seen.
 */
#ifndef REACH_LISTOPS_RULES_H
#define REACH_LISTOPS_RULES_H

#include "tasks/listops_set.h"

#define LISTOPS_RULES 4

/* Fill out[0..LISTOPS_RULES-1] for split s. */
void listops_rules(const struct listops_set *set, enum split s, struct predictor out[LISTOPS_RULES]);

#endif
