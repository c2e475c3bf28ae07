/* test_train.c -- schedules and the optimizer against closed forms; what is fed and how it is packed; divergence; and a model
 * that learns 200 random examples by heart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "folder.h"
#include "support.h"
#include "tensor/product.h"
#include "train/runner.h"
#include "train/schedule.h"
#include "train/train.h"

static void near(const char *what, double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want) + 1e-300)) fail_msg("%s: got %.15g, wanted %.15g", what, got, want);
}

static struct train_options defaults(void)
{
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    return o;
}

/* Schedules */

static void warmup_then_decay(void **state)
{
    (void)state;
    struct train_options o = defaults();
    o.rate = 3e-3;
    o.warmup = 40;
    o.final_rate = 0.1;
    static const int kinds[] = {SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE};
    for (size_t k = 0; k < 3; k++) {
        o.schedule = kinds[k];
        near("first", schedule_rate(&o, 1, 200), 3e-3 / 40, 1e-14);
        near("half up", schedule_rate(&o, 20, 200), 1.5e-3, 1e-14);
        near("peak", schedule_rate(&o, 40, 200), 3e-3, 1e-14);
        near("beta1", schedule_beta1(&o, 20, 200), 0.9, 0);
    }
    o.schedule = SCHEDULE_CONSTANT;
    near("constant", schedule_rate(&o, 199, 200), 3e-3, 1e-14);
    o.schedule = SCHEDULE_LINEAR;
    near("linear, half", schedule_rate(&o, 120, 200), 3e-3 * 0.55, 1e-14);
    near("linear, end", schedule_rate(&o, 200, 200), 3e-4, 1e-14);
    o.schedule = SCHEDULE_COSINE;
    near("cosine, quarter", schedule_rate(&o, 80, 200), 3e-4 + 2.7e-3 * (1 + sqrt(0.5)) / 2, 1e-13);
    near("cosine, half", schedule_rate(&o, 120, 200), 3e-4 + 2.7e-3 / 2, 1e-13);
    near("cosine, end", schedule_rate(&o, 200, 200), 3e-4, 1e-13);
    o.warmup = 0; /* no warm-up: the peak at once */
    near("no warm-up", schedule_rate(&o, 0, 200), 3e-3, 1e-14);
    o.warmup = 300; /* longer than the run: still rising at its end */
    for (size_t k = 0; k < 3; k++) {
        o.schedule = kinds[k];
        near("all warm-up", schedule_rate(&o, 200, 200), 2e-3, 1e-14);
    }
}

/* Long Range Arena: rate 0.05 min(1, t / W) / sqrt(max(t, W)). */
static void rsqrt(void **state)
{
    (void)state;
    struct train_options o = defaults();
    o.schedule = SCHEDULE_RSQRT;
    o.rate = 0.05;
    o.warmup = 8000;
    near("Text, step 1", schedule_rate(&o, 1, 20000), 0.05 / 8000 / sqrt(8000), 1e-14);
    near("Text, peak", schedule_rate(&o, 8000, 20000), 0.05 / sqrt(8000), 1e-14);
    near("Text, end", schedule_rate(&o, 20000, 20000), 0.05 / sqrt(20000), 1e-14);
    o.warmup = 1000;
    near("ListOps, end", schedule_rate(&o, 5000, 5000), 0.05 / sqrt(5000), 1e-14);
    o.warmup = 8000; /* Retrieval: 5000 steps, warm-up 8000, so the peak never comes */
    near("Retrieval, end", schedule_rate(&o, 5000, 5000), 0.05 * 0.625 / sqrt(8000), 1e-14);
    o.warmup = 0;
    near("no warm-up", schedule_rate(&o, 4, 10), 0.025, 1e-14);
    near("no warm-up, first", schedule_rate(&o, 1, 10), 0.05, 1e-14);
}

static void one_cycle(void **state)
{
    (void)state;
    struct train_options o = defaults();
    o.schedule = SCHEDULE_ONE_CYCLE;
    o.rate = 1e-2;
    o.warmup = 30;
    near("start", schedule_rate(&o, 0, 100), 1e-2 / 25, 1e-14);
    near("rising", schedule_rate(&o, 15, 100), (1e-2 / 25 + 1e-2) / 2, 1e-14);
    near("peak", schedule_rate(&o, 30, 100), 1e-2, 1e-14);
    near("falling", schedule_rate(&o, 65, 100), (1e-2 + 4e-8) / 2, 1e-14);
    near("end", schedule_rate(&o, 100, 100), 4e-8, 1e-9);
    near("beta1 at the start", schedule_beta1(&o, 0, 100), 0.95, 1e-14);
    near("beta1 rising", schedule_beta1(&o, 15, 100), 0.9, 1e-14);
    near("beta1 at the peak", schedule_beta1(&o, 30, 100), 0.85, 1e-14);
    near("beta1 falling", schedule_beta1(&o, 65, 100), 0.9, 1e-14);
    near("beta1 at the end", schedule_beta1(&o, 100, 100), 0.95, 1e-14);
    o.beta_swing = false;
    o.beta1 = 0.7;
    near("no swing", schedule_beta1(&o, 30, 100), 0.7, 0);
    o.beta_swing = true;
    o.schedule = SCHEDULE_COSINE;
    near("no cycle", schedule_beta1(&o, 30, 100), 0.7, 0);
}

/* The optimizer */

struct adam_case {
    int    optimizer;
    double decay, clip_norm, clip_value;
    bool   one_cycle;
};

/* Three steps of every value by hand, for a model that has all there is: matrices with decay, gains and biases without, and
 * a parameter with a rate of its own. */
static void adam_by_hand(const struct adam_case *c)
{
    enum { SHARDS = 3, STEPS = 3 };
    static struct subject s;
    const char *const set[] = {"learned=true"};
    subject_of(&s, "keynorm", 1, set);
    struct model *m = check_model(&s.s, (struct shape){.causal = true, .train_length = 8, .layers = 1}, 0.5, 3);
    struct train_options o = defaults();
    o.optimizer = c->optimizer;
    o.decay = c->decay;
    o.clip_norm = c->clip_norm;
    o.clip_value = c->clip_value;
    o.rate = 0.02;
    o.warmup = 2;
    o.beta2 = 0.97;
    o.schedule = c->one_cycle ? SCHEDULE_ONE_CYCLE : SCHEDULE_CONSTANT;
    struct optimizer z;
    optimizer_init(&z, &o, m, kernel_choose(NULL));
    const size_t n = m->n_values;
    real *shard[SHARDS];
    double *w = calloc(n, sizeof *w), *first = calloc(n, sizeof *w), *second = calloc(n, sizeof *w), *g = calloc(n, sizeof *w);
    for (size_t i = 0; i < n; i++) w[i] = m->values[i];
    for (size_t k = 0; k < SHARDS; k++) shard[k] = calloc(n, sizeof(real));
    for (int64_t t = 1; t <= STEPS; t++) {
        double squares = 0;
        memset(g, 0, n * sizeof *g);
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct model_parameter *p = &m->parameter[i];
            for (size_t j = p->offset; j < p->offset + p->rows * p->cols; j++) {
                for (size_t k = 0; k < SHARDS; k++) g[j] += shard[k][j] = sin((double)(j * SHARDS + k) * (double)t);
                squares += g[j] * g[j];
            }
        }
        near("norm", optimizer_step(&z, shard, SHARDS, t, STEPS, 2), sqrt(squares), 1e-12);
        const double shrink = c->clip_norm > 0 && sqrt(squares) > c->clip_norm ? c->clip_norm / sqrt(squares) : 1;
        const double rate = schedule_rate(&o, t, STEPS), b1 = schedule_beta1(&o, t, STEPS);
        bool seen_decay = false, seen_none = false, seen_rate = false;
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct model_parameter *p = &m->parameter[i];
            const double decay = p->no_decay ? 0 : c->decay;
            seen_decay = seen_decay || !p->no_decay;
            seen_none = seen_none || p->no_decay;
            seen_rate = seen_rate || p->rate == 10;
            for (size_t j = p->offset; j < p->offset + p->rows * p->cols; j++) {
                double x = g[j] * shrink;
                if (c->clip_value > 0) x = fmax(-c->clip_value, fmin(c->clip_value, x));
                if (c->optimizer == OPTIMIZER_ADAM) x += decay * w[j];
                first[j] = b1 * first[j] + (1 - b1) * x;
                second[j] = 0.97 * second[j] + (1 - 0.97) * x * x;
                double step = first[j] / (1 - pow(b1, (double)t)) / (sqrt(second[j] / (1 - pow(0.97, (double)t))) + o.epsilon);
                if (c->optimizer == OPTIMIZER_ADAMW) step += decay * w[j];
                w[j] -= rate * p->rate * step;
                near(p->name, m->values[j], w[j], 1e-11);
            }
        }
        assert_true(seen_decay && seen_none && seen_rate);
    }
    for (size_t k = 0; k < SHARDS; k++) free(shard[k]);
    free(w), free(first), free(second), free(g);
    optimizer_done(&z);
    model_free(m);
}

static void adam(void **state)
{
    (void)state;
    static const struct adam_case cases[] = {
        {OPTIMIZER_ADAM, 0, 0, 0, false},     {OPTIMIZER_ADAM, 0.3, 0, 0, false},  {OPTIMIZER_ADAMW, 0.3, 0, 0, false},
        {OPTIMIZER_ADAMW, 0.3, 1, 0, false},  {OPTIMIZER_ADAMW, 0, 1e6, 0, false}, {OPTIMIZER_ADAMW, 0.3, 0, 0.4, false},
        {OPTIMIZER_ADAM, 0.3, 2, 0.05, false}, {OPTIMIZER_ADAM, 0.3, 1, 0, false}, {OPTIMIZER_ADAMW, 0.1, 1, 0, true},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) adam_by_hand(&cases[k]);
}

/* The first step of Adam is the rate, whatever the gradient's size. */
static void adam_first_step(void **state)
{
    (void)state;
    static struct subject s;
    subject_of(&s, "none", 0, NULL);
    struct model *m = check_model(&s.s, (struct shape){.causal = true, .train_length = 8, .layers = 1}, 0, 3);
    struct train_options o = defaults();
    o.rate = 0.01;
    o.warmup = 0;
    o.clip_norm = o.decay = 0;
    struct optimizer z;
    optimizer_init(&z, &o, m, kernel_choose(NULL));
    real *g = calloc(m->n_values, sizeof *g), before = m->values[2];
    g[2] = -1e3;
    (void)optimizer_step(&z, &g, 1, 1, 1, 1);
    near("step", m->values[2] - before, 0.1 * 0.01, 1e-9); /* cosine: the last step has a tenth of the rate */
    free(g);
    optimizer_done(&z);
    model_free(m);
}

/* Sums as ((0+1)+(2+3))+4, bit for bit, whatever the threads; a gradient that is not finite changes nothing. */
static void shards(void **state)
{
    (void)state;
    static struct subject s;
    subject_of(&s, "none", 0, NULL);
    struct model *m = check_model(&s.s, (struct shape){.causal = true, .train_length = 8, .layers = 2}, 0.5, 3);
    struct train_options o = defaults();
    o.clip_norm = 0;
    for (int threads = 1; threads <= 3; threads++) {
        struct optimizer z;
        optimizer_init(&z, &o, m, kernel_choose(NULL));
        real *shard[5], first[5];
        for (size_t k = 0; k < 5; k++) {
            shard[k] = calloc(m->n_values, sizeof(real));
            check_fill(shard[k], m->n_values, pow(10, (double)k), k);
            first[k] = shard[k][7];
        }
        (void)optimizer_step(&z, shard, 5, 1, 10, threads);
        assert_true(shard[0][7] == ((first[0] + first[1]) + (first[2] + first[3])) + first[4]);
        real *before = malloc(m->n_values * sizeof *before);
        memcpy(before, m->values, m->n_values * sizeof *before);
        shard[3][m->parameter[2].offset] = NAN;
        assert_true(isnan(optimizer_step(&z, shard, 5, 2, 10, threads)));
        assert_memory_equal(m->values, before, m->n_values * sizeof *before);
        free(before);
        for (size_t k = 0; k < 5; k++) free(shard[k]);
        optimizer_done(&z);
    }
    model_free(m);
}

/* The feed of a text: 3 documents, one of them shorter than a window. */

#define T 16
#define B 3
#define ROUND 5
static uint8_t bytes[B * T * ROUND];
static const size_t starts[] = {0, 101, 108, sizeof bytes};
static const struct text a_text = {bytes, sizeof bytes, starts, 3};

static struct train_options feed_options(void)
{
    struct train_options o = defaults();
    o.length = T;
    o.batch = B;
    return o;
}

static size_t document_at(size_t byte)
{
    size_t d = 0;
    while (starts[d + 1] <= byte) d++;
    return d;
}

static void streams(void **state)
{
    (void)state;
    const struct train_options o = feed_options();
    arena *a = arena_new("test");
    struct feed f;
    assert_int_equal(feed_init(&f, &text_task, &a_text, &o, 9), OK);
    int used[2][sizeof bytes] = {{0}};
    size_t next[B], first_start[2] = {0, 0};
    for (uint64_t t = 0; t < 2 * ROUND; t++) {
        struct sequence *s;
        size_t n, at[B], i = 0;
        assert_int_equal(feed_step(&f, a, t, &s, &n), OK);
        for (size_t b = 0; b < B; b++) { /* the sequences of stream b: T bytes in a row */
            at[b] = (size_t)(s[i].byte - bytes);
            if (b == 0 && t % ROUND == 0) first_start[t / ROUND] = at[b];
            if (t % ROUND) assert_int_equal(at[b], next[b]); /* goes on where it stopped */
            size_t byte = at[b];
            for (size_t rows = 0; rows < T; rows += s[i++].n) {
                assert_true(i < n && s[i].n > 0);
                assert_int_equal(s[i].first, 0);
                assert_int_equal(s[i].scored_from, 0);
                assert_int_equal(s[i].byte - bytes, byte);
                const size_t last = byte + s[i].n - 1;
                assert_int_equal(document_at(byte), document_at(last)); /* never across a border */
                assert_int_equal(s[i].ends, last + 1 == starts[document_at(last) + 1]);
                assert_int_equal(sequence_targets(&s[i]), s[i].n - s[i].ends);
                for (size_t k = byte; k <= last; k++) used[t / ROUND][k]++;
                byte = (last + 1) % sizeof bytes;
            }
            next[b] = byte;
        }
        assert_int_equal(i, n);
        for (size_t x = 0; x < n; x++)
            for (size_t y = 0; y < x; y++) assert_true(s[x].id != s[y].id); /* dropout tells them apart */
    }
    for (size_t round = 0; round < 2; round++)
        for (size_t k = 0; k < sizeof bytes; k++) assert_int_equal(used[round][k], 1);
    assert_true(first_start[0] != first_start[1]);
    feed_done(&f);
    arena_free(a);
}

static bool same_sequences(const struct sequence *a, size_t n, const struct sequence *b, size_t m)
{
    if (n != m) return false;
    for (size_t i = 0; i < n; i++)
        if (a[i].byte != b[i].byte || a[i].n != b[i].n || a[i].id != b[i].id || a[i].ends != b[i].ends) return false;
    return true;
}

/* A function of (seed, step): in any order, from a new feed, the same. */
static void streams_have_no_memory(void **state)
{
    (void)state;
    const struct train_options o = feed_options();
    arena *a = arena_new("test");
    struct feed f, g, other;
    assert_int_equal(feed_init(&f, &text_task, &a_text, &o, 9), OK);
    assert_int_equal(feed_init(&other, &text_task, &a_text, &o, 10), OK);
    size_t differ = 0;
    for (uint64_t t = 23; t-- > 0;) {
        struct sequence *x, *y, *z;
        size_t n, m, k;
        assert_int_equal(feed_init(&g, &text_task, &a_text, &o, 9), OK);
        assert_int_equal(feed_step(&f, a, t, &x, &n), OK);
        assert_int_equal(feed_step(&g, a, t, &y, &m), OK);
        assert_int_equal(feed_step(&other, a, t, &z, &k), OK);
        assert_true(same_sequences(x, n, y, m));
        differ += !same_sequences(x, n, z, k);
        feed_done(&g);
    }
    assert_true(differ > 20);
    feed_done(&f), feed_done(&other);
    struct train_options longer = o;
    longer.length = (int64_t)sizeof bytes;
    assert_int_equal(feed_init(&f, &text_task, &a_text, &longer, 9), ERR_DATA);
    feed_done(&f);
    arena_free(a);
}

/* train.examples: windows from the beginning of the text, and nothing behind them. */
static void first_windows(void **state)
{
    (void)state;
    struct train_options o = feed_options();
    o.examples = 9; /* 144 bytes: two documents and the beginning of the third */
    arena *a = arena_new("test");
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct feed f;
        int used[sizeof bytes] = {0};
        assert_int_equal(feed_init(&f, &text_task, &a_text, &o, seed), OK);
        for (uint64_t t = 0; t < 3; t++) {
            struct sequence *s;
            size_t n;
            assert_int_equal(feed_step(&f, a, t, &s, &n), OK);
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < s[i].n; k++) {
                    const size_t at = (size_t)(s[i].byte - bytes) + k;
                    assert_true(at < 144);
                    assert_int_equal(document_at(at), document_at((size_t)(s[i].byte - bytes)));
                    assert_int_equal(s[i].ends && k + 1 == s[i].n, at == 100 || at == 107 || at == 143); /* no target outside */
                    used[at]++;
                }
        }
        for (size_t at = 0; at < 144; at++) assert_int_equal(used[at], 1);
        feed_done(&f);
    }
    arena_free(a);
}

/* A task of random examples: tokens below 16, four classes that nothing tells but the example itself. */

#define EXAMPLES 200
#define LONGEST  12

static size_t toy_count(const void *self, enum split s)
{
    (void)s;
    return *(const size_t *)self;
}

static size_t toy_longest(const void *self)
{
    (void)self;
    return LONGEST;
}

static status toy_example(const void *self, enum split s, size_t index, struct example *out)
{
    (void)self, (void)s;
    random_stream r = random_stream_of(5, RANDOM_TEST, index, 0);
    out->n = LONGEST - random_below(&r, 4);
    for (size_t i = 0; i < out->n; i++) out->token[i] = (int32_t)random_below(&r, 16);
    out->label = (int32_t)random_below(&r, 4);
    return OK;
}

static const struct task toy = {.name = "toy", .kind = TASK_CLASSIFY, .count = toy_count, .longest = toy_longest, .example = toy_example};

static void epochs(void **state)
{
    (void)state;
    const size_t total = 37;
    struct train_options o = defaults();
    o.batch = 5;
    arena *a = arena_new("test");
    struct feed f, g;
    assert_int_equal(feed_init(&f, &toy, &total, &o, 1), OK);
    assert_int_equal(feed_init(&g, &toy, &total, &o, 1), OK);
    uint64_t order[37 * 5];
    for (uint64_t t = 0; t < 37; t++) { /* five epochs */
        struct sequence *s;
        size_t n;
        assert_int_equal(feed_step(&f, a, t, &s, &n), OK);
        assert_int_equal(n, 5);
        for (size_t i = 0; i < 5; i++) {
            order[t * 5 + i] = s[i].id;
            int32_t token[LONGEST];
            struct example e = {.token = token};
            (void)toy_example(NULL, SPLIT_TRAIN, s[i].id, &e);
            assert_int_equal(s[i].n, e.n);
            assert_int_equal(s[i].label, e.label);
            assert_memory_equal(s[i].token, token, e.n * sizeof *token);
        }
    }
    for (size_t epoch = 0; epoch < 5; epoch++) {
        int seen[37] = {0};
        for (size_t i = 0; i < 37; i++) seen[order[epoch * 37 + i]]++;
        for (size_t i = 0; i < 37; i++) assert_int_equal(seen[i], 1);
        if (epoch) assert_memory_not_equal(order, order + epoch * 37, 37 * sizeof *order);
    }
    for (uint64_t t = 37; t-- > 0;) { /* backwards, from another feed */
        struct sequence *s;
        size_t n;
        assert_int_equal(feed_step(&g, a, t, &s, &n), OK);
        for (size_t i = 0; i < 5; i++) assert_int_equal(s[i].id, order[t * 5 + i]);
    }
    feed_done(&f), feed_done(&g);
    arena_free(a);
}

/* train.examples: the same few for every seed, in an order of the seed's own. */
static void fixed_subset(void **state)
{
    (void)state;
    const size_t total = 37, none = 0;
    struct train_options o = defaults();
    o.batch = 10;
    o.examples = 10;
    arena *a = arena_new("test");
    uint64_t order[2][10], sorted[2][37] = {{0}};
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct feed f;
        struct sequence *s;
        size_t n;
        assert_int_equal(feed_init(&f, &toy, &total, &o, seed), OK);
        for (uint64_t t = 0; t < 4; t++) {
            assert_int_equal(feed_step(&f, a, t, &s, &n), OK);
            for (size_t i = 0; i < 10; i++) {
                order[seed][i] = s[i].id;
                sorted[seed][s[i].id]++;
            }
        }
        feed_done(&f);
    }
    size_t chosen = 0;
    for (size_t i = 0; i < 37; i++) {
        assert_int_equal(sorted[0][i], sorted[1][i]);
        assert_true(sorted[0][i] == 0 || sorted[0][i] == 4);
        chosen += sorted[0][i] > 0;
    }
    assert_int_equal(chosen, 10);
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    struct feed f;
    assert_int_equal(feed_init(&f, &toy, &none, &o, 1), ERR_DATA);
    feed_done(&f);
    arena_free(a);
}

/* Packs */

static void packs(void **state)
{
    (void)state;
    static const uint8_t text[] = "the quick brown fox";
    static const int32_t ids[] = {4, 5, 6, 7, 8};
    const struct sequence s[] = {
        {.id = 9, .n = 4, .byte = text}, {.id = 8, .n = 3, .byte = text + 16, .ends = true}, {.id = 7, .first = 30, .n = 2, .byte = text + 4},
        {.id = 6, .n = 12, .byte = text, .scored_from = 10}, {.id = 5, .n = 1, .byte = text + 3}, {.id = 4, .n = 8, .byte = text + 1}};
    arena *a = arena_new("test");
    size_t n, *first;
    const struct pack *p = batch_packs(a, s, 6, 9, &n, &first);
    assert_int_equal(n, 3); /* 4 + 3 + 2 | 12, too long, alone | 1 + 8 */
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 3);
    assert_int_equal(first[2], 4);
    assert_int_equal(first[3], 6);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p[i].n, first[i + 1] - first[i]);
        assert_int_equal(p[i].offset[0], 0);
        assert_null(p[i].valid);
        for (size_t e = 0; e < p[i].n; e++, k++) {
            assert_int_equal(p[i].id[e], s[k].id);
            assert_int_equal(p[i].first[e], s[k].first);
            assert_int_equal(p[i].offset[e + 1] - p[i].offset[e], s[k].n);
            size_t targets = 0;
            for (size_t j = 0; j < s[k].n; j++) {
                const size_t row = p[i].offset[e] + j;
                const bool scored = j >= s[k].scored_from && !(s[k].ends && j + 1 == s[k].n);
                assert_int_equal(p[i].token[row], s[k].byte[j]);
                assert_int_equal(p[i].target[row], scored ? s[k].byte[j + 1] : -1);
                targets += scored;
            }
            assert_int_equal(sequence_targets(&s[k]), targets);
        }
    }
    const struct sequence labelled[] = {{.id = 1, .n = 3, .token = ids, .label = 2}, {.id = 2, .n = 2, .token = ids + 3, .label = 0}};
    p = batch_packs(a, labelled, 2, 100, &n, &first);
    assert_int_equal(n, 1);
    assert_int_equal(p->target[0], 2);
    assert_int_equal(p->target[1], 0);
    assert_memory_equal(p->token, ids, sizeof ids);
    static const int32_t wanted[] = {-1, 3, -1, 2, -1};
    const struct sequence by_token[] = {{.id = 1, .n = 3, .token = ids, .target = wanted}, {.id = 2, .n = 2, .token = ids + 3, .target = wanted + 3}};
    p = batch_packs(a, by_token, 2, 100, &n, &first);
    assert_memory_equal(p->target, wanted, sizeof wanted);
    assert_int_equal(sequence_targets(&by_token[0]), 1);
    arena_free(a);
}

/* How a batch is cut into packs changes rounding only, dropout included. */
static void packs_change_rounding_only(void **state)
{
    (void)state;
    static struct subject s;
    subject_of(&s, "rope", 0, NULL);
    struct model *m = check_model(&s.s, (struct shape){.causal = true, .train_length = T, .layers = 2}, 0.4, 3);
    m->options.dropout = m->options.attention_dropout = 0.2;
    random_bytes(bytes, sizeof bytes, 11, 1);
    const struct train_options o = feed_options();
    arena *a = arena_new("test");
    struct feed f;
    struct sequence *q;
    size_t n, n_packs, *first;
    assert_int_equal(feed_init(&f, &text_task, &a_text, &o, 9), OK);
    assert_int_equal(feed_step(&f, a, 1, &q, &n), OK);
    double targets = 0, loss = 0;
    for (size_t i = 0; i < n; i++) targets += (double)sequence_targets(&q[i]);
    real *g = calloc(m->n_values, sizeof *g);
    for (size_t rows = 1; rows < 100; rows *= 5) {
        struct workers w;
        workers_init(&w, 2, 1, m->n_values, kernel_choose(NULL));
        struct pack *p = batch_packs(a, q, n, rows, &n_packs, &first);
        const struct tally t = workers_train(&w, m, p, n_packs, targets, 1, 7);
        near("targets", t.n, targets, 0);
        if (rows == 1) {
            memcpy(g, w.gradient[0], m->n_values * sizeof *g);
            loss = t.loss;
        }
        near("loss", t.loss, loss, 1e-12);
        for (size_t i = 0; i < m->n_values; i++)
            if (fabs(w.gradient[0][i] - g[i]) > 1e-12) fail_msg("pack_rows %zu, value %zu: %.15g, wanted %.15g", rows, i, w.gradient[0][i], g[i]);
        workers_done(&w);
    }
    free(g);
    feed_done(&f);
    model_free(m);
    arena_free(a);
}

/* Whole runs */

static struct model *toy_model(const struct model_options *o)
{
    static struct subject s;
    subject_of(&s, "sinusoidal", 0, NULL);
    const struct model_spec spec = {.options = o, .attention = s.s.attention, .attention_options = s.s.attention_options,
                                    .position = s.s.position, .position_options = s.s.position_options,
                                    .vocabulary = 16, .classes = 4, .train_length = LONGEST, .seed = 1};
    struct model *m;
    if (model_new(&spec, &m) != OK) fail_msg("%s", status_message());
    return m;
}

static void learns_by_heart(void **state)
{
    (void)state;
    const size_t total = EXAMPLES;
    struct model_options mo;
    option_defaults(model_option_table, &mo, sizeof mo);
    mo.width = 32, mo.heads = 2, mo.layers = 1, mo.feed_forward = 128, mo.scale_embedding = true;
    struct model *m = toy_model(&mo);
    struct train_options o = defaults();
    o.batch = 40, o.steps = 480, o.rate = 6e-3, o.warmup = 20, o.decay = 0, o.log_every = 20, o.eval_every = 80, o.eval_tokens = 1;
    struct workers w;
    struct results r;
    struct progress quiet;
    workers_init(&w, 1, 4, m->n_values, kernel_choose(NULL)); /* threads that wait for each other are slow on a busy machine */
    results_init(&r);
    progress_init(&quiet, stderr, true);
    struct trainer t = {.options = &o, .task = &toy, .data = &total, .model = m, .workers = &w, .results = &r, .progress = &quiet, .seed = 1};
    assert_int_equal(train_run(&t), OK);
    assert_int_equal(r.n_train, 24);
    assert_int_equal(r.n_eval, 6);
    assert_int_equal(r.train[23].step, 480);
    assert_int_equal(r.checkpoint->step, 480);
    near("first loss", r.train[0].loss, log(4), 0.2);
    arena *a = arena_new("test");
    struct sequence *s = ARENA_ARRAY(a, struct sequence, EXAMPLES);
    struct scores sc = {.of = ARENA_ZEROS(a, struct tally, EXAMPLES)};
    assert_int_equal(feed_examples(&toy, &total, SPLIT_TRAIN, NULL, 0, EXAMPLES, a, s), OK);
    workers_evaluate(&w, m, s, EXAMPLES, 1024, LONGEST, 1, &sc);
    double right = 0;
    for (size_t i = 0; i < EXAMPLES; i++) right += sc.of[i].right;
    if (!(right > 0.99 * EXAMPLES)) fail_msg("%g of %d learnt", right, EXAMPLES);
    assert_true(r.train[23].accuracy > 0.99);
    arena_free(a);
    results_done(&r);
    workers_done(&w);
    model_free(m);
}

/* A rate of a million: the run ends, says so, and keeps what it measured. */
static void diverges(void **state)
{
    (void)state;
    for (int clipped = 0; clipped < 2; clipped++) {
        char yaml[2048], text[20000];
        uint8_t letters[sizeof text];
        random_bytes(letters, sizeof letters, 26, 4);
        for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + letters[i]);
        put_bytes("text", text, sizeof text);
        snprintf(yaml, sizeof yaml,
                 "model: {width: 16, layers: 2, heads: 2, feed_forward: 32, norm: post}\n"
                 "train: {length: 32, batch: 4, steps: 400, rate: 1e3, final_rate: 1, decay: 0, warmup: 0, log_every: %d, eval_every: 0, clip_norm: %d}\n"
                 "test: {lengths: [32]}\n"
                 "tasks: [{lm: {corpus: \"%s\"}}]\nvariants: [rope]\n", clipped ? 20 : 1, clipped, in_folder("text"));
        put("wild.yaml", yaml);
            const struct config_request rq = {.path = in_folder("wild.yaml")};
        struct config c;
        if (config_read(&rq, &c) != OK) fail_msg("%s", status_message());
        c.runs[0].train.rate = 1e6; /* more than a config may ask for */
        struct progress quiet;
        progress_init(&quiet, stderr, true);
        char results[FILE_PATH], path[FILE_PATH];
        snprintf(results, sizeof results, "%s", in_folder(clipped ? "results-clipped" : "results"));
        struct runner q = {.data = folder, .results = results, .threads = 1, .kernel = kernel_choose(NULL), .progress = &quiet};
        runner_path(&q, &c, &c.runs[0], path, sizeof path);
        enum outcome out = OUTCOME_TRAINED;
        for (int again = 0; again < 2; again++) { /* the second time it is known */
            assert_int_equal(runner_run(&q, &c, 0, &out), OK);
            assert_int_equal(out, OUTCOME_DIVERGED);
            struct results r;
            results_init(&r);
            assert_int_equal(results_read(&r, path, true), OK);
            assert_int_equal(r.status, RUN_DIVERGED);
            assert_non_null(strstr(r.reason, "diverged at step"));
            assert_non_null(strstr(r.reason, "train.rate"));
            assert_true(r.n_train >= 1 && r.n_train < 400);
            if (!clipped) near("first loss", r.train[0].loss, log(256), 0.05); /* what was measured is kept */
            else assert_true(r.train[0].step <= 20 && isfinite(r.train[0].loss));
            assert_int_equal(r.n_test, 0);
            results_done(&r);
        }
        runner_done(&q);
        config_done(&c);
    }
}

static void budgets(void **state)
{
    (void)state;
    struct train_options o = feed_options();
    o.steps = 0;
    o.tokens = 1000;
    assert_int_equal(train_steps(&o, &text_task, &a_text), 21); /* 1000 / 48, rounded up */
    o.tokens = 960;
    assert_int_equal(train_steps(&o, &text_task, &a_text), 20);
    o.steps = 7;
    assert_int_equal(train_steps(&o, &text_task, &a_text), 7);
    o.steps = 0;
    o.tokens = 1;
    assert_int_equal(train_steps(&o, &text_task, &a_text), 1);
    const size_t total = 10;
    double rows = 0;
    for (size_t i = 0; i < total; i++) {
        int32_t token[LONGEST];
        struct example e = {.token = token};
        (void)toy_example(NULL, SPLIT_TRAIN, i, &e);
        rows += (double)e.n;
    }
    o.tokens = 1e4;
    assert_int_equal(train_steps(&o, &toy, &total), (int64_t)ceil(1e4 / (rows / 10 * B)));
    o.samples = 10 * B + 1; /* examples go before tokens, of classifiers; steps before both */
    assert_int_equal(train_steps(&o, &toy, &total), 11);
    o.samples--;
    assert_int_equal(train_steps(&o, &toy, &total), 10);
    o.steps = 3;
    assert_int_equal(train_steps(&o, &toy, &total), 3);
    o.steps = 0;
    o.tokens = 960;
    assert_int_equal(train_steps(&o, &text_task, &a_text), 20); /* a text has no examples */
}

int main(void)
{
    product_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warmup_then_decay), cmocka_unit_test(rsqrt),          cmocka_unit_test(one_cycle),
        cmocka_unit_test(adam),              cmocka_unit_test(adam_first_step), cmocka_unit_test(shards),
        cmocka_unit_test(streams),           cmocka_unit_test(streams_have_no_memory),
        cmocka_unit_test(first_windows),
        cmocka_unit_test(epochs),            cmocka_unit_test(fixed_subset),   cmocka_unit_test(packs),
        cmocka_unit_test(packs_change_rounding_only),                          cmocka_unit_test(learns_by_heart),
        cmocka_unit_test_setup_teardown(diverges, folder_setup, folder_teardown), cmocka_unit_test(budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
