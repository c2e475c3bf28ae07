/* error_table.c -- see error_table.h.  Figure 4 of Choromanski et al. 2020 (arXiv:2009.14794) as a table. */
#include "measure/error_table.h"

#include <math.h>
#include <stdlib.h>

#include "report/notes.h"

static const char *const captions[ERROR_MEASURES] = {"Mean squared error of the output", "Mean squared error over the mean square of the exact output"};

void error_caption(const struct errors *e, char *out, size_t size)
{
    const struct approximation_options *o = &e->options;
    snprintf(out, size, "length %lld, width %lld, %lld head%s, input %.6g, %s, %zu draw%s", (long long)o->length, (long long)e->model.width,
             (long long)e->model.heads, e->model.heads > 1 ? "s" : "", o->input, o->causal ? "causal" : "bidirectional", e->n_draws,
             e->n_draws > 1 ? "s" : "");
}

static void explain(const struct errors *e, char *out, size_t size)
{
    char what[256];
    error_caption(e, what, sizeof what);
    snprintf(out, size,
             "Reach approximation: one layer of attention against softmax attention with the same parameters and the same input, %s, %s. "
             "Weights are normal with standard deviation 1 / sqrt(width), input is normal. Mean ± sample standard deviation over draws of "
             "parameters, input and random features; the least of a column is marked.",
             what, frame_environment(&e->file, "real"));
}

static void set_value(struct grid *g, size_t row, size_t column, double mean, double deviation)
{
    if (isnan(mean)) grid_set(g, row, column, "–");
    else if (isnan(deviation)) grid_set(g, row, column, "%.3g", mean);
    else grid_set(g, row, column, "%.3g ± %.2g", mean, deviation);
}

static void mark_least(struct grid *g, const struct errors *e, enum error_measure m, size_t value, size_t column)
{
    size_t best = SIZE_MAX;
    double least = INFINITY, deviation;
    for (size_t v = 0; v < e->n_variants; v++) {
        const double mean = errors_mean(e, m, v, value, &deviation);
        if (mean < least) least = mean, best = v;
    }
    if (best < e->n_variants && e->n_variants > 1) g->row[best][column].best = true;
}

static void fill(struct grid *g, const struct errors *e, enum error_measure m, const char *caption, struct notes *notes)
{
    char text[1400], head[48];
    double deviation;
    snprintf(text, sizeof text, "%s%s%s", captions[m], caption ? ". " : "", caption ? caption : "");
    grid_init(g, text);
    grid_column(g, "", "variant");
    for (size_t v = 0; v < e->n_variants; v++) {
        const struct error_row *r = errors_at(e, v, 0);
        const size_t row = grid_row(g, r->variant);
        if (r->option[0] || !e->swept[0]) continue;
        snprintf(text, sizeof text, "%s has no option %s and is the same at all its values.", r->attention, e->swept);
        grid_set(g, row, 0, "%s [%zu]", r->variant, notes_add(notes, text));
    }
    for (size_t i = 0; i < e->n_values; i++) {
        snprintf(head, sizeof head, "%.10g", errors_at(e, 0, i)->value);
        const size_t column = grid_column(g, e->swept, head);
        for (size_t v = 0; v < e->n_variants; v++) {
            const double mean = errors_mean(e, m, v, i, &deviation);
            set_value(g, v, column, mean, deviation);
        }
        mark_least(g, e, m, i, column);
    }
}

static void print_grids(FILE *out, const struct errors *e, enum table_format f, bool color)
{
    char caption[900];
    struct notes notes = {0};
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    explain(e, caption, sizeof caption);
    bool said = f != TABLE_TEX;
    if (said) paragraph_print(out, caption, f, 0);
    if (f == TABLE_TEXT) fputc('\n', out);
    for (int m = 0; m < ERROR_MEASURES; m++) {
        fill(g, e, (enum error_measure)m, said ? NULL : caption, &notes);
        grid_print(out, g, f, color);
        fputc('\n', out);
        grid_done(g);
        said = true;
    }
    free(g);
    notes_print(out, &notes, f);
    notes_done(&notes);
}

/* ---- csv ---- */

static void number(FILE *out, double x)
{
    if (isnan(x)) fputc(',', out);
    else fprintf(out, ",%.17g", x);
}

static void print_csv(FILE *out, const struct errors *e)
{
    fputs("variant,attention,option,value,length,width,heads,input,causal,draws,mse,mse_sd,relative_error,relative_error_sd\n", out);
    for (size_t v = 0; v < e->n_variants; v++)
        for (size_t i = 0; i < e->n_values; i++) {
            const struct error_row *r = errors_at(e, v, i);
            text_print(out, r->variant, TABLE_CSV);
            fprintf(out, ",%s,%s", r->attention, r->option);
            number(out, r->value);
            fprintf(out, ",%lld,%lld,%lld", (long long)e->options.length, (long long)e->model.width, (long long)e->model.heads);
            number(out, e->options.input);
            fprintf(out, ",%s,%zu", e->options.causal ? "true" : "false", e->n_draws);
            for (int m = 0; m < ERROR_MEASURES; m++) {
                double deviation;
                number(out, errors_mean(e, (enum error_measure)m, v, i, &deviation));
                number(out, deviation);
            }
            fputc('\n', out);
        }
}

void error_table(FILE *out, const struct errors *e, enum table_format f, bool color)
{
    if (f == TABLE_CSV) print_csv(out, e);
    else print_grids(out, e, f, color);
}
