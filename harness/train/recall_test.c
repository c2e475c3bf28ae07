/* recall_test.c -- the test sets of a recall task. */
#include "train/recall_test.h"

#include <math.h>
#include <stdio.h>

#define TOKENS_AT_ONCE 262144 /* examples are made so many tokens at a time */

static struct test_row row_of(const struct recall_test *t, const struct test_set *s, const char *mode)
{
    struct test_row r = {.length = (int64_t)s->length, .loss = NAN, .loss_error = NAN, .accuracy = NAN};
    snprintf(r.evaluation, sizeof r.evaluation, "%s", t->evaluation);
    snprintf(r.split, sizeof r.split, "%s", split_names[SPLIT_TEST]);
    snprintf(r.text, sizeof r.text, "%s", s->label);
    snprintf(r.mode, sizeof r.mode, "%s", mode);
    return r;
}

static void add_refusal(const struct recall_test *t, struct results *r, const struct test_set *s, const char *why)
{
    struct test_row row = row_of(t, s, "recall");
    snprintf(row.reason, sizeof row.reason, "%s", why);
    results_add_test(r, &row);
}

/* What the examples of a set come to. */
struct sums {
    struct tally of;         /* all of them                          */
    double squares, whole;   /* of each one's mean loss; all right   */
    double means;            /* of each one's mean loss              */
    size_t examples;
};

static void add_example(struct sums *to, const struct tally *x)
{
    const double mean = x->loss / x->n;
    to->of.loss += x->loss;
    to->of.n += x->n;
    to->of.answers += x->answers;
    to->of.answers_right += x->answers_right;
    to->means += mean;
    to->squares += mean * mean;
    to->whole += x->right == x->n;
    to->examples++;
}

static void add_sums(const struct recall_test *t, struct results *r, const struct test_set *s, const struct sums *sum)
{
    struct test_row row = row_of(t, s, "recall");
    const double n = (double)sum->examples, mean = sum->means / n;
    row.n = (int64_t)sum->of.answers;
    row.loss = sum->of.loss / sum->of.n;
    if (sum->examples > 1) row.loss_error = sqrt(fmax(0, sum->squares / n - mean * mean) / (n - 1));
    row.accuracy = sum->of.answers_right / sum->of.answers;
    results_add_test(r, &row);
    snprintf(row.mode, sizeof row.mode, "examples");
    row.n = (int64_t)sum->examples;
    row.accuracy = sum->whole / n;
    results_add_test(r, &row);
}

/* Examples [from, from + n) of the test split, each of `length` tokens at most, in `a`. */
static status make_examples(const struct recall_test *t, size_t from, size_t n, size_t length, arena *a, struct sequence *s)
{
    for (size_t i = 0; i < n; i++) {
        struct example e = {.token = ARENA_ARRAY(a, int32_t, length), .target = ARENA_ARRAY(a, int32_t, length)};
        TRY(t->task->example(t->data, SPLIT_TEST, from + i, &e));
        s[i] = (struct sequence){.id = from + i, .n = e.n, .token = e.token, .target = e.target};
    }
    return OK;
}

static status score_set(const struct recall_test *t, const struct test_set *s, struct sums *sum)
{
    const size_t all = t->examples && t->examples < s->count ? t->examples : s->count;
    const size_t most = TOKENS_AT_ONCE / s->length ? TOKENS_AT_ONCE / s->length : 1;
    status e = OK;
    for (size_t at = 0; at < all && e == OK; at += most) {
        const size_t n = all - at < most ? all - at : most;
        arena *a = arena_new("test examples");
        struct sequence *q = ARENA_ARRAY(a, struct sequence, n);
        struct scores out = {.of = ARENA_ZEROS(a, struct tally, n)};
        e = make_examples(t, s->first + at, n, s->length, a, q);
        if (e == OK) workers_evaluate(t->workers, t->model, q, n, t->pack_rows, s->length, t->seed, &out);
        for (size_t i = 0; i < n && e == OK; i++) add_example(sum, &out.of[i]);
        arena_free(a);
    }
    return e;
}

status recall_test_run(const struct recall_test *t, struct results *r)
{
    struct test_set set[TASK_SETS];
    const size_t n = t->task->sets(t->options, set);
    size_t longest = 1, tokens = 0, done = 0;
    for (size_t i = 0; i < n; i++) {
        longest = set[i].length > longest ? set[i].length : longest;
        tokens += set[i].length;
    }
    model_prepare(t->model, longest);
    for (size_t i = 0; i < n; i++) {
        const char *why = model_refuses_length(t->model, set[i].length);
        struct sums sum = {0};
        if (why) {
            add_refusal(t, r, &set[i], why);
        } else {
            TRY(score_set(t, &set[i], &sum));
            add_sums(t, r, &set[i], &sum);
        }
        done += set[i].length;
        if (t->progress) t->progress(t->progress_self, (double)done / (double)tokens);
    }
    return OK;
}
