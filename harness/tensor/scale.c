/* scale.c -- rows times constants; heads times learned gains. */
#include <assert.h>

#include "tensor/ops.h"

static void scale_rows_backward(tape *tp, node *y)
{
    const real *factor = y->aux;
    const size_t C = y->cols;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->rows; i++) tp->kernel->add_scaled(C, factor[i], y->grad + i * C, dx + i * C);
}

node *scale_rows(tape *tp, node *x, const real *factor)
{
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows, C, scale_rows_backward, x, NULL, NULL);
    y->aux = (void *)factor;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t c = 0; c < C; c++) y->val[i * C + c] = factor[i] * x->val[i * C + c];
    return y;
}

struct head_scale {
    size_t D;
};

static void scale_heads_backward(tape *tp, node *y)
{
    const size_t D = ((const struct head_scale *)y->aux)->D, C = y->cols;
    const node *x = y->in[0], *gain = y->in[1];
    real *dx = tape_grad(tp, y->in[0]), *dgain = tape_grad(tp, y->in[1]);
    for (size_t i = 0; i < y->rows; i++) {
        for (size_t c = 0; c < C; c++) {
            const real g = y->grad[i * C + c];
            if (dx) dx[i * C + c] += g * gain->val[c / D];
            if (dgain) dgain[c / D] += g * x->val[i * C + c];
        }
    }
}

node *scale_heads(tape *tp, node *x, size_t head_width, node *gain)
{
    assert(gain->cols * head_width == x->cols);
    const size_t C = x->cols, D = head_width;
    node *y = tape_node(tp, x->rows, C, scale_heads_backward, x, gain, NULL);
    struct head_scale *s = ARENA_NEW(tp->memory, struct head_scale);
    s->D = D;
    y->aux = s;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t c = 0; c < C; c++) y->val[i * C + c] = x->val[i * C + c] * gain->val[c / D];
    return y;
}
