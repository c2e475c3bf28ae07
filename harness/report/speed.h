/* speed.h -- accuracy against speed with memory as area, over the classification tasks of a config: figure 3 of Tay et al. 2020
 * (LRA, arXiv:2011.04006).
 */
#ifndef REACH_SPEED_H
#define REACH_SPEED_H

#include "report/plot.h"

struct speed {
    const char *label;
    size_t style;
    double speed;    /* tokens per second of training, over vanilla's if there is one: geometric mean over tasks */
    double accuracy; /* percent, mean over tasks: as in the table of all tasks (matrix.h)                        */
    double bytes;    /* of activations of the largest pack, mean over tasks                                      */
};

#define SPEEDS_MOST 64

struct speeds {
    size_t n_tasks;  /* that all variants with a score have */
    bool   relative; /* to vanilla                          */
    size_t n;
    struct speed at[SPEEDS_MOST];
    size_t n_elsewhere; /* variants left out: made on another CPU, with other threads, vector code or arithmetic than the first (vanilla) */
};

void speeds_of(const struct collection *c, struct speeds *out);

/* The figure "accuracy_by_speed" is given to `take` if at least three variants have it; OK if not. */
status speed_figure(const struct collection *c, figure_take *take, void *self);

#endif
