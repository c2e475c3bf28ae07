/* show.h -- `reach show RUN.h5`: one run on one page. */
#ifndef REACH_SHOW_H
#define REACH_SHOW_H

#include <stdio.h>

#include "base/status.h"

/* Print what ran and how it ended, the ends of its curves, its tests beside the trivial predictors, its cost, where it ran
 * and its settings.  Fails as results_read, before printing. */
status report_show(FILE *out, const char *path);

#endif
