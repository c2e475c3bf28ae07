/* tuning.c -- see tuning.h. */
#include "train/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/tune.h"
#include "tasks/task.h"

struct search {
    struct runner *q;        /* NULL: only read */
    struct config *c;
    const char    *results;
    bool           redo;
};

/* ---- one trial -------------------------------------------------------------------------------------------------- */

static double score_of(const struct results *f, const struct run *r)
{
    if (f->status != RUN_DONE || f->n_eval == 0) return NAN;
    double score = f->eval[f->n_eval - 1].loss;
    for (size_t i = 0; r->train.keep == KEEP_BEST && i < f->n_eval; i++) score = fmin(score, f->eval[i].loss);
    return isfinite(score) ? score : NAN;
}

/* A row from its file; seconds < 0 if it is missing, unfinished or cannot be read. */
static status read_trial(const struct search *s, const struct run *r, struct tuning_row *row)
{
    status e = OK;
    char path[4096];
    struct results f;
    results_init(&f);
    row->seconds = -1;
    row->loss = NAN;
    snprintf(path, sizeof path, "%s/%s/%s.h5", s->results, s->c->name, r->stem);
    if (access(path, F_OK) == 0 && results_read(&f, path, false) == OK && f.status != RUN_RUNNING) {
        const struct train_row *last = f.n_train ? &f.train[f.n_train - 1] : NULL;
        row->loss = score_of(&f, r);
        row->tokens = last ? last->tokens : 0;
        row->seconds = f.status == RUN_DONE ? f.cost.seconds : last ? last->seconds : 0;
        snprintf(row->outcome, sizeof row->outcome, isnan(row->loss) ? "diverged" : "finished");
        if (f.status == RUN_DONE && f.n_eval == 0) e = status_fail(ERR_DATA, "task %s has no validation split to tune on", r->task->name);
    }
    results_done(&f);
    return e;
}

static status run_trial(const struct search *s, struct run *r)
{
    struct config one = *s->c;
    struct runner *q = s->q;
    enum outcome what;
    const bool redo = q->redo;
    one.runs = r;
    one.n_runs = 1;
    q->redo = s->redo;
    status e = runner_run(q, &one, 0, &what);
    if (e == OK && what == OUTCOME_STALE && redo) {
        q->redo = true;
        e = runner_run(q, &one, 0, &what);
    }
    q->redo = redo;
    if (e == OK && what == OUTCOME_STALE) e = status_fail(ERR_DATA, "%s/%s/%s.h5 is stale; --redo trains it again", s->results, s->c->name, r->stem);
    return e;
}

static status do_trial(const struct search *s, const struct run *final, size_t trial, size_t rung, struct tuning_row *row, char file[256])
{
    struct run *r = malloc(sizeof *r);
    if (!r) status_no_memory("a trial", sizeof *r);
    status e = config_trial(s->c, final, trial, rung, r);
    if (e == OK && s->q) e = run_trial(s, r);
    if (e == OK) {
        *row = (struct tuning_row){.trial = (int64_t)trial + 1, .rung = (int64_t)rung + 1, .seed = (int64_t)r->seed,
                                   .budget = tune_rung_share(s->c->tune, rung)};
        tune_settings(s->c->tune, r, row->settings, sizeof row->settings);
        snprintf(file, 256, "%s", r->stem);
        e = read_trial(s, r, row);
    }
    free(r);
    return e;
}

/* ---- the rungs of a variant ------------------------------------------------------------------------------------- */

/* Does a come before b?  Diverged ones last; equal ones by number. */
static bool better(const struct tuning_row *a, const struct tuning_row *b)
{
    if (isnan(a->loss) || isnan(b->loss)) return !isnan(a->loss) || (isnan(b->loss) && a->trial < b->trial);
    return a->loss < b->loss || (a->loss == b->loss && a->trial < b->trial);
}

static size_t rank_of(const struct tuning_row *row, size_t n, size_t i)
{
    size_t rank = 0;
    for (size_t j = 0; j < n; j++) rank += j != i && better(&row[j], &row[i]);
    return rank;
}

/* Who of the rung's n goes on; the rest is dropped. */
static size_t promote(struct tuning_row *row, size_t n, size_t places, size_t *next)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(row[i].loss)) continue;
        const bool on = rank_of(row, n, i) < places;
        snprintf(row[i].outcome, sizeof row[i].outcome, on ? "promoted" : "dropped");
        if (on) next[left++] = (size_t)row[i].trial - 1;
    }
    return left;
}

static size_t missing_of(const struct tuning_row *row, size_t n)
{
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) missing += row[i].seconds < 0;
    return missing;
}

/* The best of the last rung that one came through; who was promoted is judged by where it went. */
static void choose(struct tuned_pair *p)
{
    const struct tuning_row *best = NULL;
    for (size_t i = 0; i < p->n_rows; i++) {
        const struct tuning_row *row = &p->row[i];
        if (isnan(row->loss) || strcmp(row->outcome, "promoted") == 0) continue;
        if (!best || row->rung > best->rung || (row->rung == best->rung && better(row, best))) best = row;
    }
    p->known = best != NULL;
    if (!best) {
        snprintf(p->why, sizeof p->why, "not tuned: every trial that went on diverged");
        return;
    }
    p->chosen = (size_t)best->trial - 1;
    for (size_t i = 0; i < p->n_rows; i++) p->row[i].chosen = p->row[i].trial == best->trial;
}

static status search_pair(const struct search *s, struct tuned_pair *p)
{
    const struct tune *t = s->c->tune;
    const struct run *final = &s->c->runs[p->first];
    size_t most = 0, *trial = yaml_take(&s->c->pool, t->trials * sizeof *trial), n = t->trials;
    for (size_t k = 0; k < t->rungs; k++) most += tune_rung_trials(t, k);
    p->row = yaml_take(&s->c->pool, most * sizeof *p->row);
    p->file = yaml_take(&s->c->pool, most * sizeof *p->file);
    for (size_t i = 0; i < n; i++) trial[i] = i;
    for (size_t k = 0; k < t->rungs && n; k++) {
        struct tuning_row *row = p->row + p->n_rows;
        for (size_t i = 0; i < n; i++, p->n_rows++) TRY(do_trial(s, final, trial[i], k, &row[i], p->file[p->n_rows]));
        const size_t missing = missing_of(row, n);
        if (missing) {
            snprintf(p->why, sizeof p->why, "not tuned yet: %zu of %zu trials of rung %zu are missing", missing, n, k + 1);
            return OK;
        }
        if (k + 1 < t->rungs) n = promote(row, n, tune_rung_trials(t, k + 1), trial);
    }
    choose(p);
    return OK;
}

/* ---- all variants ----------------------------------------------------------------------------------------------- */

static bool same_pair(const struct run *a, const struct run *b)
{
    return a->task == b->task && strcmp(a->label, b->label) == 0 && memcmp(a->task_options, b->task_options, OPTIONS_ROOM) == 0;
}

static status search_all(const struct search *s, struct tuning *out)
{
    struct config *c = s->c;
    *out = (struct tuning){.pair = yaml_take(&c->pool, (c->n_runs + 1) * sizeof *out->pair)};
    for (size_t i = 0; c->tune && i < c->n_runs; i++) {
        if (i && same_pair(&c->runs[i - 1], &c->runs[i])) {
            out->pair[out->n - 1].n++;
            continue;
        }
        struct tuned_pair *p = &out->pair[out->n++];
        p->first = i;
        p->n = 1;
        if (!c->runs[i].refused[0]) TRY(search_pair(s, p));
    }
    return OK;
}

status tuning_read(struct config *c, const char *results, struct tuning *out)
{
    return search_all(&(struct search){.c = c, .results = results}, out);
}

status tuning_run(struct runner *q, struct config *c, bool redo, struct tuning *out)
{
    return search_all(&(struct search){.q = q, .c = c, .results = q->results, .redo = redo}, out);
}

static status give(struct config *c, const struct tuned_pair *p)
{
    for (size_t i = p->first; i < p->first + p->n; i++) {
        struct run *r = &c->runs[i];
        snprintf(r->untuned, sizeof r->untuned, "%s", p->why);
        if (!p->known) continue;
        TRY(config_tuned(c, r, p->chosen, r));
        r->tuned = p->row;
        r->n_tuned = p->n_rows;
    }
    return OK;
}

status tuning_resolve(struct config *c, const char *results)
{
    struct tuning all;
    if (!c->tune) return OK;
    TRY(tuning_read(c, results, &all));
    for (size_t i = 0; i < all.n; i++) TRY(give(c, &all.pair[i]));
    return OK;
}
