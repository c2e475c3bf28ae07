/* squared_difference.c -- y = sum (a - b)^2;  da += 2 dy (a - b),  db -= the same. */
#include <assert.h>

#include "tensor/ops.h"

static void squared_difference_backward(tape *tp, node *y)
{
    const node *a = y->in[0], *b = y->in[1];
    real *da = tape_grad(tp, y->in[0]), *db = tape_grad(tp, y->in[1]);
    for (size_t i = 0; i < a->rows * a->cols; i++) {
        const real d = 2 * y->grad[0] * (a->val[i] - b->val[i]);
        if (da) da[i] += d;
        if (db) db[i] -= d;
    }
}

node *squared_difference(tape *tp, node *a, node *b)
{
    assert(a->rows == b->rows && a->cols == b->cols);
    node *y = tape_node(tp, 1, 1, squared_difference_backward, a, b, NULL);
    double sum = 0;
    for (size_t i = 0; i < a->rows * a->cols; i++) {
        const double d = (double)a->val[i] - (double)b->val[i];
        sum += d * d;
    }
    y->val[0] = (real)sum;
    return y;
}
