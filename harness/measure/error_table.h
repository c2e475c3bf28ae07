/* error_table.h -- distances from softmax attention as tables, or as lines of numbers. */
#ifndef REACH_MEASURE_ERROR_TABLE_H
#define REACH_MEASURE_ERROR_TABLE_H

#include "measure/errors.h"
#include "report/grid.h"

/* Text, md, tex, html: variants against values of the swept option, mean +- sample standard deviation over draws; a table of mean
 * squared errors and one of relative errors.
 * csv: a line per variant and value, unrounded. */
void error_table(FILE *out, const struct errors *e, enum table_format f, bool color);

/* "length 1024, width 16, 1 head, input 1, bidirectional, 15 draws" */
void error_caption(const struct errors *e, char *out, size_t size);

#endif
