/* matrix.c -- see matrix.h. */
#include "report/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/blocks.h"
#include "report/caption.h"
#include "report/departure.h"
#include "report/paper.h"
#include "report/statistics.h"
#include "report/summary.h"
#include "tasks/task.h"
#include "report/grid.h"

enum { SEEDS_MOST = 64, ROWS_MOST = 256 };

static const struct place everything = {"test", "", "all", 0};

/* ---- scores ------------------------------------------------------------------------------------------------------- */

/* Of one variant in one column, by seed; NaN: none. */
struct scores {
    size_t n;
    double x[SEEDS_MOST], error[SEEDS_MOST];
};

static struct scores scores_of(const struct variant_runs *v)
{
    struct scores s = {.n = v->n < SEEDS_MOST ? v->n : SEEDS_MOST};
    for (size_t i = 0; i < s.n; i++) s.x[i] = score_of(&v->at[i], MEASURE_ACCURACY, &everything, &s.error[i]);
    return s;
}

/* Seed by seed, where all tasks of the average have that seed. */
static struct scores average_of(const struct matrix *m, size_t variant)
{
    struct scores sum = {0};
    for (size_t k = 0; k < m->n_average; k++) {
        const struct scores s = scores_of(&m->task[m->average[k]].variant[variant]);
        if (k == 0 || s.n < sum.n) sum.n = s.n;
        for (size_t i = 0; i < sum.n; i++) {
            sum.x[i] += s.x[i];
            sum.error[i] += s.error[i] * s.error[i];
        }
    }
    for (size_t i = 0; i < sum.n; i++) {
        sum.x[i] /= (double)m->n_average;
        sum.error[i] = sqrt(sum.error[i]) / (double)m->n_average;
    }
    return sum;
}

static struct summary summary_of(const struct scores *s)
{
    struct summary out = {0};
    double x[SEEDS_MOST];
    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->x[i])) x[out.n++] = s->x[i];
    out.mean = mean_of(x, out.n);
    out.sd = deviation_of(x, out.n);
    return out;
}

struct summary matrix_average(const struct matrix *m, size_t variant)
{
    if (m->n_average < 2) return (struct summary){.mean = NAN, .sd = NAN};
    const struct scores s = average_of(m, variant);
    return summary_of(&s);
}

/* ---- which tasks, which paper ------------------------------------------------------------------------------------- */

static bool has_score(const struct variant_runs *v)
{
    return summarise(v, MEASURE_ACCURACY, &everything).n > 0;
}

static bool scores_somewhere(const struct matrix *m, size_t variant)
{
    for (size_t t = 0; t < m->n_tasks; t++)
        if (has_score(&m->task[t].variant[variant])) return true;
    return false;
}

static bool any_score(const struct task_runs *t)
{
    for (size_t v = 0; v < t->n; v++)
        if (has_score(&t->variant[v])) return true;
    return false;
}

/* "small" of "small, faithful". */
static bool same_protocol(const struct reference *r, const struct run *run)
{
    const size_t n = strcspn(run->protocol, ",");
    return n && strlen(r->protocol) == n && strncmp(r->protocol, run->protocol, n) == 0;
}

/* The paper's column of a task, or NULL. */
static const struct reference_column *column_of(const struct reference *r, const struct task_runs *t)
{
    for (size_t i = 0; r && i < r->n_columns; i++)
        if (r->column[i].measure == REFERENCE_ACCURACY && strcmp(r->column[i].task, t->run->task->name) == 0) return &r->column[i];
    return NULL;
}

static const struct reference_cell *paper_cell(const struct reference *r, const struct task_runs *t, const char *label)
{
    const struct reference_column *column = column_of(r, t);
    const struct reference_row *row = column ? reference_find(r, label) : NULL;
    return row && row->cell[column - r->column].text[0] ? &row->cell[column - r->column] : NULL;
}

static void choose_paper(struct matrix *m, const struct references *papers)
{
    for (size_t i = 0; i < papers->n && !m->paper; i++)
        for (size_t t = 0; t < m->n_tasks; t++)
            if (same_protocol(&papers->at[i], m->task[t].run) && column_of(&papers->at[i], &m->task[t])) m->paper = &papers->at[i];
}

/* Every variant that has any score has one here; so have the paper's rows of these variants. */
static bool in_average(const struct matrix *m, const struct task_runs *t)
{
    for (size_t v = 0; v < t->n; v++) {
        if (!scores_somewhere(m, v)) continue;
        if (!has_score(&t->variant[v])) return false;
        if (!m->paper || !reference_find(m->paper, t->variant[v].label)) continue;
        const struct reference_cell *cell = paper_cell(m->paper, t, t->variant[v].label);
        if (!cell || isnan(cell->value)) return false;
    }
    return true;
}

bool matrix_of(const struct collection *c, const struct references *papers, struct matrix *m)
{
    size_t with_scores = 0;
    memset(m, 0, sizeof *m);
    m->config = c->config;
    for (size_t i = 0; i < c->n_tasks && m->n_tasks < MATRIX_TASKS; i++)
        if (c->task[i].run->task->kind == TASK_CLASSIFY && (m->n_tasks == 0 || c->task[i].n == m->task[0].n)) {
            m->task[m->n_tasks++] = c->task[i];
            with_scores += any_score(&c->task[i]);
        }
    choose_paper(m, papers);
    for (size_t t = 0; t < m->n_tasks; t++)
        if (in_average(m, &m->task[t])) m->average[m->n_average++] = t;
    if (m->n_average < 2) m->n_average = 0;
    return with_scores >= 2 || (with_scores == 1 && m->paper);
}

/* ---- the grid ----------------------------------------------------------------------------------------------------- */

struct told { bool by_seeds, by_error, recalled; };

static bool is_tie(const struct scores *best, const struct scores *s, struct told *told)
{
    double d[SEEDS_MOST], error = NAN;
    size_t n = 0;
    for (size_t i = 0; i < best->n && i < s->n; i++) {
        if (isnan(best->x[i]) || isnan(s->x[i])) continue;
        error = hypot(best->error[i], s->error[i]);
        d[n++] = best->x[i] - s->x[i];
    }
    if (n == 0) return false;
    const struct interval interval = interval_of(d, n, 0.95);
    const bool tie = n > 1 ? interval.low <= 0 && interval.high >= 0 : fabs(d[0]) <= error;
    if (tie && n > 1) told->by_seeds = true;
    if (tie && n == 1) told->by_error = true;
    return tie;
}

static void mark(struct grid *g, size_t column, const struct scores *s, size_t n, struct told *told)
{
    size_t best = n, some = 0;
    double mean[ROWS_MOST];
    for (size_t v = 0; v < n; v++) {
        const struct summary x = summary_of(&s[v]);
        mean[v] = x.n ? x.mean : NAN;
        some += x.n > 0;
        if (x.n && (best == n || mean[v] > mean[best])) best = v;
    }
    for (size_t v = 0; v < n && some > 1; v++) {
        if (isnan(mean[v])) continue;
        g->row[v][column].best = mean[v] >= mean[best];
        if (!g->row[v][column].best) g->row[v][column].tie = is_tie(&s[best], &s[v], told);
    }
}

static size_t rows_of(const struct matrix *m)
{
    return m->task[0].n < ROWS_MOST ? m->task[0].n : ROWS_MOST;
}

/* One column of ours: a task's, or (t = n_tasks) the averages. */
static void add_ours(const struct matrix *m, struct grid *g, const char *group, size_t t, struct told *told)
{
    struct scores *s = calloc(rows_of(m) + 1, sizeof *s);
    const size_t column = grid_column(g, group, "ours");
    if (!s) status_no_memory("a table", rows_of(m) * sizeof *s);
    for (size_t v = 0; v < rows_of(m); v++) {
        s[v] = t < m->n_tasks ? scores_of(&m->task[t].variant[v]) : average_of(m, v);
        const struct summary x = summary_of(&s[v]);
        const bool refused = t < m->n_tasks && m->task[t].variant[v].at->run->refused[0];
        if (x.n) block_number(g, v, column, MEASURE_ACCURACY, &x, true);
        else grid_set(g, v, column, refused ? "n/a" : "–");
    }
    mark(g, column, s, rows_of(m), told);
    free(s);
}

static void add_paper(const struct matrix *m, struct grid *g, size_t t, struct told *told)
{
    const size_t column = grid_column(g, m->task[t].name, "paper");
    for (size_t v = 0; v < rows_of(m); v++) {
        const struct reference_cell *cell = paper_cell(m->paper, &m->task[t], m->task[t].variant[v].label);
        if (!cell) continue;
        grid_set(g, v, column, "%s%s", cell->text, cell->recalled ? PAPER_RECALLED : "");
        told->recalled |= cell->recalled;
    }
}

/* Over the same tasks; of the rows that have them all. */
static void add_paper_average(const struct matrix *m, struct grid *g)
{
    const size_t column = grid_column(g, "average", "paper");
    for (size_t v = 0; v < rows_of(m); v++) {
        double sum = 0;
        for (size_t k = 0; k < m->n_average; k++) {
            const struct reference_cell *cell = paper_cell(m->paper, &m->task[m->average[k]], m->task->variant[v].label);
            sum += cell ? cell->value : NAN;
        }
        if (!isnan(sum)) grid_set(g, v, column, "%.2f", sum / (double)m->n_average);
    }
}

static void add_cost(const struct matrix *m, struct grid *g, const char *head, size_t offset)
{
    const size_t column = grid_column(g, "", head);
    for (size_t v = 0; v < rows_of(m); v++) {
        char low[32], high[32];
        double from = INFINITY, to = -INFINITY;
        for (size_t t = 0; t < m->n_tasks; t++) {
            const struct summary s = summarise_cost(&m->task[t].variant[v], offset);
            if (!s.n) continue;
            from = fmin(from, s.mean);
            to = fmax(to, s.mean);
        }
        short_number(from, low, sizeof low);
        short_number(to, high, sizeof high);
        if (from > to) grid_set(g, v, column, "–");
        else if (strcmp(low, high) == 0) grid_set(g, v, column, "%s", low);
        else grid_set(g, v, column, "%s–%s", low, high);
    }
}

/* ---- floors ------------------------------------------------------------------------------------------------------- */

enum floor { CHANCE, COMMONEST, BEST, FLOORS };

/* Percent; NaN: not known. */
static double floor_of(const struct task_runs *t, enum floor f, const char **name)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n), *best = NULL;
    const struct task *task = t->run->task;
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i].accuracy)) continue;
        if (f == CHANCE && strcmp(p[i].name, "chance") == 0) return 100 * p[i].accuracy;
        if (f == COMMONEST && strcmp(p[i].name, "commonest label") == 0) return 100 * p[i].accuracy;
        if (!best || p[i].accuracy > best->accuracy) best = &p[i];
    }
    if (f == CHANCE && task->classes && task->classes(NULL)) return 100 / (double)task->classes(NULL);
    if (f != BEST || !best) return NAN;
    *name = best->name;
    return 100 * best->accuracy;
}

/* The rows first: a grid's rows are made before its columns are filled. */
static void add_floors(struct matrix *m, struct grid *g, size_t row[FLOORS])
{
    static const char *const names[FLOORS] = {"chance", "commonest label", "best predictor"};
    const char *name = "";
    const size_t rule = g->n_rows;
    size_t said = 0;
    for (enum floor f = 0; f < FLOORS; f++) {
        row[f] = 0;
        for (size_t t = 0; t < m->n_tasks && !row[f]; t++)
            if (!isnan(floor_of(&m->task[t], f, &name))) row[f] = grid_row(g, names[f]);
    }
    if (g->n_rows > rule) g->rule = rule;
    for (size_t t = 0; t < m->n_tasks && row[BEST]; t++)
        if (!isnan(floor_of(&m->task[t], BEST, &name)))
            text_add(m->legend, sizeof m->legend, "%s%s %s", said++ ? ", " : "Best predictor without attention: ", m->task[t].name, name);
    if (said) text_add(m->legend, sizeof m->legend, ". ");
}

static void fill_floors(const struct task_runs *t, struct grid *g, const size_t row[FLOORS], size_t column)
{
    const char *name;
    for (enum floor f = 0; f < FLOORS; f++) {
        const double x = floor_of(t, f, &name);
        if (row[f] && !isnan(x)) grid_set(g, row[f], column, "%.1f", x);
    }
}

/* ---- in words ----------------------------------------------------------------------------------------------------- */

static void say_budgets(struct matrix *m)
{
    size_t said = 0;
    char ours[32], all[32];
    for (size_t t = 0; t < m->n_tasks; t++) {
        const struct run *r = m->task[t].run;
        if (!departure_scaled_down(r)) continue;
        short_number(r->train.steps ? (double)r->train.steps * (double)r->train.batch : (double)r->train.samples, ours, sizeof ours);
        short_number(departure_examples(r), all, sizeof all);
        text_add(m->caption, sizeof m->caption, "%s%s %s of %s examples", said++ ? ", " : "; scaled down: ", m->task[t].name, ours, all);
    }
}

static void say_caption(struct matrix *m, const struct config *c)
{
    char protocol[2000];
    size_t seeds = 0;
    for (size_t t = 0; t < m->n_tasks; t++)
        for (size_t v = 0; v < m->task[t].n; v++) {
            const size_t n = summarise(&m->task[t].variant[v], MEASURE_ACCURACY, &everything).n;
            if (n > seeds) seeds = n;
        }
    text_add(m->caption, sizeof m->caption, "Test accuracy, %%, by task; n = %zu seed%s", seeds, seeds > 1 ? "s: mean ± standard deviation" : "");
    if (m->paper) text_add(m->caption, sizeof m->caption, "; paper: %s (%s), %s", m->paper->paper, m->paper->year, m->paper->table);
    if (c->budget[0]) text_add(m->caption, sizeof m->caption, "; budget %s", c->budget);
    say_budgets(m);
    departure_text(m->task, m->n_tasks, protocol, sizeof protocol);
    if (protocol[0]) text_add(m->caption, sizeof m->caption, "; %s", protocol);
}

static bool any_note(const struct matrix *m)
{
    for (size_t t = 0; t < m->n_tasks; t++)
        for (size_t v = 0; v < m->task[t].n; v++)
            for (size_t i = 0; i < m->task[t].variant[v].n; i++)
                if (m->task[t].variant[v].at[i].note[0]) return true;
    return false;
}

static void say_legend(struct matrix *m, const struct told *told)
{
    for (size_t k = 0; k < m->n_average; k++)
        text_add(m->legend, sizeof m->legend, "%s%s", k ? ", " : "Average: over the tasks that all rows have: ", m->task[m->average[k]].name);
    if (m->n_average) text_add(m->legend, sizeof m->legend, ". ");
    else if (m->n_tasks > 1) text_add(m->legend, sizeof m->legend, "No average: fewer than two tasks that all rows have. ");
    if (told->by_seeds) text_add(m->legend, sizeof m->legend, GRID_TIE " not told apart from the best: the 95 %% interval of the paired differences over seeds holds 0. ");
    if (told->by_error)
        text_add(m->legend, sizeof m->legend, GRID_TIE "%s within one standard error (test examples) of the best; other seeds may differ by more. ",
            told->by_seeds ? " or, with one seed," : " one seed:");
    if (any_note(m)) text_add(m->legend, sizeof m->legend, "Runs that are missing, unfinished, diverged or stale are noted under each task. ");
    if (told->recalled) text_add(m->legend, sizeof m->legend, PAPER_RECALLED " " PAPER_RECALLED_IS ". ");
}

void matrix_grid(struct matrix *m, struct grid *g)
{
    struct told told = {0};
    size_t floor_row[FLOORS];
    say_caption(m, m->config);
    grid_init(g, "Every task");
    grid_column(g, "", "variant");
    for (size_t v = 0; v < rows_of(m); v++) grid_row(g, m->task[0].variant[v].label);
    add_floors(m, g, floor_row);
    for (size_t t = 0; t < m->n_tasks; t++) {
        const size_t column = g->n_columns;
        add_ours(m, g, m->task[t].name, t, &told);
        fill_floors(&m->task[t], g, floor_row, column);
        if (column_of(m->paper, &m->task[t])) add_paper(m, g, t, &told);
    }
    if (m->n_average) add_ours(m, g, "average", m->n_tasks, &told);
    if (m->n_average && m->paper) add_paper_average(m, g);
    add_cost(m, g, "params", offsetof(struct cost, parameters));
    add_cost(m, g, "FLOPs/tok", offsetof(struct cost, flops_per_token));
    say_legend(m, &told);
}
