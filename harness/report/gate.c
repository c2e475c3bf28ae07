/* gate.c -- does a recall table tell anything? */
#include "report/gate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/summary.h"
#include "tasks/task.h"

struct sets {
    struct test_set at[TASK_SETS];
    size_t n;
};

/* The set where one of the two does worst. */
struct worst {
    const struct test_set *set; /* NULL: there is no score */
    double accuracy;            /* percent                 */
};

static const struct variant_runs *find(const struct task_runs *t, const char *label)
{
    for (size_t v = 0; v < t->n; v++)
        if (strcmp(t->variant[v].label, label) == 0) return &t->variant[v];
    return NULL;
}

static struct summary accuracy(const struct variant_runs *v, const struct test_set *s)
{
    const struct place p = {"test", s->label, "recall", (int64_t)s->length};
    return summarise(v, MEASURE_ACCURACY, &p);
}

/* A set without a score closes the gate: the lowest of all. */
static struct worst lowest_trained(const struct variant_runs *v, const struct sets *sets)
{
    struct worst w = {NULL, INFINITY};
    for (size_t i = 0; i < sets->n; i++) {
        if (!sets->at[i].trained) continue;
        const struct summary s = accuracy(v, &sets->at[i]);
        if (s.n == 0) return (struct worst){NULL, NAN};
        if (s.mean < w.accuracy) w = (struct worst){&sets->at[i], s.mean};
    }
    return w;
}

static struct worst farthest_from(double chance, const struct variant_runs *v, const struct sets *sets)
{
    struct worst w = {NULL, chance};
    for (size_t i = 0; i < sets->n; i++) {
        const struct summary s = accuracy(v, &sets->at[i]);
        if (s.n && (!w.set || fabs(s.mean - chance) > fabs(w.accuracy - chance))) w = (struct worst){&sets->at[i], s.mean};
    }
    return w;
}

static double chance_of(const struct task_runs *t)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, "chance") == 0) return 100 * p[i].accuracy;
    return NAN;
}

__attribute__((format(printf, 2, 3))) static void say(struct gate *g, const char *format, ...)
{
    const size_t n = strlen(g->line);
    va_list args;
    va_start(args, format);
    vsnprintf(g->line + n, sizeof g->line - n, format, args);
    va_end(args);
}

static void place_text(const struct test_set *s, char out[48])
{
    snprintf(out, 48, "length %zu%s%s", s->length, s->label[0] ? ", " : "", s->label);
}

/* One half of the line; whether that half is as it should be. */
static bool judge_reference(const struct task_runs *t, const struct sets *sets, struct gate *g)
{
    const char *label = t->run->test.reference;
    const struct variant_runs *v = find(t, label);
    char where[48];
    if (!v) return say(g, "there is no variant %s to be the reference (test.reference)", label), false;
    const struct worst w = lowest_trained(v, sets);
    if (!w.set) return say(g, "%s has no score at %s", label, isnan(w.accuracy) ? "every training setting" : "a training setting, as none is tested"), false;
    place_text(w.set, where);
    if (w.accuracy >= GATE_REFERENCE) say(g, "%s %.1f %% or more at the training lengths", label, w.accuracy);
    else say(g, "%s reaches only %.1f %% at %s, where it was trained (wanted: %.0f %%)", label, w.accuracy, where, GATE_REFERENCE);
    return w.accuracy >= GATE_REFERENCE;
}

static bool judge_control(const struct task_runs *t, const struct sets *sets, struct gate *g)
{
    const char *label = t->run->test.control;
    const struct variant_runs *v = find(t, label);
    const double chance = chance_of(t);
    char where[48];
    if (!v) return say(g, "there is no variant %s to be the control (test.control)", label), false;
    if (isnan(chance)) return say(g, "no score of chance is known for %s", label), false;
    const struct worst w = farthest_from(chance, v, sets);
    if (!w.set) return say(g, "%s has no score", label), false;
    place_text(w.set, where);
    const bool right = fabs(w.accuracy - chance) <= GATE_CONTROL;
    if (right) say(g, "%s %.1f %% against chance %.1f %%", label, w.accuracy, chance);
    else say(g, "%s, which remembers nothing, has %.1f %% at %s against chance %.1f %% (wanted: within %.0f points)", label, w.accuracy,
             where, chance, GATE_CONTROL);
    return right;
}

void gate_of(const struct task_runs *t, struct gate *out)
{
    static const char passed[] = "gate passed: ", failed[] = "gate not passed, so this table tells nothing about memory: ";
    struct sets sets;
    struct gate reference = {.passed = false}, control = {.passed = false};
    sets.n = t->run->task->sets(t->run->task_options, sets.at);
    reference.passed = judge_reference(t, &sets, &reference);
    control.passed = judge_control(t, &sets, &control);
    *out = (struct gate){.passed = reference.passed && control.passed};
    snprintf(out->line, sizeof out->line, "%s%.340s%s%.340s", out->passed ? passed : failed, reference.line,
             out->passed ? ", " : "; ", control.line);
}
