/* test_length.c -- what the long tests score: every target once in windows, the same bytes at each length elsewhere, and the
 * numbers that one window at a time through the model gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"
#include "support.h"
#include "train/length_test.h"

#define LETTERS 11  /* vocabulary of check_model */
#define TRAINED 24
#define LONGEST 96

static struct subject subject;

static void near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%s: got %.15g, wanted %.15g", what, got, want);
}

static struct model *model_of(const char *name, const char *setting)
{
    subject_of(&subject, name, setting ? 1 : 0, &setting);
    return check_model(&subject.s, (struct shape){.causal = true, .train_length = TRAINED, .layers = 2}, 0.5, 3);
}

/* Loss and rights of one window by itself: `byte` has n + 1 bytes unless it ends its document. */
static struct tally directly(const struct model *m, const uint8_t *byte, size_t n, bool ends, size_t scored_from, size_t test_length,
                             double *row_loss)
{
    const size_t mark = arena_mark(memory);
    struct pack *p = check_pack(memory, 1, &n);
    int32_t *token = ARENA_ARRAY(memory, int32_t, n), *target = ARENA_ARRAY(memory, int32_t, n);
    double *loss = ARENA_ARRAY(memory, double, n);
    unsigned char *right = ARENA_ARRAY(memory, unsigned char, n);
    for (size_t i = 0; i < n; i++) {
        token[i] = byte[i];
        target[i] = i < scored_from || (ends && i + 1 == n) ? -1 : byte[i + 1];
    }
    p->token = token;
    p->target = target;
    tape tp;
    struct pass pass;
    tape_init(&tp, memory, kernel_choose(NULL), false);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = test_length};
    (void)cross_entropy(&tp, model_logits(m, &rq, &pass), target, loss, right);
    struct tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (target[i] < 0) continue;
        t.loss += loss[i];
        t.right += right[i];
        t.n++;
        if (row_loss) row_loss[i] = loss[i];
    }
    arena_rewind(memory, mark);
    return t;
}

static struct test_options no_tests(void)
{
    struct test_options o;
    option_defaults(test_option_table, &o, sizeof o);
    o.lengths = (struct int_list){3, {TRAINED, 40, LONGEST}};
    o.windows = o.last = o.repeated = false;
    o.last_targets = 10;
    o.last_places = 7;
    return o;
}

static void run(struct model *m, const struct text *x, const struct test_options *o, int threads, size_t pack_rows, struct results *r)
{
    struct workers w;
    workers_init(&w, threads, 0, m->n_values, kernel_choose(NULL));
    const struct length_test t = {.options = o, .model = m, .workers = &w, .text = *x, .split = "test", .train_length = TRAINED,
                                  .pack_rows = pack_rows, .seed = 1, .evaluation = "an id"};
    results_init(r);
    length_test_run(&t, r);
    workers_done(&w);
}

/* A document of 250 bytes, one of 1, one of 2, one that is shorter than every window, one of 97. */
static uint8_t bytes[360];
static const size_t starts[] = {0, 250, 251, 253, 263, 360};
static const struct text mixed = {bytes, sizeof bytes, starts, 5};

static void windows_cover_everything(void **state)
{
    (void)state;
    static const char *const names[] = {"rope", "alibi", "none", "cosine"};
    struct test_options o = no_tests();
    o.windows = true;
    for (size_t k = 0; k < 4; k++) {
        struct model *m = model_of(names[k], NULL);
        struct results r;
        run(m, &mixed, &o, 2, 64, &r);
        assert_int_equal(r.n_test, 3);
        for (size_t i = 0; i < 3; i++) {
            const struct test_row *row = &r.test[i];
            const size_t L = (size_t)o.lengths.at[i];
            struct tally sum = {0};
            double means[64], counts[64], squares = 0;
            size_t n = 0;
            for (size_t d = 0; d < mixed.n_documents; d++) {
                for (size_t at = starts[d]; at + 1 < starts[d + 1]; at += L) {
                    const size_t left = starts[d + 1] - at, here = left < L ? left : L;
                    const struct tally t = directly(m, bytes + at, here, here == left, 0, L, NULL);
                    sum.loss += t.loss, sum.right += t.right, sum.n += t.n;
                    means[n] = t.loss, counts[n++] = t.n;
                }
            }
            assert_string_equal(row->evaluation, "an id");
            assert_string_equal(row->split, "test");
            assert_string_equal(row->text, "ordinary");
            assert_string_equal(row->mode, "windows");
            assert_string_equal(row->reason, "");
            assert_int_equal(row->length, L);
            assert_int_equal(row->n, sizeof bytes - 5); /* every byte but each document's first */
            near("targets", sum.n, (double)row->n, 0);
            near("loss", row->loss, sum.loss / sum.n, 1e-12);
            near("accuracy", row->accuracy, sum.right / sum.n, 1e-14);
            for (size_t j = 0; j < n; j++) squares += pow(means[j] - row->loss * counts[j], 2);
            near("error", row->loss_error, sqrt(squares * (double)n / (double)(n - 1)) / sum.n, 1e-12);
        }
        results_done(&r);
        model_free(m);
    }
}

/* Position buckets: together the mean over windows, each its own mean. */
static void positions_add_up(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = true;
    struct model *m = model_of("rope", NULL);
    struct results r;
    run(m, &mixed, &o, 1, 64, &r);
    for (size_t i = 0; i < 3; i++) {
        const size_t L = (size_t)o.lengths.at[i];
        double at[LONGEST] = {0}, count[LONGEST] = {0}, row_loss[LONGEST], loss = 0, right = 0;
        for (size_t d = 0; d < mixed.n_documents; d++) {
            for (size_t b = starts[d]; b + 1 < starts[d + 1]; b += L) {
                const size_t left = starts[d + 1] - b, here = left < L ? left : L, scored = here - (here == left);
                (void)directly(m, bytes + b, here, here == left, 0, L, row_loss);
                for (size_t j = 0; j < scored; j++) at[j] += row_loss[j], count[j]++;
            }
        }
        int64_t n = 0, to = 0;
        for (size_t k = 0; k < r.n_position; k++) {
            const struct position_row *row = &r.position[k];
            if (row->length != (int64_t)L) continue;
            assert_int_equal(row->from, to); /* no gap: all positions have targets here */
            to = row->to;
            double sum = 0, of = 0;
            for (int64_t j = row->from; j < row->to; j++) sum += at[j], of += count[j];
            assert_int_equal(row->n, of);
            near("loss by position", row->loss, sum / of, 1e-12);
            n += row->n;
            loss += row->loss * (double)row->n;
            right += row->accuracy * (double)row->n;
        }
        assert_int_equal(to, L);
        assert_int_equal(n, r.test[i].n);
        near("all positions", loss / (double)n, r.test[i].loss, 1e-12);
        near("all positions, accuracy", right / (double)n, r.test[i].accuracy, 1e-12);
    }
    results_done(&r);
    model_free(m);
}

/* The same bits for any number of threads; another cut into packs changes rounding. */
static void threads_and_packs(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = o.last = o.repeated = true;
    o.stride = 5;
    struct model *m = model_of("rope", NULL);
    struct results a, b, c;
    run(m, &mixed, &o, 1, 100, &a);
    run(m, &mixed, &o, 3, 100, &b);
    run(m, &mixed, &o, 2, 1, &c);
    assert_int_equal(a.n_test, 12);
    assert_int_equal(b.n_test, 12);
    assert_memory_equal(a.test, b.test, 12 * sizeof *a.test);
    for (size_t i = 0; i < 12; i++) near("other packs", c.test[i].loss, a.test[i].loss, 1e-12);
    results_done(&a), results_done(&b), results_done(&c);
    model_free(m);
}

/* Documents of LONGEST + 1 bytes have one place each, their end: then it is known what must be scored. */
#define DOCUMENTS 4
static uint8_t even_bytes[DOCUMENTS * (LONGEST + 1)];
static size_t even_starts[DOCUMENTS + 1];
static struct text even;

static const struct test_row *find(const struct results *r, const char *text, const char *mode, int64_t length)
{
    for (size_t i = 0; i < r->n_test; i++)
        if (!strcmp(r->test[i].text, text) && !strcmp(r->test[i].mode, mode) && r->test[i].length == length) return &r->test[i];
    fail_msg("no row for %s text, %s, %lld", text, mode, (long long)length);
    return NULL;
}

static void expect_places(struct model *m, const struct results *r, const char *text, const char *mode, size_t targets,
                          uint8_t (*of)[LONGEST + 1], const struct test_options *o)
{
    for (size_t i = 0; i < o->lengths.n; i++) {
        const size_t L = (size_t)o->lengths.at[i];
        struct tally sum = {0};
        for (size_t d = 0; d < DOCUMENTS; d++) {
            const struct tally t = directly(m, of[d] + LONGEST - L, L, false, L - targets, L, NULL);
            sum.loss += t.loss, sum.right += t.right, sum.n += t.n;
        }
        const struct test_row *row = find(r, text, mode, (int64_t)L);
        assert_int_equal(row->n, DOCUMENTS * targets);
        near(mode, row->loss, sum.loss / sum.n, 1e-12);
        near(mode, row->accuracy, sum.right / sum.n, 1e-14);
        assert_true(isfinite(row->loss_error));
    }
}

static void last_block_stride_and_repeated(void **state)
{
    (void)state;
    static const char *const names[] = {"rope", "alibi", "rope_logn"};
    uint8_t tiled[DOCUMENTS][LONGEST + 1], plain[DOCUMENTS][LONGEST + 1];
    memcpy(plain, even_bytes, sizeof plain);
    for (size_t k = 0; k < 3; k++) {
        struct test_options o = no_tests();
        o.last = o.repeated = true;
        o.stride = 5;
        o.passage = k == 0 ? 0 : 17; /* 0: half the training length */
        const size_t passage = k == 0 ? TRAINED / 2 : 17;
        for (size_t d = 0; d < DOCUMENTS; d++) /* the bytes before the place over and over, backwards from it */
            for (size_t i = 0; i <= LONGEST; i++) tiled[d][i] = plain[d][LONGEST - (LONGEST - i) % passage];
        struct model *m = model_of(names[k], NULL);
        struct results r;
        run(m, &even, &o, 2, 200, &r);
        assert_int_equal(r.n_test, 9);
        expect_places(m, &r, "ordinary", "last", 10, plain, &o);
        expect_places(m, &r, "ordinary", "stride", 5, plain, &o);
        expect_places(m, &r, "repeated", "last", 10, tiled, &o);
        results_done(&r);
        model_free(m);
    }
}

/* A model that sees nothing but the byte before: if the bytes scored are the same, so is the loss at every length. */
static void lengths_score_the_same_bytes(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = o.last = o.repeated = true;
    o.stride = 5;
    struct model *m = model_of("none", NULL);
    for (int blind = 1; blind >= 0; blind--) {
        if (blind) {
            size_t n = 0;
            for (size_t l = 0; l < 2; l++) {
                char name[64];
                snprintf(name, sizeof name, "layer %zu.attention.o", l);
                real *w = parameter_of(m, name, &n);
                memset(w, 0, n * sizeof *w);
            }
        } else {
            model_free(m);
            m = model_of("none", NULL);
        }
        struct results r;
        run(m, &mixed, &o, 1, 200, &r);
        static const struct { const char *text, *mode; int64_t n; } sets[] = {
            {"ordinary", "last", 70}, {"ordinary", "stride", 0}, {"repeated", "last", 70}};
        for (size_t k = 0; k < 3; k++) {
            const struct test_row *first = find(&r, sets[k].text, sets[k].mode, TRAINED);
            if (sets[k].n) assert_int_equal(first->n, sets[k].n);
            for (size_t i = 1; i < 3; i++) {
                const struct test_row *row = find(&r, sets[k].text, sets[k].mode, o.lengths.at[i]);
                assert_int_equal(row->n, first->n);
                if (blind) near("blind model", row->loss, first->loss, 1e-12);
                else assert_true(fabs(row->loss - first->loss) > 1e-6); /* and one that sees is not fooled */
            }
        }
        if (blind) /* ordinary and repeated text end in the same bytes */
            near("repeated", find(&r, "repeated", "last", TRAINED)->loss, find(&r, "ordinary", "last", TRAINED)->loss, 1e-12);
        results_done(&r);
    }
    model_free(m);
}

/* Asked for more places than there are, each is taken once. */
static void every_place_once(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.last = true;
    o.last_places = 1000; /* more than there are */
    o.last_targets = 500; /* more than the shortest length */
    struct model *m = model_of("rope", NULL);
    struct results r;
    run(m, &mixed, &o, 1, 200, &r);
    /* 250 - 96 places in the first document and 1 in the last, each once; targets never more than the shortest length */
    assert_int_equal(find(&r, "ordinary", "last", LONGEST)->n, (250 - LONGEST + 97 - LONGEST) * TRAINED);
    results_done(&r);
    model_free(m);
}

static void windows_tokens_limits(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = true;
    o.windows_tokens = 100;
    struct model *m = model_of("rope", NULL);
    struct results a, b;
    run(m, &mixed, &o, 1, 200, &a);
    run(m, &mixed, &o, 1, 200, &b);
    for (size_t i = 0; i < 3; i++) {
        assert_true(a.test[i].n > 0 && a.test[i].n < 100 + LONGEST);
        assert_true(a.test[i].loss == b.test[i].loss);
    }
    results_done(&a), results_done(&b);
    model_free(m);
}

/* A model that sees one byte at a time, wherever it stands, finds every length equally hard, if each is asked for the same bytes. */
static void windows_of_all_lengths_are_of_the_same_bytes(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = true;
    o.windows_tokens = 100;
    struct model *m = model_of("longformer", "window=0");
    struct results r;
    run(m, &mixed, &o, 1, 200, &r);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(r.test[i].n, r.test[0].n);
        assert_true(fabs(r.test[i].loss - r.test[0].loss) < 1e-12);
    }
    assert_true(r.test[0].n < 250); /* not the whole split, where it would be so in any case */
    results_done(&r);
    model_free(m);
}

/* Each target by itself, after exactly so many tokens: no other target of its window, and none of the bytes before. */
static void context_is_exact(void **state)
{
    (void)state;
    static const char *const names[] = {"rope", "alibi", "transformer_xl"};
    struct test_options o = no_tests();
    o.context = (struct int_list){4, {1, 5, TRAINED, LONGEST}};
    o.context_targets = 1000; /* more than there are: one a document */
    for (size_t k = 0; k < 3; k++) {
        struct model *m = model_of(names[k], NULL);
        struct results r, other;
        run(m, &even, &o, 2, 200, &r);
        run(m, &even, &o, 1, 200, &other);
        assert_int_equal(r.n_test, o.context.n);
        assert_string_equal(r.context->evaluation, "an id");
        assert_string_equal(r.context->split, "test");
        assert_int_equal(r.context->n_lengths, o.context.n);
        assert_int_equal(r.context->n_targets, DOCUMENTS);
        assert_memory_equal(r.context->loss, other.context->loss, o.context.n * DOCUMENTS * sizeof *r.context->loss);
        for (size_t i = 0; i < o.context.n; i++) {
            const size_t c = (size_t)o.context.at[i];
            const struct test_row *row = find(&r, "ordinary", "context", (int64_t)c);
            double sum = 0, right = 0;
            assert_int_equal(r.context->length[i], c);
            for (size_t d = 0; d < DOCUMENTS; d++) {
                const struct tally t = directly(m, even_bytes + d * (LONGEST + 1) + LONGEST - c, c, false, c - 1, c, NULL);
                near("targets", t.n, 1, 0);
                near("one target", (double)r.context->loss[i * DOCUMENTS + d], t.loss, 1e-6);
                sum += t.loss, right += t.right;
            }
            assert_int_equal(row->n, DOCUMENTS);
            near("their mean", row->loss, sum / DOCUMENTS, 1e-12);
            near("rights", row->accuracy, right / DOCUMENTS, 1e-14);
        }
        results_done(&r), results_done(&other);
        model_free(m);
    }
}

/* Who sees one byte alone has the same loss of a target whatever stands before; who sees more has not. */
static void context_scores_the_same_targets(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.context = (struct int_list){3, {2, 30, LONGEST}};
    o.context_targets = 40;
    for (int blind = 0; blind < 2; blind++) {
        struct model *m = model_of("longformer", blind ? "window=0" : "window=8");
        struct results r;
        size_t others = 0;
        run(m, &mixed, &o, 1, 200, &r);
        assert_int_equal(r.context->n_targets, 40);
        for (size_t i = 40; i < 120; i++) others += fabs((double)(r.context->loss[i] - r.context->loss[i % 40])) > 1e-6;
        if (blind) assert_int_equal(others, 0);
        else assert_true(others > 60);
        results_done(&r);
        model_free(m);
    }
}

static void contexts_refused(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.context = (struct int_list){2, {TRAINED, 40}};
    struct model *m = model_of("learned", NULL);
    struct results r;
    run(m, &mixed, &o, 1, 200, &r);
    assert_int_equal(r.n_test, 2);
    assert_string_equal(r.test[0].reason, "");
    assert_non_null(strstr(r.test[1].reason, "training length"));
    for (size_t i = 0; i < 2 * r.context->n_targets; i++) assert_int_equal(isfinite((double)r.context->loss[i]), i < r.context->n_targets);
    results_done(&r);
    o.context = (struct int_list){1, {400}}; /* longer than every document */
    run(m, &mixed, &o, 1, 200, &r);
    assert_int_equal(r.context->n_targets, 0);
    assert_true(isnan(r.test[0].loss) && r.test[0].reason[0]);
    results_done(&r);
    model_free(m);
}

static void refusals_have_reasons(void **state)
{
    (void)state;
    struct test_options o = no_tests();
    o.windows = o.last = o.repeated = true;
    struct model *m = model_of("learned", NULL);
    struct results r;
    run(m, &mixed, &o, 2, 200, &r);
    assert_int_equal(r.n_test, 9);
    for (size_t i = 0; i < r.n_test; i++) {
        const struct test_row *row = &r.test[i];
        const bool trained = row->length == TRAINED;
        assert_int_equal(row->reason[0] == 0, trained);
        assert_int_equal(isfinite(row->loss), trained);
        assert_int_equal(row->n > 0, trained);
        if (trained) continue;
        assert_non_null(strstr(row->reason, "training length"));
        assert_true(isnan(row->loss) && isnan(row->accuracy) && isnan(row->loss_error)); /* never a number */
    }
    for (size_t i = 0; i < r.n_position; i++) assert_int_equal(r.position[i].length, TRAINED);
    results_done(&r);
    model_free(m);
    static const char *const defined[] = {"beyond=clamp", "beyond=tile", "beyond=interpolate"};
    for (size_t k = 0; k < 3; k++) {
        m = model_of("learned", defined[k]);
        run(m, &mixed, &o, 2, 200, &r);
        for (size_t i = 0; i < r.n_test; i++) assert_true(!r.test[i].reason[0] && isfinite(r.test[i].loss));
        results_done(&r);
        model_free(m);
    }
}

static void short_documents_have_reasons(void **state)
{
    (void)state;
    static const size_t short_starts[] = {0, 90, 180, 276}; /* none has LONGEST + 1 bytes */
    const struct text x = {bytes, 276, short_starts, 3};
    struct test_options o = no_tests();
    o.windows = o.last = o.repeated = true;
    o.stride = 5;
    struct model *m = model_of("rope", NULL);
    struct results r;
    run(m, &x, &o, 1, 200, &r);
    for (size_t i = 0; i < r.n_test; i++) {
        const struct test_row *row = &r.test[i];
        if (strcmp(row->mode, "windows") == 0) {
            assert_string_equal(row->reason, "");
            assert_int_equal(row->n, 273);
            continue;
        }
        assert_non_null(strstr(row->reason, "long enough"));
        assert_true(isnan(row->loss) && row->n == 0);
    }
    results_done(&r);
    /* Nothing to score at all. */
    static const size_t single[] = {0, 1, 2};
    const struct text nothing = {bytes, 2, single, 2};
    run(m, &nothing, &o, 1, 200, &r);
    for (size_t i = 0; i < r.n_test; i++) assert_true(r.test[i].reason[0] && isnan(r.test[i].loss) && r.test[i].n == 0);
    results_done(&r);
    model_free(m);
}

/* The subset that training watches: whole windows of the training length, the same each time. */
static void subset(void **state)
{
    (void)state;
    struct model *m = model_of("rope", NULL);
    struct workers w;
    workers_init(&w, 2, 0, m->n_values, kernel_choose(NULL));
    const struct tally all = length_test_subset(&w, m, &mixed, TRAINED, 100000, 64, 1);
    near("all of it", all.n, sizeof bytes - 5, 0);
    struct test_options o = no_tests();
    o.windows = true;
    struct results r;
    run(m, &mixed, &o, 1, 64, &r);
    near("as the windows are", all.loss / all.n, r.test[0].loss, 1e-12);
    results_done(&r);
    const struct tally some = length_test_subset(&w, m, &mixed, TRAINED, 3 * TRAINED, 64, 1);
    const struct tally again = length_test_subset(&w, m, &mixed, TRAINED, 3 * TRAINED, 64, 2);
    assert_true(some.n > 0 && some.n <= 3 * TRAINED);
    near("the same for every seed", again.loss, some.loss, 0);
    workers_done(&w);
    model_free(m);
}

static int setup(void **state)
{
    memory_setup(state);
    random_bytes(bytes, sizeof bytes, LETTERS, 21);
    random_bytes(even_bytes, sizeof even_bytes, LETTERS, 22);
    for (size_t d = 0; d <= DOCUMENTS; d++) even_starts[d] = d * (LONGEST + 1);
    even = (struct text){even_bytes, sizeof even_bytes, even_starts, DOCUMENTS};
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_cover_everything),       cmocka_unit_test(positions_add_up),
        cmocka_unit_test(threads_and_packs),              cmocka_unit_test(last_block_stride_and_repeated),
        cmocka_unit_test(lengths_score_the_same_bytes),   cmocka_unit_test(every_place_once),
        cmocka_unit_test(windows_tokens_limits),          cmocka_unit_test(windows_of_all_lengths_are_of_the_same_bytes),
        cmocka_unit_test(refusals_have_reasons),          cmocka_unit_test(short_documents_have_reasons),
        cmocka_unit_test(context_is_exact),               cmocka_unit_test(context_scores_the_same_targets),
        cmocka_unit_test(contexts_refused),               cmocka_unit_test(subset),
    };
    return cmocka_run_group_tests(tests, setup, memory_teardown);
}
