/* memories.h -- M and CM of the Compressive Transformer: what leaves them when, and which of them each segment of a window sees.
 *
 * The history of an example is the memory it carried in, then its own rows, counted from its first.  Only whole groups of c
 * rows leave M, from the first row of the history on: when it has r rows, floor((r - n_m) / c) c have left, and M is the rest.
 * Slot i of those made in this window stands for rows c i .. c i + c of it.  All slots of an example are those that it
 * carried in, then the new ones, in order of time, and CM before a segment is the last n_cm of those that were made by then. */
#ifndef REACH_MEMORIES_H
#define REACH_MEMORIES_H

#include "variants/attention/past.h"
#include "variants/variant.h"

struct memories { /* what is carried */
    carry memory, compressed;
    carry usage;                        /* none unless most_used: (sum of weights, queries) for each row of memory */
};

struct memory_sizes {
    size_t segment, memory, compressed; /* n, n_m, n_cm */
    size_t rate;                        /* c; 1 if nothing is compressed */
};

size_t memory_most(const struct memory_sizes *z); /* rows that M can have */
size_t memory_left(const struct memory_sizes *z, size_t rows); /* those that have left a history of so many */

struct window {
    struct memory_sizes size;
    const struct pack  *segment;
    const size_t       *example;        /* of each segment                                                  */
    struct past         past;           /* as much of the histories as is read                              */
    size_t             *gone, *goes;    /* per segment: rows of the history that left before it, and by its end */
    size_t             *made;           /* per example: rows of the history that slots are made of          */
    size_t             *had, *slot;     /* per example: slots carried in; n + 1: the first of its slots     */
};

/* `after_last`: slots are made at the end of each example's last segment too. */
struct window window_of(struct pass *p, const struct memories *c, struct memory_sizes size, bool after_last);

/* Ranges of keys, and the position of the first, one per segment. */
struct range {
    size_t    *from, *to;
    ptrdiff_t *first;
};
struct range range_new(struct pass *p, const struct window *w);
struct range memory_range(struct pass *p, const struct window *w);                                 /* M, in past    */
struct range compressed_range(struct pass *p, const struct window *w, const struct range *memory); /* CM, in slots  */

/* Everything that leaves memory in a window, update by update, and what becomes of it. */
struct update {
    node   *old;                        /* (rows, C): constants, hidden rows 0; NULL if nothing leaves      */
    unsigned char *valid;               /* per row of old; NULL: all                                        */
    size_t *offset;                     /* n + 1: each example's first row of old                           */
    size_t *run, n_runs;                /* one per segment: what leaves at its end, perhaps nothing         */
    node   *new;                        /* (rows / c, C): for the caller to make                            */
    unsigned char *visible;             /* per row of new; NULL: all                                        */
};
struct update update_of(struct pass *p, const struct window *w);

/* All slots, of the values that update.new has: constants. */
struct compressed {
    node          *x;                   /* (slots, C); NULL if there are none                               */
    unsigned char *visible;             /* NULL: all                                                        */
};
struct compressed compressed_of(struct pass *p, const struct memories *c, const struct window *w, const struct update *u);

/* Weight that each row of past received while in M, summed over heads and queries, and queries of earlier windows. */
struct usage {
    real *received, *before;
};

/* Queries that row i of the history had in M by the end of segment s: all rows since its own segment ended. */
real queries_since(const struct pass *p, const struct window *w, const struct usage *u, size_t s, size_t i);

/* Leave M, CM and, if it is carried, usage as they are behind each example's last segment, without hidden rows. */
void memories_leave(struct pass *p, const struct memories *c, const struct window *w, const struct compressed *slots,
                    const struct usage *usage);

#endif
