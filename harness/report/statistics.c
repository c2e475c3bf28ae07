/* statistics.c -- what few seeds can say. */
#include "report/statistics.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

double mean_of(const double *x, size_t n)
{
    return n ? gsl_stats_mean(x, 1, n) : NAN;
}

double deviation_of(const double *x, size_t n)
{
    return n > 1 ? gsl_stats_sd(x, 1, n) : NAN;
}

double t_half_width(double deviation, size_t n, double level)
{
    if (n < 2) return NAN;
    return gsl_cdf_tdist_Pinv(0.5 + level / 2, (double)n - 1) * deviation / sqrt((double)n);
}

struct interval interval_of(const double *x, size_t n, double level)
{
    struct interval i = {.n = n, .mean = mean_of(x, n), .deviation = deviation_of(x, n), .low = -INFINITY, .high = INFINITY, .least = INFINITY};
    if (n < 2) return i;
    const double half = t_half_width(i.deviation, n, level);
    i.low = i.mean - half;
    i.high = i.mean + half;
    i.least = half + gsl_cdf_tdist_Pinv(0.8, (double)n - 1) * i.deviation / sqrt((double)n);
    return i;
}
