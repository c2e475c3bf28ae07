/* pair_predictors.c -- counts of two texts, one number or 256 for each pair, a threshold or a regression. */
#include "tasks/pair_predictors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/commonest.h"
#include "tasks/linear_rule.h"

#define MOST_TRAINED 4000
#define BYTES   256
#define WORDS   (1 << 14)

struct pair_features {
    double byte_cosine, word_cosine;
    double difference[BYTES];
    int    label;
};

/* What a pair is read into, and its counts. */
struct reader {
    const struct task *task;
    const void *self;
    int32_t *token;
    double  *word[2];
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (!p) status_no_memory("predictors of pairs", n * size);
    return p;
}

static void reader_init(struct reader *r, const struct task *t, const void *self)
{
    *r = (struct reader){.task = t, .self = self, .token = room(2 * t->longest(self), sizeof *r->token)};
    for (int k = 0; k < 2; k++) r->word[k] = room(WORDS, sizeof *r->word[k]);
}

static void reader_done(struct reader *r)
{
    free(r->token);
    for (int k = 0; k < 2; k++) free(r->word[k]);
}

/* Turn counts into square roots of frequencies. */
static void root_frequencies(double *count, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += count[i];
    for (size_t i = 0; i < n; i++) count[i] = sum > 0 ? sqrt(count[i] / sum) : 0;
}

static void count_bytes(const int32_t *token, size_t n, double byte[BYTES])
{
    memset(byte, 0, BYTES * sizeof *byte);
    for (size_t i = 0; i < n; i++)
        if (token[i] > 0) byte[token[i] - 1]++;
    root_frequencies(byte, BYTES);
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 128;
}

static void count_words(const int32_t *token, size_t n, double *word)
{
    memset(word, 0, WORDS * sizeof *word);
    for (size_t i = 0; i < n;) {
        uint32_t hash = 2166136261U; /* FNV-1a */
        const size_t from = i;
        for (; i < n && is_letter(token[i] - 1); i++) {
            const int c = token[i] - 1;
            hash = (hash ^ (uint32_t)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c)) * 16777619U;
        }
        if (i > from) word[(hash ^ hash >> 14) % WORDS]++;
        else i++;
    }
    root_frequencies(word, WORDS);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static status read_pair(struct reader *r, enum split s, size_t index, struct pair_features *out)
{
    struct example e = {.token = r->token};
    double byte[2][BYTES];
    TRY(r->task->example(r->self, s, index, &e));
    for (int k = 0; k < 2; k++) {
        const int32_t *text = k ? e.token + e.n_first : e.token;
        const size_t n = k ? e.n - e.n_first : e.n_first;
        count_bytes(text, n, byte[k]);
        count_words(text, n, r->word[k]);
    }
    out->label = e.label;
    out->byte_cosine = dot(byte[0], byte[1], BYTES);
    out->word_cosine = dot(r->word[0], r->word[1], WORDS);
    for (size_t c = 0; c < BYTES; c++) out->difference[c] = fabs(byte[0][c] - byte[1][c]);
    return OK;
}

struct scored { double score; int label; };

static int by_score(const void *a, const void *b)
{
    const double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

/* The threshold from which on "1" is right most often: halfway between two neighbouring scores. */
static double best_threshold(struct scored *at, size_t n)
{
    size_t right = 0, most;
    double best = -INFINITY;
    qsort(at, n, sizeof *at, by_score);
    for (size_t i = 0; i < n; i++) right += at[i].label == 1;
    most = right;
    for (size_t i = 0; i < n; i++) { /* the threshold behind i */
        if (at[i].label == 1) right--;
        else right++;
        const bool cut = i + 1 == n || at[i + 1].score > at[i].score;
        if (!cut || right <= most) continue;
        most = right;
        best = i + 1 == n ? INFINITY : (at[i].score + at[i + 1].score) / 2;
    }
    return best;
}

/* ---- one split's pairs ----------------------------------------------------------------------------------------- */

struct pairs {
    size_t n;
    struct pair_features *at; /* owned */
};

static status read_pairs(struct reader *r, enum split s, size_t most, struct pairs *out)
{
    const size_t count = r->task->count(r->self, s);
    out->n = count < most ? count : most;
    out->at = room(out->n + 1, sizeof *out->at);
    for (size_t i = 0; i < out->n; i++) TRY(read_pair(r, s, i, &out->at[i]));
    return OK;
}

static double byte_cosine(const struct pair_features *x) { return x->byte_cosine; }
static double word_cosine(const struct pair_features *x) { return x->word_cosine; }

static struct predictor by_threshold(const char *name, const struct pairs *train, const struct pairs *test,
                                     double (*cosine)(const struct pair_features *))
{
    struct predictor p = {.loss = NAN};
    struct scored *s = room(train->n + 1, sizeof *s);
    for (size_t i = 0; i < train->n; i++) s[i] = (struct scored){cosine(&train->at[i]), train->at[i].label};
    const double from = best_threshold(s, train->n);
    for (size_t i = 0; i < test->n; i++) p.accuracy += ((cosine(&test->at[i]) > from) == (test->at[i].label == 1)) / (double)test->n;
    snprintf(p.name, sizeof p.name, "%s", name);
    free(s);
    return p;
}

static void read_difference(const void *self, size_t index, double *feature, int *label)
{
    const struct pair_features *x = &((const struct pairs *)self)->at[index];
    memcpy(feature, x->difference, sizeof x->difference);
    *label = x->label;
}

static void count_labels(const struct pairs *p, size_t count[2])
{
    for (size_t i = 0; i < p->n; i++) count[p->at[i].label == 1]++;
}

status pair_predictors(const struct task *t, const void *self, enum split s, struct predictor out[PAIR_PREDICTORS])
{
    struct reader r;
    struct pairs train = {0}, test = {0};
    size_t seen[2] = {0}, here[2] = {0};
    reader_init(&r, t, self);
    status e = read_pairs(&r, SPLIT_TRAIN, MOST_TRAINED, &train);
    if (e == OK) e = read_pairs(&r, s, SIZE_MAX, &test);
    if (e == OK) {
        const struct linear_examples from = {&train, train.n, read_difference}, to = {&test, test.n, read_difference};
        count_labels(&train, seen);
        count_labels(&test, here);
        out[0] = commonest_label(2, seen, here);
        out[1] = by_threshold("byte cosine", &train, &test, byte_cosine);
        out[2] = linear_rule("byte regression", BYTES, 2, &from, &to);
        out[3] = by_threshold("word cosine", &train, &test, word_cosine);
    }
    free(train.at);
    free(test.at);
    reader_done(&r);
    return e;
}
