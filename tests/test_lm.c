/* test_lm.c -- corpora and their parts, the King James Bible, context models, xz, the task. */
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>

#include "base/random.h"
#include "archived.h"
#include "folder.h"
#include "tasks/context_model.h"
#include "tasks/corpus.h"
#include "tasks/kjv.h"
#include "tasks/task.h"
#include "tasks/xz.h"

static random_stream numbers(uint32_t which)
{
    return random_stream_of(7, RANDOM_TEST, 0, which);
}

static void assert_near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("got %.15g, wanted %.15g +- %g", got, wanted, tolerance);
}

/* ---- corpora ------------------------------------------------------------------------------------------------- */

static struct corpus *opened(const char *name, uint64_t seed)
{
    struct corpus *c;
    if (corpus_open(&c, name, seed, folder) != OK) fail_msg("%s", status_message());
    return c;
}

static void assert_refused(const char *name, const char *reason)
{
    struct corpus *c;
    assert_int_equal(corpus_open(&c, name, 1, folder), ERR_DATA);
    assert_null(c);
    if (!strstr(status_message(), reason)) fail_msg("\"%s\" lacks \"%s\"", status_message(), reason);
}

static void assert_text(const struct corpus *c, enum split s, const char *content)
{
    const struct text t = corpus_text(c, s);
    assert_int_equal(t.n, strlen(content));
    assert_memory_equal(t.byte, content, t.n);
    assert_int_equal(t.start[0], 0);
    assert_int_equal(t.start[t.n_documents], t.n);
}

static void assert_documents(const struct corpus *c, size_t train, size_t valid, size_t test)
{
    assert_int_equal(corpus_text(c, SPLIT_TRAIN).n_documents, train);
    assert_int_equal(corpus_text(c, SPLIT_VALID).n_documents, valid);
    assert_int_equal(corpus_text(c, SPLIT_TEST).n_documents, test);
}

/* The part that the file called `name` went to; fails if it is in none or in two. */
static enum split part_of(const struct corpus *c, const char *name)
{
    int found = -1;
    for (int s = 0; s < SPLITS; s++)
        for (size_t d = 0; d < corpus_text(c, (enum split)s).n_documents; d++) {
            const char *path = corpus_document(c, (enum split)s, d);
            if (strcmp(path + strlen(path) - strlen(name), name) != 0) continue;
            assert_int_equal(found, -1);
            found = s;
        }
    assert_int_not_equal(found, -1);
    return (enum split)found;
}

static void test_one_file_by_position(void **state)
{
    (void)state;
    char text[1001] = "";
    for (int i = 0; i < 1000; i++) text[i] = (char)('a' + i % 26);
    put("one.txt", text);
    struct corpus *c = opened(in_folder("one.txt"), 1);
    assert_documents(c, 1, 1, 1);
    assert_int_equal(corpus_text(c, SPLIT_TRAIN).n, 880);
    assert_int_equal(corpus_text(c, SPLIT_VALID).n, 50);
    assert_int_equal(corpus_text(c, SPLIT_TEST).n, 70);
    assert_text(c, SPLIT_TEST, text + 930);
    corpus_close(c);
    c = opened("one.txt", 1); /* not here, but under the data folder */
    assert_text(c, SPLIT_TEST, text + 930);
    corpus_close(c);
}

static void test_two_files_by_position(void **state)
{
    (void)state;
    char a[101] = "", b[201] = "";
    memset(a, 'a', 100);
    memset(b, 'b', 200);
    put("two/a", a);
    put("two/b", b);
    struct corpus *c = opened("two", 1);
    assert_documents(c, 2, 2, 2);
    assert_text(c, SPLIT_TEST, "aaaaaaabbbbbbbbbbbbbb");
    assert_int_equal(corpus_text(c, SPLIT_TRAIN).start[1], 88);
    corpus_close(c);
}

static void test_roles(void **state)
{
    (void)state;
    put("r/wiki.train.tokens", "one ");
    put("r/wiki.valid.tokens", "two ");
    put("r/wiki.test.tokens", "three ");
    put("r/README", "not a text");
    struct corpus *c = opened("r", 1);
    assert_text(c, SPLIT_TRAIN, "one ");
    assert_text(c, SPLIT_VALID, "two ");
    assert_text(c, SPLIT_TEST, "three ");
    corpus_close(c);

    put("s/train/b", "B");
    put("s/train/a", "A");
    put("s/dev.txt", "D");
    put("s/Test-1", "1");
    put("s/Test-2", "2");
    put("s/Test-3", ""); /* nothing in it: no document */
    put("s/contest", "x");
    c = opened("s", 1);
    assert_documents(c, 2, 1, 2);
    assert_text(c, SPLIT_TRAIN, "AB");
    assert_text(c, SPLIT_VALID, "D");
    assert_text(c, SPLIT_TEST, "12");
    corpus_close(c);
}

static void put_files(const char *below, int n)
{
    char name[64], content[64];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s/%d/book-%d", below, i % 3, i);
        snprintf(content, sizeof content, "text of book %d\n", i);
        put(name, content);
    }
}

static void test_folder_by_hash(void **state)
{
    (void)state;
    char name[64];
    size_t moved = 0;
    put_files("h", 400);
    struct corpus *c = opened("h", 1), *same = opened("h", 1), *other = opened("h", 2);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "/book-%d", i);
        assert_int_equal(part_of(c, name), part_of(same, name));
        moved += part_of(c, name) != part_of(other, name);
    }
    assert_true(moved > 20);
    /* 352, 20 and 28 expected; 4 deviations of a binomial */
    assert_in_range(corpus_text(c, SPLIT_TRAIN).n_documents, 352 - 26, 352 + 26);
    assert_in_range(corpus_text(c, SPLIT_VALID).n_documents, 20 - 17, 20 + 17);
    assert_in_range(corpus_text(c, SPLIT_TEST).n_documents, 28 - 20, 28 + 20);
    corpus_close(same);
    corpus_close(other);

    put("h/another", "one more file moves no other\n");
    other = opened("h", 1);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "/book-%d", i);
        assert_int_equal(part_of(c, name), part_of(other, name));
    }
    corpus_close(c);
    corpus_close(other);
}

static void test_each_part_gets_a_file(void **state)
{
    (void)state;
    put_files("three", 3);
    put_files("five", 5);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct corpus *c = opened("three", seed);
        assert_documents(c, 1, 1, 1);
        corpus_close(c);
        c = opened("five", seed);
        for (int s = 0; s < SPLITS; s++) assert_true(corpus_text(c, (enum split)s).n_documents > 0);
        corpus_close(c);
    }
}

/* Write FOLDER/NAME packed by xz. */
static void put_packed(const char *name, const char *content)
{
    uint8_t packed[4096];
    size_t n = 0;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (const uint8_t *)content, strlen(content), packed, &n,
                                             sizeof packed), LZMA_OK);
    put_bytes(name, packed, n);
}

static void test_packed(void **state)
{
    (void)state;
    put_packed("wikitext-2/wiki.train.tokens.xz", "one");
    put("wikitext-2/wiki.valid.tokens", "two");
    put_packed("wikitext-2/wiki.valid.tokens.xz", "two, but packed");
    put_packed("wikitext-2/wiki.test.tokens.xz", "three");
    struct corpus *c = opened("wikitext-2", 1);
    assert_text(c, SPLIT_TRAIN, "one");
    assert_text(c, SPLIT_VALID, "two");
    assert_text(c, SPLIT_TEST, "three");
    corpus_close(c);
    c = opened(in_folder("wikitext-2"), 1); /* as a path: by the names of its files */
    assert_documents(c, 1, 1, 1);
    assert_text(c, SPLIT_VALID, "two");
    corpus_close(c);
    put("bad.xz", "this is no xz file");
    assert_refused("bad.xz", "bad.xz");
    struct file_content whole;
    assert_int_equal(file_read(in_folder("wikitext-2/wiki.test.tokens.xz"), &whole), OK);
    put_bytes("short.xz", whole.at, whole.n - 9);
    file_close(&whole);
    assert_refused("short.xz", "ends early");
}

static void test_packing_moves_no_file(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "plain/book-%d", i);
        put(name, "text");
        snprintf(name, sizeof name, "packed/book-%d.xz", i);
        put_packed(name, "text");
    }
    struct corpus *plain = opened("plain", 1), *packed = opened("packed", 1);
    for (int s = 0; s < SPLITS; s++)
        assert_int_equal(corpus_text(plain, (enum split)s).n_documents, corpus_text(packed, (enum split)s).n_documents);
    assert_int_equal(part_of(plain, "/book-7"), part_of(packed, "/book-7.xz"));
    corpus_close(plain);
    corpus_close(packed);
}

static void test_millions(void **state)
{
    (void)state;
    put("enwik8", "x");
    assert_int_equal(truncate(in_folder("enwik8"), 100000000), 0);
    struct corpus *c = opened("enwik8", 1);
    assert_int_equal(corpus_text(c, SPLIT_TRAIN).n, 90000000);
    assert_int_equal(corpus_text(c, SPLIT_VALID).n, 5000000);
    assert_int_equal(corpus_text(c, SPLIT_TEST).n, 5000000);
    assert_ptr_equal(corpus_text(c, SPLIT_TEST).byte, corpus_text(c, SPLIT_TRAIN).byte + 95000000);
    corpus_close(c);
    assert_int_equal(truncate(in_folder("enwik8"), 99999999), 0);
    assert_refused("enwik8", "100,000,000");
}

static void test_gutenberg(void **state)
{
    (void)state;
    static const char *const names[] = {"pg84", "pg158", "pg345", "pg2701", "pg4300", "pg1342", "pg1661", "pg2638", "pg845", "pg1"};
    char name[64];
    put("gutenberg/gutenberg.tar.xz", "an archive"); /* is not looked at where there are books */
    assert_refused("gutenberg", "gutenberg.tar.xz: not a whole .xz file");
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "gutenberg/%s.txt", names[i]);
        put(name, names[i]);
    }
    struct corpus *c = opened("gutenberg", 1);
    assert_documents(c, 2, 3, 5);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "/%s.txt", names[i]);
        assert_int_equal(part_of(c, name), i < 5 ? SPLIT_TEST : i < 8 ? SPLIT_VALID : SPLIT_TRAIN);
    }
    corpus_close(c);
    c = opened("books", 1);
    assert_string_equal(corpus_name(c), "gutenberg");
    assert_documents(c, 2, 3, 5);
    corpus_close(c);
    assert_int_equal(unlink(in_folder("gutenberg/pg345.txt")), 0);
    assert_refused("gutenberg", "pg345.txt");
}

/* The same books, the same parts, out of an archive. */
static void test_archives(void **state)
{
    (void)state;
    static const struct archived books[] = {
        {"books", "", '5'}, {"books/pg84.txt", "one", '0'}, {"books/pg158.txt", "two", '0'}, {"books/pg345.txt", "three", '0'},
        {"books/pg2701.txt", "four", '0'}, {"books/pg4300.txt", "five", '0'}, {"books/pg1342.txt", "six", '0'},
        {"books/pg1661.txt", "seven", '0'}, {"books/pg2638.txt", "eight", '0'}, {"books/pg9.txt", "nine", '0'}, {"books/pg10.txt", "ten", '0'}};
    static const struct archived parts[] = {{"train/a", "AA", '0'}, {"valid/b", "BB", '0'}, {"test/c", "CC", '0'}};
    put_tar_xz("gutenberg/any.tar.xz", books, 11);
    struct corpus *c = opened("gutenberg", 1);
    assert_documents(c, 2, 3, 5);
    assert_text(c, SPLIT_TRAIN, "tennine"); /* pg10, pg9 */
    assert_text(c, SPLIT_VALID, "sixseveneight");
    assert_text(c, SPLIT_TEST, "twofourthreefiveone");
    corpus_close(c);
    put_tar_xz("parts.tar.xz", parts, 3);
    c = opened(in_folder("parts.tar.xz"), 1);
    assert_text(c, SPLIT_TRAIN, "AA");
    assert_text(c, SPLIT_VALID, "BB");
    assert_text(c, SPLIT_TEST, "CC");
    corpus_close(c);
    unsigned char *tar;
    const size_t n = make_tar(parts, 3, &tar);
    put_xz("short.tar.xz", tar, 700);
    assert_refused(in_folder("short.tar.xz"), "ends at byte 700 where the fill after a file in the archive");
    tar[1024 + 3] ^= 1;
    put_xz("damaged.tar.xz", tar, n);
    assert_refused(in_folder("damaged.tar.xz"), "byte 1024 unpacked: a tar header was expected");
    free(tar);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("kjv", "reach data make kjv");
    assert_refused("books", "reach data make kjv"); /* kjv, where there is no gutenberg */
    assert_refused("enwik8", "reach data fetch enwik8");
    assert_refused("wikitext-2", "reach data fetch wikitext-2");
    assert_refused("nowhere", "known by name: books, kjv, enwik8");
    assert_refused("wikitxt-2", "did you mean wikitext-2");
    put("archive/a.tar.gz", "an archive");
    assert_refused("archive", "archives");
    put("tiny", "12345");
    assert_refused("tiny", "nothing is left for the valid part");
}

/* ---- the King James Bible ------------------------------------------------------------------------------------ */

static void test_kjv_table(void **state)
{
    (void)state;
    int verses = 0, found[SPLITS][KJV_KINDS] = {{0}};
    for (int b = 0; b < KJV_BOOKS; b++) {
        verses += kjv_books[b].verses;
        found[kjv_books[b].split][kjv_books[b].kind]++;
        assert_int_equal(atoi(kjv_books[b].file), b + 1);
    }
    assert_int_equal(verses, KJV_VERSES);
    for (int s = 0; s < SPLITS; s++)
        for (int k = 0; k < KJV_KINDS; k++)
            if (!found[s][k]) fail_msg("%s has no book of kind %d", split_names[s], k);
}

/* What `bible` would print if a verse were its number in its book. */
static char *printed_bible(size_t *n)
{
    char *text = malloc(KJV_VERSES * 32);
    *n = 0;
    for (int b = 0; b < KJV_BOOKS; b++)
        for (int v = 1; v <= kjv_books[b].verses; v++)
            *n += (size_t)sprintf(text + *n, "%s%d:%d Verse %d: 2.\n", kjv_books[b].reference, 1 + v / 50, v % 50 + 1, v);
    return text;
}

static void assert_kjv_refused(const char *printed, size_t n, const char *reason)
{
    assert_int_equal(kjv_write(in_folder("refused"), printed, n), ERR_DATA);
    if (!strstr(status_message(), reason)) fail_msg("\"%s\" lacks \"%s\"", status_message(), reason);
    assert_false(file_is_folder(in_folder("refused")));
}

static void test_kjv_write(void **state)
{
    (void)state;
    size_t n;
    char *printed = printed_bible(&n);
    struct file_content book;
    assert_false(kjv_present(in_folder("kjv")));
    assert_int_equal(kjv_write(in_folder("kjv"), printed, n), OK);
    assert_true(kjv_present(in_folder("kjv")));
    assert_int_equal(file_read(in_folder("kjv/64-3-john.txt"), &book), OK);
    assert_string_equal((const char *)book.at,
                        "Verse 1: 2.\nVerse 2: 2.\nVerse 3: 2.\nVerse 4: 2.\nVerse 5: 2.\nVerse 6: 2.\nVerse 7: 2.\nVerse 8: 2.\n"
                        "Verse 9: 2.\nVerse 10: 2.\nVerse 11: 2.\nVerse 12: 2.\nVerse 13: 2.\nVerse 14: 2.\n");
    file_close(&book);
    struct corpus *c = opened("kjv", 1);
    assert_documents(c, 54, 6, 6);
    assert_int_equal(part_of(c, "/43-john.txt"), SPLIT_TEST);
    assert_int_equal(part_of(c, "/41-mark.txt"), SPLIT_VALID);
    corpus_close(c);
    assert_int_equal(unlink(in_folder("kjv/43-john.txt")), 0);
    assert_false(kjv_present(in_folder("kjv")));
    assert_refused("kjv", "43-john.txt is not there");

    assert_kjv_refused(printed, n - 1, "where a verse of 66-revelation.txt"); /* the last line has no end */
    assert_kjv_refused(printed, 100, "where a verse of 01-genesis.txt");
    printed[n] = 'x';
    assert_kjv_refused(printed, n + 1, "more than 31102");
    *strstr(printed, "Exo1:2 ") = 'e';
    assert_kjv_refused(printed, n, "\"exo1:2 Verse 1: 2.\" where a verse of 02-exodus.txt");
    free(printed);
}

/* Is there a line that begins as a verse reference does? */
static bool has_reference(struct text t)
{
    for (size_t i = 0; i + 8 < t.n; i++) {
        if (i > 0 && t.byte[i - 1] != '\n') continue;
        const uint8_t *c = t.byte + i;
        while (c < t.byte + t.n && *c != ' ' && *c != '\n')
            if (*c++ == ':') return true;
    }
    return false;
}

static void test_kjv_real(void **state)
{
    (void)state;
    if (system("command -v bible >/dev/null 2>&1") != 0) {
        print_message("skipped: `bible` (package bible-kjv) is not installed\n");
        skip();
    }
    static const double wanted[SPLITS] = {0.857, 0.061, 0.082};
    char options[4096], line[256], before[33], after[33];
    struct text part[SPLITS];
    void *self;
    size_t all = 0, n;
    struct predictor p[TASK_PREDICTORS];
    const struct task *lm = task_find("lm");
    option_defaults(lm->options, options, lm->options_size);
    assert_false(lm->present(options, folder, line, sizeof line));
    assert_int_equal(lm->open(&self, options, folder), ERR_DATA);
    assert_int_equal(lm->make(options, folder), OK);
    assert_true(lm->present(options, folder, line, sizeof line));
    assert_int_equal(lm->open(&self, options, folder), OK);
    for (int s = 0; s < SPLITS; s++) {
        part[s] = lm->text(self, (enum split)s);
        all += part[s].n;
        assert_false(has_reference(part[s]));
        assert_null(memmem(part[s].byte, part[s].n, "\n\n", 2));
    }
    assert_int_equal(all, 4137850);
    for (int s = 0; s < SPLITS; s++) assert_near((double)part[s].n / (double)all, wanted[s], 0.002);
    assert_memory_equal(part[SPLIT_TRAIN].byte, "In the beginning God created the heaven and the earth.\n", 55);
    assert_memory_equal(part[SPLIT_TEST].byte + part[SPLIT_TEST].start[4], "In the beginning was the Word, ", 31); /* John */

    assert_int_equal(lm->predictors(self, SPLIT_TEST, p, &n), OK);
    assert_string_equal(p[4].name, "order 5");
    assert_near(p[0].loss / log(2), 4.340, 0.01); /* measured once, and by a separate program too */
    assert_near(p[4].loss / log(2), 1.625, 0.01);
    assert_near(p[5].loss / log(2), 1.705, 0.01);

    lm->checksum(self, before);
    lm->close(self);
    assert_int_equal(lm->make(options, folder), OK); /* again, over what is there */
    assert_int_equal(lm->open(&self, options, folder), OK);
    lm->checksum(self, after);
    assert_string_equal(before, after);
    lm->close(self);
}

/* ---- context models ------------------------------------------------------------------------------------------ */

/* A text of two or three letters and a rare one, in documents of awkward sizes. */
static struct text made_text(uint8_t *byte, size_t n, size_t *start, size_t n_documents, uint32_t which)
{
    random_stream random = numbers(which);
    for (size_t i = 0; i < n; i++)
        byte[i] = i > 2 && random_below(&random, 3) ? byte[i - 2] : (uint8_t)("abb\xff\0z"[random_below(&random, which % 2 ? 6 : 4)]);
    for (size_t d = 0; d <= n_documents; d++) start[d] = d * d * n / (n_documents * n_documents);
    return (struct text){.byte = byte, .n = n, .start = start, .n_documents = n_documents};
}

/* Textbook: count by looking through the whole training text. */
static double naive_probability(struct text train, int order, const uint8_t *context, int n_context, uint8_t byte)
{
    double p = 1.0 / 256;
    for (int k = 0; k <= order && k <= n_context; k++) {
        size_t count[256] = {0}, total = 0, kinds = 0;
        for (size_t d = 0; d < train.n_documents; d++)
            for (size_t i = train.start[d] + (size_t)k; i < train.start[d + 1]; i++)
                if (memcmp(train.byte + i - k, context + n_context - k, (size_t)k) == 0) count[train.byte[i]]++;
        for (int b = 0; b < 256; b++) {
            total += count[b];
            kinds += count[b] > 0;
        }
        if (total > 0) p = ((double)count[byte] + (double)kinds * p) / (double)(total + kinds);
    }
    return p;
}

#define N_TRAIN 601
#define N_TEST  97

static void test_sums_to_one(void **state)
{
    (void)state;
    uint8_t byte[N_TRAIN], context[5];
    size_t start[8];
    const struct text train = made_text(byte, N_TRAIN, start, 7, 1);
    struct context_model *m = context_model_new(train, N_TRAIN);
    random_stream random = numbers(3);
    for (int trial = 0; trial < 500; trial++) {
        double p[256], sum = 0;
        const int order = (int)random_below(&random, CONTEXT_ORDERS);
        const size_t at = random_below(&random, N_TRAIN - 5), n = random_below(&random, 6);
        for (int j = 0; j < 5; j++) context[j] = trial % 2 ? train.byte[at + (size_t)j] : (uint8_t)random_u32(&random);
        context_model_predict(m, order, context + 5, n, p);
        for (int b = 0; b < 256; b++) {
            assert_true(p[b] > 0);
            sum += p[b];
        }
        assert_near(sum, 1, 1e-12);
    }
    context_model_free(m);
}

static void test_predict_as_textbook(void **state)
{
    (void)state;
    uint8_t byte[N_TRAIN], other[N_TEST];
    size_t start[8], other_start[4];
    const struct text train = made_text(byte, N_TRAIN, start, 7, 1);
    const struct text test = made_text(other, N_TEST, other_start, 3, 2);
    struct context_model *m = context_model_new(train, N_TRAIN);
    for (int k = 0; k < CONTEXT_ORDERS; k++)
        for (int n = 0; n <= 5; n++)
            for (size_t i = 5; i < N_TEST; i += 3) {
                double p[256];
                context_model_predict(m, k, test.byte + i, (size_t)n, p);
                for (int b = 0; b < 256; b += 5)
                    assert_near(p[b], naive_probability(train, k, test.byte + i - n, n, (uint8_t)b), 1e-14);
            }
    context_model_free(m);
}

static void test_score_as_textbook(void **state)
{
    (void)state;
    uint8_t byte[N_TRAIN], other[N_TEST];
    size_t start[8], other_start[4];
    const struct text train = made_text(byte, N_TRAIN, start, 7, 1);
    const struct text test = made_text(other, N_TEST, other_start, 3, 2);
    struct context_score score[CONTEXT_ORDERS];
    struct context_model *m = context_model_new(train, N_TRAIN);
    context_model_score(m, test, score);
    for (int k = 0; k < CONTEXT_ORDERS; k++) {
        double loss = 0, right = 0;
        for (size_t d = 0; d < test.n_documents; d++)
            for (size_t i = test.start[d]; i < test.start[d + 1]; i++) {
                const size_t before = i - test.start[d];
                const int n = before < 5 ? (int)before : 5;
                int guess = 0;
                double best = 0;
                for (int b = 0; b < 256; b++) {
                    const double p = naive_probability(train, k, test.byte + i - n, n, (uint8_t)b);
                    if (p > best * (1 + 1e-12)) {
                        best = p;
                        guess = b;
                    }
                }
                loss -= log(naive_probability(train, k, test.byte + i - n, n, test.byte[i]));
                right += guess == test.byte[i];
            }
        assert_near(score[k].loss, loss / N_TEST, 1e-12);
        assert_near(score[k].accuracy, right / N_TEST, 1e-12);
    }
    context_model_free(m);
}

static void test_first_bytes_only(void **state)
{
    (void)state;
    uint8_t byte[N_TRAIN];
    size_t start[8], short_start[] = {0, 100};
    const struct text train = made_text(byte, N_TRAIN, start, 1, 1);
    const struct text first = {.byte = byte, .n = 100, .start = short_start, .n_documents = 1};
    struct context_model *a = context_model_new(train, 100), *b = context_model_new(first, 1000), *c = context_model_new(train, 1000);
    struct context_score score[3][CONTEXT_ORDERS];
    context_model_score(a, train, score[0]);
    context_model_score(b, train, score[1]);
    context_model_score(c, train, score[2]);
    assert_memory_equal(score[0], score[1], sizeof score[0]);
    for (int k = 0; k < CONTEXT_ORDERS; k++) assert_true(score[2][k].loss < score[0][k].loss);
    context_model_free(a);
    context_model_free(b);
    context_model_free(c);
}

static void test_threads_give_the_same_bits(void **state)
{
    (void)state;
    enum { N = 50000 };
    static uint8_t byte[N];
    size_t start[20];
    const struct text t = made_text(byte, N, start, 19, 1);
    struct context_score one[CONTEXT_ORDERS], three[CONTEXT_ORDERS];
    struct context_model *m = context_model_new(t, N);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    context_model_score(m, t, one);
    omp_set_num_threads(3);
    context_model_score(m, t, three);
    omp_set_num_threads(threads);
    assert_memory_equal(one, three, sizeof one);
    context_model_free(m);
}

/* ---- xz ------------------------------------------------------------------------------------------------------ */

static void test_xz(void **state)
{
    (void)state;
    enum { N = 60000 };
    static uint8_t text[2 * N];
    random_stream random = numbers(5);
    for (int i = 0; i < N; i++) text[i] = (uint8_t)random_u32(&random);
    memcpy(text + N, text, N);
    assert_true(xz_bytes_after(text, N, text, N) < 200); /* all of it seen before; a match has at most 273 bytes */
    assert_in_range(xz_bytes_after(text, N / 2, text + N / 2, N / 2), N / 2 - 10, N / 2 + 100); /* nothing seen before */
    for (int i = 0; i < 2 * N; i++) text[i] = (uint8_t)("etaoinsh"[random_below(&random, 8)]);
    assert_in_range(xz_bytes_after(text, N, text + N, N), N * 3 / 8, N * 3 / 8 * 1.1); /* 3 bits each */
    assert_true(xz_bytes_after(text, 0, text, 10) < 30);
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

static void options_of(char options[4096], const char *corpus)
{
    const struct task *lm = task_find("lm");
    assert_true(lm->options_size <= 4096);
    option_defaults(lm->options, options, lm->options_size);
    assert_int_equal(option_set(option_find(lm->options, "corpus"), options, 1, &corpus), OK);
}

static void checksum_of(const char *corpus, char out[33])
{
    const struct task *lm = task_find("lm");
    char options[4096];
    void *self;
    options_of(options, corpus);
    assert_int_equal(lm->open(&self, options, folder), OK);
    lm->checksum(self, out);
    lm->close(self);
    assert_int_equal(strlen(out), 32);
}

static void test_checksum(void **state)
{
    (void)state;
    char a[33], b[33];
    put("a/train1", "one");
    put("a/train2", "two");
    put("a/valid", "three");
    put("a/test", "four");
    put("b/train-x", "one");
    put("b/train-y", "two");
    put("b/val", "three");
    put("b/test", "four");
    checksum_of("a", a);
    checksum_of("b", b);
    assert_string_equal(a, b); /* names do not matter */
    put("b/train-x", "onet");
    put("b/train-y", "wo");
    checksum_of("b", b);
    assert_string_not_equal(a, b); /* borders of documents do */
    put("a/test", "foul");
    checksum_of("a", b);
    assert_string_not_equal(a, b);
}

static void test_task(void **state)
{
    (void)state;
    static const char *const names[] = {"unigram", "order 2", "order 3", "order 4", "order 5", "xz"};
    const struct task *lm = task_find("lm");
    char options[4096], line[200];
    struct predictor p[TASK_PREDICTORS];
    char *text = calloc(1, 20001);
    double count[256] = {0}, loss = 0;
    size_t n;
    void *self;
    assert_non_null(lm);
    assert_null(task_find("lmm"));
    for (int i = 0; i < 20000; i++) text[i] = "the cat sat on the mat. "[i % 24];
    put("cat.txt", text);
    free(text);
    options_of(options, "cat.txt");
    assert_int_equal(lm->open(&self, options, folder), OK);
    assert_int_equal(lm->vocabulary(self), 256);
    assert_int_equal(lm->classes(self), 0);
    assert_int_equal(lm->predictors(self, SPLIT_TEST, p, &n), OK);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(p[i].name, names[i]);
        assert_true(p[i].loss > 0);
        if (i > 1 && i < 5) assert_true(p[i].loss <= p[i - 1].loss);
    }
    assert_true(isnan(p[5].accuracy));
    assert_true(p[4].accuracy > 0.95 && p[5].loss < 0.3);
    const struct text train = lm->text(self, SPLIT_TRAIN), test = lm->text(self, SPLIT_TEST);
    for (size_t i = 0; i < train.n; i++) count[train.byte[i]]++;
    for (size_t i = 0; i < test.n; i++) loss -= log((count[test.byte[i]] + 11.0 / 256) / ((double)train.n + 11)); /* 11 kinds */
    assert_near(p[0].loss, loss / (double)test.n, 1e-9);
    lm->close(self);
    lm->close(NULL);
    assert_true(lm->present(options, folder, line, sizeof line));
    assert_non_null(strstr(line, "17600 + 1000 + 1400 bytes"));
    options_of(options, "enwik8");
    assert_false(lm->present(options, folder, line, sizeof line));
    assert_int_equal(lm->make(options, folder), ERR_DATA);
}

#define TEST(f)   cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
#define SIMPLE(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_file_by_position), TEST(test_two_files_by_position), TEST(test_roles), TEST(test_folder_by_hash),
        TEST(test_each_part_gets_a_file), TEST(test_packed), TEST(test_packing_moves_no_file),
        TEST(test_millions), TEST(test_gutenberg), TEST(test_archives), TEST(test_refusals),
        SIMPLE(test_kjv_table), TEST(test_kjv_write), TEST(test_kjv_real),
        SIMPLE(test_sums_to_one), SIMPLE(test_predict_as_textbook), SIMPLE(test_score_as_textbook),
        SIMPLE(test_first_bytes_only), SIMPLE(test_threads_give_the_same_bits), SIMPLE(test_xz),
        TEST(test_checksum), TEST(test_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
