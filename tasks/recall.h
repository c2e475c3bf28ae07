/* recall.h -- what the recall tasks share: examples by number, made when they are asked for and never kept.
 *
 * A task of this family has *settings*: a length, and a load of what must be remembered.  A training or validation example
 * draws one of the training settings; the test split is one set of examples for each test setting.  Example i is a function
 * of (seed, split, i), and in the test split of (seed, setting, i): a set is the same whatever other sets there are.
 * Training examples are fresh: there are 2^31 of them.
 */
#ifndef REACH_RECALL_H
#define REACH_RECALL_H

#include "base/random.h"
#include "tasks/task.h"

#define RECALL_TRAIN    ((size_t)1 << 31)
#define RECALL_VALID    1024
#define RECALL_SETTINGS 512

struct recall_setting {
    size_t length;  /* tokens of an example                            */
    size_t load;    /* pairs, letters...: what the task says it counts */
};

/* What a task's options come to. */
struct recall_plan {
    size_t   n_train, n_test;
    struct recall_setting train[RECALL_SETTINGS];
    double   share[RECALL_SETTINGS]; /* of the training examples, in any unit    */
    struct recall_setting test[TASK_SETS];
    size_t   test_count;             /* examples of a test set                    */
    uint64_t seed;
    size_t   vocabulary;
};

struct recall_kind {
    const char *load;                /* what load counts, "pairs"; NULL: settings differ in length alone */
    const struct option *options;

    /* Fill the plan, which comes cleared but for shares of 1.  ERR_CONFIG with a sentence if the options cannot be. */
    status (*plan)(const void *options, struct recall_plan *p);

    /* Write setting.length tokens and their targets (-1: none; they come cleared to that). */
    void (*make)(const void *options, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target);
};

/* For struct task; what differs is given the kind. */
status recall_open(void **self, const struct recall_kind *k, const void *options, size_t options_size);
void   recall_close(void *self);
size_t recall_vocabulary(const void *self);
size_t recall_classes(const void *self);
size_t recall_count(const void *self, enum split s);
size_t recall_longest(const void *self);
status recall_example(const void *self, enum split s, size_t index, struct example *out);
size_t recall_sets(const struct recall_kind *k, const void *options, struct test_set out[TASK_SETS]);
void   recall_checksum(const void *self, char out[33]);
bool   recall_present(const void *options, const char *data, char *line, size_t size);

/* The fields of struct task that are the same for all of them. */
#define RECALL_TASK                                                                                                   \
    .kind = TASK_SEQUENCE, .close = recall_close, .vocabulary = recall_vocabulary, .classes = recall_classes,         \
    .count = recall_count, .longest = recall_longest, .example = recall_example, .checksum = recall_checksum,         \
    .present = recall_present

/* The options of an opened task, and its plan. */
const void               *recall_options(const void *self);
const struct recall_plan *recall_plan_of(const void *self);

/* Settings of one load from a list of lengths. */
size_t recall_lengths(const struct int_list *length, size_t load, struct recall_setting *out);

/* A guess that is right once in `ways`, for answers of n tokens: loss is per token. */
struct predictor recall_guess(const char *name, double ways, double n);

#endif
