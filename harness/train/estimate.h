/* estimate.h -- how long a run would take: a few of its own training steps, timed. */
#ifndef REACH_ESTIMATE_H
#define REACH_ESTIMATE_H

#include "train/runner.h"

struct estimate {
    double per_second;        /* examples of a classifier or recall task, windows of a text: median over the steps timed */
    double tokens_per_second; /* of the same steps                                                                  */
    double steps;             /* of the run's whole budget                                                          */
    double seconds;           /* of training for that budget; evaluations and tests come on top                     */
};

/* Take steps of run `number` for about `seconds` (three at least, after one that is not counted) in memory; nothing is read
 * from results or written.  Fails as runner_run does; ERR_STOPPED after a signal. */
status estimate_run(struct runner *q, const struct config *c, size_t number, double seconds, struct estimate *out);

#endif
