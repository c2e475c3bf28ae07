/* compressive.c -- Transformer-XL whose oldest memories are compressed instead of forgotten.
 *
 * Rae et al., "Compressive Transformers for Long-Range Sequence Modelling", arXiv:1911.05507, sec. 3:
 *
 *   attend     C = [ sg(CM); sg(M); X ]          keys and values of a segment X of n rows, oldest first; else transformer_xl.c
 *   update     old = the oldest rows of [M; X] beyond the last n_m,  M <- the others
 *              new = f_c(old)                     one row for every c (compression.h)
 *              CM <- last n_cm rows of [CM; new]
 *
 * All are inputs of this layer before its norm, (rows, C); memory is normed and projected anew when it is read.  Distances
 * count places in C, so a compressed slot is one step.  A layer reaches back n + n_m + c n_cm rows.
 *
 * f_c learns from a loss of its own, on every update, with means over all numbers; the task's loss does not reach f_c, nor
 * this one anything but f_c (and g), as old, h, Wq, Wk, Wv and the norm are constants in it:
 *
 *   auto_encoding    || old - g(f_c(old)) ||^2              g: one linear map of a slot to each of its c rows
 *   reconstruction   || a(h, old) - a(h, f_c(old)) ||^2     a: attention of the segment h to all of old or new by content alone,
 *                                                           no positions, no mask, up to the heads' outputs
 *   bptt             none: the task's loss reaches f_c through the slots of the update before each segment, whose `old` stays
 *                    constant; segments after that one, and the next part of a text, see them as constants
 *
 * Only whole groups of c rows leave, so M has up to c - 1 rows more than n_m.  Groups are therefore counted from the first row
 * of an example's memory whatever the segments are, and all slots of a window are made at once: segment s sees a range of
 * them.  The convolution `dilated` alone knows the ends of each update's old.  most_used keeps, of each update's old, the c-th
 * part that was attended to most, in order of time; a first pass without gradient finds it (most_used.h).
 *
 * Carried: M, CM, and with most_used (sum of weights, queries) for each row of M.  No gradient flows into them.
 * Time O(T (n + n_m + n_cm) D), memory O(T D).  With n_cm = 0 this is transformer_xl.
 *
 * Traps.  A short last segment updates M like any other.  Rows that are not valid keep their place in M but are not seen, nor
 * are slots of such rows alone, and none is carried on.  They do count as queries for most_used.
 */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "model/model.h"
#include "variants/attention/compression.h"
#include "variants/attention/heads.h"
#include "variants/attention/memories.h"
#include "variants/attention/most_used.h"
#include "variants/attention/relative.h"

enum loss { LOSS_AUTO, LOSS_NONE, LOSS_AUTO_ENCODING, LOSS_RECONSTRUCTION, LOSS_BPTT };
static const char *const loss_names[] = {"auto", "none", "auto_encoding", "reconstruction", "bptt", NULL};

struct compressive_options {
    int64_t segment, memory, compressed, rate, test_segment, test_memory, test_compressed, clamp;
    int     compression, loss;
    double  loss_weight;
    bool    same_length;
};

#define AT(field) offsetof(struct compressive_options, field)
static const struct option compressive_option_table[] = {
    {"memory", OPTION_INT, AT(memory), "64", 0, 1 << 24, NULL, "rows of earlier segments that a segment sees (n_m)"},
    {"compressed", OPTION_INT, AT(compressed), "64", 0, 1 << 24, NULL, "compressed slots that it sees besides (n_cm)"},
    {"rate", OPTION_INT, AT(rate), "4", 1, 1 << 16, NULL, "rows that make one slot (c)"},
    {"compression", OPTION_CHOICE, AT(compression), "convolution", 0, 0, compression_names, "how: a pool, a convolution with a stride, dilated ones before it, or the most used rows alone"},
    {"loss", OPTION_CHOICE, AT(loss), "auto", 0, 0, loss_names, "what trains a convolution; auto: reconstruction if there is one, else none"},
    {"loss_weight", OPTION_REAL, AT(loss_weight), "1", 0, 1e6, NULL, "factor of that loss"},
    {"segment", OPTION_INT, AT(segment), "128", 0, 1 << 24, NULL, "rows of a segment (n); 0: the training length"},
    {"test_memory", OPTION_INT, AT(test_memory), "-1", -1, 1 << 24, NULL, "memory when testing; -1: as in training"},
    {"test_compressed", OPTION_INT, AT(test_compressed), "-1", -1, 1 << 24, NULL, "compressed slots when testing; -1: as in training"},
    {"test_segment", OPTION_INT, AT(test_segment), "0", 0, 1 << 24, NULL, "segment when testing; 0: as in training"},
    {"clamp", OPTION_INT, AT(clamp), "0", 0, 1 << 24, NULL, "larger distances count as this one; 0: none do"},
    {"same_length", OPTION_BOOL, AT(same_length), "false", 0, 0, NULL, "a row sees only the last `memory` + `compressed` keys, itself included"},
    {.name = NULL},
};

struct compressive {
    const struct compressive_options *options;
    struct heads       heads;
    struct relative    relative;
    struct compression f;
    struct memories    memories;
};

/* Of training or of testing. */
static struct memory_sizes sizes_of(const struct compressive_options *o, size_t trained, bool training)
{
    struct memory_sizes z = {.segment = o->segment ? (size_t)o->segment : trained, .memory = (size_t)o->memory,
                             .compressed = (size_t)o->compressed};
    if (!training && o->test_segment > 0) z.segment = (size_t)o->test_segment;
    if (!training && o->test_memory >= 0) z.memory = (size_t)o->test_memory;
    if (!training && o->test_compressed >= 0) z.compressed = (size_t)o->test_compressed;
    z.rate = z.compressed ? (size_t)o->rate : 1; /* what is forgotten needs no whole groups */
    return z;
}

static enum loss loss_of(const struct compressive_options *o)
{
    if (o->loss != LOSS_AUTO) return (enum loss)o->loss;
    return compression_learns(o->compression) && o->compressed > 0 ? LOSS_RECONSTRUCTION : LOSS_NONE;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static status compressive_check(const void *options, const struct model_options *m, bool causal)
{
    (void)m, (void)causal;
    const struct compressive_options *o = options;
    const struct memory_sizes train = sizes_of(o, 1, true), test = sizes_of(o, 1, false);
    if (train.compressed == 0 && loss_of(o) != LOSS_NONE)
        FAIL(ERR_CONFIG, "compressive: with compressed: 0 nothing is compressed, so there is no loss %s; want auto or none", loss_names[o->loss]);
    if (train.compressed == 0 && test.compressed > 0 && compression_learns(o->compression))
        FAIL(ERR_CONFIG, "compressive: a %s that training never used (compressed: 0) cannot fill test_compressed: %lld", compression_names[o->compression], (long long)o->test_compressed);
    if (o->loss == LOSS_BPTT && !compression_learns(o->compression))
        FAIL(ERR_CONFIG, "compressive: %s has nothing to learn by loss: bptt; want convolution or dilated", compression_names[o->compression]);
    if (o->loss == LOSS_BPTT && o->segment == 0)
        FAIL(ERR_CONFIG, "compressive: loss: bptt needs several segments in a training window; want a segment shorter than that");
    if (o->same_length && (train.memory + train.compressed == 0 || test.memory + test.compressed == 0))
        FAIL(ERR_CONFIG, "compressive: same_length lets a row see `memory` + `compressed` keys, itself included, so they must be at least 1");
    return OK;
}

static void compressive_build(struct builder *b, const void *options, void *layer)
{
    struct compressive *a = layer;
    const struct compressive_options *o = a->options = options;
    const struct memory_sizes train = sizes_of(o, builder_train_length(b), true), test = sizes_of(o, builder_train_length(b), false);
    const size_t longest = larger(train.segment, test.segment), memory = larger(memory_most(&train), memory_most(&test));
    const size_t compressed = larger(train.compressed, test.compressed), C = (size_t)builder_model(b)->width;
    const size_t seen = larger(memory_most(&train) + train.compressed, memory_most(&test) + test.compressed);
    heads_build(b, &(struct heads_options){0}, &a->heads);
    relative_build(b, longest, seen, (size_t)o->clamp, &a->relative);
    a->f = (struct compression){.rate = 1};
    a->memories.memory = builder_carry(b, "memory", larger(memory, 1), C); /* there even if no row ever stays */
    if (!compressed) return;
    compression_build(b, (enum compression_kind)o->compression, (size_t)o->rate, loss_of(o) == LOSS_AUTO_ENCODING, &a->f);
    a->memories.compressed = builder_carry(b, "compressed", compressed, C);
    if (o->compression == COMPRESS_MOST_USED) a->memories.usage = builder_carry(b, "usage", larger(memory, 1), 2);
}

/* ---- losses ----------------------------------------------------------------------------------------------------- */

static void add_loss(struct pass *p, const struct compressive *a, node *sum, double count)
{
    real *factor = ARENA_ARRAY(p->tape->memory, real, 1);
    factor[0] = (real)a->options->loss_weight;
    pass_add_auxiliary(p, scale_rows(p->tape, sum, factor), count);
}

/* The pass with this layer's norm, Wk and Wv as constants. */
static struct pass frozen(const struct pass *p, const struct heads *h)
{
    struct pass still = *p;
    const weight constant[] = {h->k, h->v, p->norm_gain, p->norm_bias};
    const size_t n = p->model->n_parameters;
    still.weights = ARENA_ARRAY(p->tape->memory, node *, n);
    memcpy(still.weights, p->weights, n * sizeof *still.weights);
    for (size_t i = 0; i < sizeof constant / sizeof *constant; i++)
        if (constant[i].number) still.weights[constant[i].number - 1] = detached(p->tape, pass_weight(&still, constant[i]));
    return still;
}

/* k and v: of the histories, which are `old` too.  Every segment at whose end something left asks all of it. */
static void add_reconstruction(struct pass *p, const struct compressive *a, const struct window *w, const struct update *u, node *q,
                               node *k, node *v)
{
    static const struct pattern everything = {-PATTERN_FAR, PATTERN_FAR, 1};
    struct pass still = frozen(p, &a->heads);
    node *new = pass_normed(&still, u->new);
    struct range old = range_new(p, w), slots = range_new(p, w);
    double count = 0;
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s], gone = smaller(w->gone[s], w->made[e]), goes = smaller(w->goes[s], w->made[e]);
        old.from[s] = w->past.offset[e] + gone, old.to[s] = w->past.offset[e] + goes;
        slots.from[s] = (u->offset[e] + gone) / w->size.rate, slots.to[s] = (u->offset[e] + goes) / w->size.rate;
        if (goes > gone) count += (double)((w->segment->offset[s + 1] - w->segment->offset[s]) * q->cols);
    }
    struct attention_request rq = {.pack = w->segment, .heads = p->heads, .scale = (real)(1 / sqrt((double)p->head_width)), .pieces = 1};
    rq.piece[0] = (struct attention_source){
        .q = detached(p->tape, q), .k = detached(p->tape, k), .v = detached(p->tape, v), .key_offset = old.from, .key_end = old.to,
        .pattern = &everything, .visible = w->past.visible};
    node *wanted = softmax_attention(p->tape, &rq);
    rq.piece[0] = (struct attention_source){
        .q = detached(p->tape, q), .k = heads_k(&still, &a->heads, new), .v = heads_v(&still, &a->heads, new), .key_offset = slots.from,
        .key_end = slots.to, .pattern = &everything, .visible = u->visible};
    add_loss(p, a, squared_difference(p->tape, wanted, softmax_attention(p->tape, &rq)), count);
}

static void add_auto_encoding(struct pass *p, const struct compressive *a, const struct update *u)
{
    node *back = decompress(p, &a->f, u->new);
    add_loss(p, a, squared_difference(p->tape, u->old, back), (double)(u->old->rows * u->old->cols));
}

/* bptt: the slots of the update just before a segment get the gradient of its keys and values; older ones stay constants.  The
 * last piece is CM as constants, whose ranges give them up. */
static void split_fresh(struct pass *p, const struct compressive *a, const struct window *w, const struct update *u,
                        const struct range *stale, struct attention_request *rq)
{
    const struct attention_source *CM = &rq->piece[rq->pieces - 1];
    struct attention_source *fresh = &rq->piece[rq->pieces++];
    struct range r = range_new(p, w);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s], c = w->size.rate, gone = s > 0 && w->example[s - 1] == e ? w->gone[s - 1] : w->gone[s];
        const size_t n = smaller((w->gone[s] - gone) / c, stale->to[s] - stale->from[s]);
        r.to[s] = (u->offset[e] + w->gone[s]) / c;
        r.from[s] = r.to[s] - n;
        stale->to[s] -= n;
        r.first[s] = stale->first[s] + (ptrdiff_t)(stale->to[s] - stale->from[s]);
    }
    node *x = pass_normed(p, u->new);
    *fresh = *CM;
    fresh->k = heads_k(p, &a->heads, x), fresh->v = heads_v(p, &a->heads, x);
    fresh->key_offset = r.from, fresh->key_end = r.to, fresh->key_first = r.first;
    fresh->visible = u->visible;
}

/* ---- the layer -------------------------------------------------------------------------------------------------- */

static node *compressive_forward(struct pass *p, const void *layer, node *x)
{
    const struct compressive *a = layer;
    const struct compressive_options *o = a->options;
    arena *m = p->tape->memory;
    const enum loss loss = p->training ? loss_of(o) : LOSS_NONE;
    const bool leaving = p->pack->state_out != NULL;
    const bool last_update = leaving || loss == LOSS_AUTO_ENCODING || loss == LOSS_RECONSTRUCTION;
    const struct window w = window_of(p, &a->memories, sizes_of(o, p->train_length, p->training), last_update);
    const ptrdiff_t far = o->same_length ? (ptrdiff_t)(w.size.memory + w.size.compressed) - 1 : PATTERN_FAR;
    struct pattern *pattern = ARENA_ARRAY(m, struct pattern, 2);
    pattern[0] = (struct pattern){p->causal ? 0 : -PATTERN_FAR, far, 1}, pattern[1] = (struct pattern){-PATTERN_FAR, far, 1};

    node *q = heads_q(p, &a->heads, x), *told[2];
    const real scale = (real)(1 / sqrt((double)p->head_width));
    const struct score_term *term = relative_term(p, &a->relative, w.segment, q, scale, told);
    struct attention_request rq = {.pack = w.segment, .heads = p->heads, .scale = scale, .drop = pass_dropout(p, p->attention_dropout, 0)};
    const struct attention_source piece = {.q = relative_query(p, &a->relative, q), .term = term, .term_input = {told[0], told[1]}};
    struct attention_source *X = &rq.piece[rq.pieces++];
    *X = piece;
    X->k = heads_k(p, &a->heads, x), X->v = heads_v(p, &a->heads, x);
    X->pattern = &pattern[0], X->visible = p->pack->valid;

    const struct range memory = memory_range(p, &w);
    if (w.past.x) {
        node *c = pass_normed(p, w.past.x);
        struct attention_source *M = &rq.piece[rq.pieces++];
        *M = piece;
        M->k = heads_k(p, &a->heads, c), M->v = heads_v(p, &a->heads, c);
        M->key_offset = memory.from, M->key_end = memory.to, M->key_first = memory.first;
        M->pattern = &pattern[1], M->visible = w.past.visible;
    }

    const struct range compressed = compressed_range(p, &w, &memory);
    struct usage usage = {0};
    struct update update = update_of(p, &w);
    if (a->memories.usage.number) usage = usage_of(p, &a->memories, &w);
    const bool by_use = o->compression == COMPRESS_MOST_USED && w.size.compressed;
    if (by_use && (update.old || (leaving && w.past.x)))
        choose_most_used(p, &a->memories, &w, &a->heads, &a->relative, q, &rq, &compressed, &usage, &update);
    else if (update.old) update.new = compress(p, &a->f, update.old, update.n_runs, update.run, update.valid);

    const struct compressed slots = compressed_of(p, &a->memories, &w, &update);
    if (slots.x) {
        node *c = pass_normed(p, slots.x);
        struct attention_source *CM = &rq.piece[rq.pieces++];
        *CM = piece;
        CM->k = heads_k(p, &a->heads, c), CM->v = heads_v(p, &a->heads, c);
        CM->key_offset = compressed.from, CM->key_end = compressed.to, CM->key_first = compressed.first;
        CM->pattern = &pattern[1], CM->visible = slots.visible;
    }
    if (update.new && loss == LOSS_BPTT) split_fresh(p, a, &w, &update, &compressed, &rq);
    if (update.new && loss == LOSS_AUTO_ENCODING) add_auto_encoding(p, a, &update);
    if (update.new && loss == LOSS_RECONSTRUCTION) add_reconstruction(p, a, &w, &update, q, rq.piece[1].k, rq.piece[1].v);
    if (leaving) memories_leave(p, &a->memories, &w, &slots, &usage);
    return heads_out(p, &a->heads, softmax_attention(p->tape, &rq));
}

static size_t compressive_stops_at(const void *options, size_t trained)
{
    const struct compressive_options *o = options;
    return o->memory || o->compressed ? sizes_of(o, trained, true).segment : 0;
}

/* Of training: losses left out, as they are no part of a forward pass that tests. */
static double compressive_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct compressive_options *o = options;
    const struct memory_sizes z = sizes_of(o, T, true);
    const double HD = (double)m->heads * (double)heads_width(m), C = (double)m->width;
    double pairs = 0;
    size_t before_last = 0, gone = 0;
    for (size_t at = 0; at < T; at += z.segment) {
        const size_t rows = smaller(z.segment, T - at);
        before_last = at, gone = memory_left(&z, at);
        const double seen = (double)(at - gone) + (double)smaller(gone / z.rate, z.compressed);
        pairs += heads_pairs(causal, rows) + (double)rows * seen;
    }
    const double slots = z.compressed ? (double)(gone / z.rate) : 0;
    const double distances = (double)(smaller(z.segment, T) + memory_most(&z) + z.compressed);
    double flops = heads_flops(m, T, 1.5 * pairs) + (4 * ((double)before_last + slots) + 2 * distances) * C * HD;
    if (z.compressed) flops += (double)gone * compression_flops(o->compression, C);
    if (z.compressed && o->compression == COMPRESS_MOST_USED) flops += (6 + 4) * pairs * HD; /* the first pass, its weights again */
    return flops;
}

const struct attention attention_compressive = {
    .name = "compressive",
    .title = "memory, and compressed older memory",
    .paper = "Rae et al. 2019, arXiv:1911.05507",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_STATE | CAN_AUX | CAN_OWN_POSITIONS,
    .options = compressive_option_table,
    .options_size = sizeof(struct compressive_options),
    .layer_size = sizeof(struct compressive),
    .check = compressive_check,
    .build = compressive_build,
    .forward = compressive_forward,
    .stops_at = compressive_stops_at,
    .flops = compressive_flops,
};
