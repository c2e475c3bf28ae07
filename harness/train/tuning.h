/* tuning.h -- the trials of a config's `tune:` (config/tune.h): train those that are missing, choose, hand the choice to the final runs.
 *
 * A trial is an ordinary run with a file of its own, RESULTS/NAME/tune/LABEL-TASK-SEED-HASH.h5: resumed, skipped when done, the same bits
 * for any number of threads.  The hash is of all its settings, so that a trial of other settings is another file and a search that grows
 * keeps what it has.  Nothing else is kept: what was chosen follows from these files each time it is asked for.
 *
 * A trial's score is its loss on the validation subset after its last step (train.keep: best: the least of its evaluations).  Ties go
 * to the trial with the smaller number; a diverged trial loses and does not go on.  Chosen is the best of the last rung that a trial
 * came through.
 */
#ifndef REACH_TUNING_H
#define REACH_TUNING_H

#include "store/results.h"
#include "train/runner.h"

/* The trials of one variant in one task: of the runs [first, first + n) of the config. */
struct tuned_pair {
    size_t first, n;
    size_t n_rows;
    struct tuning_row *row;   /* rung by rung, in each by number; in the config's pool    */
    char (*file)[256];        /* of each row: STEM, without folder and ".h5"              */
    bool   known;             /* all rungs are done and a trial came through              */
    size_t chosen;            /* that trial, from 0                                       */
    char   why[160];          /* why it is not known                                      */
};

struct tuning {
    size_t n;
    struct tuned_pair *pair;  /* in the config's pool; pairs that are refused have no rows */
};

/* What the files in RESULTS/NAME/tune say.  Rows of trials that are missing have seconds < 0; a rung follows only when that before it
 * is done.  ERR_CONFIG only. */
status tuning_read(struct config *c, const char *results, struct tuning *out);

/* Train what is missing, then the same.  `redo`: also what is done; else q->redo trains again only what is stale.
 * Fails as runner_run; ERR_DATA if a trial is stale, or its task has no validation split. */
status tuning_run(struct runner *q, struct config *c, bool redo, struct tuning *out);

/* Give the final runs of the config what was chosen (tuned), or the reason why they cannot be made (untuned).  Nothing happens
 * to a config without `tune`. */
status tuning_resolve(struct config *c, const char *results);

#endif
