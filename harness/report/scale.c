/* scale.c -- a vertical axis on which one exploding curve does not squash the others. */
#include "report/scale.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "base/status.h"

static double f(const struct scale *s, double y)
{
    return s->k > 0 && y > s->cap ? s->cap + s->k * log(y / s->cap) : y;
}

static size_t sorted_finite(const double *y, size_t n, double *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(y[i])) out[m++] = y[i];
    gsl_sort(out, 1, m);
    return m;
}

/* The linear part shows two thirds of the values; the rest breaks off only if it is far away. */
static struct scale of_sorted(const double *y, size_t n, bool may_break)
{
    struct scale s = {.low = y[0], .high = y[n - 1]};
    const double most = gsl_stats_quantile_from_sorted_data(y, 1, n, 0.65);
    double span = fmax(1.3 * (most - s.low), 0.1 * fabs(s.low));
    s.cap = s.low + span;
    if (may_break && s.low > 0 && s.high > s.low + 2.2 * span) {
        s.high *= 1.06;
        s.k = 0.5 * span / log(s.high / s.cap);
    } else {
        span = s.high > s.low ? s.high - s.low : fmax(fabs(s.low), 1) * 0.1;
        s.high += 0.05 * span;
        s.k = 0;
    }
    s.low -= 0.06 * span;
    return s;
}

struct scale scale_of(const double *y, size_t n, bool may_break)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted) status_no_memory("a scale", (n + 1) * sizeof *sorted);
    const size_t m = sorted_finite(y, n, sorted);
    const struct scale s = m ? of_sorted(sorted, m, may_break) : (struct scale){.low = 0, .high = 1, .cap = 1};
    free(sorted);
    return s;
}

double scale_place(const struct scale *s, double y)
{
    const double at = (f(s, y) - f(s, s->low)) / (f(s, s->high) - f(s, s->low));
    return fmin(fmax(at, 0), 1);
}

static double nice_step(double span, double parts)
{
    const double raw = span / parts, power = pow(10, floor(log10(raw))), digit = raw / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

size_t scale_ticks(const struct scale *s, double *out, size_t most)
{
    static const double digits[] = {1, 1.5, 2, 3, 5, 7};
    const double top = s->k > 0 ? s->cap : s->high, step = nice_step(top - s->low, s->k > 0 ? 5 : 7);
    size_t n = 0;
    for (double i = ceil(s->low / step); i * step <= top * (1 + 1e-9) && n < most; i++) out[n++] = i * step;
    if (s->k <= 0) return n;
    for (double power = pow(10, floor(log10(s->cap))); power <= s->high; power *= 10)
        for (size_t i = 0; i < sizeof digits / sizeof digits[0] && n < most; i++) {
            const double y = digits[i] * power;
            if (y <= s->high && scale_place(s, y) > scale_place(s, out[n - 1]) + 0.05) out[n++] = y;
        }
    return n;
}

/* Pool adjacent violators on x[i] - i gap: isotonic least squares. */
static void pool(double *x, size_t n)
{
    double *sum = malloc(n * sizeof *sum);
    size_t *count = malloc(n * sizeof *count), blocks = 0;
    if (!sum || !count) status_no_memory("labels", n * sizeof *sum);
    for (size_t i = 0; i < n; i++) {
        sum[blocks] = x[i];
        count[blocks++] = 1;
        for (; blocks > 1 && sum[blocks - 2] / (double)count[blocks - 2] > sum[blocks - 1] / (double)count[blocks - 1]; blocks--) {
            sum[blocks - 2] += sum[blocks - 1];
            count[blocks - 2] += count[blocks - 1];
        }
    }
    for (size_t b = 0, i = 0; b < blocks; b++)
        for (size_t j = 0; j < count[b]; j++) x[i++] = sum[b] / (double)count[b];
    free(sum);
    free(count);
}

void spread(double *at, size_t n, double gap)
{
    if (n < 2) return;
    size_t *order = malloc(n * sizeof *order);
    double *x = malloc(n * sizeof *x);
    if (!order || !x) status_no_memory("labels", n * sizeof *x);
    gap = fmin(gap, 1 / (double)(n - 1));
    gsl_sort_index(order, at, 1, n);
    for (size_t i = 0; i < n; i++) x[i] = at[order[i]] - (double)i * gap;
    pool(x, n);
    for (size_t i = 0; i < n; i++) at[order[i]] = fmin(fmax(x[i], 0), 1 - (double)(n - 1) * gap) + (double)i * gap;
    free(order);
    free(x);
}
