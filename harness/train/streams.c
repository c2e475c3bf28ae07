/* streams.c -- two sets of states that change places. */
#include "train/streams.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

static void lay_out(const struct streams *s, struct carried *state, real *values)
{
    for (size_t b = 0; b < s->n; b++)
        for (size_t c = 0; c < s->n_carry; c++)
            state[b * s->n_carry + c] = (struct carried){values + b * s->n_values + s->model->carry[c].offset, 0};
}

void streams_init(struct streams *s, const struct model *m, size_t n)
{
    *s = (struct streams){.n = m->n_carry ? n : 0, .n_carry = m->n_carry, .n_values = m->n_carry_values, .model = m};
    if (s->n == 0) return;
    const size_t states = s->n * s->n_carry;
    s->now = calloc(states, sizeof *s->now);
    s->next = calloc(states, sizeof *s->next);
    s->values = calloc(2 * s->n * s->n_values, sizeof *s->values);
    if (!s->now || !s->next || !s->values) status_no_memory("carried state", 2 * s->n * s->n_values * sizeof *s->values);
    lay_out(s, s->now, s->values);
    lay_out(s, s->next, s->values + s->n * s->n_values);
}

void streams_done(struct streams *s)
{
    free(s->now);
    free(s->next);
    free(s->values);
}

void streams_bind(struct streams *s, struct sequence *q, size_t n)
{
    if (s->n == 0) return;
    for (size_t i = 0; i < s->n * s->n_carry; i++) s->next[i].rows = 0;
    for (size_t i = 0; i < n; i++) {
        q[i].state_in = q[i].continues ? s->now + q[i].stream * s->n_carry : NULL;
        q[i].state_out = q[i].goes_on ? s->next + q[i].stream * s->n_carry : NULL;
    }
}

void streams_turn(struct streams *s)
{
    struct carried *left = s->next;
    s->next = s->now;
    s->now = left;
}

void streams_save(const struct streams *s, real *rows, real *values)
{
    memset(values, 0, s->n * s->n_values * sizeof *values);
    for (size_t b = 0; b < s->n; b++) {
        for (size_t c = 0; c < s->n_carry; c++) {
            const struct carried *from = &s->now[b * s->n_carry + c];
            const struct model_carry *k = &s->model->carry[c];
            rows[b * s->n_carry + c] = (real)from->rows;
            memcpy(values + b * s->n_values + k->offset, from->value, from->rows * k->cols * sizeof *values);
        }
    }
}

void streams_load(struct streams *s, const real *rows, const real *values)
{
    for (size_t b = 0; b < s->n; b++) {
        for (size_t c = 0; c < s->n_carry; c++) {
            struct carried *to = &s->now[b * s->n_carry + c];
            const struct model_carry *k = &s->model->carry[c];
            const size_t had = (size_t)rows[b * s->n_carry + c];
            to->rows = had < k->rows ? had : k->rows;
            memcpy(to->value, values + b * s->n_values + k->offset, to->rows * k->cols * sizeof *values);
        }
    }
}
