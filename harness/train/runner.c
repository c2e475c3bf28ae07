/* runner.c -- what `reach run` does with one run. */
#include "train/runner.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "store/results.h"
#include "train/opened.h"
#include "train/length_test.h"
#include "train/recall_test.h"
#include "train/train.h"
#include "variants/variant.h"

void runner_path(const struct runner *q, const struct config *c, const struct run *r, char *out, size_t size)
{
    snprintf(out, size, "%s/%s/%s.h5", q->results, c->name, r->stem);
}

/* What a program of this machine can write (the King James Bible) need not be asked for. */
static bool made(const struct runner *q, const struct run *r)
{
    char line[512];
    if (!r->task->make || r->task->make(r->task_options, q->data) != OK) return false;
    if (!r->task->present(r->task_options, q->data, line, sizeof line)) return false;
    progress_note(q->progress, "made: %s", line);
    return true;
}

status runner_check_data(struct runner *q, const struct config *c)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        const struct run *r = &c->runs[i];
        char line[512];
        if (!r->task->present(r->task_options, q->data, line, sizeof line) && !made(q, r))
            FAIL(ERR_DATA, "task %s: %s%s", r->task->name, line,
                 strstr(line, "reach data") ? "" : "; reach data list shows what there is and how to get it");
    }
    return OK;
}

/* The names that a recall table looks for change nothing that is measured. */
static bool is_for_tables(const struct option *o)
{
    return o->offset == offsetof(struct test_options, reference) || o->offset == offsetof(struct test_options, control);
}

/* Options that are not hashed while they ask for nothing: evaluations from before they were known keep their id. */
static bool is_off(const struct option *o, const struct test_options *t)
{
    const bool context = o->offset == offsetof(struct test_options, context) || o->offset == offsetof(struct test_options, context_targets);
    return context && t->context.n == 0;
}

/* The evaluation id: what is tested and how, whatever the model. */
static void evaluation_id(const struct run *r, char out[24])
{
    char text[4096] = "";
    for (const struct option *o = test_option_table; o->name; o++) {
        char value[512];
        if (is_for_tables(o) || is_off(o, &r->test)) continue;
        option_print(o, &r->test, value, sizeof value);
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s: %s\n", o->name, value);
    }
    if (r->test.windows_tokens) strcat(text, "windows: in stretches of the longest length\n"); /* once each length had its own */
    snprintf(out, 24, "test-%012llx", (unsigned long long)(XXH3_64bits(text, strlen(text)) & 0xffffffffffffULL));
}

static bool has_evaluation(const struct results *f, const char *id)
{
    for (size_t i = 0; i < f->n_test; i++)
        if (strcmp(f->test[i].evaluation, id) == 0) return true;
    return false;
}

static void add_options(struct results *f, const char *section, const struct option *table, const void *options)
{
    for (const struct option *o = table; o && o->name; o++) {
        char name[64], value[1024];
        snprintf(name, sizeof name, "%s.%s", section, o->name);
        option_print(o, options, value, sizeof value);
        results_add_option(f, name, value);
    }
}

/* The trials that its settings come from, as they are now; true if the file had others. */
static bool record_tuning(struct results *f, const struct run *r)
{
    bool same = f->n_tuning == r->n_tuned;
    for (size_t i = 0; same && i < r->n_tuned; i++) {
        struct tuning_row a = f->tuning[i], b = r->tuned[i];
        a.seconds = b.seconds = 0;
        if (isnan(a.loss) && isnan(b.loss)) a.loss = b.loss = 0;
        same = a.trial == b.trial && a.rung == b.rung && a.seed == b.seed && a.loss == b.loss && a.tokens == b.tokens && a.budget == b.budget
            && a.chosen == b.chosen && strcmp(a.settings, b.settings) == 0 && strcmp(a.outcome, b.outcome) == 0;
    }
    if (same || r->n_tuned == 0) return false;
    f->n_tuning = 0;
    for (size_t i = 0; i < r->n_tuned; i++) results_add_tuning(f, &r->tuned[i]);
    return true;
}

/* A new file's head: who, what, where. */
static void describe(const struct runner *q, const struct config *c, const struct run *r, const char *id, struct results *f)
{
    snprintf(f->title, sizeof f->title, "%s", c->title);
    snprintf(f->label, sizeof f->label, "%s", r->label);
    snprintf(f->variant, sizeof f->variant, "%s + %s", r->attention->name, r->position->name);
    snprintf(f->task, sizeof f->task, "%s", r->task->name);
    snprintf(f->train_id, sizeof f->train_id, "%s", id);
    f->seed = r->seed;
    f->status = RUN_RUNNING;
    free(f->config);
    f->config = config_print(r);
    if (r->protocol[0]) results_add_option(f, "protocol", r->protocol);
    add_options(f, "model", model_option_table, &r->model);
    add_options(f, "train", train_option_table, &r->train);
    add_options(f, "test", test_option_table, &r->test);
    add_options(f, "attention", r->attention->options, r->attention_options);
    add_options(f, "position", r->position->options, r->position_options);
    add_options(f, "task", r->task->options, r->task_options);
    record_tuning(f, r);
    runner_environment(q, f);
    results_add_environment(f, "data", q->opened->checksum);
    if (r->task->text_name) results_add_environment(f, "text", r->task->text_name(q->opened->data));
}

/* The promise of same bits holds for one kernel, one BLAS core and one precision. */
static status same_machine(const struct results *f, const struct runner *q)
{
    static const char *const promised[] = {"kernel", "blas", "real", NULL};
    struct results now;
    results_init(&now);
    runner_environment(q, &now);
    status e = OK;
    for (const char *const *name = promised; *name && e == OK; name++) {
        const char *then = results_environment(f, *name), *here = results_environment(&now, *name);
        if (strcmp(then, here) != 0)
            e = status_fail(ERR_CONFIG, "it was begun with %s \"%s\" and would go on with \"%s\", which gives other bits; --redo begins again",
                            *name, then, here);
    }
    results_done(&now);
    return e;
}

struct work {
    struct runner       *q;
    const struct config *c;
    const struct run    *r;
    struct results       f;
    struct model        *m;
    struct workers       w;
    char                 path[1024], train_id[33], evaluation[24];
};

static void test_progress(void *self, double share)
{
    struct work *k = self;
    progress_update(k->q->progress, share, "testing", -1);
}

/* Score a classification split: all examples, or the first `limit` of a seeded order. */
static status test_examples(struct work *k, enum split split, size_t limit)
{
    const struct task *task = k->r->task;
    const void *data = k->q->opened->data;
    const size_t total = task->count(data, split), n = limit && limit < total ? limit : total, texts = task_texts(task);
    uint32_t *index = feed_choose(0, split, total, n);
    struct test_row row = {.loss = NAN, .loss_error = NAN, .accuracy = NAN};
    double loss = 0, squares = 0, right = 0;
    status e = OK;
    for (size_t at = 0; at < n && e == OK; at += 1024) {
        const size_t count = n - at < 1024 ? n - at : 1024;
        arena *a = arena_new("test examples");
        struct sequence *s = ARENA_ARRAY(a, struct sequence, count * texts);
        struct scores sc = {.of = ARENA_ZEROS(a, struct tally, count)};
        e = feed_examples(task, data, split, index, at, count, a, s);
        if (e == OK)
            workers_evaluate(&k->w, k->m, s, count * texts, (size_t)k->r->train.pack_rows, runner_train_length(k->r, data), k->r->seed, &sc);
        for (size_t i = 0; i < count && e == OK; i++) {
            const double mean = sc.of[i].loss / sc.of[i].n;
            loss += mean;
            squares += mean * mean;
            right += sc.of[i].right;
        }
        arena_free(a);
        test_progress(k, (double)(at + count) / (double)n);
    }
    free(index);
    if (e != OK || n == 0) return e;
    snprintf(row.evaluation, sizeof row.evaluation, "%s", k->evaluation);
    snprintf(row.split, sizeof row.split, "%s", split_names[split]);
    snprintf(row.mode, sizeof row.mode, "all");
    row.n = (int64_t)n;
    row.loss = loss / (double)n;
    row.accuracy = right / (double)n;
    if (n > 1) row.loss_error = sqrt((squares / (double)n - row.loss * row.loss) / (double)(n - 1));
    results_add_test(&k->f, &row);
    return OK;
}

static status test(struct work *k)
{
    const struct task *task = k->r->task;
    if (task->kind == TASK_TEXT) {
        struct length_test t = {.options = &k->r->test, .model = k->m, .workers = &k->w, .text = task->text(k->q->opened->data, SPLIT_TEST),
                                .split = split_names[SPLIT_TEST], .train_length = (size_t)k->r->train.length,
                                .pack_rows = (size_t)k->r->train.pack_rows, .seed = k->r->seed, .progress = test_progress, .progress_self = k};
        snprintf(t.evaluation, sizeof t.evaluation, "%s", k->evaluation);
        length_test_run(&t, &k->f);
        return OK;
    }
    if (task->kind == TASK_SEQUENCE) {
        struct recall_test t = {.task = task, .data = k->q->opened->data, .options = k->r->task_options, .examples = (size_t)k->r->test.examples,
                                .model = k->m, .workers = &k->w, .pack_rows = (size_t)k->r->train.pack_rows, .seed = k->r->seed,
                                .progress = test_progress, .progress_self = k};
        snprintf(t.evaluation, sizeof t.evaluation, "%s", k->evaluation);
        return recall_test_run(&t, &k->f);
    }
    TRY(test_examples(k, SPLIT_TEST, (size_t)k->r->test.examples));
    if (k->r->test.train_accuracy) TRY(test_examples(k, SPLIT_TRAIN, (size_t)k->r->train.examples));
    return OK;
}

static status add_predictors(struct work *k)
{
    struct opened *o = k->q->opened;
    if (!o->predicted) {
        progress_update(k->q->progress, 1, "trivial predictors", -1);
        TRY(o->task->predictors(o->data, SPLIT_TEST, o->predictor, &o->n_predictors));
        o->predicted = true;
    }
    k->f.n_predictor = 0;
    for (size_t i = 0; i < o->n_predictors; i++) {
        struct predictor_row row = {.loss = o->predictor[i].loss, .accuracy = o->predictor[i].accuracy};
        snprintf(row.name, sizeof row.name, "%s", o->predictor[i].name);
        results_add_predictor(&k->f, &row);
    }
    return OK;
}

static void add_cost(struct work *k)
{
    struct cost *c = &k->f.cost;
    const struct checkpoint *z = k->f.checkpoint;
    const size_t T = runner_train_length(k->r, k->q->opened->data);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    c->parameters = (double)model_size(k->m);
    c->flops_per_token = 3 * model_flops(k->m, T) / (double)(T * task_texts(k->r->task)); /* backward costs two forwards */
    c->peak_rss_bytes = (double)u.ru_maxrss * 1024;
    if (z) {
        c->seconds = z->seconds;
        c->tokens_per_second = z->seconds > 0 ? z->tokens / z->seconds : 0;
    }
    if (k->w.peak_rows) {
        c->activation_bytes = (double)k->w.peak_bytes;
        c->activation_bytes_per_token = (double)k->w.peak_bytes / (double)k->w.peak_rows;
    }
}

static status train(struct work *k)
{
    struct trainer t = {.options = &k->r->train, .task = k->r->task, .data = k->q->opened->data, .model = k->m, .workers = &k->w,
                        .results = &k->f, .path = k->path, .progress = k->q->progress, .seed = k->r->seed};
    return train_run(&t);
}

/* The last points of the curves, as the closing line of a run. */
static void say_done(struct work *k)
{
    char took[32];
    clock_print(k->f.cost.seconds, took, sizeof took);
    const struct results *f = &k->f;
    if (k->r->trial[0] && f->n_eval) {
        progress_end(k->q->progress, "validation loss %.3f  (%s)", f->eval[f->n_eval - 1].loss, took);
        return;
    }
    double first = NAN, last = NAN;
    int64_t at = 0;
    const bool recall = k->r->task->kind == TASK_SEQUENCE;
    for (size_t i = 0; i < f->n_test; i++) {
        const struct test_row *row = &f->test[i];
        if (strcmp(row->evaluation, k->evaluation) != 0 || row->reason[0]) continue;
        if (strcmp(row->mode, "all") == 0 && strcmp(row->split, "test") == 0) {
            progress_end(k->q->progress, "accuracy %.1f %%  (%s, %.1fk tokens/s)", 100 * row->accuracy, took, f->cost.tokens_per_second / 1000);
            return;
        }
        if (strcmp(row->mode, recall ? "recall" : "windows") != 0) continue;
        const double score = recall ? 100 * row->accuracy : row->loss;
        if (isnan(first)) first = score;
        last = score;
        at = row->length;
    }
    if (isnan(first)) progress_end(k->q->progress, "done  (%s)", took);
    else if (recall) progress_end(k->q->progress, "accuracy %.1f %%, at length %lld %.1f %%  (trained %s, %.1fk tokens/s)", first,
                                  (long long)at, last, took, f->cost.tokens_per_second / 1000);
    else progress_end(k->q->progress, "loss %.3f, at length %lld %.3f  (trained %s, %.1fk tokens/s)", first, (long long)at, last, took,
                      f->cost.tokens_per_second / 1000);
}

/* From an open file (perhaps empty) to a finished one. */
static status work(struct work *k, bool trained)
{
    if (!trained) {
        const status e = train(k);
        if (e != OK) return e;
    } else {
        if (!k->f.checkpoint) FAIL(ERR_DATA, "%s has no parameters to evaluate (train.keep_checkpoint was false); --redo trains again", k->path);
        TRY(train_load(k->m, k->f.checkpoint, k->r->train.keep == KEEP_BEST));
    }
    const bool tested = !k->r->trial[0];
    if (tested && !has_evaluation(&k->f, k->evaluation)) TRY(test(k));
    if (tested && k->f.n_predictor == 0) TRY(add_predictors(k));
    assert(tested || (k->f.n_test == 0 && k->f.n_predictor == 0));
    if (!trained) add_cost(k);
    k->f.status = RUN_DONE;
    if (!k->r->train.keep_checkpoint) {
        checkpoint_free(k->f.checkpoint);
        k->f.checkpoint = NULL;
    }
    TRY(results_write(&k->f, k->path));
    say_done(k);
    return OK;
}

static status with_model(struct work *k, bool trained)
{
    TRY(runner_model(k->r, k->q->opened->data, &k->m));
    workers_init(&k->w, k->q->threads, trained ? 0 : (size_t)k->r->train.shards, k->m->n_values, k->q->kernel);
    const status e = work(k, trained);
    workers_done(&k->w);
    model_free(k->m);
    return e;
}

static bool exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

/* A published run of the same train id and evaluation becomes the result; what is wrong with it only means that it is not taken. */
static bool take_published(struct work *k)
{
    char path[4096];
    if (!k->q->published) return false;
    snprintf(path, sizeof path, "%s/%s/%s.h5", k->q->published, k->c->name, k->r->stem);
    if (!exists(path) || results_read(&k->f, path, false) != OK) return false;
    return k->f.status == RUN_DONE && !strcmp(k->f.train_id, k->train_id) && has_evaluation(&k->f, k->evaluation);
}

static status run_with_results(struct work *k, enum outcome *out)
{
    bool fresh = k->q->redo || !exists(k->path), trained = false;
    if (fresh && !k->q->redo && take_published(k)) {
        *out = OUTCOME_PUBLISHED;
        progress_end(k->q->progress, "taken from the published results");
        return results_write(&k->f, k->path);
    }
    if (!fresh) {
        const status read = results_read(&k->f, k->path, true);
        if (read == ERR_DATA) FAIL(ERR_DATA, "%s; --redo replaces it", status_message());
        TRY(read);
        if (strcmp(k->f.train_id, k->train_id) != 0) {
            *out = OUTCOME_STALE;
            progress_end(k->q->progress, "stale: made with other settings, data or code; --redo trains it again");
            return OK;
        }
        trained = k->f.status == RUN_DONE;
        if (k->f.status == RUN_DIVERGED) {
            *out = OUTCOME_DIVERGED;
            progress_end(k->q->progress, "%s (--redo tries again)", k->f.reason);
            return OK;
        }
        const bool other_trials = record_tuning(&k->f, k->r);
        if (trained && (k->r->trial[0] || has_evaluation(&k->f, k->evaluation))) {
            *out = OUTCOME_SKIPPED;
            return other_trials ? results_write(&k->f, k->path) : OK;
        }
        if (!trained && !k->f.checkpoint) fresh = true;
        else if (!trained) TRY(same_machine(&k->f, k->q));
    }
    if (fresh) {
        results_done(&k->f);
        results_init(&k->f);
        describe(k->q, k->c, k->r, k->train_id, &k->f);
    }
    *out = fresh ? OUTCOME_TRAINED : trained ? OUTCOME_EVALUATED : OUTCOME_RESUMED;
    const status e = with_model(k, trained);
    if (e == ERR_DIVERGED) {
        *out = OUTCOME_DIVERGED;
        progress_end(k->q->progress, "%s", status_message());
        return OK;
    }
    return e;
}

status runner_run(struct runner *q, const struct config *c, size_t number, enum outcome *out)
{
    const struct run *r = &c->runs[number];
    if (r->refused[0]) {
        *out = OUTCOME_REFUSED;
        progress_begin(q->progress, "%zu/%zu %s, %s, seed %llu", number + 1, c->n_runs, r->label, r->task->name, (unsigned long long)r->seed);
        progress_end(q->progress, "n/a: %s", r->refused);
        return OK;
    }
    if (r->untuned[0]) {
        *out = OUTCOME_DIVERGED;
        progress_begin(q->progress, "%zu/%zu %s, %s, seed %llu", number + 1, c->n_runs, r->label, r->task->name, (unsigned long long)r->seed);
        progress_end(q->progress, "%s", r->untuned);
        return OK;
    }
    TRY(runner_open(q, r));
    struct work k = {.q = q, .c = c, .r = r};
    results_init(&k.f);
    runner_path(q, c, r, k.path, sizeof k.path);
    config_train_id(r, q->opened->checksum, k.train_id);
    evaluation_id(r, k.evaluation);
    if (r->trial[0]) progress_begin(q->progress, "%s", r->trial);
    else progress_begin(q->progress, "%zu/%zu %s, %s, seed %llu", number + 1, c->n_runs, r->label, r->task->name, (unsigned long long)r->seed);
    const status e = run_with_results(&k, out);
    results_done(&k.f);
    return e;
}
