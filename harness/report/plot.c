/* plot.c -- `reach plot`: the figures of a config's runs. */
#include "report/plot.h"

#include <math.h>
#include <string.h>

#include "measure/measurement.h"
#include "measure/sweep_plot.h"
#include "report/caption.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/speed.h"
#include "report/statistics.h"
#include "report/summary.h"
#include "tasks/task.h"

struct drawing { figure_take *take; void *self; };

enum { SEEDS_MAX = 256, BUCKETS = 40, STRETCHES = 60 };

/* Curves without a point are left out; a figure without curves is not drawn. */
static status finish(const struct drawing *d, struct figure *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->curve[i].n) f->curve[n++] = f->curve[i];
    f->n = n;
    const status s = n ? d->take(d->self, f) : OK;
    figure_done(f);
    return s;
}

static void add_floors(struct figure *f, const struct task_runs *t)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t i = 0; i < n && f->n_floors < FLOORS_MAX; i++) {
        const double y = is_text(t) ? p[i].loss * BITS_PER_NAT : p[i].accuracy * 100;
        if (!isfinite(y)) continue;
        snprintf(f->floors[f->n_floors].name, sizeof f->floors[0].name, "%s", p[i].name);
        f->floors[f->n_floors++].y = y;
    }
}

static void mark_training_length(struct figure *f, const struct task_runs *t)
{
    if (!is_text(t) || !caption_length(t)) return;
    f->x_mark = (double)caption_length(t);
    snprintf(f->mark, sizeof f->mark, "training length");
}

/* ---- against the length of the window ---- */

static void add_lengths(struct figure *f, const struct task_runs *t, const struct kind *k)
{
    int64_t length[LENGTHS_MAX];
    const size_t n = lengths_of(t, k, length);
    for (size_t v = 0; v < t->n; v++) {
        struct curve *c = figure_add(f, t->variant[v].label, t->variant[v].style);
        for (size_t i = 0; i < n; i++) {
            const struct place p = {"test", k->text, k->mode, length[i]};
            const struct summary s = summarise(&t->variant[v], MEASURE_BITS, &p);
            if (s.n && length[i] > 0) curve_add(c, (double)length[i], s.mean, s.sd);
        }
    }
}

static status by_length(const struct drawing *d, const struct task_runs *t, const struct kind *k)
{
    char name[160];
    const bool repeated = strcmp(k->text, "repeated") == 0;
    int64_t length[LENGTHS_MAX];
    if (lengths_of(t, k, length) < 2) return OK;
    struct figure f = {.script = "loss_by_length", .log_x = true, .ticks_at_x = true, .may_bend = true,
                       .bars_in_view = true};
    caption_name(t, name, sizeof name);
    snprintf(f.name, sizeof f.name, "%s-loss_by_length-%s%s", t->name, k->mode, repeated ? "-repeated" : "");
    snprintf(f.title, sizeof f.title, "%s: %.11s%s%s", name, k->text, k->text[0] ? " text, " : "", kind_title(k));
    snprintf(f.x_label, sizeof f.x_label, "%s (tokens, log scale)", strcmp(k->mode, "context") == 0 ? "context" : "test length");
    snprintf(f.y_label, sizeof f.y_label, "bits per byte");
    mark_training_length(&f, t);
    add_lengths(&f, t, k);
    if (!repeated) add_floors(&f, t);
    return finish(d, &f);
}

/* ---- recall: against the length of the example ---- */

static bool same_lengths(const struct test_set *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (s[i].length == s[j].length) return true;
    return false;
}

static void add_sets(struct figure *f, const struct task_runs *t, const struct test_set *s, size_t n, const char *label)
{
    for (size_t v = 0; v < t->n; v++) {
        struct curve *c = figure_add(f, t->variant[v].label, t->variant[v].style);
        for (size_t i = 0; i < n; i++) {
            const struct place p = {"test", s[i].label, "recall", (int64_t)s[i].length};
            const struct summary x = summarise(&t->variant[v], MEASURE_ACCURACY, &p);
            if (x.n && (!label || strcmp(s[i].label, label) == 0)) curve_add(c, (double)s[i].length, x.mean, x.sd);
        }
    }
}

static void add_chance(struct figure *f, const struct task_runs *t)
{
    add_floors(f, t);
    for (size_t i = 0; i < f->n_floors; i++)
        if (strcmp(f->floors[i].name, "chance") == 0) f->floors[0] = f->floors[i];
    f->n_floors = f->n_floors > 0 && strcmp(f->floors[0].name, "chance") == 0;
}

/* One figure of the sets of a label, or of all (NULL), if some are longer than training. */
static status by_set(const struct drawing *d, const struct task_runs *t, const struct test_set *s, size_t n, const char *label)
{
    char name[160];
    size_t longer = 0, trained = 0;
    for (size_t i = 0; i < n; i++) {
        if (label && strcmp(s[i].label, label) != 0) continue;
        longer += !s[i].trained;
        if (s[i].trained && s[i].length > trained) trained = s[i].length;
    }
    if (!longer || !trained) return OK;
    struct figure f = {.script = "loss_by_length", .log_x = true, .ticks_at_x = true, .percent = true, .x_mark = (double)trained};
    caption_name(t, name, sizeof name);
    snprintf(f.name, sizeof f.name, "%s-accuracy_by_length%s%s", t->name, label ? "-" : "", label ? label : "");
    for (char *at = f.name; *at; at++)
        if (*at == ' ') *at = '_';
    snprintf(f.title, sizeof f.title, "%s: answers right%s%s", name, label ? ", " : "", label ? label : "");
    snprintf(f.x_label, sizeof f.x_label, "test length (tokens, log scale)");
    snprintf(f.y_label, sizeof f.y_label, "answers right (%%)");
    snprintf(f.mark, sizeof f.mark, "longest trained");
    add_sets(&f, t, s, n, label);
    add_chance(&f, t);
    return finish(d, &f);
}

/* Sets of one length and different loads cannot share a curve. */
static status by_sets(const struct drawing *d, const struct task_runs *t)
{
    struct test_set s[TASK_SETS];
    const size_t n = t->run->task->sets(t->run->task_options, s);
    if (!same_lengths(s, n)) return by_set(d, t, s, n, NULL);
    for (size_t i = 0; i < n; i++) {
        bool done = false;
        for (size_t j = 0; j < i; j++) done |= strcmp(s[i].label, s[j].label) == 0;
        if (!done) TRY(by_set(d, t, s, n, s[i].label));
    }
    return OK;
}

/* ---- against the position in the longest window ---- */

static int64_t longest(const struct task_runs *t, const char *text)
{
    int64_t most = 0;
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++) {
            const struct results *r = &t->variant[v].at[i].results;
            for (size_t j = 0; j < r->n_position; j++)
                if (strcmp(r->position[j].text, text) == 0 && r->position[j].length > most) most = r->position[j].length;
        }
    return most;
}

struct bucket { double x, value, n; };

static bool is_wanted(const struct position_row *p, const char *text, int64_t length)
{
    return p->length == length && strcmp(p->text, text) == 0 && strcmp(p->split, "test") == 0 && p->n && !isnan(p->loss);
}

/* The rows of the last evaluation fall into buckets of equal width in log position. */
static void bucket_run(const struct results *r, const char *text, int64_t length, struct bucket *b)
{
    const char *evaluation = "";
    memset(b, 0, BUCKETS * sizeof *b);
    for (size_t i = 0; i < r->n_position; i++)
        if (is_wanted(&r->position[i], text, length)) evaluation = r->position[i].evaluation;
    for (size_t i = 0; i < r->n_position; i++) {
        const struct position_row *p = &r->position[i];
        if (!is_wanted(p, text, length) || strcmp(p->evaluation, evaluation) != 0) continue;
        const double middle = (double)(p->from + p->to) / 2, n = (double)p->n;
        const int at = (int)(BUCKETS * log2(1 + middle) / log2(2 + (double)length));
        b[at].x += n * middle;
        b[at].value += n * p->loss;
        b[at].n += n;
    }
}

static void add_positions(struct curve *c, const struct variant_runs *v, const char *text, int64_t length)
{
    double y[BUCKETS][SEEDS_MAX], x[BUCKETS];
    size_t n[BUCKETS] = {0};
    struct bucket b[BUCKETS];
    for (size_t i = 0; i < v->n && i < SEEDS_MAX; i++) {
        if (!v->at[i].usable) continue;
        bucket_run(&v->at[i].results, text, length, b);
        for (int j = 0; j < BUCKETS; j++)
            if (b[j].n > 0) {
                x[j] = b[j].x / b[j].n;
                y[j][n[j]++] = b[j].value / b[j].n * BITS_PER_NAT;
            }
    }
    for (int j = 0; j < BUCKETS; j++)
        if (n[j]) curve_add(c, x[j], mean_of(y[j], n[j]), deviation_of(y[j], n[j]));
}

static status by_position(const struct drawing *d, const struct task_runs *t, const char *text)
{
    char name[160];
    const int64_t length = longest(t, text);
    if (!is_text(t) || !length) return OK;
    struct figure f = {.script = "loss_by_position", .log_x = true, .may_bend = true};
    caption_name(t, name, sizeof name);
    snprintf(f.name, sizeof f.name, "%s-loss_by_position%s", t->name, strcmp(text, "repeated") == 0 ? "-repeated" : "");
    snprintf(f.title, sizeof f.title, "%s: %s text, windows of %lld tokens", name, text, (long long)length);
    snprintf(f.x_label, sizeof f.x_label, "position in the window (tokens, log scale)");
    snprintf(f.y_label, sizeof f.y_label, "bits per byte");
    mark_training_length(&f, t);
    for (size_t v = 0; v < t->n; v++)
        add_positions(figure_add(&f, t->variant[v].label, t->variant[v].style), &t->variant[v], text, length);
    return finish(d, &f);
}

/* ---- training ---- */

/* Validation if every usable run was evaluated at least three times while it trained. */
static bool has_eval(const struct task_runs *t)
{
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++)
            if (t->variant[v].at[i].usable && t->variant[v].at[i].results.n_eval < 3) return false;
    return true;
}

/* What is drawn of training: what a row of a curve has. */
enum trained { VALIDATION_LOSS, TRAINING_LOSS, TRAINING_ACCURACY };

static void put_row(struct bucket *b, double share, double x, double value)
{
    const int at = share >= 1 ? STRETCHES - 1 : (int)(STRETCHES * share);
    if (isnan(value)) return;
    b[at].x += x;
    b[at].value += value;
    b[at].n++;
}

/* The mean over stretches of training, against steps. */
static void stretch_run(const struct results *r, enum trained what, struct bucket *b)
{
    const double last = r->n_train ? (double)r->train[r->n_train - 1].step : 1;
    memset(b, 0, STRETCHES * sizeof *b);
    for (size_t i = 0; what == VALIDATION_LOSS && i < r->n_eval; i++)
        put_row(b, (double)r->eval[i].step / last, (double)r->eval[i].step, r->eval[i].loss);
    for (size_t i = 0; what != VALIDATION_LOSS && i < r->n_train; i++)
        put_row(b, (double)(r->train[i].step - 1) / last, (double)r->train[i].step,
                what == TRAINING_LOSS ? r->train[i].loss : r->train[i].accuracy);
}

static void add_training(struct curve *c, const struct variant_runs *v, enum trained what, double unit)
{
    double sum[STRETCHES] = {0}, x[STRETCHES] = {0}, n[STRETCHES] = {0};
    struct bucket b[STRETCHES];
    for (size_t i = 0; i < v->n; i++) {
        if (!v->at[i].usable) continue;
        stretch_run(&v->at[i].results, what, b);
        for (int j = 0; j < STRETCHES; j++)
            if (b[j].n > 0) sum[j] += b[j].value / b[j].n, x[j] += b[j].x / b[j].n, n[j]++;
    }
    for (int j = 0; j < STRETCHES; j++)
        if (n[j] > 0) curve_add(c, x[j] / n[j], sum[j] / n[j] * unit, NAN);
}

/* The task's name, with its options where a title has room for them. */
static void short_name(const struct task_runs *t, char *out, size_t size)
{
    caption_name(t, out, size);
    if (text_width(out) > 40) snprintf(out, size, "%s", t->name);
}

static void add_curves(struct figure *f, const struct task_runs *t, enum trained what, double unit)
{
    for (size_t v = 0; v < t->n; v++) add_training(figure_add(f, t->variant[v].label, t->variant[v].style), &t->variant[v], what, unit);
}

static status training(const struct drawing *d, const struct task_runs *t)
{
    char name[160];
    const bool eval = has_eval(t);
    struct figure f = {.script = "training_curves", .clip_after = 0.25};
    short_name(t, name, sizeof name);
    snprintf(f.name, sizeof f.name, "%s-training_curves", t->name);
    snprintf(f.title, sizeof f.title, "%s: %s loss, mean over seeds", name, eval ? "validation" : "training");
    snprintf(f.x_label, sizeof f.x_label, "optimizer steps");
    snprintf(f.y_label, sizeof f.y_label, is_text(t) ? "bits per byte" : "nats per target");
    add_curves(&f, t, eval ? VALIDATION_LOSS : TRAINING_LOSS, is_text(t) ? BITS_PER_NAT : 1);
    return finish(d, &f);
}

/* Classifiers: how much of what they see they know. */
static status training_accuracy(const struct drawing *d, const struct task_runs *t)
{
    char name[160];
    struct figure f = {.script = "training_curves"};
    short_name(t, name, sizeof name);
    snprintf(f.name, sizeof f.name, "%s-training_accuracy", t->name);
    snprintf(f.title, sizeof f.title, "%s: training accuracy, mean over seeds", name);
    snprintf(f.x_label, sizeof f.x_label, "optimizer steps");
    snprintf(f.y_label, sizeof f.y_label, "percent right");
    add_curves(&f, t, TRAINING_ACCURACY, 100);
    return finish(d, &f);
}

static status draw_task(const struct drawing *d, const struct task_runs *t)
{
    struct kind kind[KINDS_MAX];
    const size_t n = kinds_of(t, kind);
    for (size_t i = 0; i < n && is_text(t); i++) TRY(by_length(d, t, &kind[i]));
    if (t->run->task->kind == TASK_SEQUENCE) TRY(by_sets(d, t));
    TRY(by_position(d, t, "ordinary"));
    TRY(by_position(d, t, "repeated"));
    TRY(training(d, t));
    return t->run->task->kind == TASK_CLASSIFY ? training_accuracy(d, t) : OK;
}

status plot_task(const struct task_runs *t, figure_take *take, void *self)
{
    return draw_task(&(struct drawing){take, self}, t);
}

/* ---- files ---- */

struct folder { const char *plots_dir, *out_dir, *format; FILE *log; };

static status to_file(void *self, const struct figure *f)
{
    const struct folder *to = self;
    return figure_draw(f, to->plots_dir, to->out_dir, to->format, to->log);
}

static status plot_measured(const struct config *c, const char *results_dir, struct folder *to)
{
    struct measurement m;
    TRY(measurement_read(c, results_dir, &m));
    const status e = measurement_figures(&m, to_file, to);
    measurement_done(&m);
    return e;
}

status report_plot(const struct config *c, const char *results_dir, const char *plots_dir, const char *out_dir,
                   const char *format, FILE *log)
{
    struct collection all;
    struct folder to = {plots_dir, out_dir, format, log};
    status s = OK;
    if (c->measured) return plot_measured(c, results_dir, &to);
    collection_load(&all, c, results_dir);
    if (!collection_usable(&all))
        s = status_fail(ERR_DATA, "%s/%s: no finished run of %s; try: reach run", results_dir, c->name, c->name);
    for (size_t i = 0; s == OK && i < all.n_tasks; i++) s = plot_task(&all.task[i], to_file, &to);
    if (s == OK) s = speed_figure(&all, to_file, &to);
    collection_done(&all);
    return s;
}
