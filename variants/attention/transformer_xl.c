/* transformer_xl.c -- segments that see what earlier segments left, with relative positions.
 *
 * Dai et al., "Transformer-XL: Attentive Language Models beyond a Fixed-Length Context", arXiv:1901.02860, sec. 3.2, 3.3:
 *
 *   C = [ sg(M); X ]                         M: the last m inputs of this layer before the segment X of n rows
 *   q = X Wq,  k = C Wk,  v = C Wv           a pre-norm model norms all of C
 *   s_ij = ( (q_i + u) . k_j + (q_i + v) . r_(i - j) ) / sqrt(D)       see relative.h; j <= i, distances across M count on
 *
 * x, y: (T, C); q, k, v: (T, D) per head.  Windows are cut into segments of `segment` rows.  No gradient flows into M, but
 * Wk, Wv, Wr and the norm have gradients from its rows, as they are projected anew.  Memory starts without rows, not with
 * zeros, which could be attended to.  It goes on from one part of a text to the next as carried state, (m, C) per layer.
 * `clamp`: distances beyond it count as it.  `same_length`: only the last m keys, the row itself included, so that every row
 * sees as many.  Not causal: rows of a segment see the whole of it, and memory is still of the past; r then has distances of
 * both signs.  Time O(T (n + m) D), three times over because of r; memory O((T + m) D).
 *
 * Testing may use another segment and memory than training (`test_segment`, `test_memory`); with a longer memory distances
 * appear that were never trained, unless clamped.  Projections of q, k, v have no biases.
 */
#include <math.h>

#include "base/status.h"
#include "variants/attention/heads.h"
#include "variants/attention/past.h"
#include "variants/attention/relative.h"
#include "variants/attention/segments.h"

struct transformer_xl_options {
    int64_t segment, memory, test_segment, test_memory, clamp;
    bool    same_length;
};

#define AT(field) offsetof(struct transformer_xl_options, field)
static const struct option transformer_xl_option_table[] = {
    {"memory", OPTION_INT, AT(memory), "128", 0, 1 << 24, NULL, "rows of earlier segments that a segment sees (m)"},
    {"segment", OPTION_INT, AT(segment), "128", 0, 1 << 24, NULL, "rows of a segment (n); 0: the training length"},
    {"test_memory", OPTION_INT, AT(test_memory), "-1", -1, 1 << 24, NULL, "memory when testing; -1: as in training"},
    {"test_segment", OPTION_INT, AT(test_segment), "0", 0, 1 << 24, NULL, "segment when testing; 0: as in training"},
    {"clamp", OPTION_INT, AT(clamp), "0", 0, 1 << 24, NULL, "larger distances count as this one; 0: none do"},
    {"same_length", OPTION_BOOL, AT(same_length), "false", 0, 0, NULL, "a row sees only the last `memory` keys, itself included"},
    {.name = NULL},
};

struct transformer_xl {
    const struct transformer_xl_options *options;
    struct heads    heads;
    struct relative relative;
    carry           memory;
};

static size_t memory_of(const struct transformer_xl_options *o, bool training)
{
    return (size_t)(training || o->test_memory < 0 ? o->memory : o->test_memory);
}

static size_t segment_of(const struct transformer_xl_options *o, size_t trained, bool training)
{
    if (!training && o->test_segment) return (size_t)o->test_segment;
    return o->segment ? (size_t)o->segment : trained;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static status transformer_xl_check(const void *options, const struct model_options *m, bool causal)
{
    (void)m, (void)causal;
    const struct transformer_xl_options *o = options;
    if (o->same_length && (o->memory == 0 || o->test_memory == 0))
        FAIL(ERR_CONFIG, "transformer_xl: same_length lets a row see `memory` keys, itself included, so memory must be at least 1");
    return OK;
}

static void transformer_xl_build(struct builder *b, const void *options, void *layer)
{
    struct transformer_xl *a = layer;
    const struct transformer_xl_options *o = a->options = options;
    const size_t trained = builder_train_length(b), most = larger(memory_of(o, true), memory_of(o, false));
    const size_t longest = larger(segment_of(o, trained, true), segment_of(o, trained, false));
    heads_build(b, &(struct heads_options){0}, &a->heads);
    relative_build(b, longest, most, (size_t)o->clamp, &a->relative);
    if (most) a->memory = builder_carry(b, "memory", most, (size_t)builder_model(b)->width);
}

/* The memory of each segment: rows of the past, and the position of the first. */
struct seen {
    size_t    *offset, *end;
    ptrdiff_t *first;
};

static struct seen seen_by(struct pass *p, const struct past *past, const struct pack *segment, const size_t *example, size_t m)
{
    arena *a = p->tape->memory;
    struct seen s = {ARENA_ARRAY(a, size_t, segment->n), ARENA_ARRAY(a, size_t, segment->n), ARENA_ARRAY(a, ptrdiff_t, segment->n)};
    for (size_t i = 0; i < segment->n; i++) {
        const size_t e = example[i], before = past->carried[e] + segment->offset[i] - p->pack->offset[e], n = smaller(m, before);
        s.end[i] = past->offset[e] + before;
        s.offset[i] = s.end[i] - n;
        s.first[i] = segment->first[i] - (ptrdiff_t)n;
    }
    return s;
}

/* Rows of each example that some later segment of it may see: all before its last segment. */
static const size_t *rows_before_last(struct pass *p, const struct pack *segment, const size_t *example)
{
    size_t *n = ARENA_ZEROS(p->tape->memory, size_t, p->pack->n);
    for (size_t i = 0; i < segment->n; i++) n[example[i]] = segment->offset[i] - p->pack->offset[example[i]];
    return n;
}

static node *transformer_xl_forward(struct pass *p, const void *layer, node *x)
{
    const struct transformer_xl *a = layer;
    const struct transformer_xl_options *o = a->options;
    const size_t m = memory_of(o, p->training);
    const size_t *example;
    const struct pack *segment = segments_of(p, segment_of(o, p->train_length, p->training), &example);
    const ptrdiff_t far = o->same_length ? (ptrdiff_t)m - 1 : PATTERN_FAR;
    const struct pattern memory_pattern = {-PATTERN_FAR, far, 1}, segment_pattern = {p->causal ? 0 : -PATTERN_FAR, far, 1};
    struct pattern *pattern = ARENA_ARRAY(p->tape->memory, struct pattern, 2);
    pattern[0] = segment_pattern, pattern[1] = memory_pattern;

    node *q = heads_q(p, &a->heads, x), *told[2];
    const real scale = (real)(1 / sqrt((double)p->head_width));
    const struct score_term *term = relative_term(p, &a->relative, segment, q, scale, told);
    struct attention_request rq = {.pack = segment, .heads = p->heads, .scale = scale, .drop = pass_dropout(p, p->attention_dropout, 0)};
    q = relative_query(p, &a->relative, q);
    rq.piece[rq.pieces++] = (struct attention_source){
        .q = q, .k = heads_k(p, &a->heads, x), .v = heads_v(p, &a->heads, x), .pattern = &pattern[0], .visible = p->pack->valid,
        .term = term, .term_input = {told[0], told[1]}};
    if (m) {
        const struct past past = past_of(p, a->memory, m, rows_before_last(p, segment, example));
        if (past.x) {
            const struct seen seen = seen_by(p, &past, segment, example, m);
            node *c = pass_normed(p, past.x);
            rq.piece[rq.pieces++] = (struct attention_source){
                .q = q, .k = heads_k(p, &a->heads, c), .v = heads_v(p, &a->heads, c), .pattern = &pattern[1],
                .key_offset = seen.offset, .key_end = seen.end, .key_first = seen.first, .visible = past.visible, .term = term, .term_input = {told[0], told[1]}};
        }
        past_leave(p, a->memory, m);
    }
    return heads_out(p, &a->heads, softmax_attention(p->tape, &rq));
}

static size_t transformer_xl_stops_at(const void *options, size_t trained)
{
    const struct transformer_xl_options *o = options;
    return o->memory ? segment_of(o, trained, true) : 0;
}

/* Segments of the training length stand for all, as flops are counted for training. */
static double transformer_xl_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct transformer_xl_options *o = options;
    const size_t n = o->segment ? smaller((size_t)o->segment, T) : T;
    const double HD = (double)m->heads * (double)heads_width(m), C = (double)m->width, memory = (double)o->memory;
    double pairs = 0, projected = 0;
    for (size_t at = 0; at < T; at += n) {
        const size_t rows = smaller(n, T - at);
        const double seen = fmin(memory, (double)at);
        pairs += heads_pairs(causal, rows) + (double)rows * seen;
        projected += seen;
    }
    return heads_flops(m, T, 1.5 * pairs) + 4 * projected * C * HD + 2 * ((double)n + memory) * C * HD;
}

const struct attention attention_transformer_xl = {
    .name = "transformer_xl",
    .title = "Transformer-XL recurrence",
    .paper = "Dai et al. 2019, arXiv:1901.02860",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_STATE | CAN_OWN_POSITIONS,
    .options = transformer_xl_option_table,
    .options_size = sizeof(struct transformer_xl_options),
    .layer_size = sizeof(struct transformer_xl),
    .check = transformer_xl_check,
    .build = transformer_xl_build,
    .forward = transformer_xl_forward,
    .stops_at = transformer_xl_stops_at,
    .flops = transformer_xl_flops,
};
