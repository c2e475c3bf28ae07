/* test_text.c -- packed files, archives, reviews, characters, the task `text`, and the predictors it shares.
 *
 * With REACH_DATA set and the reviews there, their counts, lengths and checksum are tested too.
 */
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/random.h"
#include "packed.h"
#include "process.h"
#include "store/results.h"
#include "task_support.h"
#include "tasks/characters.h"
#include "tasks/commonest.h"
#include "tasks/hold_out.h"
#include "tasks/linear_rule.h"
#include "tasks/reviews.h"
#include "tasks/tar.h"
#include "tensor/product.h"

static void assert_near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("got %.15g, wanted %.15g +- %g", got, wanted, tolerance);
}

/* ---- packed files -------------------------------------------------------------------------------------------- */

/* Read FOLDER/NAME by pieces of `piece` bytes. */
static status read_pieces(const char *name, size_t piece, uint8_t *out, size_t *n)
{
    struct unpack *u;
    size_t got;
    *n = 0;
    TRY(unpack_open(&u, in_folder(name)));
    status s;
    while ((s = unpack_read(u, out + *n, piece, &got)) == OK && got > 0) *n += got;
    if (s == OK) assert_int_equal(unpack_place(u), *n);
    unpack_close(u);
    return s;
}

static void test_unpack(void **state)
{
    (void)state;
    enum { N = 70000 };
    static uint8_t text[N], back[N + 100];
    static const char *const names[] = {"a.bin", "a.bin.gz", "a.bin.xz"};
    const size_t pieces[] = {1, 7, 512, N, N + 50};
    size_t n;
    random_stream r = random_stream_of(7, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < N; i++) text[i] = (uint8_t)random_below(&r, 11);
    for (int k = 0; k < 3; k++) {
        put_packed(names[k], text, N);
        for (int p = 0; p < 5; p++) {
            assert_int_equal(read_pieces(names[k], pieces[p], back, &n), OK);
            assert_int_equal(n, N);
            assert_memory_equal(back, text, N);
        }
        put_packed(names[k], "", 0);
        assert_int_equal(read_pieces(names[k], 10, back, &n), OK);
        assert_int_equal(n, 0);
    }
    assert_int_equal(read_pieces("none.xz", 10, back, &n), ERR_IO);
    assert_message(SET("none.xz"));
    assert_int_equal(file_make_folder(in_folder("folder.gz")), OK);
    assert_int_equal(read_pieces("folder.gz", 10, back, &n), ERR_IO);
    assert_message(SET("folder.gz", "it is a folder"));
}

/* Two packed files one after the other are one. */
static void test_unpack_members(void **state)
{
    (void)state;
    static const char *const ends[] = {"gz", "xz"};
    for (int k = 0; k < 2; k++) {
        char name[2][16], both[4096];
        uint8_t back[64];
        size_t n, size = 0;
        snprintf(name[0], 16, "one.%s", ends[k]);
        snprintf(name[1], 16, "two.%s", ends[k]);
        put_packed(name[0], "first, ", 7);
        put_packed(name[1], "second", 6);
        for (int i = 0; i < 2; i++) {
            struct file_content f;
            assert_int_equal(file_read(in_folder(name[i]), &f), OK);
            memcpy(both + size, f.at, f.n);
            size += f.n;
            file_close(&f);
        }
        put_bytes(name[0], both, size);
        assert_int_equal(read_pieces(name[0], 64, back, &n), OK);
        assert_int_equal(n, 13);
        assert_memory_equal(back, "first, second", 13);
    }
}

static void test_unpack_damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"d.gz", "d.xz"};
    static uint8_t text[5000], back[6000];
    size_t n;
    random_stream r = random_stream_of(7, RANDOM_TEST, 0, 1);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)random_u32(&r);
    for (int k = 0; k < 2; k++) {
        put_packed(names[k], text, sizeof text);
        const size_t size = size_of(names[k]), cuts[] = {0, 1, 13, size / 2, size - 1};
        char cut[16];
        snprintf(cut, sizeof cut, "cut-%s", names[k]);
        for (int c = 0; c < 5; c++) {
            put_cut(cut, names[k], cuts[c]);
            assert_int_equal(read_pieces(cut, 100, back, &n), ERR_DATA);
            assert_message(SET(cut, "not a whole", "it ends early", "at byte"));
        }
        put(cut, "this was never packed at all, by nobody");
        assert_int_equal(read_pieces(cut, 100, back, &n), ERR_DATA);
        assert_message(SET(cut, "does not begin as one"));
        struct file_content f;
        assert_int_equal(file_read(in_folder(names[k]), &f), OK);
        uint8_t *wrong = malloc(f.n);
        memcpy(wrong, f.at, f.n);
        wrong[f.n / 2] ^= 0x20; /* stored bytes: only the check tells */
        put_bytes(cut, wrong, f.n);
        assert_int_equal(read_pieces(cut, 100, back, &n), ERR_DATA);
        assert_message(SET(cut, "it is damaged"));
        free(wrong);
        file_close(&f);
    }
}

/* ---- archives ------------------------------------------------------------------------------------------------ */

static struct {
    uint8_t at[1 << 18];
    size_t  n;
} archive;

/* Add an entry to the archive: of type '0' a file. */
static uint8_t *add_entry(char type, const char *prefix, const char *name, const void *content, size_t n)
{
    uint8_t *h = archive.at + archive.n;
    unsigned sum = 0;
    if (archive.n + 1024 + n > sizeof archive.at) abort();
    memset(h, 0, 1024 + n);
    memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
    snprintf((char *)h + 100, 8, "%07o", 0644u);
    snprintf((char *)h + 124, 12, "%011o", (unsigned)n);
    snprintf((char *)h + 136, 12, "%011o", 0u);
    memset(h + 148, ' ', 8);
    h[156] = (uint8_t)type;
    memcpy(h + 257, "ustar\00000", 8);
    memcpy(h + 345, prefix, strlen(prefix));
    for (int i = 0; i < 512; i++) sum += h[i];
    snprintf((char *)h + 148, 8, "%06o", sum);
    memcpy(h + 512, content, n);
    archive.n += 512 + (n + 511) / 512 * 512;
    return h;
}

static void add_file(const char *name, const char *content)
{
    add_entry('0', "", name, content, strlen(content));
}

static void end_archive(void)
{
    memset(archive.at + archive.n, 0, 1024);
    archive.n += 1024;
}

/* Read all names and contents, "name=content;" */
static status read_archive(const char *name, char *out)
{
    struct tar *t;
    struct tar_file f;
    bool found;
    *out = 0;
    TRY(tar_open(&t, in_folder(name)));
    status s;
    while ((s = tar_next(t, &f, &found)) == OK && found) {
        char content[4096] = "";
        if (strstr(f.name, "unread")) continue;
        assert_true(f.n < sizeof content);
        if ((s = tar_content(t, content)) != OK) break;
        sprintf(out + strlen(out), "%s=%s;", f.name, content);
    }
    tar_close(t);
    return s;
}

static void test_tar(void **state)
{
    (void)state;
    char out[8192], wanted[8192], far[200], note[256];
    static char big[3000];
    memset(far, 'd', sizeof far);
    strcpy(far + 150, "/end.txt");
    memset(big, 'x', sizeof big - 1);
    archive.n = 0;
    add_entry('5', "", "a/", "", 0);
    add_file("a/one.txt", "first");
    add_entry('g', "", "pax_global", "52 comment=0123456789012345678901234567890123456789\n", 52);
    add_file("a/unread.txt", big);
    add_entry('0', "far/above", "two.txt", "2", 1);
    add_entry('L', "", "././@LongLink", far, strlen(far) + 1);
    add_entry('0', "", far, "long", 4);
    snprintf(note, sizeof note, "%zu path=%s\n20 ctime=123456789.\n", strlen(far) + 10, far);
    note[strlen(note)] = 0;
    add_entry('x', "", "PaxHeader", note, strlen(note));
    add_entry('0', "", "short", "pax", 3);
    add_entry('2', "", "link", "", 0);
    add_entry('\0', "", "old", "style", 5);
    add_file("empty", "");
    end_archive();
    snprintf(wanted, sizeof wanted, "a/one.txt=first;far/above/two.txt=2;%s=long;%s=pax;old=style;empty=;", far, far);
    static const char *const names[] = {"a.tar", "a.tar.gz", "a.tar.xz"};
    for (int k = 0; k < 3; k++) {
        put_packed(names[k], archive.at, archive.n);
        if (read_archive(names[k], out) != OK) fail_msg("%s", status_message());
        assert_string_equal(out, wanted);
    }
}

static void test_tar_broken(void **state)
{
    (void)state;
    char out[8192];
    archive.n = 0;
    add_file("a", "first");
    add_file("b", "second");
    const size_t before_end = archive.n;
    end_archive();
    put_bytes("a.tar", archive.at, archive.n);
    static const struct { size_t n; const char *says; } cuts[] = {
        {0, "ends at byte 0 where a tar header"}, {300, "ends at byte 300 where a tar header"},
        {514, "ends at byte 514 where a file in the archive"}, {600, "the fill after a file"},
        {1024, "ends at byte 1024 where a tar header"}, {1600, "the fill after"},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        put_cut("cut.tar", "a.tar", cuts[i].n);
        assert_int_equal(read_archive("cut.tar", out), ERR_DATA);
        assert_message(SET("cut.tar", cuts[i].says));
    }
    put_cut("cut.tar", "a.tar", before_end);
    assert_int_equal(read_archive("cut.tar", out), ERR_DATA);
    assert_message(SET("two blocks of zeros"));
    archive.at[1024 + 3] = 'x';
    put_bytes("wrong.tar", archive.at, archive.n);
    assert_int_equal(read_archive("wrong.tar", out), ERR_DATA);
    assert_message(SET("wrong.tar", "byte 1024", "a tar header was expected"));
    assert_string_equal(out, "a=first;");
}

/* ---- reviews ------------------------------------------------------------------------------------------------- */

#define REVIEWS 8
static const struct { const char *name, *text; } some[REVIEWS] = { /* not in order */
    {"aclImdb/test/neg/2_3.txt", "dull"},          {"aclImdb/test/pos/1_10.txt", "caf\xc3\xa9 <br /> fine"},
    {"aclImdb/train/neg/10_1.txt", "bad, bad"},    {"aclImdb/train/neg/9_4.txt", "poor"},
    {"aclImdb/train/pos/0_9.txt", "good"},         {"aclImdb/train/pos/11_7.txt", "very good"},
    {"aclImdb/test/neg/10_2.txt", "no"},           {"aclImdb/train/pos/100_8.txt", "a film of films"},
};

static void put_folder(void)
{
    for (int i = 0; i < REVIEWS; i++) put(some[i].name, some[i].text);
    put("aclImdb/train/unsup/5_0.txt", "neither");
    put("aclImdb/train/urls_pos.txt", "nothing");
    put("aclImdb/train/pos/.hidden", "nothing");
    put("aclImdb/README", "read me");
}

static void fill_archive(void)
{
    archive.n = 0;
    add_file("aclImdb/README", "read me");
    add_file("aclImdb/train/unsup/5_0.txt", "neither");
    for (int i = REVIEWS - 1; i >= 0; i--) add_file(some[i].name, some[i].text);
    add_file("aclImdb/train/pos/._0_9.txt", "hidden");
    add_file("aclImdb/train/urls_pos.txt", "nothing");
}

static void assert_reviews(const char *path)
{
    static const uint32_t ids[REVIEWS_PARTS][5] = {{9, 10, 0, 11, 100}, {2, 10, 1}};
    static const char *const texts[REVIEWS_PARTS][5] = {{"poor", "bad, bad", "good", "very good", "a film of films"},
                                                        {"dull", "no", "caf\xc3\xa9 <br /> fine"}};
    static const int labels[REVIEWS_PARTS][5] = {{0, 0, 1, 1, 1}, {0, 0, 1}};
    struct reviews r;
    if (reviews_read(&r, path) != OK) fail_msg("%s", status_message());
    assert_int_equal(r.n[REVIEWS_TRAIN], 5);
    assert_int_equal(r.n[REVIEWS_TEST], 3);
    for (int p = 0; p < REVIEWS_PARTS; p++)
        for (size_t i = 0; i < r.n[p]; i++) {
            const struct review *v = &r.review[p][i];
            assert_int_equal(v->id, ids[p][i]);
            assert_int_equal(v->label, labels[p][i]);
            assert_int_equal(v->n, strlen(texts[p][i]));
            assert_memory_equal(r.byte + v->at, texts[p][i], v->n);
        }
    reviews_free(&r);
    reviews_free(&r);
}

static void test_reviews(void **state)
{
    (void)state;
    put_folder();
    assert_reviews(in_folder("aclImdb"));
    fill_archive();
    end_archive();
    static const char *const names[] = {"r.tar", "r.tar.gz", "r.tar.xz"};
    for (int k = 0; k < 3; k++) {
        put_packed(names[k], archive.at, archive.n);
        assert_reviews(in_folder(names[k]));
    }
}

/* Where the data may lie. */
static void test_places(void **state)
{
    (void)state;
    char out[FILE_PATH], line[512];
    struct opened o;
    assert_int_equal(reviews_find(out, "aclImdb", folder), ERR_DATA);
    assert_message(SET("aclImdb_v1.tar.gz", "7c2ac02c03563afcf9b574c7e56c153a", folder));
    options_of(&o, "text", NULL);
    assert_false(o.t->present(o.options, folder, line, sizeof line));
    assert_non_null(strstr(line, "7c2ac02c03563afcf9b574c7e56c153a"));
    refuses("text", NULL, ERR_DATA, SET("aclImdb_v1.tar.gz"));
    put("aclImdb_v1.tar.gz", "");
    assert_int_equal(reviews_find(out, "aclImdb", folder), OK);
    assert_string_equal(out, in_folder("aclImdb_v1.tar.gz"));
    put("aclImdb/aclImdb-labelled.tar.xz", "");
    assert_int_equal(reviews_find(out, "aclImdb", folder), OK);
    assert_string_equal(out, in_folder("aclImdb/aclImdb-labelled.tar.xz"));
    put("aclImdb/aclImdb/train/a", "");
    assert_int_equal(reviews_find(out, "aclImdb", folder), OK);
    assert_string_equal(out, in_folder("aclImdb/aclImdb"));
    put("aclImdb/train/a", "");
    assert_int_equal(reviews_find(out, "aclImdb", folder), OK);
    assert_string_equal(out, in_folder("aclImdb"));
    assert_true(o.t->present(o.options, folder, line, sizeof line));
    assert_int_equal(reviews_find(out, "other", folder), ERR_DATA); /* not the default's */
    put("other.tar", "");
    assert_int_equal(reviews_find(out, in_folder("other.tar"), "nowhere"), OK);
}

static void folder_refused(status wanted, const char *const *parts)
{
    refuses("text", NULL, wanted, parts);
    assert_int_equal(folder_teardown(NULL), 0);
    put_folder();
}

static void test_broken_folders(void **state)
{
    (void)state;
    put_folder();
    put("aclImdb/train/pos/12_4.txt", "wrong place");
    folder_refused(ERR_DATA, SET("train/pos/12_4.txt", "rating 4", "7 to 10 in pos"));
    put("aclImdb/test/neg/12_5.txt", "neither");
    folder_refused(ERR_DATA, SET("test/neg/12_5.txt", "rating 5", "1 to 4 in neg"));
    put("aclImdb/test/neg/notes.txt", "notes");
    folder_refused(ERR_DATA, SET("test/neg/notes.txt", "ID_RATING.txt was expected"));
    put("aclImdb/test/neg/5_2.text", "notes");
    folder_refused(ERR_DATA, SET("test/neg/5_2.text", "ID_RATING.txt was expected"));
    put("aclImdb/test/pos/5_7.txt", "");
    folder_refused(ERR_DATA, SET("test/pos/5_7.txt", "empty"));
    put("aclImdb/train/neg/9_3.txt", "twice");
    folder_refused(ERR_DATA, SET("aclImdb", "two reviews train/neg/9_*.txt"));
    put("aclImdb/train/neg/12_3.txt/a", "a folder");
    folder_refused(ERR_IO, SET("train/neg/12_3.txt", "it is a folder"));
    remove(in_folder("aclImdb/test/pos/1_10.txt"));
    folder_refused(ERR_DATA, SET("aclImdb/test/pos", "empty"));
    remove(in_folder("aclImdb/test/pos/1_10.txt"));
    remove(in_folder("aclImdb/test/pos"));
    folder_refused(ERR_IO, SET("aclImdb/test/pos", "cannot list"));
    char *huge = calloc(1, (1 << 20) + 1);
    put_bytes("aclImdb/test/pos/5_7.txt", huge, (1 << 20) + 1);
    free(huge);
    folder_refused(ERR_DATA, SET("test/pos/5_7.txt", "1048577 bytes", "at most 1048576"));
    if (geteuid() != 0) { /* root may read all */
        chmod(in_folder("aclImdb/test/neg/2_3.txt"), 0);
        folder_refused(ERR_IO, SET("test/neg/2_3.txt", "cannot open"));
    }
}

static void test_broken_archives(void **state)
{
    (void)state;
    const char *const *const archive_option = SET("source=r.tar");
    fill_archive();
    put_bytes("r.tar", archive.at, archive.n - 600); /* no end */
    refuses("text", archive_option, ERR_DATA, SET("r.tar", "ends at byte", "expected"));
    fill_archive();
    add_file("aclImdb/test/neg/7_9.txt", "wrong place");
    end_archive();
    put_bytes("r.tar", archive.at, archive.n);
    refuses("text", archive_option, ERR_DATA, SET("r.tar: aclImdb/test/neg/7_9.txt (byte", "rating 9"));
    fill_archive();
    add_file("aclImdb/test/neg/2_3.txt", "again");
    end_archive();
    put_bytes("r.tar", archive.at, archive.n);
    refuses("text", archive_option, ERR_DATA, SET("r.tar", "two reviews test/neg/2_"));
    archive.n = 0;
    for (int i = 0; i < REVIEWS; i++)
        if (!strstr(some[i].name, "test/pos")) add_file(some[i].name, some[i].text);
    end_archive();
    put_bytes("r.tar", archive.at, archive.n);
    refuses("text", archive_option, ERR_DATA, SET("r.tar", "test/pos/ID_RATING.txt were expected"));
    fill_archive();
    end_archive();
    put_packed("whole.tar.xz", archive.at, archive.n);
    put_cut("r.tar.xz", "whole.tar.xz", size_of("whole.tar.xz") / 2);
    refuses("text", SET("source=r.tar.xz"), ERR_DATA, SET("r.tar.xz", "not a whole .xz file", "ends early"));
    put("r.tar.gz", "<html>not found</html>");
    refuses("text", SET("source=r.tar.gz"), ERR_DATA, SET("r.tar.gz", "does not begin as one"));
}

/* ---- characters ---------------------------------------------------------------------------------------------- */

static void test_characters(void **state)
{
    (void)state;
    static const struct { const char *bytes; size_t n; uint32_t code[5]; } cases[] = {
        {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f", 5, {'a', 0xE9, 0x20AC, 0x1F600, 0x7F}},
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xf4\x8f\xbf\xbf", 4, {0x80, 0x7FF, 0x800, 0x10FFFF}},
        {"\x80z", 2, {0xFFFD, 'z'}},                                   /* no first byte          */
        {"\xc0\xaf", 2, {0xFFFD, 0xFFFD}},                             /* longer than needed     */
        {"\xe0\x9f\xbf", 3, {0xFFFD, 0xFFFD, 0xFFFD}},                 /* the same               */
        {"\xed\xa0\x80", 3, {0xFFFD, 0xFFFD, 0xFFFD}},                 /* half of a pair         */
        {"\xf4\x90\x80\x80", 4, {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}},     /* above the last         */
        {"\xe2\x82", 2, {0xFFFD, 0xFFFD}},                             /* cut                    */
        {"\xc3" "ab", 3, {0xFFFD, 'a', 'b'}},
        {"\xff", 1, {0xFFFD}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const uint8_t *at = (const uint8_t *)cases[k].bytes, *end = at + strlen(cases[k].bytes);
        for (size_t i = 0; i < cases[k].n; i++) assert_int_equal(character_next(&at, end), cases[k].code[i]);
        assert_ptr_equal(at, end);
    }
}

static void test_character_ids(void **state)
{
    (void)state;
    uint32_t *count = calloc(CHARACTER_CODES, sizeof *count);
    struct characters c;
    count['z'] = 15, count['a'] = 100, count['q'] = 14, count[0xE9] = 16, count[0x1F600] = 15;
    characters_make(&c, count, 15);
    assert_int_equal(c.vocabulary, 7);
    assert_int_equal(c.id['a'], 3);
    assert_int_equal(c.id['z'], 4);
    assert_int_equal(c.id[0xE9], 5);
    assert_int_equal(c.id[0x1F600], 6);
    assert_int_equal(c.id['q'], CHARACTER_RARE);
    characters_free(&c);
    characters_free(&c);
    free(count);
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

/* The example as text, by bytes. */
static int text_of(const struct opened *o, enum split s, size_t index, char out[128])
{
    int32_t token[128];
    struct example e = {.token = token};
    assert_int_equal(o->t->example(o->self, s, index, &e), OK);
    assert_true(e.n <= o->t->longest(o->self));
    for (size_t i = 0; i < e.n; i++) {
        assert_in_range(token[i], 1, 256);
        out[i] = (char)(token[i] - 1);
    }
    out[e.n] = 0;
    return e.label;
}

static void test_bytes(void **state)
{
    (void)state;
    char text[128], line[512];
    struct opened o;
    put_folder();
    open_task(&o, "text", folder, SET("length=8"));
    assert_true(o.t->present(o.options, folder, line, sizeof line));
    assert_int_equal(o.t->vocabulary(o.self), 257);
    assert_int_equal(o.t->classes(o.self), 2);
    assert_int_equal(o.t->longest(o.self), 8);
    assert_int_equal(o.t->count(o.self, SPLIT_TRAIN), 4);
    assert_int_equal(o.t->count(o.self, SPLIT_VALID), 1);
    assert_int_equal(o.t->count(o.self, SPLIT_TEST), 3);
    assert_int_equal(text_of(&o, SPLIT_TEST, 0, text), 0);
    assert_string_equal(text, "dull");
    assert_int_equal(text_of(&o, SPLIT_TEST, 2, text), 1);
    assert_string_equal(text, "caf\xc3\xa9 <b");
    close_task(&o);
    open_task(&o, "text", folder, SET("length=0", "valid=test"));
    assert_int_equal(o.t->longest(o.self), 17);
    assert_int_equal(o.t->count(o.self, SPLIT_TRAIN), 5);
    assert_int_equal(o.t->count(o.self, SPLIT_VALID), 3);
    assert_int_equal(text_of(&o, SPLIT_VALID, 2, text), 1);
    assert_string_equal(text, "caf\xc3\xa9 <br /> fine");
    assert_int_equal(text_of(&o, SPLIT_TRAIN, 4, text), 1);
    assert_string_equal(text, "a film of films");
    close_task(&o);
    o.t->close(NULL);
}

static void test_characters_as_tokens(void **state)
{
    (void)state;
    int32_t token[64];
    struct example e = {.token = token};
    struct opened o;
    put_folder();
    put("aclImdb/train/pos/200_8.txt", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 ffffffffff");
    open_task(&o, "text", folder, SET("tokens=characters", "length=0", "valid=test"));
    assert_int_equal(o.t->vocabulary(o.self), 4); /* only e with an accent stands 15 times */
    assert_int_equal(o.t->longest(o.self), 27);
    assert_int_equal(o.t->example(o.self, SPLIT_TEST, 2, &e), OK);
    static const int32_t wanted[] = {1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2};
    assert_int_equal(e.n, 17);
    for (size_t i = 0; i < e.n; i++) assert_int_equal(token[i], wanted[i]);
    close_task(&o);
    open_task(&o, "text", folder, SET("tokens=characters", "length=5", "valid=test"));
    assert_int_equal(o.t->vocabulary(o.self), 3); /* what is cut is not counted */
    assert_int_equal(o.t->longest(o.self), 5);
    assert_int_equal(o.t->example(o.self, SPLIT_TEST, 2, &e), OK);
    assert_int_equal(e.n, 5);
    assert_int_equal(token[3], 1);
    assert_int_equal(token[4], 2);
    close_task(&o);
}

static void put_many(int n)
{
    char name[64], text[64];
    put_folder();
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "aclImdb/train/%s/%d_%d.txt", i % 2 ? "pos" : "neg", 1000 + i, i % 2 ? 8 : 2);
        snprintf(text, sizeof text, "%s number %d of %d", i % 2 ? "yyy" : "nnnnn", i, n);
        put(name, text);
    }
}

/* Each training review is in one of train and valid; which, the seed says. */
static void test_held_out(void **state)
{
    (void)state;
    char text[128], first[2][2048] = {{0}};
    put_many(55);
    for (int k = 0; k < 2; k++) {
        struct opened o;
        size_t seen = 0;
        char all[8192] = "";
        open_task(&o, "text", folder, SET(k ? "seed=2" : "seed=1"));
        assert_int_equal(o.t->count(o.self, SPLIT_TRAIN), 54);
        assert_int_equal(o.t->count(o.self, SPLIT_VALID), 6);
        for (int s = SPLIT_TRAIN; s <= SPLIT_VALID; s++)
            for (size_t i = 0; i < o.t->count(o.self, (enum split)s); i++, seen++) {
                char mark[140];
                text_of(&o, (enum split)s, i, text);
                snprintf(mark, sizeof mark, "|%s|", text);
                assert_null(strstr(all, mark));
                strcat(all, mark);
                if (s == SPLIT_VALID) strcat(first[k], mark);
            }
        assert_int_equal(seen, 60);
        close_task(&o);
    }
    assert_string_not_equal(first[0], first[1]);
}

static void test_checksums(void **state)
{
    (void)state;
    char a[33], b[33];
    put_many(30);
    checksum_of("text", folder, NULL, a);
    checksum_of("text", folder, SET("length=5000"), b);
    assert_string_not_equal(a, b);
    static const char *const others[] = {"length=6", "tokens=characters", "valid=test", "seed=2"};
    for (int i = 0; i < 4; i++) {
        checksum_of("text", folder, SET(others[i]), b);
        assert_string_not_equal(a, b);
    }
    checksum_of("text", folder, SET("length=4000"), b);
    assert_string_equal(a, b);
    put("aclImdb/test/neg/2_3.txt", "dulL");
    checksum_of("text", folder, NULL, b);
    assert_string_not_equal(a, b);
    assert_int_equal(folder_teardown(NULL), 0); /* a folder and an archive of it are one */
    put_folder();
    fill_archive();
    end_archive();
    put_packed("r.tar.gz", archive.at, archive.n);
    checksum_of("text", folder, NULL, a);
    checksum_of("text", folder, SET("source=r.tar.gz"), b);
    assert_string_equal(a, b);
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

static void test_commonest(void **state)
{
    (void)state;
    const struct predictor p = commonest_label(3, (const size_t[]){1, 4, 2}, (const size_t[]){5, 3, 0});
    assert_string_equal(p.name, "commonest label");
    assert_near(p.accuracy, 3 / 8.0, 1e-15);
    assert_near(p.loss, -(5 * log(2 / 10.0) + 3 * log(5 / 10.0)) / 8, 1e-14);
}

static void test_hold_out(void **state)
{
    (void)state;
    uint32_t order[1000], again[1000];
    bool seen[1000] = {0};
    assert_int_equal(hold_out(1, 2, order), 1);
    assert_int_equal(order[0] + order[1], 1);
    assert_int_equal(hold_out(5, 1000, order), 900);
    assert_int_equal(hold_out(5, 1000, again), 900);
    assert_memory_equal(order, again, sizeof order);
    for (size_t i = 0; i < 1000; i++) {
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
        if (i != 0 && i != 900) assert_true(order[i] > order[i - 1]);
    }
    hold_out(6, 1000, again);
    assert_memory_not_equal(order, again, sizeof order);
}

/* One feature of two values, right in a share of the examples: the optimum is a root of one equation. */
struct coin {
    size_t n, right;
};

static void read_coin(const void *self, size_t index, double *feature, int *label)
{
    const struct coin *c = self;
    *label = (int)(index % 2);
    feature[0] = (index / 2 < c->right / 2) == (*label == 1) ? 17 : 3;
    feature[1] = 5; /* tells nothing */
}

static void test_linear_by_hand(void **state)
{
    (void)state;
    const struct coin c = {2000, 1600};
    const struct linear_examples e = {&c, c.n, read_coin};
    const struct predictor p = linear_rule("coin", 2, 2, &e, &e);
    /* W = (-a, a): L / n = -q log s(2a) - (1 - q) log s(-2a) + 0.03 a^2, so 2 (s(2a) - q) + 0.06 a = 0 */
    double low = 0, high = 5;
    for (int i = 0; i < 200; i++) {
        const double a = (low + high) / 2;
        *(2 / (1 + exp(-2 * a)) - 1.6 + 0.06 * a > 0 ? &high : &low) = a;
    }
    assert_string_equal(p.name, "coin");
    assert_near(p.accuracy, 0.8, 1e-15);
    assert_near(p.loss, 0.8 * log1p(exp(-2 * low)) + 0.2 * log1p(exp(2 * low)), 2e-3);
}

/* Three classes cut by lines through the plane. */
static void read_plane(const void *self, size_t index, double *feature, int *label)
{
    random_stream r = random_stream_of(*(const uint64_t *)self, RANDOM_TEST, index, 0);
    const double x = random_normal(&r), y = random_normal(&r), z[] = {x, -0.5 * x + y, -0.5 * x - y};
    feature[0] = 100 + 3 * x, feature[1] = 0.01 * y, feature[2] = random_normal(&r);
    *label = z[0] > z[1] ? (z[0] > z[2] ? 0 : 2) : z[1] > z[2] ? 1 : 2;
}

static void test_linear_on_a_plane(void **state)
{
    (void)state;
    const uint64_t seeds[] = {1, 2};
    const struct linear_examples train = {&seeds[0], 3001, read_plane}, test = {&seeds[1], 1003, read_plane};
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const struct predictor one = linear_rule("plane", 3, 3, &train, &test);
    omp_set_num_threads(3);
    const struct predictor three = linear_rule("plane", 3, 3, &train, &test);
    omp_set_num_threads(threads);
    assert_true(one.accuracy > 0.95 && one.loss < 0.6 && one.loss > 0);
    assert_true(one.loss == three.loss && one.accuracy == three.accuracy);
}

static void test_predictors(void **state)
{
    (void)state;
    struct predictor p[TASK_PREDICTORS];
    struct opened o;
    size_t n;
    put_many(60);
    open_task(&o, "text", folder, NULL);
    assert_int_equal(o.t->predictors(o.self, SPLIT_VALID, p, &n), OK);
    assert_int_equal(n, 2);
    assert_string_equal(p[0].name, "commonest label");
    assert_string_equal(p[1].name, "byte counts");
    assert_true(p[1].accuracy == 1); /* y or n tells */
    assert_true(p[1].loss < 0.2);
    close_task(&o);
}

/* ---- the program --------------------------------------------------------------------------------------------- */

static void test_run(void **state)
{
    (void)state;
    put_many(60);
    put("t.yaml", "model: {width: 16, layers: 1, heads: 2, feed_forward: 32, pooling: mean}\n"
                  "train: {batch: 8, steps: 30, warmup: 5, eval_every: 15, eval_tokens: 2000}\n"
                  "tasks: [{text: {length: 20}}]\nvariants: [rope]\n");
    const struct finished *f = process_run("cd '%s' && '%s' run t.yaml --data '%s' --threads 2", folder, reach, folder);
    if (f->code != 0) fail_msg("%s", f->out);
    struct results r;
    results_init(&r);
    assert_int_equal(results_read(&r, in_folder("results/t/rope-text-1.h5"), true), OK);
    assert_int_equal(r.status, RUN_DONE);
    assert_int_equal(r.n_predictor, 2);
    assert_int_equal(r.test[0].n, 3);
    assert_true(r.test[0].loss > 0 && r.test[0].loss < 5);
    results_done(&r);
    f = process_run("'%s' data list --data '%s'", reach, folder);
    assert_non_null(strstr(f->out, "text           ready"));
}

/* ---- the real ones ------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void test_real_reviews(void **state)
{
    (void)state;
    const char *data = real_data("aclImdb");
    static int length[50000];
    size_t n = 0, over[2] = {0}, positive[REVIEWS_PARTS] = {0};
    double sum = 0;
    char path[FILE_PATH], line[33];
    struct reviews r;
    if (reviews_find(path, "aclImdb", data) != OK || reviews_read(&r, path) != OK) fail_msg("%s", status_message());
    for (int p = 0; p < REVIEWS_PARTS; p++) {
        assert_int_equal(r.n[p], 25000);
        for (size_t i = 0; i < r.n[p]; i++) {
            const struct review *v = &r.review[p][i];
            positive[p] += v->label;
            sum += v->n;
            over[0] += v->n > 1000;
            over[1] += v->n > 4000;
            length[n++] = (int)v->n;
        }
        assert_int_equal(positive[p], 12500);
    }
    qsort(length, n, sizeof *length, ascending);
    assert_int_equal(r.n_bytes, 65483508);
    assert_near(sum / (double)n, 1310, 0.5);
    assert_int_equal(length[24999] > 969 && length[25000] < 973, 1);
    assert_int_equal(length[49999], 13704);
    assert_near((double)over[0] / (double)n, 0.48, 0.005);
    assert_near((double)over[1] / (double)n, 0.03, 0.0005);
    reviews_free(&r);
    checksum_of("text", data, SET("length=0", "valid=test"), line);
    assert_string_equal(line, "7dcb32c38072255bdede74022bfb8b17"); /* as first measured: examples stay what they were */
}

/* The floors that others' scores stand on. */
static void test_real_floors(void **state)
{
    (void)state;
    const char *data = real_data("aclImdb");
    static const struct { const char *length; double accuracy; } floors[] = {{"length=1000", 0.639}, {"length=4000", 0.655}};
    for (int k = 0; k < 2; k++) {
        struct predictor p[TASK_PREDICTORS];
        struct opened o;
        size_t n;
        open_task(&o, "text", data, SET(floors[k].length, "valid=test"));
        assert_int_equal(o.t->predictors(o.self, SPLIT_TEST, p, &n), OK);
        print_message("%s: %s %.4f, loss %.4f\n", floors[k].length, p[1].name, p[1].accuracy, p[1].loss);
        assert_near(p[0].accuracy, 0.5, 1e-12);
        assert_near(p[1].accuracy, floors[k].accuracy, 0.01);
        close_task(&o);
    }
}

/* About 135 characters stand 15 times or more. */
static void test_real_characters(void **state)
{
    (void)state;
    struct opened o;
    open_task(&o, "text", real_data("aclImdb"), SET("length=4096", "tokens=characters", "valid=test"));
    print_message("%zu symbols\n", o.t->vocabulary(o.self));
    assert_in_range(o.t->vocabulary(o.self), 130, 140);
    assert_int_equal(o.t->longest(o.self), 4096);
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
        TEST(test_unpack), TEST(test_unpack_members), TEST(test_unpack_damaged), TEST(test_tar), TEST(test_tar_broken),
        TEST(test_reviews), TEST(test_places), TEST(test_broken_folders), TEST(test_broken_archives), SIMPLE(test_characters),
        SIMPLE(test_character_ids), TEST(test_bytes), TEST(test_characters_as_tokens), TEST(test_held_out), TEST(test_checksums),
        SIMPLE(test_commonest), SIMPLE(test_hold_out), SIMPLE(test_linear_by_hand), SIMPLE(test_linear_on_a_plane),
        TEST(test_predictors), TEST(test_run), SIMPLE(test_real_reviews), SIMPLE(test_real_floors), SIMPLE(test_real_characters),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
