/* pair_predictors.c -- counts of two texts, one number or 256 for each pair, a threshold or a regression.
 *
 * The regression minimises  sum_i log(1 + e^(-s_i (w x_i + b))) + |w|^2 / 2,  s = -1 or 1, by Newton's method: the Hessian
 * X' D X + I of 257 unknowns is factored (Cholesky) in plain loops, so that its bits do not depend on threads.
 */
#include "tasks/pair_predictors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TRAINED 4000
#define BYTES   256
#define UNKNOWN (BYTES + 1) /* weights and the constant */
#define WORDS   (1 << 14)
#define STEPS   12

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

struct regression {
    double scale[BYTES], w[UNKNOWN]; /* the constant is w[BYTES] */
};

static double regression_of(const struct regression *g, const double *x)
{
    double z = g->w[BYTES];
    for (size_t c = 0; c < BYTES; c++) z += g->w[c] * g->scale[c] * x[c];
    return z;
}

/* Solve h x = y in place for a positive definite h, of which the lower half is used. */
static void solve(double *h, double *y)
{
    const size_t n = UNKNOWN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double rest = h[i * n + j] - dot(h + i * n, h + j * n, j);
            h[i * n + j] = i == j ? sqrt(rest) : rest / h[j * n + j];
        }
    for (size_t i = 0; i < n; i++) y[i] = (y[i] - dot(h + i * n, y, i)) / h[i * n + i];
    for (size_t i = n; i-- > 0;) {
        y[i] /= h[i * n + i];
        for (size_t j = 0; j < i; j++) y[j] -= h[i * n + j] * y[i];
    }
}

/* Gradient and Hessian at w; pairs one by one. */
static void sum_up(const struct regression *g, const struct pair_features *at, size_t n, double *gradient, double *h)
{
    for (size_t c = 0; c < UNKNOWN; c++) gradient[c] = c < BYTES ? g->w[c] : 0;
    memset(h, 0, (size_t)UNKNOWN * UNKNOWN * sizeof *h);
    for (size_t c = 0; c < UNKNOWN; c++) h[c * UNKNOWN + c] = c < BYTES ? 1 : 1e-9;
    for (size_t i = 0; i < n; i++) {
        double x[UNKNOWN];
        for (size_t c = 0; c < BYTES; c++) x[c] = g->scale[c] * at[i].difference[c];
        x[BYTES] = 1;
        const double p = 1 / (1 + exp(-regression_of(g, at[i].difference))), weight = p * (1 - p);
        for (size_t c = 0; c < UNKNOWN; c++) {
            if (x[c] == 0) continue;
            gradient[c] += (p - at[i].label) * x[c];
            for (size_t d = 0; d <= c; d++) h[c * UNKNOWN + d] += weight * x[c] * x[d];
        }
    }
}

static void fit(struct regression *g, const struct pair_features *at, size_t n)
{
    double *h = room((size_t)UNKNOWN * UNKNOWN, sizeof *h), step[UNKNOWN];
    *g = (struct regression){0};
    for (size_t c = 0; c < BYTES; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            sum += at[i].difference[c];
            squares += at[i].difference[c] * at[i].difference[c];
        }
        const double variance = squares / (double)n - sum / (double)n * sum / (double)n;
        g->scale[c] = variance > 1e-12 ? 1 / sqrt(variance) : 0;
    }
    for (int t = 0; t < STEPS; t++) {
        sum_up(g, at, n, step, h);
        solve(h, step);
        for (size_t c = 0; c < UNKNOWN; c++) g->w[c] -= step[c];
    }
    free(h);
}

struct fitted {
    double byte_threshold, word_threshold, share; /* share of label 1 */
    struct regression regression;
};

static void fit_all(struct fitted *f, const struct pair_features *at, size_t n)
{
    struct scored *s = room(n, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        s[i] = (struct scored){at[i].byte_cosine, at[i].label};
        f->share += (double)at[i].label / (double)n;
    }
    f->byte_threshold = best_threshold(s, n);
    for (size_t i = 0; i < n; i++) s[i] = (struct scored){at[i].word_cosine, at[i].label};
    f->word_threshold = best_threshold(s, n);
    fit(&f->regression, at, n);
    free(s);
}

static status train(struct reader *r, struct fitted *f)
{
    const size_t count = r->task->count(r->self, SPLIT_TRAIN), n = count < MOST_TRAINED ? count : MOST_TRAINED;
    struct pair_features *at = room(n + 1, sizeof *at);
    status e = OK;
    *f = (struct fitted){0};
    for (size_t i = 0; i < n && e == OK; i++) e = read_pair(r, SPLIT_TRAIN, i, &at[i]);
    if (e == OK) fit_all(f, at, n);
    free(at);
    return e;
}

static void score(struct predictor *p, bool says, int label, double probability, double n)
{
    p->accuracy += (says == (label == 1)) / n;
    p->loss -= log(label ? probability : 1 - probability) / n;
}

static status score_all(struct reader *r, enum split s, const struct fitted *f, struct predictor out[PAIR_PREDICTORS])
{
    const size_t n = r->task->count(r->self, s);
    struct pair_features x;
    for (size_t i = 0; i < n; i++) {
        TRY(read_pair(r, s, i, &x));
        const double z = regression_of(&f->regression, x.difference), right = x.label ? z : -z; /* log odds of what is right */
        score(&out[0], f->share > 0.5, x.label, f->share, (double)n);
        score(&out[1], x.byte_cosine > f->byte_threshold, x.label, NAN, (double)n);
        out[2].accuracy += ((z > 0) == (x.label == 1)) / (double)n;
        out[2].loss += (right > 0 ? log1p(exp(-right)) : log1p(exp(right)) - right) / (double)n;
        score(&out[3], x.word_cosine > f->word_threshold, x.label, NAN, (double)n);
    }
    return OK;
}

status pair_predictors(const struct task *t, const void *self, enum split s, struct predictor out[PAIR_PREDICTORS])
{
    static const char *const names[PAIR_PREDICTORS] = {"commonest label", "byte cosine", "byte regression", "word cosine"};
    struct reader r;
    struct fitted *f = room(1, sizeof *f);
    reader_init(&r, t, self);
    for (size_t k = 0; k < PAIR_PREDICTORS; k++) {
        out[k] = (struct predictor){0};
        memcpy(out[k].name, names[k], strlen(names[k]) + 1);
    }
    status e = train(&r, f);
    if (e == OK) e = score_all(&r, s, f, out);
    free(f);
    reader_done(&r);
    return e;
}
