/* gate.c -- rows let through in part:  y = sigmoid(z) x, one gate for each run of D = cols(x) / cols(z) channels.
 *
 *   dx += g dy,  dz_h += g_h (1 - g_h) sum of dy x over the channels of gate h,  g = sigmoid(z)
 *
 * z (n, C): a gate per channel; z (n, H): one per head of x (n, H D).
 */
#include <assert.h>
#include <math.h>

#include "tensor/ops.h"

static void gate_backward(tape *tp, node *y)
{
    const real *g = y->aux, *x = y->in[0]->val;
    const size_t n = y->rows * y->in[1]->cols, D = y->cols / y->in[1]->cols;
    real *dx = tape_grad(tp, y->in[0]), *dz = tape_grad(tp, y->in[1]);
    for (size_t i = 0; i < n; i++) { /* one gate of one row */
        const real *dy = y->grad + i * D;
        real along = 0;
        for (size_t d = 0; d < D; d++) along += dy[d] * x[i * D + d];
        if (dx) tp->kernel->add_scaled(D, g[i], dy, dx + i * D);
        if (dz) dz[i] += g[i] * (1 - g[i]) * along;
    }
}

node *gate(tape *tp, node *x, node *z)
{
    assert(z->rows == x->rows && z->cols > 0 && x->cols % z->cols == 0);
    const size_t n = z->rows * z->cols, D = x->cols / z->cols;
    node *y = tape_node(tp, x->rows, x->cols, gate_backward, x, z, NULL);
    real *g = ARENA_ARRAY(tp->memory, real, n);
    y->aux = g;
    for (size_t i = 0; i < n; i++) {
        g[i] = (real)(1 / (1 + exp(-(double)z->val[i])));
        for (size_t d = i * D; d < (i + 1) * D; d++) y->val[d] = g[i] * x->val[d];
    }
    return y;
}
