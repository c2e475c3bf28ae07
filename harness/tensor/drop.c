/* drop.c -- dropout of rows; the mask comes from the counter and is made again in the backward pass.
 *
 * A row is known by its example and its place in it, so the mask does not depend on how a batch is cut into packs. */
#include "tensor/ops.h"

struct drop_state {
    const struct pack *pack;
    struct dropout     d;
    uint32_t           site;
};

static void drop_backward(tape *tp, node *y)
{
    const struct drop_state *s = y->aux;
    const size_t C = y->cols;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t e = 0; e < s->pack->n; e++) {
        const size_t at = s->pack->offset[e], rows = s->pack->offset[e + 1] - at;
        tp->kernel->dropout_backward(&s->d, (uint32_t)s->pack->id[e], s->site, 0, rows, C, y->grad + at * C, dx + at * C);
    }
}

node *drop(tape *tp, const struct pack *pack, node *x, struct dropout d, uint32_t site)
{
    if (d.rate == 0 || !tp->training) return x;
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows, C, drop_backward, x, NULL, NULL);
    struct drop_state *s = ARENA_NEW(tp->memory, struct drop_state);
    *s = (struct drop_state){pack, d, site};
    y->aux = s;
    for (size_t e = 0; e < pack->n; e++) {
        const size_t at = pack->offset[e], rows = pack->offset[e + 1] - at;
        tp->kernel->dropout(&d, (uint32_t)pack->id[e], site, 0, rows, C, x->val + at * C, y->val + at * C);
    }
    return y;
}
