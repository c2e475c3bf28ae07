/* join.c -- two neighbouring rows become one, for the head of a dual encoder.  With a = x_2e and b = x_2e+1:
 *
 *   y_e = [a, b]  or  [a, b, a b, a - b]  or  [a, b, a - b, a b],  products channel by channel
 *
 *   da += dy_1 + b dy_ab + dy_a-b;   db += dy_2 + a dy_ab - dy_a-b
 *
 * The order of the last two parts is of no matter to a linear map behind them that is drawn at random; it is kept as each
 * paper's code has it, so that weights can be compared.
 */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

/* Where product and difference stand in a joined row, in parts of C channels. */
static size_t product_part(const node *y)
{
    return *(const enum join_kind *)y->aux == JOIN_PRODUCT_FIRST ? 2 : 3;
}

static bool has_products(const node *y)
{
    return *(const enum join_kind *)y->aux != JOIN_PLAIN;
}

static void join_backward(tape *tp, node *y)
{
    const size_t C = y->in[0]->cols;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t e = 0; e < y->rows; e++) {
        const real *dy = y->grad + e * y->cols, *a = y->in[0]->val + 2 * e * C, *b = a + C;
        real *da = dx + 2 * e * C, *db = da + C;
        tp->kernel->add(2 * C, dy, da);
        if (!has_products(y)) continue;
        const real *d_product = dy + product_part(y) * C, *d_difference = dy + (5 - product_part(y)) * C;
        for (size_t c = 0; c < C; c++) {
            da[c] += b[c] * d_product[c] + d_difference[c];
            db[c] += a[c] * d_product[c] - d_difference[c];
        }
    }
}

node *join_pairs(tape *tp, node *x, enum join_kind kind)
{
    assert(x->rows % 2 == 0);
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows / 2, kind == JOIN_PLAIN ? 2 * C : 4 * C, join_backward, x, NULL, NULL);
    enum join_kind *own = ARENA_NEW(tp->memory, enum join_kind);
    *own = kind;
    y->aux = own;
    for (size_t e = 0; e < y->rows; e++) {
        const real *a = x->val + 2 * e * C, *b = a + C;
        real *out = y->val + e * y->cols;
        memcpy(out, a, 2 * C * sizeof *out);
        if (!has_products(y)) continue;
        real *product = out + product_part(y) * C, *difference = out + (5 - product_part(y)) * C;
        for (size_t c = 0; c < C; c++) {
            product[c] = a[c] * b[c];
            difference[c] = a[c] - b[c];
        }
    }
    return y;
}
