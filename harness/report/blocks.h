/* blocks.h -- the grids a table is made of. */
#ifndef REACH_BLOCKS_H
#define REACH_BLOCKS_H

#include "report/notes.h"
#include "report/summary.h"

/* Variants against window lengths for one kind of test: bits per byte (texts) or accuracy (sequences).
 * `with_cost`: parameters and speed stand behind them. */
void block_lengths(struct grid *g, const struct task_runs *t, const struct kind *k, bool with_cost, struct notes *notes);

/* The same variants and lengths: loss relative to the training length and accuracy (texts), or loss (sequences). */
void block_relative(struct grid *g, const struct task_runs *t, const struct kind *k, struct notes *notes);

/* Variants against test accuracy, test loss and training accuracy. */
void block_classify(struct grid *g, const struct task_runs *t, struct notes *notes);

#endif
