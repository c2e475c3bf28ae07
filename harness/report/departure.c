/* departure.c -- see departure.h. */
#include "report/departure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/protocol.h"
#include "tasks/task.h"
#include "report/grid.h"

/* What the protocol of a run would have. */
struct wanted {
    struct model_options model;
    struct train_options train;
    _Alignas(16) unsigned char task[OPTIONS_ROOM];
};

static const struct protocol *protocol_of(const struct run *r, bool *faithful)
{
    char name[sizeof r->protocol];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(r->protocol, ","), r->protocol);
    *faithful = strstr(r->protocol, ", faithful") != NULL;
    return name[0] ? protocol_find(name) : NULL;
}

static status resolve(struct yaml_pool *p, const struct run *r, const struct protocol_choice *by, struct wanted *w)
{
    const struct yaml name = {.kind = YAML_SCALAR, .text = r->task->name, .mark = {.source = "protocol"}};
    const struct protocol_task *t;
    option_defaults(model_option_table, &w->model, sizeof w->model);
    option_defaults(train_option_table, &w->train, sizeof w->train);
    option_defaults(r->task->options, w->task, sizeof w->task);
    TRY(protocol_task_options(p, by, &name, r->task, &t, w->task));
    return protocol_sections(p, by, t, &w->model, &w->train);
}

/* False: the run has no protocol. */
static bool wanted_of(const struct run *r, struct wanted *w)
{
    bool faithful;
    struct yaml_pool pool = {0};
    const struct protocol *q = protocol_of(r, &faithful);
    if (!q) return false;
    const bool found = resolve(&pool, r, &(struct protocol_choice){q, faithful}, w) == OK;
    yaml_pool_done(&pool);
    return found;
}

static double examples_of(const struct train_options *o)
{
    return o->steps ? (double)o->steps * (double)o->batch : (double)o->samples;
}

double departure_examples(const struct run *r)
{
    struct wanted *w = calloc(1, sizeof *w);
    if (!w) status_no_memory("a protocol", sizeof *w);
    const double n = wanted_of(r, w) ? examples_of(&w->train) : 0;
    free(w);
    return n;
}

bool departure_scaled_down(const struct run *r)
{
    const double ours = examples_of(&r->train);
    return ours > 0 && ours < departure_examples(r);
}

/* ---- the settings that differ ------------------------------------------------------------------------------------- */

/* One setting with the runs that have it: bit (task, variant). */
struct departure {
    char  text[160];
    bool *at;        /* [tasks][variants] */
};

struct departures {
    size_t n_tasks, n_variants, n;
    const struct task_runs *t;
    struct departure *list;
};

static bool is_silent(const char *name)
{
    static const char *const names[] = {"steps", "samples", "tokens", "log_every", "checkpoint_every", "keep_checkpoint", "shards", "pack_rows", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static void note(struct departures *d, const char *text, size_t task, size_t variant)
{
    size_t i = 0;
    while (i < d->n && strcmp(d->list[i].text, text) != 0) i++;
    if (i == d->n) {
        d->list = realloc(d->list, (d->n + 1) * sizeof *d->list);
        bool *at = calloc(d->n_tasks * d->n_variants, sizeof *at);
        if (!d->list || !at) status_no_memory("departures", d->n);
        d->list[d->n] = (struct departure){.at = at};
        snprintf(d->list[d->n++].text, sizeof d->list[0].text, "%s", text);
    }
    d->list[i].at[task * d->n_variants + variant] = true;
}

static void compare(struct departures *d, const char *section, const struct option *table, const void *now, const void *then, size_t task, size_t variant)
{
    char a[OPTION_PRINT], b[OPTION_PRINT], text[160];
    for (const struct option *o = table; o && o->name; o++) {
        if (is_silent(o->name) && table == train_option_table) continue;
        option_print(o, now, a, sizeof a);
        option_print(o, then, b, sizeof b);
        if (strcmp(a, b) == 0) continue;
        snprintf(text, sizeof text, "%s.%s %.60s", section, o->name, a);
        note(d, text, task, variant);
    }
}

static void gather(struct departures *d)
{
    struct wanted *w = calloc(1, sizeof *w);
    if (!w) status_no_memory("a protocol", sizeof *w);
    for (size_t t = 0; t < d->n_tasks; t++)
        for (size_t v = 0; v < d->t[t].n && v < d->n_variants; v++) {
            const struct run *r = d->t[t].variant[v].at->run;
            if (!wanted_of(r, w)) continue;
            compare(d, "train", train_option_table, &r->train, &w->train, t, v);
            compare(d, "model", model_option_table, &r->model, &w->model, t, v);
            compare(d, r->task->name, r->task->options, r->task_options, w->task, t, v);
        }
    free(w);
}

/* ---- who has them ------------------------------------------------------------------------------------------------- */

static bool full_task(const struct departures *d, const struct departure *x, size_t t)
{
    for (size_t v = 0; v < d->n_variants; v++)
        if (!x->at[t * d->n_variants + v]) return false;
    return true;
}

static bool full_variant(const struct departures *d, const struct departure *x, size_t v)
{
    for (size_t t = 0; t < d->n_tasks; t++)
        if (!x->at[t * d->n_variants + v]) return false;
    return true;
}

/* Whether whole tasks, or else whole variants, are all that have it. */
static bool whole(const struct departures *d, const struct departure *x, bool by_task)
{
    for (size_t t = 0; t < d->n_tasks; t++)
        for (size_t v = 0; v < d->n_variants; v++)
            if (x->at[t * d->n_variants + v] && !(by_task ? full_task(d, x, t) : full_variant(d, x, v))) return false;
    return true;
}

/* " (image, text)"; "" if all have it. */
static void owners(const struct departures *d, const struct departure *x, char *out, size_t size)
{
    const bool by_task = whole(d, x, true), by_variant = !by_task && whole(d, x, false);
    size_t said = 0, all = 0;
    out[0] = 0;
    if (by_task) {
        for (size_t t = 0; t < d->n_tasks; t++) all += full_task(d, x, t);
        if (all == d->n_tasks) return;
        for (size_t t = 0; t < d->n_tasks; t++)
            if (full_task(d, x, t)) text_add(out, size, "%s%s", said++ ? ", " : " (", d->t[t].name);
    } else if (by_variant) {
        for (size_t v = 0; v < d->n_variants; v++)
            if (full_variant(d, x, v)) text_add(out, size, "%s%s", said++ ? ", " : " (", d->t->variant[v].label);
    } else {
        for (size_t t = 0; t < d->n_tasks; t++)
            for (size_t v = 0; v < d->n_variants; v++)
                if (x->at[t * d->n_variants + v]) text_add(out, size, "%s%s on %s", said++ ? ", " : " (", d->t->variant[v].label, d->t[t].name);
    }
    text_add(out, size, ")");
}

/* Settings with the same owners stand together, those of all first. */
static void print(const struct departures *d, char *out, size_t size)
{
    char mine[512], other[512];
    bool *said = calloc(d->n + 1, sizeof *said), first = true;
    if (!said) status_no_memory("departures", d->n);
    for (int shared = 1; shared >= 0; shared--)
        for (size_t i = 0; i < d->n; i++) {
            owners(d, &d->list[i], mine, sizeof mine);
            if (said[i] || (shared && mine[0])) continue;
            for (size_t j = i; j < d->n; j++) {
                owners(d, &d->list[j], other, sizeof other);
                if (said[j] || strcmp(mine, other) != 0) continue;
                text_add(out, size, "%s%s", first ? " but " : j == i && mine[0] ? "; " : ", ", d->list[j].text);
                said[j] = true;
                first = false;
            }
            text_add(out, size, "%s", mine);
        }
    free(said);
}

void departure_text(const struct task_runs *t, size_t n, char *out, size_t size)
{
    struct departures d = {.n_tasks = n, .n_variants = t->n, .t = t};
    out[0] = 0;
    if (!t->run->protocol[0]) return;
    for (size_t i = 0; i < n; i++)
        if (t[i].n < d.n_variants) d.n_variants = t[i].n;
    gather(&d);
    snprintf(out, size, "%sprotocol %s", d.n ? "settings of " : "", t->run->protocol);
    print(&d, out, size);
    for (size_t i = 0; i < d.n; i++) free(d.list[i].at);
    free(d.list);
}
