/* ops.h -- the operations: one file each, forward and backward on one page.
 *
 * All take (rows, cols) nodes of one tape and give a new one in its arena; none fails: wrong shapes are our own error
 * and asserted.  Parameters are leaves.  "pack" gives the rows of each example and must outlive the tape.
 */
#ifndef REACH_OPS_H
#define REACH_OPS_H

#include "tensor/pack.h"
#include "tensor/tape.h"

/* embedding.c: y_i = table[id_i] * scale.  table (V, C), ids n in 0..V-1; y (n, C). */
node *embedding(tape *tp, node *table, size_t n, const int32_t *id, real scale);

/* linear.c: y = x W + b.  x (n, in), W (in, out), b (1, out) or NULL; y (n, out). */
node *linear(tape *tp, node *x, node *W, node *b);
/* y = x W^T, W (out, in): the tied output of a language model. */
node *linear_transposed(tape *tp, node *x, node *W, node *b);

/* norm.c: per row, (x - mean) / sqrt(var + eps) * gain + bias (Ba, Kiros and Hinton, arXiv:1607.06450);
 * rms: x / sqrt(mean(x^2) + eps) * gain (Zhang and Sennrich, arXiv:1910.07467).  gain, bias (1, C); bias may be NULL. */
node *norm(tape *tp, node *x, node *gain, node *bias, bool rms);

/* activation.c: y = f(x), elementwise. */
enum activation_kind { GELU_ERF, GELU_TANH, RELU, SILU, ELU_PLUS_ONE };
node *activation(tape *tp, node *x, enum activation_kind f);

/* add.c: y = a + b; both (n, C). */
node *add(tape *tp, node *a, node *b);
/* y_i = x_i + b for every row; b (1, C). */
node *add_row(tape *tp, node *x, node *b);

/* drop.c: dropout of rows (Srivastava et al., JMLR 2014), kept values divided by 1 - rate.  `site` tells apart the places
 * of one layer.  Returns x itself at rate 0 or when the tape only evaluates. */
node *drop(tape *tp, const struct pack *pack, node *x, struct dropout d, uint32_t site);

/* rotate.c: rotates channel pairs (2t, 2t+1) of every head by the angle of their row (RoPE, arXiv:2104.09864):
 *   (a, b) -> (a cos - b sin, a sin + b cos).
 * x (n, H D); cosine, sine: row i's angles at [row[i] * D/2 + t]; both tables must outlive the tape. */
node *rotate(tape *tp, node *x, size_t head_width, const uint32_t *row, const real *cosine, const real *sine);

/* unit.c: every head of every row divided by its length, sqrt(sum x^2 + 1e-12). x (n, H D). */
node *unit(tape *tp, node *x, size_t head_width);

/* scale.c: y_i = factor_i x_i with constants factor (n), in the tape's arena or longer lived. */
node *scale_rows(tape *tp, node *x, const real *factor);
/* y = x times gain[h] for the channels of head h; gain (1, H). */
node *scale_heads(tape *tp, node *x, size_t head_width, node *gain);

/* mix_heads.c: y = (1 - g_h) a + g_h b for the channels of head h, g = sigmoid(beta).  a, b (n, H D), beta (1, H). */
node *mix_heads(tape *tp, node *a, node *b, size_t head_width, node *beta);

/* gate.c: y = sigmoid(z) x.  x (n, H D), z (n, H): one gate per head and row; z (n, H D): one per channel. */
node *gate(tape *tp, node *x, node *z);

/* pool.c: one row per example: mean of its rows, its first row, or its last.  y (pack->n, C).
 * With pack->valid, the mean is over valid rows (0 if there is none); MEAN_ALL is over all rows, and SEEN_OVER_ALL the sum of the
 * valid ones divided by the number of all. */
enum pool_kind { MEAN_ROW, FIRST_ROW, LAST_ROW, MEAN_ALL, SEEN_OVER_ALL };
node *pool(tape *tp, const struct pack *pack, node *x, enum pool_kind kind);

/* join.c: rows 2e and 2e + 1 beside each other, with their product and difference: x (2n, C), y (n, 2 C) or (n, 4 C). */
enum join_kind {
    JOIN_PLAIN,            /* [a, b]               */
    JOIN_PRODUCT_FIRST,    /* [a, b, a b, a - b]   */
    JOIN_DIFFERENCE_FIRST, /* [a, b, a - b, a b]   */
};
node *join_pairs(tape *tp, node *x, enum join_kind kind);

/* prepend.c: every example gets one more row, `row` (1, C), before its own; y (rows + pack->n, C). */
node *prepend(tape *tp, const struct pack *pack, node *x, node *row);

/* rows.c: y_i = x_row[i], n rows, each taken once at most; and x with its rows row[i] replaced by those of `part` (n, C).
 * `row` must outlive the tape's backward. */
node *take_rows(tape *tp, node *x, size_t n, const size_t *row);
node *put_rows(tape *tp, node *x, node *part, const size_t *row);

/* project.c: the rows of every example mixed into `slots` rows, the same number for every length:
 *   y_c = sum over rows j of the example of E_jc x_j
 * x (rows, H D); y (pack->n slots, H D), example e's from row e slots on; E (N, slots) for all heads or (N, H slots), head h
 * in columns h slots.., with N >= the rows of any example, which uses the first of E. */
node *project_rows(tape *tp, const struct pack *pack, node *x, node *E, size_t heads, size_t slots);

/* slots.c: each slot, a run of neighbouring rows, becomes one row: their mean, their largest value channel by channel
 * (the first of equals), or sum_t W_th x_t for row t of the slot and the channels of head h. */
enum slot_kind { SLOT_MEAN, SLOT_MAX, SLOT_SUM };
struct slots {
    size_t n;
    const size_t *row;               /* n + 1 row numbers: slot s is rows row[s]..row[s + 1], at least one      */
    const unsigned char *valid;      /* rows with 0 do not count; a slot without any gives 0; NULL: all         */
};
/* y (slots->n, C).  W (rows of the longest slot at least, 1 or heads) for SLOT_SUM, else NULL.  `slots` and its arrays must
 * outlive the tape's backward. */
node *slot_rows(tape *tp, node *x, const struct slots *slots, enum slot_kind kind, node *W);

/* reshape.c: the same numbers in rows of another length: y (rows, cols) with rows cols = those of x.  y looks at x's memory. */
node *reshape(tape *tp, node *x, size_t rows, size_t cols);
/* The same numbers as a constant: no gradient passes. */
node *detached(tape *tp, node *x);

/* neighbours.c: rows beside each other, [x_(i - apart), x_i, x_(i + apart)], with zeros for rows outside i's run, so that a
 * linear with W (3 C, out) is a convolution of width 3.  x (n, C), y (n, 3 C); run r is rows run[r]..run[r + 1] of x, n_runs + 1
 * numbers that outlive the tape's backward. */
node *neighbours(tape *tp, node *x, size_t n_runs, const size_t *run, size_t apart);

/* squared_difference.c: y = sum of (a - b)^2 as a (1, 1) node; a and b of one shape. */
node *squared_difference(tape *tp, node *a, node *b);

/* cross_entropy.c: y = sum over rows with target >= 0 of -log softmax(x_i)[target_i], as a (1, 1) node.
 * x (n, V) is used up: its values are replaced by softmax(x).  row_loss[i] (nats; 0 where there is no target) and
 * right[i] (1 if the target is the largest logit, the first of equals) are filled when not NULL. */
node *cross_entropy(tape *tp, node *x, const int32_t *target, double *row_loss, unsigned char *right);

/* softmax_attention.c: see kernel.h for the meaning of a piece.  All heads of all examples of the pack.
 * Queries and keys are the rows of the pack, unless the request or the piece has its own offsets. */
#define ATTENTION_PIECES 4
struct attention_source {
    node *q;                         /* (rows, H D)                                                     */
    node *k, *v;                     /* (key rows, H D), (key rows, H Dv)                               */
    const size_t    *key_offset;     /* pack->n + 1 row numbers (pack->n with key_end); NULL: the pack's */
    const size_t    *key_end;        /* pack->n row numbers past each example's last key; NULL: the next one's first */
    const ptrdiff_t *key_first;      /* pack->n absolute positions of each example's first key; NULL: the pack's */
    const struct pattern *pattern;   /* one, or one per head if pattern_per_head                        */
    bool pattern_per_head;
    const unsigned char *visible;    /* per key row; NULL: all                                          */
    const struct score_term *term;   /* NULL: none                                                      */
    node *term_input[2];             /* nodes whose gradient the term's backward adds to; NULL: none    */
    real *received;                  /* key rows: += the weights (before dropout) that a key gets from all queries of all
                                        heads and examples; forward only; NULL: not wanted (the usual, costs nothing) */
};
struct attention_request {
    const struct pack *pack;
    const size_t    *query_offset;   /* pack->n + 1 rows of q; NULL: the pack's                          */
    const ptrdiff_t *query_first;    /* pack->n absolute positions of each example's first query; NULL: the pack's */
    size_t heads;
    real   scale;
    struct dropout drop;             /* on weights, after normalisation; ignored when evaluating         */
    size_t pieces;
    struct attention_source piece[ATTENTION_PIECES];
};
/* y (rows of q, H Dv). Patterns, flags, offsets and terms must outlive the tape's backward. */
node *softmax_attention(tape *tp, const struct attention_request *rq);

/* random_features.c: features whose products stand for a kernel of x.  x (n, H D), xhat = x / D^(1/4); w: H matrices
 * (F, D) of constants that outlive the tape; y (n, H F), all >= 0.
 *   FEATURES_EXP    e^(w_r . xhat - |xhat|^2 / 2) / sqrt(F); their products have the mean e^(q . k / sqrt(D))
 *   FEATURES_KEY    the same times a constant of w alone, so that they cannot overflow
 *   FEATURES_QUERY  the same divided by the row's largest; the divisor gets no gradient
 *   FEATURES_RELU   max(0, w_r . xhat) + 1/1000
 * Of KEY and QUERY only ratios have a meaning: constants of a row of q, or of all keys, cancel in num / den. */
enum feature_kind { FEATURES_EXP, FEATURES_KEY, FEATURES_QUERY, FEATURES_RELU };
node *random_features(tape *tp, node *x, size_t heads, size_t features, const real *w, enum feature_kind kind);

/* linear_attention.c: all heads of all examples of the pack; kernel.h (struct linear_head) says what is computed. */
struct linear_request {
    const struct pack *pack;
    size_t heads;
    enum linear_sight sees;
    bool   normalise;
    const real *decay;               /* one per head, in (0, 1]; NULL: none                             */
    size_t segment, bptt;            /* LINEAR_MEMORY: rows of a segment, 0: one; where gradients are cut */
    bool   delta;                    /* LINEAR_MEMORY: written by the delta rule                        */
    const unsigned char *visible;    /* per row; NULL: all                                              */
    node *q, *k;                     /* (rows, H F) features                                            */
    node *v;                         /* (rows, H Dv)                                                    */
    node *state;                     /* (pack->n H F, Dv + 1), example by example, head by head; NULL: zeros */
};
/* y (rows, H Dv).  With state_out, also the state behind the last row, shaped as `state`: a node that sends its gradient
 * back; where it must not, make a leaf of its values. */
node *linear_attention(tape *tp, const struct linear_request *rq, node **state_out);

#endif
