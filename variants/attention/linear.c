/* linear.c -- the linear transformer: a feature map in place of the softmax.
 *
 * Katharopoulos et al., "Transformers are RNNs", arXiv:2006.16236, eq. (5), (7), (9):
 *
 *   o_i = sum over visible j of a_ij v_j / sum of a_ij       a_ij = decay^|i-j| phi(q_i) . phi(k_j),  phi(x) = elu(x) + 1
 *
 * q, k, v, o: (T, D) per head; no 1 / sqrt(D).  Time O(T D^2), memory O(T D); any length.  The paper adds 1e-6 to the
 * denominator; here one below the root of the smallest normal number gives 0 instead, so row 0 is v_0 to the last digits.
 * decay 1 is the paper; `slopes` gives head h (from 1) e^(-2^(-8h/H)), the slopes of ALiBi, as Lightning Attention-2 does
 * (arXiv:2401.04658) without its division by depth.
 * phi is not rotated: rotation of features would make denominators that can be 0, and one before the map is in no paper;
 * so positions are added to the input, or there are none.  Published benchmark code leaves padding among the keys.
 */
#include <math.h>

#include "variants/attention/heads.h"

enum decay { DECAY_OFF, DECAY_SLOPES };
static const char *const decay_names[] = {"off", "slopes", NULL};

struct linear_options {
    unsigned bias; /* as in struct heads_options */
    int      decay;
};

static const struct option linear_option_table[] = {
    {"bias", OPTION_SET, offsetof(struct linear_options, bias), "[]", 0, 0, heads_bias_names, "projections that have a bias: any of q, k, v"},
    {"decay", OPTION_CHOICE, offsetof(struct linear_options, decay), "off", 0, 0, decay_names,
     "weights fall with distance: off, or slopes (by ALiBi's slope of the head)"},
    {.name = NULL},
};

struct linear_layer {
    const struct linear_options *options;
    struct heads heads;
};

static status linear_check(const void *options, const struct model_options *m, bool causal)
{
    (void)options, (void)causal;
    return heads_check_linear("linear", m);
}

static void linear_build(struct builder *b, const void *options, void *layer)
{
    struct linear_layer *a = layer;
    a->options = options;
    heads_build(b, &(struct heads_options){.bias = a->options->bias}, &a->heads);
}

static const real *decays(struct pass *p, const struct linear_options *o)
{
    if (o->decay == DECAY_OFF) return NULL;
    real *decay = ARENA_ARRAY(p->tape->memory, real, p->heads);
    for (size_t h = 0; h < p->heads; h++) decay[h] = (real)exp(-exp2(-8 * ((double)h + 1) / (double)p->heads));
    return decay;
}

static node *linear_forward(struct pass *p, const void *layer, node *x)
{
    const struct linear_layer *a = layer;
    node *fq = activation(p->tape, heads_q(p, &a->heads, x), ELU_PLUS_ONE);
    node *fk = activation(p->tape, heads_k(p, &a->heads, x), ELU_PLUS_ONE);
    return heads_out(p, &a->heads, heads_attend_linear(p, fq, fk, heads_v(p, &a->heads, x), decays(p, a->options)));
}

static double linear_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const struct linear_options *o = options;
    const double once = heads_linear_flops(m, causal || o->decay, heads_width(m), T);
    const double projections = 8 * (double)T * (double)m->width * (double)m->heads * (double)heads_width(m);
    return o->decay && !causal ? 2 * once - projections : once; /* a scan each way */
}

const struct attention attention_linear = {
    .name = "linear",
    .title = "linear transformer (ELU + 1)",
    .paper = "Katharopoulos et al. 2020, arXiv:2006.16236",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH,
    .options = linear_option_table,
    .options_size = sizeof(struct linear_options),
    .layer_size = sizeof(struct linear_layer),
    .check = linear_check,
    .build = linear_build,
    .forward = linear_forward,
    .flops = linear_flops,
};
