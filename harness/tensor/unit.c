/* unit.c -- y = x / r with r = sqrt(sum x^2 + 1e-12), per head;  dx += (dy - y (y . dy)) / r.
 *
 * The small constant keeps a zero head finite (value and gradient); with it |y| is a hair below 1. */
#include <assert.h>
#include <math.h>

#include "tensor/ops.h"

struct unit_state {
    size_t D;
    real  *r; /* one per row and head */
};

static void unit_backward(tape *tp, node *y)
{
    const struct unit_state *s = y->aux;
    const size_t D = s->D, heads = y->rows * y->cols / D;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t h = 0; h < heads; h++) {
        const real *u = y->val + h * D, *du = y->grad + h * D;
        real dot = 0;
        for (size_t c = 0; c < D; c++) dot += u[c] * du[c];
        for (size_t c = 0; c < D; c++) dx[h * D + c] += (du[c] - u[c] * dot) / s->r[h];
    }
}

node *unit(tape *tp, node *x, size_t head_width)
{
    assert(x->cols % head_width == 0);
    const size_t D = head_width, heads = x->rows * x->cols / D;
    node *y = tape_node(tp, x->rows, x->cols, unit_backward, x, NULL, NULL);
    struct unit_state *s = ARENA_NEW(tp->memory, struct unit_state);
    s->D = D;
    s->r = ARENA_ARRAY(tp->memory, real, heads);
    y->aux = s;
    for (size_t h = 0; h < heads; h++) {
        const real *u = x->val + h * D;
        real sum = (real)1e-12;
        for (size_t c = 0; c < D; c++) sum += u[c] * u[c];
        s->r[h] = (real)sqrt((double)sum);
        for (size_t c = 0; c < D; c++) y->val[h * D + c] = u[c] / s->r[h];
    }
    return y;
}
