/* linformer.c -- keys and values mixed into k slots before attention.
 *
 * Wang et al., "Linformer: Self-Attention with Linear Complexity", arXiv:2006.04768, eq. (7):
 *
 *   K_c = sum_j E_jc k_j,   V_c = sum_j F_jc v_j            c = 0 .. slots - 1
 *   o_i = sum_c softmax_c(q_i . K_c / sqrt(D)) V_c          (T, D) per head
 *
 * projection: matrix     E, F are learned, (N, k), N the training length; an example of T < N rows uses the first T
 *             mean_pool  E_jc = 1 / (rows of slot c) for the rows of slot c, else 0; F = E; nothing to learn
 *             max_pool   K_c, V_c are the largest values, channel by channel, of the rows of slot c
 *             conv       E_jc = w_(j - c s) for the s = `stride` rows of slot c: kernel = stride, scalar weights
 *
 * sharing says which matrices (or weights of conv) are one:
 *
 *   none    an E and an F per head and layer           2 H L N k values
 *   heads   an E and an F per layer                    2 L N k
 *   kv      E = F, one per layer                       L N k
 *   layers  one for all layers, keys and values        N k
 *
 * Slots of pools and conv are runs of neighbouring rows.  Either k is fixed (k slots of T / k rows, or T slots if T < k:
 * time linear in T) or the stride is (T / stride slots, the last may be short: time T^2 / stride, and what conv needs, as its
 * weights are as many as a slot has rows).  Both at once are refused, so that no table mixes them: k: 0 with stride.
 *
 * Time O(T k D), memory O(T D + k D).  Scores are T x slots, in tiles.
 * E and F start uniform within sqrt(3 / (N + k)) (Xavier with gain 1/sqrt(2), as in the authors' code), conv's weights within
 * 1/sqrt(stride).
 *
 * Traps.  Causal use is impossible: every slot mixes all positions, and a mask would hide nothing.  Slots have no position,
 * so positions that rotate or that add to scores mean nothing after the projection; they are refused, those added to the
 * input are not.  Biases come before the projection (other code projects x first; the two differ unless columns of E sum to 1).
 * The size of K grows with T, so shorter examples have flatter scores.  Rows that are not valid are taken out before the
 * projection; a slot of a pool or of conv without a valid row is not seen.  kv shares E and F, not the projections of k and v.
 */
#include <math.h>
#include <string.h>

#include "variants/attention/heads.h"

enum sharing { SHARE_NONE, SHARE_HEADS, SHARE_KV, SHARE_LAYERS };
enum projection { PROJECT_MATRIX, PROJECT_MEAN, PROJECT_MAX, PROJECT_CONV };
static const char *const sharing_names[] = {"none", "heads", "kv", "layers", NULL};
static const char *const projection_names[] = {"matrix", "mean_pool", "max_pool", "conv", NULL};

struct linformer_options {
    struct heads_options heads;
    int64_t k, stride;
    int     sharing, projection;
};

#define AT(field) offsetof(struct linformer_options, field)
static const struct option linformer_option_table[] = {
    {"k", OPTION_INT, AT(k), "64", 0, 1 << 20, NULL, "slots that keys and values are mixed into; 0: as `stride` says"},
    {"stride", OPTION_INT, AT(stride), "0", 0, 1 << 20, NULL, "rows of a slot of pools and conv, with k: 0; 0: k slots at every length"},
    {"sharing", OPTION_CHOICE, AT(sharing), "kv", 0, 0, sharing_names, "what has one matrix: nothing, all heads, and keys with values, and all layers"},
    {"projection", OPTION_CHOICE, AT(projection), "matrix", 0, 0, projection_names, "matrix (up to the training length), pools or conv (any length)"},
    HEADS_BIAS_OPTION(struct linformer_options, heads),
    {.name = NULL},
};

struct linformer {
    const struct linformer_options *options;
    struct heads heads;
    weight E, F;
};

static status linformer_check(const void *options, const struct model_options *m, bool causal)
{
    (void)m;
    const struct linformer_options *o = options;
    if (causal) FAIL(ERR_CONFIG, "linformer mixes all positions into every slot, so a causal model would see the future");
    if (o->projection == PROJECT_MATRIX && o->stride > 0) FAIL(ERR_CONFIG, "linformer: a projection matrix has k columns and no stride (stride: 0)");
    if (o->projection == PROJECT_MATRIX && o->k == 0) FAIL(ERR_CONFIG, "linformer: a projection matrix needs its number of columns, k");
    if (o->k > 0 && o->stride > 0) FAIL(ERR_CONFIG, "linformer: either k or stride is fixed, not both; k: 0 goes with stride: %lld", (long long)o->stride);
    if (o->k == 0 && o->stride == 0) FAIL(ERR_CONFIG, "linformer: want k or stride");
    if (o->projection == PROJECT_CONV && o->stride == 0) FAIL(ERR_CONFIG, "linformer: conv has as many weights as its stride; want k: 0 and a stride");
    return OK;
}

static const char *linformer_refuses_length(const void *options, size_t trained, size_t length)
{
    const struct linformer_options *o = options;
    if (o->projection != PROJECT_MATRIX || length <= trained) return NULL;
    return "the projection matrix of linformer has no rows beyond the training length";
}

static weight projection_weight(struct builder *b, const struct linformer_options *o, const char *name)
{
    const struct model_options *m = builder_model(b);
    const size_t sets = o->sharing == SHARE_NONE ? (size_t)m->heads : 1;
    struct parameter p = {.name = name, .init = INIT_UNIFORM};
    if (o->projection == PROJECT_MATRIX) {
        p.rows = builder_train_length(b) + (m->pooling == POOL_CLS); /* the CLS row is one more */
        p.cols = sets * (size_t)o->k;
        p.value = sqrt(3.0 / (double)(p.rows + (size_t)o->k));
    } else {
        p.rows = (size_t)o->stride;
        p.cols = sets;
        p.value = 1 / sqrt((double)o->stride);
    }
    return o->sharing == SHARE_LAYERS ? builder_shared_parameter(b, p) : builder_parameter(b, p);
}

static void linformer_build(struct builder *b, const void *options, void *layer)
{
    struct linformer *a = layer;
    const struct linformer_options *o = a->options = options;
    heads_build(b, &o->heads, &a->heads);
    if (o->projection == PROJECT_MEAN || o->projection == PROJECT_MAX) return;
    a->E = projection_weight(b, o, "E");
    a->F = o->sharing == SHARE_NONE || o->sharing == SHARE_HEADS ? projection_weight(b, o, "F") : a->E;
}

static size_t slots_of(const struct linformer_options *o, size_t T)
{
    if (o->projection == PROJECT_MATRIX) return (size_t)o->k;
    if (o->stride > 0) return (T + (size_t)o->stride - 1) / (size_t)o->stride;
    return T < (size_t)o->k ? T : (size_t)o->k;
}

/* First row, of T, of slot c. */
static size_t slot_start(const struct linformer_options *o, size_t T, size_t c)
{
    const size_t at = o->stride > 0 ? c * (size_t)o->stride : c * T / slots_of(o, T);
    return at < T ? at : T;
}

/* The slots of a pack, laid end to end. */
struct layout {
    struct slots slots;
    size_t *offset;          /* n + 1: each example's first slot                 */
    unsigned char *visible;  /* slots with a valid row; NULL: all                */
};

static struct layout *lay_out(struct pass *p, const struct linformer_options *o)
{
    const struct pack *pack = p->pack;
    arena *memory = p->tape->memory;
    struct layout *s = ARENA_NEW(memory, struct layout);
    *s = (struct layout){.slots.valid = pack->valid, .offset = ARENA_ZEROS(memory, size_t, pack->n + 1)};
    for (size_t e = 0; e < pack->n; e++) s->offset[e + 1] = s->offset[e] + slots_of(o, pack->offset[e + 1] - pack->offset[e]);
    s->slots.n = s->offset[pack->n];
    if (o->projection == PROJECT_MATRIX) return s;
    size_t *row = ARENA_ARRAY(memory, size_t, s->slots.n + 1);
    for (size_t e = 0; e < pack->n; e++)
        for (size_t c = s->offset[e]; c < s->offset[e + 1]; c++)
            row[c] = pack->offset[e] + slot_start(o, pack->offset[e + 1] - pack->offset[e], c - s->offset[e]);
    row[s->slots.n] = pack_rows(pack);
    s->slots.row = row;
    if (!pack->valid) return s;
    s->visible = ARENA_ZEROS(memory, unsigned char, s->slots.n);
    for (size_t c = 0; c < s->slots.n; c++)
        for (size_t i = row[c]; i < row[c + 1]; i++) s->visible[c] |= pack->valid[i];
    return s;
}

/* Rows that are not valid become 0. */
static node *valid_rows(struct pass *p, node *x)
{
    if (!p->pack->valid) return x;
    real *factor = ARENA_ARRAY(p->tape->memory, real, x->rows);
    for (size_t i = 0; i < x->rows; i++) factor[i] = p->pack->valid[i] ? 1 : 0;
    return scale_rows(p->tape, x, factor);
}

static node *into_slots(struct pass *p, const struct linformer *a, const struct layout *s, node *x, weight W)
{
    static const enum slot_kind kinds[] = {SLOT_SUM, SLOT_MEAN, SLOT_MAX, SLOT_SUM}; /* enum projection */
    const int by = a->options->projection;
    if (by == PROJECT_MATRIX)
        return project_rows(p->tape, p->pack, valid_rows(p, x), pass_weight(p, W), p->heads, (size_t)a->options->k);
    return slot_rows(p->tape, x, &s->slots, kinds[by], pass_weight(p, W));
}

static node *linformer_forward(struct pass *p, const void *layer, node *x)
{
    static const struct pattern all = {-PATTERN_FAR, PATTERN_FAR, 1};
    const struct linformer *a = layer;
    const struct layout *s = lay_out(p, a->options);
    node *q = heads_q(p, &a->heads, x);
    node *k = into_slots(p, a, s, heads_k(p, &a->heads, x), a->E);
    node *v = into_slots(p, a, s, heads_v(p, &a->heads, x), a->F);
    const struct attention_request rq = {
        .pack = p->pack, .heads = p->heads, .scale = (real)(1 / sqrt((double)p->head_width)),
        .drop = pass_dropout(p, p->attention_dropout, 0), .pieces = 1,
        .piece = {{.q = q, .k = k, .v = v, .key_offset = s->offset, .pattern = &all, .visible = s->visible}},
    };
    return heads_out(p, &a->heads, softmax_attention(p->tape, &rq));
}

static double linformer_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    (void)causal;
    const struct linformer_options *o = options;
    const double n = (double)T, slots = (double)slots_of(o, T), HD = (double)m->heads * (double)heads_width(m);
    const double mixed = o->projection == PROJECT_MATRIX ? n * slots : n; /* (row, slot) pairs */
    return heads_flops(m, T, n * slots) + 4 * mixed * HD;
}

const struct attention attention_linformer = {
    .name = "linformer",
    .title = "keys and values projected along the length",
    .paper = "Wang et al. 2020, arXiv:2006.04768",
    .source = REACH_SOURCE,
    .can = CAN_BIDIRECTIONAL, /* any length too, but for the matrix; see refuses_length */
    .options = linformer_option_table,
    .options_size = sizeof(struct linformer_options),
    .layer_size = sizeof(struct linformer),
    .check = linformer_check,
    .build = linformer_build,
    .forward = linformer_forward,
    .refuses_length = linformer_refuses_length,
    .flops = linformer_flops,
};
