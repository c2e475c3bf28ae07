/* pool.c -- one row per example: a weighted sum of its rows, with weights that are 0, 1 or 1/n. */
#include <assert.h>

#include "tensor/ops.h"

struct pool_state {
    const struct pack *pack;
    enum pool_kind     kind;
};

/* Weight of row i in example e, and 0 for rows that do not count. */
static real weight_of(const struct pack *p, enum pool_kind kind, size_t e, size_t i, size_t counted)
{
    switch (kind) {
    case FIRST_ROW: return i == p->offset[e];
    case LAST_ROW: return i + 1 == p->offset[e + 1];
    case MEAN_ALL: return (real)1 / (real)counted;
    case MEAN_ROW:
    case SEEN_OVER_ALL: return counted && (!p->valid || p->valid[i]) ? (real)1 / (real)counted : 0;
    }
    return 0;
}

static size_t counted_rows(const struct pack *p, enum pool_kind kind, size_t e)
{
    size_t n = 0;
    if (kind != MEAN_ROW) return p->offset[e + 1] - p->offset[e];
    for (size_t i = p->offset[e]; i < p->offset[e + 1]; i++) n += !p->valid || p->valid[i];
    return n;
}

static void pool_backward(tape *tp, node *y)
{
    const struct pool_state *s = y->aux;
    const struct pack *p = s->pack;
    const size_t C = y->cols;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t e = 0; e < p->n; e++) {
        const size_t counted = counted_rows(p, s->kind, e);
        for (size_t i = p->offset[e]; i < p->offset[e + 1]; i++) {
            const real w = weight_of(p, s->kind, e, i, counted);
            if (w != 0) tp->kernel->add_scaled(C, w, y->grad + e * C, dx + i * C);
        }
    }
}

node *pool(tape *tp, const struct pack *p, node *x, enum pool_kind kind)
{
    assert(x->rows == pack_rows(p));
    const size_t C = x->cols;
    node *y = tape_node(tp, p->n, C, pool_backward, x, NULL, NULL);
    struct pool_state *s = ARENA_NEW(tp->memory, struct pool_state);
    *s = (struct pool_state){p, kind};
    y->aux = s;
    for (size_t e = 0; e < p->n; e++) {
        real *out = y->val + e * C;
        for (size_t c = 0; c < C; c++) out[c] = 0;
        const size_t counted = counted_rows(p, kind, e);
        for (size_t i = p->offset[e]; i < p->offset[e + 1]; i++) {
            const real w = weight_of(p, kind, e, i, counted);
            if (w != 0) tp->kernel->add_scaled(C, w, x->val + i * C, out);
        }
    }
    return y;
}
