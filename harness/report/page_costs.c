/* page_costs.c -- what each variant cost: sizes that follow from the model, speed and memory as measured while training. */
#include <math.h>
#include <stdlib.h>

#include "report/caption.h"
#include "report/html.h"
#include "report/page_part.h"
#include "report/summary.h"

static const struct { const char *group, *head; size_t offset; } columns[] = {
    {"", "parameters", offsetof(struct cost, parameters)},
    {"training", "FLOP per token", offsetof(struct cost, flops_per_token)},
    {"training", "tokens/s", offsetof(struct cost, tokens_per_second)},
    {"training", "seconds", offsetof(struct cost, seconds)},
    {"memory, bytes", "activations", offsetof(struct cost, activation_bytes)},
    {"memory, bytes", "per token", offsetof(struct cost, activation_bytes_per_token)},
    {"memory, bytes", "peak of the process", offsetof(struct cost, peak_rss_bytes)},
};

static void print_grid(FILE *out, const struct task_runs *t)
{
    char number[32], caption[128];
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    snprintf(caption, sizeof caption, "%s: mean over seeds", t->name);
    grid_init(g, caption);
    grid_column(g, "", "variant");
    for (size_t v = 0; v < t->n; v++) grid_row(g, t->variant[v].label);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const size_t column = grid_column(g, columns[i].group, columns[i].head);
        for (size_t v = 0; v < t->n; v++) {
            const struct summary x = summarise_cost(&t->variant[v], columns[i].offset);
            short_number(x.mean, number, sizeof number);
            grid_set(g, v, column, "%s", x.n && x.mean > 0 ? number : "–");
        }
    }
    grid_print(out, g, TABLE_HTML, false);
    grid_done(g);
    free(g);
}

void page_costs(FILE *out, const struct section *s)
{
    char time[64];
    const struct runs_seen seen = page_runs(s);
    page_duration(seen.seconds, time, sizeof time);
    html_print(out, "<h3 id=\"%s-costs\">Costs</h3>\n<p>Training took %s in all, without tests and evaluations. Parameters, FLOP (by formula; "
               "a training step counts as three forward passes) and bytes of activations are exact. Speed and peak memory were measured while "
               "training, on whatever else the machine was doing; k, M and G are powers of 1,000.</p>\n", s->id, time);
    for (size_t i = 0; i < s->all.n_tasks; i++) print_grid(out, &s->all.task[i]);
}
