/* workers.h -- threads, each with its own arena: forward and backward over packs, forward alone over sequences.
 *
 * Pack p of a batch belongs to shard p mod shards; a thread takes a whole shard and goes through its packs in order.
 * So the gradient of each shard, and every sum, is the same for any number of threads.
 */
#ifndef REACH_WORKERS_H
#define REACH_WORKERS_H

#include "base/arena.h"
#include "model/model.h"
#include "train/batch.h"

struct workers {
    int     threads;
    arena **memory;              /* one per thread                         */
    size_t  shards;
    real  **gradient;            /* shards x n_values, owned               */
    size_t  n_values;
    const struct kernel *kernel;
    size_t  peak_bytes, peak_rows; /* largest step arena, and rows of the pack that took it: of training if there is any */
};

/* shards = 0: for evaluation only. */
void workers_init(struct workers *w, int threads, size_t shards, size_t n_values, const struct kernel *k);
void workers_done(struct workers *w);

struct tally {
    double loss;    /* nats, summed over targets */
    double right;   /* targets right             */
    double n;       /* targets                   */
    double auxiliary;
    double answers, answers_right; /* runs of neighbouring targets, and those that are right throughout; evaluation only */
};

/* One step's forward and backward.  Gradients of (sum of losses) / targets go to the shards (cleared here). */
struct tally workers_train(struct workers *w, const struct model *m, const struct pack *pack, size_t n_packs, double targets,
                           uint64_t seed, uint64_t step);

/* What evaluation gathers: per sequence (or pair), and per position if bucket > 0. */
struct scores {
    struct tally *of;            /* one per sequence; models of pairs: one per two                */
    size_t bucket, n_buckets;    /* tokens per bucket of the position inside the sequence; 0: none */
    struct tally *at;            /* n_buckets                                                     */
};

/* Forward alone over sequences of at most test_length tokens, pack_rows rows at a time; fills `out`.  A model of pairs wants an
 * even number of them. */
void workers_evaluate(struct workers *w, const struct model *m, const struct sequence *s, size_t n, size_t pack_rows,
                      size_t test_length, uint64_t seed, struct scores *out);

#endif
