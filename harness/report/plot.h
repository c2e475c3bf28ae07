/* plot.h -- `reach plot`: the figures of a config's runs. */
#ifndef REACH_PLOT_H
#define REACH_PLOT_H

#include <stdio.h>

#include "config/config.h"
#include "report/figure.h"
#include "report/load.h"

/* Draw, from the files in RESULTS/NAME, for every task of the config:
 *
 *   TASK-loss_by_length-MODE[-repeated].FORMAT   texts: bits per byte
 *   TASK-accuracy_by_length[-LOAD].FORMAT        recall: answers right; LOAD where sets of one length differ in it ("16_pairs")
 *   TASK-loss_by_position[-repeated].FORMAT      texts: inside the longest window
 *   TASK-training_curves.FORMAT
 *   TASK-training_accuracy.FORMAT                classifiers
 *
 * of its classification tasks together
 *
 *   accuracy_by_speed.FORMAT                     if three variants have it: speed.h
 *
 * and of a config that measures costs, for each direction,
 *
 *   cost.FORMAT, cost-forward.FORMAT, cost-memory.FORMAT   or cost-DIRECTION... if there are two: measure/sweep_plot.h
 *
 * and of one that measures approximations
 *
 *   approximation.FORMAT, approximation-relative.FORMAT    measure/error_plot.h
 *
 * with the scripts of `plots_dir` into `out_dir` (made if missing); each path goes to `log` (may be NULL), one a line.
 * Mean over the usable seeds, error bars of one standard deviation where there are more.
 * ERR_DATA if no run can be used, ERR_CONFIG for an unknown format, ERR_IO as figure_draw. */
status report_plot(const struct config *c, const char *results_dir, const char *plots_dir, const char *out_dir,
                   const char *format /* png svg pdf */, FILE *log);

/* The figures of one task, each given to `take`, which keeps nothing of it; the first status other than OK ends it. */
typedef status figure_take(void *self, const struct figure *f);
status plot_task(const struct task_runs *t, figure_take *take, void *self);

#endif
