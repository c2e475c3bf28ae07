/* tuning.c -- see tuning.h. */
#include "report/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/tune.h"
#include "report/caption.h"
#include "report/figure.h"
#include "report/notes.h"
#include "report/summary.h"
#include "tasks/task.h"

static bool done(const struct tuning_row *row)
{
    return row->seconds >= 0;
}

/* Texts in bits, as in all tables. */
static double unit_of(const struct run *r)
{
    return r->task->kind == TASK_TEXT ? BITS_PER_NAT : 1;
}

static const char *unit_name(const struct run *r)
{
    return r->task->kind == TASK_TEXT ? "bits per byte" : "nats per target";
}

/* ---- trials in the order of their score ------------------------------------------------------------------------- */

/* Who came further stands first, then who has the lower loss, then the smaller number; what diverged or is missing comes last. */
static int by_score(const void *x, const void *y)
{
    const struct tuning_row *a = *(const struct tuning_row *const *)x, *b = *(const struct tuning_row *const *)y;
    if (isnan(a->loss) != isnan(b->loss)) return isnan(a->loss) ? 1 : -1;
    if (a->rung != b->rung) return a->rung < b->rung ? 1 : -1;
    if (!isnan(a->loss) && a->loss != b->loss) return a->loss < b->loss ? -1 : 1;
    return a->trial < b->trial ? -1 : 1;
}

/* The last row of each trial, sorted; the caller frees. */
static const struct tuning_row **sorted(const struct tuned_pair *p, size_t *n)
{
    const struct tuning_row **list = calloc(p->n_rows + 1, sizeof *list);
    if (!list) status_no_memory("trials", (p->n_rows + 1) * sizeof *list);
    *n = 0;
    for (size_t i = 0; i < p->n_rows; i++) {
        bool later = false;
        for (size_t j = i + 1; j < p->n_rows; j++) later = later || p->row[j].trial == p->row[i].trial;
        if (!later) list[(*n)++] = &p->row[i];
    }
    qsort(list, *n, sizeof *list, by_score);
    return list;
}

static const struct tuning_row *row_at(const struct tuned_pair *p, int64_t trial, int64_t rung)
{
    for (size_t i = 0; i < p->n_rows; i++)
        if (p->row[i].trial == trial && p->row[i].rung == rung) return &p->row[i];
    return NULL;
}

/* The value of a tuned option in a trial, as text; false: the variant has none. */
static bool value_of(struct config *c, const struct tuned_pair *p, size_t trial, size_t option, char out[OPTION_PRINT], double *number)
{
    struct run *r = malloc(sizeof *r);
    const void *at;
    if (!r) status_no_memory("a trial", sizeof *r);
    const struct option *o = config_tuned(c, &c->runs[p->first], trial, r) == OK ? tune_find(&c->tune->option[option], r, &at) : NULL;
    if (o) option_print(o, at, out, OPTION_PRINT);
    *number = o && (o->type == OPTION_INT || o->type == OPTION_REAL) ? strtod(out, NULL) : NAN;
    free(r);
    return o != NULL;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void fill_losses(struct grid *g, const struct tuned_pair *p, const struct tune *t, size_t row, int64_t trial, size_t first, double unit)
{
    for (size_t k = 0; k < t->rungs; k++) {
        const struct tuning_row *r = row_at(p, trial, (int64_t)k + 1);
        if (!r) continue;
        if (!done(r)) grid_set(g, row, first + k, "missing");
        else if (isnan(r->loss)) grid_set(g, row, first + k, "diverged");
        else grid_set(g, row, first + k, "%.4f", r->loss * unit);
    }
}

static void fill_table(struct grid *g, struct config *c, const struct tuned_pair *p)
{
    const struct tune *t = c->tune;
    const struct run *r = &c->runs[p->first];
    char text[OPTION_PRINT];
    double number;
    size_t n;
    snprintf(text, sizeof text, "%.64s on %.64s: loss on validation", r->label, r->task->name);
    grid_init(g, text);
    grid_column(g, "", "trial");
    for (size_t o = 0; o < t->n_options; o++) grid_column(g, "", t->option[o].key->text);
    const size_t seed = grid_column(g, "", "seed");
    for (size_t k = 0; k < t->rungs; k++) {
        snprintf(text, sizeof text, "%.3g of a run", tune_rung_share(t, k));
        grid_column(g, unit_name(r), text);
    }
    const size_t seconds = grid_column(g, "", "s");
    const struct tuning_row **list = sorted(p, &n);
    for (size_t i = 0; i < n; i++) {
        double spent = 0;
        snprintf(text, sizeof text, "%lld", (long long)list[i]->trial);
        const size_t row = grid_row(g, text);
        for (size_t o = 0; o < t->n_options; o++)
            grid_set(g, row, o + 1, "%s", value_of(c, p, (size_t)list[i]->trial - 1, o, text, &number) ? text : "–");
        grid_set(g, row, seed, "%lld", (long long)list[i]->seed);
        fill_losses(g, p, t, row, list[i]->trial, seed + 1, unit_of(r));
        for (size_t j = 0; j < p->n_rows; j++) spent += p->row[j].trial == list[i]->trial && done(&p->row[j]) ? p->row[j].seconds : 0;
        grid_set(g, row, seconds, "%.0f", spent);
        g->row[row][seed + (size_t)list[i]->rung].best = list[i]->chosen;
    }
    free(list);
}

/* "train.rate=0.003 is the largest tried": the best may lie beyond. */
static void edge_note(struct config *c, const struct tuned_pair *p, size_t option, char *out, size_t size)
{
    char text[OPTION_PRINT];
    double mine, other, low = INFINITY, high = -INFINITY;
    out[0] = 0;
    if (!value_of(c, p, p->chosen, option, text, &mine) || isnan(mine)) return;
    for (size_t i = 0; i < c->tune->trials; i++) {
        value_of(c, p, i, option, text, &other);
        low = fmin(low, other);
        high = fmax(high, other);
    }
    if (low < high && (mine == low || mine == high))
        snprintf(out, size, "; %.80s is the %s tried, so a better one may lie beyond", c->tune->option[option].key->text, mine == low ? "smallest" : "largest");
}

static void print_below(FILE *out, struct config *c, const struct tuned_pair *p, enum table_format f)
{
    char text[1400], edge[200];
    const struct tune *t = c->tune;
    double tokens = 0, seconds = 0;
    char number[32];
    for (size_t i = 0; i < p->n_rows; i++)
        if (done(&p->row[i])) tokens += p->row[i].tokens, seconds += p->row[i].seconds;
    short_number(tokens, number, sizeof number);
    if (!p->known) snprintf(text, sizeof text, "%s", p->why);
    else {
        size_t used = (size_t)snprintf(text, sizeof text, "chosen: trial %zu, %s", p->chosen + 1, row_at(p, (int64_t)p->chosen + 1, 1)->settings);
        for (size_t o = 0; o < t->n_options && used < sizeof text; o++) {
            edge_note(c, p, o, edge, sizeof edge);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", edge);
        }
    }
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, ". Trained so far: %s tokens, %.0f s; all rungs are %.3g runs.", number, seconds, tune_cost(t));
    if (f == TABLE_TEX) fputs("\\par\\noindent ", out);
    paragraph_print(out, text, f, 0);
    fputc('\n', out);
}

static void print_csv(FILE *out, struct config *c, const struct tuning *all)
{
    char text[OPTION_PRINT];
    double number;
    fputs("task,variant,trial,rung,seed", out);
    for (size_t o = 0; o < c->tune->n_options; o++) fprintf(out, ",%s", c->tune->option[o].key->text);
    fputs(",budget,tokens,loss_nats,seconds,outcome,chosen,file\n", out);
    for (size_t i = 0; i < all->n; i++) {
        const struct tuned_pair *p = &all->pair[i];
        const struct run *r = &c->runs[p->first];
        for (size_t j = 0; j < p->n_rows; j++) {
            const struct tuning_row *row = &p->row[j];
            text_print(out, r->task->name, TABLE_CSV);
            fputc(',', out);
            text_print(out, r->label, TABLE_CSV);
            fprintf(out, ",%lld,%lld,%lld", (long long)row->trial, (long long)row->rung, (long long)row->seed);
            for (size_t o = 0; o < c->tune->n_options; o++) {
                fputc(',', out);
                if (value_of(c, p, (size_t)row->trial - 1, o, text, &number)) text_print(out, text, TABLE_CSV);
            }
            fprintf(out, ",%.10g", row->budget);
            if (done(row)) fprintf(out, ",%.10g,", row->tokens);
            else fputs(",,", out);
            if (!isnan(row->loss)) fprintf(out, "%.10g", row->loss);
            if (done(row)) fprintf(out, ",%.3f,%s,%lld,", row->seconds, row->outcome, (long long)row->chosen);
            else fputs(",,missing,0,", out);
            text_print(out, p->file[j], TABLE_CSV);
            fputc('\n', out);
        }
    }
}

static size_t count_done(const struct tuning *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        for (size_t j = 0; j < all->pair[i].n_rows; j++) n += done(&all->pair[i].row[j]);
    return n;
}

status report_tuning(FILE *out, struct config *c, const char *results_dir, enum table_format f, bool color)
{
    struct tuning all;
    if (!c->tune) FAIL(ERR_CONFIG, "%s has no tune:, as in tune: {over: {train.rate: [3e-4, 1e-3, 3e-3]}}", c->name);
    TRY(tuning_read(c, results_dir, &all));
    if (f == TABLE_CSV) print_csv(out, c, &all);
    for (size_t i = 0; f != TABLE_CSV && i < all.n; i++) {
        struct grid *g = malloc(sizeof *g);
        if (!g) status_no_memory("a table", sizeof *g);
        if (all.pair[i].n_rows) {
            fill_table(g, c, &all.pair[i]);
            grid_print(out, g, f, color);
            grid_done(g);
            if (f != TABLE_TEXT) fputc('\n', out);
            print_below(out, c, &all.pair[i], f);
        }
        free(g);
    }
    if (!count_done(&all)) FAIL(ERR_DATA, "%s/%s/tune: no trial is done; try: reach run", results_dir, c->name);
    return OK;
}

void tuning_note(const struct results *r, char *out, size_t size)
{
    size_t n = 0, last = 0;
    int64_t rungs = 0;
    const struct tuning_row *chosen = NULL;
    for (size_t i = 0; i < r->n_tuning; i++) {
        if (r->tuning[i].chosen) chosen = &r->tuning[i]; /* of its last rung */
        if (r->tuning[i].rung > rungs) rungs = r->tuning[i].rung;
    }
    for (size_t i = 0; i < r->n_tuning; i++) n += r->tuning[i].rung == 1, last += r->tuning[i].rung == rungs;
    out[0] = 0;
    if (!chosen) return;
    char then[96] = "";
    if (rungs > 1) snprintf(then, sizeof then, ", the last %zu of %.3g", last, r->tuning[r->n_tuning - 1].budget);
    snprintf(out, size, "tuned on validation over %zu trials of %.3g of a run each%s: chosen %s", n, r->tuning[0].budget, then, chosen->settings);
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

struct drawing {
    struct config *c;
    const struct tuning *all;
    const char *plots_dir, *out_dir, *format;
    FILE *log;
};

static bool same_task(const struct run *a, const struct run *b)
{
    return a->task == b->task && memcmp(a->task_options, b->task_options, OPTIONS_ROOM) == 0;
}

/* The pairs of one task stand together: from `first`. */
static size_t pairs_of_task(const struct drawing *d, size_t first)
{
    size_t n = 1;
    while (first + n < d->all->n && same_task(&d->c->runs[d->all->pair[first].first], &d->c->runs[d->all->pair[first + n].first])) n++;
    return n;
}

static void name_figure(const struct drawing *d, size_t first, struct figure *f, const char *what)
{
    const struct run *r = &d->c->runs[d->all->pair[first].first];
    size_t same = 1;
    for (size_t i = 0; i < first; i += pairs_of_task(d, i)) same += d->c->runs[d->all->pair[i].first].task == r->task;
    if (same == 1) snprintf(f->name, sizeof f->name, "%s-tuning-%s", r->task->name, what);
    else snprintf(f->name, sizeof f->name, "%s-%zu-tuning-%s", r->task->name, same, what);
    snprintf(f->y_label, sizeof f->y_label, "validation, %s", unit_name(r));
}

static status finish(const struct drawing *d, struct figure *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->curve[i].n) f->curve[n++] = f->curve[i];
        else free(f->curve[i].at);
    f->n = n;
    const status s = n ? figure_draw(f, d->plots_dir, d->out_dir, d->format, d->log) : OK;
    figure_done(f);
    return s;
}

static size_t place_of_name(struct figure *f, const char *text)
{
    size_t i = 0;
    while (i < f->n_names && strcmp(f->x_name[i], text)) i++;
    if (i < sizeof f->x_name / sizeof *f->x_name && i == f->n_names) snprintf(f->x_name[f->n_names++], sizeof *f->x_name, "%.31s", text);
    return i;
}

struct spot { double x, y; };

static int by_x(const void *a, const void *b)
{
    const struct spot *p = a, *q = b;
    return p->x < q->x ? -1 : p->x > q->x ? 1 : p->y < q->y ? -1 : p->y > q->y;
}

/* The best at each value, with how far above it the worst lies. */
static void add_spots(struct curve *curve, struct spot *s, size_t n)
{
    qsort(s, n, sizeof *s, by_x);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && s[j].x == s[i].x; j++) {}
        curve_add(curve, s[i].x, s[i].y, s[j - 1].y - s[i].y);
    }
}

static void add_values(const struct drawing *d, struct figure *f, size_t pair, size_t style, size_t option, size_t rung)
{
    const struct tuned_pair *p = &d->all->pair[pair];
    const struct run *r = &d->c->runs[p->first];
    struct curve *curve = figure_add(f, r->label, style);
    struct spot *spot = calloc(p->n_rows + 1, sizeof *spot);
    char text[OPTION_PRINT];
    size_t n = 0;
    double x;
    if (!spot) status_no_memory("a figure", (p->n_rows + 1) * sizeof *spot);
    for (size_t i = 0; i < p->n_rows; i++) {
        const struct tuning_row *row = &p->row[i];
        if (!done(row) || isnan(row->loss) || row->rung != (int64_t)rung + 1) continue;
        if (!value_of(d->c, p, (size_t)row->trial - 1, option, text, &x)) continue;
        spot[n++] = (struct spot){isnan(x) ? (double)place_of_name(f, text) : x, row->loss * unit_of(r)};
    }
    add_spots(curve, spot, n);
    free(spot);
}

/* Points at two places at least: else there is no curve. */
static bool has_width(const struct figure *f)
{
    const struct point *first = NULL;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->curve[i].n; j++) {
            if (!first) first = &f->curve[i].at[j];
            if (f->curve[i].at[j].x != first->x) return true;
        }
    return false;
}

/* Distinct places of a figure's points, and whether they want a logarithmic axis. */
static void look_at_x(struct figure *f, bool log_range)
{
    double low = INFINITY, high = 0, ratio = 0;
    size_t most = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->curve[i].n > most) most = f->curve[i].n;
        for (size_t j = 0; j < f->curve[i].n; j++) low = fmin(low, f->curve[i].at[j].x), high = fmax(high, f->curve[i].at[j].x);
    }
    ratio = low > 0 ? high / low : 0;
    f->log_x = !f->n_names && (log_range || ratio >= 8);
    f->ticks_at_x = !f->n_names && !f->points && most <= 8;
}

static status draw_option(const struct drawing *d, size_t first, size_t n, size_t option, size_t rung)
{
    const struct tune *t = d->c->tune;
    const struct run *r = &d->c->runs[d->all->pair[first].first];
    struct figure f = {.script = "tuning", .may_bend = true, .points = t->random && t->n_options > 1};
    char what[120], title[160];
    snprintf(what, sizeof what, "%.80s", t->option[option].key->text);
    if (t->rungs > 1) snprintf(what + strlen(what), sizeof what - strlen(what), "-rung%zu", rung + 1);
    name_figure(d, first, &f, what);
    snprintf(title, sizeof title, "%s: trials of %.3g of a run%s", r->task->name, tune_rung_share(t, rung),
             t->n_options > 1 && !f.points ? ", best of the other options, bars up to the worst" : "");
    snprintf(f.title, sizeof f.title, "%s", title);
    for (size_t i = 0; i < n; i++) add_values(d, &f, first + i, i, option, rung);
    if (!has_width(&f)) return figure_done(&f), OK;
    look_at_x(&f, t->option[option].log);
    snprintf(f.x_label, sizeof f.x_label, "%.70s%s", t->option[option].key->text, f.log_x ? " (log scale)" : "");
    return finish(d, &f);
}

static status draw_best(const struct drawing *d, size_t first, size_t n)
{
    const struct run *task = &d->c->runs[d->all->pair[first].first];
    struct figure f = {.script = "tuning_best", .may_bend = true};
    name_figure(d, first, &f, "best");
    snprintf(f.title, sizeof f.title, "%s: the best so far of %zu trials", task->task->name, d->c->tune->trials);
    snprintf(f.x_label, sizeof f.x_label, "training spent on trials (runs)");
    for (size_t i = 0; i < n; i++) {
        const struct tuned_pair *p = &d->all->pair[first + i];
        struct curve *curve = figure_add(&f, d->c->runs[p->first].label, i);
        double spent = 0, best = INFINITY;
        for (size_t j = 0; j < p->n_rows && done(&p->row[j]); j++) {
            spent += p->row[j].budget;
            if (p->row[j].loss < best) best = p->row[j].loss;
            curve_add(curve, spent, best * unit_of(task), NAN);
        }
    }
    if (!has_width(&f)) return figure_done(&f), OK;
    return finish(d, &f);
}

status report_tuning_plot(struct config *c, const char *results_dir, const char *plots_dir, const char *out_dir, const char *format, FILE *log)
{
    struct tuning all;
    if (!c->tune) return OK;
    TRY(tuning_read(c, results_dir, &all));
    const struct drawing d = {c, &all, plots_dir, out_dir, format, log};
    for (size_t first = 0, n; first < all.n; first += n) {
        n = pairs_of_task(&d, first);
        for (size_t o = 0; o < c->tune->n_options; o++)
            for (size_t k = 0; k < c->tune->rungs; k++) TRY(draw_option(&d, first, n, o, k));
        TRY(draw_best(&d, first, n));
    }
    return OK;
}
