/* expression_value.c -- expressions over the runs of one seed; what is missing is said, never guessed. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/expression.h"
#include "report/recl.h"
#include "report/summary.h"
#include "tasks/task.h"

/* ---- gaps ------------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void gap(struct gaps *g, const char *who, uint64_t seed, const char *format, ...)
{
    struct gap new = {.n = 1, .seed = {seed}};
    va_list args;
    if (!g) return;
    va_start(args, format);
    vsnprintf(new.what, sizeof new.what, format, args);
    va_end(args);
    snprintf(new.who, sizeof new.who, "%s", who);
    for (size_t i = 0; i < g->n; i++) {
        struct gap *old = &g->at[i];
        if (strcmp(old->who, new.who) != 0 || strcmp(old->what, new.what) != 0) continue;
        for (size_t s = 0; s < old->n; s++)
            if (old->seed[s] == seed) return;
        if (old->n < GAP_SEEDS) old->seed[old->n++] = seed;
        return;
    }
    if (g->n < GAPS) g->at[g->n++] = new;
}

static bool same_gap(const struct gap *a, const struct gap *b)
{
    return a->n == b->n && memcmp(a->seed, b->seed, a->n * sizeof a->seed[0]) == 0 && strcmp(a->what, b->what) == 0;
}

/* Those of whom the same is to be said stand together. */
void gaps_text(const struct gaps *g, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < g->n && used < size; i++) {
        const struct gap *a = &g->at[i];
        bool said = false;
        for (size_t j = 0; j < i; j++) said |= same_gap(a, &g->at[j]);
        if (said) continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "; " : "", a->who);
        for (size_t j = i + 1; j < g->n && used < size; j++)
            if (same_gap(a, &g->at[j])) used += (size_t)snprintf(out + used, size - used, ", %s", g->at[j].who);
        if (used < size) used += (size_t)snprintf(out + used, size - used, " (%s%s", g->per, a->n > 1 ? "s" : "");
        for (size_t s = 0; s < a->n && used < size; s++)
            used += (size_t)snprintf(out + used, size - used, "%s %llu", s ? "," : "", (unsigned long long)a->seed[s]);
        if (used < size) used += (size_t)snprintf(out + used, size - used, "): %s", a->what);
    }
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

struct reading { /* what all below need */
    const struct collection *c;
    const struct sweeps     *costs;
    uint64_t                 seed;
    struct gaps             *missing, *notes;
};

static bool fits(const struct score *s, const struct task_runs *t)
{
    if (s->task[0]) return strcmp(s->task, t->name) == 0;
    if (s->what == QUANTITY_RECL) return t->run->task->kind == TASK_TEXT;
    return !s->placed || t->run->task->kind != TASK_CLASSIFY;
}

const struct task_runs *score_task(const struct score *s, const struct collection *c)
{
    for (size_t i = 0; i < c->n_tasks; i++)
        if (fits(s, &c->task[i])) return &c->task[i];
    return NULL;
}

static const struct task_runs *task_of(const struct score *s, const struct reading *r)
{
    const struct task_runs *t = score_task(s, r->c);
    if (!t) gap(r->missing, s->label, r->seed, "no task %s%samong these runs", s->task, s->task[0] ? " " : "of that kind ");
    return t;
}

/* "missing: not run yet" -> "not run yet" */
static const char *plain(const char *note)
{
    return strncmp(note, "missing: ", 9) == 0 ? note + 9 : note;
}

/* The run of a variant with this seed, if it can be used. */
static const struct loaded *run_of(const char *label, const struct task_runs *t, const struct reading *r)
{
    const struct loaded *found = NULL;
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n && strcmp(t->variant[v].label, label) == 0; i++)
            if (t->variant[v].at[i].run->seed == r->seed) found = &t->variant[v].at[i];
    if (!found) gap(r->missing, label, r->seed, "not among these runs of %s", t->name);
    else if (found->run->refused[0]) gap(r->missing, label, r->seed, "n/a: %s", found->run->refused);
    else if (!found->usable) gap(r->missing, label, r->seed, "%s", plain(found->note));
    else {
        if (found->note[0]) gap(r->notes, label, r->seed, "%s", found->note);
        return found;
    }
    return NULL;
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static int64_t tokens(struct extent e, const struct loaded *l)
{
    return llround(e.times ? e.value * (double)l->run->train.length : e.value);
}

static const char *mode_of(const struct score *s, const struct task *t)
{
    if (t->kind == TASK_CLASSIFY) return "all";
    return s->mode[0] ? s->mode : t->kind == TASK_SEQUENCE ? "recall" : "windows";
}

/* A recall task's set of this length: the one named, or the only one. */
static bool find_set(const struct score *s, const struct loaded *l, const struct place *p, const char **out)
{
    const char *only = s->set[0] ? s->set : NULL;
    for (size_t i = 0; !s->set[0] && i < l->results.n_test; i++) {
        const struct test_row *row = &l->results.test[i];
        if (row->length != p->length || strcmp(row->mode, p->mode) != 0 || strcmp(row->split, p->split) != 0) continue;
        if (only && strcmp(only, row->text) != 0) return false;
        only = row->text;
    }
    *out = only ? only : "";
    return true;
}

static const struct test_row *row_of(const struct score *s, const struct loaded *l, int64_t length, const struct reading *r)
{
    const struct task *t = l->run->task;
    struct place p = {s->split, s->repeated ? "repeated" : "ordinary", mode_of(s, t), length};
    if (t->kind == TASK_CLASSIFY) p.text = "", p.length = 0;
    if (t->kind == TASK_SEQUENCE && !find_set(s, l, &p, &p.text)) {
        gap(r->missing, s->label, r->seed, "has several sets of length %lld; name one, as in: set \"16 pairs\"", (long long)length);
        return NULL;
    }
    const struct test_row *row = find_test(&l->results, &p);
    if (!row && t->kind == TASK_CLASSIFY) gap(r->missing, s->label, r->seed, "no score on the %s split of %s", s->split, t->name);
    else if (!row) gap(r->missing, s->label, r->seed, "no test %s%s%s at length %lld on the %s split", p.mode, p.text[0] ? ", " : "", p.text,
                       (long long)p.length, s->split);
    else if (isnan(row->loss) && isnan(row->accuracy)) gap(r->missing, s->label, r->seed, "n/a: %s", row->reason[0] ? row->reason : "no number");
    else return row;
    return NULL;
}

const struct test_row *score_row(const struct score *s, const struct collection *c, uint64_t seed, struct gaps *missing)
{
    const struct reading r = {.c = c, .seed = seed, .missing = missing};
    const struct task_runs *t = s->what <= QUANTITY_RATIO ? task_of(s, &r) : NULL;
    const struct loaded *l = t ? run_of(s->label, t, &r) : NULL;
    return l ? row_of(s, l, tokens(s->length, l), &r) : NULL;
}

/* ---- positions [from, to) of the windows of one length ---------------------------------------------------------- */

struct at_positions { double loss, accuracy; };

static bool is_row(const struct position_row *p, const struct score *s, int64_t length)
{
    return p->length == length && strcmp(p->split, s->split) == 0 && strcmp(p->text, s->repeated ? "repeated" : "ordinary") == 0;
}

/* The rows of the last evaluation that lie inside, weighed by their targets; they must fill the range. */
static bool positions(const struct score *s, const struct loaded *l, const struct reading *r, struct at_positions *out)
{
    const struct results *f = &l->results;
    const int64_t length = tokens(s->length, l), from = tokens(s->from, l), to = tokens(s->to, l);
    const char *evaluation = NULL;
    int64_t filled = 0, n = 0;
    *out = (struct at_positions){0};
    for (size_t i = 0; i < f->n_position; i++)
        if (is_row(&f->position[i], s, length)) evaluation = f->position[i].evaluation;
    for (size_t i = 0; evaluation && i < f->n_position; i++) {
        const struct position_row *p = &f->position[i];
        if (!is_row(p, s, length) || strcmp(p->evaluation, evaluation) != 0 || p->from < from || p->to > to) continue;
        filled += p->to - p->from;
        n += p->n;
        out->loss += (double)p->n * p->loss;
        out->accuracy += (double)p->n * p->accuracy;
    }
    out->loss /= (double)n;
    out->accuracy /= (double)n;
    if (!evaluation) gap(r->missing, s->label, r->seed, "no losses by position in windows of %lld", (long long)length);
    else if (filled != to - from || n == 0)
        gap(r->missing, s->label, r->seed, "positions %lld..%lld of windows of %lld do not fall on the stretches that are kept", (long long)from,
            (long long)to, (long long)length);
    return evaluation && filled == to - from && n > 0;
}

/* ---- scores ----------------------------------------------------------------------------------------------------- */

static double tested(const struct score *s, const struct loaded *l, const struct reading *r)
{
    struct at_positions at;
    if (s->ranged) {
        if (!positions(s, l, r, &at)) return NAN;
    } else {
        const struct test_row *row = row_of(s, l, tokens(s->length, l), r), *base = NULL;
        if (row && s->what == QUANTITY_RATIO) base = row_of(s, l, l->run->train.length, r);
        if (!row || (s->what == QUANTITY_RATIO && !base)) return NAN;
        if (base) return row->loss / base->loss;
        at = (struct at_positions){row->loss, row->accuracy};
    }
    return s->what == QUANTITY_ACCURACY ? 100 * at.accuracy : s->what == QUANTITY_BITS ? at.loss * BITS_PER_NAT : at.loss;
}

static double floor_of(const struct score *s, const struct task_runs *t, const struct reading *r)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, s->label) == 0 && !isnan(p[i].accuracy)) return 100 * p[i].accuracy;
    gap(r->missing, s->label, r->seed, n ? "no such predictor of %s" : "no predictor in the files of %s", t->name);
    return NAN;
}

static double accuracy_on(const char *label, const struct task_runs *t, const struct reading *r)
{
    struct score s = {.what = QUANTITY_ACCURACY, .length = {1, true}, .split = "test"};
    snprintf(s.label, sizeof s.label, "%s", label);
    const struct loaded *l = run_of(label, t, r);
    return l ? tested(&s, l, r) : NAN;
}

static double average_of(const struct score *s, const struct reading *r)
{
    double total = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->c->n_tasks; i++) {
        if (r->c->task[i].run->task->kind != TASK_CLASSIFY) continue;
        total += accuracy_on(s->label, &r->c->task[i], r);
        n++;
    }
    if (n == 0) gap(r->missing, s->label, r->seed, "no classification task among these runs");
    return n ? total / (double)n : NAN;
}

/* A tie is a win of neither; a variant that cannot take a task does not win it. */
static double wins_of(const struct score *s, const struct reading *r)
{
    double wins = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->c->n_tasks; i++) {
        const struct task_runs *t = &r->c->task[i];
        if (t->run->task->kind != TASK_CLASSIFY) continue;
        const double mine = accuracy_on(s->label, t, r);
        bool best = true;
        for (size_t v = 0; v < t->n; v++) {
            if (strcmp(t->variant[v].label, s->label) == 0 || t->variant[v].at[0].run->refused[0]) continue;
            const double other = accuracy_on(t->variant[v].label, t, r);
            if (isnan(other)) return NAN;
            best &= mine > other;
        }
        if (isnan(mine)) return NAN;
        wins += best;
        n++;
    }
    if (n == 0) gap(r->missing, s->label, r->seed, "no classification task among these runs");
    return n ? wins : NAN;
}

static double recl_value(const struct score *s, const struct task_runs *t, const struct reading *r)
{
    struct recl x = {.context = NAN};
    for (size_t v = 0; v < t->n; v++)
        if (strcmp(t->variant[v].label, s->label) == 0) x = recl_of_run(t, &t->variant[v], r->seed, s->share);
    if (isnan(x.context)) gap(r->missing, s->label, r->seed, "no losses by context (test.context), or others than most runs have");
    if (x.worse) gap(r->notes, s->label, r->seed, RECL_WORSE);
    return x.context;
}

static double cost_value(const struct score *s, const struct reading *r)
{
    char why[200];
    const double x = expression_cost(s, r->costs, r->seed, why, sizeof why);
    if (why[0]) gap(isnan(x) ? r->missing : r->notes, s->label, r->seed, "%s", why);
    return x;
}

static double score_value(const struct score *s, const struct reading *r)
{
    double x;
    if (s->what == QUANTITY_MEASURED) return cost_value(s, r);
    if (s->what == QUANTITY_AVERAGE) return average_of(s, r);
    if (s->what == QUANTITY_WINS) return wins_of(s, r);
    const struct task_runs *t = task_of(s, r);
    if (!t) return NAN;
    if (s->what == QUANTITY_FLOOR) return floor_of(s, t, r);
    const struct loaded *l = run_of(s->label, t, r);
    if (!l) return NAN;
    if (s->what == QUANTITY_RECL) return recl_value(s, t, r);
    if (s->what != QUANTITY_COST) return tested(s, l, r);
    memcpy(&x, (const char *)&l->results.cost + s->cost, sizeof x);
    return x;
}

static double value(const struct expression *e, const struct reading *r)
{
    if (e->kind == EXPRESSION_NUMBER) return e->number;
    if (e->kind == EXPRESSION_SCORE) return score_value(&e->score, r);
    const double a = value(e->a, r), b = e->b ? value(e->b, r) : 0;
    switch (e->kind) {
    case EXPRESSION_ADD:      return a + b;
    case EXPRESSION_SUBTRACT: return a - b;
    case EXPRESSION_MULTIPLY: return a * b;
    case EXPRESSION_DIVIDE:   return a / b;
    case EXPRESSION_ABS:      return fabs(a);
    case EXPRESSION_LOG:      return log(a);
    case EXPRESSION_MIN:      return isnan(a) || isnan(b) ? NAN : fmin(a, b);
    case EXPRESSION_MAX:      return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    default:                  return NAN;
    }
}

double expression_value(const struct expression *e, const struct evidence *on, uint64_t seed, struct gaps *missing, struct gaps *notes)
{
    struct gaps of = {.per = missing->per};
    const struct reading r = {on->runs, on->costs, seed, &of, notes};
    const double x = value(e, &r);
    for (size_t i = 0; i < of.n; i++) gap(missing, of.at[i].who, seed, "%s", of.at[i].what);
    if (of.n == 0 && !isfinite(x)) gap(missing, "the arithmetic", seed, "gives %g", x);
    return of.n || !isfinite(x) ? NAN : x;
}
