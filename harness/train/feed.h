/* feed.h -- which examples a step trains on, and which a measurement scores.
 *
 * A text is read as `batch` contiguous streams: stream b starts at b/batch of the text and moves on by `length` tokens a
 * step; when all streams have gone their part once, the next round is shifted by a seeded amount.  A window that
 * crosses a document's end is cut there into two examples.  Everything is a function of (seed, step).
 * A stream's state goes on from step to step inside a document, and is dropped at its end and at the end of a round.
 * Other tasks are read in a seeded order, new in each epoch; one with more than 2^26 examples by seeded draws.
 */
#ifndef REACH_FEED_H
#define REACH_FEED_H

#include "base/arena.h"
#include "tasks/task.h"
#include "train/batch.h"
#include "train/options.h"

struct feed {
    const struct task *task;
    const void        *data;      /* the opened task                        */
    const struct train_options *options;
    uint64_t  seed;
    struct text text;             /* TASK_TEXT: all of it, or options->examples windows from its beginning */
    size_t   *start;              /* its documents, if it was cut; owned    */
    size_t    examples;           /* others: how many there are to train on */
    uint32_t *subset;             /* NULL: the first `examples`; owned      */
    uint32_t *order;              /* of the current epoch; owned; NULL: draws */
    uint64_t  epoch;
};

/* ERR_DATA if the training split has nothing to train on. */
status feed_init(struct feed *f, const struct task *task, const void *data, const struct train_options *o, uint64_t seed);
void   feed_done(struct feed *f);

/* The sequences of step t (from 0), in `a`; *n of them, two for each pair.  ERR_DATA if a record is broken. */
status feed_step(struct feed *f, arena *a, uint64_t t, struct sequence **s, size_t *n);

/* Examples [from, from + n) of a split, in `a`: for measuring.  index NULL: in order, else index[from + i].  s has n sequences, or
 * 2n of a task of pairs: the two texts of example i are 2i and 2i + 1, with ids of their own, so dropout treats them apart. */
status feed_examples(const struct task *task, const void *data, enum split split, const uint32_t *index, size_t from, size_t n,
                     arena *a, struct sequence *s);

/* A seeded choice of `n` of `total` things, in rising order (of more than 2^26: the first n); malloc'd, the caller frees it. */
uint32_t *feed_choose(uint64_t seed, enum split split, size_t total, size_t n);

#endif
