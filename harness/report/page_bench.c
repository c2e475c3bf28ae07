/* page_bench.c -- the section of a config that measures: figures, tables, and where the numbers come from. */
#include <math.h>
#include <string.h>

#include "config/measured.h"
#include "measure/measurement.h"
#include "report/html.h"
#include "report/page_part.h"

static void print_tables(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-tables\">Tables</h3>\n", s->id);
    measurement_table(out, &s->measured, TABLE_HTML, false);
}

/* What the runs' files keep of program and machine (page_machine.c), here of the one file. */
static void print_environment(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-environment\">Environment</h3>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Environment\">\n"
               "<table class=\"words\">\n<tbody>\n", s->id);
    const struct frame *f = measurement_file(&s->measured);
    for (size_t i = 0; i < f->n_environment; i++)
        html_print(out, "<tr><th scope=\"row\">%s</th><td><code>%s</code></td></tr>\n", f->environment[i].name, f->environment[i].text);
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static void print_file(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-files\">Files</h3>\n<p><a href=\"", s->id);
    html_path(out, s->home[0] ? s->home : ".");
    const struct measured_plan *m = s->config->config->measured;
    html_print(out, "/%s\">%s</a>: every number above is in its table <code>/%s</code>, %s.</p>\n", m->file, m->file, m->key,
               s->config->config->cost ? "a row per variant, direction, length and mode" : "a row per variant, value and draw");
}

status page_bench(FILE *out, const struct section *s)
{
    if (!measurement_file(&s->measured)) {
        html_print(out, "<div class=\"note warn\">\n<p><strong>Not measured.</strong> %s</p>\n</div>\n", s->unmeasured);
    } else {
        if (measurement_stale(&s->measured))
            fputs("<div class=\"note warn\">\n<p><strong>Stale:</strong> measured with other settings than the config has now.</p>\n</div>\n", out);
        if (s->page->n == 1) page_best(out, s);
        TRY(page_draw(out, out, s, measurement_figures, &s->measured));
        TRY(page_claims(out, s));
    }
    page_papers(out, s);
    if (measurement_file(&s->measured)) print_tables(out, s);
    page_setting(out, s);
    if (measurement_file(&s->measured)) print_environment(out, s);
    page_again(out, s);
    if (measurement_file(&s->measured)) print_file(out, s);
    return OK;
}

/* ---- in short ---- */

/* The variant with the least of a measure at a length, or SIZE_MAX. */
static size_t least_of(const struct sweep *w, enum sweep_measure m, size_t length)
{
    size_t best = SIZE_MAX;
    double least = INFINITY;
    for (size_t v = 0; v < w->n_variants; v++) {
        const double x = sweep_value(w, m, SWEEP_TRAIN, v, length);
        if (x < least) least = x, best = v;
    }
    return best;
}

static void best_costs(FILE *out, const struct sweeps *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct sweep *w = &all->at[i];
        const size_t last = w->n_lengths - 1, fast = least_of(w, SWEEP_STEP_MS, last), small = least_of(w, SWEEP_TOKEN_BYTES, last);
        if (fast == SIZE_MAX || small == SIZE_MAX) continue;
        const double times = sweep_value(w, SWEEP_TIMES_VANILLA, SWEEP_TRAIN, fast, last);
        html_print(out, "<li>%s at length ", all->direction[i]);
        fprintf(out, "%zu", w->length[last].n);
        html_print(out, ": trains fastest <strong>%s</strong>", w->variant[fast].name);
        if (!isnan(times) && fast != sweep_vanilla(w)) fprintf(out, ", %.3g times as fast as vanilla", times);
        html_print(out, "; least activation memory <strong>%s</strong>", w->variant[small].name);
        fprintf(out, ", %.0f bytes per token.</li>\n", sweep_value(w, SWEEP_TOKEN_BYTES, SWEEP_TRAIN, small, last));
    }
}

/* Of each variant the error at the first and the last value. */
static void best_errors(FILE *out, const struct errors *e)
{
    for (size_t v = 0; v < e->n_variants; v++) {
        const size_t last = e->n_values - 1;
        double deviation;
        html_print(out, "<li><strong>%s</strong>: ", errors_at(e, v, 0)->variant);
        fprintf(out, "relative squared error %.3g", errors_mean(e, ERROR_RELATIVE, v, 0, &deviation));
        html_print(out, " at %s", e->swept);
        fprintf(out, " %.10g, %.3g at %.10g.</li>\n", errors_at(e, v, 0)->value, errors_mean(e, ERROR_RELATIVE, v, last, &deviation),
                errors_at(e, v, last)->value);
    }
}

void page_bench_best(FILE *out, const struct section *s)
{
    best_costs(out, &s->measured.sweeps);
    best_errors(out, &s->measured.errors);
    if (!measurement_file(&s->measured)) fputs("<li>Not measured.</li>\n", out);
}
