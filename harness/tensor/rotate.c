/* rotate.c -- rotation of channel pairs; backward rotates the gradient the other way. */
#include <assert.h>

#include "tensor/ops.h"

struct rotation {
    size_t          D;
    const uint32_t *row;
    const real     *cosine, *sine;
};

/* y (+)= R x for one row of H heads; sign -1 is the inverse rotation. */
static void rotate_row(size_t C, size_t D, const real *c, const real *s, real sign, const real *x, real *y, bool accumulate)
{
    for (size_t h = 0; h < C; h += D) {
        for (size_t t = 0; t < D / 2; t++) {
            const real a = x[h + 2 * t], b = x[h + 2 * t + 1], sn = sign * s[t];
            const real u = a * c[t] - b * sn, v = a * sn + b * c[t];
            y[h + 2 * t] = accumulate ? y[h + 2 * t] + u : u;
            y[h + 2 * t + 1] = accumulate ? y[h + 2 * t + 1] + v : v;
        }
    }
}

static void rotate_backward(tape *tp, node *y)
{
    const struct rotation *r = y->aux;
    const size_t C = y->cols, half = r->D / 2;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->rows; i++)
        rotate_row(C, r->D, r->cosine + r->row[i] * half, r->sine + r->row[i] * half, -1, y->grad + i * C, dx + i * C, true);
}

node *rotate(tape *tp, node *x, size_t head_width, const uint32_t *row, const real *cosine, const real *sine)
{
    assert(head_width % 2 == 0 && x->cols % head_width == 0);
    const size_t C = x->cols, half = head_width / 2;
    node *y = tape_node(tp, x->rows, C, rotate_backward, x, NULL, NULL);
    struct rotation *r = ARENA_NEW(tp->memory, struct rotation);
    *r = (struct rotation){head_width, row, cosine, sine};
    y->aux = r;
    for (size_t i = 0; i < x->rows; i++)
        rotate_row(C, head_width, cosine + row[i] * half, sine + row[i] * half, 1, x->val + i * C, y->val + i * C, false);
    return y;
}
