/* check.c -- the battery. */
#include "check/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"
#include "check/layer.h"
#include "tests/ref/variants.h"
#include "train/optimizer.h"
#include "train/workers.h"

#define WIDTH 12      /* of check_model */
#define TRAINED 24    /* its training length */

static void *take(size_t n, size_t size)
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

static void measure(struct check_report *r, const char *name, bool causal, double measured, double tolerance)
{
    struct check_row *row = new_row(r, name, causal);
    row->measured = measured;
    row->tolerance = tolerance;
    row->pass = measured <= tolerance; /* false for NaN */
    r->failed += !row->pass;
}

static void skip(struct check_report *r, const char *name, bool causal, const char *why)
{
    struct check_row *row = new_row(r, name, causal);
    row->skipped = row->pass = true;
    snprintf(row->note, sizeof row->note, "%s", why);
}

static double larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}

static double most_apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = larger(fabs((double)a[i] - (double)b[i]), most);
    return most;
}

static struct shape shape_of(bool causal)
{
    return (struct shape){.causal = causal, .norm = NORM_PRE, .train_length = TRAINED, .classes = causal ? 0 : 3, .layers = 2};
}

static struct model *must_have(const struct check_subject *s, struct shape shape, double spread)
{
    struct model *m = check_model(s, shape, spread, 5);
    if (!m) {
        fprintf(stderr, "reach: %s: %s\n", s->name, status_message());
        abort();
    }
    return m;
}

/* |analytic - numeric| / (|analytic| + |numeric| + small) of the slope of sum(dy * layer(x)) along one direction. */
static double slope_error(struct model *m, const struct pack *p, uint64_t seed)
{
    const size_t n = pack_rows(p) * WIDTH, np = m->n_values;
    real *x = take(n, sizeof *x), *y = take(n, sizeof *y), *dy = take(n, sizeof *dy), *dx = take(n, sizeof *dx);
    real *dp = take(np, sizeof *dp), *ux = take(n, sizeof *ux), *up = take(np, sizeof *up), *values = take(np, sizeof *values);
    check_fill(x, n, 1, seed);
    check_fill(dy, n, 1, seed + 1);
    check_fill(ux, n, 1, seed + 2);
    check_fill(up, np, 1, seed + 3);
    check_layer(m, p, x, y, dy, dx, dp);
    double analytic = 0, f[2] = {0, 0};
    for (size_t i = 0; i < n; i++) analytic += (double)dx[i] * (double)ux[i];
    for (size_t i = 0; i < np; i++) analytic += (double)dp[i] * (double)up[i];
    memcpy(values, m->values, np * sizeof *values);
    const double h = 1e-6;
    for (int side = 0; side < 2; side++) {
        const double by = side ? -h : h;
        real *moved = take(n, sizeof *moved);
        for (size_t i = 0; i < n; i++) moved[i] = (real)((double)x[i] + by * (double)ux[i]);
        for (size_t i = 0; i < np; i++) m->values[i] = (real)((double)values[i] + by * (double)up[i]);
        check_layer(m, p, moved, y, NULL, NULL, NULL);
        for (size_t i = 0; i < n; i++) f[side] += (double)dy[i] * (double)y[i];
        free(moved);
    }
    memcpy(m->values, values, np * sizeof *values);
    const double numeric = (f[0] - f[1]) / (2 * h);
    free(x), free(y), free(dy), free(dx), free(dp), free(ux), free(up), free(values);
    return fabs(analytic - numeric) / (fabs(analytic) + fabs(numeric) + 1e-3);
}

/* Rows after which gradients end: differences do not see that, so examples are kept shorter; 0: nowhere. */
static size_t stops_at(const struct check_subject *s)
{
    return s->attention->stops_at ? s->attention->stops_at(s->attention_options, TRAINED) : 0;
}

static void check_layer_gradient(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const size_t lengths[][2] = {{1, 2}, {7, 1}, {31, 33}, {32, 64}, {65, 98}};
    struct model *m = must_have(s, shape_of(causal), 0.4);
    const size_t stops = stops_at(s);
    model_prepare(m, 128);
    double worst = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (model_refuses_length(m, lengths[i][0]) || model_refuses_length(m, lengths[i][1])) continue;
        if (stops && (lengths[i][0] > stops || lengths[i][1] > stops)) continue; /* memory counts as constant */
        arena *a = arena_new("pack");
        worst = larger(slope_error(m, check_pack(a, 2, lengths[i]), 10 * i), worst);
        arena_free(a);
    }
    model_free(m);
    measure(r, "gradient of the layer", causal, worst, 1e-6);
}

static void check_model_gradient(const struct check_subject *s, bool causal, int norm, struct check_report *r)
{
    struct shape shape = shape_of(causal);
    shape.norm = norm;
    struct model *m = must_have(s, shape, 0.4);
    arena *a = arena_new("pack");
    const size_t stops = stops_at(s), lengths[] = {stops && stops < 5 ? stops : 5, stops && stops < 17 ? stops : 17, 1};
    const struct pack *p = check_pack(a, 3, lengths);
    const size_t n = m->n_values;
    real *g = take(n, sizeof *g), *u = take(n, sizeof *u), *values = take(n, sizeof *values);
    check_loss(m, p, g);
    memcpy(values, m->values, n * sizeof *values);
    double worst = 0;
    for (uint64_t k = 0; k < 3; k++) {
        check_fill(u, n, 1, 40 + k);
        double analytic = 0, f[2];
        for (size_t i = 0; i < n; i++) analytic += (double)g[i] * (double)u[i];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < n; i++) m->values[i] = (real)((double)values[i] + (side ? -1e-6 : 1e-6) * (double)u[i]);
            f[side] = check_loss(m, p, NULL);
        }
        const double numeric = (f[0] - f[1]) / 2e-6;
        worst = larger(fabs(analytic - numeric) / (fabs(analytic) + fabs(numeric) + 1e-3), worst);
    }
    free(g), free(u), free(values);
    arena_free(a);
    model_free(m);
    measure(r, norm == NORM_PRE ? "gradient of a pre-norm model" : "gradient of a post-norm model", causal, worst, 1e-6);
}

static void check_textbook(const struct check_subject *s, bool causal, struct check_report *r)
{
    if (!ref_has_attention(s->attention->name)) {
        skip(r, "textbook version", causal, "there is none in tests/ref");
        return;
    }
    static const size_t lengths[] = {1, 2, 7, 31, 32, 33, 64, 130};
    struct model *m = must_have(s, shape_of(causal), 0.4);
    model_prepare(m, 256);
    double worst = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t T = lengths[i];
        if (model_refuses_length(m, T)) continue;
        arena *a = arena_new("pack");
        real *x = take(T * WIDTH, sizeof *x), *y = take(T * WIDTH, sizeof *y);
        double *want = take(T * WIDTH, sizeof *want);
        check_fill(x, T * WIDTH, 1, i);
        check_layer(m, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
        ref_attention(m, 0, T, 0, (const double *)x, want);
        worst = larger(most_apart(y, (const real *)want, T * WIDTH), worst);
        free(x), free(y), free(want);
        arena_free(a);
    }
    model_free(m);
    measure(r, "textbook version", causal, worst, 1e-10);
}

static void check_causality(const struct check_subject *s, struct check_report *r)
{
    const size_t T = TRAINED;
    struct model *m = must_have(s, shape_of(true), 0.4);
    arena *a = arena_new("pack");
    const struct pack *p = check_pack(a, 1, &T);
    real *x = take(T * WIDTH, sizeof *x), *y = take(T * WIDTH, sizeof *y), *z = take(T * WIDTH, sizeof *z);
    check_fill(x, T * WIDTH, 1, 3);
    check_layer(m, p, x, y, NULL, NULL, NULL);
    double changed = 0, after = 0;
    for (size_t t = 1; t < T; t += 5) {
        for (size_t c = 0; c < WIDTH; c++) x[t * WIDTH + c] += 3;
        check_layer(m, p, x, z, NULL, NULL, NULL);
        changed = larger(most_apart(y, z, t * WIDTH), changed);
        after = larger(most_apart(y + t * WIDTH, z + t * WIDTH, WIDTH), after);
        for (size_t c = 0; c < WIDTH; c++) x[t * WIDTH + c] -= 3;
        check_layer(m, p, x, y, NULL, NULL, NULL); /* x is back only up to rounding */
    }
    free(x), free(y), free(z);
    arena_free(a);
    model_free(m);
    measure(r, "change of rows before a changed row", true, after > 0 ? changed : NAN, 0);
}

static void check_neighbours(const struct check_subject *s, bool causal, struct check_report *r)
{
    const size_t lengths[] = {9, TRAINED, 14}, rows = 9 + TRAINED + 14, from = 9;
    struct model *m = must_have(s, shape_of(causal), 0.4);
    arena *a = arena_new("pack");
    const struct pack *together = check_pack(a, 3, lengths), *alone = check_pack(a, 1, lengths + 1);
    real *x = take(rows * WIDTH, sizeof *x), *y = take(rows * WIDTH, sizeof *y), *z = take(rows * WIDTH, sizeof *z);
    check_fill(x, rows * WIDTH, 1, 4);
    check_layer(m, together, x, y, NULL, NULL, NULL);
    check_layer(m, alone, x + from * WIDTH, z, NULL, NULL, NULL);
    measure(r, "example alone against in a pack", causal, most_apart(y + from * WIDTH, z, TRAINED * WIDTH), 1e-12);
    check_fill(x, from * WIDTH, 100, 9);
    check_layer(m, together, x, z, NULL, NULL, NULL);
    measure(r, "other values beside it", causal, most_apart(y + from * WIDTH, z + from * WIDTH, TRAINED * WIDTH), 0);
    free(x), free(y), free(z);
    arena_free(a);
    model_free(m);
}

/* Gradient of a batch of three packs, summed over shards, with so many threads. */
static void threaded_gradient(const struct model *m, int threads, real *out)
{
    struct workers w;
    workers_init(&w, threads, 4, m->n_values, kernel_choose(NULL));
    arena *a = arena_new("pack");
    const size_t lengths[] = {5, 17, 11};
    struct pack packs[5];
    for (size_t i = 0; i < 5; i++) packs[i] = *check_pack(a, 1 + i % 3, lengths);
    (void)workers_train(&w, m, packs, 5, 50, 1, 1);
    for (size_t s = 0; s < 4; s++) memcpy(out + s * m->n_values, w.gradient[s], m->n_values * sizeof *out);
    arena_free(a);
    workers_done(&w);
}

static void check_determinism(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = must_have(s, shape_of(causal), 0.4);
    m->options.dropout = m->options.attention_dropout = 0.2;
    const size_t n = 4 * m->n_values;
    real *g[3] = {take(n, sizeof **g), take(n, sizeof **g), take(n, sizeof **g)};
    threaded_gradient(m, 1, g[0]);
    threaded_gradient(m, 1, g[1]);
    threaded_gradient(m, 3, g[2]);
    measure(r, "gradient again", causal, most_apart(g[0], g[1], n), 0);
    measure(r, "gradient with 3 threads", causal, most_apart(g[0], g[2], n), 0);
    for (int i = 0; i < 3; i++) free(g[i]);
    model_free(m);
}

static double not_finite(const real *x, size_t n)
{
    double bad = 0;
    for (size_t i = 0; i < n; i++) bad += !isfinite((double)x[i]);
    return bad;
}

static void check_degenerate(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const double spreads[] = {0, 1e-4, 0.4, 1e4};
    double bad = 0;
    for (size_t k = 0; k < sizeof spreads / sizeof *spreads; k++) {
        for (int equal = 0; equal < 2; equal++) {
            const size_t lengths[] = {1, TRAINED}, rows = 1 + TRAINED;
            struct model *m = must_have(s, shape_of(causal), spreads[k]);
            arena *a = arena_new("pack");
            real *x = take(rows * WIDTH, sizeof *x), *y = take(rows * WIDTH, sizeof *y), *dx = take(rows * WIDTH, sizeof *dx);
            real *dp = take(m->n_values, sizeof *dp);
            if (!equal) check_fill(x, rows * WIDTH, 1, 6);
            check_layer(m, check_pack(a, 2, lengths), x, y, x, dx, dp);
            bad += not_finite(y, rows * WIDTH) + not_finite(dx, rows * WIDTH) + not_finite(dp, m->n_values);
            free(x), free(y), free(dx), free(dp);
            arena_free(a);
            model_free(m);
        }
    }
    measure(r, "values that are not finite", causal, bad, 0);
}

static void check_lengths(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = must_have(s, shape_of(causal), 0.4);
    double bad = 0;
    const char *why = NULL;
    for (size_t by = 1; by <= 8; by *= by < 2 ? 2 : 4) {
        const size_t T = by * TRAINED;
        why = model_refuses_length(m, T);
        if (why) break;
        model_prepare(m, T + 1);
        arena *a = arena_new("pack");
        real *x = take(T * WIDTH, sizeof *x), *y = take(T * WIDTH, sizeof *y);
        check_fill(x, T * WIDTH, 1, 8);
        check_layer(m, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
        bad += not_finite(y, T * WIDTH);
        free(x), free(y);
        arena_free(a);
    }
    if (why && bad == 0) skip(r, "not finite at 1, 2, 8 times the length", causal, why);
    else measure(r, "not finite at 1, 2, 8 times the length", causal, bad, 0);
    model_free(m);
}

/* Learn 32 random examples by heart; returns the share that is wrong at the end. */
static double overfit(const struct check_subject *s, bool causal)
{
    struct shape shape = shape_of(causal);
    shape.train_length = 32;
    shape.classes = 8;
    struct model *m = must_have(s, shape, 0.2);
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    o.rate = 1e-2;
    o.decay = 0;
    o.schedule = SCHEDULE_CONSTANT;
    o.warmup = 10;
    struct workers w;
    struct optimizer z;
    workers_init(&w, 2, 2, m->n_values, kernel_choose(NULL));
    optimizer_init(&z, &o, m, kernel_choose(NULL));
    arena *a = arena_new("overfit");
    size_t lengths[32];
    for (size_t i = 0; i < 32; i++) lengths[i] = 32;
    struct pack *p = check_pack(a, 32, lengths);
    int32_t *label = ARENA_ARRAY(a, int32_t, 32);
    for (size_t i = 0; i < 32; i++) label[i] = p->token[p->offset[i]] % 8; /* the first token decides */
    p->target = label;
    struct tally t = {0};
    for (int64_t step = 1; step <= 400; step++) {
        t = workers_train(&w, m, p, 1, 32, 1, (uint64_t)step);
        (void)optimizer_step(&z, w.gradient, 2, step, 400, 1);
        if (t.right == 32) break;
    }
    optimizer_done(&z);
    workers_done(&w);
    arena_free(a);
    model_free(m);
    return 1 - t.right / 32;
}

/* Are these settings refused in this direction?  status_message() says why. */
static bool refused(const struct check_subject *s, bool causal)
{
    struct model *m = check_model(s, shape_of(causal), 0.4, 5);
    model_free(m);
    return !m;
}

void check_variant(const struct check_subject *s, bool quick, struct check_report *r)
{
    *r = (struct check_report){0};
    bool measured = false;
    for (int causal = 1; causal >= 0; causal--) {
        const unsigned needs = causal ? CAN_CAUSAL : CAN_BIDIRECTIONAL;
        if (!(s->attention->can & needs) || !(s->position->can & needs)) {
            skip(r, "all", causal, "the variant does not do this");
            continue;
        }
        if (refused(s, causal)) {
            skip(r, "all", causal, status_message());
            continue;
        }
        measured = true;
        check_layer_gradient(s, causal, r);
        check_model_gradient(s, causal, NORM_PRE, r);
        check_model_gradient(s, causal, NORM_POST, r);
        check_textbook(s, causal, r);
        if (causal) check_causality(s, r);
        check_neighbours(s, causal, r);
        check_determinism(s, causal, r);
        check_degenerate(s, causal, r);
        check_lengths(s, causal, r);
        if (!quick) measure(r, "share of 32 examples not learnt", causal, overfit(s, causal), 0.01);
    }
    r->failed += !measured; /* refused both ways */
}

void check_print(FILE *out, const char *name, const struct check_report *r)
{
    fprintf(out, "%s\n", name);
    for (size_t i = 0; i < r->n; i++) {
        const struct check_row *row = &r->row[i];
        if (row->skipped) fprintf(out, "  %-56s %10s %10s  %s\n", row->name, "-", "-", row->note);
        else fprintf(out, "  %-56s %10.2g %10.2g  %s\n", row->name, row->measured, row->tolerance, row->pass ? "pass" : "FAIL");
    }
}
