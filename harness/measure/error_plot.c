/* error_plot.c -- see error_plot.h. */
#include "measure/error_plot.h"

#include <math.h>

#include "measure/error_table.h"

static const struct drawing {
    const char *name, *title, *y_label;
} drawings[ERROR_MEASURES] = {
    {"approximation", "Distance from softmax attention", "mean squared error of the output (log scale)"},
    {"approximation-relative", "Relative distance from softmax attention", "squared error / square of exact output (log scale)"},
};

static void add_curves(struct figure *f, const struct errors *e, enum error_measure m)
{
    for (size_t v = 0; v < e->n_variants; v++) {
        struct curve *c = figure_add(f, errors_at(e, v, 0)->variant, v);
        for (size_t i = 0; i < e->n_values; i++) {
            double deviation;
            const double mean = errors_mean(e, m, v, i, &deviation);
            if (mean > 0) curve_add(c, errors_at(e, v, i)->value, mean, deviation);
        }
        if (c->n == 0) f->n--;
    }
}

status error_figures(const struct errors *e, figure_take *take, void *self)
{
    char what[200];
    status s = OK;
    error_caption(e, what, sizeof what);
    for (int m = 0; m < ERROR_MEASURES && s == OK; m++) {
        const bool log_x = errors_at(e, 0, 0)->value > 0;
        struct figure f = {.script = "error_by_option", .log_x = log_x, .log_y = true, .ticks_at_x = true};
        snprintf(f.name, sizeof f.name, "%s", drawings[m].name);
        snprintf(f.title, sizeof f.title, "%s: %s", drawings[m].title, what);
        snprintf(f.x_label, sizeof f.x_label, "%.60s%s", e->swept, log_x ? " (log scale)" : "");
        snprintf(f.y_label, sizeof f.y_label, "%s", drawings[m].y_label);
        add_curves(&f, e, (enum error_measure)m);
        if (f.n) s = take(self, &f);
        figure_done(&f);
    }
    return s;
}
