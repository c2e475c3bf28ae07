/* page_runs.c -- which runs are there, and what a reader must know before the numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/caption.h"
#include "report/html.h"
#include "report/page_part.h"
#include "report/summary.h"
#include "tasks/task.h"

struct runs_seen page_runs(const struct section *s)
{
    struct runs_seen seen = {0};
    if (s->config->config->measured) {
        const struct frame *f = measurement_file(&s->measured);
        seen.wanted = 1;
        seen.usable = f != NULL;
        snprintf(seen.first, sizeof seen.first, "%.10s", f ? frame_environment(f, "date") : "");
        memcpy(seen.last, seen.first, sizeof seen.last);
        return seen;
    }
    for (size_t i = 0; i < s->all.config->n_runs; i++) {
        const struct loaded *l = &s->all.at[i];
        seen.wanted += !l->run->refused[0];
        seen.usable += l->usable;
        if (!l->here) continue;
        if (l->results.cost.seconds > 0) seen.seconds += l->results.cost.seconds;
        char day[16];
        snprintf(day, sizeof day, "%.10s", results_environment(&l->results, "date"));
        if (strlen(day) != 10) continue;
        if (!seen.first[0] || strcmp(day, seen.first) < 0) memcpy(seen.first, day, sizeof day);
        if (strcmp(day, seen.last) > 0) memcpy(seen.last, day, sizeof day);
    }
    return seen;
}

void page_duration(double seconds, char *out, size_t size)
{
    const long long all = seconds > 0 ? llround(seconds) : 0;
    if (all >= 3600) snprintf(out, size, "%lld h %02lld min", all / 3600, all % 3600 / 60);
    else if (all >= 60) snprintf(out, size, "%lld min %02lld s", all / 60, all % 60);
    else snprintf(out, size, "%lld s", all);
}

/* ---- what is missing ---- */

static void list_note(FILE *out, const struct variant_runs *v, const char *task)
{
    struct notes notes = {0};
    if (notes_variant(&notes, v)) {
        html_print(out, "<li>%s on %s: %s</li>\n", v->label, task, notes.text[0]);
    }
    notes_done(&notes);
}

void page_missing(FILE *out, const struct section *s)
{
    const struct runs_seen seen = page_runs(s);
    size_t noted = 0, stale = 0;
    for (size_t i = 0; i < s->all.config->n_runs; i++) {
        noted += s->all.at[i].note[0] != 0;
        stale += s->all.at[i].usable && s->all.at[i].note[0];
    }
    if (!noted) {
        fprintf(out, "<p>All %zu runs are there.</p>\n", seen.wanted);
        return;
    }
    fprintf(out, "<div class=\"note warn\">\n<p><strong>%zu of %zu runs are there.</strong> ", seen.usable, seen.wanted);
    if (seen.usable < seen.wanted) fputs("The rest are missing, unfinished or diverged, and no number on this page is of them. ", out);
    if (stale) fprintf(out, "%zu of those there %s made with other settings than the config has now.", stale, stale > 1 ? "were" : "was");
    fputs("</p>\n", out);
    fprintf(out, "<details%s><summary>Which</summary>\n<ul>\n", noted <= 6 ? " open" : "");
    for (size_t t = 0; t < s->all.n_tasks; t++)
        for (size_t v = 0; v < s->all.task[t].n; v++) list_note(out, &s->all.task[t].variant[v], s->all.task[t].name);
    fputs("</ul>\n</details>\n</div>\n", out);
}

/* ---- how far it is scaled down ---- */

/* What a run trains on, in examples (classifiers) or tokens; NaN: in units that do not compare. */
static double amount_of(const struct run *r)
{
    const struct train_options *o = &r->train;
    const bool examples = r->task->kind == TASK_CLASSIFY;
    if (o->steps) return (double)o->steps * (double)o->batch * (examples ? 1 : r->task->kind == TASK_TEXT ? (double)o->length : NAN);
    if (o->samples) return examples ? (double)o->samples : NAN;
    return examples ? NAN : o->tokens;
}

static const struct run *same_in(const struct config *c, const struct run *r)
{
    for (size_t i = 0; i < c->n_runs; i++)
        if (c->runs[i].task == r->task && strcmp(c->runs[i].label, r->label) == 0) return &c->runs[i];
    return NULL;
}

static size_t seeds_of(const struct config *c)
{
    size_t most = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        size_t n = 0;
        for (size_t j = 0; j < c->n_runs; j++)
            n += c->runs[j].task == c->runs[i].task && strcmp(c->runs[j].label, c->runs[i].label) == 0
                 && memcmp(c->runs[j].task_options, c->runs[i].task_options, OPTIONS_ROOM) == 0;
        if (n > most) most = n;
    }
    return most;
}

/* The range, over the runs, of how much more the full budget trains. */
static void factors(const struct config *c, const struct config *full, double *low, double *high)
{
    *low = INFINITY;
    *high = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        const struct run *more = same_in(full, &c->runs[i]);
        const double x = more ? amount_of(more) / amount_of(&c->runs[i]) : NAN;
        if (!isfinite(x)) continue;
        *low = fmin(*low, x);
        *high = fmax(*high, x);
    }
}

static void print_scale(FILE *out, const struct section *s)
{
    const struct config *c = s->config->config, *full = s->config->full;
    double low, high;
    if (!full) {
        html_print(out, strcmp(c->budget, "full") == 0 ? "<p><strong>Full budget:</strong> nothing is scaled down." : c->budget[0] ?
                   "<p><strong>Budget %s.</strong>" : "<p><strong>Nothing is scaled down:</strong> the config has one budget.", c->budget);
        return;
    }
    html_print(out, "<p><strong>Scaled down:</strong> budget <em>%s</em>.", c->budget);
    factors(c, full, &low, &high);
    char least[32], most[32];
    short_number(low, least, sizeof least);
    short_number(high, most, sizeof most);
    if (high > 1.005 && high / low < 1.05) fprintf(out, " The config’s full budget trains %s times as long", most);
    else if (high > 1.005) fprintf(out, " The config’s full budget trains %s to %s times as long", least, most);
    else fputs(" The config’s full budget trains and tests more", out);
    if (seeds_of(full) != seeds_of(c)) fprintf(out, ", with %zu seeds", seeds_of(full));
    fputs("; numbers and ranks may change there.", out);
}

static void print_words(FILE *out, const char *before, size_t n, const char *const *list)
{
    for (size_t i = 0; i < n; i++) html_put(out, i ? ", <code>" : before, list[i], "</code>");
    if (n) fputs(".", out);
}

void page_trust(FILE *out, const struct section *s)
{
    const struct config_request *q = &s->config->request;
    const size_t seeds = seeds_of(s->config->config);
    fprintf(out, "<div class=\"note%s\">\n", s->config->full ? " warn" : "");
    print_scale(out, s);
    if (seeds == 1) fputs(" One seed: small differences between variants may be chance.", out);
    else fprintf(out, " %zu seeds: ± is one standard deviation over them.", seeds);
    print_words(out, " Settings changed: <code>", q->n_set, q->set);
    print_words(out, " A part of the config: <code>", q->n_only, q->only);
    fputs("</p>\n</div>\n", out);
}
