/* speed.c -- see speed.h. */
#include "report/speed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/matrix.h"
#include "report/summary.h"
#include "tasks/task.h"

enum { LEAST = 3 };

static const struct place everything = {"test", "", "all", 0};

/* ---- which tasks -------------------------------------------------------------------------------------------------- */

static bool has_score(const struct variant_runs *v)
{
    return summarise(v, MEASURE_ACCURACY, &everything).n > 0;
}

/* The average's tasks; of a single task, that. */
static void choose_tasks(struct matrix *m)
{
    for (size_t t = 0; t < m->n_tasks && m->n_average == 0; t++) {
        bool all = true;
        for (size_t v = 0; v < m->task[t].n; v++) {
            bool some = false;
            for (size_t k = 0; k < m->n_tasks; k++) some |= has_score(&m->task[k].variant[v]);
            all &= !some || has_score(&m->task[t].variant[v]);
        }
        if (all) m->average[m->n_average++] = t;
    }
}

static double accuracy_of(const struct matrix *m, size_t variant)
{
    const struct summary s = m->n_average > 1 ? matrix_average(m, variant)
                                              : summarise(&m->task[m->average[0]].variant[variant], MEASURE_ACCURACY, &everything);
    return s.n ? s.mean : NAN;
}

/* ---- which machine ------------------------------------------------------------------------------------------------ */

static const struct results *first_usable(const struct variant_runs *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].usable) return &v->at[i].results;
    return NULL;
}

static bool same_machine(const struct results *like, const struct variant_runs *v)
{
    static const char *const facts[] = {"cpu", "threads", "kernel", "real"};
    for (size_t i = 0; i < v->n; i++)
        for (size_t k = 0; v->at[i].usable && k < sizeof facts / sizeof *facts; k++)
            if (strcmp(results_environment(like, facts[k]), results_environment(&v->at[i].results, facts[k])) != 0) return false;
    return true;
}

/* In every task the machine of the variant that it is compared with there. */
static bool comparable(const struct matrix *m, size_t base, size_t variant)
{
    for (size_t k = 0; k < m->n_average; k++) {
        const struct task_runs *t = &m->task[m->average[k]];
        if (!same_machine(first_usable(&t->variant[base]), &t->variant[variant])) return false;
    }
    return true;
}

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static double cost_of(const struct variant_runs *v, size_t offset)
{
    const struct summary s = summarise_cost(v, offset);
    return s.n && s.mean > 0 ? s.mean : NAN;
}

static void measure(const struct matrix *m, size_t base, size_t variant, bool relative, struct speed *out)
{
    double logs = 0, bytes = 0;
    for (size_t k = 0; k < m->n_average; k++) {
        const struct task_runs *t = &m->task[m->average[k]];
        const size_t rate = offsetof(struct cost, tokens_per_second);
        logs += log(cost_of(&t->variant[variant], rate)) - (relative ? log(cost_of(&t->variant[base], rate)) : 0);
        bytes += cost_of(&t->variant[variant], offsetof(struct cost, activation_bytes));
    }
    *out = (struct speed){.label = m->task[0].variant[variant].label, .style = m->task[0].variant[variant].style,
                          .speed = exp(logs / (double)m->n_average), .accuracy = accuracy_of(m, variant), .bytes = bytes / (double)m->n_average};
}

/* Vanilla, or the first variant that has scores: what the others' machines are compared with. */
static size_t base_of(const struct matrix *m, bool *relative)
{
    size_t base = SIZE_MAX;
    *relative = false;
    for (size_t v = 0; v < m->task[0].n; v++) {
        if (isnan(accuracy_of(m, v))) continue;
        if (strcmp(m->task[0].variant[v].label, "vanilla") == 0) {
            *relative = true;
            return v;
        }
        if (base == SIZE_MAX) base = v;
    }
    return base;
}

static void fill(const struct matrix *m, struct speeds *out)
{
    const size_t base = base_of(m, &out->relative);
    out->n_tasks = m->n_average;
    for (size_t v = 0; base != SIZE_MAX && v < m->task[0].n && out->n < SPEEDS_MOST; v++) {
        struct speed *s = &out->at[out->n];
        if (isnan(accuracy_of(m, v))) continue;
        if (!comparable(m, base, v)) {
            out->n_elsewhere++;
            continue;
        }
        measure(m, base, v, out->relative, s);
        if (isfinite(s->speed) && isfinite(s->bytes)) out->n++;
    }
}

void speeds_of(const struct collection *c, struct speeds *out)
{
    const struct references none = {.n = 0};
    struct matrix *m = malloc(sizeof *m);
    if (!m) status_no_memory("a figure", sizeof *m);
    *out = (struct speeds){0};
    (void)matrix_of(c, &none, m); /* also one task will do */
    choose_tasks(m);
    if (m->n_average) fill(m, out);
    free(m);
}

/* ---- the figure --------------------------------------------------------------------------------------------------- */

static void name_figure(const struct speeds *s, struct figure *f)
{
    char left_out[100] = "";
    if (s->n_elsewhere) snprintf(left_out, sizeof left_out, "; %zu left out: other machine or threads", s->n_elsewhere);
    snprintf(f->name, sizeof f->name, "accuracy_by_speed");
    snprintf(f->title, sizeof f->title, "Accuracy and speed over %zu task%s; area: activation memory%s", s->n_tasks, s->n_tasks > 1 ? "s" : "", left_out);
    snprintf(f->y_label, sizeof f->y_label, "accuracy (%%)%s", s->n_tasks > 1 ? ", mean over tasks" : "");
}

/* The diameter of a disc, as a share of the largest, stands where curves have their deviation. */
static void add_discs(const struct speeds *s, struct figure *f)
{
    double most = 0, slow = INFINITY, fast = 0;
    for (size_t i = 0; i < s->n; i++) {
        most = fmax(most, s->at[i].bytes);
        slow = fmin(slow, s->at[i].speed);
        fast = fmax(fast, s->at[i].speed);
    }
    for (size_t i = 0; i < s->n; i++) {
        char label[96];
        const bool large = s->at[i].bytes >= 1e9;
        snprintf(label, sizeof label, "%.63s, %.3g %s", s->at[i].label, s->at[i].bytes / (large ? 1e9 : 1e6), large ? "GB" : "MB");
        curve_add(figure_add(f, label, s->at[i].style), s->at[i].speed, s->at[i].accuracy, sqrt(s->at[i].bytes / most));
    }
    f->log_x = fast > 4 * slow;
    snprintf(f->x_label, sizeof f->x_label, "training speed (tokens per second%s%s)", s->relative ? " over vanilla's" : "", f->log_x ? ", log scale" : "");
}

status speed_figure(const struct collection *c, figure_take *take, void *self)
{
    struct speeds *s = malloc(sizeof *s);
    struct figure f = {.script = "accuracy_by_speed", .points = true, .discs = true, .ends_apart = true};
    status e = OK;
    if (!s) status_no_memory("a figure", sizeof *s);
    speeds_of(c, s);
    if (s->n >= LEAST) {
        name_figure(s, &f);
        add_discs(s, &f);
        if (s->relative) f.x_mark = 1;
        e = take(self, &f);
    }
    figure_done(&f);
    free(s);
    return e;
}
