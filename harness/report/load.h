/* load.h -- the result files of a config, side by side with its runs. */
#ifndef REACH_LOAD_H
#define REACH_LOAD_H

#include "config/config.h"
#include "store/results.h"

struct loaded {
    const struct run *run;
    bool           here;      /* the file could be read                                           */
    bool           usable;    /* here, and done: neither unfinished nor diverged                  */
    struct results results;   /* empty unless here                                                */
    char           note[640]; /* what a reader must know: missing, unfinished, diverged, made with
                                 other settings; "" if all is well                                */
};

/* The seeds of one variant in one task: runs [first, first + n) of the collection. */
struct variant_runs {
    const char   *label;
    size_t        style;      /* its place among the labels of the config: one look in all figures */
    struct loaded *at;
    size_t        n;
};

/* The variants of one task. */
struct task_runs {
    const struct run *run;    /* the first: task, options, training length... */
    char          name[80];   /* "lm"; "lm-2" for the second task of that name */
    struct variant_runs *variant;
    size_t        n;
};

struct collection {
    const struct config *config;
    struct loaded    *at;     /* one per run, in the config's order */
    struct task_runs *task;
    size_t            n_tasks;
};

/* Read RESULTS/NAME/STEM.h5 of every run, without checkpoints.  Never fails: what is wrong is noted. */
void collection_load(struct collection *out, const struct config *c, const char *results_dir);
void collection_done(struct collection *c);

/* How many runs of the collection are usable. */
size_t collection_usable(const struct collection *c);

#endif
