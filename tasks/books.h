/* books.h -- the books of a corpus, whole: each in one split, or the longest, for tasks that cut each book. */
#ifndef REACH_BOOKS_H
#define REACH_BOOKS_H

#include "tasks/corpus.h"

struct book {
    const uint8_t *at;
    size_t         n;
    const char    *path;  /* of its file */
};

struct books {
    struct corpus *corpus;
    struct book   *all;                         /* sorted by split          */
    size_t         first[SPLITS], n[SPLITS];    /* split s: all[first[s]].. */
    bool           dealt;                       /* not the corpus's own parts */
};

#define BOOKS_LEAST 2 /* in each split, so that there are two different ones */

/* Open the corpus called `name` (corpus.h) and keep its documents of `least` bytes and more.  They stay in the corpus's own
 * parts if each has two; otherwise all are dealt anew, by a seeded shuffle of their names: 17 % test, 10 % valid, two at least,
 * the others train.  ERR_DATA if there are not six; what corpus_open says otherwise. */
status books_open(struct books *out, const char *name, uint64_t seed, const char *data, size_t least);

/* The `n` longest documents of a corpus, in the order of their names, all in the training part: for tasks that cut each book.  ERR_DATA if
 * there are not so many of `least` bytes and more, or if the corpus is pieces of fewer files. */
status books_open_longest(struct books *out, const char *name, size_t n, const char *data, size_t least);
void   books_close(struct books *b); /* accepts a cleared struct, and clears it */

/* Bytes start .. start + n - 1 of a book, each plus one. */
void   book_passage(const struct book *b, size_t start, size_t n, int32_t *token);

/* Which bytes are in which split; not where they were found. */
void   books_checksum(const struct books *b, char out[33]);

/* Write the corpus `name`, for a message of `task`; ERR_DATA if it is another than kjv. */
status books_make(const char *task, const char *name, const char *data);

/* "the King James Bible", or the corpus's own name. */
#define BOOKS_OF 300
void   books_of(const char *name, char out[BOOKS_OF]);

#endif
