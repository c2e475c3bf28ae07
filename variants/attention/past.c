/* past.c -- carried rows and the layer's inputs, laid end to end. */
#include "variants/attention/past.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct past past_of(struct pass *p, carry memory, size_t most, const size_t *own)
{
    const struct pack *pack = p->pack;
    const size_t C = p->input->cols;
    arena *a = p->tape->memory;
    struct past past = {.offset = ARENA_ARRAY(a, size_t, pack->n + 1), .carried = ARENA_ARRAY(a, size_t, pack->n)};
    past.offset[0] = 0;
    for (size_t e = 0; e < pack->n; e++) {
        past.carried[e] = smaller(pass_carried(p, memory, e).rows, most);
        past.offset[e + 1] = past.offset[e] + past.carried[e] + own[e];
    }
    const size_t rows = past.offset[pack->n];
    if (rows == 0) return past;
    real *to = ARENA_ARRAY(a, real, rows * C);
    past.x = tape_leaf(p->tape, rows, C, to, NULL);
    if (pack->valid) past.visible = ARENA_ARRAY(a, unsigned char, rows);
    for (size_t e = 0; e < pack->n; e++) {
        const struct carried in = pass_carried(p, memory, e);
        const size_t n = past.carried[e] * C;
        if (past.visible) {
            memset(past.visible + past.offset[e], 1, past.carried[e]);
            memcpy(past.visible + past.offset[e] + past.carried[e], pack->valid + pack->offset[e], own[e]);
        }
        if (n) memcpy(to, in.value + (in.rows - past.carried[e]) * C, n * sizeof *to);
        memcpy(to + n, p->input->val + pack->offset[e] * C, own[e] * C * sizeof *to);
        to += n + own[e] * C;
    }
    return past;
}

void past_leave(struct pass *p, carry memory, size_t most)
{
    const size_t C = p->input->cols;
    for (size_t e = 0; e < p->pack->n; e++) {
        const struct carried in = pass_carried(p, memory, e);
        const size_t rows = p->pack->offset[e + 1] - p->pack->offset[e], own = smaller(rows, most);
        const size_t old = smaller(in.rows, most - own);
        real *to = pass_carry_out(p, memory, e, old + own);
        if (!to) continue;
        if (old) memcpy(to, in.value + (in.rows - old) * C, old * C * sizeof *to);
        memcpy(to + old * C, p->input->val + (p->pack->offset[e + 1] - own) * C, own * C * sizeof *to);
    }
}
