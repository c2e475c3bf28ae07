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

/* What n values, one a seed, say about their mean.  For two variants they are differences within a seed (paired):
 * x[i] = a[i] - b[i]. */
struct interval {
    size_t n;
    double mean, deviation; /* NaN if n = 0; if n < 2                                                           */
    double low, high;       /* the two-sided t interval; -infinity and infinity if n < 2: one seed excludes nothing */
    double least;           /* the smallest true mean that n values of this deviation would show (an interval without 0)
                               in about 80 % of cases; infinity if n < 2                                        */
};
struct interval interval_of(const double *x, size_t n, double level);

#endif
