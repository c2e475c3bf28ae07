/* runner.h -- one run of a config: train what is missing, resume what is unfinished, add the evaluations that are
 * missing, skip what is done.  What was published with the same settings, data and code is taken instead of trained again.
 * A trial of a tuning is trained like any other run and never tested: its split `test` is not read.
 */
#ifndef REACH_RUNNER_H
#define REACH_RUNNER_H

#include "base/progress.h"
#include "config/config.h"
#include "tensor/kernel.h"

struct runner {
    const char *data;             /* data folder                                   */
    const char *results;          /* RESULTS; runs go to RESULTS/NAME/STEM.h5       */
    const char *published;        /* finished runs without their parameters, PUBLISHED/NAME/STEM.h5; NULL: none */
    int         threads;
    bool        redo;             /* train again what is done or stale             */
    const struct kernel *kernel;
    struct progress *progress;
    struct opened *opened;        /* the task opened last, kept for the next run   */
};

enum outcome { OUTCOME_TRAINED, OUTCOME_RESUMED, OUTCOME_EVALUATED, OUTCOME_SKIPPED, OUTCOME_DIVERGED, OUTCOME_STALE, OUTCOME_REFUSED, OUTCOME_PUBLISHED, OUTCOMES };

/* Do run `number` of the config.  *out says what happened.
 * ERR_STOPPED after a signal; ERR_DATA, ERR_IO, ERR_CONFIG as they come.  Divergence and staleness are outcomes. */
status runner_run(struct runner *q, const struct config *c, size_t number, enum outcome *out);
void   runner_done(struct runner *q);

/* RESULTS/NAME/STEM.h5 */
void   runner_path(const struct runner *q, const struct config *c, const struct run *r, char *out, size_t size);

/* Whether the data of every task in the config is there or can be made, which is then done; the first that is not is the answer. */
status runner_check_data(struct runner *q, const struct config *c);

/* Attributes that say where and how a result was made. */
struct results;
void   runner_environment(const struct runner *q, struct results *r);

#endif
