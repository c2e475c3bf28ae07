/* verdict.c -- see verdict.h. */
#include "report/verdict.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"reproduced", "undecided", "missing", "contradicted", "about another implementation"};
    return names[v];
}

enum verdict verdict_weaker(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

static bool holds(double difference, const struct rule *r, double tolerance)
{
    const double over = r->less ? difference : -difference;
    return r->strict && tolerance == 0 ? over < 0 : over <= tolerance;
}

/* Two-sided: as unlikely as this or more, if both signs were equally likely. */
static double sign_test(size_t below, size_t above)
{
    const size_t n = below + above, fewer = below < above ? below : above;
    const double p = n ? 2 * gsl_cdf_binomial_P((unsigned)fewer, 0.5, (unsigned)n) : 1;
    return p < 1 ? p : 1;
}

static void exact(const struct rule *r, struct judgement *j)
{
    const size_t n = j->of.n;
    j->verdict = j->n_holds == n ? VERDICT_REPRODUCED : VERDICT_CONTRADICTED;
    snprintf(j->reason, sizeof j->reason, "exact: holds in %zu of %zu %ss within %g", j->n_holds, n, r->per, r->tolerance);
}

/* By the interval alone. */
static enum verdict by_interval(const struct interval *i, const struct rule *r)
{
    const double on = r->less ? i->high : -i->low, off = r->less ? i->low : -i->high; /* the ends farthest from, nearest to holding */
    if (i->n < 2) return VERDICT_UNDECIDED;
    if (r->strict ? on < 0 : on <= 0) return VERDICT_REPRODUCED;
    if (r->strict ? off >= 0 : off > 0) return VERDICT_CONTRADICTED;
    return VERDICT_UNDECIDED;
}

static void by_seeds(const struct rule *r, struct judgement *j)
{
    j->verdict = by_interval(&j->of, r);
    if (j->of.n < 2) {
        snprintf(j->reason, sizeof j->reason, "one %s says nothing about the spread over %ss", r->per, r->per);
    } else if (r->grade == 'C' && j->of.n < SIGN_SEEDS) {
        j->verdict = VERDICT_UNDECIDED;
        snprintf(j->reason, sizeof j->reason, "grade C: a sign test over at least %d %ss is wanted (five of one sign: p = 0.06), here are %zu",
                 SIGN_SEEDS, r->per, j->of.n);
    } else if (r->grade == 'C' && j->sign > SIGN_LEVEL * (1 + 1e-9)) { /* five of one sign are exactly at it, but for rounding */
        j->verdict = VERDICT_UNDECIDED;
        snprintf(j->reason, sizeof j->reason, "grade C: sign test p = %.2g (five of one sign: p = 0.06)", j->sign);
    } else if (j->verdict == VERDICT_UNDECIDED) {
        snprintf(j->reason, sizeof j->reason, "the interval reaches across 0");
    } else if (r->grade == 'C') {
        snprintf(j->reason, sizeof j->reason, "grade C: sign test p = %.2g (five of one sign: p = 0.06)", j->sign);
    }
}

void judge(const double *differences, size_t n, const struct rule *rule, struct judgement *out)
{
    size_t below = 0, above = 0;
    *out = (struct judgement){.verdict = VERDICT_MISSING, .of = interval_of(differences, n, 0.95)};
    const double tolerance = rule->grade == 'E' ? rule->tolerance : 0;
    for (size_t i = 0; i < n; i++) {
        out->n_holds += holds(differences[i], rule, tolerance);
        below += differences[i] < 0;
        above += differences[i] > 0;
    }
    out->sign = sign_test(below, above);
    if (n == 0) return;
    if (rule->grade == 'E') exact(rule, out);
    else by_seeds(rule, out);
}

/* The smallest k whose cumulative probability reaches `level`. */
static size_t binomial_quantile(double level, double share, size_t n)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t k = low + (high - low) / 2;
        if (gsl_cdf_binomial_P((unsigned)k, share, (unsigned)n) >= level) high = k;
        else low = k + 1;
    }
    return low;
}

void examples_interval(double share, size_t n, double *low, double *high)
{
    *low = *high = share;
    if (n == 0 || !(share > 0 && share < 1)) return; /* all right, or none: every sample is the same */
    *low = (double)binomial_quantile(0.025, share, n) / (double)n;
    *high = (double)binomial_quantile(0.975, share, n) / (double)n;
}
