/* embedding.c -- y_i = scale * table[id_i];  d table[id_i] += scale * dy_i. */
#include <assert.h>

#include "tensor/ops.h"

struct lookup {
    const int32_t *id;
    real           scale;
};

static void embedding_backward(tape *tp, node *y)
{
    const struct lookup *l = y->aux;
    const size_t C = y->cols;
    real *dtable = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->rows; i++)
        tp->kernel->add_scaled(C, l->scale, y->grad + i * C, dtable + (size_t)l->id[i] * C);
}

node *embedding(tape *tp, node *table, size_t n, const int32_t *id, real scale)
{
    const size_t C = table->cols;
    node *y = tape_node(tp, n, C, embedding_backward, table, NULL, NULL);
    struct lookup *l = ARENA_NEW(tp->memory, struct lookup);
    *l = (struct lookup){id, scale};
    y->aux = l;
    for (size_t i = 0; i < n; i++) {
        assert(id[i] >= 0 && (size_t)id[i] < table->rows);
        const real *row = table->val + (size_t)id[i] * C;
        for (size_t c = 0; c < C; c++) y->val[i * C + c] = scale * row[c];
    }
    return y;
}
