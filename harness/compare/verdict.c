/* verdict.c -- a comparison in one paragraph of plain words. */
#include "compare/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *out, const char *format, ...)
{
    va_list args;
    const size_t n = strlen(out);
    va_start(args, format);
    vsnprintf(out + n, VERDICT_TEXT - n, format, args);
    va_end(args);
}

void thousands_print(long long n, char *out, size_t size)
{
    if (n >= 1000000) snprintf(out, size, "%lld,%03lld,%03lld", n / 1000000, n / 1000 % 1000, n % 1000);
    else if (n >= 1000) snprintf(out, size, "%lld,%03lld", n / 1000, n % 1000);
    else snprintf(out, size, "%lld", n);
}

void difference_print(double x, bool bits, char *out, size_t size)
{
    const int decimals = bits ? 4 : 2;
    if (isnan(x)) snprintf(out, size, "–");
    else if (isinf(x)) snprintf(out, size, "%s", x < 0 ? "-inf" : "inf");
    else if (x != 0 && fabs(x) < 0.5 * pow(10, -decimals)) snprintf(out, size, "%+.1e", x);
    else snprintf(out, size, "%+.*f", decimals, x + 0.0);
}

void quality_name(const struct contrast *c, const struct quality *q, char *out, size_t size)
{
    char length[32];
    thousands_print(q->length, length, sizeof length);
    if (c->kind == TASK_CLASSIFY) snprintf(out, size, "test, accuracy");
    else if (c->kind == TASK_SEQUENCE) snprintf(out, size, "%s%s%s tokens", q->text, q->text[0] ? ", " : "", length);
    else snprintf(out, size, "%s%s, %s", strcmp(q->text, "repeated") == 0 ? "repeated, " : "", strcmp(q->mode, "last") == 0 ? "last block" : q->mode, length);
}

void verdict_side(const struct contrast *c, bool next, char *out, size_t size)
{
    const char *side = next ? c->next : c->base;
    if (c->subject[0]) snprintf(out, size, "%s in %s", c->subject, side);
    else snprintf(out, size, "%s", side);
}

static void add_size(char *out, double x, bool bits)
{
    char text[32];
    difference_print(fabs(x), bits, text, sizeof text);
    add(out, "%s", text + (text[0] == '+'));
}

/* "0.0120 [0.0040, 0.0200]", ends by size when the sign is settled, else signed. */
static void add_interval(char *out, const struct interval *d, bool bits, bool settled)
{
    char x[32], low[32], high[32];
    const double sign = settled && d->mean < 0 ? -1 : 1;
    difference_print(d->mean * sign, bits, x, sizeof x);
    difference_print(sign < 0 ? -d->high : d->low, bits, low, sizeof low);
    difference_print(sign < 0 ? -d->low : d->high, bits, high, sizeof high);
    const int plus = settled; /* no sign before a size */
    add(out, "%s [%s, %s]", x + (plus && x[0] == '+'), low + (plus && low[0] == '+'), high + (plus && high[0] == '+'));
}

static const char *unit_of(const struct contrast *c)
{
    return quality_in_bits(c) ? "bits per byte" : "points of accuracy";
}

static void add_where(char *out, const struct contrast *c, const struct quality *q)
{
    char length[32];
    thousands_print(q->length, length, sizeof length);
    if (c->kind == TASK_TEXT) add(out, "On %s at %s bytes", c->task, length);
    else if (c->kind == TASK_SEQUENCE) add(out, "On %s at %s tokens%s%s", c->task, length, q->text[0] ? ", " : "", q->text);
    else add(out, "On %s", c->task);
}

static void add_one_seed(char *out, const struct contrast *c, const struct quality *q)
{
    const bool bits = quality_in_bits(c);
    char x[32];
    difference_print(q->d.mean, bits, x, sizeof x);
    add(out, " by %s %s with one seed, which decides nothing about other seeds", x, unit_of(c));
    if (isfinite(q->over_examples)) {
        add(out, "; over the test examples of this seed alone the difference is good to about ± ");
        add_size(out, q->over_examples, bits);
    }
    add(out, ".");
}

/* The test set that is spoken of first. */
static void add_first(char *out, const struct contrast *c, const struct quality *q)
{
    char base[240], next[240];
    const bool bits = quality_in_bits(c);
    verdict_side(c, false, base, sizeof base);
    verdict_side(c, true, next, sizeof next);
    add_where(out, c, q);
    add(out, ", %s", next);
    if (q->answer == ANSWER_BETTER || q->answer == ANSWER_WORSE) {
        add(out, " is %s than %s by ", answer_word(q->answer), base);
        add_interval(out, &q->d, bits, true);
        add(out, " %s over %zu seeds.", unit_of(c), q->n);
    } else if (q->answer == ANSWER_SAME) {
        add(out, " scores the same as %s to the last digit (%zu seed%s).", base, q->n, q->n > 1 ? "s" : "");
    } else if (q->n == 1) {
        add(out, " differs from %s", base);
        add_one_seed(out, c, q);
    } else {
        add(out, " and %s are undecided: the difference is ", base);
        add_interval(out, &q->d, bits, false);
        add(out, " %s over %zu seeds, which would show one of about ", unit_of(c), q->n);
        add_size(out, q->d.least, bits);
        add(out, ".");
    }
}

/* "at 512 worse by ..., at 1,024 undecided (+0.01 [..])". */
static void add_further(char *out, const struct contrast *c, const struct quality *q, size_t n)
{
    const bool bits = quality_in_bits(c);
    bool any = false;
    char length[32], x[32];
    for (size_t i = 0; i < n; i++) {
        if (!q[i].further) continue;
        thousands_print(q[i].length, length, sizeof length);
        add(out, "%sat %s ", any ? ", " : " Longer: ", length);
        any = true;
        if (q[i].answer == ANSWER_NONE) {
            add(out, "there is no pair of numbers%s%s%s", q[i].reason[0] ? " (" : "", q[i].reason, q[i].reason[0] ? ")" : "");
        } else if (q[i].answer == ANSWER_SAME) {
            add(out, "the same");
        } else if (q[i].n == 1) {
            difference_print(q[i].d.mean, bits, x, sizeof x);
            add(out, "%s", x);
        } else {
            const bool settled = q[i].answer != ANSWER_UNDECIDED;
            add(out, "%s %s", answer_word(q[i].answer), settled ? "by " : "(");
            add_interval(out, &q[i].d, bits, settled);
            if (!settled) add(out, ")");
        }
    }
    if (any) add(out, ".");
}

static void add_others(char *out, const struct quality *q, size_t n)
{
    size_t count[ANSWER_UNDECIDED + 1] = {0}, all = 0, tested = 0;
    for (size_t i = 0; i < n; i++) {
        tested += q[i].n > 1 && q[i].answer != ANSWER_SAME;
        if (q[i].first || q[i].further || !q[i].n) continue;
        count[q[i].answer]++;
        all++;
    }
    if (all && tested) {
        add(out, " In the %zu other test sets: %zu better, %zu worse, %zu undecided", all, count[ANSWER_BETTER], count[ANSWER_WORSE], count[ANSWER_UNDECIDED]);
        if (count[ANSWER_SAME]) add(out, ", %zu the same", count[ANSWER_SAME]);
        add(out, ".");
    }
}

static void add_budget(char *out, const struct contrast *c)
{
    static const char *const words[] = {[COURSE_UNDECIDED] = "whether it changes is undecided", [COURSE_SHRINKS] = "it shrinks",
                                        [COURSE_GROWS] = "it grows", [COURSE_TURNS] = "it changes sides"};
    struct budget b;
    char from[32], to[32];
    budget_of(c, &b);
    if (b.course == COURSE_UNKNOWN) return;
    difference_print(b.d[b.first].mean, true, from, sizeof from);
    difference_print(b.d[SHARES - 1].mean, true, to, sizeof to);
    add(out, " The difference of validation loss goes from %s at %.0f %% of training to %s at its end: %s.", from, budget_share[b.first] * 100, to,
        words[b.course]);
}

static void add_ratio(char *out, const struct interval *r, const char *of)
{
    add(out, "%.2f times the %s", exp(r->mean), of);
    if (r->n > 1) add(out, " [%.2f, %.2f]", exp(r->low), exp(r->high));
}

/* What each side needed for the last validation loss of BASE, or that it never was there. */
static void add_cost(char *out, const struct contrast *c)
{
    char base[240], next[240], why[256], gap[32];
    struct equal e, back;
    equal_of(c, false, &e);
    equal_of(c, true, &back);
    if (!e.n) return;
    verdict_side(c, false, base, sizeof base);
    verdict_side(c, true, next, sizeof next);
    if (e.ratio[PRICE_FLOPS].n) {
        add(out, " For the last validation loss of %s, %s needs ", base, next);
        add_ratio(out, &e.ratio[PRICE_FLOPS], "FLOPs");
        if (seconds_compare(c, why, sizeof why)) {
            add(out, " and ");
            add_ratio(out, &e.ratio[PRICE_SECONDS], "seconds");
        }
        add(out, "%s.", e.bound ? " (a side was there at its first evaluation, so this is a bound)" : "");
        return;
    }
    difference_print(e.next_best - e.level, true, gap, sizeof gap);
    add(out, " %s does not reach the last validation loss of %s", next, base);
    if (e.next_reached) add(out, " in %zu of %zu seeds", e.n - e.next_reached, e.n);
    else add(out, " (its best stands %s above)", gap + (gap[0] == '+'));
    if (back.ratio[PRICE_FLOPS].n) {
        add(out, "; for its own, %s needs ", base);
        const struct interval r = back.ratio[PRICE_FLOPS];
        add_ratio(out, &(struct interval){.n = r.n, .mean = -r.mean, .low = -r.high, .high = -r.low}, "FLOPs");
    }
    add(out, ".");
}

static void add_bytes(char *out, const struct contrast *c)
{
    const struct resource_pair bytes = resource_of(c, RESOURCE_BYTES);
    const double ratio = bytes.next / bytes.base;
    if (isfinite(ratio)) add(out, " Training it takes %.2f times the activation bytes.", ratio);
}

void verdict_of(const struct contrast *c, char out[VERDICT_TEXT])
{
    struct quality q[QUALITIES_MAX];
    char base[240], next[240];
    const size_t n = qualities_of(c, q);
    out[0] = 0;
    verdict_side(c, false, base, sizeof base);
    verdict_side(c, true, next, sizeof next);
    if (c->n == 0) {
        add(out, "On %s, %s cannot be compared with %s%s.", c->task, next, base, c->refused ? "" : ": no seed has a finished run of both");
    } else if (contrast_same(c)) {
        add(out, "On %s, %s and %s are the same to the last digit, in every test set and all along training (%zu seed%s).", c->task, next, base,
            c->n, c->n > 1 ? "s" : "");
    } else {
        size_t first = 0;
        while (first < n && !q[first].first) first++;
        if (first < n) {
            add_first(out, c, &q[first]);
            add_further(out, c, q, n);
            add_others(out, q, n);
        } else {
            add(out, "On %s, %s and %s have no test set in common.", c->task, next, base);
        }
        add_budget(out, c);
        add_cost(out, c);
        add_bytes(out, c);
    }
    if (c->missing[0]) add(out, " %s", c->missing);
    if (c->note[0]) add(out, " %s", c->note);
}
