/* selective_copy.c -- a few letters scattered among blanks, to be repeated in order.
 *
 * Gu and Dao, "Mamba", arXiv:2312.00752, sec. 4.1.1, with a marker and a teacher-forced answer at the end.  L rows, n letters:
 *
 *   tokens    L - n tokens: the letters in order at drawn places, blanks between; M; the first n - 1 letters
 *   targets   the n letters, from the marker's row on
 *
 * Tokens: 0 blank, 1..V-2 letters, V-1 the marker M.  All n must be right.
 */
#include <math.h>
#include <string.h>

#include "tasks/recall.h"

struct selective_options {
    int64_t vocabulary, letters, test, seed;
    struct int_list train_lengths, test_lengths;
};

#define AT(field) offsetof(struct selective_options, field)
static const struct option options[] = {
    {"vocabulary", OPTION_INT, AT(vocabulary), "16", 4, 65536, NULL, "tokens V: 0 blank, 1..V-2 letters, V-1 the marker"},
    {"letters", OPTION_INT, AT(letters), "16", 1, 1 << 16, NULL, "letters to be repeated"},
    {"train_lengths", OPTION_INT_LIST, AT(train_lengths), "[128]", 2, 1 << 20, NULL, "tokens of a training example; each is drawn alike"},
    {"test_lengths", OPTION_INT_LIST, AT(test_lengths), "[128, 256, 512, 1024, 2048]", 2, 1 << 20, NULL, "tokens of an example of each test set"},
    {"test", OPTION_INT, AT(test), "200", 1, 1e7, NULL, "examples of each test set"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {.name = NULL},
};

static status check_lengths(const struct selective_options *o, const char *what, const struct int_list *length)
{
    if (length->n == 0) FAIL(ERR_CONFIG, "selective_copy: %s is empty", what);
    for (size_t i = 0; i < length->n; i++)
        if (length->at[i] < 2 * o->letters)
            FAIL(ERR_CONFIG, "selective_copy: %lld letters and their copy need a length of at least %lld, not %lld", (long long)o->letters,
                 (long long)(2 * o->letters), (long long)length->at[i]);
    return OK;
}

static status plan(const void *opts, struct recall_plan *p)
{
    const struct selective_options *o = opts;
    TRY(check_lengths(o, "train_lengths", &o->train_lengths));
    TRY(check_lengths(o, "test_lengths", &o->test_lengths));
    p->n_train = recall_lengths(&o->train_lengths, (size_t)o->letters, p->train);
    p->n_test = recall_lengths(&o->test_lengths, (size_t)o->letters, p->test);
    p->test_count = (size_t)o->test;
    p->seed = (uint64_t)o->seed;
    p->vocabulary = (size_t)o->vocabulary;
    return OK;
}

static void make(const void *opts, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target)
{
    const struct selective_options *o = opts;
    const size_t n = setting.load, marker = setting.length - n;
    size_t given = 0;
    memset(token, 0, setting.length * sizeof *token);
    for (size_t i = 0; i < marker && given < n; i++) { /* each choice of n places is equally likely */
        if (random_below(r, (uint32_t)(marker - i)) >= n - given) continue;
        token[i] = 1 + (int32_t)random_below(r, (uint32_t)(o->vocabulary - 2));
        target[marker + given] = token[i];
        if (given + 1 < n) token[marker + 1 + given] = token[i];
        given++;
    }
    token[marker] = (int32_t)o->vocabulary - 1;
}

static const struct recall_kind kind = {.load = "letters", .options = options, .plan = plan, .make = make};

static status selective_open(void **self, const void *opts, const char *data)
{
    (void)data;
    return recall_open(self, &kind, opts, sizeof(struct selective_options));
}

static size_t sets(const void *opts, struct test_set out[TASK_SETS])
{
    return recall_sets(&kind, opts, out);
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    (void)s;
    const struct selective_options *o = recall_options(self);
    out[0] = recall_guess("chance", pow((double)(o->vocabulary - 2), (double)o->letters), (double)o->letters);
    *n = 1;
    return OK;
}

const struct task task_selective_copy = {
    .name         = "selective_copy",
    .title        = "copy the letters scattered among blanks",
    .source       = "Gu and Dao, arXiv:2312.00752, sec. 4.1.1; own seeded generator; small settings by default",
    .help         =
        "Letters stand in order at drawn places among blanks; after a marker they are to be repeated. All must be right; the\n"
        "true letters so far are in the input. Tokens: 0 blank, 1..V-2 letters, V-1 the marker; the length counts all rows, the\n"
        "copy included. Generated from (seed, split, number): no data is needed.\n"
        "Predictors: chance.",
    RECALL_TASK,
    .options      = options,
    .options_size = sizeof(struct selective_options),
    .open         = selective_open,
    .sets         = sets,
    .predictors   = predictors,
};
