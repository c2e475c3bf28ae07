/* recall_test.h -- the test sets of a recall task, each of one length, most of them longer than training.
 *
 * An answer is a maximal run of rows with targets, and right if all of its tokens are, given the true ones before them.
 * Per set two rows of /test, `text` the set's label ("16 pairs"):
 *
 *   mode recall     accuracy: share of answers right; n: answers
 *   mode examples   accuracy: share of examples with every answer right; n: examples
 *
 * Loss is nats per target token in both, its error from the spread over examples.
 */
#ifndef REACH_RECALL_TEST_H
#define REACH_RECALL_TEST_H

#include "store/results.h"
#include "tasks/task.h"
#include "train/workers.h"

struct recall_test {
    const struct task *task;
    const void     *data;           /* the opened task                       */
    const void     *options;        /* its options                           */
    size_t          examples;       /* of each set at most; 0: all           */
    struct model   *model;
    struct workers *workers;
    size_t          pack_rows;
    uint64_t        seed;           /* of the run                            */
    char            evaluation[24]; /* goes into each row                    */
    void (*progress)(void *self, double share);
    void  *progress_self;
};

/* Append rows to r->test.  A length that the model refuses gets a row with its reason.  ERR_DATA if an example is broken. */
status recall_test_run(const struct recall_test *t, struct results *r);

#endif
