/* measurement.c -- see measurement.h. */
#include "measure/measurement.h"

#include <stdio.h>
#include <string.h>

#include "measure/error_plot.h"
#include "measure/error_table.h"
#include "measure/sweep_plot.h"
#include "measure/sweep_table.h"

void measurement_path(const struct config *c, const char *results_dir, char *out, size_t size)
{
    snprintf(out, size, "%.3000s/%s/%s", results_dir, c->name, c->measured->file);
}

static void keep_options(struct results *r, const char *section, const struct option *table, const void *options)
{
    char name[128], text[OPTION_PRINT];
    for (const struct option *o = table; o->name; o++) {
        snprintf(name, sizeof name, "%s.%s", section, o->name);
        option_print(o, options, text, sizeof text);
        results_add_option(r, name, text);
    }
}

void measurement_keep(const struct config *c, struct frame *out)
{
    struct results shared;
    results_init(&shared);
    keep_options(&shared, c->measured->key, c->measured->table, c->measured->options);
    keep_options(&shared, "model", model_option_table, &c->measured->model);
    out->option = shared.option;
    out->n_option = shared.n_option;
    out->config = measured_print(c->measured);
    measured_id(c->measured, out->id);
    snprintf(out->title, sizeof out->title, "%s", c->title);
}

status measurement_read(const struct config *c, const char *results_dir, struct measurement *out)
{
    memset(out, 0, sizeof *out);
    return c->cost ? sweeps_read(c, results_dir, &out->sweeps) : errors_read(c, results_dir, &out->errors);
}

void measurement_done(struct measurement *m)
{
    sweeps_done(&m->sweeps);
    errors_done(&m->errors);
}

const struct frame *measurement_file(const struct measurement *m)
{
    return m->sweeps.n ? &m->sweeps.file : m->errors.n_variants ? &m->errors.file : NULL;
}

bool measurement_stale(const struct measurement *m)
{
    return m->sweeps.stale || m->errors.stale;
}

size_t measurement_variants(const struct measurement *m)
{
    return m->sweeps.n ? m->sweeps.at[0].n_variants : m->errors.n_variants;
}

void measurement_remark(const struct measurement *m, char *out, size_t size)
{
    const struct frame *f = measurement_file(m);
    snprintf(out, size, "Measured %.10s on %s, commit %s.%s", frame_environment(f, "date"), frame_environment(f, "cpu"),
             frame_environment(f, "commit"), measurement_stale(m) ? " Stale: made with other settings than the config has now." : "");
}

static void print_sweeps(FILE *out, const struct sweeps *s, enum table_format f, bool color)
{
    for (size_t i = 0; i < s->n; i++) {
        if (i && f == TABLE_TEXT) fputc('\n', out);
        if (f == TABLE_HTML) fprintf(out, "<h4>%s</h4>\n", s->at[i].base.classes ? "Bidirectional: a classifier" : "Causal: a language model");
        if (f == TABLE_CSV) sweep_csv(out, &s->at[i], i == 0);
        else sweep_table(out, &s->at[i], f, color);
    }
}

void measurement_table(FILE *out, const struct measurement *m, enum table_format f, bool color)
{
    if (m->sweeps.n) print_sweeps(out, &m->sweeps, f, color);
    else if (m->errors.n_variants) error_table(out, &m->errors, f, color);
}

status measurement_figures(const void *of, figure_take *take, void *self)
{
    const struct measurement *m = of;
    for (size_t i = 0; i < m->sweeps.n; i++) {
        char name[64];
        TRY(sweep_figures(&m->sweeps.at[i], sweeps_name(&m->sweeps, i, name, sizeof name), take, self));
    }
    return m->errors.n_variants ? error_figures(&m->errors, take, self) : OK;
}
