/* sweep_table.h -- a sweep as tables, or as lines of numbers. */
#ifndef REACH_MEASURE_SWEEP_TABLE_H
#define REACH_MEASURE_SWEEP_TABLE_H

#include "measure/sweep.h"
#include "report/grid.h"

/* Text, md, tex, html: variants against lengths, a table per quantity; a variant that refuses is "n/a" with its reason below.
 * csv: a line per variant, length and mode, unrounded (columns: sweep_table.c); an empty field does not exist. */
void sweep_table(FILE *out, const struct sweep *s, enum table_format f, bool color);

/* The lines of csv, below the names of the columns or without them. */
void sweep_csv(FILE *out, const struct sweep *s, bool head);

/* "2 layers, width 64, 2 heads, classifier, 2 threads" */
void sweep_caption(const struct sweep *s, char *out, size_t size);

#endif
