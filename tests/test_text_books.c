/* test_text_books.c -- which book is a passage from: places, labels and parts read back from the passages themselves, what is refused, what
 * is told of data that is generated or stands in for other data, and a run from end to end.
 *
 * With REACH_DATA set and kjv there, the floor on the King James Bible is printed and tested too.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"
#include "task_support.h"
#include "tasks/bags.h"
#include "tensor/product.h"

#define L     40
#define BOOKS 7
#define K     5

/* Words of ten bytes. */
static int words_of(int book)
{
    return 60 + 50 * (book * 3 % BOOKS); /* from short to long: 0 5 3 1 6 4 2 */
}

/* Book b is words "b07:00123 ", ten bytes each, so that a passage tells where it is from. */
static void put_books(const char *name, int n)
{
    for (int b = 0; b < n; b++) {
        char file[64], word[32];
        const int words = words_of(b);
        char *text = calloc((size_t)words + 1, 10);
        for (int i = 0; i < words; i++) {
            snprintf(word, sizeof word, "b%02d:%05d ", b, i);
            memcpy(text + 10 * i, word, 10);
        }
        snprintf(file, sizeof file, "%s/book-%02d.txt", name, b);
        put_bytes(file, text, (size_t)words * 10 - 3); /* not a multiple of ten */
        free(text);
    }
}

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

static void open_books(struct opened *o, const char *name, const char *more)
{
    char corpus[FILE_PATH];
    snprintf(corpus, sizeof corpus, "corpus=%s", in_folder(name));
    open_task(o, "text-books", folder, SET(corpus, "length=40", "classes=5", "train=4000", "valid=403", "test=500", more));
}

/* The five longest of seven books are the classes, by name; each passage is where its split is; all places of a part are used alike. */
static void test_passages(void **state)
{
    (void)state;
    struct opened o, again;
    int order[BOOKS], label_of[BOOKS], next = 0;
    put_books("library", BOOKS);
    for (int b = 0; b < BOOKS; b++) { /* how many are longer? */
        order[b] = 0;
        for (int c = 0; c < BOOKS; c++) order[b] += words_of(c) > words_of(b);
    }
    for (int b = 0; b < BOOKS; b++) label_of[b] = order[b] < K ? next++ : -1;
    open_books(&o, "library", "seed=1");
    open_books(&again, "library", "seed=1");
    const struct task *t = o.t;
    assert_true(t->kind == TASK_CLASSIFY && !t->pairs && t->longest(o.self) == L && t->vocabulary(o.self) == 257);
    assert_true(t->classes(o.self) == K && t->classes(NULL) == 0);
    for (int s = 0; s < SPLITS; s++) {
        const size_t n = t->count(o.self, (enum split)s);
        size_t seen[K] = {0};
        double sum[K] = {0};
        assert_int_equal(n, s == SPLIT_TRAIN ? 4000 : s == SPLIT_VALID ? 403 : 500);
        for (size_t i = 0; i < n; i++) {
            int32_t token[L], other[L];
            struct example e = {.token = token}, f = {.token = other};
            assert_int_equal(t->example(o.self, (enum split)s, i, &e), OK);
            assert_int_equal(t->example(again.self, (enum split)s, n - 1 - i, &f), OK); /* in another order */
            assert_int_equal(t->example(again.self, (enum split)s, i, &f), OK);
            assert_true(e.n == L && f.n == L && e.label == f.label);
            assert_memory_equal(token, other, sizeof token);
            const struct passage p = read_passage(token);
            const long bytes = 10L * words_of(p.book) - 3;
            const long begin = s == SPLIT_TRAIN ? 0 : s == SPLIT_VALID ? bytes * 8 / 10 : bytes * 9 / 10;
            const long end = s == SPLIT_TRAIN ? bytes * 8 / 10 : s == SPLIT_VALID ? bytes * 9 / 10 : bytes;
            assert_int_equal(e.label, label_of[p.book]);
            assert_true(p.place >= begin && p.place + L <= end);
            seen[e.label]++;
            sum[e.label] += end - begin > L ? (double)(p.place - begin) / (double)(end - begin - L) : 0.5;
        }
        for (int k = 0; k < K; k++) {
            assert_true(seen[k] == n / K || seen[k] == n / K + 1);
            const double off = sum[k] / (double)seen[k] - 0.5; /* the mean of uniform places, within 4.5 standard deviations */
            if (fabs(off) > 4.5 * sqrt(1 / (12.0 * (double)seen[k]))) fail_msg("split %d, class %d: places %g from the middle", s, k, off);
        }
    }
    close_task(&o);
    close_task(&again);
}

/* Another seed draws other places of the same books; fewer examples are the first of more. */
static void test_seeds(void **state)
{
    (void)state;
    struct opened a, b;
    char sum[2][33];
    size_t same = 0;
    put_books("library", BOOKS);
    open_books(&a, "library", "seed=1");
    open_books(&b, "library", "seed=2");
    for (size_t i = 0; i < 100; i++) {
        int32_t x[L], y[L];
        struct example e = {.token = x}, f = {.token = y};
        assert_int_equal(a.t->example(a.self, SPLIT_TRAIN, i, &e), OK);
        assert_int_equal(b.t->example(b.self, SPLIT_TRAIN, i, &f), OK);
        assert_int_equal(e.label, f.label);
        same += memcmp(x, y, sizeof x) == 0;
    }
    assert_true(same < 20);
    a.t->checksum(a.self, sum[0]);
    b.t->checksum(b.self, sum[1]);
    assert_string_equal(sum[0], sum[1]);
    close_task(&b);
    put("library/book-01.txt", "short now, so that another book is a class");
    open_books(&b, "library", "train=17");
    b.t->checksum(b.self, sum[1]);
    assert_string_not_equal(sum[0], sum[1]);
    close_task(&a);
    close_task(&b);
    put_books("library", BOOKS);
    open_books(&a, "library", "train=4000");
    open_books(&b, "library", "train=17");
    for (size_t i = 0; i < 17; i++) {
        int32_t x[L], y[L];
        struct example e = {.token = x}, f = {.token = y};
        assert_int_equal(a.t->example(a.self, SPLIT_TRAIN, i, &e), OK);
        assert_int_equal(b.t->example(b.self, SPLIT_TRAIN, i, &f), OK);
        assert_memory_equal(x, y, sizeof x);
    }
    close_task(&a);
    close_task(&b);
}

/* A book of ten passages' bytes has room for one in each of its last tenths, whatever is left over. */
static void test_tight(void **state)
{
    (void)state;
    char text[500];
    memset(text, 'x', sizeof text);
    for (size_t n = 400; n < 410; n++) {
        char corpus[FILE_PATH];
        struct opened o;
        int32_t token[L];
        struct example e = {.token = token};
        put_bytes("tight/a", text, n);
        put_bytes("tight/b", text, n);
        put_bytes("tight/c", text, 399);
        snprintf(corpus, sizeof corpus, "corpus=%s", in_folder("tight"));
        open_task(&o, "text-books", folder, SET(corpus, "length=40", "classes=2"));
        for (int s = 0; s < SPLITS; s++)
            for (size_t i = 0; i < 100; i++) {
                assert_int_equal(o.t->example(o.self, (enum split)s, i, &e), OK);
                for (size_t j = 0; j < L; j++) assert_int_equal(token[j], 'x' + 1);
            }
        close_task(&o);
        refuses("text-books", SET(corpus, "length=40", "classes=3"), ERR_DATA,
                SET("3 books of at least 400 bytes are needed, one file each; it has 2"));
    }
}

static void test_refused(void **state)
{
    (void)state;
    char corpus[FILE_PATH];
    put_books("two", 2);
    snprintf(corpus, sizeof corpus, "corpus=%s", in_folder("two"));
    refuses("text-books", SET(corpus, "length=10", "classes=2"), ERR_DATA, SET("pieces of fewer files")); /* which a corpus cuts by position */
    put_books("library", BOOKS);
    snprintf(corpus, sizeof corpus, "corpus=%s", in_folder("library"));
    refuses("text-books", SET(corpus), ERR_DATA, SET("10 books of at least 10000 bytes", "it has 0"));
    refuses("text-books", NULL, ERR_DATA, SET("reach data make kjv"));
}

/* Bags against counts by hand; books whose letters differ are told apart by them. */
static void test_predictors(void **state)
{
    (void)state;
    struct opened o;
    struct bags bags;
    struct predictor p[TASK_PREDICTORS];
    size_t n;
    put_books("library", BOOKS);
    open_books(&o, "library", "train=1000");
    assert_int_equal(bags_make(&bags, o.t, o.self, SPLIT_VALID), OK);
    assert_true(bags.n == 403 && bags.width == 258);
    for (size_t i = 0; i < bags.n; i++) {
        int32_t token[L];
        struct example e = {.token = token};
        double count[258] = {0};
        assert_int_equal(o.t->example(o.self, SPLIT_VALID, i, &e), OK);
        for (size_t j = 0; j < e.n; j++) count[token[j]]++;
        for (size_t j = 0; j < 257; j++) assert_true(fabs((double)bags.feature[i * 258 + j] - sqrt(count[j])) < 1e-6);
        assert_true(bags.feature[i * 258 + 257] == (float)L && bags.label[i] == e.label);
    }
    bags_free(&bags);
    assert_int_equal(o.t->predictors(o.self, SPLIT_TEST, p, &n), OK);
    assert_int_equal(n, 2);
    assert_string_equal(p[0].name, "chance");
    assert_true(fabs(p[0].accuracy - 0.2) < 1e-12 && fabs(p[0].loss - log(5)) < 1e-12);
    assert_string_equal(p[1].name, "byte counts");
    if (!(p[1].accuracy > 0.5)) fail_msg("%g of passages are told apart by four times their book's digit", p[1].accuracy);
    close_task(&o);
}

static void note(const char *task, const char *const *set, const char *wanted)
{
    struct opened o;
    char line[512];
    options_of(&o, task, set);
    task_note(o.t, o.options, line, sizeof line);
    if (wanted ? !strstr(line, wanted) || strncmp(line, task, strlen(task)) != 0 : line[0])
        fail_msg("%s: \"%s\", wanted \"%s\"", task, line, wanted ? wanted : "");
}

/* Only what was generated is said to be. */
static void test_notes(void **state)
{
    (void)state;
    note("listops", NULL, "our own seeded generator");
    note("listops", SET("source=lra_release"), NULL);
    note("pathfinder", NULL, "images of 32 x 32 of our own seeded generator");
    note("pathfinder", SET("source=pathfinder32"), NULL);
    note("pathx", NULL, "images of 128 x 128 of our own");
    note("image-fashion", NULL, "in place of gray CIFAR-10");
    note("retrieval-books", NULL, "the King James Bible in place of papers (AAN");
    note("text-books", NULL, "the King James Bible in place of film reviews (IMDb");
    note("text-books", SET("corpus=my/books"), "the books of my/books in place of film reviews (IMDb");
    note("text", NULL, NULL);
    note("image", NULL, NULL);
    note("retrieval", NULL, NULL);
}

static void expect(const struct finished *f, int code, const char *part)
{
    if (f->code != code) fail_msg("exit code %d, wanted %d: %s", f->code, code, f->out);
    if (!strstr(f->out, part)) fail_msg("no \"%s\" in: %s", part, f->out);
}

#define CONFIG                                                                                                                              \
    "model: {width: 8, layers: 1, heads: 1, feed_forward: 16}\ntrain: {samples: 32, batch: 16}\ntest: {examples: 20}\n"          \
    "variants: [rope]\nseeds: [1]\ntasks:\n  - listops: {max_length: 20, min_length: 5, train: 100, valid: 70, test: 70}\n"                  \
    "  - text-books: {corpus: \"%s\", length: 40, classes: 5, train: 100, valid: 70, test: 70}\n"

/* The lines stand before training and once under each table of a task and once under that of all; none where nothing is done loudly. */
static void test_run(void **state)
{
    (void)state;
    static const char line[] = "in place of film reviews (IMDb)";
    char config[4096], options[2 * FILE_PATH];
    put_books("library", BOOKS);
    snprintf(config, sizeof config, CONFIG, in_folder("library"));
    put("tiny.yaml", config);
    snprintf(options, sizeof options, "%s --results %s", in_folder("tiny.yaml"), in_folder("results"));
    const struct finished *f = process_run("%s run %s --threads 1", reach, options);
    expect(f, 0, line);
    expect(f, 0, "listops: expressions of our own");
    assert_true(strstr(f->out, line) < strstr(f->out, "1/2"));
    assert_null(strstr(strstr(f->out, line) + 1, line));
    f = process_run("%s table %s", reach, options);
    expect(f, 0, "listops: expressions of our own seeded generator");
    char *flat = f->n ? strdup(f->out) : NULL;
    assert_non_null(flat);
    for (char *c = flat; *c; c++)
        if (*c == '\n') *c = ' ';
    size_t times = 0;
    for (const char *at = flat; (at = strstr(at, line)); at++) times++;
    free(flat);
    assert_int_equal(times, 2);
    f = process_run("%s run %s --threads 1 --quiet --redo", reach, options);
    assert_int_equal(f->code, 0);
    assert_null(strstr(f->out, line));
}

/* The floor of passages of 1,000 bytes. */
static void test_real_floor(void **state)
{
    (void)state;
    struct opened o;
    struct predictor p[TASK_PREDICTORS];
    size_t n;
    open_task(&o, "text-books", real_data("kjv"), NULL);
    assert_int_equal(o.t->predictors(o.self, SPLIT_TEST, p, &n), OK);
    for (size_t i = 0; i < n; i++) print_message("text-books, kjv, test: %s: %.2f %%, loss %.4f\n", p[i].name, 100 * p[i].accuracy, p[i].loss);
    assert_true(p[1].accuracy > 0.15 && p[1].accuracy < 0.9);
    close_task(&o);
}

#define TEST(f)   cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
#define SIMPLE(f) cmocka_unit_test(f)

static int group_setup(void **state)
{
    (void)state;
    product_start(); /* BLAS single-threaded, as in the program */
    return 0;
}

int main(void)
{
    const char *given = getenv("REACH_DATA");
    char *data = given ? strdup(given) : NULL;
    if (process_setup() != 0) return 1; /* takes REACH_DATA away */
    if (data) setenv("REACH_DATA", data, 1);
    free(data);
    const struct CMUnitTest tests[] = {
        TEST(test_passages), TEST(test_seeds), TEST(test_tight), TEST(test_refused), TEST(test_predictors), SIMPLE(test_notes),
        TEST(test_run), SIMPLE(test_real_floor),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
