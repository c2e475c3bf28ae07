/* summary.c -- one number over the seeds of a variant, and which numbers there are. */
#include "report/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/statistics.h"
#include "tasks/task.h"

enum { SEEDS_MAX = 256 };

const struct test_row *find_test(const struct results *r, const struct place *p)
{
    for (size_t i = r->n_test; i > 0; i--) {
        const struct test_row *row = &r->test[i - 1];
        if (row->length == p->length && strcmp(row->split, p->split) == 0 && strcmp(row->text, p->text) == 0
            && strcmp(row->mode, p->mode) == 0)
            return row;
    }
    return NULL;
}

static double ratio(const struct loaded *l, const struct test_row *row, const struct place *p)
{
    struct place trained = *p;
    trained.length = l->run->train.length;
    const struct test_row *base = find_test(&l->results, &trained);
    return base ? row->loss / base->loss : NAN;
}

static double value(const struct loaded *l, const struct test_row *row, enum measure m, const struct place *p)
{
    switch (m) {
    case MEASURE_LOSS:     return row->loss;
    case MEASURE_BITS:     return row->loss * BITS_PER_NAT;
    case MEASURE_ACCURACY: return row->accuracy * 100;
    case MEASURE_RATIO:    return ratio(l, row, p);
    }
    return NAN;
}

double score_of(const struct loaded *l, enum measure m, const struct place *p, double *error)
{
    const struct test_row *row = l->usable ? find_test(&l->results, p) : NULL;
    if (error) *error = row && m == MEASURE_ACCURACY && row->n ? 100 * sqrt(row->accuracy * (1 - row->accuracy) / (double)row->n) : NAN;
    return row ? value(l, row, m, p) : NAN;
}

struct summary summarise(const struct variant_runs *v, enum measure m, const struct place *p)
{
    struct summary s = {0};
    double x[SEEDS_MAX];
    for (size_t i = 0; i < v->n && s.n < SEEDS_MAX; i++) {
        if (v->at[i].run->refused[0]) snprintf(s.reason, sizeof s.reason, "%s", v->at[i].run->refused);
        const struct test_row *row = v->at[i].usable ? find_test(&v->at[i].results, p) : NULL;
        if (!row) continue;
        const double number = value(&v->at[i], row, m, p);
        if (!isnan(number)) x[s.n++] = number;
        else if (!s.reason[0]) snprintf(s.reason, sizeof s.reason, "%s", row->reason);
    }
    s.mean = mean_of(x, s.n);
    s.sd = deviation_of(x, s.n);
    return s;
}

struct summary summarise_cost(const struct variant_runs *v, size_t offset)
{
    struct summary s = {0};
    double x[SEEDS_MAX];
    for (size_t i = 0; i < v->n && s.n < SEEDS_MAX; i++)
        if (v->at[i].usable) memcpy(&x[s.n++], (const char *)&v->at[i].results.cost + offset, sizeof x[0]);
    s.mean = mean_of(x, s.n);
    s.sd = deviation_of(x, s.n);
    return s;
}

static int rank(const struct kind *k)
{
    static const char *const modes[] = {"windows", "last", "stride", "context", "stream", NULL};
    int at = 0;
    while (modes[at] && strcmp(k->mode, modes[at]) != 0) at++;
    return at + (strcmp(k->text, "repeated") == 0 ? 100 : 0);
}

static void add_kind(struct kind *out, size_t *n, const struct test_row *row)
{
    struct kind k;
    memcpy(k.text, row->text, sizeof k.text);
    memcpy(k.mode, row->mode, sizeof k.mode);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(out[i].text, k.text) == 0 && strcmp(out[i].mode, k.mode) == 0) return;
    if (*n == KINDS_MAX) return;
    size_t at = (*n)++;
    for (; at > 0 && rank(&out[at - 1]) > rank(&k); at--) out[at] = out[at - 1];
    out[at] = k;
}

/* Call `act` for every test row of the split "test" of the usable runs. */
#define EACH_TEST_ROW(t, row, act)                                                          \
    for (size_t v_ = 0; v_ < (t)->n; v_++)                                                  \
        for (size_t s_ = 0; s_ < (t)->variant[v_].n; s_++) {                                \
            const struct loaded *l_ = &(t)->variant[v_].at[s_];                             \
            for (size_t i_ = 0; l_->usable && i_ < l_->results.n_test; i_++) {              \
                const struct test_row *row = &l_->results.test[i_];                         \
                if (strcmp(row->split, "test") == 0) act;                                   \
            }                                                                               \
        }

size_t kinds_of(const struct task_runs *t, struct kind out[KINDS_MAX])
{
    size_t n = 0;
    EACH_TEST_ROW(t, row, add_kind(out, &n, row));
    return n;
}

static void add_length(int64_t *out, size_t *n, int64_t length)
{
    size_t at = *n;
    while (at > 0 && out[at - 1] > length) at--;
    if ((at > 0 && out[at - 1] == length) || *n == LENGTHS_MAX) return;
    memmove(out + at + 1, out + at, (*n - at) * sizeof *out);
    out[at] = length;
    ++*n;
}

size_t lengths_of(const struct task_runs *t, const struct kind *k, int64_t out[LENGTHS_MAX])
{
    size_t n = 0;
    EACH_TEST_ROW(t, row, {
        if (strcmp(row->text, k->text) == 0 && strcmp(row->mode, k->mode) == 0) add_length(out, &n, row->length);
    });
    return n;
}

const char *kind_title(const struct kind *k)
{
    if (strcmp(k->mode, "windows") == 0) return "non-overlapping windows";
    if (strcmp(k->mode, "last") == 0) return "last block: the same targets, growing context";
    if (strcmp(k->mode, "stride") == 0) return "sliding window: the last tokens of each";
    if (strcmp(k->mode, "context") == 0) return "single targets after exactly so many tokens";
    if (strcmp(k->mode, "stream") == 0) return "whole documents in parts, state carried on";
    if (strcmp(k->mode, "all") == 0) return "every example";
    return k->mode;
}

const struct predictor_row *predictors_of(const struct task_runs *t, size_t *n)
{
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++) {
            const struct results *r = &t->variant[v].at[i].results;
            if (r->n_predictor) {
                *n = r->n_predictor;
                return r->predictor;
            }
        }
    *n = 0;
    return NULL;
}

bool is_text(const struct task_runs *t)
{
    return t->run->task->kind == TASK_TEXT;
}
