/* scale.h -- a vertical axis on which one exploding curve does not squash the others.
 *
 *   f(y) = y                           bend = 0: linear
 *          log(1 + (y - low) / bend)   bend > 0: fine near the bottom, like a logarithm far above it
 *          log(y / low)                log: of quantities above 0
 */
#ifndef REACH_SCALE_H
#define REACH_SCALE_H

#include <stdbool.h>
#include <stddef.h>

struct scale { double low, high, bend; bool log; };

/* A scale that shows n values (NaN and infinities left out).  With `may_bend`, and a few values far above the rest, it
 * bends so that two thirds of the values have up to the lower 55 % of the height. */
struct scale scale_of(const double *y, size_t n, bool may_bend);

/* A logarithmic one (values of 0 and below are left out too). */
struct scale scale_log_of(const double *y, size_t n);

/* Where y lies between low (0) and high (1), cut to that. */
double scale_place(const struct scale *s, double y);

/* Round numbers for ticks, ascending; returns how many (at most `most`). */
size_t scale_ticks(const struct scale *s, double *out, size_t most);

/* Push wanted places in [0, 1] apart to at least `gap`, in their order, moving them as little as possible (least
 * squares); `at` is replaced.  A gap for which there is no room is made smaller. */
void spread(double *at, size_t n, double gap);

#endif
