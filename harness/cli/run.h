/* run.h -- what `reach run` does, for the commands that train what they want to read. */
#ifndef REACH_CLI_RUN_H
#define REACH_CLI_RUN_H

#include <stdio.h>

#include "cli/config_flags.h"

struct run_flags {
    const char *published; /* NULL: results/published; "none"      */
    bool        redo, quiet;
    bool        trials;    /* only those of the config's tune:      */
    FILE       *log;       /* where the closing line goes          */
    int         argc;      /* the command as it was given, for what runs in double precision */
    char      **argv;
};

/* The same for a config that measures (config/measured.h): into one file of RESULTS/NAME, unless that stands there. */
int run_measured(const struct config *c, const struct config_flags *f, const struct run_flags *how);

/* Train, resume and evaluate whatever is missing of all runs of a config, trials first.  Returns an exit code. */
int run_config(struct config *c, const struct config_flags *f, const struct run_flags *how);

#endif
