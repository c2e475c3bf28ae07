/* measure.c -- the numbers of a comparison. */
#include "compare/measure.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/summary.h"

enum { SEEDS_MAX = 256 };

const char *answer_word(enum answer a)
{
    static const char *const words[] = {"", "the same", "better", "worse", "undecided"};
    return words[a];
}

enum answer answer_of(const struct interval *d, int sign)
{
    if (d->n == 0) return ANSWER_NONE;
    if (d->n < 2 || (d->low <= 0 && d->high >= 0)) return ANSWER_UNDECIDED;
    return (d->low > 0) == (sign > 0) ? ANSWER_BETTER : ANSWER_WORSE;
}

static size_t pairs_of(const struct contrast *c)
{
    return c->n < SEEDS_MAX ? c->n : SEEDS_MAX;
}

/* ---- quality ---- */

bool quality_in_bits(const struct contrast *c)
{
    return c->kind == TASK_TEXT;
}

int quality_sign(const struct contrast *c)
{
    return quality_in_bits(c) ? -1 : 1;
}

static double score(const struct contrast *c, const struct test_row *row)
{
    return quality_in_bits(c) ? row->loss * BITS_PER_NAT : row->accuracy * 100;
}

/* The standard error of a score over test examples. */
static double score_error(const struct contrast *c, const struct test_row *row)
{
    if (quality_in_bits(c)) return row->loss_error * BITS_PER_NAT;
    return row->n > 0 ? 100 * sqrt(row->accuracy * (1 - row->accuracy) / (double)row->n) : NAN;
}

static int rank(const struct quality *q)
{
    static const char *const modes[] = {"windows", "last", "stride", "context", "stream", NULL};
    int at = 0;
    while (modes[at] && strcmp(q->mode, modes[at]) != 0) at++;
    return at + (strcmp(q->text, "repeated") == 0 ? 100 : 0);
}

static bool after(const struct quality *a, const struct quality *b)
{
    return rank(a) != rank(b) ? rank(a) > rank(b) : a->length > b->length;
}

static void add_place(struct quality *out, size_t *n, const struct test_row *row)
{
    if (strcmp(row->split, "test") != 0 || strcmp(row->mode, "examples") == 0) return;
    struct quality q = {.length = row->length};
    memcpy(q.text, row->text, sizeof q.text);
    memcpy(q.mode, row->mode, sizeof q.mode);
    for (size_t i = 0; i < *n; i++)
        if (out[i].length == q.length && strcmp(out[i].text, q.text) == 0 && strcmp(out[i].mode, q.mode) == 0) return;
    if (*n == QUALITIES_MAX) return;
    size_t at = (*n)++;
    for (; at > 0 && after(&out[at - 1], &q); at--) out[at] = out[at - 1];
    out[at] = q;
}

/* Shares of few answers come in steps, and differences that happen to be of one step have no deviation at all: what rounding
 * both scores to a step does (step / sqrt 6) is the least deviation that is believed. */
static struct interval interval_in_steps(const double *d, size_t n, double step)
{
    struct interval i = interval_of(d, n, COMPARE_LEVEL);
    const double least = step / sqrt(6);
    if (n < 2 || i.deviation >= least) return i;
    const double half = t_half_width(least, n, COMPARE_LEVEL);
    i.deviation = least;
    i.low = i.mean - half;
    i.high = i.mean + half;
    i.least = half + gsl_cdf_tdist_Pinv(0.8, (double)n - 1) * least / sqrt((double)n);
    return i;
}

static void fill(const struct contrast *c, struct quality *q)
{
    const struct place p = {"test", q->text, q->mode, q->length};
    double a[SEEDS_MAX], b[SEEDS_MAX], d[SEEDS_MAX], variance = 0, step = 0;
    bool same = true;
    for (size_t i = 0; i < pairs_of(c); i++) {
        const struct test_row *x = find_test(c->pair[i].base, &p), *y = find_test(c->pair[i].next, &p);
        const double base = x ? score(c, x) : NAN, next = y ? score(c, y) : NAN;
        for (int side = 0; side < 2 && !q->reason[0]; side++) {
            const struct test_row *row = side ? y : x;
            if (row) snprintf(q->reason, sizeof q->reason, "%s", row->reason);
        }
        if (isnan(base) || isnan(next)) continue;
        q->other_targets |= x->n != y->n;
        same = same && x->loss == y->loss && (x->accuracy == y->accuracy || (isnan(x->accuracy) && isnan(y->accuracy)));
        if (!quality_in_bits(c) && x->n > 0 && y->n > 0) step = fmax(step, 100 / (double)(x->n < y->n ? x->n : y->n));
        variance += pow(score_error(c, x), 2) + pow(score_error(c, y), 2);
        a[q->n] = base;
        b[q->n] = next;
        d[q->n++] = next - base;
    }
    q->base = mean_of(a, q->n);
    q->next = mean_of(b, q->n);
    q->d = interval_in_steps(d, q->n, step);
    q->answer = q->n && same ? ANSWER_SAME : answer_of(&q->d, quality_sign(c));
    q->over_examples = q->n ? 1.96 * sqrt(variance) / (double)q->n : NAN;
}

/* Ordinary windows at the training length; without such the first that both have. */
static void choose_first(const struct contrast *c, struct quality *q, size_t n)
{
    long long trained = 0;
    size_t first = n;
    if (c->n) sscanf(option_of(c->pair[0].base, "train.length"), "%lld", &trained);
    for (size_t i = n; i-- > 0;)
        if (q[i].n && strcmp(q[i].mode, "windows") == 0 && rank(&q[i]) == 0 && q[i].length == trained) first = i;
    for (size_t i = 0; i < n && first == n; i++)
        if (q[i].n) first = i;
    if (first == n) return;
    q[first].first = true;
    for (size_t i = 0; i < n; i++)
        q[i].further = q[i].length > q[first].length && strcmp(q[i].mode, q[first].mode) == 0 && rank(&q[i]) == rank(&q[first]);
}

size_t qualities_of(const struct contrast *c, struct quality out[QUALITIES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < pairs_of(c); i++) {
        for (size_t j = 0; j < c->pair[i].base->n_test; j++) add_place(out, &n, &c->pair[i].base->test[j]);
        for (size_t j = 0; j < c->pair[i].next->n_test; j++) add_place(out, &n, &c->pair[i].next->test[j]);
    }
    for (size_t i = 0; i < n; i++) fill(c, &out[i]);
    choose_first(c, out, n);
    return n;
}

static bool same_curves(const struct results *a, const struct results *b)
{
    if (a->n_train != b->n_train || a->n_eval != b->n_eval) return false;
    for (size_t i = 0; i < a->n_train; i++)
        if (a->train[i].step != b->train[i].step || a->train[i].loss != b->train[i].loss) return false;
    for (size_t i = 0; i < a->n_eval; i++)
        if (a->eval[i].step != b->eval[i].step || a->eval[i].loss != b->eval[i].loss) return false;
    return true;
}

bool contrast_same(const struct contrast *c)
{
    struct quality q[QUALITIES_MAX];
    const size_t n = qualities_of(c, q);
    for (size_t i = 0; i < n; i++)
        if (q[i].answer != ANSWER_SAME && !(q[i].n == 0 && q[i].reason[0])) return false;
    for (size_t i = 0; i < c->n; i++)
        if (!same_curves(c->pair[i].base, c->pair[i].next)) return false;
    return c->n > 0;
}

/* ---- effect of budget ---- */

const double budget_share[SHARES] = {0.10, 0.25, 0.50, 1.00};

static double loss_unit(const struct contrast *c)
{
    return quality_in_bits(c) ? BITS_PER_NAT : 1;
}

static bool settled(const struct interval *d)
{
    return d->n > 1 && (d->low > 0 || d->high < 0);
}

/* It changes sides only if it stands clear of 0 on both. */
static enum course course_of(const struct interval *change, const struct interval *first, const struct interval *last)
{
    if (!settled(change)) return change->n ? COURSE_UNDECIDED : COURSE_UNKNOWN;
    if (settled(first) && settled(last) && first->mean * last->mean < 0) return COURSE_TURNS;
    return fabs(last->mean) < fabs(first->mean) ? COURSE_SHRINKS : COURSE_GROWS;
}

struct budget_sums { double a[SHARES][SEEDS_MAX], b[SHARES][SEEDS_MAX], d[SHARES][SEEDS_MAX]; size_t n[SHARES]; };

/* One pair: the losses at each share of the shorter training; NaN where a curve has not begun. */
static void budget_pair(const struct contrast *c, size_t i, struct budget *out, double base[SHARES], double next[SHARES])
{
    struct track x, y;
    track_of(c->pair[i].base, &x);
    track_of(c->pair[i].next, &y);
    const double all = fmin(x.tokens, y.tokens);
    if (fabs(x.tokens - y.tokens) > 1e-9 * all) out->other_budget = true;
    out->tokens += (isnan(all) ? 0 : all) / (double)pairs_of(c);
    for (size_t s = 0; s < SHARES; s++) {
        base[s] = isnan(all) ? NAN : track_loss(&x, budget_share[s] * all) * loss_unit(c);
        next[s] = isnan(all) ? NAN : track_loss(&y, budget_share[s] * all) * loss_unit(c);
    }
    track_done(&x);
    track_done(&y);
}

void budget_of(const struct contrast *c, struct budget *out)
{
    struct budget_sums m = {.n = {0}};
    double base[SEEDS_MAX][SHARES], next[SEEDS_MAX][SHARES], change[SEEDS_MAX];
    size_t n = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < pairs_of(c); i++) {
        budget_pair(c, i, out, base[i], next[i]);
        for (size_t s = 0; s < SHARES; s++) {
            if (isnan(base[i][s]) || isnan(next[i][s])) continue;
            m.a[s][m.n[s]] = base[i][s];
            m.b[s][m.n[s]] = next[i][s];
            m.d[s][m.n[s]++] = next[i][s] - base[i][s];
        }
    }
    out->first = SHARES;
    for (size_t s = SHARES; s-- > 0;) {
        out->d[s] = interval_of(m.d[s], m.n[s], COMPARE_LEVEL);
        out->base[s] = mean_of(m.a[s], m.n[s]);
        out->next[s] = mean_of(m.b[s], m.n[s]);
        if (m.n[s]) out->first = s;
    }
    const size_t last = SHARES - 1;
    for (size_t i = 0; out->first < last && i < pairs_of(c); i++) {
        const double x = (next[i][last] - base[i][last]) - (next[i][out->first] - base[i][out->first]);
        if (!isnan(x)) change[n++] = x;
    }
    out->change = interval_of(change, n, COMPARE_LEVEL);
    if (out->first < last) out->course = course_of(&out->change, &out->d[out->first], &out->d[last]);
}

/* ---- cost at equal quality ---- */

struct equal_sums { double a[PRICES][SEEDS_MAX], b[PRICES][SEEDS_MAX], log_ratio[PRICES][SEEDS_MAX]; size_t n; };

static void equal_pair(const struct contrast *c, size_t i, bool of_next, struct equal *out, struct equal_sums *m)
{
    struct track x, y;
    double a[PRICES], b[PRICES];
    bool bound = false, other = false;
    track_of(c->pair[i].base, &x);
    track_of(c->pair[i].next, &y);
    if (x.n && y.n) {
        const double level = track_last(of_next ? &y : &x);
        const bool base = track_reach(&x, level, a, &bound), next = track_reach(&y, level, b, &other);
        out->n++;
        out->level += level * loss_unit(c);
        out->base_best += track_best(&x) * loss_unit(c);
        out->next_best += track_best(&y) * loss_unit(c);
        out->base_reached += base;
        out->next_reached += next;
        if (base && next) {
            out->bound = out->bound || bound || other;
            for (int p = 0; p < PRICES; p++) {
                m->a[p][m->n] = a[p];
                m->b[p][m->n] = b[p];
                m->log_ratio[p][m->n] = log(b[p] / a[p]);
            }
            m->n++;
        }
    }
    track_done(&x);
    track_done(&y);
}

void equal_of(const struct contrast *c, bool of_next, struct equal *out)
{
    struct equal_sums m = {.n = 0};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < pairs_of(c); i++) equal_pair(c, i, of_next, out, &m);
    out->level /= (double)out->n; /* NaN if there is no curve */
    out->base_best /= (double)out->n;
    out->next_best /= (double)out->n;
    if (m.n < out->n) m.n = 0; /* the seeds that got there would be a choice in favour of the slower side */
    for (int p = 0; p < PRICES; p++) {
        out->base[p] = mean_of(m.a[p], m.n);
        out->next[p] = mean_of(m.b[p], m.n);
        out->ratio[p] = interval_of(m.log_ratio[p], m.n, COMPARE_LEVEL);
    }
}

bool seconds_compare(const struct contrast *c, char *why, size_t size)
{
    static const char *const facts[] = {"cpu", "threads", "kernel", "blas", "real"};
    why[0] = 0;
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < sizeof facts / sizeof *facts; k++) {
            const char *a = results_environment(c->pair[i].base, facts[k]), *b = results_environment(c->pair[i].next, facts[k]);
            if (a[0] && strcmp(a, b) == 0) continue;
            if (a[0] && b[0]) snprintf(why, size, "%s: %.80s and %.80s", facts[k], a, b);
            else snprintf(why, size, "%s: not known", facts[k]);
            return false;
        }
    return true;
}

/* ---- what training takes ---- */

const char *const resource_title[RESOURCES] = {"parameters", "FLOP per token", "activation bytes", "tokens/s"};

static double resource(const struct results *r, enum resource which)
{
    const double x[RESOURCES] = {r->cost.parameters, r->cost.flops_per_token, r->cost.activation_bytes, r->cost.tokens_per_second};
    return x[which] > 0 ? x[which] : NAN;
}

struct resource_pair resource_of(const struct contrast *c, enum resource which)
{
    double a[SEEDS_MAX], b[SEEDS_MAX];
    for (size_t i = 0; i < pairs_of(c); i++) {
        a[i] = resource(c->pair[i].base, which);
        b[i] = resource(c->pair[i].next, which);
    }
    return (struct resource_pair){mean_of(a, pairs_of(c)), mean_of(b, pairs_of(c))};
}
