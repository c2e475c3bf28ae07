/* linear.c -- linear attention of one head, in chunks of 64 rows.
 *
 *   num_i = sum over j <= i of decay^(i-j) (q_i . k_j) v_j      den_i = sum over j <= i of decay^(i-j) q_i . k_j
 *
 * Katharopoulos et al., "Transformers are RNNs", arXiv:2006.16236, eq. (8) to (12); chunks and decay: Qin et al.,
 * "Lightning Attention-2", arXiv:2401.04658, alg. 1 and 2.  Inside a chunk of c rows quadratic, between chunks recurrent,
 * with the state S (F, Dv), z (F) of all rows before it; a = 0 .. c-1 and b count rows inside the chunk:
 *
 *   A_ab  = decay^(a-b) q_a . k_b, b <= a        num_a = sum_b A_ab v_b + decay^(a+1) S^T q_a
 *   den_a = sum_b A_ab + decay^(a+1) z . q_a     S <- decay^c S + sum_b decay^(c-1-b) k_b v_b^T, z with 1 for v
 *
 * Backward runs over the chunks from the last to the first with dS, the gradient of the state behind the chunk.  With
 * dn_a = [dout_a / den_a, -dout_a . out_a / den_a] and v'_b = [v_b, 1], z is one more column of S and needs no formula:
 *
 *   dA_ab = decay^(a-b) dn_a . v'_b              dq_a = sum_b dA_ab k_b + decay^(a+1) S dn_a
 *   dv_b  = sum_a A_ab dn_a + decay^(c-1-b) dS^T k_b     dk_b = sum_a dA_ab q_a + decay^(c-1-b) dS v'_b
 *   dS   <- decay^c dS + sum_a decay^(a+1) q_a dn_a^T
 *
 * q, k: (n, F) features; v, out: (n, Dv).  Time O(n F Dv + 64 n (F + Dv)).  Memory: a fixed scratch, and for backward the
 * state at the start of each chunk, F (Dv + 1) / 64 values a row, or of each segment.  Both directions without decay need
 * no chunks: S and z are summed over all rows, then read.  With decay they are a scan each way; the second leaves out the
 * diagonal.
 *
 * A memory (kernel.h) reads S for a whole segment, then writes the segment to it; r_b = S^T k_b / (z . k_b) is what the delta
 * rule takes from v_b, so S is kept until the last row is written.  Backward from the last segment to the first, with dS of
 * the state behind the segment, u_b = v_b - r_b and dn_b = [-du_b / (z . k_b), du_b . r_b / (z . k_b)]:
 *
 *   du_b = dv_b = dS^T k_b       dk_b = dS [u_b, 1] + S dn_b       dq_a = S dn_a
 *   dS  <- dS + sum_a q_a dn_a^T + sum_b k_b dn_b^T, or 0 where the state before the segment is a constant
 *
 * Layout.  A chunk's rows are copied into scratch, with zeros up to a multiple of the register tile, so one micro-kernel
 * serves all products: STRIP rows of C += (rows or columns of A, broadcast) (rows of B, in lanes).  It is kept out of
 * line, because inlined into something large the compiler may spill its accumulators.
 *
 * Traps.  decay^(-j) is never formed: it overflows.  What lies above the diagonal is set to 0 and then multiplied by v,
 * so later rows change no bit of earlier ones as long as they are finite.  Zeroing the v of a hidden row would leave it
 * in den: its k is zeroed too.
 */
#include "tensor/kernel/functions.h"

#if LANES == 16
#define STRIP 8 /* rows of a register tile: STRIP x 2 accumulators */
#elif LANES == 8
#define STRIP 6
#else
#define STRIP 4
#endif

#define CHUNK      LINEAR_CHUNK
#define CHUNK_ROWS ((CHUNK + STRIP - 1) / STRIP * STRIP)
#define ACROSS     ((CHUNK + STRIP + LANES - 1) / LANES * LANES) /* row length of what has a column per row of the chunk */
#define KERNEL_FUNCTION static __attribute__((noinline)) void

/* Scratch of one head.  Rows of F values are `wide_F` apart, those of Dv + 1 values `wide_E`. */
struct work {
    real *q, *k, *v, *dn;     /* the chunk, (CHUNK_ROWS, wide); v with 1 in column Dv, dn with the gradient of den     */
    real *qs, *ks, *vs, *dns; /* the same times decay^(a+1) or decay^(c-1-b); without decay the same arrays            */
    real *kt, *vt;            /* transposed, (F, ACROSS), (Dv + 1, ACROSS)                                             */
    real *a, *da;             /* (CHUNK_ROWS, ACROSS)                                                                  */
    real *s, *z;              /* (F, wide_E), (wide_F)                                                                 */
    real *st, *dst, *ds;      /* S and dS with z, transposed (Dv + 1, wide_F); dS (F, wide_E)                          */
    real *before, *z_before;  /* delta rule: S and z before the segment                                                */
    real *dst_before;         /* likewise the gradient of them that the segment's rows sum up, in the layout of dst    */
    real *r;                  /* (CHUNK_ROWS, wide_E) what the delta rule takes from v, 1 / (z . k) in column Dv       */
    real *tile;               /* (STRIP, wide) results                                                                 */
    real *power, *fall;       /* power[x] = decay^x;  fall[x] = decay^(CHUNK - x)                                      */
    size_t F, Dv, wide_F, wide_E, lanes_F, lanes_E;
    size_t rows;              /* of the chunk                                                                          */
    ptrdiff_t first, step;    /* its row a is row first + a step of the head                                           */
    ptrdiff_t ahead;          /* rows from it to the chunk that comes next                                             */
};

static size_t up_to(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

static size_t lay_out(struct work *w, size_t F, size_t Dv, int decaying, int delta, char *base)
{
    *w = (struct work){.F = F, .Dv = Dv, .lanes_F = up_to(F, LANES), .lanes_E = up_to(Dv, LANES),
                       .wide_F = up_to(up_to(F, STRIP), LANES), .wide_E = up_to(up_to(Dv + 1, STRIP), LANES)};
    size_t at = 0;
#define TAKE(field, n) (w->field = (void *)(base + at), at += up_to((n) * sizeof(real), 64))
    TAKE(q, CHUNK_ROWS * w->wide_F);
    TAKE(k, CHUNK_ROWS * w->wide_F);
    TAKE(v, CHUNK_ROWS * w->wide_E);
    TAKE(dn, CHUNK_ROWS * w->wide_E);
    w->qs = w->q, w->ks = w->k, w->vs = w->v, w->dns = w->dn;
    if (decaying) {
        TAKE(qs, CHUNK_ROWS * w->wide_F);
        TAKE(ks, CHUNK_ROWS * w->wide_F);
        TAKE(vs, CHUNK_ROWS * w->wide_E);
        TAKE(dns, CHUNK_ROWS * w->wide_E);
    }
    TAKE(kt, F * ACROSS);
    TAKE(vt, (Dv + 1) * ACROSS);
    TAKE(a, CHUNK_ROWS * ACROSS);
    TAKE(da, CHUNK_ROWS * ACROSS);
    TAKE(s, up_to(F, STRIP) * w->wide_E);
    TAKE(z, w->wide_F);
    TAKE(st, (Dv + 1) * w->wide_F);
    TAKE(dst, up_to(Dv + 1, STRIP) * w->wide_F);
    TAKE(ds, F * w->wide_E);
    if (delta) {
        TAKE(before, up_to(F, STRIP) * w->wide_E);
        TAKE(z_before, w->wide_F);
        TAKE(dst_before, up_to(Dv + 1, STRIP) * w->wide_F);
        TAKE(r, CHUNK_ROWS * w->wide_E);
    }
    TAKE(tile, STRIP * (w->wide_F > w->wide_E ? w->wide_F : w->wide_E));
    TAKE(power, CHUNK + 1);
    TAKE(fall, CHUNK + LANES + ACROSS);
#undef TAKE
    return at;
}

size_t NAME(linear_scratch)(size_t F, size_t Dv)
{
    struct work w;
    return lay_out(&w, F, Dv, 1, 1, NULL);
}

static size_t chunks(const struct linear_head *h) { return (h->rows + CHUNK - 1) / CHUNK; }
static size_t state_size(const struct linear_head *h) { return h->F * (h->Dv + 1); }
static int    decays(const struct linear_head *h) { return h->decay != 1; }
static int    scans(const struct linear_head *h) { return h->sees == LINEAR_CAUSAL || decays(h); }
static size_t segments(const struct linear_head *h) { return h->segment ? (h->rows + h->segment - 1) / h->segment : 1; }
static int    cuts(const struct linear_head *h, size_t s) { return h->segment && (!h->bptt || (s && s % h->bptt == 0)); }

size_t NAME(linear_states)(const struct linear_head *h)
{
    if (h->sees == LINEAR_MEMORY) return state_size(h) * segments(h);
    if (!scans(h)) return state_size(h);
    return state_size(h) * chunks(h) * (h->sees == LINEAR_BOTH ? 2 : 1);
}

static struct work start(const struct linear_head *h, void *scratch)
{
    struct work w;
    const size_t bytes = lay_out(&w, h->F, h->Dv, decays(h), h->delta, scratch);
    memset(scratch, 0, bytes); /* zeros in whatever fills up a strip or a vector */
    for (size_t x = 0; decays(h) && x <= CHUNK; x++) {
        w.power[x] = (real)pow((double)h->decay, (double)x);
        w.fall[CHUNK - x] = w.power[x];
    }
    return w;
}

/* ---- the micro-kernel --------------------------------------------------------------------------------------- */

/* c[r][0 .. width vectors] = (fresh ? 0 : c) + sum over x of a[r row + x step] b[x], r < STRIP. */
INLINE void tile_at(int width, size_t depth, const real *a, size_t row, size_t step, const real *b, size_t ldb, real *c,
                    size_t ldc, int fresh)
{
    vec acc[STRIP][2];
    for (int r = 0; r < STRIP; r++)
        for (int l = 0; l < width; l++) acc[r][l] = fresh ? (vec){0} : load(c + r * ldc + l * LANES);
    for (size_t x = 0; x < depth; x++) {
        vec y[2];
        for (int l = 0; l < width; l++) {
            y[l] = load(b + x * ldb + l * LANES);
            PIN(y[l]);
        }
        for (int r = 0; r < STRIP; r++) {
            const vec u = all(a[r * row + x * step]);
            for (int l = 0; l < width; l++) acc[r][l] += u * y[l];
        }
    }
    for (int r = 0; r < STRIP; r++)
        for (int l = 0; l < width; l++) store(c + r * ldc + l * LANES, acc[r][l]);
}

INLINE void strip(size_t columns, size_t depth, const real *a, size_t row, size_t step, const real *b, size_t ldb, real *c,
                  size_t ldc, int fresh)
{
    size_t j = 0;
    for (; j + 2 * LANES <= columns; j += 2 * LANES) tile_at(2, depth, a, row, step, b + j, ldb, c + j, ldc, fresh);
    if (j < columns) tile_at(1, depth, a, row, step, b + j, ldb, c + j, ldc, fresh);
}

/* c (STRIP, columns) from STRIP rows of a; columns a multiple of LANES. */
KERNEL_FUNCTION by_rows(size_t columns, size_t depth, const real *a, size_t lda, const real *b, size_t ldb, real *c,
                        size_t ldc, int fresh)
{
    strip(columns, depth, a, lda, 1, b, ldb, c, ldc, fresh);
}

/* c (STRIP, columns) from STRIP columns of a. */
KERNEL_FUNCTION by_columns(size_t columns, size_t depth, const real *a, size_t lda, const real *b, size_t ldb, real *c,
                           size_t ldc, int fresh)
{
    strip(columns, depth, a, 1, lda, b, ldb, c, ldc, fresh);
}

/* ---- moving rows -------------------------------------------------------------------------------------------- */

/* Over a row of n, LANES at a time; the last time `some` may be fewer. */
#define EACH(n, ...)                                                          \
    do {                                                                      \
        size_t c = 0;                                                         \
        for (; c + LANES <= (n); c += LANES) {                                \
            const size_t some = LANES;                                        \
            __VA_ARGS__;                                                      \
        }                                                                     \
        if (c < (n)) {                                                        \
            const size_t some = (n) - c;                                      \
            __VA_ARGS__;                                                      \
        }                                                                     \
    } while (0)

static ptrdiff_t row_of(const struct work *w, size_t a) { return w->first + (ptrdiff_t)a * w->step; }

/* Chunk number `at` of the scan, which goes on to at + 1, or back to at - 1. */
static void open_chunk(const struct linear_head *h, struct work *w, int reversed, size_t at, int back)
{
    const size_t from = at * CHUNK;
    w->rows = h->rows - from < CHUNK ? h->rows - from : CHUNK;
    w->step = reversed ? -1 : 1;
    w->first = (ptrdiff_t)(reversed ? h->rows - 1 - from : from);
    w->ahead = reversed == back ? CHUNK : -CHUNK;
}

/* The next rows of from .. to - 1; without decay, from first to last. */
static void open_rows(struct work *w, size_t from, size_t to)
{
    w->rows = to - from < CHUNK ? to - from : CHUNK;
    w->step = 1;
    w->first = (ptrdiff_t)from;
    w->ahead = CHUNK;
}

static size_t segment_begin(const struct linear_head *h, size_t s) { return s * h->segment; }
static size_t segment_end(const struct linear_head *h, size_t s)
{
    return s + 1 < segments(h) ? (s + 1) * h->segment : h->rows;
}

/* Rows of other heads lie between those of this one, so the machine does not see by itself what will be read next. */
INLINE void fetch_ahead(const struct work *w, const real *row, size_t n, size_t stride)
{
    const uintptr_t at = (uintptr_t)row + (uintptr_t)(w->ahead * (ptrdiff_t)(stride * sizeof(real)));
    for (size_t b = 0; b < n * sizeof(real); b += 64) __builtin_prefetch((const void *)(at + b), 0, 2);
}

static void clear_rest(const struct work *w, size_t wide, real *x)
{
    memset(x + w->rows * wide, 0, (CHUNK_ROWS - w->rows) * wide * sizeof(real));
}

static void copy_row(size_t n, const real *x, real *y) { EACH(n, put(y + c, get(x + c, some), some)); }

/* y_a = decay^(from + a) x_a, or with `falling` decay^(from - a). */
static void decayed(const struct work *w, size_t wide, const real *x, size_t from, int falling, real *y)
{
    if (x == y) return;
    for (size_t a = 0; a < w->rows; a++) {
        const vec p = all(w->power[falling ? from - a : from + a]);
        for (size_t c = 0; c < wide; c += LANES) store(y + a * wide + c, p * load(x + a * wide + c));
    }
    clear_rest(w, wide, y);
}

static void load_queries(const struct linear_head *h, struct work *w)
{
    for (size_t a = 0; a < w->rows; a++) {
        const real *q = h->q + row_of(w, a) * (ptrdiff_t)h->q_stride;
        fetch_ahead(w, q, w->F, h->q_stride);
        copy_row(w->F, q, w->q + a * w->wide_F);
    }
    clear_rest(w, w->wide_F, w->q);
    decayed(w, w->wide_F, w->q, 1, 0, w->qs);
}

static void load_keys(const struct linear_head *h, struct work *w)
{
    for (size_t b = 0; b < w->rows; b++) {
        const ptrdiff_t row = row_of(w, b);
        real *k = w->k + b * w->wide_F, *v = w->v + b * w->wide_E;
        fetch_ahead(w, h->k + row * (ptrdiff_t)h->k_stride, w->F, h->k_stride);
        fetch_ahead(w, h->v + row * (ptrdiff_t)h->v_stride, w->Dv, h->v_stride);
        if (h->visible && !h->visible[row]) {
            memset(k, 0, w->F * sizeof(real));
            memset(v, 0, (w->Dv + 1) * sizeof(real));
            continue;
        }
        copy_row(w->F, h->k + row * (ptrdiff_t)h->k_stride, k);
        copy_row(w->Dv, h->v + row * (ptrdiff_t)h->v_stride, v);
        v[w->Dv] = 1;
    }
    clear_rest(w, w->wide_F, w->k);
    clear_rest(w, w->wide_E, w->v);
    decayed(w, w->wide_F, w->k, w->rows - 1, 1, w->ks);
    decayed(w, w->wide_E, w->v, w->rows - 1, 1, w->vs);
}

static real over(const struct linear_head *h, ptrdiff_t row) /* written so that NaN stays */
{
    return !h->normalise ? 1 : h->den[row] <= LINEAR_FLOOR ? 0 : 1 / h->den[row];
}

/* dn_a, from the gradient of out. */
static void load_gradients(const struct linear_head *h, struct work *w)
{
    for (size_t a = 0; a < w->rows; a++) {
        const ptrdiff_t row = row_of(w, a);
        const real *d_out = h->d_out + row * (ptrdiff_t)h->out_stride, *out = h->out + row * (ptrdiff_t)h->out_stride;
        const real factor = over(h, row);
        fetch_ahead(w, d_out, w->Dv, h->out_stride);
        fetch_ahead(w, out, w->Dv, h->out_stride);
        real *dn = w->dn + a * w->wide_E;
        vec dot = {0};
        EACH(w->Dv, const vec d = all(factor) * get(d_out + c, some); dot += d * get(out + c, some); put(dn + c, d, some));
        dn[w->Dv] = h->normalise ? -sum_lanes(dot) : 0;
    }
    clear_rest(w, w->wide_E, w->dn);
    decayed(w, w->wide_E, w->dn, 1, 0, w->dns);
}

/* to[c][a] = x[a][c] for n columns; 0 past the last row. */
static void transpose_chunk(const struct work *w, size_t n, const real *x, size_t wide, real *to)
{
    transpose_rows(x, wide, w->rows, n, to, ACROSS);
    if (w->rows == CHUNK) return; /* what lies beyond CHUNK is never written */
    for (size_t c = 0; c < n; c++) memset(to + c * ACROSS + w->rows, 0, (ACROSS - w->rows) * sizeof(real));
}

/* Some rows of the tile are added to those of a gradient. */
static void add_tile(const struct work *w, size_t from, size_t n, size_t wide, real *dx, size_t stride)
{
    for (size_t r = 0; r < STRIP && from + r < w->rows; r++) {
        real *to = dx + row_of(w, from + r) * (ptrdiff_t)stride;
        const real *x = w->tile + r * wide;
        fetch_ahead(w, to, n, stride);
        EACH(n, put(to + c, get(to + c, some) + get(x + c, some), some));
    }
}

/* ---- the state ---------------------------------------------------------------------------------------------- */

static void get_state(struct work *w, const real *from, real *s, real *z)
{
    memset(s, 0, w->F * w->wide_E * sizeof(real));
    memset(z, 0, w->F * sizeof(real));
    for (size_t f = 0; from && f < w->F; f++) {
        memcpy(s + f * w->wide_E, from + f * (w->Dv + 1), w->Dv * sizeof(real));
        z[f] = from[f * (w->Dv + 1) + w->Dv];
    }
}

static void put_state(const struct work *w, real *to)
{
    for (size_t f = 0; f < w->F; f++) {
        memcpy(to + f * (w->Dv + 1), w->s + f * w->wide_E, w->Dv * sizeof(real));
        to[f * (w->Dv + 1) + w->Dv] = w->z[f];
    }
}

static void turn_state(struct work *w, const real *state)
{
    transpose_rows(state, w->Dv + 1, w->F, w->Dv + 1, w->st, w->wide_F);
}

static void get_gradient_of_state(struct work *w, const real *from)
{
    if (from) transpose_rows(from, w->Dv + 1, w->F, w->Dv + 1, w->dst, w->wide_F);
    else memset(w->dst, 0, (w->Dv + 1) * w->wide_F * sizeof(real));
}

static void add_gradient_of_state(const struct work *w, real *to)
{
    for (size_t f = 0; f < w->F; f++)
        for (size_t e = 0; e <= w->Dv; e++) to[f * (w->Dv + 1) + e] += w->dst[e * w->wide_F + f];
}

static void scale_all(size_t n, real by, real *x)
{
    for (size_t i = 0; i < n; i += LANES) store(x + i, all(by) * load(x + i));
}

/* The chunk's keys go into S and z. */
static void write_state(struct work *w, int decaying)
{
    if (decaying) scale_all(w->F * w->wide_E, w->power[w->rows], w->s), scale_all(w->wide_F, w->power[w->rows], w->z);
    for (size_t f = 0; f < w->F; f += STRIP)
        by_columns(w->lanes_E, w->rows, w->ks + f, w->wide_F, w->v, w->wide_E, w->s + f * w->wide_E, w->wide_E, 0);
    for (size_t c = 0; c < w->lanes_F; c += LANES) {
        vec z = load(w->z + c);
        for (size_t b = 0; b < w->rows; b++) z += all(w->v[b * w->wide_E + w->Dv]) * load(w->ks + b * w->wide_F + c);
        store(w->z + c, z);
    }
}

/* ---- forward ------------------------------------------------------------------------------------------------ */

/* Rows a = from .. of A or dA: what lies above the diagonal (or on it, if strict) is 0, the rest decays. */
static void mask_strip(const struct work *w, size_t from, size_t columns, int strict, int decaying, real *x)
{
    for (size_t r = 0; r < STRIP; r++, x += ACROSS) {
        const size_t a = from + r, kept = strict ? a : a + 1;
        if (decaying && a < CHUNK)
            for (size_t b = 0; b < kept; b += LANES) store(x + b, load(x + b) * load(w->fall + CHUNK - a + b));
        if (kept < columns) memset(x + kept, 0, (columns - kept) * sizeof(real));
    }
}

static size_t columns_of(size_t from) { return up_to(from + STRIP, LANES); }

static void weights_of_strip(const struct work *w, size_t from, int strict, int decaying)
{
    real *a = w->a + from * ACROSS;
    by_rows(columns_of(from), w->F, w->q + from * w->wide_F, w->wide_F, w->kt, ACROSS, a, ACROSS, 1);
    mask_strip(w, from, columns_of(from), strict, decaying, a);
}

/* How a scan leaves its rows: `add` to what another left, and divide by den when it is the `last`. */
struct finish {
    int add, last;
};

static void finish_strip(const struct linear_head *h, const struct work *w, size_t from, int has_weights, struct finish how)
{
    for (size_t r = 0; r < STRIP && from + r < w->rows; r++) {
        const ptrdiff_t row = row_of(w, from + r);
        const real *x = w->tile + r * w->wide_E, *a = w->a + (from + r) * ACROSS, *q = w->qs + (from + r) * w->wide_F;
        real *out = h->out + row * (ptrdiff_t)h->out_stride, factor = 1;
        if (h->normalise) {
            vec sum = {0};
            for (size_t c = 0; has_weights && c < columns_of(from); c += LANES) sum += load(a + c);
            for (size_t c = 0; c < w->lanes_F; c += LANES) sum += load(q + c) * load(w->z + c);
            h->den[row] = sum_lanes(sum) + (how.add ? h->den[row] : 0);
            if (how.last) factor = over(h, row);
        }
        EACH(w->Dv, vec y = get(x + c, some); if (how.add) y += get(out + c, some); put(out + c, all(factor) * y, some));
    }
}

static void scan(const struct linear_head *h, struct work *w, int reversed, int strict, struct finish how, real *states)
{
    const int decaying = decays(h);
    get_state(w, reversed ? NULL : h->state_in, w->s, w->z);
    for (size_t n = 0; n < chunks(h); n++) {
        if (states) put_state(w, states + n * state_size(h));
        open_chunk(h, w, reversed, n, 0);
        load_queries(h, w);
        load_keys(h, w);
        transpose_chunk(w, w->F, w->k, w->wide_F, w->kt);
        for (size_t a = 0; a < w->rows; a += STRIP) {
            const size_t seen = a + STRIP < w->rows ? a + STRIP : w->rows;
            weights_of_strip(w, a, strict, decaying);
            by_rows(w->lanes_E, seen, w->a + a * ACROSS, ACROSS, w->v, w->wide_E, w->tile, w->wide_E, 1);
            by_rows(w->lanes_E, w->F, w->qs + a * w->wide_F, w->wide_F, w->s, w->wide_E, w->tile, w->wide_E, 0);
            finish_strip(h, w, a, 1, how);
        }
        write_state(w, decaying);
    }
    if (!reversed && h->state_out) put_state(w, h->state_out);
}

/* Every row reads the state as it is. */
static void read_rows(const struct linear_head *h, struct work *w, size_t from, size_t to)
{
    for (size_t row = from; row < to; row += CHUNK) {
        open_rows(w, row, to);
        load_queries(h, w);
        for (size_t a = 0; a < w->rows; a += STRIP) {
            by_rows(w->lanes_E, w->F, w->q + a * w->wide_F, w->wide_F, w->s, w->wide_E, w->tile, w->wide_E, 1);
            finish_strip(h, w, a, 0, (struct finish){0, 1});
        }
    }
}

/* v_b becomes u_b = v_b - r_b. */
static void subtract_retrieved(struct work *w)
{
    for (size_t b = 0; b < w->rows; b += STRIP) {
        by_rows(w->lanes_E, w->F, w->k + b * w->wide_F, w->wide_F, w->before, w->wide_E, w->tile, w->wide_E, 1);
        for (size_t r = 0; r < STRIP && b + r < w->rows; r++) {
            const real *k = w->k + (b + r) * w->wide_F, *x = w->tile + r * w->wide_E;
            real *v = w->v + (b + r) * w->wide_E, *kept = w->r + (b + r) * w->wide_E;
            vec sum = {0};
            for (size_t c = 0; c < w->lanes_F; c += LANES) sum += load(k + c) * load(w->z_before + c);
            const real den = sum_lanes(sum), factor = den <= LINEAR_FLOOR ? 0 : 1 / den;
            EACH(w->Dv, const vec y = all(factor) * get(x + c, some); put(kept + c, y, some); put(v + c, get(v + c, some) - y, some));
            kept[w->Dv] = factor;
        }
    }
}

static void write_rows(const struct linear_head *h, struct work *w, size_t from, size_t to)
{
    if (h->delta) {
        memcpy(w->before, w->s, w->F * w->wide_E * sizeof(real));
        memcpy(w->z_before, w->z, w->wide_F * sizeof(real));
    }
    for (size_t row = from; row < to; row += CHUNK) {
        open_rows(w, row, to);
        load_keys(h, w);
        if (h->delta) subtract_retrieved(w);
        write_state(w, 0);
    }
}

static void memory(const struct linear_head *h, struct work *w)
{
    get_state(w, h->state_in, w->s, w->z);
    for (size_t s = 0; s < segments(h); s++) {
        if (h->states) put_state(w, h->states + s * state_size(h));
        read_rows(h, w, segment_begin(h, s), segment_end(h, s));
        if (s + 1 < segments(h) || h->state_out) write_rows(h, w, segment_begin(h, s), segment_end(h, s));
    }
    if (h->state_out) put_state(w, h->state_out);
}

void NAME(linear_forward)(const struct linear_head *h, void *scratch)
{
    struct work w = start(h, scratch);
    if (scans(h)) {
        const int both = h->sees == LINEAR_BOTH;
        scan(h, &w, 0, 0, (struct finish){0, !both}, h->states);
        if (both) scan(h, &w, 1, 1, (struct finish){1, 1}, h->states ? h->states + chunks(h) * state_size(h) : NULL);
        return;
    }
    if (h->sees == LINEAR_MEMORY) {
        memory(h, &w);
        return;
    }
    get_state(&w, h->state_in, w.s, w.z);
    write_rows(h, &w, 0, h->rows);
    if (h->states) put_state(&w, h->states);
    if (h->state_out) put_state(&w, h->state_out);
    read_rows(h, &w, 0, h->rows);
}

/* ---- backward ----------------------------------------------------------------------------------------------- */

/* dS as rows of v, for dv. */
static void turn_gradient_of_state(struct work *w)
{
    transpose_rows(w->dst, w->wide_F, w->Dv, w->F, w->ds, w->wide_E);
}

/* dS += sum_a decay^(a+1) q_a dn_a^T; with k for q, what keys have read by the delta rule. */
static void read_backward(struct work *w, const real *q, real *dst)
{
    for (size_t e = 0; e <= w->Dv; e += STRIP)
        by_columns(w->lanes_F, w->rows, w->dns + e, w->wide_E, q, w->wide_F, dst + e * w->wide_F, w->wide_F, 0);
}

static void query_gradients(const struct linear_head *h, struct work *w, int with_weights)
{
    for (size_t a = 0; a < w->rows; a += STRIP) {
        const size_t seen = !with_weights ? 0 : a + STRIP < w->rows ? a + STRIP : w->rows;
        by_rows(w->lanes_F, seen, w->da + a * ACROSS, ACROSS, w->k, w->wide_F, w->tile, w->wide_F, 1);
        by_rows(w->lanes_F, w->Dv + 1, w->dns + a * w->wide_E, w->wide_E, w->st, w->wide_F, w->tile, w->wide_F, 0);
        add_tile(w, a, w->F, w->wide_F, h->dq, h->q_stride);
    }
}

static void key_gradients(const struct linear_head *h, struct work *w, int with_weights)
{
    for (size_t b = 0; b < w->rows; b += STRIP) {
        const size_t after = with_weights ? w->rows - b : 0, at = b * ACROSS + b;
        if (h->dk) {
            by_columns(w->lanes_F, after, w->da + at, ACROSS, w->q + b * w->wide_F, w->wide_F, w->tile, w->wide_F, 1);
            by_rows(w->lanes_F, w->Dv + 1, w->vs + b * w->wide_E, w->wide_E, w->dst, w->wide_F, w->tile, w->wide_F, 0);
            add_tile(w, b, w->F, w->wide_F, h->dk, h->k_stride);
        }
        if (h->dv) {
            by_columns(w->lanes_E, after, w->a + at, ACROSS, w->dn + b * w->wide_E, w->wide_E, w->tile, w->wide_E, 1);
            by_rows(w->lanes_E, w->F, w->ks + b * w->wide_F, w->wide_F, w->ds, w->wide_E, w->tile, w->wide_E, 0);
            add_tile(w, b, w->Dv, w->wide_E, h->dv, h->v_stride);
        }
    }
}

static void scan_backward(const struct linear_head *h, struct work *w, int reversed, int strict, const real *states)
{
    const int decaying = decays(h);
    get_gradient_of_state(w, reversed ? NULL : h->d_state_out);
    for (size_t n = chunks(h); n-- > 0;) {
        const real *state = states + n * state_size(h);
        open_chunk(h, w, reversed, n, 1);
        load_queries(h, w);
        load_keys(h, w);
        load_gradients(h, w);
        turn_state(w, state);
        transpose_chunk(w, w->F, w->k, w->wide_F, w->kt);
        transpose_chunk(w, w->Dv + 1, w->v, w->wide_E, w->vt);
        for (size_t a = 0; a < w->rows; a += STRIP) {
            real *da = w->da + a * ACROSS;
            weights_of_strip(w, a, strict, decaying);
            by_rows(columns_of(a), w->Dv + 1, w->dn + a * w->wide_E, w->wide_E, w->vt, ACROSS, da, ACROSS, 1);
            mask_strip(w, a, columns_of(a), strict, decaying, da);
        }
        if (h->dq) query_gradients(h, w, 1);
        turn_gradient_of_state(w);
        key_gradients(h, w, 1);
        if (decaying) scale_all((w->Dv + 1) * w->wide_F, w->power[w->rows], w->dst);
        read_backward(w, w->q, w->dst);
    }
    if (!reversed && h->d_state_in) add_gradient_of_state(w, h->d_state_in);
}

static void read_rows_backward(const struct linear_head *h, struct work *w, size_t from, size_t to, int constant)
{
    for (size_t row = from; row < to; row += CHUNK) {
        open_rows(w, row, to);
        load_queries(h, w);
        load_gradients(h, w);
        if (h->dq) query_gradients(h, w, 0);
        if (!constant) read_backward(w, w->q, w->dst);
    }
}

/* What u_b = v_b - r_b sends back through r_b. */
static void retrieved_backward(const struct linear_head *h, struct work *w, int constant)
{
    for (size_t b = 0; b < w->rows; b += STRIP) {
        by_rows(w->lanes_E, w->F, w->k + b * w->wide_F, w->wide_F, w->ds, w->wide_E, w->tile, w->wide_E, 1);
        for (size_t r = 0; r < STRIP && b + r < w->rows; r++) {
            const real *du = w->tile + r * w->wide_E, *kept = w->r + (b + r) * w->wide_E;
            real *dn = w->dn + (b + r) * w->wide_E;
            const real factor = -kept[w->Dv];
            vec dot = {0};
            EACH(w->Dv, const vec d = all(factor) * get(du + c, some); dot += d * get(kept + c, some); put(dn + c, d, some));
            dn[w->Dv] = -sum_lanes(dot);
        }
    }
    clear_rest(w, w->wide_E, w->dn);
    for (size_t b = 0; h->dk && b < w->rows; b += STRIP) {
        by_rows(w->lanes_F, w->Dv + 1, w->dn + b * w->wide_E, w->wide_E, w->st, w->wide_F, w->tile, w->wide_F, 1);
        add_tile(w, b, w->F, w->wide_F, h->dk, h->k_stride);
    }
    if (!constant) read_backward(w, w->k, w->dst_before);
}

static void write_rows_backward(const struct linear_head *h, struct work *w, size_t from, size_t to, int constant)
{
    turn_gradient_of_state(w);
    if (h->delta) memcpy(w->dst_before, w->dst, (w->Dv + 1) * w->wide_F * sizeof(real));
    for (size_t row = from; row < to; row += CHUNK) {
        open_rows(w, row, to);
        load_keys(h, w);
        if (h->delta) subtract_retrieved(w);
        key_gradients(h, w, 0);
        if (h->delta) retrieved_backward(h, w, constant);
    }
    if (h->delta) memcpy(w->dst, w->dst_before, (w->Dv + 1) * w->wide_F * sizeof(real));
}

static void memory_backward(const struct linear_head *h, struct work *w)
{
    int wanted = h->d_state_out != NULL; /* is there a gradient of the state behind the segment? */
    get_gradient_of_state(w, h->d_state_out);
    for (size_t s = segments(h); s-- > 0;) {
        const real *state = h->states + s * state_size(h);
        const int constant = cuts(h, s);
        turn_state(w, state);
        if (h->delta) get_state(w, state, w->before, w->z_before);
        if (wanted) write_rows_backward(h, w, segment_begin(h, s), segment_end(h, s), constant);
        read_rows_backward(h, w, segment_begin(h, s), segment_end(h, s), constant);
        wanted = !constant;
        if (constant) get_gradient_of_state(w, NULL);
    }
    if (wanted && h->d_state_in) add_gradient_of_state(w, h->d_state_in);
}

void NAME(linear_backward)(const struct linear_head *h, void *scratch)
{
    struct work w = start(h, scratch);
    if (scans(h)) {
        scan_backward(h, &w, 0, 0, h->states);
        if (h->sees == LINEAR_BOTH) scan_backward(h, &w, 1, 1, h->states + chunks(h) * state_size(h));
        return;
    }
    if (h->sees == LINEAR_MEMORY) {
        memory_backward(h, &w);
        return;
    }
    get_gradient_of_state(&w, h->d_state_out);
    turn_state(&w, h->states);
    read_rows_backward(h, &w, 0, h->rows, 0);
    write_rows_backward(h, &w, 0, h->rows, 0);
    if (h->d_state_in) add_gradient_of_state(&w, h->d_state_in);
}
