/* recl.c -- the relative effective context length, see recl.h. */
#include "report/recl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/grid.h"
#include "report/statistics.h"

enum { SEEDS_MAX = 256 };

const double recl_shares[RECL_SHARES] = {0.1, 0.5, 1};

/* ---- one model in its group ---- */

struct target { double best; size_t number; };

static int hardest_first(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    if (x->best != y->best) return x->best > y->best ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* b(c, .) for the k-th context, hardest targets first; false: all refuse it. */
static bool baseline(const struct context *const *group, size_t n, size_t k, struct target *out)
{
    const size_t targets = group[0]->n_targets;
    for (size_t t = 0; t < targets; t++) {
        out[t] = (struct target){NAN, t};
        for (size_t i = 0; i < n; i++) out[t].best = fmin(out[t].best, (double)group[i]->loss[k * targets + t]);
        if (isnan(out[t].best)) return false;
    }
    qsort(out, targets, sizeof *out, hardest_first);
    return true;
}

/* g_i(c, c') with T the first `hard` of `b`; NaN: the model refuses c'. */
static double gain(const struct target *b, size_t hard, const float *after)
{
    double f = 0, f_after = 0;
    for (size_t i = 0; i < hard; i++) {
        const double with = (double)after[b[i].number];
        f += b[i].best;
        f_after += with > b[i].best ? b[i].best : with; /* NaN stays */
    }
    return -expm1((f_after - f) / (double)hard);
}

static double total(const struct context *c, size_t k)
{
    double sum = 0;
    for (size_t t = 0; t < c->n_targets; t++) sum += (double)c->loss[k * c->n_targets + t];
    return sum;
}

struct recl recl_of(const struct context *const *group, size_t n, size_t model, double share)
{
    const struct context *own = group[model];
    const size_t targets = own->n_targets;
    if (targets == 0 || isnan(own->loss[0])) return (struct recl){.context = NAN};
    const size_t rounded = (size_t)floor(share * (double)targets + 0.5), hard = rounded ? rounded : 1;
    struct target *b = malloc(targets * sizeof *b);
    if (!b) status_no_memory("effective context lengths", targets * sizeof *b);
    struct recl r = {.context = (double)own->length[0], .at_least = true};
    size_t at = 0;
    for (size_t k = 0; k + 1 < own->n_lengths && r.at_least && baseline(group, n, k, b); k++) {
        const double g = gain(b, hard, own->loss + (k + 1) * targets);
        if (isnan(g)) break; /* it gained up to here, and what more would do is not known */
        if (g >= RECL_GAIN) at = k + 1;
        else r.at_least = false;
    }
    free(b);
    r.context = (double)own->length[at];
    r.worse = total(own, at) > total(own, 0);
    return r;
}

/* ---- runs ---- */

static const struct context *context_of(const struct loaded *l)
{
    const struct context *c = l->usable ? l->results.context : NULL;
    return c && c->n_targets ? c : NULL;
}

static bool same_layout(const struct loaded *x, const struct loaded *y)
{
    const struct context *a = context_of(x), *b = context_of(y);
    return a && b && a->n_lengths == b->n_lengths && a->n_targets == b->n_targets
        && memcmp(a->length, b->length, a->n_lengths * sizeof *a->length) == 0 && strcmp(a->evaluation, b->evaluation) == 0
        && strcmp(a->split, b->split) == 0
        && strcmp(results_environment(&x->results, "data"), results_environment(&y->results, "data")) == 0;
}

static size_t runs_like(const struct task_runs *t, const struct loaded *l)
{
    size_t n = 0;
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++) n += same_layout(&t->variant[v].at[i], l);
    return n;
}

const struct loaded *recl_layout(const struct task_runs *t)
{
    const struct loaded *best = NULL;
    size_t most = 0;
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++) {
            const size_t n = runs_like(t, &t->variant[v].at[i]);
            if (n > most) most = n, best = &t->variant[v].at[i];
        }
    return best;
}

/* The run of a variant at a seed, in the layout; NULL: none. */
static const struct loaded *member(const struct variant_runs *v, uint64_t seed, const struct loaded *layout)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].run->seed == seed && same_layout(&v->at[i], layout)) return &v->at[i];
    return NULL;
}

struct recl recl_of_run(const struct task_runs *t, const struct variant_runs *v, uint64_t seed, double share)
{
    const struct loaded *layout = recl_layout(t), *own = layout ? member(v, seed, layout) : NULL;
    if (!own) return (struct recl){.context = NAN};
    const struct context **group = malloc(t->n * sizeof *group);
    if (!group) status_no_memory("effective context lengths", t->n * sizeof *group);
    size_t n = 0, model = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct loaded *l = member(&t->variant[i], seed, layout);
        if (l == own) model = n;
        if (l) group[n++] = l->results.context;
    }
    const struct recl r = recl_of(group, n, model, share);
    free(group);
    return r;
}

struct recl_summary recl_summarise(const struct task_runs *t, const struct variant_runs *v, double share)
{
    struct recl_summary s = {0};
    double x[SEEDS_MAX];
    for (size_t i = 0; i < v->n && s.n < SEEDS_MAX; i++) {
        const struct recl r = recl_of_run(t, v, v->at[i].run->seed, share);
        if (isnan(r.context)) continue;
        x[s.n++] = r.context;
        s.at_least |= r.at_least;
        s.worse += r.worse;
    }
    s.mean = mean_of(x, s.n);
    s.sd = deviation_of(x, s.n);
    return s;
}

/* ---- in words ---- */

/* "; seed 2 without alibi, rope": variants that could have been in the group of a seed that others have. */
static void absent(const struct task_runs *t, const struct loaded *layout, uint64_t seed, char *out, size_t size)
{
    size_t there = 0, said = 0;
    for (size_t v = 0; v < t->n; v++) there += member(&t->variant[v], seed, layout) != NULL;
    for (size_t v = 0; v < t->n && there; v++) {
        if (member(&t->variant[v], seed, layout) || t->variant[v].at[0].run->refused[0]) continue;
        if (said++) text_add(out, size, ", %s", t->variant[v].label);
        else text_add(out, size, "; seed %llu without %s", (unsigned long long)seed, t->variant[v].label);
    }
}

static bool seed_came_before(const struct task_runs *t, size_t v, size_t i)
{
    for (size_t w = 0; w <= v; w++)
        for (size_t j = 0; j < (w < v ? t->variant[w].n : i); j++)
            if (t->variant[w].at[j].run->seed == t->variant[v].at[i].run->seed) return true;
    return false;
}

void recl_remark(const struct task_runs *t, char *out, size_t size)
{
    const struct loaded *layout = recl_layout(t);
    out[0] = 0;
    if (!layout) return;
    const struct context *c = layout->results.context;
    text_add(out, size, "RECL, relative effective context length (Dai et al. 2019, arXiv:1901.02860, appendix C): the context from which the "
                        "next longer one of ");
    for (size_t i = 0; i < c->n_lengths; i++) text_add(out, size, "%s%lld", i ? ", " : "", (long long)c->length[i]);
    text_add(out, size, " tokens lowers perplexity by less than %g %%, on the share r of %zu targets that the best of these variants finds "
                        "hardest with the shorter context, where only what beats that best one counts. It is relative to this group of "
                        "variants and to the steps of the list", 100 * RECL_GAIN, c->n_targets);
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++)
            if (!seed_came_before(t, v, i)) absent(t, layout, t->variant[v].at[i].run->seed, out, size);
    text_add(out, size, ". ≥: it gained up to the longest that it takes.");
}
