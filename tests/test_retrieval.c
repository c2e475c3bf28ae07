/* test_retrieval.c -- pairs of texts: the heads against a hand computation, packs that are never cut inside a pair, the
 * properties of the books' pairs read by another reader, the files of AAN, and a run from end to end.
 *
 * Real books: REACH_DATA/gutenberg, if there is such a folder; said aloud if there is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "archived.h"
#include "folder.h"
#include "process.h"
#include "support.h"
#include "tasks/books.h"
#include "tasks/pair_predictors.h"
#include "train/feed.h"
#include "train/workers.h"

#define C 6

static void near(const char *what, double got, double want, double tolerance)
{
    if (fabs(got - want) <= tolerance * (1 + fabs(want))) return;
    fail_msg("%s: got %.15g, wanted %.15g, tolerance %g", what, got, want, tolerance);
}

/* ---- models -------------------------------------------------------------------------------------------------- */

/* A small encoder with random values everywhere; `head` is of pairs, or a plain classifier of C classes if negative. */
static struct model *make_model(int head, int64_t feed_forward, int64_t head_hidden, double dropout)
{
    static struct subject rope;
    struct model_options o;
    struct model *m;
    subject_of(&rope, "rope", 0, NULL);
    option_defaults(model_option_table, &o, sizeof o);
    o.width = C, o.heads = 1, o.layers = 1, o.feed_forward = feed_forward, o.head_hidden = head_hidden, o.dropout = dropout;
    o.pair_head = head < 0 ? 0 : head;
    const struct model_spec spec = {.options = &o, .attention = rope.s.attention, .attention_options = rope.s.attention_options,
                                    .position = rope.s.position, .position_options = rope.s.position_options, .vocabulary = 11,
                                    .classes = head < 0 ? C : 3, .pairs = head >= 0, .train_length = 40, .seed = 1};
    if (model_new(&spec, &m) != OK) fail_msg("%s", status_message());
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (!p->buffer) check_fill(m->values + p->offset, p->rows * p->cols, 0.5, 10 + i);
    }
    return m;
}

static void logits_of(const struct model *m, const struct pack *p, real *out)
{
    arena *a = arena_new("test");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), false);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = 40, .seed = 1};
    const node *y = model_logits(m, &rq, &pass);
    memcpy(out, y->val, y->rows * y->cols * sizeof *out);
    arena_free(a);
}

/* The pooled rows: what a classifier with the same encoder and the identity as its head gives. */
static void pooled_of(const struct model *pairs, const struct pack *p, real *out)
{
    struct model *m = make_model(-1, 8, 0, 0);
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *q = &m->parameter[i];
        const real *from = strncmp(q->name, "head.", 5) == 0 ? NULL : parameter_of(pairs, q->name, NULL);
        if (from) memcpy(m->values + q->offset, from, q->rows * q->cols * sizeof *from);
    }
    real *w = parameter_of(m, "head.out", NULL), *b = parameter_of(m, "head.out.bias", NULL);
    for (size_t i = 0; i < C * C; i++) w[i] = i / C == i % C;
    for (size_t i = 0; i < C; i++) b[i] = 0;
    logits_of(m, p, out);
    model_free(m);
}

/* y = x W + b by hand; f: 'r' ReLU, 'g' GELU, ' ' none. */
static void dense(const struct model *m, const char *name, const double *x, size_t in, size_t out, char f, double *y)
{
    char bias[64];
    size_t n = 0, n_bias = 0;
    snprintf(bias, sizeof bias, "%s.bias", name);
    const real *w = parameter_of(m, name, &n), *b = parameter_of(m, bias, &n_bias);
    assert_int_equal(n, in * out);
    assert_int_equal(n_bias, out);
    for (size_t j = 0; j < out; j++) {
        double z = b[j];
        for (size_t i = 0; i < in; i++) z += x[i] * w[i * out + j];
        y[j] = f == 'r' ? fmax(z, 0) : f == 'g' ? z * 0.5 * (1 + erf(z / sqrt(2))) : z;
    }
}

static void heads(void **state)
{
    (void)state;
    static const size_t lengths[] = {5, 9, 1, 4, 13, 2};
    for (int head = 0; head < 3; head++)
        for (int64_t hidden = 0; hidden <= 10; hidden += 10) {
            const size_t f = head == PAIR_S4 ? C : hidden ? 10 : 8;
            struct model *m = make_model(head, 8, hidden, 0);
            arena *a = arena_new("pack");
            const struct pack *p = check_pack(a, 6, lengths);
            real rows[6 * C], got[3 * 3];
            pooled_of(m, p, rows);
            logits_of(m, p, got);
            for (size_t e = 0; e < 3; e++) {
                double x[4 * C], h[16], h2[16], want[3];
                for (size_t c = 0; c < C; c++) {
                    const double first = rows[2 * e * C + c], second = rows[(2 * e + 1) * C + c];
                    x[c] = first, x[C + c] = second;
                    x[2 * C + c] = head == PAIR_S4 ? first - second : first * second;
                    x[3 * C + c] = head == PAIR_S4 ? first * second : first - second;
                }
                dense(m, "head.hidden", x, head == PAIR_LRA2021 ? 2 * C : 4 * C, f, head == PAIR_S4 ? 'g' : 'r', h);
                if (head == PAIR_LRA2021) dense(m, "head.hidden2", h, f, f / 2, 'r', h2);
                dense(m, "head.out", head == PAIR_LRA2021 ? h2 : h, head == PAIR_LRA2021 ? f / 2 : f, 3, ' ', want);
                for (size_t j = 0; j < 3; j++) near("logit of a pair", got[3 * e + j], want[j], 1e-12);
            }
            arena_free(a);
            model_free(m);
        }
}

static void head_gradients(void **state)
{
    (void)state;
    static const size_t lengths[] = {5, 9, 1, 4};
    for (int head = 0; head < 3; head++) {
        struct model *m = make_model(head, 8, 0, 0);
        arena *a = arena_new("pack");
        const struct pack *p = check_pack(a, 4, lengths);
        real *g = calloc(m->n_values, sizeof *g);
        assert_true(p->target[0] >= 0 && p->target[1] >= 0);
        check_loss(m, p, g);
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct model_parameter *q = &m->parameter[i];
            for (size_t j = 0; !q->buffer && j < q->rows * q->cols; j++) {
                real *x = m->values + q->offset + j, was = *x;
                *x = was + 1e-5;
                const double up = check_loss(m, p, NULL);
                *x = was - 1e-5;
                near(q->name, g[q->offset + j], (up - check_loss(m, p, NULL)) / 2e-5, 1e-7);
                *x = was;
            }
        }
        free(g);
        arena_free(a);
        model_free(m);
    }
}

/* 2 per multiply-add: two encoders and the layers of the head, whose parameters are each used once. */
static void flops(void **state)
{
    (void)state;
    struct model *plain = make_model(-1, 8, 0, 0);
    for (int head = 0; head < 3; head++) {
        struct model *m = make_model(head, 8, 10, 0);
        const double encoder = model_flops(plain, 16) - 2 * C * C;
        const double layers = head == PAIR_LRA2021 ? 2 * C * 10 + 10 * 5 + 5 * 3 : head == PAIR_S4 ? 4 * C * C + C * 3 : 4 * C * 10 + 10 * 3;
        near("flops", model_flops(m, 16), 2 * encoder + 2 * layers, 1e-15);
        model_free(m);
    }
    model_free(plain);
}

/* ---- packs --------------------------------------------------------------------------------------------------- */

#define MOST 23

/* Pairs of random tokens below 11, and a class. */
static struct sequence *random_pairs(arena *a, size_t n, uint64_t seed)
{
    struct sequence *s = ARENA_ZEROS(a, struct sequence, 2 * n);
    random_stream r = random_stream_of(seed, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < 2 * n; i++) {
        int32_t *token = ARENA_ARRAY(a, int32_t, MOST);
        for (size_t j = 0; j < MOST; j++) token[j] = (int32_t)random_below(&r, 11);
        const int32_t label = i % 2 ? s[i - 1].label : (int32_t)random_below(&r, 3);
        s[i] = (struct sequence){.id = i, .n = 1 + random_below(&r, MOST), .token = token, .label = label, .first_of_two = i % 2 == 0};
    }
    return s;
}

static void packs_never_split(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 200; rows += 13) {
        arena *a = arena_new("packs");
        struct sequence *s = random_pairs(a, 50, rows);
        size_t n_packs, *first_of, at = 0, targets = 0;
        const struct pack *p = batch_packs(a, s, 100, rows, &n_packs, &first_of);
        for (size_t k = 0; k < n_packs; k++) {
            assert_int_equal(first_of[k], at);
            assert_int_equal(p[k].n % 2, 0);
            assert_true(p[k].n == 2 || pack_rows(&p[k]) <= rows);
            if (at + p[k].n < 100) assert_true(pack_rows(&p[k]) + s[at + p[k].n].n + s[at + p[k].n + 1].n > rows); /* no room left */
            for (size_t e = 0; e < p[k].n; e++, at++) {
                assert_int_equal(p[k].id[e], at);
                assert_int_equal(p[k].offset[e + 1] - p[k].offset[e], s[at].n);
                assert_memory_equal(p[k].token + p[k].offset[e], s[at].token, s[at].n * sizeof(int32_t));
                assert_int_equal(p[k].target[e / 2], s[at].label);
            }
        }
        assert_int_equal(at, 100);
        for (size_t i = 0; i < 100; i++) targets += sequence_targets(&s[i]);
        assert_int_equal(targets, 50);
        arena_free(a);
    }
}

static void evaluate(const struct model *m, struct sequence *s, size_t n, size_t rows, struct tally *of)
{
    struct workers w;
    struct scores out = {.of = of};
    workers_init(&w, 2, 0, m->n_values, kernel_choose(NULL));
    workers_evaluate(&w, m, s, n, rows, MOST, 1, &out);
    workers_done(&w);
}

/* One tally for each pair, and the same whoever stands beside it; 300 pairs are more than evaluation lays out at a time. */
static void beside_others(void **state)
{
    (void)state;
    struct model *m = make_model(PAIR_SMALL, 8, 0, 0);
    arena *a = arena_new("pairs");
    struct sequence *s = random_pairs(a, 300, 3);
    struct tally together[300], alone;
    evaluate(m, s, 600, 200, together);
    for (size_t e = 0; e < 300; e++) {
        evaluate(m, s + 2 * e, 2, 1, &alone);
        near("loss beside others", together[e].loss, alone.loss, 1e-12);
        assert_true(together[e].n == 1 && together[e].right == alone.right);
    }
    arena_free(a);
    model_free(m);
}

/* (a, b) and (b, a) are two examples: no head is symmetric, each is asked to learn it. */
static void order_matters(void **state)
{
    (void)state;
    for (int head = 0; head < 3; head++) {
        struct model *m = make_model(head, 8, 0, 0);
        arena *a = arena_new("pairs");
        struct sequence *s = random_pairs(a, 1, 3), turned[2] = {s[1], s[0]};
        struct tally one, other;
        turned[0].first_of_two = true, turned[1].first_of_two = false;
        evaluate(m, s, 2, 1, &one);
        evaluate(m, turned, 2, 1, &other);
        assert_true(fabs(one.loss - other.loss) > 1e-6);
        arena_free(a);
        model_free(m);
    }
}

/* Gradients of a step: the same bits for one thread and two; the two texts are dropped out differently. */
static void training(void **state)
{
    (void)state;
    struct model *m = make_model(PAIR_LRA2021, 8, 0, 0.3);
    arena *a = arena_new("pairs");
    struct sequence *s = random_pairs(a, 20, 5);
    size_t n_packs, *first_of;
    const struct pack *p = batch_packs(a, s, 40, 100, &n_packs, &first_of);
    real *kept = calloc(4 * m->n_values, sizeof *kept);
    for (int threads = 1; threads <= 2; threads++) {
        struct workers w;
        workers_init(&w, threads, 4, m->n_values, kernel_choose(NULL));
        const struct tally t = workers_train(&w, m, p, n_packs, 20, 1, 7);
        assert_true(t.n == 20);
        for (size_t k = 0; k < 4; k++) {
            real *at = kept + k * m->n_values;
            if (threads == 1) memcpy(at, w.gradient[k], m->n_values * sizeof *at);
            else assert_memory_equal(at, w.gradient[k], m->n_values * sizeof *at);
        }
        workers_done(&w);
    }
    free(kept);
    arena_free(a);
    model_free(m);
}

/* ---- pairs from books ---------------------------------------------------------------------------------------- */

/* Book b is words "b07:00123 ", ten bytes each, so that a passage tells where it is from.  Odd books are longer. */
static void put_books(const char *name, int n)
{
    for (int b = 0; b < n; b++) {
        char file[64], word[32];
        const int words = b % 2 ? 300 : 60;
        char *text = calloc((size_t)words + 1, 10);
        for (int i = 0; i < words; i++) {
            snprintf(word, sizeof word, "b%02d:%05d ", b, i);
            memcpy(text + 10 * i, word, 10);
        }
        snprintf(file, sizeof file, "%s/book-%02d.txt", name, b);
        put_bytes(file, text, (size_t)words * 10);
        free(text);
    }
}

#define L 40

struct passage { int book; long place; };

/* Book and place of L tokens: from their first whole word, then every byte is compared. */
static struct passage read_passage(const int32_t *token)
{
    char text[L + 1], word[32];
    for (size_t i = 0; i < L; i++) text[i] = (char)(token[i] - 1);
    text[L] = 0;
    const char *b = strchr(text, 'b');
    assert_non_null(b);
    struct passage p = {0};
    int number;
    assert_int_equal(sscanf(b, "b%2d:%5d ", &p.book, &number), 2);
    p.place = 10L * number - (b - text);
    for (long i = 0; i < L; i++) {
        snprintf(word, sizeof word, "b%02d:%05ld ", p.book, (p.place + i) / 10);
        assert_int_equal(text[i], word[(p.place + i) % 10]);
    }
    return p;
}

static void set_option(const struct task *t, void *options, const char *name, const char *value)
{
    if (option_set_text(option_find(t->options, name), options, value) != OK) fail_msg("%s", status_message());
}

static void book_options(void *options, const char *corpus, const char *seed)
{
    const struct task *t = task_find("retrieval-books");
    option_defaults(t->options, options, t->options_size);
    set_option(t, options, "corpus", corpus);
    set_option(t, options, "length", "40");
    set_option(t, options, "train", "4000");
    set_option(t, options, "valid", "400");
    set_option(t, options, "test", "400");
    set_option(t, options, "seed", seed);
}

static void book_pairs(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval-books");
    char options[4096];
    int where[20];
    double from_edge[2] = {0}, count[2] = {0}, earlier = 0, often[20][2] = {{0}};
    put_books("library", 20);
    for (int b = 0; b < 20; b++) where[b] = -1;
    book_options(options, in_folder("library"), "1");
    void *self, *again;
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->open(&again, options, folder), OK);
    assert_true(t->pairs && t->kind == TASK_CLASSIFY && t->longest(self) == L && t->vocabulary(self) == 257 && t->classes(self) == 2);
    for (int s = 0; s < SPLITS; s++) {
        size_t same = 0;
        const size_t n = t->count(self, (enum split)s);
        assert_int_equal(n, s == SPLIT_TRAIN ? 4000 : 400);
        for (size_t i = 0; i < n; i++) {
            int32_t token[2 * L], other[2 * L];
            struct example e = {.token = token}, f = {.token = other};
            assert_int_equal(t->example(self, (enum split)s, i, &e), OK);
            assert_int_equal(t->example(again, (enum split)s, i, &f), OK);
            assert_true(e.n == 2 * L && e.n_first == L && f.label == e.label);
            assert_memory_equal(token, other, sizeof token);
            const struct passage a = read_passage(token), b = read_passage(token + L);
            const struct passage *both[] = {&a, &b};
            assert_int_equal(e.label, a.book == b.book);
            same += e.label == 1;
            if (e.label) {
                const long bytes = a.book % 2 ? 3000 : 600, gap = labs(a.place - b.place) - L;
                assert_true(gap >= L && 4 * gap >= bytes);
                if (s == SPLIT_TRAIN) earlier += a.place < b.place;
            }
            for (int k = 0; k < 2; k++) {
                assert_true(where[both[k]->book] == -1 || where[both[k]->book] == s); /* no book in two splits */
                where[both[k]->book] = s;
                if (s != SPLIT_TRAIN) continue;
                const double at = (double)both[k]->place / ((both[k]->book % 2 ? 3000 : 600) - L);
                from_edge[e.label] += fabs(at - 0.5);
                count[e.label]++;
                often[both[k]->book][e.label]++;
            }
        }
        assert_int_equal(2 * same, n);
    }
    size_t books[SPLITS] = {0};
    for (int b = 0; b < 20; b++) {
        assert_int_not_equal(where[b], -1); /* every book is used */
        books[where[b]]++;
    }
    for (int b = 0; b < 20; b++) { /* equal chances, within 4.5 standard deviations of counts */
        const double pairs = 2000 / (double)books[SPLIT_TRAIN];
        if (where[b] != SPLIT_TRAIN) continue;
        assert_true(fabs(often[b][1] / 2 - pairs) < 4.5 * sqrt(pairs) && fabs(often[b][0] - 2 * pairs) < 4.5 * sqrt(2 * pairs));
    }
    assert_true(books[SPLIT_VALID] >= 2 && books[SPLIT_TEST] >= 2);
    near("share of pairs in the book's order", earlier / 2000, 0.5, 0.03);
    near("distance from the middle of a book, both classes", from_edge[1] / count[1], from_edge[0] / count[0], 0.01);
    t->close(self);
    t->close(again);
}

static void checksum_of(const char *options, char out[33])
{
    const struct task *t = task_find("retrieval-books");
    void *self;
    if (t->open(&self, options, folder) != OK) fail_msg("%s", status_message());
    t->checksum(self, out);
    t->close(self);
}

static void book_seeds(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval-books");
    char options[2][4096], sum[2][33];
    int32_t token[2][2 * L];
    put_books("library", 20);
    for (int k = 0; k < 2; k++) {
        void *self;
        struct example e = {.token = token[k]};
        book_options(options[k], in_folder("library"), k ? "2" : "1");
        assert_int_equal(t->open(&self, options[k], folder), OK);
        assert_int_equal(t->example(self, SPLIT_TRAIN, 5, &e), OK);
        t->close(self);
        checksum_of(options[k], sum[k]);
    }
    assert_memory_not_equal(token[0], token[1], sizeof token[0]);
    assert_string_not_equal(sum[0], sum[1]); /* other books are held out */
    checksum_of(options[0], sum[1]);
    assert_string_equal(sum[0], sum[1]);
}

static void assert_refused(const struct task *t, const void *options, const char *reason)
{
    void *self;
    assert_int_equal(t->open(&self, options, folder), ERR_DATA);
    assert_null(self);
    if (!strstr(status_message(), reason)) fail_msg("\"%s\" lacks \"%s\"", status_message(), reason);
}

/* Own parts are kept where they will do; books are dealt where not; too few are refused. */
static void book_parts(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval-books");
    char options[4096];
    struct books b;
    put_books("parts/train", 3);
    put_books("parts/valid", 2);
    put_books("parts/test", 4);
    assert_int_equal(books_open(&b, in_folder("parts"), 1, folder, 100), OK);
    assert_true(!b.dealt && b.n[SPLIT_TRAIN] == 3 && b.n[SPLIT_VALID] == 2 && b.n[SPLIT_TEST] == 4);
    books_close(&b);
    put_books("six", 6);
    assert_int_equal(books_open(&b, in_folder("six"), 1, folder, 100), OK);
    assert_true(b.dealt && b.n[SPLIT_TRAIN] == 2 && b.n[SPLIT_VALID] == 2 && b.n[SPLIT_TEST] == 2);
    books_close(&b);
    assert_int_equal(books_open(&b, in_folder("six"), 1, folder, 601), ERR_DATA); /* three are shorter */
    assert_non_null(strstr(status_message(), "six books of at least 601 bytes"));
    put_books("two", 2); /* which a corpus cuts by position */
    book_options(options, in_folder("two"), "1");
    assert_refused(t, options, "pieces of fewer files");
    book_options(options, "kjv", "1");
    assert_refused(t, options, "reach data make kjv");
}

/* ---- files of AAN -------------------------------------------------------------------------------------------- */

static void aan_options(void *options, const char *where, const char *length)
{
    const struct task *t = task_find("retrieval");
    option_defaults(t->options, options, t->options_size);
    set_option(t, options, "folder", where);
    set_option(t, options, "length", length);
}

static void assert_text(const int32_t *token, size_t n, const char *text)
{
    assert_int_equal(n, strlen(text));
    for (size_t i = 0; i < n; i++) assert_int_equal(token[i], (unsigned char)text[i] + 1);
}

static void aan_files(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval");
    char options[4096], line[512];
    int32_t token[24];
    struct example e = {.token = token};
    void *self;
    put("aan/new_aan_pairs.train.tsv", "1.0\tP1\tP2\tan \"odd\" quote\tb\xc3\xa9\n0\tP3\tP4\t\tnothing before\r\n1\tx\ty\tlast\tline");
    put("aan/new_aan_pairs.eval.tsv", "0.0\t1\t2\tab\tc\n");
    put("aan/new_aan_pairs.test.tsv", "1\t1\t2\tab\tc\n0\t1\t2\td\te\n");
    aan_options(options, "aan", "12");
    assert_true(t->present(options, folder, line, sizeof line));
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->count(self, SPLIT_TRAIN), 3);
    assert_int_equal(t->count(self, SPLIT_VALID), 1);
    assert_int_equal(t->count(self, SPLIT_TEST), 2);
    assert_int_equal(t->longest(self), 12);
    assert_int_equal(t->vocabulary(self), 257);
    assert_int_equal(t->example(self, SPLIT_TRAIN, 0, &e), OK);
    assert_int_equal(e.label, 1);
    assert_text(token, e.n_first, "an \"odd\" quo"); /* the first 12 bytes */
    assert_text(token + e.n_first, e.n - e.n_first, "b\xc3\xa9");
    assert_int_equal(t->example(self, SPLIT_TRAIN, 1, &e), OK);
    assert_int_equal(e.label, 0);
    assert_true(e.n_first == 1 && token[0] == 0);
    assert_text(token + 1, e.n - 1, "nothing befo");
    assert_int_equal(t->example(self, SPLIT_TRAIN, 2, &e), OK);
    assert_text(token + e.n_first, e.n - e.n_first, "line");
    char sum[2][33];
    t->checksum(self, sum[0]);
    t->close(self);
    aan_options(options, "aan", "4000");
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->longest(self), 14);
    t->checksum(self, sum[1]);
    assert_string_not_equal(sum[0], sum[1]);
    t->close(self);
    t->close(NULL);
}

/* Files that are there and broken: test_hostile.c. */
static void aan_absent(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval");
    char options[4096], line[512];
    aan_options(options, "aan", "12");
    assert_refused(t, options, "new_aan_pairs.train.tsv is not there");
    assert_false(t->present(options, folder, line, sizeof line));
    put("aan/new_aan_pairs.train.tsv", "1\t1\t2\tab\tc\n");
    assert_refused(t, options, "new_aan_pairs.eval.tsv is not there");
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

/* Alike: words of one alphabet.  Letters: one side has other letters.  Words: the same letters in other words. */
static void put_alike(const char *name, size_t n, bool other_letters, uint64_t seed)
{
    char *text = calloc(n, 256), *at = text;
    random_stream r = random_stream_of(seed, RANDOM_TEST, 9, 0);
    for (size_t i = 0; i < n; i++) {
        const bool alike = random_below(&r, 10) < 4;
        at += sprintf(at, "%d\t1\t2\t", alike);
        for (int k = 0; k < 2; k++) {
            const bool other = k == 1 && !alike;
            for (int w = 0; w < 20; w++)
                at += sprintf(at, "%s ", other_letters && other ? (random_below(&r, 2) ? "xyz" : "uvw")
                                       : other ? (random_below(&r, 2) ? "cab" : "fed") : (random_below(&r, 2) ? "abc" : "def"));
            *at++ = k ? '\n' : '\t';
        }
    }
    put_bytes(name, text, (size_t)(at - text));
    free(text);
}

static void predictors(void **state)
{
    (void)state;
    const struct task *t = task_find("retrieval");
    char options[4096];
    aan_options(options, "aan", "4000");
    for (int letters = 0; letters < 2; letters++) {
        struct predictor p[TASK_PREDICTORS];
        size_t n, same = 0;
        void *self;
        put_alike("aan/new_aan_pairs.train.tsv", 300, letters, 1);
        put_alike("aan/new_aan_pairs.eval.tsv", 10, letters, 2);
        put_alike("aan/new_aan_pairs.test.tsv", 200, letters, 3);
        assert_int_equal(t->open(&self, options, folder), OK);
        assert_int_equal(t->predictors(self, SPLIT_TEST, p, &n), OK);
        assert_int_equal(n, PAIR_PREDICTORS);
        for (size_t i = 0; i < 200; i++) {
            int32_t token[512];
            struct example e = {.token = token};
            assert_int_equal(t->example(self, SPLIT_TEST, i, &e), OK);
            same += e.label == 1;
        }
        assert_string_equal(p[0].name, "commonest label");
        near("share of the commonest label", p[0].accuracy, (double)(200 - same) / 200, 1e-12);
        near("words tell", p[3].accuracy, 1, 1e-12);
        for (size_t k = 1; k < 3; k++) {
            if (letters) near(p[k].name, p[k].accuracy, 1, 1e-12);
            else assert_true(p[k].accuracy < 0.75); /* letters tell nothing */
        }
        assert_true(isnan(p[1].loss) && isnan(p[3].loss) && p[2].loss < (letters ? 0.1 : 1) && p[2].loss > 0);
        t->close(self);
    }
}

/* ---- the program --------------------------------------------------------------------------------------------- */

static const struct finished *run_reach(const char *arguments)
{
    return process_run("cd '%s' && '%s' %s", folder, reach, arguments);
}

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || !strstr(f->out, text)) fail_msg("exit code %d, wanted %d and \"%s\":\n%s", f->code, code, text, f->out);
}

static void put_config(const char *name, const char *model, const char *task)
{
    char yaml[8192];
    snprintf(yaml, sizeof yaml,
             "title: tiny\nmodel: {width: 8, layers: 1, heads: 1%s}\n"
             "train: {batch: 8, steps: 12, rate: 1e-3, log_every: 4, eval_every: 6, eval_tokens: 4096, pack_rows: 200, shards: 4}\n"
             "tasks: [%s]\nvariants: [rope, linear]\nseeds: [1]\n", model, task);
    put(name, yaml);
}

static void whole_run(void **state)
{
    (void)state;
    char task[FILE_PATH + 256];
    put_books("library", 12);
    snprintf(task, sizeof task, "{retrieval-books: {corpus: \"%s\", length: 40, train: 200, valid: 70, test: 90}}", in_folder("library"));
    put_config("tiny.yaml", ", feed_forward: 8, pair_head: lra2021", task);
    expect(run_reach("run tiny.yaml --threads 2"), 0, "2 trained");
    expect(run_reach("run tiny.yaml --threads 1"), 0, "2 were done");
    expect(run_reach("table tiny.yaml"), 0, "word cosine");
    expect(run_reach("table tiny.yaml"), 0, "(AAN)");
    expect(run_reach("show results/tiny/rope-retrieval-books-1.h5"), 0, "pair_head: lra2021");
    char digest[256];
    snprintf(digest, sizeof digest, "%.200s", run_reach("digest results/tiny/rope-retrieval-books-1.h5")->out);
    expect(run_reach("run tiny.yaml --threads 1 --redo"), 0, "2 trained");
    expect(run_reach("digest results/tiny/rope-retrieval-books-1.h5"), 0, digest);
    put("aan/new_aan_pairs.train.tsv", "1\t1\t2\tab\tc\n0\ta\tb\tsome text\tmore text\n0\ta\tb\t\t\n");
    put("aan/new_aan_pairs.eval.tsv", "0\t1\t2\tab\tc\n");
    put("aan/new_aan_pairs.test.tsv", "1\t1\t2\tab\tc\n0\t1\t2\td\te\n");
    put_config("aan.yaml", ", feed_forward: 8, pair_head: s4, pooling: first", "retrieval");
    expect(run_reach("run aan.yaml --data . --threads 1"), 0, "2 trained");
    put_config("headless.yaml", ", feed_forward: 0", "retrieval");
    expect(run_reach("run headless.yaml --data . --threads 1"), 2, "set head_hidden or feed_forward");
}

/* ---- real books ---------------------------------------------------------------------------------------------- */

static void real_books(void **state)
{
    (void)state;
    const char *data = *state;
    char options[4096], path[FILE_PATH];
    const struct task *t = task_find("retrieval-books");
    if (data) snprintf(path, sizeof path, "%s/gutenberg", data);
    if (!data || !file_is_folder(path)) {
        print_message("retrieval: REACH_DATA has no folder gutenberg; real books are not tried\n");
        skip();
    }
    void *self;
    struct predictor p[TASK_PREDICTORS];
    size_t n;
    book_options(options, "gutenberg", "1");
    set_option(t, options, "length", "1000");
    set_option(t, options, "train", "2000");
    if (t->open(&self, options, data) != OK) fail_msg("%s", status_message());
    int32_t token[2000];
    struct example e = {.token = token};
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(t->example(self, SPLIT_TEST, i, &e), OK);
        assert_true(e.n == 2000 && e.n_first == 1000);
        for (size_t j = 0; j < e.n; j++) assert_in_range(token[j], 1, 256);
    }
    assert_int_equal(t->predictors(self, SPLIT_TEST, p, &n), OK);
    for (size_t k = 0; k < n; k++) print_message("real books, length 1000: %s %.1f %%\n", p[k].name, 100 * p[k].accuracy);
    assert_true(p[2].accuracy > 0.6);
    t->close(self);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
    const char *data = getenv("REACH_DATA");
    static char kept[FILE_PATH];
    if (data) snprintf(kept, sizeof kept, "%s", data); /* process_setup takes it from the environment */
    if (process_setup() != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads), cmocka_unit_test(head_gradients), cmocka_unit_test(flops), cmocka_unit_test(packs_never_split),
        cmocka_unit_test(beside_others), cmocka_unit_test(order_matters), cmocka_unit_test(training), IN_FOLDER(book_pairs),
        IN_FOLDER(book_seeds), IN_FOLDER(book_parts), IN_FOLDER(aan_files), IN_FOLDER(aan_absent), IN_FOLDER(predictors),
        IN_FOLDER(whole_run), cmocka_unit_test_prestate(real_books, data ? kept : NULL),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
