/* schedule.h -- the learning rate, and Adam's first beta, as functions of the step. */
#ifndef REACH_SCHEDULE_H
#define REACH_SCHEDULE_H

#include "train/options.h"

/* Rate of step t (1 for the first update) of a run of `steps`.  With W = warmup, peak = o->rate, f = o->final_rate:
 *   warm-up    t <= W: peak t / W                                     (constant, linear, cosine)
 *   constant   peak
 *   linear     from peak down to f peak at t = steps
 *   cosine     f peak + (1 - f) peak (1 + cos(pi x)) / 2,  x = (t - W) / (steps - W)
 *   rsqrt      peak min(1, t / W) / sqrt(max(t, W))                   (Long Range Arena)
 *   one_cycle  linear from peak / 25 up to peak over W steps, then linear down to peak / 250000
 *              (Smith and Topin, arXiv:1708.07120; legs and factors as in PyTorch's OneCycleLR: start peak / 25,
 *              finish start / 10000)
 */
double schedule_rate(const struct train_options *o, int64_t t, int64_t steps);

/* beta1 of step t: o->beta1, or .95 -> .85 -> .95 against the rate for one_cycle with beta_swing. */
double schedule_beta1(const struct train_options *o, int64_t t, int64_t steps);

#endif
