/* linear.c -- y = x W + b;  dx += dy W^T,  dW += x^T dy,  db += column sums of dy. */
#include <assert.h>

#include "tensor/ops.h"
#include "tensor/product.h"

static void bias_backward(tape *tp, node *y)
{
    real *db = tape_grad(tp, y->in[2]);
    if (db) tp->kernel->add_columns(y->rows, y->cols, y->grad, db);
}

static void linear_backward(tape *tp, node *y)
{
    node *x = y->in[0], *W = y->in[1];
    const size_t n = y->rows, in = x->cols, out = y->cols;
    real *dx = tape_grad(tp, x), *dW = tape_grad(tp, W);
    if (dx) product(PLAIN, TRANSPOSED, n, in, out, 1, y->grad, out, W->val, out, 1, dx, in);
    if (dW) product(TRANSPOSED, PLAIN, in, out, n, 1, x->val, in, y->grad, out, 1, dW, out);
    bias_backward(tp, y);
}

static void linear_transposed_backward(tape *tp, node *y)
{
    node *x = y->in[0], *W = y->in[1];
    const size_t n = y->rows, in = x->cols, out = y->cols;
    real *dx = tape_grad(tp, x), *dW = tape_grad(tp, W);
    if (dx) product(PLAIN, PLAIN, n, in, out, 1, y->grad, out, W->val, in, 1, dx, in);
    if (dW) product(TRANSPOSED, PLAIN, out, in, n, 1, y->grad, out, x->val, in, 1, dW, in);
    bias_backward(tp, y);
}

node *linear(tape *tp, node *x, node *W, node *b)
{
    assert(x->cols == W->rows && (!b || b->cols == W->cols));
    const size_t n = x->rows, in = W->rows, out = W->cols;
    node *y = tape_node(tp, n, out, linear_backward, x, W, b);
    product(PLAIN, PLAIN, n, out, in, 1, x->val, in, W->val, out, 0, y->val, out);
    if (b) tp->kernel->add_row(n, out, y->val, b->val, y->val);
    return y;
}

node *linear_transposed(tape *tp, node *x, node *W, node *b)
{
    assert(x->cols == W->cols && (!b || b->cols == W->rows));
    const size_t n = x->rows, in = W->cols, out = W->rows;
    node *y = tape_node(tp, n, out, linear_transposed_backward, x, W, b);
    product(PLAIN, TRANSPOSED, n, out, in, 1, x->val, in, W->val, in, 0, y->val, out);
    if (b) tp->kernel->add_row(n, out, y->val, b->val, y->val);
    return y;
}
