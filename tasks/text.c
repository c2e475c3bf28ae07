/* text.c -- byte-level classification of film reviews: was it liked?
 *
 * Data and order: reviews.h.  All reviews are held once, as bytes; tokens are made as they are asked for.
 * The trap: published "validation" scores of this task are often those of the test set; here a tenth of the training part is
 * held out unless `valid: test` asks for that protocol.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tasks/bags.h"
#include "tasks/characters.h"
#include "tasks/hold_out.h"
#include "tasks/reviews.h"
#include "tasks/task.h"

enum { BYTES, CHARACTERS };
enum { HELD_OUT, TEST_SET };
#define LEAST 15 /* times that a common character stands in the training part */

struct text_options {
    char    source[OPTION_TEXT];
    int     tokens, valid;
    int64_t length, seed;
};

#define AT(field) offsetof(struct text_options, field)
static const char *const token_words[] = {"bytes", "characters", NULL};
static const char *const valid_words[] = {"held_out", "test", NULL};
static const struct option options[] = {
    {"source", OPTION_WORD, AT(source), "aclImdb", 0, 0, NULL, "folder aclImdb, an archive of it, or a folder that holds either"},
    {"length", OPTION_INT, AT(length), "4000", 0, 1e9, NULL, "tokens kept of each review, the first ones; 0: all"},
    {"tokens", OPTION_CHOICE, AT(tokens), "bytes", 0, 0, token_words, "bytes, or Unicode characters and an end of text"},
    {"valid", OPTION_CHOICE, AT(valid), "held_out", 0, 0, valid_words,
     "held_out: a seeded tenth of the training part; test: the test part, and all of the training part is trained on"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the tenth that is held out"},
    {.name = NULL},
};

struct text_task {
    struct text_options o;
    struct reviews      r;
    struct characters   c;       /* of CHARACTERS                                     */
    uint32_t           *order;   /* of the training part: n_train, then those held out */
    size_t              n_train, longest;
};

/* ---- tokens -------------------------------------------------------------------------------------------------- */

/* The most characters before the end of text. */
static size_t most_characters(const struct text_task *t)
{
    return t->o.length ? (size_t)t->o.length - 1 : SIZE_MAX;
}

static size_t kept_bytes(const struct text_task *t, const struct review *v)
{
    return t->o.length && (size_t)t->o.length < v->n ? (size_t)t->o.length : v->n;
}

static size_t bytes_of(const struct text_task *t, const struct review *v, int32_t *token)
{
    const uint8_t *at = t->r.byte + v->at;
    const size_t n = kept_bytes(t, v);
    for (size_t i = 0; i < n; i++) token[i] = at[i] + 1;
    return n;
}

static size_t characters_of(const struct text_task *t, const struct review *v, int32_t *token)
{
    const uint8_t *at = t->r.byte + v->at, *const end = at + v->n;
    const size_t most = most_characters(t);
    size_t n = 0;
    while (at < end && n < most) token[n++] = t->c.id[character_next(&at, end)];
    token[n++] = CHARACTER_END;
    return n;
}

/* Count the kept characters of a review; returns how many. */
static size_t count_characters(const struct text_task *t, const struct review *v, uint32_t *count)
{
    const uint8_t *at = t->r.byte + v->at, *const end = at + v->n;
    const size_t most = most_characters(t);
    size_t n = 0;
    for (; at < end && n < most; n++) {
        const uint32_t code = character_next(&at, end);
        if (count) count[code]++;
    }
    return n;
}

/* The longest example, and for characters the vocabulary: of the whole training part, so that it does not depend on
 * what is held out. */
static void survey(struct text_task *t)
{
    uint32_t *count = NULL;
    if (t->o.tokens == CHARACTERS && !(count = calloc(CHARACTER_CODES, sizeof *count)))
        status_no_memory("counts of characters", CHARACTER_CODES * sizeof *count);
    for (int p = 0; p < REVIEWS_PARTS; p++)
        for (size_t i = 0; i < t->r.n[p]; i++) {
            const struct review *v = &t->r.review[p][i];
            const size_t n = count ? count_characters(t, v, p == REVIEWS_TRAIN ? count : NULL) + 1 : kept_bytes(t, v);
            if (n > t->longest) t->longest = n;
        }
    if (count) characters_make(&t->c, count, LEAST);
    free(count);
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

static void text_close(void *self)
{
    struct text_task *t = self;
    if (!t) return;
    reviews_free(&t->r);
    characters_free(&t->c);
    free(t->order);
    free(t);
}

static void choose_splits(struct text_task *t)
{
    const size_t n = t->r.n[REVIEWS_TRAIN];
    t->n_train = n;
    if (t->o.valid == TEST_SET) return;
    t->order = malloc(n * sizeof *t->order);
    if (!t->order) status_no_memory("reviews", n * sizeof *t->order);
    t->n_train = hold_out((uint64_t)t->o.seed, n, t->order); /* n >= 2: both labels are there */
}

static status text_open(void **self, const void *opts, const char *data)
{
    const struct text_options *o = opts;
    char path[FILE_PATH];
    struct reviews r;
    *self = NULL;
    TRY(reviews_find(path, o->source, data));
    TRY(reviews_read(&r, path));
    struct text_task *t = malloc(sizeof *t);
    if (!t) status_no_memory("reviews", sizeof *t);
    *t = (struct text_task){.o = *o, .r = r};
    choose_splits(t);
    survey(t);
    *self = t;
    return OK;
}

static size_t vocabulary(const void *self)
{
    const struct text_task *t = self;
    return t->o.tokens == CHARACTERS ? t->c.vocabulary : 257;
}

static size_t classes(const void *self)
{
    (void)self;
    return 2;
}

static size_t count(const void *self, enum split s)
{
    const struct text_task *t = self;
    if (s == SPLIT_TRAIN) return t->n_train;
    return s == SPLIT_TEST || t->o.valid == TEST_SET ? t->r.n[REVIEWS_TEST] : t->r.n[REVIEWS_TRAIN] - t->n_train;
}

static size_t longest(const void *self)
{
    return ((const struct text_task *)self)->longest;
}

static const struct review *review_of(const struct text_task *t, enum split s, size_t index)
{
    if (s == SPLIT_TEST || (s == SPLIT_VALID && !t->order)) return &t->r.review[REVIEWS_TEST][index];
    return &t->r.review[REVIEWS_TRAIN][!t->order ? index : t->order[s == SPLIT_VALID ? t->n_train + index : index]];
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct text_task *t = self;
    const struct review *v = review_of(t, s, index);
    out->n = t->o.tokens == CHARACTERS ? characters_of(t, v, out->token) : bytes_of(t, v, out->token);
    out->label = v->label;
    return OK;
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

extern const struct task task_text;

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    const struct text_task *t = self;
    struct bags train, scored;
    TRY(bags_make(&train, &task_text, self, SPLIT_TRAIN));
    TRY(bags_make(&scored, &task_text, self, s));
    out[0] = bags_commonest(&train, &scored, 2);
    out[1] = bags_rule(t->o.tokens == CHARACTERS ? "character counts" : "byte counts", &train, &scored, 2);
    *n = 2;
    bags_free(&train);
    bags_free(&scored);
    return OK;
}

static void word(const void *self, int32_t token, char out[TASK_WORD])
{
    const struct text_task *t = self;
    if (t->c.id) character_word(&t->c, (uint16_t)token, out);
    else task_byte_word(self, token, out);
}

/* Labels and kept bytes of the three splits, and how bytes become tokens. */
static void checksum(const void *self, char out[33])
{
    const struct text_task *t = self;
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, &t->o.tokens, sizeof t->o.tokens);
    XXH3_128bits_update(state, &t->o.length, sizeof t->o.length);
    if (t->c.id) XXH3_128bits_update(state, t->c.id, CHARACTER_CODES * sizeof *t->c.id);
    for (int s = 0; s < SPLITS; s++) {
        const size_t n = count(t, (enum split)s);
        XXH3_128bits_update(state, &n, sizeof n);
        for (size_t i = 0; i < n; i++) {
            const struct review *v = review_of(t, (enum split)s, i);
            const size_t bytes = t->c.id ? v->n : kept_bytes(t, v);
            XXH3_128bits_update(state, &bytes, sizeof bytes);
            XXH3_128bits_update(state, &v->label, 1);
            XXH3_128bits_update(state, t->r.byte + v->at, bytes);
        }
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

/* Only whether it is there: reading it all takes seconds. */
static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct text_options *o = opts;
    char path[FILE_PATH];
    const bool there = reviews_find(path, o->source, data) == OK;
    snprintf(line, size, "%s", there ? path : status_message());
    return there;
}

const struct task task_text = {
    .name         = "text",
    .title        = "film reviews, byte by byte: liked or not",
    .source       = "Maas et al., ACL 2011; as in Long Range Arena, arXiv:2011.04006, with a validation part of its own",
    .help         =
        "The Large Movie Review Dataset: 25,000 + 25,000 reviews (train, test), half of them positive; the label is the folder.\n"
        "Get https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz (md5 7c2ac02c03563afcf9b574c7e56c153a) and put it\n"
        "into the data folder, as it is (it is read packed) or unpacked: aclImdb/{train,test}/{neg,pos}/ID_RATING.txt.\n"
        "`length` tokens of each review are kept, the first ones: 1000 in the published configuration, 4000 in the paper's text.\n"
        "`tokens: bytes`: id = byte + 1, 257 ids; 0, the padding of others, never stands in an example. `tokens: characters`:\n"
        "Unicode characters that stand at least 15 times in what is kept of the training part, by code point from id 3 on;\n"
        "1 any other character, 2 the end of text, which counts as a token (with `length: 4096`, 4,095 characters).\n"
        "`valid: held_out` (a seeded tenth of the training part) or `valid: test` (the test part, for protocols that do so).\n"
        "Order: negative reviews, then positive ones, each by number; training shuffles.\n"
        "Predictors: the commonest label; `byte counts` (`character counts`), a logistic regression on the square roots of how\n"
        "often each symbol stands in an example and on its length.",
    .kind         = TASK_CLASSIFY,
    .options      = options,
    .options_size = sizeof(struct text_options),
    .open         = text_open,
    .close        = text_close,
    .vocabulary   = vocabulary,
    .classes      = classes,
    .count        = count,
    .longest      = longest,
    .example      = example,
    .word         = word,
    .predictors   = predictors,
    .checksum     = checksum,
    .present      = present,
};
