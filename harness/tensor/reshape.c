/* reshape.c -- the same numbers seen differently: in rows of another length, or as a constant. */
#include <assert.h>

#include "tensor/ops.h"

static void reshape_backward(tape *tp, node *y)
{
    tp->kernel->add(y->rows * y->cols, y->grad, tape_grad(tp, y->in[0]));
}

node *reshape(tape *tp, node *x, size_t rows, size_t cols)
{
    assert(rows * cols == x->rows * x->cols);
    node *y = tape_node(tp, 0, 0, reshape_backward, x, NULL, NULL);
    y->rows = rows;
    y->cols = cols;
    y->val = x->val;
    return y;
}

node *detached(tape *tp, node *x)
{
    return tape_leaf(tp, x->rows, x->cols, x->val, NULL);
}
