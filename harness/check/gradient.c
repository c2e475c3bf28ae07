/* gradient.c -- analytic slopes against central differences along random directions.
 *
 *   error = |analytic - numeric| / (|analytic| + |numeric| + small),  numeric = (f(+h u) - f(-h u)) / 2h,  h = 1e-6
 *
 * f of a layer is sum(dy y) for random dy, as training computes y (dropout aside): its memory and segments may be others than
 * those of tests.  Memory counts as constant, which differences do not know, so examples end where gradients do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/battery.h"

#define STEP 1e-6
#define LONGEST 200 /* training length here: lengths around a tile and three of them are all shorter */

static double relative_error(double analytic, double numeric)
{
    return fabs(analytic - numeric) / (fabs(analytic) + fabs(numeric) + 1e-3);
}

static double dot(const real *a, const real *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* u = 0 where the gradient is 0 throughout: there the loss stops gradients on purpose. */
static bool only_where(const real *g, real *u, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (g[i] != 0) return true;
    memset(u, 0, n * sizeof *u);
    return false;
}

static double value_of(struct model *m, const struct pack *p, real *x, real *y, const real *dy, double auxiliary)
{
    struct layer_pass l = {.pack = p, .training = true, .x = x, .y = y};
    check_pass(m, &l);
    return auxiliary != 0 ? auxiliary * l.auxiliary : dot(dy, y, pack_rows(p) * WIDTH);
}

/* Of f, or of the auxiliary loss alone if `auxiliary` is its weight; NaN if that has no gradient, or there is none. */
static double slope_error(struct model *m, const struct pack *p, uint64_t seed, double auxiliary)
{
    const size_t n = pack_rows(p) * WIDTH, np = m->n_values;
    real *x = check_take(n, sizeof *x), *y = check_take(n, sizeof *y), *dy = check_take(n, sizeof *dy), *dx = check_take(n, sizeof *dx);
    real *dp = check_take(np, sizeof *dp), *ux = check_take(n, sizeof *ux), *up = check_take(np, sizeof *up);
    real *values = check_take(np, sizeof *values), *moved = check_take(n, sizeof *moved);
    check_fill(x, n, 1, seed);
    if (auxiliary == 0) check_fill(dy, n, 1, seed + 1);
    check_fill(ux, n, 1, seed + 2);
    check_fill(up, np, 1, seed + 3);
    struct layer_pass l = {.pack = p, .x = x, .y = y, .dy = dy, .dx = dx, .d_parameters = dp, .auxiliary_weight = auxiliary};
    check_pass(m, &l);
    bool any = auxiliary == 0;
    if (auxiliary != 0) {
        any |= only_where(dx, ux, n);
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct model_parameter *q = &m->parameter[i];
            if (!q->buffer) any |= only_where(dp + q->offset, up + q->offset, q->rows * q->cols);
        }
    }
    const double analytic = dot(dx, ux, n) + dot(dp, up, np);
    double f[2];
    memcpy(values, m->values, np * sizeof *values);
    for (int side = 0; side < 2; side++) {
        const double by = side ? -STEP : STEP;
        for (size_t i = 0; i < n; i++) moved[i] = (real)((double)x[i] + by * (double)ux[i]);
        for (size_t i = 0; i < np; i++) m->values[i] = (real)((double)values[i] + by * (double)up[i]);
        f[side] = value_of(m, p, moved, y, dy, auxiliary);
    }
    memcpy(m->values, values, np * sizeof *values);
    free(x), free(y), free(dy), free(dx), free(dp), free(ux), free(up), free(values), free(moved);
    return any ? relative_error(analytic, (f[0] - f[1]) / (2 * STEP)) : NAN;
}

static struct model *long_model(const struct check_subject *s, bool causal, size_t length)
{
    struct shape shape = check_shape(causal);
    shape.train_length = length;
    return check_must_have(s, shape, 0.4);
}

void check_layer_gradient(const struct check_subject *s, bool causal, struct check_report *r)
{
    const size_t stops = check_stops_at(s, LONGEST);
    const size_t lengths[][2] = {{1, 2}, {7, 1}, {BLOCK - 1, BLOCK + 1}, {BLOCK, 2}, {3 * BLOCK + 2, 7}, {stops > 1 ? stops - 1 : 1, stops}};
    struct model *m = long_model(s, causal, LONGEST);
    double worst = 0;
    size_t longest = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t most = lengths[i][0] > lengths[i][1] ? lengths[i][0] : lengths[i][1];
        if ((stops && most > stops) || most > LONGEST || lengths[i][1] == 0 || model_refuses_length(m, most)) continue;
        arena *a = arena_new("pack");
        worst = check_larger(slope_error(m, check_pack(a, 2, lengths[i]), 10 * i, 0), worst);
        arena_free(a);
        longest = most > longest ? most : longest;
    }
    model_free(m);
    check_note(check_measure(r, "gradient of the layer", causal, worst, 1e-6), "up to %zu rows", longest);
}

/* Three examples: with some state, with none, with all the state there is room for. */
static struct pack *pack_with_state(arena *a, struct model *m, size_t stops, bool whole)
{
    size_t *length = ARENA_ARRAY(a, size_t, 3), *before = ARENA_ZEROS(a, size_t, 3);
    ptrdiff_t *first = ARENA_ZEROS(a, ptrdiff_t, 3);
    static const size_t wanted[] = {9, 5, 23};
    for (size_t e = 0; e < 3; e++) length[e] = stops && wanted[e] > stops ? stops : wanted[e];
    before[0] = 5, before[2] = check_full(m);
    for (size_t e = 0; e < 3; e++) first[e] = (ptrdiff_t)before[e];
    const struct carried *const *states = check_states(a, m, 3, before, true, whole, 70);
    model_prepare(m, before[2] + 32);
    struct pack *p = check_pack(a, 3, length);
    p->first = first;
    p->state_in = states;
    return p;
}

/* A training length that all of these rows fit in, where a position scheme has a table of them. */
#define WITH_STATE 640


void check_state_gradient(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = long_model(s, causal, WITH_STATE);
    if (m->n_carry == 0) { /* said once for all rows about state */
        check_skip(r, "carried state", causal, s->attention->can & CAN_STATE ? "these settings carry nothing" : "carries none");
    } else {
        arena *a = arena_new("pack");
        const struct pack *p = pack_with_state(a, m, check_stops_at(s, WITH_STATE), false);
        double worst = 0;
        for (uint64_t k = 0; k < 3; k++) worst = check_larger(slope_error(m, p, 20 + 5 * k, 0), worst);
        check_measure(r, "gradient of the layer with state", causal, worst, 1e-6);
        arena_free(a);
    }
    model_free(m);
}

static size_t auxiliary_losses(struct model *m, const struct pack *p)
{
    real *x = check_take(pack_rows(p) * WIDTH, sizeof *x);
    check_fill(x, pack_rows(p) * WIDTH, 1, 33);
    struct layer_pass l = {.pack = p, .training = true, .x = x};
    check_pass(m, &l);
    free(x);
    return l.n_auxiliary;
}

static bool by_default(const struct check_subject *s)
{
    char set[OPTION_PRINT], fallback[OPTION_PRINT];
    void *defaults = check_take(s->attention->options_size, 1);
    bool same = true;
    option_defaults(s->attention->options, defaults, s->attention->options_size);
    for (const struct option *o = s->attention->options; o && o->name; o++) {
        option_print(o, s->attention_options, set, sizeof set);
        option_print(o, defaults, fallback, sizeof fallback);
        same &= strcmp(set, fallback) == 0;
    }
    free(defaults);
    return same;
}

/* A part that begins with full state, and one without whose segments follow each other. */
void check_auxiliary_gradient(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char name[] = "gradient of the auxiliary loss";
    struct model *m = long_model(s, causal, WITH_STATE);
    arena *a = arena_new("pack");
    const size_t stops = check_stops_at(s, WITH_STATE), T = stops && stops < BLOCK ? 3 * stops + 2 : BLOCK;
    const struct pack *with = m->n_carry ? pack_with_state(a, m, stops, false) : NULL, *without = check_pack(a, 1, &T);
    double worst = 0;
    size_t n = 0;
    for (size_t k = 0; k < 2; k++) {
        const struct pack *p = k ? without : with;
        if (!p || (k == 1 && n > 0 && stops) || auxiliary_losses(m, p) == 0) continue;
        worst = check_larger(slope_error(m, p, 50 + k, 1), worst);
        n++;
    }
    if (n) check_measure(r, name, causal, worst, 1e-6);
    else if (!(s->attention->can & CAN_AUX)) check_skip(r, name, causal, "has none");
    else if (!by_default(s)) check_skip(r, name, causal, "none at these settings");
    else check_note(check_measure(r, name, causal, NAN, 1e-6), "it says it has one, and gave none");
    arena_free(a);
    model_free(m);
}

/* Of the whole model's loss in its parameters, three directions. */
static double model_error(struct model *m, const struct pack *p)
{
    const size_t n = m->n_values;
    real *g = check_take(n, sizeof *g), *u = check_take(n, sizeof *u), *values = check_take(n, sizeof *values);
    check_loss(m, p, g);
    memcpy(values, m->values, n * sizeof *values);
    double worst = 0;
    for (uint64_t k = 0; k < 3; k++) {
        check_fill(u, n, 1, 40 + k);
        double f[2];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < n; i++) m->values[i] = (real)((double)values[i] + (side ? -STEP : STEP) * (double)u[i]);
            f[side] = check_loss(m, p, NULL);
        }
        memcpy(m->values, values, n * sizeof *values);
        worst = check_larger(relative_error(dot(g, u, n), (f[0] - f[1]) / (2 * STEP)), worst);
    }
    free(g), free(u), free(values);
    return worst;
}

void check_model_gradients(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const struct { const char *name; int norm; bool state, pairs; } kinds[] = {
        {"gradient of a pre-norm model", NORM_PRE, false, false},
        {"gradient of a post-norm model", NORM_POST, false, false},
        {"gradient of a model with state", NORM_PRE, true, false},
        {"gradient of a model of pairs", NORM_PRE, false, true},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct shape shape = check_shape(causal);
        shape.norm = kinds[k].norm;
        if (kinds[k].state) shape.train_length = WITH_STATE;
        if (kinds[k].pairs) shape.pairs = true, shape.classes = 3;
        struct model *m = check_must_have(s, shape, 0.4);
        arena *a = arena_new("pack");
        const size_t stops = check_stops_at(s, shape.train_length), all = SIZE_MAX, most = stops ? stops : all;
        const size_t lengths[] = {most < 5 ? most : 5, most < 17 ? most : 17, 1, most < 9 ? most : 9};
        if (!kinds[k].state) check_measure(r, kinds[k].name, causal, model_error(m, check_pack(a, kinds[k].pairs ? 4 : 3, lengths)), 1e-6);
        else if (m->n_carry) check_measure(r, kinds[k].name, causal, model_error(m, pack_with_state(a, m, stops, true)), 1e-6);
        arena_free(a);
        model_free(m);
    }
}
