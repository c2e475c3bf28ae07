/* neighbours.c -- y_i = [x_(i - apart), x_i, x_(i + apart)], zeros outside i's run;  dx_j += its part of every dy that holds it. */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

struct neighbour_state {
    const size_t *run;
    size_t n_runs, apart;
};

/* The row at `place` (0: before, 1: itself, 2: behind) of row i of the run [from, to); `to` if it lies outside. */
static size_t beside(size_t i, size_t place, size_t apart, size_t from, size_t to)
{
    if (place == 0) return i - from >= apart ? i - apart : to;
    if (place == 2) return to - i > apart ? i + apart : to;
    return i;
}

static void neighbours_backward(tape *tp, node *y)
{
    const struct neighbour_state *s = y->aux;
    const size_t C = y->cols / 3;
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t r = 0; r < s->n_runs; r++) {
        const size_t from = s->run[r], to = s->run[r + 1];
        for (size_t i = from; i < to; i++) {
            for (size_t place = 0; place < 3; place++) {
                const size_t j = beside(i, place, s->apart, from, to);
                if (j < to) tp->kernel->add(C, y->grad + (3 * i + place) * C, dx + j * C);
            }
        }
    }
}

node *neighbours(tape *tp, node *x, size_t n_runs, const size_t *run, size_t apart)
{
    assert(run[0] == 0 && run[n_runs] == x->rows && apart > 0);
    const size_t C = x->cols;
    node *y = tape_node(tp, x->rows, 3 * C, neighbours_backward, x, NULL, NULL);
    struct neighbour_state *s = ARENA_NEW(tp->memory, struct neighbour_state);
    *s = (struct neighbour_state){run, n_runs, apart};
    y->aux = s;
    for (size_t r = 0; r < n_runs; r++) {
        for (size_t i = run[r]; i < run[r + 1]; i++) {
            for (size_t place = 0; place < 3; place++) {
                const size_t j = beside(i, place, apart, run[r], run[r + 1]);
                real *to = y->val + (3 * i + place) * C;
                if (j < run[r + 1]) memcpy(to, x->val + j * C, C * sizeof(real));
                else memset(to, 0, C * sizeof(real));
            }
        }
    }
    return y;
}
