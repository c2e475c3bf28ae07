/* relative.c -- the relative term, a tile of scores at a time.
 *
 * A tile of a queries and b keys has a + b - 1 distances: one product gives (q + v) . r for all of them, of which each score
 * takes the entry of its own distance.  The published code computes whole rows and shifts them; indexing by the distance is
 * the same and needs no n x n array.  Backward: the entries' gradients are summed by distance, then two products. */
#include "variants/attention/relative.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "tensor/product.h"

void relative_build(struct builder *b, size_t segment, size_t memory, size_t clamp, struct relative *t)
{
    ptrdiff_t high = (ptrdiff_t)(segment + memory) - 1, low = builder_causal(b) ? 0 : 1 - (ptrdiff_t)segment;
    if (clamp && high > (ptrdiff_t)clamp) high = (ptrdiff_t)clamp;
    if (clamp && low < -(ptrdiff_t)clamp) low = -(ptrdiff_t)clamp;
    const struct model_options *m = builder_model(b);
    const size_t C = (size_t)m->width, HD = (size_t)m->heads * builder_head_width(b);
    t->low = low;
    t->high = high;
    t->r = builder_parameter(b, (struct parameter){.name = "r", .rows = C, .cols = HD, .init = INIT_WEIGHT});
    t->u = builder_shared_parameter(b, (struct parameter){.name = "bias_u", .rows = 1, .cols = HD, .init = INIT_WEIGHT, .no_decay = true});
    t->v = builder_shared_parameter(b, (struct parameter){.name = "bias_v", .rows = 1, .cols = HD, .init = INIT_WEIGHT, .no_decay = true});
    t->sinusoids = builder_constants(b, (size_t)(high - low + 1) * C);
    for (ptrdiff_t d = low; d <= high; d++) {
        for (size_t c = 0; c < C; c++) {
            const double angle = (double)d * pow(10000, -(double)(c / 2 * 2) / (double)C);
            t->sinusoids[(size_t)(d - low) * C + c] = (real)(c % 2 ? cos(angle) : sin(angle));
        }
    }
}

node *relative_query(struct pass *p, const struct relative *t, node *q)
{
    return add_row(p->tape, q, pass_weight(p, t->u));
}

/* One pass's term. */
struct relative_pass {
    struct score_term  term;
    tape              *tape;
    const struct pack *queries;
    node              *q, *r;    /* q + v (rows, H D); r (distances, H D) */
    size_t             D;
    real               scale;
    ptrdiff_t          low, high;
    real              *tile;     /* (SCORE_TILE, 2 SCORE_TILE) */
};

/* The distances of a tile, and where its rows of q and r begin. */
struct span {
    ptrdiff_t low, high, first; /* first: of query 0 and key 0 */
    size_t    n, q_at, r_at;
};

static ptrdiff_t clip(ptrdiff_t d, ptrdiff_t low, ptrdiff_t high)
{
    return d < low ? low : d > high ? high : d;
}

static struct span span_of(const struct relative_pass *s, const struct score_tile *at)
{
    assert(at->query_step == 1 && at->key_step == 1);
    struct span d = {.first = at->query_position - at->key_position};
    d.low = clip(d.first - (ptrdiff_t)at->keys + 1, s->low, s->high);
    d.high = clip(d.first + (ptrdiff_t)at->queries - 1, s->low, s->high);
    d.n = (size_t)(d.high - d.low + 1);
    d.q_at = (s->queries->offset[at->example] + at->query) * s->q->cols + at->head * s->D;
    d.r_at = (size_t)(d.low - s->low) * s->r->cols + at->head * s->D;
    return d;
}

static void relative_add(const struct score_term *t, const struct score_tile *at, real *scores)
{
    const struct relative_pass *s = t->self;
    const struct span d = span_of(s, at);
    product(PLAIN, TRANSPOSED, at->queries, d.n, s->D, s->scale, s->q->val + d.q_at, s->q->cols, s->r->val + d.r_at, s->r->cols, 0,
            s->tile, d.n);
    for (size_t j = 0; j < at->keys; j++) {
        const ptrdiff_t first = d.first - (ptrdiff_t)j;
        for (size_t i = 0; i < at->queries; i++)
            scores[j * at->stride + i] += s->tile[i * d.n + (size_t)(clip(first + (ptrdiff_t)i, d.low, d.high) - d.low)];
    }
}

static void relative_backward(const struct score_term *t, const struct score_tile *at, const real *d_scores)
{
    const struct relative_pass *s = t->self;
    const struct span d = span_of(s, at);
    memset(s->tile, 0, at->queries * d.n * sizeof(real));
    for (size_t j = 0; j < at->keys; j++) {
        const ptrdiff_t first = d.first - (ptrdiff_t)j;
        for (size_t i = 0; i < at->queries; i++)
            s->tile[i * d.n + (size_t)(clip(first + (ptrdiff_t)i, d.low, d.high) - d.low)] += d_scores[j * at->stride + i];
    }
    real *dq = tape_grad(s->tape, s->q), *dr = tape_grad(s->tape, s->r);
    if (dq)
        product(PLAIN, PLAIN, at->queries, s->D, d.n, s->scale, s->tile, d.n, s->r->val + d.r_at, s->r->cols, 1, dq + d.q_at, s->q->cols);
    if (dr)
        product(TRANSPOSED, PLAIN, d.n, s->D, at->queries, s->scale, s->tile, d.n, s->q->val + d.q_at, s->q->cols, 1, dr + d.r_at, s->r->cols);
}

const struct score_term *relative_term(struct pass *p, const struct relative *t, const struct pack *queries, node *q, real scale,
                                       node *input[2])
{
    struct relative_pass *s = ARENA_NEW(p->tape->memory, struct relative_pass);
    node *R = tape_leaf(p->tape, (size_t)(t->high - t->low + 1), p->input->cols, t->sinusoids, NULL);
    *s = (struct relative_pass){
        .term = {relative_add, relative_backward, s}, .tape = p->tape, .queries = queries, .q = add_row(p->tape, q, pass_weight(p, t->v)),
        .r = linear(p->tape, R, pass_weight(p, t->r), NULL), .D = p->head_width, .scale = scale, .low = t->low, .high = t->high,
        .tile = ARENA_ARRAY(p->tape->memory, real, 2 * SCORE_TILE * SCORE_TILE),
    };
    input[0] = s->q;
    input[1] = s->r;
    return &s->term;
}
