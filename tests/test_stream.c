/* test_stream.c -- state carried along a text: who hands it on to whom, that a text read in parts is the text read at once, that
 * it does not depend on threads, and that a million bytes need no more memory than a few thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"
#include "tensor/product.h"
#include "train/feed.h"
#include "train/length_test.h"
#include "train/streams.h"
#include "train/train.h"

#define LETTERS 11 /* vocabulary of check_model */
#define TRAINED 24

static uint8_t bytes[700];
static const size_t starts[] = {0, 1, 150, 400, 410, 700};
static const struct text mixed = {bytes, sizeof bytes, starts, 5};

static struct subject subject;

/* Where there are segments, parts hold a whole number of them. */
static struct model *model_of(const char *name)
{
    static const char *const set[] = {"segment=8"};
    subject_of(&subject, name, 0, NULL);
    if (option_find(subject.v.attention->options, "segment")) subject_of(&subject, name, 1, set);
    return check_model(&subject.s, (struct shape){.causal = true, .train_length = TRAINED, .layers = 2}, 0.5, 3);
}

/* Presets that carry state; n of them. */
static size_t stateful(const char *name[16])
{
    size_t n = 0;
    for (const struct preset *s = presets; s->name; s++)
        if (attention_find(s->attention)->can & CAN_STATE && n < 16) name[n++] = s->name;
    assert_true(n >= 1);
    return n;
}

static bool starts_document(size_t at)
{
    for (size_t d = 0; d < mixed.n_documents; d++)
        if (starts[d] == at) return true;
    return false;
}

/* What each sequence is told against where the last step's ended. */
static void feed_tells_who_goes_on(void **state)
{
    (void)state;
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    o.length = 16;
    o.batch = 3;
    struct feed f;
    assert_int_equal(feed_init(&f, &text_task, &mixed, &o, 4), OK);
    const size_t rounds = sizeof bytes / 3 / 16;
    size_t ended[3] = {0}, continued = 0;
    bool left[3] = {false};
    for (uint64_t t = 0; t < 4 * rounds; t++) {
        arena *a = arena_new("step");
        struct sequence *s;
        size_t n, seen[3] = {0}, last[3] = {0};
        assert_int_equal(feed_step(&f, a, t, &s, &n), OK);
        for (size_t i = 0; i < n; i++) {
            const size_t b = s[i].stream, at = (size_t)(s[i].byte - bytes);
            assert_true(b < 3);
            const bool follows = t % rounds && seen[b] == 0 && at == ended[b] % sizeof bytes && !starts_document(at);
            assert_int_equal(s[i].continues, follows);
            if (seen[b] == 0) assert_int_equal(s[i].continues, left[b]); /* what was left is taken, and nothing else */
            continued += s[i].continues;
            seen[b]++;
            last[b] = i;
            ended[b] = at + s[i].n;
        }
        for (size_t b = 0; b < 3; b++) {
            assert_true(seen[b] > 0);
            for (size_t i = 0; i < n; i++)
                if (s[i].stream == b && i != last[b]) assert_false(s[i].goes_on);
            left[b] = s[last[b]].goes_on;
        }
        arena_free(a);
    }
    assert_true(continued > 2 * rounds);
    feed_done(&f);
}

static void run(struct model *m, const struct text *x, int threads, struct test_options o, struct results *r, size_t *peak)
{
    struct workers w;
    workers_init(&w, threads, 0, m->n_values, kernel_choose(NULL));
    const struct length_test t = {.options = &o, .model = m, .workers = &w, .text = *x, .split = "test", .train_length = TRAINED,
                                  .pack_rows = 64, .seed = 1, .evaluation = "an id"};
    results_init(r);
    length_test_run(&t, r);
    if (peak) *peak = w.peak_bytes;
    workers_done(&w);
}

static struct test_options only_stream(void)
{
    struct test_options o;
    option_defaults(test_option_table, &o, sizeof o);
    o.lengths = (struct int_list){1, {TRAINED}};
    o.windows = o.last = o.repeated = false;
    o.stream = true;
    return o;
}

/* Parts with carried state are the document read in one window; the mean is over the same targets. */
static void parts_are_the_whole(void **state)
{
    (void)state;
    const char *name[16];
    const size_t n = stateful(name);
    for (size_t k = 0; k < n; k++) {
        struct model *m = model_of(name[k]);
        struct results parts, whole, windows;
        struct test_options o = only_stream();
        run(m, &mixed, 1, o, &parts, NULL);
        o.stream = false;
        o.windows = true;
        run(m, &mixed, 1, o, &windows, NULL);
        o.lengths.at[0] = sizeof bytes;
        run(m, &mixed, 1, o, &whole, NULL);
        assert_int_equal(parts.n_test, 1);
        assert_string_equal(parts.test[0].mode, "stream");
        assert_int_equal(parts.test[0].n, sizeof bytes - 5); /* all but the first byte of each document */
        assert_int_equal(whole.test[0].n, parts.test[0].n);
        if (fabs(parts.test[0].loss - whole.test[0].loss) > 1e-10)
            fail_msg("%s: %.15g in parts, %.15g at once", name[k], parts.test[0].loss, whole.test[0].loss);
        assert_true(fabs(windows.test[0].loss - whole.test[0].loss) > 1e-4); /* and state is what makes the difference */
        double sum = 0, count = 0;
        for (size_t i = 0; i < parts.n_position; i++) {
            assert_string_equal(parts.position[i].text, "stream");
            sum += parts.position[i].loss * (double)parts.position[i].n;
            count += (double)parts.position[i].n;
        }
        assert_true(count == (double)parts.test[0].n && fabs(sum / count - parts.test[0].loss) < 1e-12);
        results_done(&parts), results_done(&whole), results_done(&windows);
        model_free(m);
    }
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    const char *name[16];
    const size_t n = stateful(name);
    for (size_t k = 0; k < n; k++) {
        struct model *m = model_of(name[k]);
        struct results one, three;
        run(m, &mixed, 1, only_stream(), &one, NULL);
        run(m, &mixed, 3, only_stream(), &three, NULL);
        assert_true(one.test[0].loss == three.test[0].loss && one.test[0].loss_error == three.test[0].loss_error);
        results_done(&one), results_done(&three);
        model_free(m);
    }
}

static void stateless_has_a_reason(void **state)
{
    (void)state;
    struct model *m = model_of("rope");
    struct results r;
    run(m, &mixed, 1, only_stream(), &r, NULL);
    assert_int_equal(r.n_test, 1);
    assert_true(strstr(r.test[0].reason, "no state") && isnan(r.test[0].loss));
    results_done(&r);
    model_free(m);
}

/* A tenth of it suffices under the address sanitizer, which takes minutes otherwise. */
#ifdef __SANITIZE_ADDRESS__
#define MILLION 100000
#else
#define MILLION 1000000
#endif

/* One document of a million bytes: the arena's highest mark is that of its first 20,000. */
static void a_million_bytes(void **state)
{
    (void)state;
    const size_t n = MILLION, start[] = {0, n};
    uint8_t *text = malloc(n);
    assert_non_null(text);
    random_bytes(text, n, LETTERS, 8);
    const struct text x = {text, n, start, 1};
    const char *name[16];
    const size_t variants = stateful(name);
    for (size_t k = 0; k < variants; k++) {
        struct model *m = model_of(name[k]);
        size_t peak[2];
        for (int whole = 0; whole < 2; whole++) {
            struct results r;
            struct test_options o = only_stream();
            o.stream_tokens = whole ? 0 : 20000;
            run(m, &x, 1, o, &r, &peak[whole]);
            assert_int_equal(r.test[0].n, (whole ? n : 20000) - 1);
            assert_true(isfinite(r.test[0].loss));
            results_done(&r);
        }
        print_message("%s: %zu bytes of activations for 20,000 bytes of text, %zu for %d\n", name[k], peak[0], peak[1], MILLION);
        assert_int_equal(peak[0], peak[1]);
        model_free(m);
    }
    free(text);
}

/* What is saved and loaded again is the state of now, whatever lies behind its rows. */
static void saved_and_loaded(void **state)
{
    (void)state;
    const char *name[16];
    const size_t n = stateful(name);
    for (size_t k = 0; k < n; k++) {
        struct model *m = model_of(name[k]);
        struct streams s, t;
        streams_init(&s, m, 3);
        streams_init(&t, m, 3);
        for (size_t i = 0; i < 3 * m->n_carry; i++) {
            const struct model_carry *c = &m->carry[i % m->n_carry];
            s.now[i].rows = i % 2 ? c->rows : c->rows / 2;
            check_fill(s.now[i].value, c->rows * c->cols, 1, i);
        }
        real *rows = calloc(3 * m->n_carry, sizeof *rows), *values = calloc(3 * m->n_carry_values, sizeof *values);
        streams_save(&s, rows, values);
        streams_load(&t, rows, values);
        for (size_t i = 0; i < 3 * m->n_carry; i++) {
            assert_int_equal(t.now[i].rows, s.now[i].rows);
            assert_memory_equal(t.now[i].value, s.now[i].value, s.now[i].rows * m->carry[i % m->n_carry].cols * sizeof(real));
        }
        streams_turn(&t);
        for (size_t i = 0; i < 3 * m->n_carry; i++) assert_int_equal(t.now[i].rows, 0);
        free(rows), free(values);
        streams_done(&s), streams_done(&t);
        model_free(m);
    }
}

/* Three steps of the trainer are three steps by hand, in which each stream's state goes to its next sequence; streams that a
 * document's end has cut off leave nothing. */
static void training_hands_it_on(void **state)
{
    (void)state;
    const char *name[16];
    const size_t variants = stateful(name);
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    o.length = 16, o.batch = 3, o.steps = 5, o.rate = 1e-2, o.warmup = 0, o.eval_every = 0, o.shards = 2, o.pack_rows = 20;
    for (size_t k = 0; k < 6 * variants; k++) {
        struct model *m = model_of(name[k / 6]), *hand = model_of(name[k / 6]);
        struct workers w;
        o.steps = 5 + (int64_t)(k % 6); /* so that the last step is one at a document's end, too */
        struct results r;
        struct progress quiet;
        struct feed f;
        struct optimizer z;
        workers_init(&w, 1, 2, m->n_values, kernel_choose(NULL));
        results_init(&r);
        progress_init(&quiet, stderr, true);
        struct trainer t = {.options = &o, .task = &text_task, .data = &mixed, .model = m, .workers = &w, .results = &r, .progress = &quiet, .seed = 2};
        assert_int_equal(train_run(&t), OK);

        const size_t states = hand->n_carry, size = hand->n_carry_values;
        struct carried held[3][16] = {{{0}}}, left[3][16] = {{{0}}};
        size_t carried = 0;
        assert_true(states <= 16);
        assert_int_equal(feed_init(&f, &text_task, &mixed, &o, 2), OK);
        optimizer_init(&z, &o, hand, w.kernel);
        arena *a = arena_new("by hand");
        for (int64_t step = 0; step < o.steps; step++) {
            struct sequence *s;
            size_t n, n_packs, *first;
            double targets = 0;
            assert_int_equal(feed_step(&f, a, (uint64_t)step, &s, &n), OK);
            for (size_t b = 0; b < 3; b++) {
                real *values = ARENA_ZEROS(a, real, size);
                for (size_t c = 0; c < states; c++) left[b][c] = (struct carried){values + hand->carry[c].offset, 0};
            }
            for (size_t i = 0; i < n; i++) {
                targets += (double)sequence_targets(&s[i]);
                if (s[i].continues) s[i].state_in = held[s[i].stream];
                if (s[i].goes_on) s[i].state_out = left[s[i].stream];
                carried += s[i].continues && held[s[i].stream][0].rows;
            }
            struct pack *p = batch_packs(a, s, n, (size_t)o.pack_rows, &n_packs, &first);
            (void)workers_train(&w, hand, p, n_packs, targets, 2, (uint64_t)step);
            (void)optimizer_step(&z, w.gradient, 2, step + 1, o.steps, 1);
            model_after_step(hand, (uint64_t)step + 1);
            memcpy(held, left, sizeof held);
        }
        assert_true(carried > 0);
        assert_memory_equal(m->values, hand->values, m->n_values * sizeof(real));
        assert_int_equal(r.checkpoint->n_carried, 3 * size);
        for (size_t b = 0; b < 3; b++) {
            for (size_t c = 0; c < states; c++) {
                const struct model_carry *of = &hand->carry[c];
                assert_true(r.checkpoint->carried_rows[b * states + c] == (real)held[b][c].rows);
                assert_memory_equal(r.checkpoint->carried + b * size + of->offset, held[b][c].value, held[b][c].rows * of->cols * sizeof(real));
            }
        }
        char digest[33], other[33];
        results_digest(&r, digest);
        r.checkpoint->carried_rows[0] += 1;
        results_digest(&r, other);
        assert_string_not_equal(other, digest);
        arena_free(a);
        feed_done(&f);
        optimizer_done(&z);
        results_done(&r);
        workers_done(&w);
        model_free(m), model_free(hand);
    }
}

static int setup(void **state)
{
    (void)state;
    product_start();
    random_bytes(bytes, sizeof bytes, LETTERS, 21);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feed_tells_who_goes_on), cmocka_unit_test(parts_are_the_whole),   cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(stateless_has_a_reason), cmocka_unit_test(saved_and_loaded),      cmocka_unit_test(training_hands_it_on),
        cmocka_unit_test(a_million_bytes),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
