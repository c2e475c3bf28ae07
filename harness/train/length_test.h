/* length_test.h -- how a language model's loss holds or breaks at each test length.
 *
 * For each length L:
 *   windows   the split cut into windows of L tokens, each document from its start; every byte but a document's first is a
 *             target once.  By position: the same windows.  A longer window has fewer targets near a start, so this mean
 *             falls for that reason alone.  `windows_tokens` chooses stretches of the longest length by seed, the same bytes
 *             for every L.
 *   last      the same targets at seeded places, with L tokens of input in all: only the context grows.
 *   stride s  sliding windows that score their last s tokens; at seeded places, the same for every L.
 * Places keep the longest length's context inside one document, so every length scores the same bytes.
 *   context   single targets at seeded places, each after exactly c tokens of input, for every c of a list of its own: their
 *             losses are kept one by one, for what is computed of them (report/recl.h).  No two targets share an input, as one
 *             of them would then have more context: the cost is targets x sum of c tokens.
 * "repeated": each place's context is a passage of the text, tiled; the same targets at every length.
 *   stream    each document read from its start in parts of the training length, state carried on from part to part: what
 *             a memory makes of an endless text.  By position: along the document ("stream").  No other mode lets state in: a
 *             window starts with none, so that every variant sees the same context.
 * Errors are standard errors over windows (parts).
 */
#ifndef REACH_LENGTH_TEST_H
#define REACH_LENGTH_TEST_H

#include "store/results.h"
#include "tasks/task.h"
#include "train/options.h"
#include "train/workers.h"

struct length_test {
    const struct test_options *options;
    struct model   *model;
    struct workers *workers;
    struct text     text;
    const char     *split;          /* name of the split                 */
    size_t          train_length, pack_rows;
    uint64_t        seed;           /* of the run                        */
    char            evaluation[24]; /* goes into each row                */
    void (*progress)(void *self, double share);
    void  *progress_self;
};

/* Append rows to r->test and r->position; losses of mode context replace r->context.  A length that the model refuses, or that no
 * document is long enough for, gets a row with its reason. */
void length_test_run(const struct length_test *t, struct results *r);

/* Validation during training: `tokens` targets in windows of the training length at seeded places of the text. */
struct tally length_test_subset(struct workers *w, struct model *m, const struct text *x, size_t length, size_t tokens,
                                size_t pack_rows, uint64_t seed);

#endif
