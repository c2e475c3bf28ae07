/* error_plot.h -- distances from softmax attention as figures. */
#ifndef REACH_MEASURE_ERROR_PLOT_H
#define REACH_MEASURE_ERROR_PLOT_H

#include "measure/errors.h"
#include "report/plot.h"

/* Two figures, each given to `take`: "approximation", the mean squared error against the value of the swept option, a curve per variant,
 * bars of one standard deviation over draws, both axes logarithmic; and "approximation-relative", over the mean square of the exact
 * output.  An error of 0 has no place on them.  The first status other than OK ends it. */
status error_figures(const struct errors *e, figure_take *take, void *self);

#endif
