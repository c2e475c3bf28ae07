/* measured.c -- see measured.h. */
#include "bench/measured.h"

#include <stdio.h>
#include <string.h>

#include "bench/error_plot.h"
#include "bench/error_table.h"
#include "bench/sweep_plot.h"
#include "bench/sweep_table.h"

void measured_path(const struct config *c, const char *results_dir, char *out, size_t size)
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

void measured_keep(const struct config *c, struct frame *out)
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

status measured_read(const struct config *c, const char *results_dir, struct measured *out)
{
    memset(out, 0, sizeof *out);
    return c->cost ? sweeps_read(c, results_dir, &out->sweeps) : errors_read(c, results_dir, &out->errors);
}

void measured_done(struct measured *m)
{
    sweeps_done(&m->sweeps);
    errors_done(&m->errors);
}

const struct frame *measured_file(const struct measured *m)
{
    return m->sweeps.n ? &m->sweeps.file : m->errors.n_variants ? &m->errors.file : NULL;
}

bool measured_stale(const struct measured *m)
{
    return m->sweeps.stale || m->errors.stale;
}

size_t measured_variants(const struct measured *m)
{
    return m->sweeps.n ? m->sweeps.at[0].n_variants : m->errors.n_variants;
}

void measured_remark(const struct measured *m, char *out, size_t size)
{
    const struct frame *f = measured_file(m);
    snprintf(out, size, "Measured %.10s on %s, commit %s.%s", frame_environment(f, "date"), frame_environment(f, "cpu"),
             frame_environment(f, "commit"), measured_stale(m) ? " Stale: made with other settings than the config has now." : "");
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

void measured_table(FILE *out, const struct measured *m, enum table_format f, bool color)
{
    if (m->sweeps.n) print_sweeps(out, &m->sweeps, f, color);
    else if (m->errors.n_variants) error_table(out, &m->errors, f, color);
}

status measured_figures(const void *of, figure_take *take, void *self)
{
    const struct measured *m = of;
    for (size_t i = 0; i < m->sweeps.n; i++) {
        char name[64];
        TRY(sweep_figures(&m->sweeps.at[i], sweeps_name(&m->sweeps, i, name, sizeof name), take, self));
    }
    return m->errors.n_variants ? error_figures(&m->errors, take, self) : OK;
}
