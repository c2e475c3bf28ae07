/* opened.h -- what a run stands on: its task's data, opened once for all runs that share it, and its model. */
#ifndef REACH_OPENED_H
#define REACH_OPENED_H

#include "model/model.h"
#include "tasks/task.h"
#include "train/runner.h"

struct opened {
    const struct task *task;
    unsigned char options[OPTIONS_ROOM];
    void  *data;
    char   checksum[33];
    size_t n_predictors;
    struct predictor predictor[TASK_PREDICTORS];
    bool   predicted;
};

/* Open the data of a run, unless it is what q->opened has; q->opened then holds it.  Fails as the task's open does. */
status runner_open(struct runner *q, const struct run *r);

/* The run's model with its first parameters; the caller frees it (model_free).  ERR_CONFIG if it cannot train on examples as long as the
 * data's; otherwise as model_new. */
status runner_model(const struct run *r, const void *data, struct model **m);

/* Tokens of the longest thing that is trained on: window, example, or padded example. */
size_t runner_train_length(const struct run *r, const void *data);

#endif
