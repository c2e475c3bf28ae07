/* cross_entropy.c -- sum of -log softmax(x_i)[target_i];  dx_i += dy (softmax(x_i) - e_target). */
#include <assert.h>

#include "tensor/ops.h"

static void cross_entropy_backward(tape *tp, node *y)
{
    const node *x = y->in[0]; /* holds softmax(x) by now */
    const int32_t *target = y->aux;
    const size_t V = x->cols;
    const real dy = y->grad[0];
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < x->rows; i++) {
        if (target[i] < 0) continue;
        tp->kernel->add_scaled(V, dy, x->val + i * V, dx + i * V);
        dx[i * V + (size_t)target[i]] -= dy;
    }
}

static size_t largest(size_t n, const real *x)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        if (x[j] > x[best]) best = j;
    return best;
}

node *cross_entropy(tape *tp, node *x, const int32_t *target, double *row_loss, unsigned char *right)
{
    const size_t n = x->rows, V = x->cols;
    node *y = tape_node(tp, 1, 1, cross_entropy_backward, x, NULL, NULL);
    y->aux = (void *)target;
    const size_t mark = arena_mark(tp->memory);
    real *lse = ARENA_ARRAY(tp->memory, real, n);
    real *at_target = ARENA_ARRAY(tp->memory, real, n);
    for (size_t i = 0; i < n; i++) {
        assert(target[i] < (int32_t)V);
        at_target[i] = target[i] < 0 ? 0 : x->val[i * V + (size_t)target[i]];
        if (right) right[i] = target[i] >= 0 && largest(V, x->val + i * V) == (size_t)target[i];
    }
    tp->kernel->softmax_rows(n, V, x->val, x->val, lse);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double loss = target[i] < 0 ? 0 : (double)lse[i] - (double)at_target[i];
        if (row_loss) row_loss[i] = loss;
        sum += loss;
    }
    arena_rewind(tp->memory, mark);
    y->val[0] = (real)sum;
    return y;
}
