/* vanilla.c -- scaled dot-product attention.
 *
 * Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. (1):
 *
 *   s_ij = q_i . k_j / sqrt(D) + b_ij          b: the position scheme's score term, if it has one
 *   o_i  = sum over visible j of softmax(s_i)_j v_j
 *
 * Causal: visible j <= i.  q, k, v, o: (T, D) per head.  Time O(T^2 D), memory O(T D): tiles, never T x T.
 * With positions `rope` and bias: [q, k] this is RoPE + bias (Su, kexue.fm/archives/9577): the constants are added
 * before the rotation, so their product becomes a bias that depends on the distance.  Without rotation a bias on k
 * alone cancels in the softmax.  Paper and code differ on biases of q, k, v; here there are none unless asked.
 */
#include <math.h>

#include "variants/attention/heads.h"

struct vanilla_options {
    struct heads_options heads;
};

static const struct option vanilla_option_table[] = {
    HEADS_OPTIONS(struct vanilla_options, heads),
    {.name = NULL},
};

struct vanilla {
    const struct vanilla_options *options;
    struct heads heads;
};

static void vanilla_build(struct builder *b, const void *options, void *layer)
{
    struct vanilla *a = layer;
    a->options = options;
    heads_build(b, &a->options->heads, &a->heads);
}

static node *vanilla_forward(struct pass *p, const void *layer, node *x)
{
    const struct vanilla *a = layer;
    node *q = pass_rotate(p, heads_q(p, &a->heads, x));
    node *k = pass_rotate(p, heads_k(p, &a->heads, x));
    node *v = heads_v(p, &a->heads, x);
    q = heads_log_n(p, a->options->heads.log_n, q);
    return heads_out(p, &a->heads, heads_attend(p, q, k, v, 1 / sqrt((double)p->head_width)));
}

static double vanilla_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    (void)options;
    return heads_flops(m, T, heads_pairs(causal, T));
}

const struct attention attention_vanilla = {
    .name = "vanilla",
    .title = "softmax attention",
    .paper = "Vaswani et al. 2017, arXiv:1706.03762, eq. (1)",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE | CAN_TERM,
    .options = vanilla_option_table,
    .options_size = sizeof(struct vanilla_options),
    .layer_size = sizeof(struct vanilla),
    .build = vanilla_build,
    .forward = vanilla_forward,
    .flops = vanilla_flops,
};
