/* most_used.c -- one segment after another: attend, add up the weights, choose. */
#include "variants/attention/most_used.h"

#include <math.h>
#include <string.h>

struct usage usage_of(struct pass *p, const struct memories *c, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t rows = w->past.offset[p->pack->n];
    struct usage u = {ARENA_ZEROS(m, real, rows), ARENA_ZEROS(m, real, rows)};
    for (size_t e = 0; e < p->pack->n; e++) {
        const struct carried in = pass_carried(p, c->usage, e);
        for (size_t i = 0; i < w->past.carried[e] && i < in.rows; i++) {
            const real *row = in.value + (in.rows - w->past.carried[e] + i) * 2;
            u.received[w->past.offset[e] + i] = row[0];
            u.before[w->past.offset[e] + i] = row[1];
        }
    }
    return u;
}

static bool more_used(real a, real b, bool newer)
{
    return a > b || (a == b && newer);
}

/* Of rows gone..goes of segment s's history the c-th part with the largest mean use; their numbers in the history, ascending. */
static void choose(struct pass *p, const struct window *w, const struct usage *u, size_t s, size_t *chosen)
{
    const size_t from = w->gone[s], rows = w->goes[s] - from, e = w->example[s], mark = arena_mark(p->tape->memory);
    real *use = ARENA_ARRAY(p->tape->memory, real, rows);
    for (size_t i = 0; i < rows; i++) {
        const real n = queries_since(p, w, u, s, from + i);
        use[i] = n > 0 ? u->received[w->past.offset[e] + from + i] / n : 0;
        if (use[i] != use[i]) use[i] = INFINITY; /* of NaN too there must be an order */
    }
    for (size_t i = 0; i < rows; i++) {
        size_t better = 0;
        for (size_t j = 0; j < rows; j++) better += j != i && more_used(use[j], use[i], j > i);
        if (better < rows / w->size.rate) *chosen++ = from + i;
    }
    arena_rewind(p->tape->memory, mark);
}

void choose_most_used(struct pass *p, const struct memories *c, const struct window *w, const struct heads *heads,
                      const struct relative *relative, node *q, const struct attention_request *request, const struct range *slots,
                      struct usage *usage, struct update *u)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols, rate = w->size.rate, made = u->offset[p->pack->n] / rate;
    const struct attention_source *X = &request->piece[0], *M = &request->piece[1];
    const size_t HD = X->k->cols;
    if (made) u->new = tape_leaf(p->tape, made, C, ARENA_ZEROS(m, real, made * C), NULL);
    /* keys and values of all slots: those carried in are known, the others are copied from M as they are chosen */
    const struct compressed all = compressed_of(p, c, w, u);
    node *x = all.x ? pass_normed(p, all.x) : NULL, *k = NULL, *v = NULL;
    if (x) k = detached(p->tape, heads_k(p, heads, x)), v = detached(p->tape, heads_v(p, heads, x));

    struct pack one = *w->segment;
    one.n = 1;
    node *told[2];
    const struct score_term *term = relative_term(p, relative, &one, detached(p->tape, q), request->scale, told);
    struct attention_request rq = {.pack = &one, .heads = request->heads, .scale = request->scale, .pieces = x ? 3 : 2};
    rq.piece[0] = *X, rq.piece[1] = *M;
    rq.piece[2] = (struct attention_source){.k = k, .v = v, .pattern = M->pattern, .visible = all.visible};
    for (size_t i = 0; i < rq.pieces; i++) {
        struct attention_source *piece = &rq.piece[i];
        piece->q = detached(p->tape, X->q);
        if (i < 2) piece->k = detached(p->tape, piece->k), piece->v = detached(p->tape, piece->v);
        piece->term = term;
        piece->term_input[0] = piece->term_input[1] = NULL;
    }
    rq.piece[1].received = usage->received;
    size_t *chosen = ARENA_ARRAY(m, size_t, made);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s], mark = arena_mark(m);
        if (w->made[e] < w->goes[s]) continue; /* a last segment whose update nobody wants */
        one.offset = w->segment->offset + s, one.id = w->segment->id + s, one.first = w->segment->first + s;
        rq.piece[1].key_offset = M->key_offset + s, rq.piece[1].key_end = M->key_end + s, rq.piece[1].key_first = M->key_first + s;
        rq.piece[2].key_offset = slots->from + s, rq.piece[2].key_end = slots->to + s, rq.piece[2].key_first = slots->first + s;
        (void)softmax_attention(p->tape, &rq);
        arena_rewind(m, mark);
        if (w->goes[s] == w->gone[s] || !made) continue;
        choose(p, w, usage, s, chosen);
        for (size_t i = 0; i < (w->goes[s] - w->gone[s]) / rate; i++) {
            const size_t row = w->past.offset[e] + chosen[i], number = w->gone[s] / rate + i;
            const size_t from = u->offset[e] / rate + number, at = w->slot[e] + w->had[e] + number;
            memcpy(u->new->val + from * C, w->past.x->val + row * C, C * sizeof(real));
            memcpy(k->val + at * HD, M->k->val + row * HD, HD * sizeof(real));
            memcpy(v->val + at * HD, M->v->val + row * HD, HD * sizeof(real));
            if (u->visible) u->visible[from] = all.visible[at] = w->past.visible[row];
        }
    }
}
