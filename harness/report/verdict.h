/* verdict.h -- does a claim hold?  What the values of n seeds (or rounds, rule.per) say about left - right.
 *
 * The values are differences within a seed.  Their two-sided 95 % t interval lies wholly on the claim's side (reproduced), wholly on
 * the other (contradicted), or across the line (undecided; always with one seed).  Weaker evidence wants more, exact claims another
 * rule:
 *
 *   grade C  besides, a sign test over at least five seeds: two-sided p at most 2/32 = 0.0625, which five of one sign reach
 *   grade E  holds in every run, within the tolerance; one run that breaks it contradicts it
 *
 * The trap: t intervals trust in differences that are about normal.  Of 3 to 10 exponential values they hold the mean in 89 to 90 % of
 * cases, not 95 (tests/test_claims.c).
 */
#ifndef REACH_VERDICT_H
#define REACH_VERDICT_H

#include <stdbool.h>

#include "report/statistics.h"

enum verdict { VERDICT_REPRODUCED, VERDICT_UNDECIDED, VERDICT_MISSING, VERDICT_CONTRADICTED, VERDICT_ELSEWHERE };

/* "reproduced", "undecided", "missing", "contradicted", "about another implementation" */
const char *verdict_name(enum verdict v);

/* Of a conjunction: contradicted if a part is, else missing, else undecided, else reproduced. */
enum verdict verdict_weaker(enum verdict a, enum verdict b);

struct rule {
    bool   less, strict; /* the claim: left - right <= 0 (>= 0), or < (>) */
    char   grade;        /* 'A', 'B', 'C', 'E'                            */
    double tolerance;    /* grade E                                       */
    const char *per;     /* "seed": what the values are of, for the reason */
};

#define SIGN_SEEDS 5
#define SIGN_LEVEL 0.0625 /* two-sided, of five of one sign */

struct judgement {
    enum verdict    verdict;
    struct interval of;          /* left - right over seeds                          */
    size_t          n_holds;     /* seeds in which the claim holds (grade E: within the tolerance) */
    double          sign;        /* two-sided p of the sign test, ties left out; 1 with none */
    char            reason[200]; /* why it is undecided, or what an exact claim came to; "" */
};
void judge(const double *differences, size_t n, const struct rule *rule, struct judgement *out);

/* The bootstrap over n test examples of one run of which a share p is right: the number right in a sample drawn with replacement is
 * binomial (n, p) exactly, so no samples are drawn.  The shares at 2.5 and 97.5 %.  It says nothing about other seeds. */
void examples_interval(double share, size_t n, double *low, double *high);

#endif
