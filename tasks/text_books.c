/* text_books.c -- which of ten books is a passage from?  A stand-in for the Text task of Long Range Arena, whose film reviews (text.c)
 * must be fetched: the same shape of input, byte by byte, another question, other scores.
 *
 * The classes are the longest books of a corpus, numbered by the order of their names.  A book of n bytes is cut at 8n/10 and 9n/10:
 * passages to train on lie in the first part, for validation in the second, to test in the last, so no byte is in two of them.  Example
 * i of a split has class i mod K and is a function of (seed, split, i): its place is drawn with equal chances from all in its part.
 * Passages of one split may overlap.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "tasks/bags.h"
#include "tasks/books.h"

struct text_books_options {
    char    corpus[OPTION_TEXT];
    int64_t length, classes, train, valid, test, seed;
};

#define AT(field) offsetof(struct text_books_options, field)
static const struct option options[] = {
    {"corpus", OPTION_WORD, AT(corpus), "kjv", 0, 0, NULL,
     "kjv, gutenberg, or the path of a folder (or .tar.xz) of books, a file each"},
    {"length", OPTION_INT, AT(length), "1000", 1, 1e7, NULL, "bytes of a passage"},
    {"classes", OPTION_INT, AT(classes), "10", 2, 1000, NULL, "books, the longest ones"},
    {"train", OPTION_INT, AT(train), "25000", 1, 1e9, NULL, "training passages"},
    {"valid", OPTION_INT, AT(valid), "2000", 1, 1e8, NULL, "validation passages"},
    {"test", OPTION_INT, AT(test), "2000", 1, 1e8, NULL, "test passages"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of where the passages lie"},
    {.name = NULL},
};

struct text_books {
    struct text_books_options o;
    struct books books; /* the classes, all[0] .. */
};

/* Where the part of a split begins in a book of n bytes; that of SPLITS: n. */
static size_t part_of(size_t n, int s)
{
    static const size_t tenths[SPLITS + 1] = {[SPLIT_VALID] = 8, [SPLIT_TEST] = 9, [SPLITS] = 10};
    return n / 10 * tenths[s] + n % 10 * tenths[s] / 10;
}

/* Ten passages' bytes: a tenth of the book, rounded down, then holds one. */
static size_t least_bytes(const struct text_books_options *o)
{
    return 10 * (size_t)o->length;
}

static status text_books_open(void **self, const void *opts, const char *data)
{
    const struct text_books_options *o = opts;
    struct text_books *t = calloc(1, sizeof *t);
    if (!t) status_no_memory("text-books", sizeof *t);
    t->o = *o;
    const status s = books_open_longest(&t->books, o->corpus, (size_t)o->classes, data, least_bytes(o));
    if (s != OK) {
        free(t);
        t = NULL;
    }
    *self = t;
    return s;
}

static void text_books_close(void *self)
{
    struct text_books *t = self;
    if (t) books_close(&t->books);
    free(t);
}

static size_t vocabulary(const void *self)
{
    (void)self;
    return 257;
}

static size_t classes(const void *self)
{
    return self ? (size_t)((const struct text_books *)self)->o.classes : 0;
}

static size_t count(const void *self, enum split s)
{
    const struct text_books_options *o = &((const struct text_books *)self)->o;
    return (size_t)(s == SPLIT_TRAIN ? o->train : s == SPLIT_VALID ? o->valid : o->test);
}

static size_t longest(const void *self)
{
    return (size_t)((const struct text_books *)self)->o.length;
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct text_books *t = self;
    const size_t label = index % (size_t)t->o.classes, L = (size_t)t->o.length;
    const struct book *book = &t->books.all[label];
    const size_t begin = part_of(book->n, (int)s), end = part_of(book->n, (int)s + 1), places = end - begin - L + 1;
    random_stream r = random_stream_of((uint64_t)t->o.seed, RANDOM_GENERATE, s, (uint32_t)index);
    book_passage(book, begin + random_below(&r, (uint32_t)(places < UINT32_MAX ? places : UINT32_MAX)), L, out->token);
    out->n = L;
    out->label = (int32_t)label;
    return OK;
}

extern const struct task task_text_books;

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    const size_t k = classes(self);
    struct bags train, scored;
    TRY(bags_make(&train, &task_text_books, self, SPLIT_TRAIN));
    TRY(bags_make(&scored, &task_text_books, self, s));
    out[0] = (struct predictor){.name = "chance", .loss = log((double)k), .accuracy = 1 / (double)k};
    out[1] = bags_rule("byte counts", &train, &scored, k);
    *n = 2;
    bags_free(&train);
    bags_free(&scored);
    return OK;
}

static void checksum(const void *self, char out[33])
{
    books_checksum(&((const struct text_books *)self)->books, out);
}

static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct text_books_options *o = opts;
    void *self;
    if (text_books_open(&self, opts, data) != OK) {
        snprintf(line, size, "%s", status_message());
        return false;
    }
    snprintf(line, size, "%s: its %lld longest books, each of %lld bytes and more", o->corpus, (long long)o->classes, (long long)least_bytes(o));
    text_books_close(self);
    return true;
}

static status make(const void *opts, const char *data)
{
    return books_make("text-books", ((const struct text_books_options *)opts)->corpus, data);
}

static void note(const void *opts, char *line, size_t size)
{
    char of[BOOKS_OF];
    books_of(((const struct text_books_options *)opts)->corpus, of);
    snprintf(line, size, "text-books: passages from the books of %s in place of film reviews (IMDb).", of);
}

const struct task task_text_books = {
    .name         = "text-books",
    .title        = "which of ten books is a passage from? (not IMDb)",
    .source       = "own; after the Text task of Long Range Arena, arXiv:2011.04006, which has film reviews instead",
    .help         =
        "A passage of `length` bytes; the class is the book it was cut from, one of the `classes` longest of a corpus. NOT the\n"
        "film reviews of Long Range Arena (task text): another question on other texts, so scores are not comparable. Made as\n"
        "they are used, from any folder (or .tar.xz) of books, one file each: in each book training passages lie in the first\n"
        "80 % of its bytes, validation passages in the next 10 %, test passages in the last 10 %. All classes come equally often;\n"
        "a book needs ten times `length` bytes.\n"
        "  kjv         the default, without any folder: the King James Bible (`reach data make kjv`), each of its books a book\n"
        "  gutenberg   pgNNN.txt or a .tar.xz of them\n"
        "  a folder    whatever parts it has: they are put together\n"
        "Ids: byte + 1, 0 never occurs. Classes are numbered in the order of the books' names. Predictors: chance, and\n"
        "`byte counts`, a logistic regression on the square roots of how often each byte stands in a passage.",
    .kind         = TASK_CLASSIFY,
    .options      = options,
    .options_size = sizeof(struct text_books_options),
    .open         = text_books_open,
    .close        = text_books_close,
    .vocabulary   = vocabulary,
    .classes      = classes,
    .count        = count,
    .longest      = longest,
    .example      = example,
    .word         = task_byte_word,
    .predictors   = predictors,
    .checksum     = checksum,
    .note         = note,
    .present      = present,
    .make         = make,
};
