/* blocks.h -- the grids a table is made of. */
#ifndef REACH_BLOCKS_H
#define REACH_BLOCKS_H

#include "report/notes.h"
#include "report/summary.h"

/* Texts: variants against window lengths for one kind of test, bits per byte.
 * `with_cost`: parameters and speed stand behind them. */
void block_lengths(struct grid *g, const struct task_runs *t, const struct kind *k, bool with_cost, struct notes *notes);

/* The same variants and lengths: loss relative to the training length, and accuracy. */
void block_relative(struct grid *g, const struct task_runs *t, const struct kind *k, struct notes *notes);

/* RECL in tokens, a column per share of hard targets (recl.h). */
void block_recl(struct grid *g, const struct task_runs *t, struct notes *notes);

/* Recall: variants against test sets, those whose setting was trained apart from the longer ones and from others: the share of
 * answers right, chance below; or the loss, nats per target.  `with_cost` as above. */
void block_recall(struct grid *g, const struct task_runs *t, enum measure m, bool with_cost, struct notes *notes);

/* Variants against test accuracy, test loss and training accuracy. */
void block_classify(struct grid *g, const struct task_runs *t, struct notes *notes);

/* A cell with a mean and (of several seeds, if `with_sd`) its deviation: 1.793±.006. */
void block_number(struct grid *g, size_t row, size_t column, enum measure m, const struct summary *s, bool with_sd);

#endif
