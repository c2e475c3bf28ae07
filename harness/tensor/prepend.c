/* prepend.c -- one learned row before each example (the CLS row of a classifier). */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

static void prepend_backward(tape *tp, node *y)
{
    const struct pack *p = y->aux;
    const size_t C = y->cols;
    real *dx = tape_grad(tp, y->in[0]), *drow = tape_grad(tp, y->in[1]);
    for (size_t e = 0; e < p->n; e++) {
        const size_t from = p->offset[e], n = p->offset[e + 1] - from;
        const real *dy = y->grad + (from + e) * C;
        if (drow) tp->kernel->add(C, dy, drow);
        if (dx) tp->kernel->add(n * C, dy + C, dx + from * C);
    }
}

node *prepend(tape *tp, const struct pack *p, node *x, node *row)
{
    assert(x->rows == pack_rows(p) && row->rows == 1 && row->cols == x->cols);
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows + p->n, C, prepend_backward, x, row, NULL);
    y->aux = (void *)p;
    for (size_t e = 0; e < p->n; e++) {
        const size_t from = p->offset[e], n = p->offset[e + 1] - from;
        memcpy(y->val + (from + e) * C, row->val, C * sizeof(real));
        memcpy(y->val + (from + e + 1) * C, x->val + from * C, n * C * sizeof(real));
    }
    return y;
}
