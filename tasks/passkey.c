/* passkey.c -- a number hidden in a text, asked for at its end.
 *
 * Mohtashami and Jaggi, "Landmark Attention", arXiv:2305.16300, sec. 4.2, over bytes: filler sentences without digits, one line that
 * holds the key, more filler, a question.  The filler is cut where the line stands, at any byte with equal chance, so that its
 * place says nothing.
 *
 *   bytes     filler ... \nKeep the number 48213.\n ... filler \nThe number to keep was 4821
 *   targets                                                                           48213
 *
 * Every digit is drawn alike, a first 0 included.  All digits must be right; they are teacher-forced.
 */
#include <math.h>
#include <string.h>

#include "tasks/recall.h"

#define DIGITS_MOST 32

static const char *const sentences[] = {
    "The ferry leaves when the tide is high. ",
    "Two gulls follow it across the bay. ",
    "Somebody left a window open in the mill. ",
    "Rain has fallen on the hills since dawn. ",
    "The baker sets out bread before the street wakes. ",
    "A dog sleeps under the bench by the well. ",
    "Old maps hang in the hall of the school. ",
    "Nobody knows who planted the pear trees. ",
    "In the evening the valley smells of smoke. ",
    "The road bends twice and then follows the river. ",
    "Children throw flat stones from the bridge. ",
    "Every spring the swallows come back to the barn. ",
};
#define SENTENCES (sizeof sentences / sizeof *sentences)

static const char line_begin[] = "\nKeep the number ", line_end[] = ".\n", question[] = "\nThe number to keep was ";

struct passkey_options {
    int64_t digits, test, seed;
    struct int_list train_lengths, test_lengths;
};

#define AT(field) offsetof(struct passkey_options, field)
static const struct option options[] = {
    {"digits", OPTION_INT, AT(digits), "5", 1, DIGITS_MOST, NULL, "of the key"},
    {"train_lengths", OPTION_INT_LIST, AT(train_lengths), "[128, 256]", 8, 1 << 20, NULL, "bytes of a training example; each is drawn alike"},
    {"test_lengths", OPTION_INT_LIST, AT(test_lengths), "[128, 256, 512, 1024, 2048]", 8, 1 << 20, NULL, "bytes of an example of each test set"},
    {"test", OPTION_INT, AT(test), "200", 1, 1e7, NULL, "examples of each test set"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {.name = NULL},
};

/* All that is not filler: the line, the question, and the answer but for its last digit. */
static size_t needed(const struct passkey_options *o)
{
    return strlen(line_begin) + (size_t)o->digits + strlen(line_end) + strlen(question) + (size_t)o->digits - 1;
}

static status check_lengths(const struct passkey_options *o, const char *what, const struct int_list *length)
{
    if (length->n == 0) FAIL(ERR_CONFIG, "passkey: %s is empty", what);
    for (size_t i = 0; i < length->n; i++)
        if ((size_t)length->at[i] < needed(o))
            FAIL(ERR_CONFIG, "passkey: the line with a key of %lld digits and the question take %zu bytes; a length of %lld is too short",
                 (long long)o->digits, needed(o), (long long)length->at[i]);
    return OK;
}

static status plan(const void *opts, struct recall_plan *p)
{
    const struct passkey_options *o = opts;
    TRY(check_lengths(o, "train_lengths", &o->train_lengths));
    TRY(check_lengths(o, "test_lengths", &o->test_lengths));
    p->n_train = recall_lengths(&o->train_lengths, (size_t)o->digits, p->train);
    p->n_test = recall_lengths(&o->test_lengths, (size_t)o->digits, p->test);
    p->test_count = (size_t)o->test;
    p->seed = (uint64_t)o->seed;
    p->vocabulary = 128;
    return OK;
}

static int32_t *put(int32_t *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) *to++ = (unsigned char)text[i];
    return to;
}

/* Where the filler has come to: drawn sentences, one after the other. */
struct filler { random_stream *random; const char *next; };

static int32_t *put_filler(int32_t *to, struct filler *f, size_t n)
{
    while (n-- > 0) {
        if (!*f->next) f->next = sentences[random_below(f->random, SENTENCES)];
        *to++ = (unsigned char)*f->next++;
    }
    return to;
}

static void make(const void *opts, struct recall_setting setting, random_stream *r, int32_t *token, int32_t *target)
{
    const struct passkey_options *o = opts;
    const size_t n = (size_t)o->digits, room = setting.length - needed(o), before = random_below(r, (uint32_t)room + 1);
    char key[DIGITS_MOST];
    for (size_t i = 0; i < n; i++) key[i] = (char)('0' + random_below(r, 10));
    struct filler f = {r, ""};
    int32_t *to = put_filler(token, &f, before);
    to = put(to, line_begin, strlen(line_begin));
    to = put(to, key, n);
    to = put(to, line_end, strlen(line_end));
    to = put_filler(to, &f, room - before);
    to = put(to, question, strlen(question));
    put(to, key, n - 1);
    for (size_t i = 0; i < n; i++) target[setting.length - n + i] = (unsigned char)key[i];
}

static const struct recall_kind kind = {.load = "digits", .options = options, .plan = plan, .make = make};

static status passkey_open(void **self, const void *opts, const char *data)
{
    (void)data;
    return recall_open(self, &kind, opts, sizeof(struct passkey_options));
}

static size_t sets(const void *opts, struct test_set out[TASK_SETS])
{
    return recall_sets(&kind, opts, out);
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    (void)s;
    const double digits = (double)((const struct passkey_options *)recall_options(self))->digits;
    out[0] = recall_guess("chance", pow(10, digits), digits);
    *n = 1;
    return OK;
}

static void word(const void *self, int32_t token, char out[TASK_WORD])
{
    (void)self;
    out[0] = (char)token;
    out[1] = 0;
}

const struct task task_passkey = {
    .name         = "passkey",
    .title        = "find a number hidden in a text",
    .source       = "Mohtashami and Jaggi, arXiv:2305.16300; own sentences, over bytes; own seeded generator",
    .help         =
        "Sentences without digits; at a uniformly drawn byte of them a line with a key of some digits; at the end a question. All\n"
        "digits must be right; the true digits so far are in the input. Tokens are ASCII. The length counts all rows.\n"
        "Generated from (seed, split, number): no data is needed.\n"
        "Predictors: chance (any digits).",
    RECALL_TASK,
    .word         = word,
    .options      = options,
    .options_size = sizeof(struct passkey_options),
    .open         = passkey_open,
    .sets         = sets,
    .predictors   = predictors,
};
