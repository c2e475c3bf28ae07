/* figures.h -- all figures of a config. */
#ifndef REACH_FIGURES_H
#define REACH_FIGURES_H

#include <stdio.h>

#include "config/config.h"

/* Draw what the results in RESULTS/NAME give (curves, tests, costs, trials, claims) with the gnuplot scripts of `plots_dir` into `folder`,
 * as `format` (png, svg or pdf); each path goes to `log`.  ERR_CONFIG if a claim is not in order; otherwise as report_plot. */
status figures_draw(struct config *c, const char *results_dir, const char *plots_dir, const char *folder, const char *format, FILE *log);

#endif
