/* claim.h -- what papers say, as inequalities over a config's own results, and what the runs say to that.
 *
 *   claims:
 *     - id: P4                                          # unique
 *       says: ALiBi does not get worse, to 8x
 *       test: loss(alibi, 8x) <= 1.02 * loss(alibi, 1x) # expression.h
 *       grade: A                                        # verdict.h: A several sources, B one, C single runs or unstable, E exact
 *       source: Press et al. 2021, Table 2              # optional, as are the rest; a file of configs/reference/ if there is one
 *       evidence: "8x: 0.977, 0.904"                    # the numbers printed there
 *       tolerance: 1e-4                                 # grade E
 *       about: "another implementation: reason"         # not judged, as it says nothing about this one; test may be left out
 *
 * The parts of a conjunction are judged one by one; the whole is contradicted if one is, and reproduced if all are.  With k claims on
 * a page, each at 95 %, some will be wrong: intervals are not widened for their number.
 */
#ifndef REACH_CLAIM_H
#define REACH_CLAIM_H

#include "report/expression.h"
#include "report/verdict.h"

struct claim_part {
    struct comparison test;
    struct rule       rule;
    struct judgement  said;        /* .verdict VERDICT_ELSEWHERE if the claim is about another implementation */
    double            left, right; /* means over the seeds that have both; NaN: none    */
    char              missing[700], notes[400]; /* what kept seeds out; what to know of the runs used; "" */
    char              examples[500]; /* single runs of classifiers: bootstrap over test examples, labelled so; "" */
};

struct claim {
    const struct yaml *node;       /* its map in the config */
    char   id[40], says[300], source[200], evidence[600], about[300]; /* "": not given */
    const char *test;              /* as written; "" if left out */
    char   grade;
    double tolerance;
    enum verdict verdict;          /* of the whole          */
    size_t n;
    struct claim_part *part;       /* in the pool           */
};

struct claims {
    struct yaml_pool pool;
    const char      *per;   /* what an interval is over: "seed", or "round" of a config that measures costs */
    size_t           n;
    struct claim    *at;           /* in the pool, in the config's order */
};

/* Read and parse the config's `claims`; none: n = 0.  The config must outlive them.  ERR_CONFIG with place and sentence; *out is then
 * empty.  Verdicts are VERDICT_MISSING until claims_judge. */
status claims_read(const struct config *c, struct claims *out);
void   claims_done(struct claims *c);

/* Read and throw away: is every claim in order? */
status claims_check(const struct config *c);

/* Fill in every verdict, from the usable runs, or the costs, of the same config. */
void claims_judge(struct claims *c, const struct evidence *on);

/* Read them, load what the config has in RESULTS, and judge. */
status claims_of(const struct config *c, const char *results_dir, struct claims *out);

#endif
