/* draw.h -- the figures of a comparison. */
#ifndef REACH_COMPARE_DRAW_H
#define REACH_COMPARE_DRAW_H

#include <stdio.h>

#include "compare/pairs.h"

/* Draw, for every task (and variant, where two result sets share it), each path going to `log` (may be NULL):
 *
 *   PREFIX-TASK-loss_by_flops.FORMAT         validation loss against FLOPs, bands of one standard deviation over seeds
 *   PREFIX-TASK-loss_by_seconds.FORMAT       against seconds, if all runs were made on the same machine in the same way
 *   PREFIX-TASK-difference_by_length.FORMAT  new - base in the first kind of test, with 95 % intervals; needs two lengths
 *
 * What has no points is not drawn.  Fails as figure_draw does. */
status compare_draw(const struct comparison *c, const char *plots_dir, const char *out_dir, const char *prefix, const char *format, FILE *log);

#endif
