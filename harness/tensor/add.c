/* add.c -- y = a + b;  da += dy,  db += dy. */
#include <assert.h>

#include "tensor/ops.h"

static void add_backward(tape *tp, node *y)
{
    for (int k = 0; k < 2; k++) {
        real *d = tape_grad(tp, y->in[k]);
        if (d) tp->kernel->add(y->rows * y->cols, y->grad, d);
    }
}

node *add(tape *tp, node *a, node *b)
{
    assert(a->rows == b->rows && a->cols == b->cols);
    node *y = tape_node(tp, a->rows, a->cols, add_backward, a, b, NULL);
    for (size_t i = 0; i < a->rows * a->cols; i++) y->val[i] = a->val[i] + b->val[i];
    return y;
}
