/* feed.c -- streams of a text, epochs of examples. */
#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define MOST_SHUFFLED ((size_t)1 << 26) /* more examples than this are made when asked for, each independent of the others */

static uint32_t *numbers(size_t n)
{
    uint32_t *at = malloc((n ? n : 1) * sizeof *at);
    if (!at) status_no_memory("order of examples", n * sizeof *at);
    for (size_t i = 0; i < n; i++) at[i] = (uint32_t)i;
    return at;
}

static int by_value(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t *feed_choose(uint64_t seed, enum split split, size_t total, size_t n)
{
    if (total > MOST_SHUFFLED) return numbers(n);
    uint32_t *at = numbers(total);
    random_stream s = random_stream_of(seed, RANDOM_SUBSET, split, 0);
    random_shuffle(&s, at, total);
    qsort(at, n < total ? n : total, sizeof *at, by_value);
    return at;
}

/* The first `n` bytes of a text: its documents up to there, the last one perhaps cut. */
static struct text beginning(const struct text *x, size_t n, size_t *start)
{
    struct text y = {.byte = x->byte, .n = n, .start = start};
    while (y.n_documents < x->n_documents && x->start[y.n_documents] < n) {
        start[y.n_documents] = x->start[y.n_documents];
        y.n_documents++;
    }
    start[y.n_documents] = n;
    return y;
}

status feed_init(struct feed *f, const struct task *task, const void *data, const struct train_options *o, uint64_t seed)
{
    *f = (struct feed){.task = task, .data = data, .options = o, .seed = seed, .epoch = UINT64_MAX};
    if (task->kind == TASK_TEXT) {
        f->text = task->text(data, SPLIT_TRAIN);
        if (f->text.n < (size_t)o->length + 1)
            FAIL(ERR_DATA, "%s: the training text has %zu bytes, too few for windows of %lld", task->name, f->text.n, (long long)o->length);
        const size_t wanted = (size_t)(o->examples * o->length);
        if (wanted && wanted < f->text.n) {
            f->start = malloc((f->text.n_documents + 1) * sizeof *f->start);
            if (!f->start) status_no_memory("documents", f->text.n_documents * sizeof *f->start);
            f->text = beginning(&f->text, wanted, f->start);
        }
        return OK;
    }
    const size_t total = task->count(data, SPLIT_TRAIN);
    if (total == 0) FAIL(ERR_DATA, "%s: there are no training examples", task->name);
    f->examples = o->examples && (size_t)o->examples < total ? (size_t)o->examples : total;
    if (f->examples < total) f->subset = feed_choose(0, SPLIT_TRAIN, total, f->examples); /* one subset for all seeds */
    if (f->examples <= MOST_SHUFFLED) f->order = numbers(f->examples);
    return OK;
}

void feed_done(struct feed *f)
{
    free(f->subset);
    free(f->order);
    free(f->start);
}

/* The document that holds byte `at`. */
static size_t document_of(const struct text *x, size_t at)
{
    size_t low = 0, high = x->n_documents;
    while (high - low > 1) {
        const size_t mid = (low + high) / 2;
        if (x->start[mid] <= at) low = mid;
        else high = mid;
    }
    return low;
}

/* Cut [at, at + length) of the text, which starts again at its end, into sequences that stay in one document. */
static size_t cut(const struct text *x, size_t at, size_t length, uint64_t id, struct sequence *s)
{
    size_t n = 0;
    while (length > 0) {
        at %= x->n;
        const size_t end = x->start[document_of(x, at) + 1], take = end - at < length ? end - at : length;
        s[n] = (struct sequence){.id = id + n, .n = take, .byte = x->byte + at, .ends = at + take == end};
        n++;
        at += take;
        length -= take;
    }
    return n;
}

static void stream_step(const struct feed *f, arena *a, uint64_t t, struct sequence **out, size_t *n)
{
    const struct text *x = &f->text;
    const size_t T = (size_t)f->options->length, B = (size_t)f->options->batch;
    const size_t part = x->n / B, rounds = part / T ? part / T : 1; /* steps that a stream's part lasts */
    const uint64_t round = t / rounds, within = t % rounds;
    random_stream shift = random_stream_of(f->seed, RANDOM_ORDER, round, 0);
    const size_t start = random_below(&shift, (uint32_t)(x->n > UINT32_MAX ? UINT32_MAX : x->n));
    *out = ARENA_ARRAY(a, struct sequence, B * (x->n_documents < T ? x->n_documents + 2 : T + 1));
    *n = 0;
    for (size_t b = 0; b < B; b++) {
        struct sequence *s = *out + *n;
        const size_t at = (start + b * part + (size_t)within * T) % x->n, pieces = cut(x, at, T, (uint64_t)b << 12, s);
        s[0].continues = within > 0 && x->start[document_of(x, at)] != at;
        s[pieces - 1].goes_on = within + 1 < rounds && !s[pieces - 1].ends;
        for (size_t i = 0; i < pieces; i++) s[i].stream = b;
        *n += pieces;
    }
}

static void shuffle_epoch(struct feed *f, uint64_t epoch)
{
    if (f->epoch == epoch) return;
    for (size_t i = 0; i < f->examples; i++) f->order[i] = (uint32_t)i;
    random_stream s = random_stream_of(f->seed, RANDOM_ORDER, epoch, 1);
    random_shuffle(&s, f->order, f->examples);
    f->epoch = epoch;
}

status feed_examples(const struct task *task, const void *data, enum split split, const uint32_t *index, size_t from, size_t n,
                     arena *a, struct sequence *s)
{
    const size_t texts = task_texts(task), longest = texts * task->longest(data);
    int32_t *token = ARENA_ARRAY(a, int32_t, longest), *target = ARENA_ARRAY(a, int32_t, longest);
    for (size_t i = 0; i < n; i++) {
        const size_t at = index ? index[from + i] : from + i;
        struct example e = {.token = token, .target = target};
        TRY(task->example(data, split, at, &e));
        int32_t *own = ARENA_ARRAY(a, int32_t, e.n);
        memcpy(own, e.token, e.n * sizeof *own);
        if (task->pairs) {
            s[2 * i] = (struct sequence){.id = 2 * at, .n = e.n_first, .token = own, .label = e.label, .first_of_two = true};
            s[2 * i + 1] = (struct sequence){.id = 2 * at + 1, .n = e.n - e.n_first, .token = own + e.n_first, .label = e.label};
            continue;
        }
        s[i] = (struct sequence){.id = at, .n = e.n, .token = own, .label = e.label};
        if (task->kind == TASK_SEQUENCE) {
            int32_t *own_target = ARENA_ARRAY(a, int32_t, e.n);
            memcpy(own_target, e.target, e.n * sizeof *own_target);
            s[i].target = own_target;
        }
    }
    return OK;
}

status feed_step(struct feed *f, arena *a, uint64_t t, struct sequence **s, size_t *n)
{
    if (f->task->kind == TASK_TEXT) {
        stream_step(f, a, t, s, n);
        return OK;
    }
    const size_t B = (size_t)f->options->batch;
    uint32_t *index = ARENA_ARRAY(a, uint32_t, B);
    *n = B * task_texts(f->task);
    *s = ARENA_ARRAY(a, struct sequence, *n);
    random_stream fresh = random_stream_of(f->seed, RANDOM_ORDER, t, 2);
    for (size_t b = 0; b < B; b++) {
        if (!f->order) {
            index[b] = random_below(&fresh, (uint32_t)f->examples);
            continue;
        }
        const uint64_t at = t * B + b;
        shuffle_epoch(f, at / f->examples);
        const uint32_t place = f->order[at % f->examples];
        index[b] = f->subset ? f->subset[place] : place;
    }
    return feed_examples(f->task, f->data, SPLIT_TRAIN, index, 0, B, a, *s);
}
