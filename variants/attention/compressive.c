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
 * part with the largest mean weight over the queries since a row is in M, and all heads, in order of time; of equals the newer.
 * Those weights depend on the slots chosen before, so a first pass without gradient goes from segment to segment.
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
#include "variants/attention/past.h"
#include "variants/attention/relative.h"
#include "variants/attention/segments.h"

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
    {"segment", OPTION_INT, AT(segment), "0", 0, 1 << 24, NULL, "rows of a segment (n); 0: the training length"},
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
    carry memory, compressed, usage;
};

/* Sizes of training or of testing. */
struct sizes {
    size_t segment, memory, compressed, rate;
};

static struct sizes sizes_of(const struct compressive_options *o, size_t trained, bool training)
{
    struct sizes z = {.segment = o->segment ? (size_t)o->segment : trained, .memory = (size_t)o->memory,
                      .compressed = (size_t)o->compressed};
    if (!training && o->test_segment > 0) z.segment = (size_t)o->test_segment;
    if (!training && o->test_memory >= 0) z.memory = (size_t)o->test_memory;
    if (!training && o->test_compressed >= 0) z.compressed = (size_t)o->test_compressed;
    z.rate = z.compressed ? (size_t)o->rate : 1; /* what is forgotten needs no whole groups */
    return z;
}

static size_t most_memory(const struct sizes *z) { return z->memory + z->rate - 1; }

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
    const struct sizes train = sizes_of(o, 1, true), test = sizes_of(o, 1, false);
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
    const struct sizes train = sizes_of(o, builder_train_length(b), true), test = sizes_of(o, builder_train_length(b), false);
    const size_t longest = larger(train.segment, test.segment), memory = larger(most_memory(&train), most_memory(&test));
    const size_t compressed = larger(train.compressed, test.compressed), C = (size_t)builder_model(b)->width;
    ptrdiff_t high = (ptrdiff_t)(longest + larger(most_memory(&train) + train.compressed, most_memory(&test) + test.compressed)) - 1;
    ptrdiff_t low = builder_causal(b) ? 0 : 1 - (ptrdiff_t)longest;
    if (o->clamp && high > o->clamp) high = (ptrdiff_t)o->clamp;
    if (o->clamp && low < -o->clamp) low = -(ptrdiff_t)o->clamp;
    heads_build(b, &(struct heads_options){0}, &a->heads);
    relative_build(b, low, high, &a->relative);
    a->f = (struct compression){.rate = 1};
    a->memory = builder_carry(b, "memory", larger(memory, 1), C); /* there even if no row ever stays */
    if (!compressed) return;
    compression_build(b, (enum compression_kind)o->compression, (size_t)o->rate, loss_of(o) == LOSS_AUTO_ENCODING, &a->f);
    a->compressed = builder_carry(b, "compressed", compressed, C);
    if (o->compression == COMPRESS_MOST_USED) a->usage = builder_carry(b, "usage", larger(memory, 1), 2);
}

/* ---- what a window's segments see ------------------------------------------------------------------------------- */

/* An example's history: the memory it carried in, then its own rows.  Its slots: those it carried in, then new ones. */
struct window {
    struct sizes       size;
    const struct pack *segment;
    const size_t      *example;         /* of each segment                                              */
    struct past        past;            /* as much of the histories as is read                          */
    size_t            *gone, *goes;     /* per segment: rows of the history that left before it, and by its end */
    size_t            *made;            /* per example: rows of the history that slots are made of      */
    size_t            *had, *slot;      /* per example: slots carried in; n + 1: the first of its slots */
};

static struct carried carried_in(const struct pass *p, carry c, size_t e)
{
    return c.number ? pass_carried(p, c, e) : (struct carried){0};
}

/* Rows that left M when the history has so many: whole groups of what is beyond the last n_m. */
static size_t left(const struct sizes *z, size_t rows)
{
    return rows > z->memory ? (rows - z->memory) / z->rate * z->rate : 0;
}

static bool last_of_example(const struct window *w, size_t s)
{
    return s + 1 == w->segment->n || w->example[s + 1] != w->example[s];
}

/* `after_last`: the last segment's update is wanted too. */
static struct window window_of(struct pass *p, const struct compressive *a, bool after_last)
{
    arena *m = p->tape->memory;
    struct window w = {.size = sizes_of(a->options, p->train_length, p->training)};
    const struct pack *pack = p->pack, *segment = w.segment = segments_of(p, w.size.segment, &w.example);
    size_t *own = ARENA_ZEROS(m, size_t, pack->n);
    w.gone = ARENA_ARRAY(m, size_t, segment->n), w.goes = ARENA_ARRAY(m, size_t, segment->n);
    w.made = ARENA_ZEROS(m, size_t, pack->n);
    w.had = ARENA_ZEROS(m, size_t, pack->n), w.slot = ARENA_ZEROS(m, size_t, pack->n + 1);
    for (size_t s = 0; s < segment->n; s++) {
        const size_t e = w.example[s], begin = pack->offset[e];
        const size_t memory = smaller(carried_in(p, a->memory, e).rows, most_memory(&w.size));
        w.gone[s] = left(&w.size, memory + segment->offset[s] - begin);
        w.goes[s] = left(&w.size, memory + segment->offset[s + 1] - begin);
        own[e] = segment->offset[s] - begin; /* in the end: rows before the last segment */
        if (w.size.compressed) w.made[e] = after_last ? w.goes[s] : w.gone[s];
        if (w.made[e] > memory + own[e]) own[e] = w.made[e] - memory;
    }
    for (size_t e = 0; e < pack->n; e++) {
        w.had[e] = smaller(carried_in(p, a->compressed, e).rows, w.size.compressed);
        w.slot[e + 1] = w.slot[e] + w.had[e] + w.made[e] / w.size.rate;
    }
    w.past = past_of(p, a->memory, most_memory(&w.size), own);
    return w;
}

/* Ranges of keys, one per segment. */
struct range {
    size_t    *from, *to;
    ptrdiff_t *first;
};

static struct range range_new(struct pass *p, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t n = w->segment->n;
    return (struct range){ARENA_ARRAY(m, size_t, n), ARENA_ARRAY(m, size_t, n), ARENA_ARRAY(m, ptrdiff_t, n)};
}

/* M of each segment, in w->past. */
static struct range memory_range(struct pass *p, const struct window *w)
{
    struct range r = range_new(p, w);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s];
        const size_t rows = w->past.carried[e] + w->segment->offset[s] - p->pack->offset[e];
        r.from[s] = w->past.offset[e] + w->gone[s];
        r.to[s] = w->past.offset[e] + rows;
        r.first[s] = w->segment->first[s] - (ptrdiff_t)(rows - w->gone[s]);
    }
    return r;
}

/* CM of each segment, among all slots. */
static struct range compressed_range(struct pass *p, const struct window *w, const struct range *memory)
{
    struct range r = range_new(p, w);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s], slots = w->had[e] + w->gone[s] / w->size.rate, n = smaller(slots, w->size.compressed);
        r.to[s] = w->slot[e] + slots;
        r.from[s] = r.to[s] - n;
        r.first[s] = memory->first[s] - (ptrdiff_t)n;
    }
    return r;
}

/* ---- compression ------------------------------------------------------------------------------------------------ */

/* Everything that left memory in this window, update by update, and what became of it. */
struct update {
    node   *old;              /* (rows, C): constants, hidden rows 0; NULL if nothing left             */
    unsigned char *valid;     /* per row of old; NULL: all                                             */
    unsigned char *visible;   /* per row of new; NULL: all                                             */
    size_t *offset;           /* pack->n + 1: each example's first row of old                          */
    size_t *run, n_runs;      /* the updates; those of segments at whose end nothing left are empty    */
    node   *new;              /* (rows / c, C); NULL if nothing left                                   */
};

static struct update gather_old(struct pass *p, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols;
    struct update u = {.offset = ARENA_ZEROS(m, size_t, p->pack->n + 1), .run = ARENA_ZEROS(m, size_t, w->segment->n + 1)};
    for (size_t e = 0; e < p->pack->n; e++) u.offset[e + 1] = u.offset[e] + w->made[e];
    const size_t rows = u.offset[p->pack->n];
    if (rows == 0) return u;
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s];
        u.run[++u.n_runs] = u.offset[e] + smaller(w->goes[s], w->made[e]);
    }
    u.old = tape_leaf(p->tape, rows, C, ARENA_ARRAY(m, real, rows * C), NULL);
    if (w->past.visible) u.valid = ARENA_ARRAY(m, unsigned char, rows);
    for (size_t e = 0; e < p->pack->n; e++) {
        memcpy(u.old->val + u.offset[e] * C, w->past.x->val + w->past.offset[e] * C, w->made[e] * C * sizeof(real));
        if (u.valid) memcpy(u.valid + u.offset[e], w->past.visible + w->past.offset[e], w->made[e]);
    }
    if (!u.valid) return u;
    u.visible = ARENA_ZEROS(m, unsigned char, rows / w->size.rate);
    for (size_t i = 0; i < rows; i++) {
        u.visible[i / w->size.rate] |= u.valid[i];
        if (!u.valid[i]) memset(u.old->val + i * C, 0, C * sizeof(real));
    }
    return u;
}

/* All slots of all examples. */
struct slots_of_window {
    node          *x;       /* (slots, C), constants; NULL if there are none */
    unsigned char *visible; /* NULL: all                                     */
};

static struct slots_of_window slots_of_window(struct pass *p, const struct compressive *a, const struct window *w, const struct update *u)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols, n = w->slot[p->pack->n], c = w->size.rate;
    struct slots_of_window r = {0};
    if (n == 0) return r;
    r.x = tape_leaf(p->tape, n, C, ARENA_ARRAY(m, real, n * C), NULL);
    if (w->past.visible) r.visible = ARENA_ARRAY(m, unsigned char, n);
    for (size_t e = 0; e < p->pack->n; e++) {
        const struct carried in = carried_in(p, a->compressed, e);
        const size_t first = w->slot[e] + w->had[e], made = w->slot[e + 1] - first, from = u->offset[e] / c;
        if (w->had[e]) memcpy(r.x->val + w->slot[e] * C, in.value + (in.rows - w->had[e]) * C, w->had[e] * C * sizeof(real));
        if (made) memcpy(r.x->val + first * C, u->new->val + from * C, made * C * sizeof(real));
        if (!r.visible) continue;
        memset(r.visible + w->slot[e], 1, w->had[e]);
        memcpy(r.visible + first, u->visible + from, made);
    }
    return r;
}

/* ---- most used -------------------------------------------------------------------------------------------------- */

/* Weight that each row of w->past received in memory, summed over heads and queries, and how many queries that were by the end
 * of segment s. */
struct usage {
    real *received;
    real *before;   /* queries of earlier windows */
};

static struct usage usage_of(struct pass *p, const struct compressive *a, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t rows = w->past.offset[p->pack->n];
    struct usage u = {ARENA_ZEROS(m, real, rows), ARENA_ZEROS(m, real, rows)};
    for (size_t e = 0; e < p->pack->n; e++) {
        const struct carried in = carried_in(p, a->usage, e);
        for (size_t i = 0; i < w->past.carried[e] && i < in.rows; i++) {
            const real *row = in.value + (in.rows - w->past.carried[e] + i) * 2;
            u.received[w->past.offset[e] + i] = row[0];
            u.before[w->past.offset[e] + i] = row[1];
        }
    }
    return u;
}

/* Queries that have seen row i of the history in memory by the end of segment s: all own rows after its own segment. */
static real queries_since(struct pass *p, const struct window *w, const struct usage *u, size_t s, size_t i)
{
    const size_t e = w->example[s], carried = w->past.carried[e], rows = w->segment->offset[s + 1] - p->pack->offset[e];
    if (i < carried) return u->before[w->past.offset[e] + i] + (real)rows;
    const size_t inserted = ((i - carried) / w->size.segment + 1) * w->size.segment;
    return rows > inserted ? (real)(rows - inserted) : 0;
}

static bool more_used(real a, real b, bool newer)
{
    return a > b || (a == b && newer);
}

/* Of rows gone..goes of segment s's history the c-th part with the largest mean use; their numbers in the history, ascending. */
static void choose_most_used(struct pass *p, const struct window *w, const struct usage *u, size_t s, size_t *chosen)
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

/* One segment after another, without gradients: attend, add up the weights, choose.  `request` holds the pieces X and M; q is
 * without u.  Sets usage, u->new and u->visible. */
static void choose_by_use(struct pass *p, const struct compressive *a, const struct window *w, struct update *u,
                               const struct usage *usage, node *q, const struct attention_request *request, const struct range *slots)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols, c = w->size.rate, made = u->offset[p->pack->n] / c;
    const struct attention_source *X = &request->piece[0], *M = &request->piece[1];
    const size_t HD = X->k->cols;
    if (made) u->new = tape_leaf(p->tape, made, C, ARENA_ZEROS(m, real, made * C), NULL);
    /* keys and values of all slots: those carried in are known, the others are copied from M as they are chosen */
    const struct slots_of_window all = slots_of_window(p, a, w, u);
    node *x = all.x ? pass_normed(p, all.x) : NULL, *k = NULL, *v = NULL;
    if (x) k = detached(p->tape, heads_k(p, &a->heads, x)), v = detached(p->tape, heads_v(p, &a->heads, x));

    struct pack one = *w->segment;
    one.n = 1;
    node *told[2];
    const struct score_term *term = relative_term(p, &a->relative, &one, detached(p->tape, q), request->scale, told);
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
        choose_most_used(p, w, usage, s, chosen);
        for (size_t i = 0; i < (w->goes[s] - w->gone[s]) / c; i++) {
            const size_t row = w->past.offset[e] + chosen[i], number = w->gone[s] / c + i;
            const size_t from = u->offset[e] / c + number, at = w->slot[e] + w->had[e] + number;
            memcpy(u->new->val + from * C, w->past.x->val + row * C, C * sizeof(real));
            memcpy(k->val + at * HD, M->k->val + row * HD, HD * sizeof(real));
            memcpy(v->val + at * HD, M->v->val + row * HD, HD * sizeof(real));
            if (u->visible) u->visible[from] = all.visible[at] = w->past.visible[row];
        }
    }
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

/* ---- what is left for the next part ----------------------------------------------------------------------------- */

/* Row i of the history of example e. */
static const real *history_row(const struct pass *p, const struct compressive *a, const struct window *w, size_t e, size_t i)
{
    const struct carried in = carried_in(p, a->memory, e);
    const size_t C = p->input->cols, n = w->past.carried[e];
    return i < n ? in.value + (in.rows - n + i) * C : p->input->val + (p->pack->offset[e] + i - n) * C;
}

static bool history_visible(const struct pass *p, const struct window *w, size_t e, size_t i)
{
    return i < w->past.carried[e] || !p->pack->valid || p->pack->valid[p->pack->offset[e] + i - w->past.carried[e]];
}

/* `last`: the example's last segment. */
static void leave_memory(struct pass *p, const struct compressive *a, const struct window *w, const struct usage *usage, size_t last)
{
    const size_t C = p->input->cols, e = w->example[last], from = w->goes[last];
    const size_t to = w->past.carried[e] + p->pack->offset[e + 1] - p->pack->offset[e];
    size_t rows = 0;
    for (size_t i = from; i < to; i++) rows += history_visible(p, w, e, i);
    real *memory = pass_carry_out(p, a->memory, e, rows);
    real *used = a->usage.number ? pass_carry_out(p, a->usage, e, rows) : NULL;
    for (size_t i = from; i < to; i++) {
        if (!history_visible(p, w, e, i)) continue;
        if (memory) memcpy(memory, history_row(p, a, w, e, i), C * sizeof(real)), memory += C;
        if (!used) continue;
        const bool seen = i < w->past.offset[e + 1] - w->past.offset[e];
        used[0] = seen ? usage->received[w->past.offset[e] + i] : 0;
        used[1] = queries_since(p, w, usage, last, i);
        used += 2;
    }
}

static void leave_slots(struct pass *p, const struct compressive *a, const struct window *w, const struct slots_of_window *slots, size_t e)
{
    const size_t C = p->input->cols;
    size_t from = w->slot[e + 1], rows = 0;
    while (from > w->slot[e] && rows < w->size.compressed) {
        from--;
        rows += !slots->visible || slots->visible[from];
    }
    real *to = pass_carry_out(p, a->compressed, e, rows);
    for (size_t i = from; to && i < w->slot[e + 1]; i++) {
        if (slots->visible && !slots->visible[i]) continue;
        memcpy(to, slots->x->val + i * C, C * sizeof(real));
        to += C;
    }
}

/* ---- the layer -------------------------------------------------------------------------------------------------- */

static node *compressive_forward(struct pass *p, const void *layer, node *x)
{
    const struct compressive *a = layer;
    const struct compressive_options *o = a->options;
    arena *m = p->tape->memory;
    const enum loss loss = p->training ? loss_of(o) : LOSS_NONE;
    const bool leaving = p->pack->state_out != NULL;
    const struct window w = window_of(p, a, leaving || loss == LOSS_AUTO_ENCODING || loss == LOSS_RECONSTRUCTION);
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
    struct update update = gather_old(p, &w);
    if (a->usage.number) usage = usage_of(p, a, &w);
    const bool by_use = o->compression == COMPRESS_MOST_USED && w.size.compressed;
    if (by_use && (update.old || (leaving && w.past.x))) choose_by_use(p, a, &w, &update, &usage, q, &rq, &compressed);
    else if (update.old) update.new = compress(p, &a->f, update.old, update.n_runs, update.run, update.valid);

    const struct slots_of_window slots = slots_of_window(p, a, &w, &update);
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
    for (size_t s = 0; leaving && s < w.segment->n; s++) {
        if (!last_of_example(&w, s)) continue;
        leave_memory(p, a, &w, &usage, s);
        if (w.size.compressed) leave_slots(p, a, &w, &slots, w.example[s]);
    }
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
    const struct sizes z = sizes_of(o, T, true);
    const double HD = (double)m->heads * (double)heads_width(m), C = (double)m->width;
    double pairs = 0, weighed = 0;
    size_t before_last = 0, gone = 0;
    for (size_t at = 0; at < T; at += z.segment) {
        const size_t rows = smaller(z.segment, T - at);
        before_last = at, gone = left(&z, at);
        const double seen = (double)(at - gone) + (double)smaller(gone / z.rate, z.compressed);
        pairs += heads_pairs(causal, rows) + (double)rows * seen;
        weighed += (double)(heads_pairs(causal, rows) + (double)rows * seen);
    }
    const double slots = z.compressed ? (double)(gone / z.rate) : 0;
    const double distances = (double)(smaller(z.segment, T) + most_memory(&z) + z.compressed);
    double flops = heads_flops(m, T, 1.5 * pairs) + (4 * ((double)before_last + slots) + 2 * distances) * C * HD;
    if (z.compressed) flops += (double)gone * compression_flops(o->compression, C);
    if (z.compressed && o->compression == COMPRESS_MOST_USED) flops += (6 + 4) * weighed * HD; /* the first pass, and its weights again */
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
