/* mix_heads.c -- two rows become one by a learned gate per head:  y = (1 - g_h) a + g_h b,  g = sigmoid(beta).
 *
 *   da += (1 - g_h) dy,  db += g_h dy,  dbeta_h += g_h (1 - g_h) sum of dy (b - a) over rows and channels of head h
 */
#include <assert.h>
#include <math.h>

#include "tensor/ops.h"

struct mix {
    size_t D;
    real *g; /* (heads): the gates */
};

static void mix_heads_backward(tape *tp, node *y)
{
    const struct mix *m = y->aux;
    const size_t C = y->cols, D = m->D;
    const real *a = y->in[0]->val, *b = y->in[1]->val;
    real *da = tape_grad(tp, y->in[0]), *db = tape_grad(tp, y->in[1]), *dbeta = tape_grad(tp, y->in[2]);
    for (size_t at = 0; at < y->rows * C; at += D) { /* one row of one head */
        const size_t h = at % C / D;
        const real g = m->g[h], *dy = y->grad + at;
        real along = 0;
        for (size_t d = 0; d < D; d++) along += dy[d] * (b[at + d] - a[at + d]);
        if (da) tp->kernel->add_scaled(D, 1 - g, dy, da + at);
        if (db) tp->kernel->add_scaled(D, g, dy, db + at);
        if (dbeta) dbeta[h] += g * (1 - g) * along;
    }
}

node *mix_heads(tape *tp, node *a, node *b, size_t head_width, node *beta)
{
    assert(a->rows == b->rows && a->cols == b->cols && beta->rows == 1 && beta->cols * head_width == a->cols);
    const size_t C = a->cols, D = head_width;
    node *y = tape_node(tp, a->rows, C, mix_heads_backward, a, b, beta);
    struct mix *m = ARENA_NEW(tp->memory, struct mix);
    *m = (struct mix){D, ARENA_ARRAY(tp->memory, real, beta->cols)};
    y->aux = m;
    for (size_t h = 0; h < beta->cols; h++) m->g[h] = (real)(1 / (1 + exp(-(double)beta->val[h])));
    for (size_t at = 0; at < y->rows * C; at += D) {
        const real g = m->g[at % C / D];
        for (size_t i = at; i < at + D; i++) y->val[i] = (1 - g) * a->val[i] + g * b->val[i];
    }
    return y;
}
