/* heads.h -- what softmax attentions share: the four projections, and log-n scaling of queries.
 *
 *   q = x Wq (+ bq),  k = x Wk (+ bk),  v = x Wv (+ bv),  y = o Wo (+ bo)
 *
 * x (rows, C); q, k, v, o (rows, H D); y (rows, C).  Wo has a bias if the model has biases; q, k, v have one if asked.
 */
#ifndef REACH_HEADS_H
#define REACH_HEADS_H

#include "tensor/ops.h"
#include "variants/variant.h"

struct heads {
    weight q, k, v, o, q_bias, k_bias, v_bias, o_bias;
};

/* Options that every attention with such heads has; those whose rows do not see all keys have the bias alone. */
enum log_n { LOG_N_OFF, LOG_N_TRAIN, LOG_N_TEST };
struct heads_options {
    unsigned bias;   /* 1: q, 2: k, 4: v */
    int      log_n;  /* enum log_n       */
};
extern const char *const heads_bias_names[];
extern const char *const heads_log_n_names[];
#define HEADS_BIAS_OPTION(type, member)                                                                               \
    {"bias", OPTION_SET, offsetof(type, member.bias), "[]", 0, 0, heads_bias_names,                                   \
     "projections that have a bias: any of q, k, v"}
#define HEADS_OPTIONS(type, member)                                                                                   \
    HEADS_BIAS_OPTION(type, member),                                                                                  \
    {"log_n", OPTION_CHOICE, offsetof(type, member.log_n), "off", 0, 0, heads_log_n_names,                            \
     "scores times ln(n) / ln(training length): off, train (always), test (never below 1)"}

void heads_build(struct builder *b, const struct heads_options *o, struct heads *h);

/* The projections of x; with rotation by the position scheme if `rotated`. */
node *heads_q(struct pass *p, const struct heads *h, node *x);
node *heads_k(struct pass *p, const struct heads *h, node *x);
node *heads_v(struct pass *p, const struct heads *h, node *x);
node *heads_out(struct pass *p, const struct heads *h, node *o);

/* log-n scaling (Su, kexue.fm/archives/8823; Chiang and Cholak, arXiv:2202.12172): q_i times
 *   t_i = ln(n_i) / ln(N),  n_i = number of keys that row i may see (causal: its position + 1), at least 2,
 *   N = training length;  LOG_N_TEST: max(1, t_i), for models trained without.
 * Returns q itself when off. */
node *heads_log_n(struct pass *p, int log_n, node *q);

/* Softmax over all keys of the example, causal or not as the model is, with the position's score term. */
node *heads_attend(struct pass *p, node *q, node *k, node *v, double scale);

/* Features in place of a softmax (ops.h, linear_attention), normalised, over all keys of the example, causal or not as the
 * model is.  fq, fk: (rows, H F); decay: one per head or NULL. */
node *heads_attend_linear(struct pass *p, node *fq, node *fk, node *v, const real *decay);

/* Their operations for T rows: projections, and products with features as they are executed, in chunks. */
double heads_linear_flops(const struct model_options *m, bool causal, size_t features, size_t T);

/* Refuse what attentions without weights cannot do (dropping some of them).  `name` is the attention's. */
status heads_check_linear(const char *name, const struct model_options *m);

/* Operations of the four projections for T rows, and of scores and weighted sum for so many (query, key) pairs. */
double heads_flops(const struct model_options *m, size_t T, double pairs);
double heads_pairs(bool causal, size_t T);
double heads_window_pairs(bool causal, size_t T, size_t w); /* with |i - j| <= w alone */
size_t heads_width(const struct model_options *m); /* D */

#endif
