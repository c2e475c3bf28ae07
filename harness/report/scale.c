/* scale.c -- a vertical axis on which one exploding curve does not squash the others. */
#include "report/scale.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "base/status.h"

static double f(const struct scale *s, double y)
{
    if (s->log) return log(fmax(y, s->low) / s->low);
    return s->bend > 0 ? log1p(fmax(y - s->low, 0) / s->bend) : y - s->low;
}

/* f(g(z)) = z */
static double g(const struct scale *s, double z)
{
    return s->low + (s->bend > 0 ? s->bend * expm1(z) : z);
}

static size_t sorted_finite(const double *y, size_t n, double *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(y[i])) out[m++] = y[i];
    gsl_sort(out, 1, m);
    return m;
}

/* The bend at which `most` lies at `share` of the height: the smaller the bend, the higher it lies. */
static double bend_for(struct scale s, double most, double share)
{
    double small = 1e-6 * (s.high - s.low), large = 1e3 * (s.high - s.low);
    for (int i = 0; i < 60; i++) {
        s.bend = sqrt(small * large);
        if (f(&s, most) > share * f(&s, s.high)) small = s.bend;
        else large = s.bend;
    }
    return s.bend;
}

static struct scale of_sorted(const double *y, size_t n, bool may_bend)
{
    const double most = gsl_stats_quantile_from_sorted_data(y, 1, n, 0.67), all = y[n - 1] - y[0];
    const double span = fmax(all, 0.02 * fabs(y[0])), fine = fmax(most - y[0], 0.05 * fabs(y[0]));
    struct scale s = {.low = y[0] - 0.06 * span, .high = y[n - 1] + 0.05 * span};
    if (!may_bend || fine > 0.4 * span) return s;
    s.low = y[0] - 0.06 * fine;
    s.bend = fmax(bend_for(s, y[0] + fine, 0.55), 0.2 * fine);
    return s;
}

struct scale scale_of(const double *y, size_t n, bool may_bend)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted) status_no_memory("a scale", (n + 1) * sizeof *sorted);
    const size_t m = sorted_finite(y, n, sorted);
    struct scale s = m ? of_sorted(sorted, m, may_bend) : (struct scale){.low = 0, .high = 1};
    if (s.high <= s.low) s.high = s.low + 1;
    free(sorted);
    return s;
}

struct scale scale_log_of(const double *y, size_t n)
{
    struct scale s = {.low = INFINITY, .high = 0, .log = true};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i]) || y[i] <= 0) continue;
        s.low = fmin(s.low, y[i]);
        s.high = fmax(s.high, y[i]);
    }
    if (s.high <= 0) s.low = s.high = 1;
    const double room = fmax(0.06 * log(s.high / s.low), 0.1);
    s.low /= exp(room);
    s.high *= exp(room);
    return s;
}

double scale_place(const struct scale *s, double y)
{
    return fmin(fmax(f(s, y) / f(s, s->high), 0), 1);
}

/* The number in [a, b] with the fewest digits. */
static double roundest(double a, double b)
{
    static const double digits[] = {10, 5, 2};
    for (double power = pow(10, ceil(log10(fmax(fabs(a), fabs(b)) + 1e-300)));; power /= 10)
        for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
            const double step = digits[i] * power, y = ceil(a / step) * step;
            if (y <= b || power < 1e-12) return y;
        }
}

/* Of every power of ten the same digits: as few as give four ticks; 0: none do. */
static size_t log_ticks(const struct scale *s, double *out, size_t most)
{
    static const double digits[][10] = {{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}};
    for (size_t d = 0; d < sizeof digits / sizeof digits[0]; d++) {
        size_t n = 0;
        for (double power = pow(10, floor(log10(s->low))); power <= s->high; power *= 10)
            for (size_t i = 0; digits[d][i] > 0; i++)
                if (digits[d][i] * power >= s->low && digits[d][i] * power <= s->high && n < most) out[n++] = digits[d][i] * power;
        if (n >= 4) return n;
    }
    return 0;
}

/* Even numbers on a linear axis and on a short logarithmic one; on a bent one, round numbers near even heights. */
size_t scale_ticks(const struct scale *s, double *out, size_t most)
{
    size_t n = s->log ? log_ticks(s, out, most) : 0;
    if (n) return n;
    if (s->bend > 0) {
        for (double at = 0.04; at <= 0.96 && n < most; at += 0.115)
            out[n++] = roundest(g(s, (at - 0.04) * f(s, s->high)), g(s, (at + 0.04) * f(s, s->high)));
        return n;
    }
    const double raw = (s->high - s->low) / 7, power = pow(10, floor(log10(raw))), digit = raw / power;
    const double step = power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    for (double i = ceil(s->low / step); i * step <= s->high && n < most; i++) out[n++] = i * step;
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
