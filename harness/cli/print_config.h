/* print_config.h -- a command that prints something of one config: FILE, the flags of a config, --format. */
#ifndef REACH_PRINT_CONFIG_H
#define REACH_PRINT_CONFIG_H

#include <stdio.h>

#include "cli/config_flags.h"
#include "report/grid.h"

typedef status config_printer(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color);

/* Read the command line and call `print`.  Returns an exit code. */
int print_config(int argc, char **argv, config_printer *print);

#endif
