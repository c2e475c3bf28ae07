/* induction.c -- what followed the special token when it was seen?
 *
 * Olsson et al., arXiv:2209.11895, and Fu et al., arXiv:2212.14052, sec. 3.1; train short and test long as in Gu and Dao,
 * arXiv:2312.00752, sec. 4.1.2.  L tokens: random ones of 0..V-2, the special token V-1 once at a drawn place, and once more as
 * the last.  The target, at the last row, is the token that followed it; which has to be found by content, at any distance.
 */
#include "tasks/recall.h"

struct induction_options {
    int64_t vocabulary, test, seed;
    struct int_list train_lengths, test_lengths;
};

#define AT(field) offsetof(struct induction_options, field)
static const struct option options[] = {
    {"vocabulary", OPTION_INT, AT(vocabulary), "16", 3, 65536, NULL, "tokens V: 0..V-2 ordinary ones, V-1 the special one"},
    {"train_lengths", OPTION_INT_LIST, AT(train_lengths), "[128]", 3, 1 << 20, NULL, "tokens of a training example; each is drawn alike"},
    {"test_lengths", OPTION_INT_LIST, AT(test_lengths), "[128, 256, 512, 1024, 2048]", 3, 1 << 20, NULL, "tokens of an example of each test set"},
    {"test", OPTION_INT, AT(test), "200", 1, 1e7, NULL, "examples of each test set"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {.name = NULL},
};

static status plan(const void *opts, struct recall_plan *p)
{
    const struct induction_options *o = opts;
    if (o->train_lengths.n == 0) FAIL(ERR_CONFIG, "induction: train_lengths is empty");
    if (o->test_lengths.n == 0) FAIL(ERR_CONFIG, "induction: test_lengths is empty; it names the test sets");
    p->n_train = recall_lengths(&o->train_lengths, 1, p->train);
    p->n_test = recall_lengths(&o->test_lengths, 1, p->test);
    p->test_count = (size_t)o->test;
    p->seed = (uint64_t)o->seed;
    p->vocabulary = (size_t)o->vocabulary;
    return OK;
}

static void make(const void *opts, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target)
{
    const struct induction_options *o = opts;
    const size_t L = setting.length, place = random_below(r, (uint32_t)(L - 2)); /* its follower stands before the last row */
    const int32_t special = (int32_t)o->vocabulary - 1;
    for (size_t i = 0; i < L; i++) token[i] = (int32_t)random_below(r, (uint32_t)special);
    token[place] = token[L - 1] = special;
    target[L - 1] = token[place + 1];
}

static const struct recall_kind kind = {.options = options, .plan = plan, .make = make};

static status induction_open(void **self, const void *opts, const char *data)
{
    (void)data;
    return recall_open(self, &kind, opts, sizeof(struct induction_options));
}

static size_t sets(const void *opts, struct test_set out[TASK_SETS])
{
    return recall_sets(&kind, opts, out);
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    (void)s;
    out[0] = recall_guess("chance", (double)(recall_plan_of(self)->vocabulary - 1), 1);
    *n = 1;
    return OK;
}

const struct task task_induction = {
    .name         = "induction",
    .title        = "what followed the special token",
    .source       = "Fu et al., arXiv:2212.14052; Gu and Dao, arXiv:2312.00752, sec. 4.1.2; own seeded generator",
    .help         =
        "Random tokens; a special one stands among them once and again at the end: what followed it? One answer an example.\n"
        "Tokens: 0..V-2 ordinary ones, V-1 the special one. Generated from (seed, split, number): no data is needed.\n"
        "Predictors: chance.",
    RECALL_TASK,
    .options      = options,
    .options_size = sizeof(struct induction_options),
    .open         = induction_open,
    .sets         = sets,
    .predictors   = predictors,
};
