/* task.h -- the contract of a task: examples by (split, index) or a text, its head, its trivial predictors.
 *
 * A task is a `const struct task` at the foot of its own file tasks/NAME.c and one line in task_list.h.
 * It knows no variant and no model.  Opened data is read-only and may be used by many threads at once.
 */
#ifndef REACH_TASK_H
#define REACH_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/option.h"
#include "base/status.h"

enum split { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLITS };
extern const char *const split_names[SPLITS]; /* "train", "valid", "test" */

enum task_kind {
    TASK_TEXT,     /* a text per split; next-token prediction; the harness cuts the windows        */
    TASK_CLASSIFY, /* examples with one label: of a text, or of two (see `pairs`)                  */
    TASK_SEQUENCE, /* examples with a target per token (-1: none); an answer is a run of them, all right */
};

/* A text: tokens are bytes.  Documents are [start[d], start[d+1]); start has n_documents + 1 entries. */
struct text {
    const uint8_t *byte;
    size_t         n;
    const size_t  *start;
    size_t         n_documents;
};

/* One example, in the caller's buffers. */
struct example {
    int32_t *token;    /* [max_tokens]; pairs: [2 max_tokens], the second text right behind the first */
    int32_t *target;   /* [max_tokens], TASK_SEQUENCE only               */
    size_t   n;        /* tokens written                                 */
    size_t   n_first;  /* pairs: those of the first text                 */
    int32_t  label;    /* TASK_CLASSIFY                                  */
};

/* TASK_SEQUENCE: a part of the test split whose examples have one length: [first, first + count). */
struct test_set {
    size_t first, count;
    size_t length;     /* tokens of each example                                 */
    char   label[12];  /* what else it is, "16 pairs"; ""                        */
    bool   trained;    /* training has examples of this length and label         */
    bool   longer;     /* longer than every training example                     */
};
#define TASK_SETS 32

/* A score that needs no attention at all, printed beside every score. */
struct predictor {
    char   name[64];   /* "order 5", "root operator", "commonest label" */
    double loss;       /* nats per target; NAN if it has none            */
    double accuracy;   /* share right in [0, 1]; NAN if it has none      */
};
#define TASK_PREDICTORS 16

#define TASK_WORD 16 /* bytes of a token spelt out, the final 0 included */

struct task {
    const char          *name;      /* the word used in YAML                        */
    const char          *title;     /* one line                                     */
    const char          *source;    /* paper or origin, with what differs           */
    const char          *help;      /* a paragraph: data, splits, how to get it     */
    enum task_kind       kind;
    bool                 images;    /* TASK_CLASSIFY: an example is a square of gray levels 0..255, its tokens, row by row */
    bool                 pairs;     /* TASK_CLASSIFY: an example is two texts, read one by one, with one label */
    const struct option *options;
    size_t               options_size;

    /* Open the data under the folder `data`.  *self is owned by the caller and given to close (accepts NULL).
     * ERR_DATA with the command that gets the data if it is missing, or with file, offset and what was expected. */
    status (*open)(void **self, const void *options, const char *data);
    void   (*close)(void *self);

    /* Ids are 0..vocabulary-1; classes is 0 unless TASK_CLASSIFY.  Reports ask for classes with a NULL self: then 0 where that depends
     * on options, and a predictor "chance" says what reports want to know. */
    size_t (*vocabulary)(const void *self);
    size_t (*classes)(const void *self);

    /* TASK_CLASSIFY, TASK_SEQUENCE: how many examples, the longest of them (TASK_SEQUENCE: of training and validation; pairs: the
     * longest text), and one of them.  ERR_DATA if a record is broken. */
    size_t (*count)(const void *self, enum split s);
    size_t (*longest)(const void *self);
    status (*example)(const void *self, enum split s, size_t index, struct example *out);

    /* Spell a token for people to read, a byte or a word with the space behind it; NULL: numbers will do. */
    void (*word)(const void *self, int32_t token, char out[TASK_WORD]);

    /* TASK_SEQUENCE: the sets of the test split, from the options alone; returns how many (0 if open would refuse them). */
    size_t (*sets)(const void *options, struct test_set out[TASK_SETS]);

    /* TASK_TEXT: the text of a split; what was opened, where the options left a choice (as long as the task is open). */
    struct text (*text)(const void *self, enum split s);
    const char *(*text_name)(const void *self);

    /* Fill out[0..*n-1], *n <= TASK_PREDICTORS, scored on split s after training on SPLIT_TRAIN.  May take seconds. */
    status (*predictors)(const void *self, enum split s, struct predictor *out, size_t *n);

    /* A hash of everything the examples depend on (content, options), 32 hex digits and a 0. */
    void (*checksum)(const void *self, char out[33]);

    /* What must stand before its runs and under each of its tables: that the data was generated here, or that it is not what a known
     * benchmark of that shape has.  A line, "" for nothing; NULL: never anything. */
    void   (*note)(const void *options, char *line, size_t size);

    /* `reach data`: is the data there, or made when it is used (one line either way, true if it is); make what is not there yet; NULL
     * make: cannot. */
    bool   (*present)(const void *options, const char *data, char *line, size_t size);
    status (*make)(const void *options, const char *data);
    bool     draws;   /* open makes what is not there, which may take long: `reach data verify` only says what is there */
};

/* Its note, or "". */
static inline void task_note(const struct task *t, const void *options, char *line, size_t size)
{
    line[0] = 0;
    if (t->note) t->note(options, line, size);
}

/* A word of tasks whose tokens are bytes + 1, 0 where there is none. */
void task_byte_word(const void *self, int32_t token, char out[TASK_WORD]);

/* Texts of an example. */
static inline size_t task_texts(const struct task *t)
{
    return t->pairs ? 2 : 1;
}

extern const struct task *const tasks[];   /* NULL-terminated, from task_list.h */
const struct task *task_find(const char *name);

#endif
