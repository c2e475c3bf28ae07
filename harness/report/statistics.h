/* statistics.h -- what few seeds can say. */
#ifndef REACH_STATISTICS_H
#define REACH_STATISTICS_H

#include <stddef.h>

/* The mean of n values; NaN if n = 0. */
double mean_of(const double *x, size_t n);

/* The sample standard deviation (divisor n - 1); NaN if n < 2. */
double deviation_of(const double *x, size_t n);

/* Half the width of the two-sided t interval of the mean at `level` (0.95), n - 1 degrees of freedom; NaN if n < 2. */
double t_half_width(double deviation, size_t n, double level);

#endif
