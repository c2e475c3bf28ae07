/* tape.c -- record forward, replay backward. */
#include "tensor/tape.h"

#include <assert.h>
#include <string.h>

void tape_init(tape *tp, arena *memory, const struct kernel *k, bool training)
{
    *tp = (tape){.memory = memory, .kernel = k, .training = training};
}

static void record(tape *tp, node *y)
{
    if (tp->n == tp->room) {
        const size_t room = tp->room ? 2 * tp->room : 256;
        node **order = ARENA_ARRAY(tp->memory, node *, room);
        if (tp->n) memcpy(order, tp->order, tp->n * sizeof *order);
        tp->order = order;
        tp->room = room;
    }
    tp->order[tp->n++] = y;
}

node *tape_leaf(tape *tp, size_t rows, size_t cols, real *val, real *grad)
{
    node *x = ARENA_NEW(tp->memory, node);
    x->rows = rows;
    x->cols = cols;
    x->val = val;
    x->grad = grad;
    x->wants = grad != NULL;
    return x;
}

node *tape_node(tape *tp, size_t rows, size_t cols, void (*backward)(tape *, node *), node *a, node *b, node *c)
{
    node *y = ARENA_NEW(tp->memory, node);
    y->rows = rows;
    y->cols = cols;
    y->val = ARENA_ARRAY(tp->memory, real, rows * cols);
    y->in[0] = a;
    y->in[1] = b;
    y->in[2] = c;
    y->wants = tp->training && ((a && a->wants) || (b && b->wants) || (c && c->wants));
    if (y->wants) {
        y->backward = backward;
        record(tp, y);
    }
    return y;
}

static real *spare_gradient(tape *tp, size_t values)
{
    for (size_t i = tp->n_spare; i-- > 0;) {
        if (tp->spare[i].values != values) continue;
        real *g = tp->spare[i].at;
        tp->spare[i] = tp->spare[--tp->n_spare];
        return g;
    }
    return ARENA_ARRAY(tp->memory, real, values);
}

real *tape_grad(tape *tp, node *x)
{
    if (!x || !x->wants) return NULL;
    if (!x->grad) {
        const size_t values = x->rows * x->cols;
        x->grad = spare_gradient(tp, values);
        memset(x->grad, 0, values * sizeof(real));
    }
    return x->grad;
}

void tape_backward(tape *tp, node *loss, real seed)
{
    assert(loss->rows == 1 && loss->cols == 1);
    real *g = tape_grad(tp, loss);
    if (!g) return;
    *g += seed;
    for (size_t i = tp->n; i-- > 0;) {
        node *y = tp->order[i];
        if (!y->grad) continue; /* nothing that counts depends on it */
        y->backward(tp, y);
        if (tp->n_spare < sizeof tp->spare / sizeof *tp->spare)
            tp->spare[tp->n_spare++] = (struct spare_gradient){y->rows * y->cols, y->grad};
        y->grad = NULL;
    }
}
