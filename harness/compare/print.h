/* print.h -- a comparison as tables, and the verdict. */
#ifndef REACH_COMPARE_PRINT_H
#define REACH_COMPARE_PRINT_H

#include "compare/pairs.h"
#include "report/grid.h"

/* For each contrast a table of quality; then the effect of the budget, the cost at equal quality, what training takes, and a
 * paragraph of verdict for each.  Where two sides are the same to the last digit only the last two stand.  csv: every number,
 * unrounded (csv.h). */
void compare_print(FILE *out, const struct comparison *c, enum table_format f, bool color);

#endif
