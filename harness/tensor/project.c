/* project.c -- rows of an example mixed into a fixed number of slots (Wang et al., "Linformer", arXiv:2006.04768, eq. (7)).
 *
 *   y_c = sum_j E_jc x_j,   dx_j += sum_c E_jc dy_c,   dE_jc += x_j . dy_c        for each example, and each head if
 *                                                                                E has columns per head
 * x (n, H D), E (N, slots) or (N, H slots), y (slots, H D).  Time O(n slots H D). */
#include <assert.h>

#include "tensor/ops.h"
#include "tensor/product.h"

struct projection {
    const struct pack *pack;
    size_t sets, slots, width; /* sets of columns in E, and the channels that each serves */
};

static void project_backward(tape *tp, node *y)
{
    const struct projection *s = y->aux;
    const node *x = y->in[0], *E = y->in[1];
    const size_t C = x->cols, k = s->slots;
    real *dx = tape_grad(tp, y->in[0]), *dE = tape_grad(tp, y->in[1]);
    for (size_t e = 0; e < s->pack->n; e++) {
        const size_t from = s->pack->offset[e], n = s->pack->offset[e + 1] - from;
        for (size_t h = 0; h < s->sets; h++) {
            const size_t x_at = from * C + h * s->width;
            const real *dy = y->grad + e * k * C + h * s->width;
            if (dx) product(PLAIN, PLAIN, n, s->width, k, 1, E->val + h * k, E->cols, dy, C, 1, dx + x_at, C);
            if (dE) product(PLAIN, TRANSPOSED, n, k, s->width, 1, x->val + x_at, C, dy, C, 1, dE + h * k, E->cols);
        }
    }
}

node *project_rows(tape *tp, const struct pack *pack, node *x, node *E, size_t heads, size_t slots)
{
    assert(x->rows == pack_rows(pack) && (E->cols == slots || E->cols == heads * slots));
    const size_t C = x->cols, k = slots, sets = E->cols / k, width = C / sets;
    node *y = tape_node(tp, pack->n * k, C, project_backward, x, E, NULL);
    struct projection *s = ARENA_NEW(tp->memory, struct projection);
    *s = (struct projection){pack, sets, k, width};
    y->aux = s;
    for (size_t e = 0; e < pack->n; e++) {
        const size_t from = pack->offset[e], n = pack->offset[e + 1] - from;
        assert(n <= E->rows);
        for (size_t h = 0; h < sets; h++)
            product(TRANSPOSED, PLAIN, k, width, n, 1, E->val + h * k, E->cols, x->val + from * C + h * width, C, 0,
                    y->val + e * k * C + h * width, C);
    }
    return y;
}
