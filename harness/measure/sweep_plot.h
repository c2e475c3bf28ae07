/* sweep_plot.h -- a sweep as figures. */
#ifndef REACH_MEASURE_SWEEP_PLOT_H
#define REACH_MEASURE_SWEEP_PLOT_H

#include "measure/sweep.h"
#include "report/plot.h"

/* Draw, both axes logarithmic, a curve per variant, each path printed to `log` (may be NULL):
 *
 *   DIR/NAME.FORMAT           time per token of training
 *   DIR/NAME-forward.FORMAT   time per token of forward passes alone
 *   DIR/NAME-memory.FORMAT    activation bytes per token of training, and those of n x n weights as computed
 *
 * ERR_IO as figure_draw. */
status sweep_plot(const struct sweep *s, const char *plots_dir, const char *dir, const char *name, const char *format, FILE *log);

/* The same figures, each given to `take`; the first status other than OK ends it. */
status sweep_figures(const struct sweep *s, const char *name, figure_take *take, void *self);

#endif
