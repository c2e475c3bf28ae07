/* page_bench.c -- the section of a config that measures what variants cost: figures, tables, and where the numbers come from. */
#include <math.h>
#include <string.h>

#include "bench/sweep_plot.h"
#include "bench/sweep_table.h"
#include "report/html.h"
#include "report/page_part.h"

static status figures_of(const void *of, figure_take *take, void *self)
{
    const struct sweeps *s = of;
    for (size_t i = 0; i < s->n; i++) {
        char name[64];
        TRY(sweep_figures(&s->at[i], sweeps_name(s, i, name, sizeof name), take, self));
    }
    return OK;
}

static void print_tables(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-tables\">Tables</h3>\n", s->id);
    for (size_t i = 0; i < s->sweeps.n; i++) {
        html_print(out, "<h4>%s</h4>\n", s->sweeps.at[i].base.classes ? "Bidirectional: a classifier" : "Causal: a language model");
        sweep_table(out, &s->sweeps.at[i], TABLE_HTML, false);
    }
}

/* What the runs' files keep of program and machine (page_machine.c), here of the one file. */
static void print_environment(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-environment\">Environment</h3>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Environment\">\n"
               "<table class=\"words\">\n<tbody>\n", s->id);
    for (size_t i = 0; i < s->sweeps.file.n_environment; i++)
        html_print(out, "<tr><th scope=\"row\">%s</th><td><code>%s</code></td></tr>\n", s->sweeps.file.environment[i].name,
                   s->sweeps.file.environment[i].text);
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static void print_file(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-files\">Files</h3>\n<p><a href=\"", s->id);
    html_path(out, s->home[0] ? s->home : ".");
    fputs("/cost.h5\">cost.h5</a>: every number above is in its table <code>/bench</code>, a row per variant, direction, length and mode.</p>\n", out);
}

status page_bench(FILE *out, const struct section *s)
{
    if (!s->sweeps.n) {
        html_print(out, "<div class=\"note warn\">\n<p><strong>Not measured.</strong> %s</p>\n</div>\n", s->unmeasured);
    } else {
        if (s->sweeps.stale)
            fputs("<div class=\"note warn\">\n<p><strong>Stale:</strong> measured with other settings than the config has now.</p>\n</div>\n", out);
        page_best(out, s);
        TRY(page_draw(out, out, s, figures_of, &s->sweeps));
        print_tables(out, s);
    }
    page_setting(out, s);
    if (s->sweeps.n) print_environment(out, s);
    page_again(out, s);
    if (s->sweeps.n) print_file(out, s);
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

void page_bench_best(FILE *out, const struct section *s)
{
    for (size_t i = 0; i < s->sweeps.n; i++) {
        const struct sweep *w = &s->sweeps.at[i];
        const size_t last = w->n_lengths - 1, fast = least_of(w, SWEEP_STEP_MS, last), small = least_of(w, SWEEP_TOKEN_BYTES, last);
        if (fast == SIZE_MAX || small == SIZE_MAX) continue;
        const double times = sweep_value(w, SWEEP_TIMES_VANILLA, SWEEP_TRAIN, fast, last);
        html_print(out, "<li>%s at length ", s->sweeps.direction[i]);
        fprintf(out, "%zu", w->length[last].n);
        html_print(out, ": trains fastest <strong>%s</strong>", w->variant[fast].name);
        if (!isnan(times) && fast != sweep_vanilla(w)) fprintf(out, ", %.3g times as fast as vanilla", times);
        html_print(out, "; least activation memory <strong>%s</strong>", w->variant[small].name);
        fprintf(out, ", %.0f bytes per token.</li>\n", sweep_value(w, SWEEP_TOKEN_BYTES, SWEEP_TRAIN, small, last));
    }
    if (!s->sweeps.n) fputs("<li>Not measured.</li>\n", out);
}
