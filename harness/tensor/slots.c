/* slots.c -- runs of neighbouring rows, each made into one row.
 *
 *   mean  y_s = sum of its valid rows / their number         max  y_sc = largest x_tc of its valid rows
 *   sum   y_s = sum_t W_th x_t                               t: number of the row in its slot; head h's channels
 *
 * A slot without a valid row gives 0 and sends no gradient. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tensor/ops.h"

#define NO_ROW UINT32_MAX

struct slot_state {
    const struct slots *slots;
    enum slot_kind kind;
    uint32_t *most; /* SLOT_MAX: (slots, C), the row that y's value comes from */
};

static bool counts(const struct slots *s, size_t i)
{
    return !s->valid || s->valid[i];
}

static real mean_factor(const struct slots *s, size_t slot)
{
    size_t n = 0;
    for (size_t i = s->row[slot]; i < s->row[slot + 1]; i++) n += counts(s, i);
    return n ? (real)1 / (real)n : 0;
}

/* y += factor x or, with W, x times W's row t head by head. */
static void add_weighted(const struct kernel *k, size_t C, real factor, const node *W, size_t t, const real *x, real *y)
{
    if (!W) {
        k->add_scaled(C, factor, x, y);
        return;
    }
    const size_t heads = W->cols, width = C / heads;
    for (size_t h = 0; h < heads; h++) k->add_scaled(width, W->val[t * heads + h], x + h * width, y + h * width);
}

static void add_weight_gradient(size_t C, const real *x, const real *dy, size_t heads, real *dW)
{
    const size_t width = C / heads;
    for (size_t h = 0; h < heads; h++) {
        real sum = 0;
        for (size_t c = h * width; c < (h + 1) * width; c++) sum += x[c] * dy[c];
        dW[h] += sum;
    }
}

static void largest(const struct slots *s, size_t slot, const node *x, real *y, uint32_t *most)
{
    const size_t C = x->cols;
    for (size_t c = 0; c < C; c++) y[c] = 0, most[c] = NO_ROW;
    for (size_t i = s->row[slot]; i < s->row[slot + 1]; i++) {
        if (!counts(s, i)) continue;
        for (size_t c = 0; c < C; c++) {
            const real v = x->val[i * C + c];
            if (most[c] != NO_ROW && !(v > y[c]) && v == v) continue; /* NaN stays */
            y[c] = v;
            most[c] = (uint32_t)i;
        }
    }
}

static void slots_backward(tape *tp, node *y)
{
    const struct slot_state *state = y->aux;
    const struct slots *s = state->slots;
    const node *x = y->in[0], *W = y->in[1];
    const size_t C = y->cols;
    real *dx = tape_grad(tp, y->in[0]), *dW = tape_grad(tp, y->in[1]);
    for (size_t slot = 0; slot < s->n; slot++) {
        const real *dy = y->grad + slot * C;
        if (state->kind == SLOT_MAX) {
            const uint32_t *most = state->most + slot * C;
            for (size_t c = 0; c < C && dx; c++)
                if (most[c] != NO_ROW) dx[most[c] * C + c] += dy[c];
            continue;
        }
        const real factor = state->kind == SLOT_MEAN ? mean_factor(s, slot) : 0;
        for (size_t i = s->row[slot]; i < s->row[slot + 1]; i++) {
            if (!counts(s, i)) continue;
            const size_t t = i - s->row[slot];
            if (dx) add_weighted(tp->kernel, C, factor, W, t, dy, dx + i * C);
            if (dW) add_weight_gradient(C, x->val + i * C, dy, W->cols, dW + t * W->cols);
        }
    }
}

node *slot_rows(tape *tp, node *x, const struct slots *s, enum slot_kind kind, node *W)
{
    assert((kind == SLOT_SUM) == (W != NULL) && (!W || x->cols % W->cols == 0));
    const size_t C = x->cols;
    node *y = tape_node(tp, s->n, C, slots_backward, x, W, NULL);
    struct slot_state *state = ARENA_NEW(tp->memory, struct slot_state);
    *state = (struct slot_state){s, kind, kind == SLOT_MAX ? ARENA_ARRAY(tp->memory, uint32_t, s->n * C) : NULL};
    y->aux = state;
    memset(y->val, 0, s->n * C * sizeof(real));
    for (size_t slot = 0; slot < s->n; slot++) {
        if (kind == SLOT_MAX) {
            largest(s, slot, x, y->val + slot * C, state->most + slot * C);
            continue;
        }
        const real factor = kind == SLOT_MEAN ? mean_factor(s, slot) : 0;
        assert(s->row[slot] < s->row[slot + 1] && (!W || s->row[slot + 1] - s->row[slot] <= W->rows));
        for (size_t i = s->row[slot]; i < s->row[slot + 1]; i++)
            if (counts(s, i)) add_weighted(tp->kernel, C, factor, W, i - s->row[slot], x->val + i * C, y->val + slot * C);
    }
    return y;
}
