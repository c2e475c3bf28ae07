/* battery.c -- rows of the report, and small things that checks share. */
#include "check/battery.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

void *check_take(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("check", n * size);
    return p;
}

static struct check_row *new_row(struct check_report *r, const char *name, bool causal)
{
    struct check_row *row = &r->row[r->n < CHECK_ROWS - 1 ? r->n++ : r->n];
    *row = (struct check_row){0};
    snprintf(row->name, sizeof row->name, "%s, %s", name, causal ? "causal" : "bidirectional");
    return row;
}

struct check_row *check_measure(struct check_report *r, const char *name, bool causal, double measured, double tolerance)
{
    struct check_row *row = new_row(r, name, causal);
    row->measured = measured;
    row->tolerance = tolerance;
    row->pass = measured <= tolerance; /* false for NaN */
    r->failed += !row->pass;
    return row;
}

void check_skip(struct check_report *r, const char *name, bool causal, const char *why)
{
    struct check_row *row = new_row(r, name, causal);
    row->skipped = row->pass = true;
    check_note(row, "%s", why);
}

void check_note(struct check_row *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row->note, sizeof row->note, format, args);
    va_end(args);
}

double check_larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}

double check_apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = check_larger(fabs((double)a[i] - (double)b[i]), most);
    return most;
}

double check_not_finite(const real *x, size_t n)
{
    double bad = 0;
    for (size_t i = 0; i < n; i++) bad += !isfinite((double)x[i]);
    return bad;
}

struct shape check_shape(bool causal)
{
    return (struct shape){.causal = causal, .norm = NORM_PRE, .train_length = TRAINED, .classes = causal ? 0 : 3, .layers = 2};
}

struct model *check_must_have(const struct check_subject *s, struct shape shape, double spread)
{
    struct model *m = check_model(s, shape, spread, 5);
    if (!m) {
        fprintf(stderr, "reach: %s: %s\n", s->name, status_message());
        abort();
    }
    return m;
}

size_t check_stops_at(const struct check_subject *s, size_t trained)
{
    return s->attention->stops_at ? s->attention->stops_at(s->attention_options, trained) : 0;
}

static size_t whole_option(const struct check_subject *s, const char *name)
{
    const struct option *o = option_find(s->attention->options, name);
    if (!o || o->type != OPTION_INT) return 0;
    int64_t value;
    memcpy(&value, (const char *)s->attention_options + o->offset, sizeof value);
    return value > 0 ? (size_t)value : 0;
}

/* Attentions with segments have an option `segment`, and perhaps `test_segment`; 0 is the training length or a part of it. */
size_t check_cut(const struct check_subject *s, size_t trained, bool training)
{
    if (!training && whole_option(s, "test_segment")) return whole_option(s, "test_segment");
    if (whole_option(s, "segment")) return whole_option(s, "segment");
    return option_find(s->attention->options, "segment") ? trained : 1;
}
