/* longformer.c -- a window around every row, and a few global rows that see all and are seen by all.
 *
 * Beltagy, Peters and Cohan, "Longformer: The Long-Document Transformer", arXiv:2004.05150, sec. 3.1:
 *
 *   N_h(i) = { j : |i - j| <= w d_h, i - j a multiple of d_h }                       causal: and j <= i
 *   i not in G   o_i = sum over j in (N_h(i) \ G) + G of softmax_j(q_i . k_j / sqrt(D)) v_j
 *   i in G       o_i = sum over all j               of softmax_j(q'_i . k'_j / sqrt(D)) v'_j
 *
 * q, k, v, o: (T, D) per head.  q', k', v' are a second set of projections that starts as a copy of the first, or with
 * separate: false the first.  G: the first `global` rows of each example (with pooling: cls, row 0 is the CLS row).  The
 * window w of layer l (0 is the lowest) of L comes from `window` by `schedule`:
 *
 *   fixed         w_l = window
 *   increasing    w_l = window / 2^(L - 1 - l)     doubles from layer to layer up to `window` in the last
 *   decreasing    w_l = window / 2^l               halves from `window` in the first             rounded down, at least 1
 *
 * Dilation d_h, one number per head or one for all, holds from layer `dilated_from` on; below, d = 1.
 * Time O(T (2w + |G|) D + |G| T D) per head, whatever the dilation; memory O(T D).
 *
 * Traps.  The paper's window is the total, 2 w here.  A global row inside a window counts once: the window's keys begin
 * after G, and G is a piece of its own.  Rows of G see the second set alone; other rows see rows of G by the first.  A
 * causal model has no global rows: a row that all see would let the future through, and the paper's language models have
 * none.  Log-n scaling is not offered, as the number of keys of a row is the same at every length.
 */
#include <math.h>

#include "variants/attention/heads.h"

enum schedule { SCHEDULE_SAME, SCHEDULE_INCREASING, SCHEDULE_DECREASING };
static const char *const schedule_names[] = {"fixed", "increasing", "decreasing", NULL};

struct longformer_options {
    struct heads_options heads;
    int64_t window, global, dilated_from;
    int     schedule;
    struct int_list dilation;
    bool    separate;
};

#define AT(field) offsetof(struct longformer_options, field)
static const struct option longformer_option_table[] = {
    {"window", OPTION_INT, AT(window), "64", 0, 1 << 24, NULL, "keys to each side (causal: before); the paper's total is twice that"},
    {"schedule", OPTION_CHOICE, AT(schedule), "fixed", 0, 0, schedule_names, "window by layer: doubling up to `window`, or halving from it"},
    {"dilation", OPTION_INT_LIST, AT(dilation), "[1]", 1, 1 << 16, NULL, "keys are so many rows apart: one number per head, or one for all"},
    {"dilated_from", OPTION_INT, AT(dilated_from), "0", 0, 1024, NULL, "first layer with dilation; 0 is the lowest"},
    {"global", OPTION_INT, AT(global), "0", 0, 1 << 16, NULL, "first rows of an example that see all and are seen by all (not causal)"},
    {"separate", OPTION_BOOL, AT(separate), "true", 0, 0, NULL, "global rows have projections of their own"},
    HEADS_BIAS_OPTION(struct longformer_options, heads),
    {.name = NULL},
};

struct longformer {
    const struct longformer_options *options;
    struct heads heads;
    struct heads global;    /* its q, k, v, if global rows have their own */
    bool   separate;
    size_t number, window;  /* of this layer */
};

static size_t window_of(const struct longformer_options *o, size_t layer, size_t layers)
{
    const size_t halvings = o->schedule == SCHEDULE_INCREASING ? layers - 1 - layer : o->schedule == SCHEDULE_DECREASING ? layer : 0;
    size_t w = (size_t)o->window;
    for (size_t i = 0; i < halvings && w > 1; i++) w /= 2;
    return w;
}

static size_t dilation_of(const struct longformer_options *o, size_t layer, size_t head)
{
    if (layer < (size_t)o->dilated_from) return 1;
    return (size_t)o->dilation.at[o->dilation.n > 1 ? head : 0];
}

static status longformer_check(const void *options, const struct model_options *m, bool causal)
{
    const struct longformer_options *o = options;
    if (causal && o->global > 0)
        FAIL(ERR_CONFIG, "longformer: a global row sees all rows and is seen by all, so a causal model cannot have any (global: 0)");
    if (o->dilation.n != 1 && o->dilation.n != (size_t)m->heads)
        FAIL(ERR_CONFIG, "longformer: dilation has %zu numbers for %lld heads; want one for all or one per head", o->dilation.n, (long long)m->heads);
    return OK;
}

static weight copy_of(struct builder *b, const char *name, weight from, size_t rows, size_t cols)
{
    if (!from.number) return (weight){0};
    return builder_parameter(b, (struct parameter){.name = name, .rows = rows, .cols = cols, .init = INIT_COPY, .copied = from, .no_decay = rows == 1});
}

static void longformer_build(struct builder *b, const void *options, void *layer)
{
    struct longformer *a = layer;
    const struct model_options *m = builder_model(b);
    const size_t C = (size_t)m->width, HD = (size_t)m->heads * builder_head_width(b);
    a->options = options;
    a->number = builder_layer(b);
    a->window = window_of(a->options, a->number, (size_t)m->layers);
    heads_build(b, &a->options->heads, &a->heads);
    a->separate = a->options->global > 0 && a->options->separate;
    if (!a->separate) return;
    const struct heads *h = &a->heads;
    a->global = (struct heads){
        .q = copy_of(b, "global.q", h->q, C, HD), .q_bias = copy_of(b, "global.q.bias", h->q_bias, 1, HD),
        .k = copy_of(b, "global.k", h->k, C, HD), .k_bias = copy_of(b, "global.k.bias", h->k_bias, 1, HD),
        .v = copy_of(b, "global.v", h->v, C, HD), .v_bias = copy_of(b, "global.v.bias", h->v_bias, 1, HD),
    };
}

/* Where the global rows of a pack are, and where the others begin. */
struct split {
    size_t    *global_offset; /* n + 1: global rows laid end to end                  */
    size_t    *global_row;    /* their row numbers in the pack                       */
    size_t    *local_from;    /* n: row number of each example's first local key     */
    ptrdiff_t *local_first;   /* n: its absolute position                            */
};

static struct split split_rows(arena *memory, const struct pack *pack, size_t global)
{
    const size_t n = pack->n;
    struct split s = {ARENA_ZEROS(memory, size_t, n + 1), NULL, ARENA_ARRAY(memory, size_t, n), ARENA_ARRAY(memory, ptrdiff_t, n)};
    for (size_t e = 0; e < n; e++) {
        const size_t rows = pack->offset[e + 1] - pack->offset[e], g = rows < global ? rows : global;
        s.global_offset[e + 1] = s.global_offset[e] + g;
        s.local_from[e] = pack->offset[e] + g;
        s.local_first[e] = pack->first[e] + (ptrdiff_t)g;
    }
    s.global_row = ARENA_ARRAY(memory, size_t, s.global_offset[n]);
    for (size_t e = 0; e < n; e++)
        for (size_t i = s.global_offset[e]; i < s.global_offset[e + 1]; i++) s.global_row[i] = pack->offset[e] + i - s.global_offset[e];
    return s;
}

static const struct pattern everything = {-PATTERN_FAR, PATTERN_FAR, 1};

/* Each head's window. */
static const struct pattern *windows(struct pass *p, const struct longformer *a)
{
    struct pattern *by = ARENA_ARRAY(p->tape->memory, struct pattern, p->heads);
    for (size_t h = 0; h < p->heads; h++) {
        const ptrdiff_t d = (ptrdiff_t)dilation_of(a->options, a->number, h), far = (ptrdiff_t)a->window * d;
        by[h] = (struct pattern){p->causal ? 0 : -far, far, d};
    }
    return by;
}

static struct attention_request request(struct pass *p)
{
    return (struct attention_request){
        .pack = p->pack, .heads = p->heads, .scale = (real)(1 / sqrt((double)p->head_width)),
        .drop = pass_dropout(p, p->attention_dropout, 0),
    };
}

/* Every row over its window and, if there are global rows, over those. */
static node *attend_locally(struct pass *p, const struct longformer *a, const struct split *s, node *q, node *k, node *v)
{
    struct attention_request rq = request(p);
    const struct attention_source piece = {.q = q, .k = k, .v = v, .visible = p->pack->valid, .term = pass_term(p)};
    rq.pieces = s ? 2 : 1;
    rq.piece[0] = rq.piece[1] = piece;
    rq.piece[0].pattern = windows(p, a);
    rq.piece[0].pattern_per_head = true;
    if (s) {
        rq.piece[0].key_offset = s->local_from;
        rq.piece[0].key_end = p->pack->offset + 1;
        rq.piece[0].key_first = s->local_first;
        rq.piece[1].pattern = &everything;
        rq.piece[1].key_offset = p->pack->offset;
        rq.piece[1].key_end = s->local_from;
    }
    return softmax_attention(p->tape, &rq);
}

/* The global rows alone, laid end to end, over all rows. */
static node *attend_globally(struct pass *p, const struct longformer *a, const struct split *s, node *x, node *q, node *k, node *v)
{
    struct pack *pack = ARENA_NEW(p->tape->memory, struct pack);
    struct pass *globals = ARENA_NEW(p->tape->memory, struct pass);
    *pack = *p->pack;
    pack->offset = s->global_offset;
    *globals = *p;
    globals->pack = pack;
    const size_t n = s->global_offset[pack->n];
    if (a->separate) {
        q = pass_rotate(globals, heads_q(globals, &a->global, take_rows(p->tape, x, n, s->global_row)));
        k = pass_rotate(p, heads_k(p, &a->global, x));
        v = heads_v(p, &a->global, x);
    } else {
        q = take_rows(p->tape, q, n, s->global_row);
    }
    struct attention_request rq = request(p);
    rq.query_offset = s->global_offset;
    rq.pieces = 1;
    rq.piece[0] = (struct attention_source){.q = q, .k = k, .v = v, .pattern = &everything, .visible = p->pack->valid, .term = pass_term(p)};
    return softmax_attention(p->tape, &rq);
}

static node *longformer_forward(struct pass *p, const void *layer, node *x)
{
    const struct longformer *a = layer;
    node *q = pass_rotate(p, heads_q(p, &a->heads, x));
    node *k = pass_rotate(p, heads_k(p, &a->heads, x));
    node *v = heads_v(p, &a->heads, x);
    if (a->options->global == 0) return heads_out(p, &a->heads, attend_locally(p, a, NULL, q, k, v));
    struct split *s = ARENA_NEW(p->tape->memory, struct split);
    *s = split_rows(p->tape->memory, p->pack, (size_t)a->options->global);
    node *o = attend_locally(p, a, s, q, k, v);
    o = put_rows(p->tape, o, attend_globally(p, a, s, x, q, k, v), s->global_row);
    return heads_out(p, &a->heads, o);
}

/* (query, key) pairs of one head's window: T queries, keys from row g on. */
static double window_pairs(size_t T, size_t g, size_t w, size_t d, bool causal)
{
    double pairs = (double)(T - g);
    for (size_t m = 1; m <= w && m * d < T; m++) {
        pairs += T > g + m * d ? (double)(T - g - m * d) : 0;
        if (!causal) pairs += (double)(T - (g > m * d ? g : m * d));
    }
    return pairs;
}

/* The mean over layers and heads; with global rows, the local pass over them is counted too, though its result is not used. */
static double longformer_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct longformer_options *o = options;
    const size_t g = (size_t)o->global < T ? (size_t)o->global : T, L = (size_t)m->layers, H = (size_t)m->heads;
    double pairs = 0;
    for (size_t l = 0; l < L; l++)
        for (size_t h = 0; h < H; h++)
            pairs += window_pairs(T, g, window_of(o, l, L), dilation_of(o, l, h), causal) / (double)(L * H);
    const double n = (double)T, HD = (double)(H * heads_width(m));
    const double projections = g && o->separate ? 2 * (2 * n + (double)g) * (double)m->width * HD : 0;
    return heads_flops(m, T, pairs + 2 * n * (double)g) + projections;
}

const struct attention attention_longformer = {
    .name = "longformer",
    .title = "sliding windows, dilation, global rows",
    .paper = "Beltagy et al. 2020, arXiv:2004.05150, sec. 3.1",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE | CAN_TERM,
    .options = longformer_option_table,
    .options_size = sizeof(struct longformer_options),
    .layer_size = sizeof(struct longformer),
    .check = longformer_check,
    .build = longformer_build,
    .forward = longformer_forward,
    .flops = longformer_flops,
};
