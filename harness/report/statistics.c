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
