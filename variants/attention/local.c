/* local.c -- attention to neighbours: a sliding window, or blocks.
 *
 * Parmar et al., "Image Transformer", arXiv:1802.05751, sec. 3.3 (blocks); the "Local Attention" of Tay et al.,
 * "Long Range Arena", arXiv:2011.04006.  o_i = sum over visible j of softmax_j(q_i . k_j / sqrt(D)) v_j, where j is visible if
 *
 *   window   |i - j| <= w                                     the layer of longformer.c without its extras
 *   block    -back <= block(j) - block(i) <= ahead,  block(i) = floor(i / b)
 *
 * and, causal, j <= i.  Blocks are counted from an example's first row and the last may be short.
 * q, k, v, o: (T, D) per head.  Time O(T w D) or O(T b (1 + back + ahead) D), memory O(T D).
 *
 * Trap.  The module in the LRA code makes blocks of rows that are T / b apart, which is strided, not local, attention;
 * its published numbers may not describe this layer.
 */
#include <math.h>

#include "variants/attention/heads.h"

enum form { FORM_WINDOW, FORM_BLOCK };
static const char *const form_names[] = {"window", "block", NULL};

struct local_options {
    struct heads_options heads;
    int     form;
    int64_t window, block, back, ahead;
};

#define AT(field) offsetof(struct local_options, field)
static const struct option local_option_table[] = {
    {"form", OPTION_CHOICE, AT(form), "window", 0, 0, form_names, "which neighbours: those in a window around the row, or in its block"},
    {"window", OPTION_INT, AT(window), "64", 0, 1 << 24, NULL, "form window: keys to each side (causal: before)"},
    {"block", OPTION_INT, AT(block), "64", 1, 1 << 24, NULL, "form block: rows of a block"},
    {"back", OPTION_INT, AT(back), "1", 0, 1 << 16, NULL, "form block: blocks before its own that a row sees"},
    {"ahead", OPTION_INT, AT(ahead), "1", 0, 1 << 16, NULL, "form block: blocks after its own (causal: none)"},
    HEADS_BIAS_OPTION(struct local_options, heads),
    {.name = NULL},
};

struct local {
    const struct local_options *options;
    struct heads heads;
};

static void local_build(struct builder *b, const void *options, void *layer)
{
    struct local *a = layer;
    a->options = options;
    heads_build(b, &a->options->heads, &a->heads);
}

/* Blocks are examples of a pack of their own, whose keys reach into the neighbouring blocks. */
struct blocks {
    struct pack pack;
    size_t    *key_offset, *key_end;
    ptrdiff_t *key_first;
};

static struct blocks *cut_blocks(struct pass *p, const struct local_options *o)
{
    const struct pack *whole = p->pack;
    arena *memory = p->tape->memory;
    const size_t b = (size_t)o->block, back = (size_t)o->back * b, ahead = p->causal ? 0 : (size_t)o->ahead * b;
    size_t n = 0;
    for (size_t e = 0; e < whole->n; e++) n += (whole->offset[e + 1] - whole->offset[e] + b - 1) / b;
    struct blocks *s = ARENA_NEW(memory, struct blocks);
    size_t *offset = ARENA_ARRAY(memory, size_t, n + 1);
    uint64_t *id = ARENA_ARRAY(memory, uint64_t, n);
    ptrdiff_t *first = ARENA_ARRAY(memory, ptrdiff_t, n);
    *s = (struct blocks){{.n = n, .offset = offset, .id = id, .first = first}, ARENA_ARRAY(memory, size_t, n),
                         ARENA_ARRAY(memory, size_t, n), ARENA_ARRAY(memory, ptrdiff_t, n)};
    size_t at = 0;
    for (size_t e = 0; e < whole->n; e++) {
        const size_t from = whole->offset[e], to = whole->offset[e + 1];
        for (size_t row = from; row < to; row += b, at++) {
            offset[at] = row;
            id[at] = whole->id[e];
            first[at] = whole->first[e] + (ptrdiff_t)(row - from);
            s->key_offset[at] = row - from > back ? row - back : from;
            s->key_end[at] = to - row > b + ahead ? row + b + ahead : to;
            s->key_first[at] = whole->first[e] + (ptrdiff_t)(s->key_offset[at] - from);
        }
    }
    offset[n] = pack_rows(whole);
    return s;
}

static node *local_forward(struct pass *p, const void *layer, node *x)
{
    const struct local *a = layer;
    const struct local_options *o = a->options;
    node *q = pass_rotate(p, heads_q(p, &a->heads, x));
    node *k = pass_rotate(p, heads_k(p, &a->heads, x));
    node *v = heads_v(p, &a->heads, x);
    const ptrdiff_t far = o->form == FORM_WINDOW ? (ptrdiff_t)o->window : PATTERN_FAR;
    struct pattern *by = ARENA_NEW(p->tape->memory, struct pattern);
    *by = (struct pattern){p->causal ? 0 : -far, far, 1};
    struct attention_request rq = {
        .pack = p->pack, .heads = p->heads, .scale = (real)(1 / sqrt((double)p->head_width)),
        .drop = pass_dropout(p, p->attention_dropout, 0), .pieces = 1,
        .piece = {{.q = q, .k = k, .v = v, .pattern = by, .visible = p->pack->valid, .term = pass_term(p)}},
    };
    if (o->form == FORM_BLOCK) {
        const struct blocks *s = cut_blocks(p, o);
        rq.pack = &s->pack;
        rq.piece[0].key_offset = s->key_offset;
        rq.piece[0].key_end = s->key_end;
        rq.piece[0].key_first = s->key_first;
    }
    return heads_out(p, &a->heads, softmax_attention(p->tape, &rq));
}

static double local_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct local_options *o = options;
    const size_t b = (size_t)o->block;
    double pairs = 0;
    for (size_t i = 0; i < T; i++) {
        const size_t own = i / b * b, back = (size_t)o->back * b, ahead = (size_t)(1 + o->ahead) * b, w = (size_t)o->window;
        const size_t low = o->form == FORM_BLOCK ? (own > back ? own - back : 0) : i > w ? i - w : 0;
        size_t high = o->form == FORM_BLOCK ? own + ahead : i + w + 1;
        if (high > T) high = T;
        if (causal) high = i + 1;
        pairs += (double)(high - low);
    }
    return heads_flops(m, T, pairs);
}

const struct attention attention_local = {
    .name = "local",
    .title = "sliding window or blocks",
    .paper = "Parmar et al. 2018, arXiv:1802.05751; Tay et al. 2020, arXiv:2011.04006",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE | CAN_TERM,
    .options = local_option_table,
    .options_size = sizeof(struct local_options),
    .layer_size = sizeof(struct local),
    .build = local_build,
    .forward = local_forward,
    .flops = local_flops,
};
