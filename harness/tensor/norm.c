/* norm.c -- layer norm and RMS norm of each row; the arithmetic is in kernel.h. */
#include <assert.h>

#include "tensor/ops.h"

struct norm_state {
    bool  rms;
    real *stats; /* (mean, 1 / deviation) per row */
};

static void norm_backward(tape *tp, node *y)
{
    const struct norm_state *s = y->aux;
    node *x = y->in[0], *gain = y->in[1], *bias = y->in[2];
    const size_t C = y->cols;
    real *dx = tape_grad(tp, x), *dgain = tape_grad(tp, gain), *dbias = tape_grad(tp, bias);
    const size_t mark = arena_mark(tp->memory);
    if (!dx) dx = ARENA_ZEROS(tp->memory, real, y->rows * C); /* the kernel adds to both; what nobody wants is scrap */
    if (!dgain) dgain = ARENA_ZEROS(tp->memory, real, C);
    tp->kernel->norm_backward(y->rows, C, s->rms, x->val, gain->val, s->stats, y->grad, dx, dgain, dbias);
    arena_rewind(tp->memory, mark);
}

node *norm(tape *tp, node *x, node *gain, node *bias, bool rms)
{
    assert(gain->cols == x->cols && (!bias || bias->cols == x->cols));
    node *y = tape_node(tp, x->rows, x->cols, norm_backward, x, gain, bias);
    struct norm_state *s = ARENA_NEW(tp->memory, struct norm_state);
    s->rms = rms;
    s->stats = ARENA_ARRAY(tp->memory, real, 2 * x->rows);
    y->aux = s;
    tp->kernel->norm(x->rows, x->cols, rms, (real)1e-5, x->val, gain->val, bias ? bias->val : NULL, y->val, s->stats);
    return y;
}
