/* measure.h -- the numbers of a comparison.
 *
 * A difference is NEW - BASE within a seed; its interval is the two-sided 95 % t interval over seeds (statistics.h), so that with
 * one seed nothing is decided.  A ratio is NEW / BASE within a seed, its mean and interval taken in the logarithm.
 */
#ifndef REACH_MEASURE_H
#define REACH_MEASURE_H

#include "compare/pairs.h"
#include "compare/track.h"
#include "report/statistics.h"

#define COMPARE_LEVEL 0.95

enum answer { ANSWER_NONE, ANSWER_SAME, ANSWER_BETTER, ANSWER_WORSE, ANSWER_UNDECIDED };

/* "", "the same", "better", "worse", "undecided". */
const char *answer_word(enum answer a);

/* Does the interval leave 0, and on which side?  `sign` +1: more is better; -1: less is. */
enum answer answer_of(const struct interval *d, int sign);

/* ---- quality: a test set ---- */

struct quality {
    char    text[12], mode[12];
    int64_t length;
    bool    first;             /* the one of which the verdict speaks first: at the training length if there is such */
    bool    further;           /* the same kind of test, longer                                                    */
    size_t  n;                 /* pairs that have the number                                                        */
    double  base, next;        /* means over these                                                                   */
    struct interval d;
    enum answer answer;        /* NONE: n = 0; SAME: every pair agrees to the last digit                             */
    double  over_examples;     /* half the 95 % interval of the mean difference from test examples alone, the two taken as
                                  independent; NaN: not known.  Says nothing of other seeds.                          */
    char    reason[96];        /* why a side has no number, as its file says                                          */
    bool    other_targets;     /* the two were not scored on as many targets                                         */
};

#define QUALITIES_MAX 128

/* The unit: bits per byte for text, else percent (differences: points); +1 if more is better. */
bool quality_in_bits(const struct contrast *c);
int  quality_sign(const struct contrast *c);

/* Every test set of the split "test" that either side has, by kind and length; recall: answers, not whole examples. */
size_t qualities_of(const struct contrast *c, struct quality out[QUALITIES_MAX]);

/* Do the two agree to the last digit in all of these and in every row of their training curves?  Not of 0 pairs. */
bool contrast_same(const struct contrast *c);

/* ---- effect of budget: validation loss along training ---- */

#define SHARES 4
extern const double budget_share[SHARES]; /* 0.10 0.25 0.50 1.00 */

enum course { COURSE_UNKNOWN, COURSE_UNDECIDED, COURSE_SHRINKS, COURSE_GROWS, COURSE_TURNS };

struct budget {
    double tokens;              /* that are 100 %: the shorter of the two trainings, mean over seeds                 */
    bool   other_budget;        /* the two trainings are not of one length                                           */
    struct interval d[SHARES];  /* nats (text: bits); n = 0: no curve there                                         */
    double base[SHARES], next[SHARES];
    size_t first;               /* the first share with pairs; SHARES: none                                          */
    struct interval change;     /* the last difference less that of `first`, within a seed                           */
    enum course course;         /* what the difference does: an interval of `change` without 0, or undecided         */
};
void budget_of(const struct contrast *c, struct budget *out);

/* ---- cost at equal quality ---- */

struct equal {
    double   level;             /* the validation loss to reach, mean over seeds; unit as in struct budget            */
    size_t   n;                 /* pairs with curves                                                                  */
    size_t   base_reached, next_reached;
    double   base_best, next_best; /* means of the best losses                                                        */
    bool     bound;             /* a side was there at its first evaluation: what it cost is a bound from above       */
    double   base[PRICES], next[PRICES]; /* means; only if every pair reached it on both sides, else NaN               */
    struct interval ratio[PRICES];       /* of the logarithm                                                           */
};

/* The level is the last validation loss of BASE, or of NEW, each within its seed. */
void equal_of(const struct contrast *c, bool of_next, struct equal *out);

/* Seconds compare when cpu, threads, vector code, BLAS and precision are known and the same; else `why` says which is not. */
bool seconds_compare(const struct contrast *c, char *why, size_t size);

/* ---- what training takes ---- */

enum resource { RESOURCE_PARAMETERS, RESOURCE_FLOPS, RESOURCE_BYTES, RESOURCE_SPEED, RESOURCES };
extern const char *const resource_title[RESOURCES];
struct resource_pair { double base, next; }; /* means over the pairs; NaN: not measured */
struct resource_pair resource_of(const struct contrast *c, enum resource r);

#endif
