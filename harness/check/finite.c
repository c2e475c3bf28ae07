/* finite.c -- degenerate inputs and parameters, and lengths beyond training, give finite numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/battery.h"

/* Hidden: no row of two examples is valid, one of the third. */
enum input { INPUT_RANDOM, INPUT_EQUAL, INPUT_HIDDEN, INPUT_STATE, INPUT_STATE_HIDDEN, INPUTS };

/* Values of outputs and gradients that are not finite, for parameters of this size. */
static double bad_values(const struct check_subject *s, bool causal, double spread, enum input kind)
{
    const size_t lengths[] = {1, TRAINED, TRAINED}, rows = 1 + 2 * TRAINED, before[] = {7, 7, 30};
    struct model *m = check_must_have(s, check_shape(causal), spread);
    arena *a = arena_new("pack");
    struct pack *p = check_pack(a, 3, lengths);
    static const ptrdiff_t first[] = {7, 7, 30};
    unsigned char *valid = ARENA_ZEROS(a, unsigned char, rows);
    real *x = check_take(rows * WIDTH, sizeof *x), *y = check_take(rows * WIDTH, sizeof *y), *dx = check_take(rows * WIDTH, sizeof *dx);
    real *dy = check_take(rows * WIDTH, sizeof *dy), *dp = check_take(m->n_values, sizeof *dp);
    if (kind == INPUT_HIDDEN || kind == INPUT_STATE_HIDDEN) {
        valid[1 + TRAINED + 3] = 1; /* of the last example alone */
        p->valid = valid;
    }
    if (kind >= INPUT_STATE && m->n_carry) {
        p->state_in = check_states(a, m, 3, before, true, false, 65);
        p->state_out = (struct carried *const *)check_room(a, m, 3);
        p->first = first;
        model_prepare(m, 30 + TRAINED + 1);
    }
    if (kind != INPUT_EQUAL) check_fill(x, rows * WIDTH, 1, 6);
    check_fill(dy, rows * WIDTH, 1, 7);
    check_layer(m, p, x, y, dy, dx, dp);
    double bad = check_not_finite(y, rows * WIDTH) + check_not_finite(dx, rows * WIDTH) + check_not_finite(dp, m->n_values);
    for (size_t e = 0; p->state_out && e < 3; e++)
        for (size_t i = 0; i < m->n_carry; i++) bad += check_not_finite(p->state_out[e][i].value, p->state_out[e][i].rows * m->carry[i].cols);
    free(x), free(y), free(dx), free(dy), free(dp);
    arena_free(a);
    model_free(m);
    return bad;
}

void check_degenerate(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char *const names[INPUTS] = {"values that are not finite", "not finite with equal rows",
                                              "not finite with hidden rows", "not finite with state", "not finite with state and hidden rows"};
    static const double spreads[] = {0, 1e-4, 0.4, 1e4};
    for (enum input kind = 0; kind < INPUTS; kind++) {
        if (kind >= INPUT_STATE && !(s->attention->can & CAN_STATE)) continue;
        double bad = 0;
        for (size_t k = 0; k < sizeof spreads / sizeof *spreads; k++) bad += bad_values(s, causal, spreads[k], kind);
        check_measure(r, names[kind], causal, bad, 0);
    }
}

void check_lengths(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    double bad = 0, largest[3] = {0};
    const char *why = NULL;
    static const size_t by[] = {1, 2, 8};
    for (size_t k = 0; k < 3 && !why; k++) {
        const size_t T = by[k] * TRAINED;
        why = model_refuses_length(m, T);
        if (why) break;
        model_prepare(m, T + 1);
        arena *a = arena_new("pack");
        real *x = check_take(T * WIDTH, sizeof *x), *y = check_take(T * WIDTH, sizeof *y);
        check_fill(x, T * WIDTH, 1, 8);
        check_layer(m, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
        bad += check_not_finite(y, T * WIDTH);
        for (size_t i = 0; i < T * WIDTH; i++) largest[k] = check_larger(fabs((double)y[i]), largest[k]);
        free(x), free(y);
        arena_free(a);
    }
    static const char name[] = "not finite at 1, 2, 8 times the length";
    if (why && bad == 0) check_skip(r, name, causal, why);
    else check_note(check_measure(r, name, causal, bad, 0), "max %.2g, %.2g, %.2g", largest[0], largest[1], largest[2]);
    model_free(m);
}
