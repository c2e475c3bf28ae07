/* train.h -- the training loop: steps, curves, evaluations, checkpoints. */
#ifndef REACH_TRAIN_H
#define REACH_TRAIN_H

#include "base/progress.h"
#include "model/model.h"
#include "store/results.h"
#include "tasks/task.h"
#include "train/feed.h"
#include "train/optimizer.h"
#include "train/workers.h"

struct trainer {
    const struct train_options *options;
    const struct task *task;
    const void        *data;
    struct model      *model;
    struct workers    *workers;
    struct results    *results;    /* curves grow here; its checkpoint, if any, is where training starts */
    const char        *path;       /* results are written here at every checkpoint; NULL: never */
    struct progress   *progress;
    uint64_t           seed;
};

/* Steps of the whole budget: options->steps, or enough steps for options->samples, or for options->tokens. */
int64_t train_steps(const struct train_options *o, const struct task *task, const void *data);

/* Train from the results' checkpoint (or from the start) to the end of the budget; the model then holds the parameters
 * to be tested (last, or best on the validation subset) and the results a checkpoint at the last step.
 * ERR_STOPPED after a signal, checkpoint written; ERR_DIVERGED with results->status and reason set and what was measured
 * kept and written; ERR_DATA, ERR_IO as they come. */
status train_run(struct trainer *t);

/* Copy a checkpoint's parameters (best: the best ones) into the model.  ERR_DATA if it is of another shape. */
status train_load(struct model *m, const struct checkpoint *c, bool best);

#endif
