/* infini.c -- Infini-attention: softmax inside a segment, a memory of constant size for all segments before it.
 *
 * Munkhdalai, Faruqui and Gopal, "Leave No Context Behind: Efficient Infinite Context Transformers with Infini-attention",
 * arXiv:2404.07143, sec. 2.  Segment s = 0, 1, .. of n rows; per head, with phi(x) = elu(x) + 1 and M_0 = 0, z_0 = 0:
 *
 *   A_dot = softmax_j(q_i . k_j / sqrt(D)) v_j          rows of the segment; causal, or all of them
 *   A_mem = phi(q_i)^T M_s / (phi(q_i) . z_s)           0 in the first segment
 *   o     = g_h A_mem + (1 - g_h) A_dot,                g = sigmoid(beta)
 *   z_(s+1) = z_s + sum_j phi(k_j)
 *   M_(s+1) = M_s + sum_j phi(k_j) u_j^T                linear: u_j = v_j
 *                                                       delta:  u_j = v_j - M_s^T phi(k_j) / (phi(k_j) . z_s)
 *
 * q, k, v, o: (T, D); M (D, D), z (D), beta (H).  Time O(T n D + T D^2), memory O(T D), and D (D + 1) values a segment for
 * backward.  M and z go on from one part of a text to the next as carried state, through which no gradient passes; a short
 * last segment is written too, and the next part starts a new one, so parts should be cut at multiples of n.  Not causal:
 * rows see the whole of their segment, and memory is still of earlier ones.
 *
 * `segment` must be shorter than training examples, or the memory is never read and the gate falls to what needs none: 64 has
 * three of four segments of 256 rows read it (the paper: 2048 of 32768).
 * `bptt`: gradients pass the memory inside groups of so many segments.  With 0 or 1 none do, and nothing trains what keys
 * write; the paper's is all.
 *
 * Traps.  Rotation is for A_dot alone: phi of rotated q and k would make memory depend on absolute positions.  The gate's
 * logit has to travel far in few steps, hence its own learning rate (`gate_rate` times the model's) and no weight decay;
 * started far from 0 it does not move at all.  By the delta rule what is stored already leaves M as it is but not z: once
 * written again it is read as v / 2.
 */
#include <math.h>
#include <string.h>

#include "variants/attention/heads.h"
#include "variants/attention/segments.h"

enum update { UPDATE_LINEAR, UPDATE_DELTA };
static const char *const update_names[] = {"linear", "delta", NULL};

struct infini_options {
    struct heads_options heads;
    int64_t segment, bptt;
    int     update;
    double  gate, gate_rate;
};

#define AT(field) offsetof(struct infini_options, field)
static const struct option infini_option_table[] = {
    {"segment", OPTION_INT, AT(segment), "64", 0, 1 << 24, NULL, "rows of a segment (n); 0: a quarter of the training length"},
    {"update", OPTION_CHOICE, AT(update), "linear", 0, 0, update_names, "how segments are written: linear (sums) or delta (what is new)"},
    {"bptt", OPTION_INT, AT(bptt), "-1", -1, 1 << 24, NULL, "segments that share gradients through memory; 0: none; -1: all"},
    {"gate", OPTION_REAL, AT(gate), "0", -50, 50, NULL, "beta at the start, of every head; 0 weighs memory and segment equally"},
    {"gate_rate", OPTION_REAL, AT(gate_rate), "10", 1e-3, 1e4, NULL, "learning rate of beta, times that of the model"},
    HEADS_BIAS_OPTION(struct infini_options, heads),
    {.name = NULL},
};

struct infini {
    const struct infini_options *options;
    struct heads heads;
    weight beta;
    carry  memory;
};

static size_t segment_of(const struct infini_options *o, size_t trained)
{
    return o->segment ? (size_t)o->segment : trained < 4 ? 1 : trained / 4;
}

static void infini_build(struct builder *b, const void *options, void *layer)
{
    struct infini *a = layer;
    const struct infini_options *o = a->options = options;
    const size_t H = (size_t)builder_model(b)->heads, D = builder_head_width(b);
    heads_build(b, &o->heads, &a->heads);
    a->beta = builder_parameter(b, (struct parameter){.name = "beta", .rows = 1, .cols = H, .init = INIT_VALUE, .value = o->gate,
                                                      .rate = o->gate_rate, .no_decay = true});
    a->memory = builder_carry(b, "memory", H * D, D + 1);
}

/* A_dot. */
static node *inside_segments(struct pass *p, size_t n, node *q, node *k, node *v)
{
    static const struct pattern all = {-PATTERN_FAR, PATTERN_FAR, 1}, causal = {0, PATTERN_FAR, 1};
    const size_t *example;
    const struct attention_request rq = {
        .pack = segments_of(p, n, &example), .heads = p->heads, .scale = (real)(1 / sqrt((double)p->head_width)),
        .drop = pass_dropout(p, p->attention_dropout, 0), .pieces = 1,
        .piece = {{.q = pass_rotate(p, q), .k = pass_rotate(p, k), .v = v, .pattern = p->causal ? &causal : &all,
                   .visible = p->pack->valid, .term = pass_term(p)}},
    };
    return softmax_attention(p->tape, &rq);
}

/* What the examples carried in, zeros where one carried nothing; NULL if none did. */
static node *memory_in(struct pass *p, carry memory)
{
    const size_t n = p->pack->n, rows = p->heads * p->head_width, cols = p->head_width + 1;
    bool any = false;
    for (size_t e = 0; e < n; e++) any |= pass_carried(p, memory, e).rows > 0;
    if (!any) return NULL;
    real *state = ARENA_ZEROS(p->tape->memory, real, n * rows * cols);
    for (size_t e = 0; e < n; e++) {
        const struct carried in = pass_carried(p, memory, e);
        if (in.rows) memcpy(state + e * rows * cols, in.value, rows * cols * sizeof *state);
    }
    return tape_leaf(p->tape, n * rows, cols, state, NULL);
}

static void memory_out(struct pass *p, carry memory, const node *state)
{
    const size_t rows = p->heads * p->head_width;
    for (size_t e = 0; e < p->pack->n; e++) {
        real *to = pass_carry_out(p, memory, e, rows);
        if (to) memcpy(to, state->val + e * rows * state->cols, rows * state->cols * sizeof *to);
    }
}

/* A_mem. */
static node *from_memory(struct pass *p, const struct infini *a, size_t n, node *q, node *k, node *v)
{
    const struct infini_options *o = a->options;
    const struct linear_request rq = {
        .pack = p->pack, .heads = p->heads, .sees = LINEAR_MEMORY, .normalise = true, .visible = p->pack->valid,
        .segment = n, .bptt = o->bptt < 0 ? SIZE_MAX : (size_t)o->bptt, .delta = o->update == UPDATE_DELTA,
        .q = activation(p->tape, q, ELU_PLUS_ONE), .k = activation(p->tape, k, ELU_PLUS_ONE), .v = v,
        .state = memory_in(p, a->memory),
    };
    node *state = NULL, *y = linear_attention(p->tape, &rq, p->pack->state_out ? &state : NULL);
    if (state) memory_out(p, a->memory, state);
    return y;
}

static node *infini_forward(struct pass *p, const void *layer, node *x)
{
    const struct infini *a = layer;
    const size_t n = segment_of(a->options, p->train_length);
    node *q = heads_q(p, &a->heads, x), *k = heads_k(p, &a->heads, x), *v = heads_v(p, &a->heads, x);
    node *dot = inside_segments(p, n, q, k, v), *mem = from_memory(p, a, n, q, k, v);
    return heads_out(p, &a->heads, mix_heads(p->tape, dot, mem, p->head_width, pass_weight(p, a->beta)));
}

static size_t infini_stops_at(const void *options, size_t trained)
{
    const struct infini_options *o = options;
    return o->bptt < 0 ? 0 : segment_of(o, trained) * (size_t)(o->bptt ? o->bptt : 1);
}

/* T stands for the training length where a segment is a quarter of that. */
static double infini_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct infini_options *o = options;
    const size_t n = segment_of(o, T);
    const double D = (double)heads_width(m), H = (double)m->heads;
    const double last = T ? (double)((T - 1) % n + 1) : 0, written = (double)T - last;
    const double pairs = written / (double)n * heads_pairs(causal, n) + heads_pairs(causal, (size_t)last);
    const double products = (double)T + written * (o->update == UPDATE_DELTA ? 2 : 1); /* reads, writes, reads by keys */
    return heads_flops(m, T, pairs) + 2 * H * D * D * products;
}

const struct attention attention_infini = {
    .name = "infini",
    .title = "Infini-attention",
    .paper = "Munkhdalai et al. 2024, arXiv:2404.07143",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_STATE | CAN_BPTT | CAN_ROTATE | CAN_TERM,
    .options = infini_option_table,
    .options_size = sizeof(struct infini_options),
    .layer_size = sizeof(struct infini),
    .build = infini_build,
    .forward = infini_forward,
    .stops_at = infini_stops_at,
    .flops = infini_flops,
};
