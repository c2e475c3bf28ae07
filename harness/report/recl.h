/* recl.h -- how many tokens of context still help: the relative effective context length.
 *
 * Dai et al., "Transformer-XL", arXiv:1901.02860, appendix C.  l_i(c, t): loss of model i of a group at target t after c tokens.
 *
 *   b(c, t)      = min_i l_i(c, t)                         what any of the group makes of the short context
 *   T            = the share r of the targets with the largest b(c, t)
 *   f_i(c, c')   = 1/|T| sum_{t in T} min(b(c, t), l_i(c', t))
 *   g_i(c, c')   = (exp f_i(c, c) - exp f_i(c, c')) / exp f_i(c, c)
 *   RECL_i(r)    : c = the shortest, c' = the next; while g_i(c, c') >= 0.01, c = c'; the c where it stops
 *
 * A long context counts only where it beats the best that the group makes of the short one: a weak model that profits from what
 * others know without it gains nothing.  |T| is r n rounded to the nearest number and at least 1; of equal b the earlier target goes first.
 *
 * Traps.  Gains are one-sided: what a longer context makes worse is cut off by the min, what it makes better counts.  A model whose
 * predictions merely change with the context (absolute positions, little training) so gains on hard targets by chance, and a weak one with
 * flat predictions the more; `worse` tells where its mean loss over all targets says otherwise.  The number belongs to its group:
 * another variant beside it changes it.  It is no finer than the list of contexts, and the longer a step of the list, the easier 1 % is
 * gained by it; the paper went on by 100 words.
 */
#ifndef REACH_RECL_H
#define REACH_RECL_H

#include "report/load.h"

#define RECL_GAIN   0.01
#define RECL_SHARES 3
extern const double recl_shares[RECL_SHARES]; /* 0.1, 0.5, 1: those of the paper */

struct recl {
    double context;  /* tokens; NaN: not known                                         */
    bool   at_least; /* it gained to the end of the list, or up to what it refuses     */
    bool   worse;    /* its mean loss over all targets is higher there than at the shortest */
};

/* Of group[model], one of n whose losses are of the same targets and contexts.  A model takes part in b(c, .) where it takes c. */
struct recl recl_of(const struct context *const *group, size_t n, size_t model, double share);

/* The usable runs of a task whose contexts, targets and data most of them share; NULL: no run has losses by context. */
const struct loaded *recl_layout(const struct task_runs *t);

/* Of a variant at one seed, in the group of all variants that have this seed in that layout. */
struct recl recl_of_run(const struct task_runs *t, const struct variant_runs *v, uint64_t seed, double share);

/* Over the seeds of a variant. */
struct recl_summary {
    size_t n;        /* seeds; 0: not available                   */
    double mean, sd; /* tokens; sd: NaN if n < 2                  */
    bool   at_least; /* of a seed at least: the mean is a bound   */
    size_t worse;    /* seeds whose mean loss is higher there than at the shortest context */
};
struct recl_summary recl_summarise(const struct task_runs *t, const struct variant_runs *v, double share);

/* What `worse` means, for notes. */
#define RECL_WORSE "its mean loss over all targets is higher at that context than at the shortest: RECL counts the targets that got " \
                   "easier alone"

/* What a reader must know of it: definition, contexts, targets, and who is missing from the group of a seed. */
void recl_remark(const struct task_runs *t, char *out, size_t size);

#endif
