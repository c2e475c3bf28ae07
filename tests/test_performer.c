/* test_performer.c -- random features and the attentions built on them: the statistics of the estimate, the directions, when they
 * are drawn, and what must not depend on what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "support.h"
#include "tensor/ops.h"
#include "tensor/product.h"
#include "train/train.h"

static struct subject one;

static void near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%s: got %.15g, wanted %.15g, tolerance %g", what, got, want, tolerance);
}

/* A model of so many heads of D with these settings of `name`. */
static struct model *model_of(const char *name, size_t n_set, const char *const *set, size_t heads, size_t D, bool causal, uint64_t seed)
{
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    o.width = (int64_t)(heads * D), o.heads = (int64_t)heads, o.layers = 2, o.feed_forward = 0, o.causal = causal;
    subject_of(&one, name, n_set, set);
    const struct model_spec spec = {.options = &o, .attention = one.s.attention, .attention_options = one.s.attention_options,
                                    .position = one.s.position, .position_options = one.s.position_options, .vocabulary = 16,
                                    .classes = 4, .train_length = 32, .seed = seed};
    struct model *m;
    if (model_new(&spec, &m) != OK) fail_msg("%s", status_message());
    return m;
}

static real *features_of(const struct model *m, int layer)
{
    char name[64];
    snprintf(name, sizeof name, "layer %d.attention.features", layer);
    real *w = parameter_of(m, name, NULL);
    if (!w) fail_msg("no buffer %s", name);
    return w;
}

static real *drawn(size_t m, size_t D, const char *extra, uint64_t seed)
{
    char text[64];
    snprintf(text, sizeof text, "features=%zu", m);
    const char *const set[] = {text, extra};
    struct model *model = model_of("performer", extra ? 2 : 1, set, 1, D, false, seed);
    real *w = malloc(m * D * sizeof *w);
    memcpy(w, features_of(model, 0), m * D * sizeof *w);
    model_free(model);
    return w;
}

/* The relative error of attention through m features, q and k of deviation 0.25, against softmax. */
static double error_of(size_t m, const char *extra, uint64_t seed)
{
    enum { T = 64, D = 16 };
    static real q[T * D], k[T * D], v[T * D];
    check_fill(q, T * D, 0.25, 3 * seed), check_fill(k, T * D, 0.25, 3 * seed + 1), check_fill(v, T * D, 1, 3 * seed + 2);
    arena *memory = arena_new("test");
    tape tp;
    tape_init(&tp, memory, kernel_choose(NULL), false);
    const size_t length = T;
    const struct pack *pack = check_pack(memory, 1, &length);
    real *w = drawn(m, D, extra, seed);
    node *nq = tape_leaf(&tp, T, D, q, NULL), *nk = tape_leaf(&tp, T, D, k, NULL), *nv = tape_leaf(&tp, T, D, v, NULL);
    const struct linear_request rq = {.pack = pack, .heads = 1, .sees = LINEAR_BOTH, .normalise = true,
                                      .q = random_features(&tp, nq, 1, m, w, FEATURES_QUERY), .k = random_features(&tp, nk, 1, m, w, FEATURES_KEY), .v = nv};
    const struct pattern all = {-PATTERN_FAR, PATTERN_FAR, 1};
    const struct attention_request exact = {.pack = pack, .heads = 1, .scale = 1 / sqrt(D), .pieces = 1, .piece = {{.q = nq, .k = nk, .v = nv, .pattern = &all}}};
    const node *got = linear_attention(&tp, &rq, NULL), *want = softmax_attention(&tp, &exact);
    double apart = 0, size = 0;
    for (size_t i = 0; i < T * D; i++) apart += pow(got->val[i] - want->val[i], 2), size += pow(want->val[i], 2);
    free(w);
    arena_free(memory);
    return sqrt(apart / size);
}

static double mean_error(size_t m, const char *extra)
{
    double sum = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) sum += error_of(m, extra, seed);
    return sum / 12;
}

static void error_falls_like_the_root(void **state)
{
    (void)state;
    static const char *const kinds[] = {NULL, "length=constant", "orthogonal=false"};
    double at_64[3];
    for (size_t k = 0; k < 3; k++) {
        double before = mean_error(16, kinds[k]);
        for (size_t m = 64; m <= 1024; m *= 4) {
            const double now = mean_error(m, kinds[k]);
            if (!(now / before > 0.35 && now / before < 0.7)) fail_msg("%s: error %g at %zu features, %g at a quarter", kinds[k] ? kinds[k] : "", now, m, before);
            if (m == 64) at_64[k] = now;
            before = now;
        }
        assert_true(before < 0.03);
    }
    assert_true(at_64[0] < at_64[2]); /* orthogonal ones are better */
}

static void products_have_the_kernel_as_mean(void **state)
{
    (void)state;
    enum { D = 8, m = 64, DRAWS = 2000 };
    real x[2 * D];
    check_fill(x, 2 * D, 0.6, 1);
    double dot = 0, sum = 0, squares = 0;
    for (int d = 0; d < D; d++) dot += x[d] * x[D + d];
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        arena *memory = arena_new("test");
        tape tp;
        tape_init(&tp, memory, kernel_choose(NULL), false);
        real *w = drawn(m, D, NULL, draw);
        const node *f = random_features(&tp, tape_leaf(&tp, 2, D, x, NULL), 1, m, w, FEATURES_EXP);
        double product_of_features = 0;
        for (int r = 0; r < m; r++) product_of_features += f->val[r] * f->val[m + r];
        sum += product_of_features / DRAWS, squares += pow(product_of_features, 2) / DRAWS;
        free(w);
        arena_free(memory);
    }
    const double uncertain = 4 * sqrt((squares - sum * sum) / DRAWS);
    near("mean", sum, exp(dot / sqrt(D)), uncertain);
    assert_true(uncertain < 0.05); /* so that the line above means something */
}

static void directions(void **state)
{
    (void)state;
    enum { D = 8, m = 20 };
    for (int kind = 0; kind < 2; kind++) {
        real *w = drawn(m, D, kind ? "length=constant" : NULL, 5);
        double longest = 0, shortest = 1e9;
        for (size_t r = 0; r < m; r++) {
            for (size_t s = 0; s <= r; s++) {
                double dot = 0;
                for (size_t d = 0; d < D; d++) dot += w[r * D + d] * w[s * D + d];
                if (r == s) longest = fmax(longest, sqrt(dot)), shortest = fmin(shortest, sqrt(dot));
                else if (r / D == s / D) near("inside a block", dot, 0, 1e-12);
                else assert_true(fabs(dot) > 1e-6);
            }
        }
        if (kind) near("longest", longest, sqrt(D), 1e-12), near("shortest", shortest, sqrt(D), 1e-12);
        else assert_true(longest > sqrt(D) && shortest < sqrt(D));
        free(w);
    }
    const char *const set[] = {"features=0"};
    struct model *model = model_of("performer", 1, set, 3, 8, true, 1);
    size_t n = 0;
    const real *w = parameter_of(model, "layer 0.attention.features", &n);
    assert_int_equal(n, 3 * 16 * 8); /* int(8 ln 8) = 16 */
    assert_memory_not_equal(w, w + 16 * 8, 16 * 8 * sizeof *w);               /* heads */
    assert_memory_not_equal(w, features_of(model, 1), 16 * 8 * sizeof *w);    /* layers */
    model_free(model);
}

/* Drawn at the multiples of `redraw` alone, from the seed, the layer and the number of the draw. */
static void redraws(void **state)
{
    (void)state;
    const char *const every_7[] = {"redraw=7"}, *const never[] = {"redraw=0"};
    struct model *a = model_of("performer", 1, every_7, 2, 8, true, 1), *b = model_of("performer", 1, every_7, 2, 8, true, 1);
    struct model *other = model_of("performer", 1, every_7, 2, 8, true, 2);
    const size_t bytes = a->n_buffer_values * sizeof(real);
    assert_memory_equal(a->buffers, b->buffers, bytes);
    assert_memory_not_equal(a->buffers, other->buffers, bytes);
    for (uint64_t step = 1; step <= 6; step++) model_after_step(a, step);
    assert_memory_equal(a->buffers, b->buffers, bytes);
    model_after_step(a, 7);
    assert_memory_not_equal(a->buffers, b->buffers, bytes);
    memcpy(b->buffers, a->buffers, bytes);
    model_after_step(a, 14);
    assert_memory_not_equal(a->buffers, b->buffers, bytes);
    model_after_step(b, 14); /* whatever was drawn before */
    assert_memory_equal(a->buffers, b->buffers, bytes);
    model_free(a), model_free(b), model_free(other);
    a = model_of("performer", 1, never, 2, 8, true, 1), b = model_of("performer", 1, never, 2, 8, true, 1);
    for (uint64_t step = 1; step <= 2000; step++) model_after_step(a, step);
    assert_memory_equal(a->buffers, b->buffers, bytes);
    model_free(a), model_free(b);
}

static const char *const attention_settings[][2] = {
    {"performer", "redraw=0"}, {"performer", "kernel=relu"}, {"performer", "orthogonal=false"}, {"linear", "decay=off"}, {"linear", "decay=slopes"}};
#define SETTINGS (sizeof attention_settings / sizeof *attention_settings)

static struct model *small_model(size_t i, bool causal)
{
    subject_of(&one, attention_settings[i][0], 1, &attention_settings[i][1]);
    struct model *m = check_model(&one.s, (struct shape){.causal = causal, .train_length = 150, .classes = 3, .layers = 1}, 0.5, 3);
    if (!m) fail_msg("%s", status_message());
    return m;
}

/* Later rows change no bit of earlier ones, far over a chunk; in particular not through a stabiliser. */
static void future_changes_nothing(void **state)
{
    (void)state;
    enum { T = 150, C = 12 };
    static real x[T * C], y[T * C], z[T * C];
    arena *memory = arena_new("test");
    const size_t length = T;
    const struct pack *pack = check_pack(memory, 1, &length);
    for (size_t i = 0; i < SETTINGS; i++) {
        struct model *m = small_model(i, true);
        for (size_t t = 1; t < T; t += 23) {
            check_fill(x, T * C, 1, 4);
            check_layer(m, pack, x, y, NULL, NULL, NULL);
            for (size_t c = t * C; c < T * C; c++) x[c] = 30 * x[c] + 1;
            check_layer(m, pack, x, z, NULL, NULL, NULL);
            assert_memory_equal(y, z, t * C * sizeof *y);
            assert_memory_not_equal(y + t * C, z + t * C, C * sizeof *y);
        }
        model_free(m);
    }
    arena_free(memory);
}

static void last_row_sees_all(void **state)
{
    (void)state;
    enum { T = 150, C = 12 };
    static real x[T * C], y[T * C], z[T * C];
    arena *memory = arena_new("test");
    const size_t length = T;
    const struct pack *pack = check_pack(memory, 1, &length);
    check_fill(x, T * C, 1, 4);
    for (size_t i = 0; i < SETTINGS; i++) {
        struct model *causal = small_model(i, true), *both = small_model(i, false);
        check_layer(causal, pack, x, y, NULL, NULL, NULL);
        check_layer(both, pack, x, z, NULL, NULL, NULL);
        for (size_t c = 0; c < C; c++) near("last row", y[(T - 1) * C + c], z[(T - 1) * C + c], 1e-12);
        assert_true(fabs(y[C] - z[C]) > 1e-6);
        model_free(causal), model_free(both);
    }
    arena_free(memory);
}

/* A row that is not valid is no key: the others do not notice what stands there. */
static void invalid_rows_are_no_keys(void **state)
{
    (void)state;
    enum { T = 70, C = 12 };
    static real x[T * C], y[T * C], z[T * C];
    unsigned char valid[T];
    arena *memory = arena_new("test");
    const size_t length = T;
    struct pack *pack = check_pack(memory, 1, &length);
    for (size_t i = 0; i < T; i++) valid[i] = i % 9 != 4;
    pack->valid = valid;
    for (size_t i = 0; i < SETTINGS; i++) {
        for (int causal = 0; causal < 2; causal++) {
            struct model *m = small_model(i, causal);
            check_fill(x, T * C, 1, 4);
            check_layer(m, pack, x, y, NULL, NULL, NULL);
            for (size_t c = 0; c < T * C; c++) x[c] += valid[c / C] ? 0 : 2.385;
            check_layer(m, pack, x, z, NULL, NULL, NULL);
            for (size_t c = 0; c < T * C; c++)
                if (valid[c / C]) near("row", z[c], y[c], 0);
            model_free(m);
        }
    }
    arena_free(memory);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const names[] = {"performer", "linear"};
    for (size_t i = 0; i < 2; i++) {
        struct model_options o;
        option_defaults(model_option_table, &o, sizeof o);
        o.attention_dropout = 0.1;
        subject_of(&one, names[i], 0, NULL);
        const struct model_spec spec = {.options = &o, .attention = one.s.attention, .attention_options = one.s.attention_options,
                                        .position = one.s.position, .position_options = one.s.position_options, .vocabulary = 3, .train_length = 4};
        struct model *m;
        assert_int_equal(model_new(&spec, &m), ERR_CONFIG);
        assert_non_null(strstr(status_message(), names[i]));
        assert_non_null(strstr(status_message(), "attention_dropout"));
        assert_int_equal(one.s.attention->can & CAN_TERM, 0); /* nothing adds to scores that are not there */
    }
}

/* Training in two parts from a checkpoint, between two draws, is training in one. */

static size_t toy_count(const void *self, enum split s) { (void)self, (void)s; return 50; }
static size_t toy_longest(const void *self) { (void)self; return 12; }

static status toy_example(const void *self, enum split s, size_t index, struct example *out)
{
    (void)self, (void)s;
    random_stream r = random_stream_of(5, RANDOM_TEST, index, 0);
    out->n = 12 - random_below(&r, 4);
    for (size_t i = 0; i < out->n; i++) out->token[i] = (int32_t)random_below(&r, 16);
    out->label = (int32_t)random_below(&r, 4);
    return OK;
}

static const struct task toy = {.name = "toy", .kind = TASK_CLASSIFY, .count = toy_count, .longest = toy_longest, .example = toy_example};

static void train_to(int64_t steps, struct results *r)
{
    const char *const set[] = {"redraw=4"};
    struct model *m = model_of("performer", 1, set, 2, 8, false, 1);
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    o.batch = 10, o.steps = steps, o.schedule = SCHEDULE_CONSTANT, o.warmup = 0, o.eval_every = 100, o.log_every = 1, o.eval_tokens = 1;
    struct workers w;
    struct progress quiet;
    workers_init(&w, 1, 2, m->n_values, kernel_choose(NULL));
    progress_init(&quiet, stderr, true);
    struct trainer t = {.options = &o, .task = &toy, .data = "", .model = m, .workers = &w, .results = r, .progress = &quiet, .seed = 1};
    if (train_run(&t) != OK) fail_msg("%s", status_message());
    workers_done(&w);
    model_free(m);
}

static void resumed_training_has_the_same_bits(void **state)
{
    (void)state;
    struct results whole, parts;
    results_init(&whole), results_init(&parts);
    train_to(11, &whole);
    train_to(6, &parts); /* draws at 4 and 8 */
    train_to(11, &parts);
    const struct checkpoint *a = whole.checkpoint, *b = parts.checkpoint;
    assert_int_equal(a->step, 11);
    assert_int_equal(b->step, 11);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->parameters, b->parameters, a->n * sizeof(real));
    for (size_t i = 0; i < whole.n_train; i++) near("loss", parts.train[i].loss, whole.train[i].loss, 0);
    size_t saved = 0; /* the features are in it, those of the draw at step 8 */
    const char *const set[] = {"redraw=4"};
    struct model *m = model_of("performer", 1, set, 2, 8, false, 1);
    model_after_step(m, 8);
    for (size_t i = 0; i < a->n_names; i++) {
        if (!strstr(a->name[i], "features")) continue;
        assert_memory_equal(a->parameters + a->offset[i], parameter_of(m, a->name[i], NULL), a->rows[i] * a->cols[i] * sizeof(real));
        saved++;
    }
    assert_int_equal(saved, 2);
    model_free(m);
    results_done(&whole), results_done(&parts);
}

static int setup(void **state)
{
    (void)state;
    product_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_falls_like_the_root), cmocka_unit_test(products_have_the_kernel_as_mean),
        cmocka_unit_test(directions),                cmocka_unit_test(redraws),
        cmocka_unit_test(future_changes_nothing),    cmocka_unit_test(last_row_sees_all),
        cmocka_unit_test(invalid_rows_are_no_keys),  cmocka_unit_test(refusals),
        cmocka_unit_test(resumed_training_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
