/* state.c -- state that one part of a text leaves for the next: parts are the whole, examples keep to their own.
 *
 *   split      outputs and last state of one pass over a text against those of its parts one after another, cut where
 *              segments end, as training and as tests compute them
 *   gradients  where gradients end at memory: those of a text are the sums of those of its parts
 *   reset      an example that starts without state beside others that have some is as if alone; what it leaves does not
 *              depend on them; the state given stays as it was
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/battery.h"

#define MOST_ROWS 8192 /* of a text cut at segments */

static double states_apart(const struct model *m, const struct carried *a, const struct carried *b)
{
    double most = 0;
    for (size_t i = 0; i < m->n_carry; i++) {
        if (a[i].rows != b[i].rows || a[i].rows > m->carry[i].rows) return NAN;
        most = check_larger(check_apart(a[i].value, b[i].value, a[i].rows * m->carry[i].cols), most);
    }
    return most;
}


/* One text, part after part. */
struct text {
    size_t rows, n_parts, part[4];
    real  *x, *y, *dy, *dx, *dp; /* dy NULL: no gradients */
    struct carried *left;        /* state behind the last part */
};

static void run_text(struct model *m, struct text *t, arena *a, bool training)
{
    struct carried **room[2] = {check_room(a, m, 1), check_room(a, m, 1)};
    real *dp = check_take(m->n_values, sizeof *dp);
    size_t at = 0;
    for (size_t k = 0; k < t->n_parts; k++) {
        struct pack *p = check_pack(a, 1, &t->part[k]);
        const ptrdiff_t first = (ptrdiff_t)at;
        p->first = &first;
        p->state_in = k ? (const struct carried *const *)room[(k + 1) % 2] : NULL;
        p->state_out = (struct carried *const *)room[k % 2];
        struct layer_pass l = {.pack = p, .training = training, .x = t->x + at * WIDTH, .y = t->y + at * WIDTH};
        if (t->dy) l.dy = t->dy + at * WIDTH, l.dx = t->dx + at * WIDTH, l.d_parameters = dp;
        check_pass(m, &l);
        for (size_t i = 0; t->dy && i < m->n_values; i++) t->dp[i] += dp[i];
        t->left = room[k % 2][0];
        at += t->part[k];
    }
    free(dp);
}

static struct text new_text(const struct model *m, arena *a, size_t rows, bool gradients)
{
    struct text t = {.rows = rows, .n_parts = 1, .part = {rows}};
    t.x = ARENA_ARRAY(a, real, rows * WIDTH);
    t.y = ARENA_ZEROS(a, real, rows * WIDTH);
    check_fill(t.x, rows * WIDTH, 1, 13);
    if (!gradients) return t;
    t.dy = ARENA_ARRAY(a, real, rows * WIDTH);
    t.dx = ARENA_ZEROS(a, real, rows * WIDTH);
    t.dp = ARENA_ZEROS(a, real, m->n_values);
    check_fill(t.dy, rows * WIDTH, 1, 14);
    return t;
}

/* After one unit and after three. */
static void cut_text(struct text *t, size_t unit)
{
    const size_t parts[] = {unit, 2 * unit, t->rows - 3 * unit};
    t->n_parts = 3;
    memcpy(t->part, parts, sizeof parts);
}

/* Units are so many `cut`s that a text fills the states on its way. */
static size_t unit_of(const struct model *m, size_t cut)
{
    const size_t third = check_full(m) / 3 + 1;
    return cut * ((third > 17 ? third : 17) / cut + 1);
}

static size_t text_rows(size_t unit)
{
    return 3 * unit + (unit > 2 ? 2 : 1);
}

static double split_apart(const struct check_subject *s, struct model *m, bool training)
{
    const size_t unit = unit_of(m, check_cut(s, TRAINED, training));
    if (text_rows(unit) > MOST_ROWS) return -1;
    arena *a = arena_new("text");
    model_prepare(m, text_rows(unit) + 1);
    struct text whole = new_text(m, a, text_rows(unit), false), parts = new_text(m, a, text_rows(unit), false);
    cut_text(&parts, unit);
    run_text(m, &whole, a, training);
    run_text(m, &parts, a, training);
    const double apart = check_larger(states_apart(m, whole.left, parts.left), check_apart(whole.y, parts.y, whole.rows * WIDTH));
    arena_free(a);
    return apart;
}

/* That a variant carries nothing is said in gradient.c. */
void check_split(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char name[] = "one pass against parts with state";
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    if (m->n_carry) {
        const double training = split_apart(s, m, true), testing = split_apart(s, m, false);
        if (training < 0 || testing < 0) check_skip(r, name, causal, "segments are too long to try");
        else check_measure(r, name, causal, check_larger(training, testing), 1e-12);
    }
    model_free(m);
}

static double largest(const real *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = check_larger(fabs((double)x[i]), most);
    return most;
}

void check_split_gradient(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char name[] = "gradient of a text against its parts'";
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    const size_t stops = check_stops_at(s, TRAINED), unit = stops ? unit_of(m, stops) : 1, rows = text_rows(unit);
    const char *why = check_exception(s, name);
    if (!why && stops == 0) why = "gradients do not end at segments";
    if (!why && rows > MOST_ROWS) why = "segments are too long to try";
    if (m->n_carry && why) {
        check_skip(r, name, causal, why);
    } else if (m->n_carry) {
        arena *a = arena_new("text");
        model_prepare(m, rows + 1);
        struct text whole = new_text(m, a, rows, true), parts = new_text(m, a, rows, true);
        cut_text(&parts, unit);
        run_text(m, &whole, a, true);
        run_text(m, &parts, a, true);
        const double dp = check_apart(whole.dp, parts.dp, m->n_values) / largest(whole.dp, m->n_values);
        check_measure(r, name, causal, check_larger(dp, check_apart(whole.dx, parts.dx, rows * WIDTH)), 1e-11);
        arena_free(a);
    }
    model_free(m);
}

/* Three examples, the one in the middle with no state. */
#define LEFT 9
#define MIDDLE 30
#define RIGHT 14
#define ALL_ROWS (LEFT + MIDDLE + RIGHT)

struct trio {
    const struct carried *state_in[3];
    struct carried **state_out, *given_to[3];
    real x[ALL_ROWS * WIDTH], y[ALL_ROWS * WIDTH];
};

static void run_trio(struct model *m, arena *a, struct trio *t)
{
    static const size_t lengths[] = {LEFT, MIDDLE, RIGHT};
    static const ptrdiff_t first[] = {100, 0, 100};
    struct pack *p = check_pack(a, 3, lengths);
    t->state_out = check_room(a, m, 3);
    for (size_t e = 0; e < 3; e++) {
        t->given_to[e] = ARENA_ARRAY(a, struct carried, m->n_carry);
        for (size_t i = 0; i < m->n_carry; i++) t->state_out[e][i].rows = SIZE_MAX; /* the layer must say */
        memcpy(t->given_to[e], t->state_out[e], m->n_carry * sizeof **t->given_to);
    }
    p->first = first;
    p->state_in = t->state_in;
    p->state_out = (struct carried *const *)t->state_out;
    check_layer(m, p, t->x, t->y, NULL, NULL, NULL);
}

static real *all_values(arena *a, const struct model *m, const struct carried *const *states, size_t n, size_t *count)
{
    real *copy = ARENA_ARRAY(a, real, n * m->n_carry_values), *to = copy;
    for (size_t e = 0; e < n; e++) {
        for (size_t i = 0; states[e] && i < m->n_carry; i++) {
            const size_t values = m->carry[i].rows * m->carry[i].cols;
            memcpy(to, states[e][i].value, values * sizeof *to);
            to += values;
        }
    }
    *count = (size_t)(to - copy);
    return copy;
}

/* States left whose rows were not set or are too many, that lie elsewhere than they should, or are not finite. */
static double bad_states(const struct model *m, const struct trio *t)
{
    double bad = 0;
    for (size_t e = 0; e < 3; e++) {
        for (size_t i = 0; i < m->n_carry / 2; i++) { /* of layer 0 of 2 */
            const struct carried *c = &t->state_out[e][i];
            if (c->rows > m->carry[i].rows || c->value != t->given_to[e][i].value) bad++;
            else bad += check_not_finite(c->value, c->rows * m->carry[i].cols);
        }
    }
    return bad;
}

static double layer_states_apart(const struct model *m, const struct carried *a, const struct carried *b)
{
    struct model layer = *m;
    layer.n_carry = m->n_carry / 2;
    return states_apart(&layer, a, b);
}

void check_reset(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    if (m->n_carry == 0) {
        model_free(m);
        return;
    }
    arena *a = arena_new("reset");
    const size_t before[] = {7, 0, check_full(m)}, middle = MIDDLE;
    model_prepare(m, 100 + ALL_ROWS);
    const struct carried *const *states = check_states(a, m, 3, before, false, false, 90);
    struct trio *t = ARENA_NEW(a, struct trio), *u = ARENA_NEW(a, struct trio);
    for (size_t e = 0; e < 3; e++) t->state_in[e] = states[e], u->state_in[e] = states[2 - e];
    check_fill(t->x, ALL_ROWS * WIDTH, 1, 15);
    check_fill(u->x, ALL_ROWS * WIDTH, 50, 16);
    memcpy(u->x + LEFT * WIDTH, t->x + LEFT * WIDTH, MIDDLE * WIDTH * sizeof *t->x);

    size_t n;
    const real *given = all_values(a, m, states, 3, &n);
    run_trio(m, a, t);
    const double changed = check_apart(given, all_values(a, m, states, 3, &n), n);
    run_trio(m, a, u);
    struct pack *alone = check_pack(a, 1, &middle);
    struct carried **left = check_room(a, m, 1);
    alone->state_out = (struct carried *const *)left;
    real *y = ARENA_ARRAY(a, real, MIDDLE * WIDTH);
    check_layer(m, alone, t->x + LEFT * WIDTH, y, NULL, NULL, NULL);

    const real *ty = t->y + LEFT * WIDTH, *uy = u->y + LEFT * WIDTH;
    const double fresh = check_larger(check_apart(y, ty, MIDDLE * WIDTH), layer_states_apart(m, left[0], t->state_out[1]));
    const double others = check_larger(check_apart(ty, uy, MIDDLE * WIDTH), layer_states_apart(m, t->state_out[1], u->state_out[1]));
    check_measure(r, "example without state among others", causal, fresh, 1e-12);
    check_measure(r, "other values and states beside it", causal, others, 0);
    check_measure(r, "change of the state given", causal, changed, 0);
    check_measure(r, "states left that are not sound", causal, bad_states(m, t) + bad_states(m, u), 0);
    arena_free(a);
    model_free(m);
}
