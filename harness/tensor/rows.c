/* rows.c -- some rows of a matrix, and rows put in place of others. */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

static void take_backward(tape *tp, node *y)
{
    const size_t *row = y->aux, C = y->cols;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->rows; i++) tp->kernel->add(C, y->grad + i * C, dx + row[i] * C);
}

node *take_rows(tape *tp, node *x, size_t n, const size_t *row)
{
    const size_t C = x->cols;
    node *y = tape_node(tp, n, C, take_backward, x, NULL, NULL);
    y->aux = (void *)row;
    for (size_t i = 0; i < n; i++) {
        assert(row[i] < x->rows);
        memcpy(y->val + i * C, x->val + row[i] * C, C * sizeof(real));
    }
    return y;
}

/* x's gradient is dy where y is x's; the gradient of the rows that were replaced goes to `part`. */
static void put_backward(tape *tp, node *y)
{
    const size_t *row = y->aux, n = y->in[1]->rows, C = y->cols;
    real *dx = tape_grad(tp, y->in[0]), *dpart = tape_grad(tp, y->in[1]);
    for (size_t i = 0; i < n; i++) {
        real *dy = y->grad + row[i] * C;
        if (dpart) tp->kernel->add(C, dy, dpart + i * C);
        memset(dy, 0, C * sizeof(real)); /* y's gradient is not read again */
    }
    if (dx) tp->kernel->add(y->rows * C, y->grad, dx);
}

node *put_rows(tape *tp, node *x, node *part, const size_t *row)
{
    assert(part->cols == x->cols);
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows, C, put_backward, x, part, NULL);
    y->aux = (void *)row;
    memcpy(y->val, x->val, x->rows * C * sizeof(real));
    for (size_t i = 0; i < part->rows; i++) {
        assert(row[i] < x->rows);
        memcpy(y->val + row[i] * C, part->val + i * C, C * sizeof(real));
    }
    return y;
}
