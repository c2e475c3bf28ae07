/* softmax_attention.c -- every head of every example of a pack through the kernel.
 *
 * The kernel (kernel.h) sees one head of one example; this file cuts the nodes into those, forward and backward.
 * Memory besides the output: one log-normaliser per row and head, and the kernel's scratch. */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

struct attention_state {
    struct attention_request rq;
    real *lse; /* (H, rows) */
};

static size_t query_offset(const struct attention_request *rq, size_t e)
{
    return rq->query_offset ? rq->query_offset[e] : rq->pack->offset[e];
}

static size_t key_offset(const struct attention_request *rq, const struct attention_source *s, size_t e)
{
    return s->key_offset ? s->key_offset[e] : rq->pack->offset[e];
}

static size_t key_end(const struct attention_request *rq, const struct attention_source *s, size_t e)
{
    return s->key_end ? s->key_end[e] : key_offset(rq, s, e + 1);
}

/* Head h of example e; gradients are NULL unless `tp` is given (backward). */
static void view(const struct attention_state *s, node *y, size_t e, size_t h, tape *tp, struct attention_piece *piece,
                 struct attention_head *head)
{
    const struct attention_request *rq = &s->rq;
    const struct pack *p = rq->pack;
    const size_t row = query_offset(rq, e), Dv = y->cols / rq->heads, D = rq->piece[0].q->cols / rq->heads;
    for (size_t i = 0; i < rq->pieces; i++) {
        const struct attention_source *src = &rq->piece[i];
        const size_t from = key_offset(rq, src, e);
        real *dq = tp ? tape_grad(tp, src->q) : NULL;
        real *dk = tp ? tape_grad(tp, src->k) : NULL;
        real *dv = tp ? tape_grad(tp, src->v) : NULL;
        const size_t q_at = row * src->q->cols + h * D, k_at = from * src->k->cols + h * D, v_at = from * src->v->cols + h * Dv;
        piece[i] = (struct attention_piece){
            .q = src->q->val + q_at, .dq = dq ? dq + q_at : NULL, .q_stride = src->q->cols,
            .k = src->k->val + k_at, .dk = dk ? dk + k_at : NULL, .k_stride = src->k->cols,
            .v = src->v->val + v_at, .dv = dv ? dv + v_at : NULL, .v_stride = src->v->cols,
            .keys = key_end(rq, src, e) - from,
            .first = src->key_first ? src->key_first[e] : p->first[e],
            .pattern = src->pattern[src->pattern_per_head ? h : 0],
            .visible = src->visible ? src->visible + from : NULL,
            .term = src->term,
            .received = src->received ? src->received + from : NULL,
        };
    }
    *head = (struct attention_head){
        .queries = query_offset(rq, e + 1) - row, .D = D, .Dv = Dv,
        .first = rq->query_first ? rq->query_first[e] : p->first[e], .scale = rq->scale,
        .pieces = rq->pieces, .piece = piece, .drop = rq->drop, .example_id = (uint32_t)p->id[e], .example = e, .head = h,
        .out = y->val + row * y->cols + h * Dv, .out_stride = y->cols, .lse = s->lse + h * y->rows + row,
        .d_out = tp ? y->grad + row * y->cols + h * Dv : NULL,
    };
}

static void each_head(struct attention_state *s, node *y, tape *memory, tape *backward)
{
    const struct kernel *k = memory->kernel;
    const size_t mark = arena_mark(memory->memory);
    const size_t Dv = y->cols / s->rq.heads, D = s->rq.piece[0].q->cols / s->rq.heads;
    void *scratch = arena_take(memory->memory, k->attention_scratch(D, Dv));
    struct attention_piece piece[ATTENTION_PIECES];
    struct attention_head head;
    bool received = false;
    for (size_t i = 0; i < s->rq.pieces; i++) received |= s->rq.piece[i].received != NULL;
    for (size_t e = 0; e < s->rq.pack->n; e++) {
        for (size_t h = 0; h < s->rq.heads; h++) {
            view(s, y, e, h, backward, piece, &head);
            if (backward) k->attention_backward(&head, scratch);
            else k->attention_forward(&head, scratch);
            if (received && !backward) k->attention_received(&head, scratch);
        }
    }
    arena_rewind(memory->memory, mark);
}

static void attention_backward(tape *tp, node *y)
{
    struct attention_state *s = y->aux;
    for (size_t i = 0; i < s->rq.pieces; i++) { /* make them before the scratch is taken and given back */
        (void)tape_grad(tp, s->rq.piece[i].q);
        (void)tape_grad(tp, s->rq.piece[i].k);
        (void)tape_grad(tp, s->rq.piece[i].v);
        for (size_t t = 0; t < 2; t++) (void)tape_grad(tp, s->rq.piece[i].term_input[t]);
    }
    each_head(s, y, tp, tp);
}

/* Some input that wants a gradient, of whatever piece, so that the node is recorded; else any. */
static node *wanting(const struct attention_request *rq)
{
    for (size_t i = 0; i < rq->pieces; i++) {
        const struct attention_source *s = &rq->piece[i];
        if (s->q->wants) return s->q;
        if (s->k->wants) return s->k;
        if (s->v->wants) return s->v;
        for (size_t t = 0; t < 2; t++)
            if (s->term_input[t] && s->term_input[t]->wants) return s->term_input[t];
    }
    return rq->piece[0].q;
}

node *softmax_attention(tape *tp, const struct attention_request *rq)
{
    assert(rq->pieces >= 1 && rq->pieces <= ATTENTION_PIECES);
    node *q = rq->piece[0].q;
    node *y = tape_node(tp, q->rows, rq->piece[0].v->cols, attention_backward, wanting(rq), NULL, NULL);
    struct attention_state *s = ARENA_NEW(tp->memory, struct attention_state);
    s->rq = *rq;
    if (!tp->training) s->rq.drop.rate = 0;
    s->lse = ARENA_ARRAY(tp->memory, real, rq->heads * q->rows);
    y->aux = s;
    each_head(s, y, tp, NULL);
    return y;
}
