/* expression.h -- arithmetic over the results of a config: the inequality that a claim states.
 *
 *   claim       comparison { and comparison }
 *   comparison  sum  <= | >= | < | >  sum,  or  sum in [sum, sum] (ends included), which is two comparisons
 *   sum         terms with + - * / ( ), numbers, abs() log() min() max() and measures
 *
 * Measures of a variant's tests; a place says which:
 *
 *   loss(V, PLACE)      nats per target          bits(V, PLACE)    loss / ln 2
 *   accuracy(V, PLACE)  percent                  ratio(V, PLACE)   loss over the loss at the variant's training length
 *   floor(P)            percent right of a trivial predictor, as in floor("commonest label", task text)
 *   average(V)          percent, mean over the config's classification tasks
 *   recl(V, R)          tokens of context that still help, on the share R of hardest targets (recl.h); a bound counts as it is: of
 *                       two variants that gain to the end of the list of contexts neither is above the other
 *   wins(V)             classification tasks of the config in which no other variant has as many right
 *
 * and of a run's cost: tokens_per_second(V), flops(V) (per token), parameters(V), activation_bytes(V),
 * activation_bytes_per_token(V).
 *
 * V is a label of the config, in quotes if it has blanks.  A place is any of these, with commas between, in any order:
 *
 *   4096, 8x             a window of so many tokens, or times the training length of V; 1x if left out
 *   windows last stride stream context   how windows lie (windows if left out); recall tasks: recall, examples
 *   repeated             on repeated text
 *   position 1x..2x      targets at positions [from, to) of the window alone, of mode windows; ends in tokens or times
 *   set "16 pairs"       of a recall task's sets with one length
 *   train valid test     the split (test if left out)
 *   task NAME            of several tasks
 *
 * Claims of a config with `bench:` are over its cost.h5.  Measures are, with a length in tokens that must be there:
 *
 *   step_ms(V, 4096), token_ns(V, 4096), tokens_per_second(V, 4096)     measured
 *   flops(V, 4096), activation_bytes_per_token(V, 4096)                 counted, per token
 *   activation_bytes(V, 4096)                                           counted, of the largest pack of a thread
 *
 * and places are train (if left out) or forward, and bidirectional or causal (left out: the one measured, bidirectional of two).
 * Rounds stand for seeds there: in each, all variants and lengths were visited in turn.
 *
 * Everything is evaluated per seed, so that the two sides of a comparison are paired.  The trap in that: abs() of a noisy
 * difference is never near 0; for "within 2 points" write `a - b in [-2, 2]`.
 */
#ifndef REACH_EXPRESSION_H
#define REACH_EXPRESSION_H

#include "config/yaml.h"
#include "report/load.h"

enum quantity { QUANTITY_LOSS, QUANTITY_BITS, QUANTITY_ACCURACY, QUANTITY_RATIO, QUANTITY_FLOOR, QUANTITY_AVERAGE, QUANTITY_WINS, QUANTITY_RECL,
                QUANTITY_COST, QUANTITY_MEASURED };

enum measured_cost { MEASURED_STEP_MS, MEASURED_TOKEN_NS, MEASURED_TOKENS_PER_SECOND, MEASURED_FLOPS, MEASURED_BYTES, MEASURED_TOKEN_BYTES };

struct extent { double value; bool times; }; /* tokens, or times the training length */

struct score {                 /* a measure at a place */
    enum quantity what;
    size_t        cost;        /* QUANTITY_COST: offset in struct cost; QUANTITY_MEASURED: enum measured_cost */
    double        share;       /* QUANTITY_RECL: of targets                      */
    char          label[64];   /* of the variant; QUANTITY_FLOOR: the predictor  */
    char          task[80];    /* ""; the only one that fits                     */
    char          mode[12], set[12], split[8];
    char          direction[16]; /* QUANTITY_MEASURED; ""                        */
    bool          repeated, placed, ranged; /* placed: something said that classifiers do not have */
    struct extent length, from, to;
};

enum expression_kind { EXPRESSION_NUMBER, EXPRESSION_SCORE, EXPRESSION_ADD, EXPRESSION_SUBTRACT, EXPRESSION_MULTIPLY, EXPRESSION_DIVIDE,
                       EXPRESSION_ABS, EXPRESSION_LOG, EXPRESSION_MIN, EXPRESSION_MAX };

struct expression {
    enum expression_kind     kind;
    double                   number;
    struct score             score;
    const struct expression *a, *b;
};

struct comparison {
    const struct expression *left, *right;
    bool        less;          /* the claim: left below right; else above */
    bool        strict;        /* < or >                                  */
    const char *text;          /* as written                              */
};

/* Parse the scalar `y`, as it stands in the config, into *out [*n], of the pool.  ERR_CONFIG with the place inside the scalar where
 * it is written on one line.  A label that the config does not know is an error if claim and variants come from the same file
 * (else a budget, --set or a file that extends another has replaced the variants, and results will be missing). */
status expression_parse(struct yaml_pool *pool, const struct config *c, const struct yaml *y, const struct comparison **out, size_t *n);

struct sweeps; /* measure/sweeps.h */

/* What expressions are evaluated over: runs, or costs (then a round is what a seed is of runs); costs may be empty. */
struct evidence { const struct collection *runs; const struct sweeps *costs; };

/* Why values are missing, and what a reader must know of runs that were used. */
#define GAPS 12
#define GAP_SEEDS 16
struct gaps {
    const char *per; /* "seed", "round" */
    size_t n;
    struct gap { char who[64], what[200]; size_t n; uint64_t seed[GAP_SEEDS]; } at[GAPS];
};
void gaps_text(const struct gaps *g, char *out, size_t size); /* "rope (seeds 1, 2): not run yet; ..." */

/* The value in the runs of one seed; NaN if a part is missing, and why is added to `missing`.  Notes on runs that are used all the
 * same (made with other settings) go to `notes`. */
double expression_value(const struct expression *e, const struct evidence *on, uint64_t seed, struct gaps *missing, struct gaps *notes);

/* QUANTITY_MEASURED in one round.  `why`: why it is NaN, or what to know of it; "". */
double expression_cost(const struct score *s, const struct sweeps *costs, uint64_t round, char *why, size_t size);

/* The test row that a score reads in the run of one seed, or NULL (with the reason, and none for those that read no row). */
const struct test_row *score_row(const struct score *s, const struct collection *c, uint64_t seed, struct gaps *missing);

/* The kind of the task that a score is of. */
const struct task_runs *score_task(const struct score *s, const struct collection *c);

#endif
