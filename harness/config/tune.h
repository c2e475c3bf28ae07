/* tune.h -- the section `tune`: which options are searched for each variant, with how many trials of how much training.
 *
 *   tune:
 *     over: {train.rate: [3e-4, 1e-3], model.dropout: [0, 0.1], variant.window: [32, 64]}  # {from: 1e-4, to: 1e-2, scale: log}
 *     method: grid                   # grid: every combination; random: `trials` of them, drawn with `seed`
 *     trials: 4                      # of every variant; a grid's own number if left out
 *     halving: 3                     # 1: none
 *     budget: 0.25                   # of a run's training budget, for each trial of the last rung
 *     seed: 1
 *
 * Equal budgets.  `variant.X` is tried where the variant has X; every variant has `trials` trials nevertheless: a setting that
 * comes to stand k times in a variant's list is trained with k seeds, which no final run has.  So each variant draws equally
 * often from the noise too, and its trials take the same number of tokens (to the next whole step; a diverged trial ends early,
 * and nobody gets its place).  Therefore options that decide how much a trial trains or what validation is are refused, and so
 * are variants of one task that give themselves other budgets.
 *
 * Successive halving (Jamieson and Talwalkar, AISTATS 2016; Li et al., JMLR 18(185), 2018): n_0 = trials, n_k+1 =
 * floor(n_k / halving) as long as that leaves two to choose from, and the trials of rung k train for budget / halving^(K - k)
 * of a run, K the last rung.  Schedules depend on the number of steps, so each rung trains anew, the warm-up shortened in
 * proportion: tuning takes sum_k n_k budget / halving^(K - k) runs' worth of training for each variant and task.
 */
#ifndef REACH_CONFIG_TUNE_H
#define REACH_CONFIG_TUNE_H

#include "config/config.h"

struct plan;
struct variant_entry;

#define TRIALS_MOST 1000
#define TUNED_OPTIONS 8

struct tune_option {
    const struct yaml *key;     /* "train.rate" and its place        */
    const char *section, *name; /* "train", "rate"; "variant", ...    */
    bool        log;            /* a range drawn on a logarithmic scale */
};

struct tune {
    bool    random;
    size_t  trials, halving, rungs;
    double  budget;
    int64_t seed;
    size_t  n_options;
    struct tune_option  option[TUNED_OPTIONS];
    const struct yaml **value;  /* [trials][n_options]                */
};

/* The section of plan->root, checked against its variants; NULL if there is none. */
status tune_read(struct yaml_pool *p, const struct plan *plan, const struct tune **out);

/* Trials of rung k, and the share of a run that each of them trains; the runs' worth of all rungs. */
size_t tune_rung_trials(const struct tune *t, size_t k);
double tune_rung_share(const struct tune *t, size_t k);
double tune_cost(const struct tune *t);

/* The option in a run's tables, and where its struct is; NULL if this run's variant has none of that name. */
const struct option *tune_find(const struct tune_option *o, const struct run *r, const void **options);

/* Put the settings of a trial into a run. */
status tune_apply(const struct tune *t, size_t trial, struct run *r);

/* How many trials before this one have the same settings for the variant of `r`. */
size_t tune_repeat(const struct tune *t, size_t trial, const struct run *r);

/* "train.rate=0.001, variant.window=32": what a run has of the tuned options. */
void   tune_settings(const struct tune *t, const struct run *r, char *out, size_t size);

/* A seed for the trials of each repeat: 1000 seed + 1 + repeat, those of the final runs left out. */
uint64_t tune_seed(const struct plan *plan, const struct tune *t, size_t repeat);

/* Cut a settled run down to a share of its training budget. */
void   tune_shrink(struct run *r, double share);

#endif
