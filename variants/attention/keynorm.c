/* keynorm.c -- attention with normalised keys, queries, or both.
 *
 * Su, kexue.fm/archives/9859 (2023); both sides: Henry et al., "Query-Key Normalization for Transformers",
 * arXiv:2010.04245, eq. (2).  With  u^ = u / |u|  per head:
 *
 *   key    s_ij = q_i . k^_j                        (KNA)   no 1 / sqrt(D)
 *   query  s_ij = q^_i . k_j                        (QNA)   the control that does not help
 *   both   s_ij = g q^_i . k^_j                     (cosine) g = 4 ln(N / 2) unless `scale` gives another,
 *                                                    or learned, one per head, starting there
 *
 * N: training length.  |u| = sqrt(sum u^2 + 1e-12).  The other parts are those of vanilla.c; positions rotate after the
 * normalisation, which for rotations is the same as before it.  Su finds that KNA extrapolates with RoPE and not
 * without positions.
 */
#include <math.h>

#include "variants/attention/heads.h"

enum normalise { NORMALISE_KEY, NORMALISE_QUERY, NORMALISE_BOTH };
static const char *const normalise_names[] = {"key", "query", "both", NULL};

struct keynorm_options {
    struct heads_options heads;
    int    normalise;
    double scale;
    bool   learned;
};

#define AT(field) offsetof(struct keynorm_options, field)
static const struct option keynorm_option_table[] = {
    {"normalise", OPTION_CHOICE, AT(normalise), "key", 0, 0, normalise_names, "what is divided by its length: key, query, both"},
    {"scale", OPTION_REAL, AT(scale), "0", 0, 1e6, NULL,
     "factor on scores; 0: 4 ln(training length / 2) for both, 1 for key or query"},
    {"learned", OPTION_BOOL, AT(learned), "false", 0, 0, NULL, "learn the factor, one per head"},
    HEADS_OPTIONS(struct keynorm_options, heads),
    {.name = NULL},
};

struct keynorm {
    const struct keynorm_options *options;
    struct heads heads;
    weight gain;   /* (1, H) if learned */
    double scale;
};

static double first_scale(const struct keynorm_options *o, size_t train_length)
{
    if (o->scale > 0) return o->scale;
    if (o->normalise != NORMALISE_BOTH) return 1;
    return 4 * log(train_length > 4 ? (double)train_length / 2 : 2.0);
}

static void keynorm_build(struct builder *b, const void *options, void *layer)
{
    struct keynorm *a = layer;
    a->options = options;
    a->scale = first_scale(a->options, builder_train_length(b));
    heads_build(b, &a->options->heads, &a->heads);
    if (a->options->learned)
        a->gain = builder_parameter(b, (struct parameter){.name = "scale", .rows = 1, .cols = (size_t)builder_model(b)->heads,
                                                          .init = INIT_VALUE, .value = a->scale, .rate = 10, .no_decay = true});
}

static node *keynorm_forward(struct pass *p, const void *layer, node *x)
{
    const struct keynorm *a = layer;
    node *q = heads_q(p, &a->heads, x), *k = heads_k(p, &a->heads, x), *v = heads_v(p, &a->heads, x);
    if (a->options->normalise != NORMALISE_KEY) q = unit(p->tape, q, p->head_width);
    if (a->options->normalise != NORMALISE_QUERY) k = unit(p->tape, k, p->head_width);
    q = pass_rotate(p, q);
    k = pass_rotate(p, k);
    q = heads_log_n(p, a->options->heads.log_n, q);
    if (a->gain.number) q = scale_heads(p->tape, q, p->head_width, pass_weight(p, a->gain));
    return heads_out(p, &a->heads, heads_attend(p, q, k, v, a->gain.number ? 1 : a->scale));
}

static double keynorm_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    (void)options;
    return heads_flops(m, T, heads_pairs(causal, T));
}

const struct attention attention_keynorm = {
    .name = "keynorm",
    .title = "softmax attention with normalised keys or queries",
    .paper = "Su 2023, kexue.fm/archives/9859; Henry et al. 2020, arXiv:2010.04245",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE | CAN_TERM,
    .options = keynorm_option_table,
    .options_size = sizeof(struct keynorm_options),
    .layer_size = sizeof(struct keynorm),
    .build = keynorm_build,
    .forward = keynorm_forward,
    .flops = keynorm_flops,
};
