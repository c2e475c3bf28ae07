/* retrieval_books.c -- do two passages come from the same book?  A stand-in for the Retrieval task of Long Range Arena, whose
 * pairs of papers (retrieval.c) cannot be had by everybody: the same shape of input, another question, other scores.
 *
 * Pair i of a split is a function of (seed, split, i).  Even i: two passages of one book, class 1; odd i: of two, class 0.
 * Books are drawn with equal chances.  In a book of n bytes two passages of L bytes have at least max(L, n / 4) bytes between
 * them.  A passage of class 0 lies where one of such two would lie, so that a single passage, by book or by place in it, tells
 * nothing of the class; and which of the two comes first is drawn too, so that (a, b) and (b, a) are equally likely.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "tasks/books.h"
#include "tasks/pair_predictors.h"

struct retrieval_books_options {
    char    corpus[OPTION_TEXT];
    int64_t length, train, valid, test, seed;
};

#define AT(field) offsetof(struct retrieval_books_options, field)
static const struct option options[] = {
    {"corpus", OPTION_WORD, AT(corpus), "kjv", 0, 0, NULL,
     "kjv, gutenberg, or the path of a folder (or .tar.xz) of books, a file each"},
    {"length", OPTION_INT, AT(length), "4000", 1, 1e7, NULL, "bytes of a passage"},
    {"train", OPTION_INT, AT(train), "100000", 2, 1e9, NULL, "training pairs"},
    {"valid", OPTION_INT, AT(valid), "2000", 2, 1e8, NULL, "validation pairs"},
    {"test", OPTION_INT, AT(test), "2000", 2, 1e8, NULL, "test pairs"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the pairs, and of which books are held out where that is not fixed"},
    {.name = NULL},
};

struct retrieval_books {
    struct retrieval_books_options o;
    struct books books;
};

static status books_task_open(void **self, const void *opts, const char *data)
{
    const struct retrieval_books_options *o = opts;
    struct retrieval_books *r = calloc(1, sizeof *r);
    if (!r) status_no_memory("retrieval-books", sizeof *r);
    r->o = *o;
    const status s = books_open(&r->books, o->corpus, (uint64_t)o->seed, data, 3 * (size_t)o->length);
    if (s != OK) {
        free(r);
        r = NULL;
    }
    *self = r;
    return s;
}

static void books_task_close(void *self)
{
    struct retrieval_books *r = self;
    if (r) books_close(&r->books);
    free(r);
}

static size_t vocabulary(const void *self)
{
    (void)self;
    return 257;
}

static size_t classes(const void *self)
{
    (void)self;
    return 2;
}

static size_t count(const void *self, enum split s)
{
    const struct retrieval_books_options *o = &((const struct retrieval_books *)self)->o;
    return (size_t)(s == SPLIT_TRAIN ? o->train : s == SPLIT_VALID ? o->valid : o->test);
}

static size_t longest(const void *self)
{
    return (size_t)((const struct retrieval_books *)self)->o.length;
}

/* Where two passages far apart begin, in random order. */
static void draw_two(random_stream *r, const struct book *b, size_t L, size_t start[2])
{
    const size_t n = b->n < UINT32_MAX ? b->n : UINT32_MAX;
    const size_t apart = L + (n / 4 > L ? n / 4 : L), places = n - L - apart + 1;
    const size_t u = random_below(r, (uint32_t)places), v = random_below(r, (uint32_t)places), last = random_below(r, 2);
    start[1 - last] = u < v ? u : v;
    start[last] = (u < v ? v : u) + apart;
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct retrieval_books *t = self;
    const struct book *book = t->books.all + t->books.first[s];
    const size_t L = (size_t)t->o.length, n = t->books.n[s];
    random_stream r = random_stream_of((uint64_t)t->o.seed, RANDOM_GENERATE, s, (uint32_t)index);
    const size_t a = random_below(&r, (uint32_t)n), other = random_below(&r, (uint32_t)n - 1);
    const bool same = index % 2 == 0;
    const size_t b = same ? a : other + (other >= a);
    size_t start[2], elsewhere[2];
    draw_two(&r, &book[a], L, start);
    draw_two(&r, &book[b], L, elsewhere);
    book_passage(&book[a], start[0], L, out->token);
    book_passage(&book[b], same ? start[1] : elsewhere[1], L, out->token + L);
    out->n = 2 * L;
    out->n_first = L;
    out->label = same;
    return OK;
}

extern const struct task task_retrieval_books;

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    *n = PAIR_PREDICTORS;
    return pair_predictors(&task_retrieval_books, self, s, out);
}

static void checksum(const void *self, char out[33])
{
    books_checksum(&((const struct retrieval_books *)self)->books, out);
}

static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct retrieval_books_options *o = opts;
    void *self;
    if (books_task_open(&self, opts, data) != OK) {
        snprintf(line, size, "%s", status_message());
        return false;
    }
    const struct books *b = &((struct retrieval_books *)self)->books;
    snprintf(line, size, "%s: %zu + %zu + %zu books (train, valid, test) of %lld bytes and more%s", o->corpus, b->n[SPLIT_TRAIN],
             b->n[SPLIT_VALID], b->n[SPLIT_TEST], 3 * (long long)o->length, b->dealt ? ", dealt by seed" : "");
    books_task_close(self);
    return true;
}

static status make(const void *opts, const char *data)
{
    return books_make("retrieval-books", ((const struct retrieval_books_options *)opts)->corpus, data);
}

static void note(const void *opts, char *line, size_t size)
{
    char of[BOOKS_OF];
    books_of(((const struct retrieval_books_options *)opts)->corpus, of);
    snprintf(line, size, "retrieval-books: passages from the books of %s in place of papers (AAN).", of);
}

const struct task task_retrieval_books = {
    .name         = "retrieval-books",
    .title        = "do two passages come from the same book? (not AAN)",
    .source       = "own; after the Retrieval task of Long Range Arena, arXiv:2011.04006, which has pairs of papers instead",
    .help         =
        "Two passages of `length` bytes; class 1 if they were cut from one book, 0 if from two. NOT the AAN pairs of Long Range\n"
        "Arena (task retrieval): another question on other texts, so scores are not comparable. Made as they are used, half of\n"
        "each class, from any folder (or .tar.xz) of books, one file each. Passages of one book are apart by at least their\n"
        "length and a quarter of the book; books shorter than three passages are left out; all books, and all places in them,\n"
        "come as often in one class as in the other, and in both orders. Train, valid and test have different books:\n"
        "  kjv         the default, without any folder: the King James Bible (`reach data make kjv`), each of its books a book;\n"
        "              as task lm splits it\n"
        "  gutenberg   pgNNN.txt or a .tar.xz of them: test 84 158 345 2701 4300, valid 1342 1661 2638, train the rest\n"
        "  a folder    its parts train*, valid*, test*, or a hash of names and `seed`, if each has two long enough books;\n"
        "              else dealt by `seed`: 17 % test, 10 % valid, two at least\n"
        "Ids: byte + 1, 0 never occurs. Predictors, fitted on 4,000 training pairs: the commonest label; the cosine of the two\n"
        "texts' byte frequencies (their square roots); logistic regression on the differences of these; the cosine of words.",
    .kind         = TASK_CLASSIFY,
    .pairs        = true,
    .options      = options,
    .options_size = sizeof(struct retrieval_books_options),
    .open         = books_task_open,
    .close        = books_task_close,
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
