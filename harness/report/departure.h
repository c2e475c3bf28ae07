/* departure.h -- where runs leave the settings of their protocol, in words: a score under other settings is not the protocol's. */
#ifndef REACH_DEPARTURE_H
#define REACH_DEPARTURE_H

#include "report/load.h"

/* Examples that the protocol of a run trains on; 0: it has none. */
double departure_examples(const struct run *r);

/* Whether a run trains on fewer (in tokens: cannot be said, so false). */
bool departure_scaled_down(const struct run *r);

/* "protocol small" if nothing differs, or "settings of protocol small but train.rate 0.001, train.batch 32 (image), ...": model, train
 * and task options of all variants of n tasks, those that not all share with their tasks or variants behind.  The training budget is
 * left out, and so is what changes no result (logs, checkpoints).  "" without a protocol. */
void departure_text(const struct task_runs *t, size_t n, char *out, size_t size);

#endif
