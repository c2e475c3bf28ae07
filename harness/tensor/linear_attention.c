/* linear_attention.c -- linear attention of every head of every example of a pack through the kernel.
 *
 * The kernel (kernel.h) sees one head of one example; this file cuts the nodes into those, forward and backward.
 * Memory besides the output: a normaliser per row and head, and when training the state at each chunk's start,
 * F (Dv + 1) / 64 values per row and head, or at each segment's.
 *
 * The state that comes out is a second node.  On the tape it stands behind the output, so its backward comes first: it
 * leaves its gradient where the output's backward, which does all the work, finds it. */
#include <assert.h>
#include <string.h>

#include "tensor/ops.h"

struct linear_state {
    struct linear_request rq;
    size_t F, Dv;
    real *den;                       /* (H, rows)                                     */
    real **states;                   /* per example and head; NULL when not training  */
    real *out, *d_out;               /* values and gradient of the state that comes out */
};

/* Head h of example e; gradients are there only if `tp` is given (backward). */
static struct linear_head view(const struct linear_state *s, node *y, size_t e, size_t h, tape *tp)
{
    const struct linear_request *rq = &s->rq;
    const size_t row = rq->pack->offset[e], at = (e * rq->heads + h) * s->F * (s->Dv + 1);
    const size_t q = row * rq->q->cols + h * s->F, k = row * rq->k->cols + h * s->F, v = row * y->cols + h * s->Dv;
    real *dq = tp ? tape_grad(tp, rq->q) : NULL, *dk = tp ? tape_grad(tp, rq->k) : NULL;
    real *dv = tp ? tape_grad(tp, rq->v) : NULL, *d_state = tp ? tape_grad(tp, rq->state) : NULL;
    return (struct linear_head){
        .rows = rq->pack->offset[e + 1] - row, .F = s->F, .Dv = s->Dv, .sees = rq->sees, .normalise = rq->normalise,
        .decay = rq->decay ? rq->decay[h] : 1, .segment = rq->segment, .bptt = rq->bptt, .delta = rq->delta,
        .q = rq->q->val + q, .dq = dq ? dq + q : NULL, .q_stride = rq->q->cols,
        .k = rq->k->val + k, .dk = dk ? dk + k : NULL, .k_stride = rq->k->cols,
        .v = rq->v->val + v, .dv = dv ? dv + v : NULL, .v_stride = rq->v->cols,
        .visible = rq->visible ? rq->visible + row : NULL,
        .state_in = rq->state ? rq->state->val + at : NULL, .d_state_in = d_state ? d_state + at : NULL,
        .state_out = s->out ? s->out + at : NULL, .d_state_out = s->d_out ? s->d_out + at : NULL,
        .out = y->val + v, .out_stride = y->cols, .den = s->den + h * y->rows + row,
        .states = s->states ? s->states[e * rq->heads + h] : NULL, .d_out = tp ? y->grad + v : NULL,
    };
}

static void each_head(struct linear_state *s, node *y, tape *tp, bool backward)
{
    const size_t mark = arena_mark(tp->memory);
    void *scratch = arena_take(tp->memory, tp->kernel->linear_scratch(s->F, s->Dv));
    for (size_t e = 0; e < s->rq.pack->n; e++) {
        for (size_t h = 0; h < s->rq.heads; h++) {
            const struct linear_head head = view(s, y, e, h, backward ? tp : NULL);
            if (backward) tp->kernel->linear_backward(&head, scratch);
            else tp->kernel->linear_forward(&head, scratch);
        }
    }
    arena_rewind(tp->memory, mark);
}

static void linear_attention_backward(tape *tp, node *y)
{
    struct linear_state *s = y->aux;
    node *const inputs[] = {s->rq.q, s->rq.k, s->rq.v, s->rq.state};
    for (size_t i = 0; i < 4; i++) (void)tape_grad(tp, inputs[i]); /* made before the scratch is taken and given back */
    each_head(s, y, tp, true);
}

/* A copy: the gradient of a node is somebody else's as soon as its backward is over. */
static void state_backward(tape *tp, node *state)
{
    node *y = state->in[0];
    struct linear_state *s = y->aux;
    s->d_out = ARENA_ARRAY(tp->memory, real, state->rows * state->cols);
    memcpy(s->d_out, state->grad, state->rows * state->cols * sizeof(real));
    (void)tape_grad(tp, y); /* so that y's turn comes even if nobody uses its value */
}

static void room_for_states(struct linear_state *s, node *y, tape *tp)
{
    const size_t heads = s->rq.pack->n * s->rq.heads;
    real **states = ARENA_ARRAY(tp->memory, real *, heads);
    for (size_t i = 0; i < heads; i++) {
        const struct linear_head head = view(s, y, i / s->rq.heads, i % s->rq.heads, NULL);
        states[i] = ARENA_ARRAY(tp->memory, real, tp->kernel->linear_states(&head));
    }
    s->states = states;
}

node *linear_attention(tape *tp, const struct linear_request *rq, node **state_out)
{
    const size_t H = rq->heads, F = rq->q->cols / H, Dv = rq->v->cols / H, rows = rq->v->rows;
    assert(rq->q->cols == rq->k->cols && rq->q->rows == rows && rq->k->rows == rows && rows == pack_rows(rq->pack));
    assert(!rq->state || (rq->state->rows == rq->pack->n * H * F && rq->state->cols == Dv + 1));
    assert(rq->sees == LINEAR_MEMORY || (!rq->segment && !rq->delta));
    node *q = rq->state && rq->state->wants ? rq->state : rq->q; /* any input that wants a gradient has the node recorded */
    node *y = tape_node(tp, rows, rq->v->cols, linear_attention_backward, q, rq->k, rq->v);
    struct linear_state *s = ARENA_NEW(tp->memory, struct linear_state);
    *s = (struct linear_state){.rq = *rq, .F = F, .Dv = Dv, .den = ARENA_ARRAY(tp->memory, real, H * rows)};
    y->aux = s;
    if (state_out) {
        *state_out = tape_node(tp, rq->pack->n * H * F, Dv + 1, state_backward, y, NULL, NULL);
        s->out = (*state_out)->val;
    }
    if (y->wants) room_for_states(s, y, tp);
    each_head(s, y, tp, false);
    return y;
}
