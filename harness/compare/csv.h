/* csv.h -- every number of a comparison, unrounded, one line each. */
#ifndef REACH_COMPARE_CSV_H
#define REACH_COMPARE_CSV_H

#include <stdio.h>

#include "compare/pairs.h"

/* Columns: task, subject, base, new, what (quality, budget, equal, resource, verdict), place (mode, or share of training, or whose
 * last loss, or the resource), text, length, unit, seeds, base_value, new_value, difference, low, high, would_show, ratio, ratio_low,
 * ratio_high, word, note.  An empty field is a number that does not exist. */
void compare_csv(FILE *out, const struct comparison *c);

#endif
