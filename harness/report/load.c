/* load.c -- the result files of a config, side by side with its runs. */
#include "report/load.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tasks/task.h"

static void *take(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("a report", n * size);
    return p;
}

/* Options that change neither the parameters nor the scores. */
static bool is_housekeeping(const char *name)
{
    static const char *const names[] = {"log_every", "checkpoint_every", "keep_checkpoint", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static const char *option_text(const struct results *r, const char *section, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", section, name);
    for (size_t i = 0; i < r->n_option; i++)
        if (strcmp(r->option[i].name, full) == 0) return r->option[i].text;
    return NULL;
}

/* The first option in which file and config differ, as a sentence; false: none. */
static bool differs(const struct results *r, const char *section, const struct option *table, const void *options,
                    char *out, size_t size)
{
    char now[1024];
    for (const struct option *o = table; o->name; o++) {
        const char *then = option_text(r, section, o->name);
        if (!then || is_housekeeping(o->name)) continue;
        option_print(o, options, now, sizeof now);
        if (strcmp(then, now) == 0) continue;
        snprintf(out, size, "stale: made with %s.%s = %.200s, the config says %.200s", section, o->name, then, now);
        return true;
    }
    return false;
}

static int64_t last_step(const struct results *r)
{
    return r->n_train ? r->train[r->n_train - 1].step : 0;
}

static void note_state(struct loaded *l)
{
    const struct results *r = &l->results;
    l->usable = r->status == RUN_DONE;
    if (r->status == RUN_RUNNING)
        snprintf(l->note, sizeof l->note, "unfinished: last seen at step %lld", (long long)last_step(r));
    else if (r->status == RUN_DIVERGED)
        snprintf(l->note, sizeof l->note, "%s%s", strncmp(r->reason, "diverged", 8) == 0 ? "" : "diverged: ",
                 r->reason[0] ? r->reason : "no reason kept");
    else if (!differs(r, "train", train_option_table, &l->run->train, l->note, sizeof l->note))
        differs(r, "model", model_option_table, &l->run->model, l->note, sizeof l->note);
}

static void load_one(struct loaded *l, const struct run *run, const char *folder)
{
    char path[4096];
    l->run = run;
    results_init(&l->results);
    if (run->refused[0]) return; /* its row says so */
    if (run->untuned[0]) {
        memcpy(l->note, run->untuned, sizeof run->untuned);
        return;
    }
    snprintf(path, sizeof path, "%s/%s.h5", folder, run->stem);
    if (access(path, F_OK) != 0) {
        snprintf(l->note, sizeof l->note, "missing: not run yet");
    } else if (results_read(&l->results, path, false) != OK) {
        snprintf(l->note, sizeof l->note, "unreadable: %s", status_message());
    } else {
        l->here = true;
        note_state(l);
    }
}

static bool same_task(const struct run *a, const struct run *b)
{
    return a->task == b->task && memcmp(a->task_options, b->task_options, sizeof a->task_options) == 0;
}

/* The place of a label among the distinct labels of the config. */
static size_t style_of(const struct config *c, const char *label)
{
    size_t style = 0;
    for (size_t i = 0; i < c->n_runs && strcmp(c->runs[i].label, label) != 0; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) seen = strcmp(c->runs[i].label, c->runs[j].label) == 0;
        if (!seen) style++;
    }
    return style;
}

static void name_task(struct collection *c, struct task_runs *t)
{
    size_t same = 1;
    for (const struct task_runs *other = c->task; other < t; other++) same += other->run->task == t->run->task;
    if (same == 1) snprintf(t->name, sizeof t->name, "%s", t->run->task->name);
    else snprintf(t->name, sizeof t->name, "%s-%zu", t->run->task->name, same);
}

static void add_variant(struct collection *c, struct task_runs *t, struct loaded *l)
{
    struct variant_runs *v = t->n ? &t->variant[t->n - 1] : NULL;
    if (!v || strcmp(v->label, l->run->label) != 0) {
        v = &t->variant[t->n++];
        *v = (struct variant_runs){.label = l->run->label, .style = style_of(c->config, l->run->label), .at = l};
    }
    v->n++;
}

/* Runs come task by task, variant by variant, seed by seed. */
static void group(struct collection *c)
{
    const size_t n = c->config->n_runs;
    c->task = take(n, sizeof *c->task);
    for (size_t i = 0; i < n; i++) {
        struct task_runs *t = c->n_tasks ? &c->task[c->n_tasks - 1] : NULL;
        if (!t || !same_task(t->run, c->at[i].run)) {
            t = &c->task[c->n_tasks++];
            t->run = c->at[i].run;
            t->variant = take(n - i, sizeof *t->variant);
            name_task(c, t);
        }
        add_variant(c, t, &c->at[i]);
    }
}

void collection_load(struct collection *out, const struct config *c, const char *results_dir)
{
    char folder[3072];
    snprintf(folder, sizeof folder, "%s/%s", results_dir, c->name);
    *out = (struct collection){.config = c, .at = take(c->n_runs, sizeof *out->at)};
    for (size_t i = 0; i < c->n_runs; i++) load_one(&out->at[i], &c->runs[i], folder);
    group(out);
}

void collection_done(struct collection *c)
{
    for (size_t i = 0; i < c->config->n_runs; i++) results_done(&c->at[i].results);
    for (size_t i = 0; i < c->n_tasks; i++) free(c->task[i].variant);
    free(c->task);
    free(c->at);
    *c = (struct collection){0};
}

size_t collection_usable(const struct collection *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->config->n_runs; i++) n += c->at[i].usable;
    return n;
}
