/* bench.c -- steps on random tokens, timed one by one. */
#include "measure/bench.h"

#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/random.h"
#include "base/status.h"
#include "train/optimizer.h"
#include "train/workers.h"
#include "variants/variant.h"

#define MOST_STEPS 10000

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A batch of random sequences: text-like for a language model, labelled for a classifier. */
static struct sequence *random_batch(const struct bench_request *rq, arena *a)
{
    random_stream s = random_stream_of(1, RANDOM_TEST, 0, 0);
    struct sequence *q = ARENA_ARRAY(a, struct sequence, rq->batch);
    for (size_t b = 0; b < rq->batch; b++) {
        int32_t *token = ARENA_ARRAY(a, int32_t, rq->length), *target = ARENA_ARRAY(a, int32_t, rq->length);
        for (size_t i = 0; i < rq->length; i++) {
            token[i] = (int32_t)random_below(&s, (uint32_t)rq->vocabulary);
            target[i] = (int32_t)random_below(&s, (uint32_t)rq->vocabulary);
        }
        q[b] = (struct sequence){.id = b, .n = rq->length, .token = token, .target = rq->classes ? NULL : target,
                                 .label = rq->classes ? (int32_t)(b % rq->classes) : 0};
    }
    return q;
}

struct bench {
    const struct bench_request *rq;
    struct model    *m;
    struct workers   w;
    struct optimizer z;
    struct sequence *batch;
    struct scores    scores;
    struct train_options options;
    arena *memory;
};

static void one_step(struct bench *b, int64_t t)
{
    const struct bench_request *rq = b->rq;
    const size_t mark = arena_mark(b->memory);
    if (rq->forward_only) {
        workers_evaluate(&b->w, b->m, b->batch, rq->batch, rq->pack_rows, rq->length, 1, &b->scores);
    } else {
        size_t n_packs, *first_of;
        const struct pack *pack = batch_packs(b->memory, b->batch, rq->batch, rq->pack_rows, &n_packs, &first_of);
        const double targets = (double)(rq->classes ? rq->batch : rq->batch * rq->length);
        (void)workers_train(&b->w, b->m, pack, n_packs, targets, 1, (uint64_t)t);
        (void)optimizer_step(&b->z, b->w.gradient, b->w.shards, t, MOST_STEPS, rq->threads);
    }
    arena_rewind(b->memory, mark);
}

static void measure(struct bench *b, struct bench_result *out)
{
    double *took = malloc(MOST_STEPS * sizeof *took);
    if (!took) status_no_memory("timings", MOST_STEPS * sizeof *took);
    one_step(b, 1);
    const double start = clock_seconds();
    const size_t least = b->rq->least_steps ? b->rq->least_steps : 3;
    size_t n = 0;
    while (n < least || (n < MOST_STEPS && clock_seconds() - start < b->rq->seconds)) {
        const double before = clock_seconds();
        one_step(b, (int64_t)n + 2);
        took[n++] = clock_seconds() - before;
    }
    qsort(took, n, sizeof *took, by_value);
    out->step_seconds = n % 2 ? took[n / 2] : (took[n / 2 - 1] + took[n / 2]) / 2;
    out->steps = n;
    free(took);
}

static status check_part(const char *name, unsigned can, bool causal)
{
    if (causal && !(can & CAN_CAUSAL)) FAIL(ERR_CONFIG, "%s has no causal form", name);
    if (!causal && !(can & CAN_BIDIRECTIONAL)) FAIL(ERR_CONFIG, "%s has only a causal form", name);
    return OK;
}

/* What building a model takes for granted. */
static status check_request(const struct bench_request *rq)
{
    const struct attention *a = rq->attention;
    const struct position *s = rq->position;
    const struct model_options *m = &rq->model;
    const bool causal = rq->classes == 0 || m->causal;
    const char *why = NULL;
    if (!m->head_width && m->width % m->heads != 0)
        FAIL(ERR_CONFIG, "width %lld is not divisible by heads %lld", (long long)m->width, (long long)m->heads);
    if (a->check) TRY(a->check(rq->attention_options, m, causal)); /* knows more to say than the flags */
    TRY(check_part(a->name, a->can, causal));
    TRY(check_part(s->name, s->can, causal));
    if (a->can & CAN_OWN_POSITIONS && (s->add || s->rotate || s->term)) FAIL(ERR_CONFIG, "%s has its own positions and takes no %s", a->name, s->name);
    if (s->rotate && !(a->can & CAN_ROTATE)) FAIL(ERR_CONFIG, "%s takes no positions that rotate, and %s does", a->name, s->name);
    if (s->term && !(a->can & CAN_TERM)) FAIL(ERR_CONFIG, "%s takes no positions that add to scores, and %s does", a->name, s->name);
    if (a->refuses_length) why = a->refuses_length(rq->attention_options, rq->length, rq->length);
    if (!why && s->refuses_length) why = s->refuses_length(rq->position_options, rq->length, rq->length);
    if (why) FAIL(ERR_CONFIG, "length %zu: %s", rq->length, why);
    return OK;
}

status bench_run(const struct bench_request *rq, struct bench_result *out)
{
    struct bench b = {.rq = rq};
    TRY(check_request(rq));
    const struct model_spec spec = {.options = &rq->model, .attention = rq->attention, .attention_options = rq->attention_options,
                                    .position = rq->position, .position_options = rq->position_options, .vocabulary = rq->vocabulary,
                                    .classes = rq->classes, .train_length = rq->length, .seed = 1};
    TRY(model_new(&spec, &b.m));
    option_defaults(train_option_table, &b.options, sizeof b.options);
    b.options.warmup = 10;
    b.memory = arena_new("bench");
    workers_init(&b.w, rq->threads, rq->forward_only ? 0 : rq->shards, b.m->n_values, rq->kernel);
    optimizer_init(&b.z, &b.options, b.m, rq->kernel);
    b.batch = random_batch(rq, b.memory);
    b.scores.of = ARENA_ZEROS(b.memory, struct tally, rq->batch);
    *out = (struct bench_result){0};
    measure(&b, out);
    out->flops = (rq->forward_only ? 1 : 3) * (double)rq->batch * model_flops(b.m, rq->length);
    out->activation_bytes = b.w.peak_bytes;
    out->activation_rows = b.w.peak_rows;
    optimizer_done(&b.z);
    workers_done(&b.w);
    arena_free(b.memory);
    model_free(b.m);
    return OK;
}

bool bench_workload(const char *name, struct bench_request *rq)
{
    static const struct workload {
        const char *name;
        int64_t width, layers, heads, feed_forward;
        size_t  length, batch, classes, shards, pack_rows;
        double  dropout;
    } known[] = {
        {"W1", 64, 2, 2, 128, 1024, 32, 10, 4, 1024, 0},
        {"W2", 64, 2, 2, 128, 4096, 4, 10, 4, 1024, 0},
        {"W3", 256, 4, 4, 1024, 256, 8, 0, 2, 1024, 0},
        {"W1d", 64, 2, 2, 128, 1024, 32, 10, 4, 1024, 0.1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct workload *k = &known[i];
        if (strcmp(k->name, name) != 0) continue;
        struct model_options *m = &rq->model;
        m->width = k->width;
        m->layers = k->layers;
        m->heads = k->heads;
        m->feed_forward = k->feed_forward;
        m->dropout = m->attention_dropout = k->dropout;
        rq->length = k->length;
        rq->batch = k->batch;
        rq->classes = k->classes;
        rq->vocabulary = 256;
        rq->shards = k->shards;
        rq->pack_rows = k->pack_rows;
        return true;
    }
    return false;
}
