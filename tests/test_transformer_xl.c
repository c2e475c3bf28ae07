/* test_transformer_xl.c -- the special cases that Transformer-XL must agree with, and where its gradients end.
 *
 * Every option against the textbook version; the whole battery is `reach check transformer_xl`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"
#include "tensor/product.h"
#include "tests/ref/variants.h"
#include "train/streams.h"

#define WIDTH 12
#define TRAINED 24

static struct subject subject;

static struct model *model_of(const char *name, bool causal, size_t layers, size_t n, const char *const *set)
{
    subject_of(&subject, name, n, set);
    struct model *m = check_model(&subject.s, (struct shape){.causal = causal, .train_length = TRAINED, .layers = layers,
                                                             .classes = causal ? 0 : 3}, 0.4, 3);
    if (!m) fail_msg("%s: %s", name, status_message());
    return m;
}

static void near(const char *what, const real *a, const real *b, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance)) fail_msg("%s: %.15g and %.15g at %zu", what, (double)a[i], (double)b[i], i);
}

static void textbook(void **state)
{
    (void)state;
    static const char *const sets[][5] = {
        {"memory=0", "segment=7"},
        {"memory=9", "segment=7"},
        {"memory=100", "segment=33"},
        {"memory=9", "segment=7", "clamp=5"},
        {"memory=9", "segment=4", "same_length=true"},
        {"memory=3", "segment=10", "same_length=true", "clamp=8"},
        {"memory=5", "segment=7", "test_memory=40", "test_segment=3", "clamp=11"},
        {"memory=1", "segment=1"},
        {"memory=64", "segment=64"},
    };
    static const size_t lengths[] = {1, 2, 7, 8, 64, 65, 150};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        size_t n_set = 0;
        while (n_set < 5 && sets[k][n_set]) n_set++;
        for (int causal = 0; causal < 2; causal++) {
            struct model *m = model_of("transformer_xl", causal, 2, n_set, sets[k]);
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                arena *a = arena_new("test");
                const size_t T = lengths[i], n = T * WIDTH;
                real *x = ARENA_ARRAY(a, real, n), *y = ARENA_ARRAY(a, real, n), *want = ARENA_ARRAY(a, real, n);
                check_fill(x, n, 1, i);
                check_layer(m, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
                ref_attention(m, 0, T, 0, (const double *)x, (double *)want);
                near(sets[k][0], y, want, n, 1e-10);
                arena_free(a);
            }
            model_free(m);
        }
    }
}

static void logits_of(const struct model *m, const struct pack *p, bool training, real *out)
{
    arena *a = arena_new("pass");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), training);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = TRAINED, .seed = 1};
    const node *y = model_logits(m, &rq, &pass);
    memcpy(out, y->val, y->rows * y->cols * sizeof *out);
    arena_free(a);
}

/* Three layers, memory longer than the text: segment by segment is one pass over all of it, in training too. */
static void enough_memory_is_one_pass(void **state)
{
    (void)state;
    static const char *const parts[] = {"memory=200", "segment=9"}, *const whole[] = {"memory=200", "segment=200"};
    struct model *a = model_of("transformer_xl", true, 3, 2, parts), *b = model_of("transformer_xl", true, 3, 2, whole);
    arena *memory = arena_new("test");
    const size_t lengths[] = {50, 1, 77}, rows = 128;
    const struct pack *p = check_pack(memory, 3, lengths);
    real *ya = ARENA_ARRAY(memory, real, rows * 11), *yb = ARENA_ARRAY(memory, real, rows * 11);
    for (int training = 0; training < 2; training++) {
        logits_of(a, p, training, ya);
        logits_of(b, p, training, yb);
        near("logits", ya, yb, rows * 11, 1e-12);
    }
    arena_free(memory);
    model_free(a), model_free(b);
}

static void clear(const struct model *m, const char *name)
{
    size_t n = 0;
    real *w = parameter_of(m, name, &n);
    assert_non_null(w);
    memset(w, 0, n * sizeof *w);
}

static void without_positions_is_vanilla(void **state)
{
    (void)state;
    static const char *const set[] = {"memory=80", "segment=13"};
    struct model *xl = model_of("transformer_xl", true, 1, 2, set), *plain = model_of("none", true, 1, 0, NULL);
    clear(xl, "layer 0.attention.r");
    clear(xl, "attention.bias_u");
    clear(xl, "attention.bias_v");
    static const char *const shared[] = {"q", "k", "v", "o", "o.bias"};
    for (size_t i = 0; i < 5; i++) {
        char name[64];
        size_t n = 0;
        snprintf(name, sizeof name, "layer 0.attention.%s", shared[i]);
        real *to = parameter_of(plain, name, &n);
        memcpy(to, parameter_of(xl, name, NULL), n * sizeof *to);
    }
    arena *a = arena_new("test");
    const size_t T = 70, n = T * WIDTH;
    real *x = ARENA_ARRAY(a, real, n), *y = ARENA_ARRAY(a, real, n), *z = ARENA_ARRAY(a, real, n);
    check_fill(x, n, 1, 2);
    check_layer(xl, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
    check_layer(plain, check_pack(a, 1, &T), x, z, NULL, NULL, NULL);
    near("outputs", y, z, n, 1e-10);
    arena_free(a);
    model_free(xl), model_free(plain);
}

/* A loss on the second segment: its own rows have a gradient, the first's have exactly none; the weights' gradient is that of
 * the second segment alone with the first as carried state. */
static void gradients_end_at_memory(void **state)
{
    (void)state;
    static const char *const set[] = {"memory=10", "segment=12"};
    struct model *m = model_of("transformer_xl", true, 1, 2, set);
    arena *a = arena_new("test");
    const size_t T = 24, half = 12, n = T * WIDTH;
    real *x = ARENA_ARRAY(a, real, n), *y = ARENA_ARRAY(a, real, n), *dy = ARENA_ZEROS(a, real, n), *dx = ARENA_ARRAY(a, real, n);
    real *dp = ARENA_ARRAY(a, real, m->n_values), *dp2 = ARENA_ARRAY(a, real, m->n_values), *y2 = ARENA_ARRAY(a, real, n);
    real *dx2 = ARENA_ARRAY(a, real, n);
    check_fill(x, n, 1, 5);
    check_fill(dy + half * WIDTH, half * WIDTH, 1, 6);
    check_layer(m, check_pack(a, 1, &T), x, y, dy, dx, dp);
    double first = 0, second = 0;
    for (size_t i = 0; i < n; i++) *(i < half * WIDTH ? &first : &second) += fabs((double)dx[i]);
    assert_true(first == 0 && second > 0.1);

    struct streams s;
    streams_init(&s, m, 1);
    struct pack *p = check_pack(a, 1, &half);
    const struct carried *in = NULL;
    struct carried *out = s.next;
    p->state_in = &in;
    p->state_out = &out;
    check_layer(m, p, x, y2, NULL, NULL, NULL);
    near("first segment", y2, y, half * WIDTH, 1e-12);
    streams_turn(&s);
    assert_int_equal(s.now[0].rows, 10);
    assert_memory_equal(s.now[0].value, x + 2 * WIDTH, 10 * WIDTH * sizeof *x); /* the last inputs, as they are */
    in = s.now;
    p->state_out = NULL;
    check_layer(m, p, x + half * WIDTH, y2, dy + half * WIDTH, dx2, dp2);
    near("second segment", y2, y + half * WIDTH, half * WIDTH, 1e-12);
    near("its rows' gradient", dx2, dx + half * WIDTH, half * WIDTH, 1e-12);
    near("the weights' gradient", dp2, dp, m->n_values, 1e-12);
    streams_done(&s);
    arena_free(a);
    model_free(m);
}

/* Memory fills up slowly, keeps the newest rows, and never shows zeros in place of rows that are not there. */
static void memory_grows_to_its_size(void **state)
{
    (void)state;
    static const char *const set[] = {"memory=10", "segment=100"};
    struct model *m = model_of("transformer_xl", true, 1, 2, set);
    struct streams s;
    streams_init(&s, m, 1);
    arena *a = arena_new("test");
    const size_t rows[] = {3, 4, 1, 6, 30, 2}, T = 46;
    real *x = ARENA_ARRAY(a, real, T * WIDTH), *y = ARENA_ARRAY(a, real, T * WIDTH);
    check_fill(x, T * WIDTH, 1, 7);
    for (size_t i = 0, at = 0; i < 6; i++) {
        struct pack *p = check_pack(a, 1, &rows[i]);
        const struct carried *in = s.now;
        struct carried *out = s.next;
        p->state_in = &in;
        p->state_out = &out;
        check_layer(m, p, x + at * WIDTH, y, NULL, NULL, NULL);
        streams_turn(&s);
        at += rows[i];
        const size_t want = at < 10 ? at : 10;
        assert_int_equal(s.now[0].rows, want);
        assert_memory_equal(s.now[0].value, x + (at - want) * WIDTH, want * WIDTH * sizeof *x);
    }
    streams_done(&s);
    arena_free(a);
    model_free(m);
}

/* Of more carried rows than the memory has, the newest count. */
static void newest_rows_count(void **state)
{
    (void)state;
    static const char *const set[] = {"memory=10", "test_memory=4"};
    struct model *m = model_of("transformer_xl", true, 1, 2, set);
    arena *a = arena_new("test");
    const size_t T = 5;
    real *x = ARENA_ARRAY(a, real, T * WIDTH), *y = ARENA_ARRAY(a, real, T * WIDTH), *z = ARENA_ARRAY(a, real, T * WIDTH);
    real *old = ARENA_ARRAY(a, real, 10 * WIDTH);
    check_fill(x, T * WIDTH, 1, 7);
    check_fill(old, 10 * WIDTH, 1, 8);
    const struct carried ten = {old, 10}, four = {old + 6 * WIDTH, 4}, *in = &ten;
    struct pack *p = check_pack(a, 1, &T);
    p->state_in = &in;
    check_layer(m, p, x, y, NULL, NULL, NULL);
    in = &four;
    check_layer(m, p, x, z, NULL, NULL, NULL);
    assert_memory_equal(y, z, T * WIDTH * sizeof *y);
    arena_free(a);
    model_free(m);
}

static void refused(void **state)
{
    (void)state;
    static const char *const set[] = {"memory=0", "same_length=true"};
    subject_of(&subject, "transformer_xl", 2, set);
    assert_null(check_model(&subject.s, (struct shape){.causal = true, .train_length = TRAINED, .layers = 1}, 0.4, 3));
    assert_non_null(strstr(status_message(), "memory must be at least 1"));
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
        cmocka_unit_test(textbook),                cmocka_unit_test(enough_memory_is_one_pass), cmocka_unit_test(without_positions_is_vanilla),
        cmocka_unit_test(gradients_end_at_memory), cmocka_unit_test(memory_grows_to_its_size),  cmocka_unit_test(newest_rows_count),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
