/* mqar.c -- multi-query associative recall.
 *
 * Arora et al., "Zoology: Measuring and Improving Recall in Efficient Language Models", arXiv:2312.04927.  An example of
 * L tokens over a vocabulary of V: first k pairs, a key of 1..V/2-1 and a value of V/2..V-1, no key and no value twice;
 * then (L - 2k)/2 slots of two tokens.  Each key is asked once, as the first token of a slot of its own, and the target there
 * is its value.  The slots are drawn one after the other without replacement, slot r = 1, 2... with weight r^(a-1), a = 0.01,
 * so most keys are asked soon after the pairs and some far away.  Everywhere else stands 0, or a random token.
 *
 * Drawing in this order is the same as giving slot r a waiting time E_r / weight_r, E_r exponential, and taking the k
 * shortest in order (Efraimidis and Spirakis, Inf. Proc. Letters 97, 2006).
 * The two shortest of the default training settings are a curriculum: every slot of theirs asks something, and a model that has
 * learned to look back there learns the others within minutes; without them it stays at a guess among the values shown.
 * Trap.  A random filler may equal a key or a value; the answer stays the value of the pair.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/recall.h"

enum filler { FILLER_BLANK, FILLER_RANDOM };
static const char *const fillers[] = {"blank", "random", NULL};

struct mqar_options {
    int64_t          vocabulary, test, seed;
    struct int_list  train_lengths, train_pairs, test_lengths, test_pairs;
    struct real_list train_shares;
    int              filler;
    double           power;
};

#define AT(field) offsetof(struct mqar_options, field)
static const struct option options[] = {
    {"vocabulary", OPTION_INT, AT(vocabulary), "256", 4, 1 << 20, NULL, "tokens V: 0, keys 1..V/2-1, values V/2..V-1"},
    {"train_lengths", OPTION_INT_LIST, AT(train_lengths), "[16, 32, 64, 64, 128, 128]", 4, 1 << 20, NULL, "tokens of an example, one for each training setting"},
    {"train_pairs", OPTION_INT_LIST, AT(train_pairs), "[4, 8, 4, 8, 8, 16]", 1, 1 << 18, NULL, "pairs of each training setting"},
    {"train_shares", OPTION_REAL_LIST, AT(train_shares), "[8, 4, 1, 1, 1, 1]", 1e-6, 1e6, NULL, "how often each training setting is drawn, in any unit; empty: alike"},
    {"test_lengths", OPTION_INT_LIST, AT(test_lengths), "[64, 64, 128, 128, 256, 512, 1024, 256, 512]", 4, 1 << 20, NULL, "tokens of an example, one for each test set"},
    {"test_pairs", OPTION_INT_LIST, AT(test_pairs), "[4, 8, 8, 16, 16, 16, 16, 32, 64]", 1, 1 << 18, NULL, "pairs of each test set"},
    {"filler", OPTION_CHOICE, AT(filler), "blank", 0, 0, fillers, "what stands where nothing is asked: token 0, or random tokens"},
    {"power", OPTION_REAL, AT(power), "0.01", 0, 1, NULL, "a: slot r is drawn with weight r^(a-1)"},
    {"test", OPTION_INT, AT(test), "200", 1, 1e7, NULL, "examples of each test set"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {.name = NULL},
};

static status check_setting(const struct mqar_options *o, int64_t L, int64_t k)
{
    const int64_t V = o->vocabulary;
    if (L % 2) FAIL(ERR_CONFIG, "mqar: length %lld is odd; pairs and slots take two tokens each", (long long)L);
    if (4 * k > L)
        FAIL(ERR_CONFIG, "mqar: %lld pairs need a length of at least %lld (two tokens a pair, two a query), not %lld", (long long)k,
             (long long)(4 * k), (long long)L);
    if (k > V / 2 - 1)
        FAIL(ERR_CONFIG, "mqar: %lld pairs need as many keys, and a vocabulary of %lld has %lld; at least %lld", (long long)k,
             (long long)V, (long long)(V / 2 - 1), (long long)(2 * k + 2));
    if (o->filler == FILLER_RANDOM && V <= L)
        FAIL(ERR_CONFIG, "mqar: with random filler the vocabulary (%lld) must be larger than the length (%lld), or nearly every key "
             "stands there again; filler blank allows it", (long long)V, (long long)L);
    return OK;
}

static status read_settings(const struct mqar_options *o, const char *what, const struct int_list *length, const struct int_list *pairs,
                            struct recall_setting *out, size_t *n)
{
    if (length->n == 0 || length->n != pairs->n)
        FAIL(ERR_CONFIG, "mqar: %s_lengths has %zu items and %s_pairs %zu; one of each makes a setting", what, length->n, what, pairs->n);
    *n = length->n;
    for (size_t i = 0; i < *n; i++) {
        TRY(check_setting(o, length->at[i], pairs->at[i]));
        out[i] = (struct recall_setting){(size_t)length->at[i], (size_t)pairs->at[i]};
    }
    return OK;
}

static status plan(const void *opts, struct recall_plan *p)
{
    const struct mqar_options *o = opts;
    TRY(read_settings(o, "train", &o->train_lengths, &o->train_pairs, p->train, &p->n_train));
    TRY(read_settings(o, "test", &o->test_lengths, &o->test_pairs, p->test, &p->n_test));
    if (o->train_shares.n && o->train_shares.n != p->n_train)
        FAIL(ERR_CONFIG, "mqar: train_shares has %zu items for %zu training settings", o->train_shares.n, p->n_train);
    for (size_t i = 0; i < o->train_shares.n; i++) p->share[i] = o->train_shares.at[i];
    p->test_count = (size_t)o->test;
    p->seed = (uint64_t)o->seed;
    p->vocabulary = (size_t)o->vocabulary;
    return OK;
}

/* at[0], at[2]...: k different tokens of from..from+n-1. */
static void draw_different(random_stream *r, int32_t from, uint32_t n, size_t k, int32_t *at)
{
    for (size_t i = 0; i < k; i++) {
        bool seen = true;
        while (seen) {
            at[2 * i] = from + (int32_t)random_below(r, n);
            seen = false;
            for (size_t j = 0; j < i && !seen; j++) seen = at[2 * j] == at[2 * i];
        }
    }
}

struct slot { double wait; size_t number; };

static int by_wait(const void *a, const void *b)
{
    const double x = ((const struct slot *)a)->wait, y = ((const struct slot *)b)->wait;
    return (x > y) - (x < y);
}

/* All slots in the order in which they are drawn; the caller frees. */
static struct slot *draw_slots(random_stream *r, size_t n, double power)
{
    struct slot *s = malloc(n * sizeof *s);
    if (!s) status_no_memory("slots", n * sizeof *s);
    for (size_t i = 0; i < n; i++) s[i] = (struct slot){-log1p(-random_uniform(r)) * pow((double)(i + 1), 1 - power), i};
    qsort(s, n, sizeof *s, by_wait);
    return s;
}

static void make(const void *opts, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target)
{
    const struct mqar_options *o = opts;
    const size_t L = setting.length, k = setting.load;
    const int32_t V = (int32_t)o->vocabulary;
    memset(token, 0, L * sizeof *token);
    draw_different(r, 1, (uint32_t)(V / 2 - 1), k, token);
    draw_different(r, V / 2, (uint32_t)(V - V / 2), k, token + 1);
    struct slot *slot = draw_slots(r, L / 2 - k, o->power);
    for (size_t i = 0; i < k; i++) {
        const size_t row = 2 * k + 2 * slot[i].number;
        token[row] = token[2 * i];
        target[row] = token[2 * i + 1];
    }
    free(slot);
    for (size_t i = 2 * k; o->filler == FILLER_RANDOM && i < L; i++)
        if (target[i] < 0) token[i] = (int32_t)random_below(r, (uint32_t)V);
}

static const struct recall_kind kind = {.load = "pairs", .options = options, .plan = plan, .make = make};

static status mqar_open(void **self, const void *opts, const char *data)
{
    (void)data;
    return recall_open(self, &kind, opts, sizeof(struct mqar_options));
}

static size_t sets(const void *opts, struct test_set out[TASK_SETS])
{
    return recall_sets(&kind, opts, out);
}

static bool seen_before(const struct recall_plan *p, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (p->test[j].load == p->test[i].load) return true;
    return false;
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    (void)s;
    const struct recall_plan *p = recall_plan_of(self);
    out[0] = recall_guess("chance", (double)(p->vocabulary - p->vocabulary / 2), 1);
    *n = 1;
    for (size_t i = 0; i < p->n_test && *n < TASK_PREDICTORS; i++) {
        char name[48];
        if (seen_before(p, i)) continue;
        snprintf(name, sizeof name, "one of the %zu values shown", p->test[i].load);
        out[(*n)++] = recall_guess(name, (double)p->test[i].load, 1);
    }
    return OK;
}

const struct task task_mqar = {
    .name         = "mqar",
    .title        = "multi-query associative recall",
    .source       = "Arora et al., arXiv:2312.04927; own seeded generator; small settings by default",
    .help         =
        "k pairs of a key and a value, then each key once more at a drawn place: what was its value? Tokens: 0, keys\n"
        "1..V/2-1, values V/2..V-1; none twice. After the pairs (L - 2k)/2 slots of two tokens; slot r is drawn with weight\n"
        "r^(a-1) without replacement, and the target stands at the key asked. Elsewhere 0, or random tokens (then V must be\n"
        "larger than L). Each query is one answer. Training examples are fresh, of a setting drawn for each; the test sets\n"
        "and 1,024 validation examples are fixed. Generated from (seed, split, number): no data is needed.\n"
        "Predictors: chance (any value), and any of the k values shown.",
    RECALL_TASK,
    .options      = options,
    .options_size = sizeof(struct mqar_options),
    .open         = mqar_open,
    .sets         = sets,
    .predictors   = predictors,
};
