/* train.c -- the loop. */
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/length_test.h"
#include "train/padding.h"
#include "train/schedule.h"
#include "train/stop.h"
#include "train/streams.h"

#define DIVERGED_FACTOR 4 /* a training loss so many times that of a uniform guess will not come back */

static void *copy_of(const void *from, size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);
    if (!p) status_no_memory("checkpoint", bytes);
    memcpy(p, from, bytes);
    return p;
}

static void *room_for(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("checkpoint", n * size);
    return p;
}

/* Where the loop stands; everything else follows from the step. */
struct progress_of_training {
    int64_t step, steps;
    double  tokens, seconds;
    double  best_loss;
    int64_t best_step;
    real   *best;              /* parameters and buffers, owned */
    double  loss_sum, right_sum, count_sum;
    struct streams streams;
};

static size_t all_values(const struct model *m)
{
    return m->n_values + m->n_buffer_values;
}

static void collect(const struct model *m, real *to)
{
    memcpy(to, m->values, m->n_values * sizeof *to);
    if (m->n_buffer_values) memcpy(to + m->n_values, m->buffers, m->n_buffer_values * sizeof *to);
}

/* The checkpoint of now: parameters first, buffers behind them. */
static struct checkpoint *make_checkpoint(const struct model *m, const struct optimizer *z, const struct progress_of_training *g)
{
    struct checkpoint *c = room_for(1, sizeof *c);
    const size_t n = all_values(m);
    *c = (struct checkpoint){.step = g->step, .tokens = g->tokens, .seconds = g->seconds, .best_loss = g->best_loss,
                             .best_step = g->best_step, .n = n, .n_names = m->n_parameters, .loss_sum = g->loss_sum,
                             .right_sum = g->right_sum, .count_sum = g->count_sum};
    c->parameters = room_for(n, sizeof(real));
    c->first = room_for(n, sizeof(real));
    c->second = room_for(n, sizeof(real));
    collect(m, c->parameters);
    memcpy(c->first, z->first, m->n_values * sizeof(real));
    memcpy(c->second, z->second, m->n_values * sizeof(real));
    if (g->best) c->best = copy_of(g->best, n * sizeof(real));
    c->n_carried = g->streams.n * g->streams.n_values;
    c->n_carried_rows = g->streams.n * g->streams.n_carry;
    if (c->n_carried) {
        c->carried = room_for(c->n_carried, sizeof(real));
        c->carried_rows = room_for(c->n_carried_rows, sizeof(real));
        streams_save(&g->streams, c->carried_rows, c->carried);
    }
    c->name = room_for(m->n_parameters, sizeof *c->name);
    c->offset = room_for(m->n_parameters, sizeof *c->offset);
    c->rows = room_for(m->n_parameters, sizeof *c->rows);
    c->cols = room_for(m->n_parameters, sizeof *c->cols);
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        snprintf(c->name[i], sizeof c->name[i], "%s", p->name);
        c->offset[i] = p->buffer ? m->n_values + p->offset : p->offset;
        c->rows[i] = p->rows;
        c->cols[i] = p->cols;
    }
    return c;
}

status train_load(struct model *m, const struct checkpoint *c, bool best)
{
    const real *from = best && c->best ? c->best : c->parameters;
    if (c->n != all_values(m) || c->n_names != m->n_parameters)
        FAIL(ERR_DATA, "the checkpoint holds %zu values in %zu parameters, the model wants %zu in %zu", c->n, c->n_names,
             all_values(m), m->n_parameters);
    memcpy(m->values, from, m->n_values * sizeof *from);
    if (m->n_buffer_values) memcpy(m->buffers, from + m->n_values, m->n_buffer_values * sizeof *from);
    return OK;
}

static status resume(struct trainer *t, struct optimizer *z, struct progress_of_training *g)
{
    const struct checkpoint *c = t->results->checkpoint;
    if (!c) return OK;
    TRY(train_load(t->model, c, false));
    if (c->n_carried != g->streams.n * g->streams.n_values || c->n_carried_rows != g->streams.n * g->streams.n_carry)
        FAIL(ERR_DATA, "the checkpoint holds %zu carried values in %zu states, training wants %zu in %zu", c->n_carried, c->n_carried_rows,
             g->streams.n * g->streams.n_values, g->streams.n * g->streams.n_carry);
    if (c->n_carried) streams_load(&g->streams, c->carried_rows, c->carried);
    memcpy(z->first, c->first, t->model->n_values * sizeof(real));
    memcpy(z->second, c->second, t->model->n_values * sizeof(real));
    g->step = c->step;
    g->tokens = c->tokens;
    g->seconds = c->seconds;
    g->best_loss = c->best_loss;
    g->best_step = c->best_step;
    g->loss_sum = c->loss_sum;
    g->right_sum = c->right_sum;
    g->count_sum = c->count_sum;
    if (c->best) g->best = copy_of(c->best, c->n * sizeof(real));
    struct results *r = t->results; /* rows from after the checkpoint come again */
    while (r->n_train && r->train[r->n_train - 1].step > g->step) r->n_train--;
    while (r->n_eval && r->eval[r->n_eval - 1].step > g->step) r->n_eval--;
    return OK;
}

static status save(struct trainer *t, const struct optimizer *z, const struct progress_of_training *g)
{
    checkpoint_free(t->results->checkpoint);
    t->results->checkpoint = make_checkpoint(t->model, z, g);
    return t->path ? results_write(t->results, t->path) : OK;
}

int64_t train_steps(const struct train_options *o, const struct task *task, const void *data)
{
    if (o->steps) return o->steps;
    if (o->samples && task->kind != TASK_TEXT) return (o->samples + o->batch - 1) / o->batch;
    double per_step = (double)o->batch;
    if (task->kind == TASK_TEXT) {
        per_step *= (double)o->length;
    } else { /* the mean length of the first examples stands for all */
        arena *a = arena_new("lengths");
        struct sequence s[128];
        const size_t count = task->count(data, SPLIT_TRAIN), n = count < 64 ? count : 64;
        double rows = 0;
        if (feed_examples(task, data, SPLIT_TRAIN, NULL, 0, n, a, s) == OK)
            for (size_t i = 0; i < n * task_texts(task); i++) rows += (double)s[i].n;
        per_step *= rows > 0 ? rows / (double)n : 1;
        arena_free(a);
    }
    const int64_t steps = (int64_t)ceil(o->tokens / per_step);
    return steps > 0 ? steps : 1;
}

/* A validation pass has 64 examples, or fewer where they are longer than 4,096 tokens, 8 at least: whatever eval_tokens says. */
static size_t least_examples(size_t longest)
{
    const size_t n = 64 * 4096 / longest;
    return n < 8 ? 8 : n > 64 ? 64 : n;
}

/* Validation on the seeded subset. */
static status validate(struct trainer *t, struct tally *out)
{
    const struct train_options *o = t->options;
    if (t->task->kind == TASK_TEXT) {
        const struct text x = t->task->text(t->data, SPLIT_VALID);
        *out = length_test_subset(t->workers, t->model, &x, (size_t)o->length, (size_t)o->eval_tokens, (size_t)o->pack_rows, t->seed);
        return OK;
    }
    const size_t total = t->task->count(t->data, SPLIT_VALID), longest = t->task->longest(t->data);
    const size_t texts = task_texts(t->task);
    size_t n = (size_t)o->eval_tokens / (longest * texts);
    n = n < least_examples(longest) ? least_examples(longest) : n;
    n = n > total ? total : n;
    uint32_t *index = feed_choose(0, SPLIT_VALID, total, n);
    arena *a = arena_new("validation");
    struct sequence *s = ARENA_ARRAY(a, struct sequence, n * texts);
    status e = feed_examples(t->task, t->data, SPLIT_VALID, index, 0, n, a, s);
    *out = (struct tally){0};
    if (e == OK) {
        struct scores sc = {.of = ARENA_ZEROS(a, struct tally, n)};
        workers_evaluate(t->workers, t->model, s, n * texts, (size_t)o->pack_rows, t->model->spec.train_length, t->seed, &sc);
        for (size_t i = 0; i < n; i++) {
            out->loss += sc.of[i].loss;
            out->right += sc.of[i].right;
            out->n += sc.of[i].n;
        }
    }
    arena_free(a);
    free(index);
    return e;
}

static void log_row(struct trainer *t, struct progress_of_training *g, double norm)
{
    const struct train_row row = {.step = g->step, .seconds = g->seconds, .tokens = g->tokens, .loss = g->loss_sum / g->count_sum,
                                  .accuracy = g->right_sum / g->count_sum,
                                  .learning_rate = schedule_rate(t->options, g->step, g->steps), .gradient_norm = norm};
    results_add_train(t->results, &row);
    g->loss_sum = g->right_sum = g->count_sum = 0;
}

static void show(struct trainer *t, const struct progress_of_training *g, double started, int64_t started_step, double loss)
{
    const double spent = clock_seconds() - started, done = (double)(g->step - started_step);
    char what[96];
    snprintf(what, sizeof what, "loss %.3f  %.1fk tokens/s", loss, g->seconds > 0 ? g->tokens / g->seconds / 1000 : 0);
    progress_update(t->progress, (double)g->step / (double)g->steps, what, spent / done * (double)(g->steps - g->step));
}

static status diverged(struct trainer *t, struct progress_of_training *g, const char *what, double value, double norm)
{
    struct results *r = t->results;
    if (g->count_sum > 0) log_row(t, g, norm); /* the steps since the last row */
    r->status = RUN_DIVERGED;
    snprintf(r->reason, sizeof r->reason, "diverged at step %lld: %s is %g; try a smaller train.rate or a longer train.warmup",
             (long long)g->step, what, value);
    if (t->path) TRY(results_write(r, t->path)); /* with the last good checkpoint, if there is one */
    FAIL(ERR_DIVERGED, "%s", r->reason);
}

static status evaluate(struct trainer *t, struct progress_of_training *g)
{
    struct tally v;
    TRY(validate(t, &v));
    if (v.n == 0) return OK;
    const struct eval_row row = {.step = g->step, .seconds = g->seconds, .loss = v.loss / v.n, .accuracy = v.right / v.n, .n = (int64_t)v.n};
    results_add_eval(t->results, &row);
    if (t->options->keep == KEEP_BEST && (g->best_step == 0 || row.loss < g->best_loss)) {
        g->best_loss = row.loss;
        g->best_step = g->step;
        if (!g->best) g->best = room_for(all_values(t->model), sizeof(real));
        collect(t->model, g->best);
    }
    return OK;
}

static bool due(int64_t step, int64_t every, int64_t last)
{
    return step == last || (every > 0 && step % every == 0);
}

/* One step: batch, gradients, update. */
static status step(struct trainer *t, struct feed *f, struct optimizer *z, arena *a, struct progress_of_training *g,
                   struct tally *out, double *norm)
{
    const size_t mark = arena_mark(a);
    struct sequence *s;
    size_t n, n_packs, *first_of;
    TRY(feed_step(f, a, (uint64_t)g->step, &s, &n));
    streams_bind(&g->streams, s, n);
    struct pack *pack = batch_packs(a, padded(a, &t->model->options, s, n), n, (size_t)t->options->pack_rows, &n_packs, &first_of);
    double targets = 0, rows = 0;
    for (size_t i = 0; i < n; i++) {
        targets += (double)sequence_targets(&s[i]);
        rows += (double)s[i].n;
    }
    *out = workers_train(t->workers, t->model, pack, n_packs, targets, t->seed, (uint64_t)g->step);
    streams_turn(&g->streams);
    g->step++;
    *norm = optimizer_step(z, t->workers->gradient, t->workers->shards, g->step, g->steps, t->workers->threads);
    model_after_step(t->model, (uint64_t)g->step);
    g->tokens += rows;
    arena_rewind(a, mark);
    return OK;
}

static status loop(struct trainer *t, struct feed *f, struct optimizer *z, arena *a, struct progress_of_training *g)
{
    const struct train_options *o = t->options;
    const double started = clock_seconds();
    const int64_t started_step = g->step;
    const struct model_spec *spec = &t->model->spec;
    const double most = DIVERGED_FACTOR * log((double)(spec->classes ? spec->classes : spec->vocabulary));
    const int64_t save_every = o->checkpoint_every ? o->checkpoint_every : o->eval_every;
    while (g->step < g->steps) {
        if (stop_wanted()) {
            TRY(save(t, z, g));
            FAIL(ERR_STOPPED, "stopped at step %lld of %lld; the same command goes on from there", (long long)g->step, (long long)g->steps);
        }
        const double before = clock_seconds();
        struct tally now;
        double norm;
        TRY(step(t, f, z, a, g, &now, &norm));
        g->seconds += clock_seconds() - before;
        const double loss = now.loss / now.n;
        if (!isfinite(loss)) return diverged(t, g, "the training loss", loss, norm);
        if (!isfinite(norm)) return diverged(t, g, "the gradient's norm", norm, norm);
        g->loss_sum += now.loss;
        g->right_sum += now.right;
        g->count_sum += now.n;
        if (due(g->step, o->log_every, g->steps)) log_row(t, g, norm);
        const struct train_row *last = t->results->n_train ? &t->results->train[t->results->n_train - 1] : NULL;
        if (last && last->step == g->step && last->loss > most) return diverged(t, g, "the training loss", last->loss, norm);
        if (due(g->step, o->eval_every, g->steps)) TRY(evaluate(t, g));
        if (due(g->step, save_every, g->steps)) TRY(save(t, z, g));
        show(t, g, started, started_step, loss);
    }
    return OK;
}

status train_run(struct trainer *t)
{
    struct progress_of_training g = {.steps = train_steps(t->options, t->task, t->data)};
    struct optimizer z;
    struct feed f;
    optimizer_init(&z, t->options, t->model, t->workers->kernel);
    arena *a = arena_new("batch");
    streams_init(&g.streams, t->model, t->task->kind == TASK_TEXT ? (size_t)t->options->batch : 0);
    status e = feed_init(&f, t->task, t->data, t->options, t->seed);
    if (e == OK) e = resume(t, &z, &g);
    if (e == OK) e = loop(t, &f, &z, a, &g);
    if (e == OK && g.best) e = train_load(t->model, t->results->checkpoint, true);
    feed_done(&f);
    arena_free(a);
    optimizer_done(&z);
    streams_done(&g.streams);
    free(g.best);
    return e;
}
