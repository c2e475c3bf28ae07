/* attention.c -- softmax attention of one head over pieces, in tiles.
 *
 *   s_ij  = scale q_i . k_j + term_ij         w_ij = e^(s_ij - lse_i)        out_i = sum_j m_ij w_ij v_j
 *   dw_ij = m_ij dout_i . v_j                 ds_ij = w_ij (dw_ij - delta_i)   delta_i = dout_i . out_i
 *   dv_j += sum_i m_ij w_ij dout_i            dk_j += scale sum_i ds_ij q_i    dq_i += scale sum_j ds_ij k_j
 *   received_j += sum_i w_ij                  if asked: a second pass, as weights are known only after their sum
 *
 * Vaswani et al., arXiv:1706.03762, eq. (1); tiles and recomputation from lse: Dao et al., arXiv:2205.14135.
 * q, k: (n, D); v, out: (n, Dv).  Time O(n keys D), of which tiles that the pattern leaves empty cost nothing: a band of
 * width w is O(n w).  Memory: a fixed scratch.
 *
 * Layout.  Vector lanes are queries: a tile of scores is stored transposed, [key][query], so that maximum and sum of a
 * row are vertical operations, and q, dout are transposed once per block of Q_TILE queries:
 *
 *            query 0 .. Q_TILE                  register tile = STRIP keys x GROUP queries
 *     key  +------+------+                        none   nothing in it is allowed: not computed
 *      0   | full | full |                        full   everything is: no mask
 *      :   | edge | full |                        edge   computed, then masked
 *    K_TILE| none | edge |
 *          +------+------+
 *
 * All five products are then of two kinds: rows of k or v broadcast against lanes (scores, dw, out, dq), and the tile
 * broadcast against rows of q or dout (dk, dv).  Each has one micro-kernel; they are kept out of line, because
 * inlined into something large the compiler may spill their accumulators.
 *
 * Streams.  A pattern with every = d lets row i see keys of one residue class modulo d alone, so the head falls into d
 * interleaved streams: rows r, r + d, .. with strides d times as long, and the pattern, in units of d, is an ordinary
 * band there.  A dilated band costs what the same number of keys costs undilated.  Pieces of the same head without a
 * pattern (all keys) are seen whole by every stream.  Where pieces have different steps, or a band of every = 1 beside
 * them, the head stays in one piece and `every` is masked, not skipped.
 *
 * The exponential is 2^x and log2(e) goes into the scale of q.  Forward keeps a reference value per row, from which the
 * scores are summed up: the first tile's maximum, moved only when a score exceeds it by JUMP, a factor of 2^40.  The result
 * is as exact as with the true maximum, as the weights stay far from overflow, and a pass over the scores is saved.
 *
 * Traps.  A forbidden score has weight exactly 0, and it cannot move the reference; so later keys never change earlier
 * rows by a bit.  But 0 * v is added for a masked key in an edge tile: v (and in the backward pass dout) must be finite
 * there, or NaN spreads.  Dropout multiplies after normalisation, so lse is without it.
 */
#include "tensor/kernel/functions.h"

#if LANES == 16
#define STRIP    8 /* keys of a register tile: STRIP x 2 accumulators         */
#define CHANNELS 8 /* channels of a register tile where channels are broadcast */
#elif LANES == 8
#define STRIP    6
#define CHANNELS 4
#else
#define STRIP    4
#define CHANNELS 4
#endif

#define GROUP  (2 * LANES)
#define Q_TILE 64
#define K_TILE (8 * STRIP)
#define GROUPS (Q_TILE / GROUP)
#define STRIPS (K_TILE / STRIP)
_Static_assert(Q_TILE <= SCORE_TILE && K_TILE <= SCORE_TILE, "what score terms are told");
#define JUMP   40 /* the reference moves when 2^JUMP is exceeded */

#define LOG2_E ((real)1.44269504088896340736)
#define LN_2   ((real)0.69314718055994530942)
#ifdef REACH_DOUBLE
#define LOG log
#else
#define LOG logf
#endif
#define KERNEL_FUNCTION static __attribute__((noinline)) void

enum { NONE, FULL, EDGE };

/* Scratch of one head; arrays are [row][Q_TILE] unless said. */
struct work {
    real *qt, *ot, *dot, *dqt;   /* transposed q (scaled), out, dout, dq                      */
    real *rows_q, *rows_do;      /* (Q_TILE, wide_D), (Q_TILE, wide_Dv): q scale, dout        */
    real *p, *ds, *bias, *drop;  /* tiles                                                     */
    real *pack_k, *pack_v;       /* (K_TILE, tall_D), (K_TILE, tall_Dv): when D % CHANNELS    */
    real *dump;                  /* gradients of rows past the last key go here               */
    real *reference, *limit, *sum, *lse, *delta; /* (Q_TILE); reference and lse in powers of 2 */
    real *zero;                  /* (GROUP)                                                   */
    lane_int *band;              /* allowed by distance: [K_TILE + i - j]                     */
    size_t wide_D, wide_Dv, tall_D, tall_Dv;
};

static size_t up_to(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

static size_t lay_out(struct work *w, size_t D, size_t Dv, char *base)
{
    w->wide_D = up_to(D, LANES), w->wide_Dv = up_to(Dv, LANES);
    w->tall_D = up_to(D, CHANNELS), w->tall_Dv = up_to(Dv, CHANNELS);
    size_t at = 0;
#define TAKE(field, n) (w->field = (void *)(base + at), at += up_to((n) * sizeof(real), 64))
    TAKE(qt, w->tall_D * Q_TILE);
    TAKE(ot, w->tall_Dv * Q_TILE);
    TAKE(dot, w->tall_Dv * Q_TILE);
    TAKE(dqt, w->tall_D * Q_TILE);
    TAKE(rows_q, w->wide_D * Q_TILE);
    TAKE(rows_do, w->wide_Dv * Q_TILE);
    TAKE(p, K_TILE * Q_TILE);
    TAKE(ds, K_TILE * Q_TILE);
    TAKE(bias, K_TILE * Q_TILE);
    TAKE(drop, K_TILE * Q_TILE);
    TAKE(pack_k, K_TILE * w->tall_D);
    TAKE(pack_v, K_TILE * w->tall_Dv);
    TAKE(dump, w->wide_D + w->wide_Dv);
    TAKE(reference, Q_TILE);
    TAKE(limit, Q_TILE);
    TAKE(sum, Q_TILE);
    TAKE(lse, Q_TILE);
    TAKE(delta, Q_TILE);
    TAKE(zero, GROUP);
    TAKE(band, Q_TILE + K_TILE + LANES);
#undef TAKE
    return at;
}

size_t NAME(attention_scratch)(size_t D, size_t Dv)
{
    struct work w;
    return lay_out(&w, D, Dv, NULL);
}

/* One tile: queries query.. of a stream of the head against keys key.. of a piece. */
struct tile {
    const struct attention_head *head;
    struct attention_piece       piece; /* as the stream sees it                  */
    struct work                 *work;
    size_t from, step;                /* query i of the stream is row from + i step of the head     */
    size_t key_from, key_step;        /* key j of the stream is key key_from + j key_step           */
    ptrdiff_t apart;                  /* distance from key 0 to the block's query 0, in key_steps   */
    size_t query, queries, key, keys; /* numbers in the stream and how many are real                */
    size_t column;                    /* of key 0 of the piece, for dropout     */
    const real *k, *v;                /* the tile's rows                        */
    int  masked, dropping;
    unsigned char class[STRIPS][GROUPS];
    size_t low[GROUPS], high[GROUPS]; /* strips that are not NONE               */
};

/* ---- micro-kernels ------------------------------------------------------------------------------------------ */

/* to[j][GROUP] = sum over c of rows[j][c] at[c][GROUP] - from[GROUP], for strips of keys from j = low up to high; past
 * the last key, the last key again (masked later). */
KERNEL_FUNCTION dot_rows(size_t n, const real *rows, size_t stride, size_t low, size_t high, size_t keys, const real *at,
                         const real *from, real *to)
{
    const vec start0 = -load(from), start1 = -load(from + LANES);
    for (size_t j = low; j < high; j += STRIP) {
        const real *row[STRIP];
        vec acc[STRIP][2];
        for (size_t r = 0; r < STRIP; r++) {
            row[r] = rows + (j + r < keys ? j + r : keys - 1) * stride;
            acc[r][0] = start0, acc[r][1] = start1;
        }
        for (size_t c = 0; c < n; c++) {
            vec x0 = load(at + c * Q_TILE), x1 = load(at + c * Q_TILE + LANES);
            PIN(x0);
            PIN(x1);
            for (int r = 0; r < STRIP; r++) {
                const vec y = all(row[r][c]);
                acc[r][0] += y * x0;
                acc[r][1] += y * x1;
            }
        }
        for (size_t r = 0; r < STRIP; r++) {
            store(to + (j + r) * Q_TILE, acc[r][0]);
            store(to + (j + r) * Q_TILE + LANES, acc[r][1]);
        }
    }
}

/* to[c][GROUP] += sum over j of rows[j][c] weight[j][GROUP], for n channels, a multiple of CHANNELS. */
KERNEL_FUNCTION add_channels(size_t n, size_t keys, const real *rows, size_t stride, const real *weight, real *to)
{
    for (size_t c = 0; c < n; c += CHANNELS) {
        vec acc[CHANNELS][2];
        for (int r = 0; r < CHANNELS; r++)
            for (int l = 0; l < 2; l++) acc[r][l] = load(to + (c + r) * Q_TILE + l * LANES);
        for (size_t j = 0; j < keys; j++) {
            const real *row = rows + j * stride + c;
            vec x0 = load(weight + j * Q_TILE), x1 = load(weight + j * Q_TILE + LANES);
            PIN(x0);
            PIN(x1);
            for (int r = 0; r < CHANNELS; r++) {
                const vec y = all(row[r]);
                acc[r][0] += y * x0;
                acc[r][1] += y * x1;
            }
        }
        for (int r = 0; r < CHANNELS; r++)
            for (int l = 0; l < 2; l++) store(to + (c + r) * Q_TILE + l * LANES, acc[r][l]);
    }
}

/* to[r][c..] += sum over i of weight[r][i] rows[i][c..], `width` vectors of which the last has `some` channels. */
INLINE void add_rows_at(int width, size_t some, size_t queries, const real *weight, const real *rows, size_t wide,
                        real *const to[STRIP], size_t c)
{
    vec acc[STRIP][2];
    for (int r = 0; r < STRIP; r++)
        for (int l = 0; l < width; l++) acc[r][l] = get(to[r] + c + l * LANES, l + 1 == width ? some : LANES);
    for (size_t i = 0; i < queries; i++) {
        vec x[2];
        for (int l = 0; l < width; l++) {
            x[l] = load(rows + i * wide + c + l * LANES);
            PIN(x[l]);
        }
        for (int r = 0; r < STRIP; r++) {
            const vec y = all(weight[r * Q_TILE + i]);
            for (int l = 0; l < width; l++) acc[r][l] += y * x[l];
        }
    }
    for (int r = 0; r < STRIP; r++)
        for (int l = 0; l < width; l++) put(to[r] + c + l * LANES, acc[r][l], l + 1 == width ? some : LANES);
}

KERNEL_FUNCTION add_rows(size_t n, size_t queries, const real *weight, const real *rows, size_t wide,
                         real *const to[STRIP])
{
    size_t c = 0;
    for (; c + GROUP <= n; c += GROUP) add_rows_at(2, LANES, queries, weight, rows, wide, to, c);
    if (c + LANES <= n) add_rows_at(1, LANES, queries, weight, rows, wide, to, c), c += LANES;
    if (c < n) add_rows_at(1, n - c, queries, weight, rows, wide, to, c);
}

/* ---- one group of queries against the strips of a tile: passes over [key][GROUP], which is in L1 ----------------- */

INLINE ivec allowed(const struct tile *t, size_t i, size_t j)
{
    if (j >= t->keys) return (ivec){0};
    if (t->piece.visible && !t->piece.visible[t->key_from + (t->key + j) * t->key_step]) return (ivec){0};
    return *(const ivec_any *)(t->work->band + K_TILE + i - j);
}

/* Scores of rows low.. up to high of the tile into p: the dot products, the term, and -inf where nothing is allowed. */
static void scores(const struct tile *t, size_t group, size_t low, size_t high, const real *from)
{
    const struct work *w = t->work;
    const size_t i = group * GROUP;
    dot_rows(t->head->D, t->k, t->piece.k_stride, low, high, t->keys, w->qt + i, from, w->p + i);
    for (size_t j = low; j < high; j++) {
        real *p = w->p + j * Q_TILE + i;
        const int edge = t->class[j / STRIP][group] == EDGE;
        if (!edge && !t->piece.term) {
            j += STRIP - 1;
            continue;
        }
        for (size_t l = 0; l < GROUP; l += LANES) {
            vec s = load(p + l);
            if (t->piece.term) s += LOG2_E * load(w->bias + j * Q_TILE + i + l);
            if (edge) s = choose(allowed(t, i + l, j), s, all(-INFINITY));
            store(p + l, s);
        }
    }
}

/* 2^s, exactly 0 for -inf if the strip may hold some; NaN stays. */
INLINE vec weight_of(vec s, int edge)
{
    const vec e = exp2_vec(s);
    return edge ? keep(s != all(-INFINITY), e) : e;
}

/* Rows whose largest score exceeds the limit get a new reference; what was summed up is rescaled. */
KERNEL_FUNCTION raise_reference(const struct tile *t, size_t i, size_t low, size_t high, vec max)
{
    struct work *w = t->work;
    const vec limit = load(w->limit + i);
    const ivec over = max > limit, had = limit > all(0);
    const vec shift = keep(over, max);
    store(w->reference + i, load(w->reference + i) + shift);
    store(w->limit + i, choose(over, all(JUMP), limit));
    for (size_t j = low; j < high; j++) store(w->p + j * Q_TILE + i, load(w->p + j * Q_TILE + i) - shift);
    if (!any_greater(keep(over & had, all(1)), all(0))) return;
    const vec factor = choose(over & had, exp2_vec(-shift), all(1));
    store(w->sum + i, load(w->sum + i) * factor);
    for (size_t c = 0; c < w->tall_Dv; c++) store(w->ot + c * Q_TILE + i, load(w->ot + c * Q_TILE + i) * factor);
}

/* Scores in p become weights, not yet normalised; their sums. */
KERNEL_FUNCTION weigh(const struct tile *t, size_t group, size_t low, size_t high)
{
    struct work *w = t->work;
    const size_t i = group * GROUP;
    real *p = w->p + i;
    vec max0 = all(-INFINITY), max1 = all(-INFINITY);
    for (size_t strip = low; strip < high; strip += STRIP) {
        vec most0 = load(p + strip * Q_TILE), most1 = load(p + strip * Q_TILE + LANES);
        for (size_t j = strip + 1; j < strip + STRIP; j++) {
            most0 = at_least(load(p + j * Q_TILE), most0);
            most1 = at_least(load(p + j * Q_TILE + LANES), most1);
        }
        max0 = at_least(most0, max0); /* strip by strip, so that no long chain of comparisons has to be waited for */
        max1 = at_least(most1, max1);
    }
    if (any_greater(max0, load(w->limit + i))) raise_reference(t, i, low, high, max0);
    if (any_greater(max1, load(w->limit + i + LANES))) raise_reference(t, i + LANES, low, high, max1);
    vec sum0 = load(w->sum + i), sum1 = load(w->sum + i + LANES);
    for (size_t strip = low; strip < high; strip += STRIP) {
        if (t->class[strip / STRIP][group] == FULL) {
            for (size_t j = strip; j < strip + STRIP; j++) {
                const vec e0 = weight_of(load(p + j * Q_TILE), 0), e1 = weight_of(load(p + j * Q_TILE + LANES), 0);
                store(p + j * Q_TILE, e0);
                store(p + j * Q_TILE + LANES, e1);
                sum0 += e0, sum1 += e1;
            }
        } else {
            for (size_t j = strip; j < strip + STRIP; j++) {
                const vec e0 = weight_of(load(p + j * Q_TILE), 1), e1 = weight_of(load(p + j * Q_TILE + LANES), 1);
                store(p + j * Q_TILE, e0);
                store(p + j * Q_TILE + LANES, e1);
                sum0 += e0, sum1 += e1;
            }
        }
    }
    store(w->sum + i, sum0);
    store(w->sum + i + LANES, sum1);
    if (!t->dropping) return;
    for (size_t j = low; j < high; j++)
        for (size_t l = 0; l < GROUP; l += LANES)
            store(p + j * Q_TILE + l, load(p + j * Q_TILE + l) * load(w->drop + j * Q_TILE + i + l));
}

/* Scores in p become weights, dw in ds becomes the gradient of the scores.  With dropout, p is after and dw before it,
 * and delta is still to be subtracted. */
KERNEL_FUNCTION weigh_again(const struct tile *t, size_t group, size_t low, size_t high)
{
    struct work *w = t->work;
    const size_t i = group * GROUP;
    for (size_t strip = low; strip < high; strip += STRIP) {
        const int edge = t->class[strip / STRIP][group] != FULL;
        real *p = w->p + strip * Q_TILE + i, *ds = w->ds + strip * Q_TILE + i;
        if (!edge && !t->dropping) {
            for (size_t j = 0; j < STRIP; j++) {
                for (size_t l = 0; l < GROUP; l += LANES) {
                    const vec e = weight_of(load(p + j * Q_TILE + l), 0);
                    store(p + j * Q_TILE + l, e);
                    store(ds + j * Q_TILE + l, e * load(ds + j * Q_TILE + l));
                }
            }
            continue;
        }
        for (size_t j = 0; j < STRIP; j++) {
            for (size_t l = 0; l < GROUP; l += LANES) {
                const vec e = weight_of(load(p + j * Q_TILE + l), 1), dw = load(ds + j * Q_TILE + l);
                if (t->dropping) {
                    const vec m = load(w->drop + (strip + j) * Q_TILE + i + l);
                    store(p + j * Q_TILE + l, m * e);
                    store(ds + j * Q_TILE + l, e * (m * dw - load(w->delta + i + l)));
                } else {
                    store(p + j * Q_TILE + l, e);
                    store(ds + j * Q_TILE + l, e * dw);
                }
            }
        }
    }
}

/* ---- tiles -------------------------------------------------------------------------------------------------- */

static ptrdiff_t clamp(ptrdiff_t x, ptrdiff_t low, ptrdiff_t high) { return x < low ? low : x > high ? high : x; }

/* Quotients rounded down and up, of a positive divisor. */
static ptrdiff_t floor_over(ptrdiff_t x, ptrdiff_t by) { return x / by - (x % by < 0); }
static ptrdiff_t ceil_over(ptrdiff_t x, ptrdiff_t by) { return x / by + (x % by > 0); }

/* Into how many streams the head falls: 1, or the step that all pieces share which have one. */
static size_t streams(const struct attention_head *h)
{
    ptrdiff_t step = 1;
    int band = 0;
    for (size_t a = 0; a < h->pieces; a++) {
        const struct pattern *by = &h->piece[a].pattern;
        if (by->every == 1) {
            band |= by->near > -PATTERN_FAR || by->far < PATTERN_FAR;
        } else {
            if (step > 1 && step != by->every) return 1;
            step = by->every;
        }
    }
    return band ? 1 : (size_t)step;
}

/* Turn to piece p for the block of queries at hand. */
static void enter_piece(struct tile *t, const struct attention_piece *p)
{
    const ptrdiff_t apart = t->head->first + (ptrdiff_t)t->from - p->first;
    struct attention_piece *s = &t->piece;
    *s = *p;
    t->key_from = 0;
    t->key_step = 1;
    if (t->step > 1 && p->pattern.every > 1) {
        const ptrdiff_t step = p->pattern.every;
        t->key_step = (size_t)step;
        t->key_from = (size_t)(apart - floor_over(apart, step) * step);
        s->keys = p->keys > t->key_from ? (p->keys - t->key_from + t->key_step - 1) / t->key_step : 0;
        s->pattern = (struct pattern){ceil_over(p->pattern.near, step), floor_over(p->pattern.far, step), 1};
    }
    t->apart = floor_over(apart, (ptrdiff_t)t->key_step) + (ptrdiff_t)t->query;
    s->q += t->from * p->q_stride;
    if (s->dq) s->dq += t->from * p->q_stride;
    s->q_stride *= t->step;
    s->k_stride *= t->key_step;
    s->v_stride *= t->key_step;
    if (s->keys == 0) return;
    s->k += t->key_from * p->k_stride;
    s->v += t->key_from * p->v_stride;
    if (s->dk) s->dk += t->key_from * p->k_stride;
    if (s->dv) s->dv += t->key_from * p->v_stride;
}

/* Which register tiles are empty, full or need a mask; returns 0 if the whole tile is empty. */
static int classify(struct tile *t)
{
    const struct pattern *by = &t->piece.pattern;
    const ptrdiff_t apart = t->apart - (ptrdiff_t)t->key;
    const ptrdiff_t bound = Q_TILE + K_TILE; /* distances inside the tile are smaller */
    const ptrdiff_t near = clamp(by->near - apart, -bound, bound), far = clamp(by->far - apart, -bound, bound);
    int edges = 0, any = 0;
    for (size_t g = 0; g < GROUPS; g++) {
        t->low[g] = t->high[g] = 0;
        const ptrdiff_t i0 = (ptrdiff_t)(g * GROUP);
        const ptrdiff_t i1 = (ptrdiff_t)((g + 1) * GROUP < t->queries ? (g + 1) * GROUP : t->queries) - 1;
        for (size_t s = 0; s < STRIPS; s++) {
            const ptrdiff_t j0 = (ptrdiff_t)(s * STRIP), j1 = j0 + STRIP - 1;
            int class = EDGE;
            if (i1 < i0 || j0 >= (ptrdiff_t)t->keys || i1 - j0 < near || i0 - j1 > far) class = NONE;
            else if (i0 - j1 >= near && i1 - j0 <= far && by->every == 1 && j1 < (ptrdiff_t)t->keys && !t->piece.visible)
                class = FULL;
            t->class[s][g] = (unsigned char)class;
            if (class == NONE) continue;
            if (t->high[g] == 0) t->low[g] = s;
            t->high[g] = s + 1;
            any = 1;
            edges |= class == EDGE;
        }
    }
    if (edges) {
        for (ptrdiff_t delta = -K_TILE; delta < Q_TILE; delta++) {
            const int yes = near <= delta && delta <= far && (by->every == 1 || (apart + delta) % by->every == 0);
            t->work->band[K_TILE + delta] = yes ? -1 : 0;
        }
    }
    return any;
}

/* Dropout's factors for the tile.  Lanes of philox are queries; a counter decides 8 neighbouring columns. */
static void fill_drop(const struct tile *t)
{
    const struct attention_head *h = t->head;
    const uint32_t threshold = dropout_threshold(&h->drop);
    const real factor = dropout_factor(threshold);
    const size_t step = t->key_step, column = t->column + t->key_from + t->key * step, last = column + (t->keys - 1) * step;
    for (size_t block = column / 8; block <= last / 8; block++) {
        if (block * 8 > column && column + up_to(block * 8 - column, step) >= block * 8 + 8) continue; /* steps over it */
        for (size_t i = 0; i < up_to(t->queries, WORDS); i += WORDS) {
            uint32_t row[WORDS];
            for (size_t l = 0; l < WORDS; l++) row[l] = (uint32_t)(h->first + (ptrdiff_t)(t->from + (t->query + i + l) * t->step));
            words c[4] = {{0}, (words){0} + (uint32_t)block, (words){0} + h->example_id,
                          (words){0} + (uint32_t)h->head};
            memcpy(&c[0], row, BYTES);
            philox(h->drop.key, c);
            for (size_t lane = 0; lane < 8; lane++) {
                const size_t at = block * 8 + lane;
                if (at < column || at > last || (at - column) % step) continue;
                const words bits = (c[lane / 2] >> (16 * (lane % 2))) & 0xffff;
                real *to = t->work->drop + (at - column) / step * Q_TILE + i;
#ifdef REACH_DOUBLE
                for (size_t l = 0; l < WORDS; l++) to[l] = bits[l] >= threshold ? factor : 0;
#else
                store(to, keep((ivec)bits >= (ivec){0} + (lane_int)threshold, all(factor)));
#endif
            }
        }
    }
}

static struct score_tile as_seen_by_term(const struct tile *t)
{
    const size_t query = t->from + t->query * t->step, key = t->key_from + t->key * t->key_step;
    return (struct score_tile){
        .head = t->head->head, .example = t->head->example, .queries = t->queries, .keys = t->keys, .stride = Q_TILE,
        .query = query, .key = key, .query_position = t->head->first + (ptrdiff_t)query,
        .key_position = t->piece.first + (ptrdiff_t)key, .query_step = t->step, .key_step = t->key_step,
    };
}

/* Make the tile of keys key..; returns 0 if there is nothing in it. */
static int begin_tile(struct tile *t, size_t key)
{
    const struct attention_piece *p = &t->piece;
    t->key = key;
    t->keys = p->keys - key < K_TILE ? p->keys - key : K_TILE;
    t->k = p->k + key * p->k_stride;
    t->v = p->v + key * p->v_stride;
    if (!classify(t)) return 0;
    if (t->dropping) fill_drop(t);
    if (p->term) {
        const struct score_tile seen = as_seen_by_term(t);
        memset(t->work->bias, 0, K_TILE * Q_TILE * sizeof(real));
        p->term->add(p->term, &seen, t->work->bias);
    }
    return 1;
}

/* The keys [from, to) of a piece that some query of the block may see. */
static void visible_keys(const struct tile *t, size_t *from, size_t *to)
{
    const struct attention_piece *p = &t->piece;
    const ptrdiff_t keys = (ptrdiff_t)p->keys, low = clamp(t->apart - p->pattern.far, 0, keys);
    *from = (size_t)low / STRIP * STRIP;
    *to = (size_t)clamp(t->apart + (ptrdiff_t)t->queries - p->pattern.near, low, keys);
}

/* Rows of keys with their channels filled up to a multiple of CHANNELS, if they are not one already. */
static const real *filled_up(const real *rows, size_t stride, size_t n, size_t D, size_t tall, real *room,
                             size_t *new_stride)
{
    *new_stride = D == tall ? stride : tall;
    if (D == tall) return rows;
    for (size_t j = 0; j < n; j++) {
        memcpy(room + j * tall, rows + j * stride, D * sizeof(real));
        memset(room + j * tall + D, 0, (tall - D) * sizeof(real));
    }
    return room;
}

/* to[c][i] = factor * rows[i][c], 0 for i >= n. */
static void transpose(const real *rows, size_t stride, size_t n, size_t D, real factor, real *to)
{
    transpose_rows(rows, stride, n, D, to, Q_TILE);
    for (size_t c = 0; c < D; c++) {
        for (size_t i = n; i < Q_TILE; i++) to[c * Q_TILE + i] = 0;
        for (size_t i = 0; i < Q_TILE; i += LANES) store(to + c * Q_TILE + i, factor * load(to + c * Q_TILE + i));
    }
}

/* to[i][c] = factor * rows[i][c], 0 for i >= n or c >= D. */
static void copy_rows(const real *rows, size_t stride, size_t n, size_t D, real factor, real *to, size_t wide)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < D; c++) to[i * wide + c] = factor * rows[i * stride + c];
        for (size_t c = D; c < wide; c++) to[i * wide + c] = 0;
    }
    memset(to + n * wide, 0, (Q_TILE - n) * wide * sizeof(real));
}

static void clear(real *at, size_t n) { memset(at, 0, n * sizeof(real)); }

/* ---- a block of queries ----------------------------------------------------------------------------------------- */

static void forward_piece(struct tile *t)
{
    const struct attention_piece *p = &t->piece;
    struct work *w = t->work;
    size_t from, to;
    visible_keys(t, &from, &to);
    if (from >= to) return;
    transpose(p->q + t->query * p->q_stride, p->q_stride, t->queries, t->head->D, t->head->scale * LOG2_E, w->qt);
    for (size_t key = from; key < to; key += K_TILE) {
        if (!begin_tile(t, key)) continue;
        size_t stride;
        const real *v = filled_up(t->v, p->v_stride, t->keys, t->head->Dv, w->tall_Dv, w->pack_v, &stride);
        for (size_t g = 0; g < GROUPS; g++) {
            if (t->high[g] == 0) continue;
            const size_t low = t->low[g] * STRIP, high = t->high[g] * STRIP, real_high = high < t->keys ? high : t->keys;
            scores(t, g, low, high, w->reference + g * GROUP);
            weigh(t, g, low, high);
            add_channels(w->tall_Dv, real_high - low, v + low * stride, stride, w->p + low * Q_TILE + g * GROUP,
                         w->ot + g * GROUP);
        }
    }
}

static void forward_block(const struct attention_head *h, struct work *w, struct tile *t)
{
    const size_t row = t->from + t->query * t->step, stride = t->step * h->out_stride;
    clear(w->ot, w->tall_Dv * Q_TILE);
    clear(w->sum, Q_TILE);
    clear(w->reference, Q_TILE);
    for (size_t i = 0; i < Q_TILE; i++) w->limit[i] = -INFINITY;
    for (size_t a = 0; a < h->pieces; a++) {
        enter_piece(t, h->piece + a);
        forward_piece(t);
        t->column += h->piece[a].keys;
    }
    real *out = h->out + row * h->out_stride;
    transpose_rows(w->ot, Q_TILE, h->Dv, t->queries, out, stride);
    for (size_t i = 0; i < t->queries; i++) {
        const int empty = w->sum[i] == 0;
        const real over = empty ? 0 : 1 / w->sum[i];
        for (size_t c = 0; c < h->Dv; c++) out[i * stride + c] *= over;
        h->lse[row + i * t->step] = empty ? -INFINITY : w->reference[i] * LN_2 + LOG(w->sum[i]);
    }
}

/* Every block of queries of every stream. */
static void each_block(const struct attention_head *h, struct work *w,
                       void (*block)(const struct attention_head *, struct work *, struct tile *))
{
    const size_t step = streams(h);
    for (size_t from = 0; from < step && from < h->queries; from++) {
        const size_t queries = (h->queries - from + step - 1) / step;
        for (size_t query = 0; query < queries; query += Q_TILE) {
            struct tile t = {.head = h, .work = w, .from = from, .step = step, .query = query, .dropping = h->drop.rate > 0};
            t.queries = queries - query < Q_TILE ? queries - query : Q_TILE;
            block(h, w, &t);
        }
    }
}

void NAME(attention_forward)(const struct attention_head *h, void *scratch)
{
    struct work w;
    lay_out(&w, h->D, h->Dv, scratch);
    each_block(h, &w, forward_block);
}

/* Add the weights that each key gets from the block's queries. */
static void receive_piece(struct tile *t)
{
    const struct attention_piece *p = &t->piece;
    struct work *w = t->work;
    size_t from, to;
    visible_keys(t, &from, &to);
    if (from >= to) return;
    transpose(p->q + t->query * p->q_stride, p->q_stride, t->queries, t->head->D, t->head->scale * LOG2_E, w->qt);
    for (size_t key = from; key < to; key += K_TILE) {
        if (!begin_tile(t, key)) continue;
        for (size_t g = 0; g < GROUPS; g++) {
            const size_t low = t->low[g] * STRIP, high = t->high[g] * STRIP;
            if (t->high[g] > 0) scores(t, g, low, high, w->lse + g * GROUP);
            for (size_t j = low; j < high && j < t->keys; j++) {
                if (t->class[j / STRIP][g] == NONE) continue;
                const real *s = w->p + j * Q_TILE + g * GROUP;
                p->received[t->key_from + (key + j) * t->key_step] += sum_lanes(weight_of(load(s), 1) + weight_of(load(s + LANES), 1));
            }
        }
    }
}

static void receive_block(const struct attention_head *h, struct work *w, struct tile *t)
{
    const size_t row = t->from + t->query * t->step;
    t->dropping = 0;
    for (size_t i = 0; i < Q_TILE; i++) { /* queries that see nothing, and lanes without one, give nothing */
        const real lse = i < t->queries ? h->lse[row + i * t->step] : -INFINITY;
        w->lse[i] = lse != -INFINITY ? lse * LOG2_E : INFINITY;
    }
    for (size_t a = 0; a < h->pieces; a++) {
        if (!h->piece[a].received) continue;
        enter_piece(t, h->piece + a);
        receive_piece(t);
    }
}

void NAME(attention_received)(const struct attention_head *h, void *scratch)
{
    struct work w;
    lay_out(&w, h->D, h->Dv, scratch);
    each_block(h, &w, receive_block);
}

/* Sums over queries for each strip of keys, from a tile of weights; rows of k or v that do not exist go to the dump. */
static void add_to_keys(const struct tile *t, const real *weights, size_t n, const real *rows, size_t wide, real *to,
                        size_t stride)
{
    for (size_t s = 0; s < STRIPS; s++) {
        size_t low = GROUPS, high = 0;
        for (size_t g = 0; g < GROUPS; g++) {
            if (t->class[s][g] == NONE) continue;
            if (low > g) low = g;
            high = g + 1;
        }
        if (low >= high) continue;
        const size_t i0 = low * GROUP, i1 = high * GROUP < t->queries ? high * GROUP : t->queries;
        real *row[STRIP];
        for (size_t r = 0; r < STRIP; r++) {
            const size_t j = s * STRIP + r;
            row[r] = j < t->keys ? to + (t->key + j) * stride : t->work->dump;
        }
        add_rows(n, i1 - i0, weights + s * STRIP * Q_TILE + i0, rows + i0 * wide, wide, row);
    }
}

static void backward_piece(struct tile *t)
{
    const struct attention_piece *p = &t->piece;
    const struct attention_head *h = t->head;
    struct work *w = t->work;
    size_t from, to;
    visible_keys(t, &from, &to);
    if (from >= to) return;
    const real *q = p->q + t->query * p->q_stride;
    transpose(q, p->q_stride, t->queries, h->D, h->scale * LOG2_E, w->qt);
    copy_rows(q, p->q_stride, t->queries, h->D, h->scale, w->rows_q, w->wide_D);
    clear(w->dqt, w->tall_D * Q_TILE);
    for (size_t key = from; key < to; key += K_TILE) {
        if (!begin_tile(t, key)) continue;
        size_t stride;
        const real *k = filled_up(t->k, p->k_stride, t->keys, h->D, w->tall_D, w->pack_k, &stride);
        const int told = p->term && p->term->backward;
        if (told) clear(w->ds, K_TILE * Q_TILE);
        for (size_t g = 0; g < GROUPS; g++) {
            if (t->high[g] == 0) continue;
            const size_t low = t->low[g] * STRIP, high = t->high[g] * STRIP, real_high = high < t->keys ? high : t->keys;
            scores(t, g, low, high, w->lse + g * GROUP);
            dot_rows(h->Dv, t->v, p->v_stride, low, high, t->keys, w->dot + g * GROUP,
                     t->dropping ? w->zero : w->delta + g * GROUP, w->ds + g * GROUP);
            weigh_again(t, g, low, high);
            if (p->dq)
                add_channels(w->tall_D, real_high - low, k + low * stride, stride, w->ds + low * Q_TILE + g * GROUP,
                             w->dqt + g * GROUP);
        }
        if (p->dv) add_to_keys(t, w->p, h->Dv, w->rows_do, w->wide_Dv, p->dv, p->v_stride);
        if (p->dk) add_to_keys(t, w->ds, h->D, w->rows_q, w->wide_D, p->dk, p->k_stride);
        if (told) {
            const struct score_tile seen = as_seen_by_term(t);
            p->term->backward(p->term, &seen, w->ds);
        }
    }
    if (!p->dq) return;
    transpose_rows(w->dqt, Q_TILE, h->D, t->queries, w->rows_q, w->wide_D); /* q is not needed any more */
    for (size_t i = 0; i < t->queries; i++) {
        real *dq = p->dq + (t->query + i) * p->q_stride;
        for (size_t c = 0; c < h->D; c++) dq[c] += h->scale * w->rows_q[i * w->wide_D + c];
    }
}

static void backward_block(const struct attention_head *h, struct work *w, struct tile *t)
{
    const size_t row = t->from + t->query * t->step, stride = t->step * h->out_stride;
    const real *d_out = h->d_out + row * h->out_stride, *out = h->out + row * h->out_stride;
    transpose(d_out, stride, t->queries, h->Dv, 1, w->dot);
    copy_rows(d_out, stride, t->queries, h->Dv, 1, w->rows_do, w->wide_Dv);
    for (size_t i = 0; i < Q_TILE; i++) {
        real delta = 0;
        if (i < t->queries)
            for (size_t c = 0; c < h->Dv; c++) delta += d_out[i * stride + c] * out[i * stride + c];
        w->delta[i] = delta;
        /* a row that sees nothing is masked everywhere; its lse must only not make NaN */
        const real lse = i < t->queries ? h->lse[row + i * t->step] : -INFINITY;
        w->lse[i] = lse != -INFINITY ? lse * LOG2_E : 0;
    }
    for (size_t a = 0; a < h->pieces; a++) {
        enter_piece(t, h->piece + a);
        backward_piece(t);
        t->column += h->piece[a].keys;
    }
}

void NAME(attention_backward)(const struct attention_head *h, void *scratch)
{
    struct work w;
    lay_out(&w, h->D, h->Dv, scratch);
    clear(w.dump, w.wide_D + w.wide_Dv);
    clear(w.zero, GROUP);
    each_block(h, &w, backward_block);
}
