/* draw.c -- the figures of a comparison. */
#include "compare/draw.h"

#include <math.h>
#include <string.h>

#include "compare/verdict.h"
#include "report/figure.h"
#include "report/summary.h"

enum { SEEDS_MAX = 256 };

struct drawing { const char *plots_dir, *out_dir, *prefix, *format; FILE *log; };

/* Contrasts of one figure: neighbours with the same task and subject. */
struct group { const struct contrast *at; size_t n; };

static status finish(const struct drawing *d, struct figure *f)
{
    size_t n = 0, points = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->curve[i].n > points) points = f->curve[i].n;
        if (f->curve[i].n) f->curve[n++] = f->curve[i];
    }
    f->n = n;
    const status s = points > 1 ? figure_draw(f, d->plots_dir, d->out_dir, d->format, d->log) : OK;
    figure_done(f);
    return s;
}

static void name_figure(const struct drawing *d, const struct group *g, const char *what, struct figure *f)
{
    const struct contrast *c = g->at;
    snprintf(f->name, sizeof f->name, "%.40s-%.40s%s%.30s-%s", d->prefix, c->task, c->subject[0] ? "-" : "", c->subject, what);
    for (char *at = f->name; *at; at++)
        if (*at == ' ' || *at == '/') *at = '_';
}

/* ---- validation loss against cost ---- */

/* The most that any run of the group had cost. */
static double dearest(const struct group *g, enum price p)
{
    double most = 0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t s = 0; s < 2 * g->at[i].n; s++) {
            struct track t;
            track_of(s % 2 ? g->at[i].pair[s / 2].next : g->at[i].pair[s / 2].base, &t);
            if (t.n && t.at[t.n - 1].price[p] > most) most = t.at[t.n - 1].price[p];
            track_done(&t);
        }
    return most;
}

/* One side: point k is the mean over seeds of the k-th evaluation. */
static void add_side(struct figure *f, const struct contrast *c, bool next, size_t style, enum price p, double unit)
{
    char label[240];
    double x[SEEDS_MAX], y[SEEDS_MAX];
    struct track t[SEEDS_MAX];
    const size_t n = c->n < SEEDS_MAX ? c->n : SEEDS_MAX;
    size_t points = n ? (size_t)-1 : 0;
    verdict_side(c, next, label, sizeof label);
    struct curve *curve = figure_add(f, c->subject[0] ? next ? c->next : c->base : label, style);
    for (size_t i = 0; i < n; i++) {
        track_of(next ? c->pair[i].next : c->pair[i].base, &t[i]);
        if (t[i].n < points) points = t[i].n;
    }
    for (size_t k = 0; k < points; k++) {
        for (size_t i = 0; i < n; i++) {
            x[i] = t[i].at[k].price[p] / unit;
            y[i] = t[i].at[k].loss * (quality_in_bits(c) ? BITS_PER_NAT : 1);
        }
        if (mean_of(x, n) > 0) curve_add(curve, mean_of(x, n), mean_of(y, n), deviation_of(y, n));
    }
    for (size_t i = 0; i < n; i++) track_done(&t[i]);
}

static double unit_of(double most, const char **prefix)
{
    static const struct { double unit; const char *prefix; } units[] = {{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (most >= 2 * units[i].unit) {
            *prefix = units[i].prefix;
            return units[i].unit;
        }
    *prefix = "";
    return 1;
}

static status by_cost(const struct drawing *d, const struct group *g, enum price p)
{
    const char *prefix = "";
    char why[256];
    const double most = dearest(g, p), unit = p == PRICE_FLOPS ? unit_of(most, &prefix) : 1;
    if (!(most > 0)) return OK;
    for (size_t i = 0; i < g->n && p == PRICE_SECONDS; i++)
        if (!seconds_compare(&g->at[i], why, sizeof why)) return OK;
    struct figure f = {.script = "loss_by_cost", .log_x = true, .clip_after = 0.1, .bars_in_view = true, .ends_apart = true};
    name_figure(d, g, p == PRICE_FLOPS ? "loss_by_flops" : "loss_by_seconds", &f);
    snprintf(f.title, sizeof f.title, "%s%s%s: validation loss, mean over seeds", g->at->task, g->at->subject[0] ? ", " : "", g->at->subject);
    if (p == PRICE_FLOPS) snprintf(f.x_label, sizeof f.x_label, "computation of training (%sFLOP, log scale)", prefix);
    else snprintf(f.x_label, sizeof f.x_label, "training (seconds, log scale)");
    snprintf(f.y_label, sizeof f.y_label, "%s", quality_in_bits(g->at) ? "bits per byte" : "nats per target");
    size_t most_pairs = 0; /* BASE as in the contrast that has most of it */
    for (size_t i = 0; i < g->n; i++)
        if (g->at[i].n > g->at[most_pairs].n) most_pairs = i;
    add_side(&f, &g->at[most_pairs], false, 0, p, unit);
    for (size_t i = 0; i < g->n; i++) add_side(&f, &g->at[i], true, i + 1, p, unit);
    return finish(d, &f);
}

/* ---- difference against length ---- */

static status by_length(const struct drawing *d, const struct group *g)
{
    struct figure f = {.script = "difference_by_length", .log_x = true, .ticks_at_x = true, .bars_in_view = true};
    const bool bits = quality_in_bits(g->at);
    bool one = true;
    name_figure(d, g, "difference_by_length", &f);
    for (size_t i = 0; i < g->n; i++) {
        const struct contrast *c = &g->at[i];
        struct quality q[QUALITIES_MAX];
        const size_t n = qualities_of(c, q);
        struct curve *curve = figure_add(&f, c->next, i + 1);
        for (size_t k = 0; k < n; k++) {
            if (!(q[k].first || q[k].further) || !q[k].n || q[k].length <= 0) continue;
            curve_add(curve, (double)q[k].length, q[k].d.mean, q[k].n > 1 ? (q[k].d.high - q[k].d.low) / 2 : NAN);
            one &= q[k].n == 1;
            if (q[k].first && bits) f.x_mark = (double)q[k].length;
        }
    }
    snprintf(f.mark, sizeof f.mark, "training length");
    snprintf(f.title, sizeof f.title, "%s%s%s: difference to %.60s%s", g->at->task, g->at->subject[0] ? ", " : "", g->at->subject, g->at->base,
             one ? ", one seed" : ", 95 % intervals over seeds");
    snprintf(f.x_label, sizeof f.x_label, "test length (tokens, log scale)");
    snprintf(f.y_label, sizeof f.y_label, bits ? "bits per byte, less is better" : "points of accuracy, more is better");
    return finish(d, &f);
}

status compare_draw(const struct comparison *c, const char *plots_dir, const char *out_dir, const char *prefix, const char *format, FILE *log)
{
    const struct drawing d = {plots_dir, out_dir, prefix, format, log};
    for (size_t i = 0, j; i < c->n; i = j) {
        for (j = i + 1; j < c->n && strcmp(c->at[i].task, c->at[j].task) == 0 && strcmp(c->at[i].subject, c->at[j].subject) == 0; j++) {}
        const struct group g = {&c->at[i], j - i};
        TRY(by_cost(&d, &g, PRICE_FLOPS));
        TRY(by_cost(&d, &g, PRICE_SECONDS));
        TRY(by_length(&d, &g));
    }
    return OK;
}
