/* add.c -- y = a + b;  da += dy,  db += dy (summed over rows where b is one row). */
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

static void add_row_backward(tape *tp, node *y)
{
    real *dx = tape_grad(tp, y->in[0]), *db = tape_grad(tp, y->in[1]);
    if (dx) tp->kernel->add(y->rows * y->cols, y->grad, dx);
    if (db) tp->kernel->add_columns(y->rows, y->cols, y->grad, db);
}

node *add_row(tape *tp, node *x, node *b)
{
    assert(b->rows == 1 && b->cols == x->cols);
    node *y = tape_node(tp, x->rows, x->cols, add_row_backward, x, b, NULL);
    tp->kernel->add_row(x->rows, x->cols, x->val, b->val, y->val);
    return y;
}
