/* table.h -- `reach table`: the scores of a config's runs, beside what needs no attention at all. */
#ifndef REACH_TABLE_H
#define REACH_TABLE_H

#include "config/config.h"
#include "report/grid.h"
#include "report/load.h"
#include "report/reference.h"
#include "report/load.h"

/* Print the table of every task of the config from the files in RESULTS/NAME.
 *
 *   Text, md, tex, html (a fragment of a page): a block per task and kind of test (ordinary and repeated text; windows, last block, stride): variants
 *   against window lengths, mean and +- sample standard deviation over seeds, the best of a column marked, trivial
 *   predictors below; then ratios to the loss at the training length and accuracies.  What is missing, unfinished,
 *   diverged, stale or not available is said in notes below, never a number.
 *   A recall task has a block of accuracies and one of losses, a column for each test set, and between them the gate (gate.h)
 *   that says whether they count.
 *   Several classification tasks have one table of all first (matrix.h).  Papers that the config names (reference.h) have their numbers in
 *   columns of their own: beside the accuracies made under the same protocol, and under a text beside ours as ratios; at the end each of
 *   their tables as printed, and what Reach lacks apart.
 *   csv: one line per task, variant, kind and length, unrounded (nats, bits, ratio, accuracy as a share, sd and the half
 *   width of the 95 % t interval of each), then one per trivial predictor, a recall task's gate, averages, and one per number of a paper.
 *
 *   A config that measures (config/measured.h) has the tables of its file instead (measure/sweep_table.h, measure/error_table.h), and papers' as printed.
 *
 *   color    bold by escape sequences (a terminal without NO_COLOR); else a star marks the best
 *
 * ERR_CONFIG or ERR_IO if a paper's file is not right.  ERR_DATA if no run of the config has a result that can be used (the reasons are printed to `out`). */
status report_table(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color);

/* Its parts, in their order, for what puts other things between them; `papers` may be NULL.
 * All classification tasks in one (nothing if there are not several); one task: caption, tables, notes (`anchor`: HTML, as in grid.h);
 * papers' tables as printed. */
void table_matrix(FILE *out, const struct collection *c, const struct references *papers, enum table_format f);
void table_task(FILE *out, const struct collection *c, const struct references *papers, size_t task, enum table_format f, const char *anchor);
void table_papers(FILE *out, const struct collection *c, const struct references *papers, enum table_format f);

/* Whether `out` is a terminal and the environment has no NO_COLOR. */
bool table_color(FILE *out);

/* "text" "md" "csv" "tex" "html"; ERR_CONFIG with the known words. */
status table_format_find(const char *word, enum table_format *out);

#endif
