/* sweep_plot.c -- a sweep as figures. */
#include "measure/sweep_plot.h"

#include <math.h>

#include "measure/sweep_table.h"
#include "report/figure.h"

struct drawing {
    const char *suffix, *title, *y_label;
    enum sweep_measure measure;
    enum sweep_mode mode;
    bool square;
};

static const struct drawing drawings[] = {
    {"", "Training", "training time per token (ns, log scale)", SWEEP_TOKEN_NS, SWEEP_TRAIN, false},
    {"-forward", "Forward", "forward time per token (ns, log scale)", SWEEP_TOKEN_NS, SWEEP_FORWARD, false},
    {"-memory", "Training", "activation memory per token (bytes, log scale)", SWEEP_TOKEN_BYTES, SWEEP_TRAIN, true},
};

static void add_curves(struct figure *f, const struct sweep *s, const struct drawing *d)
{
    for (size_t v = 0; v < s->n_variants; v++) {
        struct curve *c = figure_add(f, s->variant[v].name, s->variant[v].style);
        for (size_t l = 0; l < s->n_lengths; l++)
            curve_add(c, (double)s->length[l].n, sweep_value(s, d->measure, d->mode, v, l), NAN);
        if (c->n == 0) f->n--;
    }
    if (!d->square) return;
    struct curve *c = figure_add(f, "n × n, computed", CURVE_GRAY);
    for (size_t l = 0; l < s->n_lengths; l++) {
        const size_t n = s->length[l].n;
        curve_add(c, (double)n, sweep_square_bytes(s, 1, n) / (double)n, NAN);
    }
}

status sweep_figures(const struct sweep *s, const char *name, figure_take *take, void *self)
{
    status e = OK;
    for (size_t i = 0; i < sizeof drawings / sizeof drawings[0] && e == OK; i++) {
        const struct drawing *d = &drawings[i];
        char what[200];
        struct figure f = {.script = "cost_by_length", .log_x = true, .log_y = true, .ticks_at_x = true};
        sweep_caption(s, what, sizeof what);
        snprintf(f.name, sizeof f.name, "%.140s%s", name, d->suffix);
        snprintf(f.title, sizeof f.title, "%s: %s", d->title, what);
        snprintf(f.x_label, sizeof f.x_label, "length (tokens, log scale)");
        snprintf(f.y_label, sizeof f.y_label, "%s", d->y_label);
        add_curves(&f, s, d);
        e = take(self, &f);
        figure_done(&f);
    }
    return e;
}

struct folder { const char *plots_dir, *dir, *format; FILE *log; };

static status to_file(void *self, const struct figure *f)
{
    const struct folder *to = self;
    return figure_draw(f, to->plots_dir, to->dir, to->format, to->log);
}

status sweep_plot(const struct sweep *s, const char *plots_dir, const char *dir, const char *name, const char *format, FILE *log)
{
    struct folder to = {plots_dir, dir, format, log};
    return sweep_figures(s, name, to_file, &to);
}
