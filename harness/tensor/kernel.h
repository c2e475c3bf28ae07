/* kernel.h -- the inner loops that decide the speed, built once per instruction set.
 *
 * Every file in tensor/kernel/ is compiled for AVX-512, AVX2 and plain C (float), and for plain C only
 * in the double build; kernel_choose() picks one table at start by what the CPU has.  The choice changes
 * rounding, so its name is stored with the results.  All functions are pure: no state, no allocation;
 * arrays need no alignment unless said, and may not overlap unless said.  NaN in, NaN out.
 * "+=" marks what is accumulated; everything else is overwritten.
 */
#ifndef REACH_KERNEL_H
#define REACH_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/real.h"

/* Which keys a query may see, by the distance  delta = query position - key position.
 * near <= delta <= far, and delta is a multiple of `every`.
 *   all        {-PATTERN_FAR, PATTERN_FAR, 1}
 *   causal     {0, PATTERN_FAR, 1}
 *   band       {-w, w, 1}, causal {0, w, 1}
 *   dilated    {-w d, w d, d}
 *   far part   {w, PATTERN_FAR, 1}
 * `every` > 1 costs what its keys cost, not what lies between them, if all pieces of the head either share it or are seen
 * whole (pattern all); else it is masked.
 * Columns that a pattern must leave out (padding) are cleared in the piece's `visible`. */
#define PATTERN_FAR (PTRDIFF_MAX / 4)
struct pattern {
    ptrdiff_t near, far;
    ptrdiff_t every; /* >= 1 */
};

/* Most queries, and most keys, of a tile of scores. */
#define SCORE_TILE 64

/* One tile of scores, as a score term sees it.  Element (query i, key j) of the tile lies at
 * [j * stride + i]: keys are rows, because the kernel's vector lanes are queries. */
struct score_tile {
    size_t    head, example;           /* example: its number in the pack                 */
    size_t    queries, keys, stride;
    size_t    query, key;              /* row numbers inside the example and the piece    */
    ptrdiff_t query_position, key_position; /* absolute position of the tile's first ones */
    size_t    query_step, key_step;    /* from one to the next, of row number and position: 1 unless a pattern has `every` */
};

/* Something that adds to scores (ALiBi, T5 or KERPLE bias, Transformer-XL's relative term).
 *   add       scores[] += term, in units of the scaled score (before the exponential)
 *   backward  d_scores[] is the loss gradient for the same tile, 0 where the pattern forbids; the term adds
 *             to its own parameters' gradient.  NULL if it has none.
 * The kernel masks after `add`, so a term may write anything at forbidden places; elsewhere it must be finite. */
struct score_term {
    void (*add)(const struct score_term *t, const struct score_tile *at, real *scores);
    void (*backward)(const struct score_term *t, const struct score_tile *at, const real *d_scores);
    const void *self;
};

/* Dropout of rate `rate` keyed by `key`; the 16-bit lane l of Philox counter (row, column / 8, example, head)
 * decides element (row, column), column % 8 = l: kept iff lane >= threshold, threshold = round(rate * 65536),
 * and kept values are divided by 1 - threshold/65536.  Lane l is (word[l/2] >> (16 * (l%2))) & 0xffff.  In attention,
 * row is the query's position (first + its number), column the key's number counted on over pieces; for hidden rows,
 * first_row + its number, the channel, and `site` in place of head. */
struct dropout {
    real       rate; /* 0: off */
    random_key key;
};

/* One head of one example.  Its scores come from `pieces` pieces, normalised together:
 *   s_ij = scale * q_i . k_j + term_ij          over the (piece, key) pairs that the pattern allows
 *   w = softmax over all of them; a row that may see nothing gives 0 and no gradient
 *   out_i = sum_j drop(w_ij) v_j
 * Query positions are first + 0, 1, ..; key positions piece.first + 0, 1, ..
 * In the backward pass any of a piece's dq, dk, dv may be NULL: that gradient is not wanted (memory behind a
 * stop-gradient). */
struct attention_piece {
    const real *q;  real *dq;  size_t q_stride;      /* (queries, D); gradient += in the same layout */
    const real *k;  real *dk;  size_t k_stride;      /* (keys, D)                                   */
    const real *v;  real *dv;  size_t v_stride;      /* (keys, Dv)                                  */
    size_t               keys;
    ptrdiff_t            first;
    struct pattern       pattern;
    const unsigned char *visible;                    /* keys flags, NULL: all                       */
    const struct score_term *term;                   /* NULL: none                                  */
    real                *received;                   /* (keys) += sum_i w_ij; NULL: not wanted      */
};

struct attention_head {
    size_t    queries, D, Dv;
    ptrdiff_t first;
    real      scale;
    size_t    pieces;
    const struct attention_piece *piece;
    struct dropout drop;                             /* of the normalised weights                   */
    uint32_t  example_id;                            /* dropout counter                             */
    size_t    example, head;                         /* for score_tile and the dropout counter      */
    real       *out;   size_t out_stride;            /* (queries, Dv); forward writes               */
    real       *lse;                                 /* (queries): log of the normaliser; -inf for an empty row */
    const real *d_out;                               /* backward: gradient of out, layout of out    */
};

/* Linear attention of one head of one example: what a softmax would weigh, features weigh here.
 *   a_ij  = decay^|i - j| q_i . k_j       for the pairs that `sees` allows; q, k: features, (rows, F)
 *   num_i = sum_j a_ij v_j (+ what the state holds),  den_i = sum_j a_ij (+ the same)
 *   out_i = num_i / den_i if `normalise` (0, and no gradient, where den_i <= LINEAR_FLOOR), else num_i
 * A state is (F, Dv + 1), row-major: sum_j k_j v_j^T, and in the last column sum_j k_j.
 *   LINEAR_CAUSAL  j <= i; row i sees the state behind decay^(i + 1)
 *   LINEAR_BOTH    every j; the state lies before row 0
 *   LINEAR_MEMORY  the state alone: rows are read from it and written to state_out; decay must be 1
 *   state_out = decay^rows state_in + sum_j decay^(rows - 1 - j) k_j [v_j, 1]^T
 * A row that `visible` clears is no key: its k and v are never looked at.
 *
 * LINEAR_MEMORY with `segment`: rows in segments of so many, the last may be short.  Rows of segment s = 0, 1, .. read the
 * state M_s, z_s (M_0, z_0: state_in), then they are written to it:
 *   z_(s+1) = z_s + sum_j k_j        M_(s+1) = M_s + sum_j k_j u_j^T,  u_j = v_j, or by the delta rule
 *   u_j = v_j - M_s^T k_j / (k_j . z_s)      without the second term where k_j . z_s <= LINEAR_FLOOR
 * `bptt`: M_s, z_s are constants, through which no gradient passes, for s = bptt, 2 bptt, 3 bptt, ..; 0: for all s, 0 too. */
enum linear_sight { LINEAR_CAUSAL, LINEAR_BOTH, LINEAR_MEMORY };
#define LINEAR_CHUNK 64
#define LINEAR_FLOOR (sizeof(real) == sizeof(float) ? (real)0x1p-63 : (real)0x1p-511) /* root of the smallest normal number */
struct linear_head {
    size_t rows, F, Dv;
    enum linear_sight sees;
    int  normalise;
    real decay;                                      /* in (0, 1]; 1: none                          */
    size_t segment;                                  /* rows; 0: one segment, never cut             */
    size_t bptt;                                     /* segments; SIZE_MAX: never cut               */
    int  delta;                                      /* LINEAR_MEMORY: by the delta rule            */
    const real *q;  real *dq;  size_t q_stride;      /* gradients +=, in the same layout; any may be NULL */
    const real *k;  real *dk;  size_t k_stride;
    const real *v;  real *dv;  size_t v_stride;      /* (rows, Dv)                                  */
    const unsigned char *visible;                    /* rows flags, NULL: all                       */
    const real *state_in;     real *d_state_in;      /* NULL: zeros; gradient +=, NULL: not wanted  */
    real       *state_out;    const real *d_state_out; /* NULL: not wanted; never state_in itself   */
    real       *out;   size_t out_stride;            /* (rows, Dv); forward writes                  */
    real       *den;                                 /* (rows); forward writes, backward reads      */
    real       *states;                              /* linear_states values, likewise; NULL: no backward to come */
    const real *d_out;                               /* backward: gradient of out, layout of out    */
};

struct kernel {
    const char *name;      /* "avx512", "avx2", "plain" */

    /* Bytes of 64-byte-aligned scratch that attention needs, whatever the length. */
    size_t (*attention_scratch)(size_t D, size_t Dv);
    void (*attention_forward)(const struct attention_head *h, void *scratch);
    void (*attention_backward)(const struct attention_head *h, void *scratch); /* dq, dk, dv += */
    void (*attention_received)(const struct attention_head *h, void *scratch); /* after forward: reads lse, received += */

    /* The same for linear attention; linear_states counts the values that forward leaves for backward. */
    size_t (*linear_scratch)(size_t F, size_t Dv);
    size_t (*linear_states)(const struct linear_head *h);
    void (*linear_forward)(const struct linear_head *h, void *scratch);
    void (*linear_backward)(const struct linear_head *h, void *scratch); /* dq, dk, dv, d_state_in += */

    /* y = f(x); backward: dx += dy f'(x). */
    void (*gelu_erf)(size_t n, const real *x, real *y);
    void (*gelu_erf_backward)(size_t n, const real *x, const real *dy, real *dx);
    void (*gelu_tanh)(size_t n, const real *x, real *y);
    void (*gelu_tanh_backward)(size_t n, const real *x, const real *dy, real *dx);
    void (*silu)(size_t n, const real *x, real *y);
    void (*silu_backward)(size_t n, const real *x, const real *dy, real *dx);

    void (*elu_plus_one)(size_t n, const real *x, real *y); /* x + 1 above 0, e^x below */
    void (*elu_plus_one_backward)(size_t n, const real *x, const real *dy, real *dx);

    /* In place, rows of n that lie `stride` apart: x = factor e^(x - offset[row]); offset NULL: the row's maximum. */
    void (*exp_rows)(size_t rows, size_t n, size_t stride, real factor, const real *offset, real *x);
    /* Likewise: dy *= y, and sum[row] = the new row's sum. */
    void (*multiply_rows)(size_t rows, size_t n, size_t stride, const real *y, real *dy, real *sum);

    /* Rows of C: xhat = (x - mean) * rstd with rstd = 1/sqrt(var + eps), y = xhat * gain + bias (bias may be NULL).
     * rms: mean is taken as 0.  stats holds (mean, rstd) per row, written forward, read backward. */
    void (*norm)(size_t rows, size_t C, int rms, real eps, const real *x, const real *gain, const real *bias,
                 real *y, real *stats);
    void (*norm_backward)(size_t rows, size_t C, int rms, const real *x, const real *gain, const real *stats,
                          const real *dy, real *dx /* += */, real *dgain /* += */, real *dbias /* += or NULL */);

    /* Rows of V logits: p = softmax(row) (may be in place), returns nothing; lse[row] = log sum exp(row). */
    void (*softmax_rows)(size_t rows, size_t V, const real *x, real *p, real *lse);

    /* y = drop(x) for `rows` rows of C channels that stand at positions first_row.. of an example. */
    void (*dropout)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows, size_t C,
                    const real *x, real *y);
    /* dx += drop'(dy), the same mask. */
    void (*dropout_backward)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows,
                             size_t C, const real *dy, real *dx);

    /* Adam on n values (Kingma and Ba, arXiv:1412.6980, alg. 1; decoupled decay: Loshchilov and Hutter,
     * arXiv:1711.05101, alg. 2):
     *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w -= rate * (m / c1 / (sqrt(v / c2) + eps) + decay * w)
     * c1 = 1 - b1^t, c2 = 1 - b2^t. */
    void (*adam)(size_t n, real *w, const real *g, real *m, real *v, real rate, real b1, real b2, real eps, real decay,
                 real c1, real c2);

    /* y += x; y += s x; sum of squares in double, in an order that does not depend on the machine's threads. */
    void   (*add)(size_t n, const real *x, real *y);
    void   (*add_scaled)(size_t n, real s, const real *x, real *y);
    double (*sum_squares)(size_t n, const real *x);
    /* column sums: out[c] += sum over rows of x[row*C + c] */
    void   (*add_columns)(size_t rows, size_t C, const real *x, real *out);
    /* y[row] = x[row] + b for every row (y may be x) */
    void   (*add_row)(size_t rows, size_t C, const real *x, const real *b, real *y);

    /* C (m, n) = alpha op(A) op(B) + beta C; ta, tb: transposed.  The contract of product.h, which chooses between
     * this and BLAS. */
    void (*product)(int ta, int tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda, const real *B,
                    size_t ldb, real beta, real *C, size_t ldc);
};

/* The best table for this CPU, or the one that `name` ("avx512", "avx2", "plain") asks for.
 * NULL if `name` is unknown or the CPU lacks it.  Environment is not read here. */
const struct kernel *kernel_choose(const char *name);

#endif
