/* run.h -- what `reach run` does, for the commands that train what they want to read. */
#ifndef REACH_CLI_RUN_H
#define REACH_CLI_RUN_H

#include <stdio.h>

#include "cli/config_flags.h"

/* Train, resume and evaluate whatever is missing of all runs of a config; the closing line goes to `log`.  Returns an exit code. */
int run_config(const struct config *c, const struct config_flags *f, bool redo, bool quiet, FILE *log);

#endif
