/* copy.c -- a string of letters, and then the same string again.
 *
 * The string copying of Jelassi et al., "Repeat After Me", arXiv:2402.01032: 26 letters, trained on strings of 5 to 20, tested on
 * longer ones; with `blanks` between the string and its copy, the copying memory task of Hochreiter and Schmidhuber (1997)
 * in the form of Arjovsky et al., arXiv:1511.06464 (8 letters, 10 of them, 100 blanks).
 *
 *   tokens    s_1 ... s_n  0 ... 0  M    s_1 ... s_(n-1)        0 blank, 1..letters, M = letters + 1
 *   targets   -  ...   -   -     -  s_1  s_2 ... s_n            2 n + blanks rows
 *
 * All n must be right.  The copy is teacher-forced: the true letters so far are in the input.
 */
#include <math.h>
#include <string.h>

#include "tasks/recall.h"

struct copy_options {
    int64_t letters, blanks, train_min, train_max, test, seed;
    struct int_list test_letters;
};

#define AT(field) offsetof(struct copy_options, field)
static const struct option options[] = {
    {"letters", OPTION_INT, AT(letters), "26", 2, 65536, NULL, "different letters"},
    {"blanks", OPTION_INT, AT(blanks), "0", 0, 1 << 20, NULL, "blank tokens between the string and its copy"},
    {"train_min", OPTION_INT, AT(train_min), "5", 1, 1 << 20, NULL, "letters of the shortest string trained on"},
    {"train_max", OPTION_INT, AT(train_max), "20", 1, 1 << 20, NULL, "letters of the longest; each number between is drawn alike"},
    {"test_letters", OPTION_INT_LIST, AT(test_letters), "[10, 20, 40, 80, 160]", 1, 1 << 20, NULL, "letters of the strings of each test set"},
    {"test", OPTION_INT, AT(test), "200", 1, 1e7, NULL, "examples of each test set"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {.name = NULL},
};

static struct recall_setting setting_of(const struct copy_options *o, int64_t n)
{
    return (struct recall_setting){(size_t)(2 * n + o->blanks), (size_t)n};
}

static status plan(const void *opts, struct recall_plan *p)
{
    const struct copy_options *o = opts;
    if (o->train_max < o->train_min)
        FAIL(ERR_CONFIG, "copy: train_max %lld is less than train_min %lld", (long long)o->train_max, (long long)o->train_min);
    if (o->train_max - o->train_min >= RECALL_SETTINGS)
        FAIL(ERR_CONFIG, "copy: train_min %lld to train_max %lld are more than %d lengths", (long long)o->train_min,
             (long long)o->train_max, RECALL_SETTINGS);
    if (o->test_letters.n == 0) FAIL(ERR_CONFIG, "copy: test_letters is empty; it names the test sets");
    for (int64_t n = o->train_min; n <= o->train_max; n++) p->train[p->n_train++] = setting_of(o, n);
    for (size_t i = 0; i < o->test_letters.n; i++) p->test[p->n_test++] = setting_of(o, o->test_letters.at[i]);
    p->test_count = (size_t)o->test;
    p->seed = (uint64_t)o->seed;
    p->vocabulary = (size_t)o->letters + 2;
    return OK;
}

static void make(const void *opts, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target)
{
    const struct copy_options *o = opts;
    const size_t n = setting.load, marker = n + (size_t)o->blanks;
    memset(token, 0, setting.length * sizeof *token);
    for (size_t i = 0; i < n; i++) {
        token[i] = 1 + (int32_t)random_below(r, (uint32_t)o->letters);
        target[marker + i] = token[i];
        if (i + 1 < n) token[marker + 1 + i] = token[i];
    }
    token[marker] = (int32_t)o->letters + 1;
}

static const struct recall_kind kind = {.load = "letters", .options = options, .plan = plan, .make = make};

static status copy_open(void **self, const void *opts, const char *data)
{
    (void)data;
    return recall_open(self, &kind, opts, sizeof(struct copy_options));
}

static size_t sets(const void *opts, struct test_set out[TASK_SETS])
{
    return recall_sets(&kind, opts, out);
}

/* The shortest string of the test sets is the easiest to guess. */
static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    (void)s;
    const struct copy_options *o = recall_options(self);
    const struct recall_plan *p = recall_plan_of(self);
    size_t least = p->test[0].load;
    for (size_t i = 1; i < p->n_test; i++) least = p->test[i].load < least ? p->test[i].load : least;
    out[0] = recall_guess("chance", pow((double)o->letters, (double)least), (double)least);
    *n = 1;
    return OK;
}

const struct task task_copy = {
    .name         = "copy",
    .title        = "copy a string of letters",
    .source       = "Jelassi et al., arXiv:2402.01032; with blanks: Arjovsky et al., arXiv:1511.06464; own seeded generator",
    .help         =
        "A string, blanks if wanted, a marker, and the string once more. All letters must be right; the true letters so far\n"
        "are in the input. Trained on strings of train_min to train_max letters, tested on each of test_letters. Tokens: 0\n"
        "blank, 1..letters, letters + 1 the marker. `{letters: 8, blanks: 100, train_min: 10, train_max: 10}` is the copying\n"
        "memory task. Generated from (seed, split, number): no data is needed.\n"
        "Predictors: chance, of the shortest string tested.",
    RECALL_TASK,
    .options      = options,
    .options_size = sizeof(struct copy_options),
    .open         = copy_open,
    .sets         = sets,
    .predictors   = predictors,
};
