/* template.c -- softmax attention in which every head has a learned volume.  A place to begin: `reach new NAME` copies this file.
 *
 *   o_i = g_h * sum over visible j of softmax_j(q_i . k_j / sqrt(D)) v_j,    g_h: one number per head, learned
 *
 * q, k, v, o: (T, D) per head.  Time O(T^2 D), memory O(T D).
 *
 * To make it yours, change template_forward.  All operations, with their shapes, are in harness/tensor/ops.h; what attentions share
 * is in heads.h; the contract is variants/variant.h.  Then build, and measure every property an attention must have:
 *
 *   reach check template           gradients against differences, causality, neighbours, determinism, learning by heart, ...
 *
 * (Letters: T rows of an example, C model width, H heads, D channels of a head.  Files worth reading: local.c, keynorm.c.)
 */
#include <math.h>

#include "variants/attention/heads.h"
#include "variants/plugin.h"

/* ---- options: what may stand in a config, as in  variants: [{template: {volume: 0.5}}] ---- */

struct template_options {
    struct heads_options heads;                 /* `bias`, which every attention with such heads takes */
    double volume;
};

/* Name, type, place, default as in YAML, smallest and largest value, words to choose from, help.  Types are in base/option.h. */
static const struct option template_option_table[] = {
    {"volume", OPTION_REAL, offsetof(struct template_options, volume), "1", 0, 100, NULL, "volume that every head starts with"},
    HEADS_BIAS_OPTION(struct template_options, heads),
    {.name = NULL},
};

/* ---- parameters: declared once per layer; the struct keeps their handles ---- */

struct template_layer {
    const struct template_options *options;
    struct heads heads;                         /* the projections Wq, Wk, Wv, Wo            */
    weight volume;                              /* (1, H)                                    */
};

static void template_build(struct builder *b, const void *options, void *layer)
{
    struct template_layer *a = layer;
    const struct model_options *m = builder_model(b);
    a->options = options;
    heads_build(b, &a->options->heads, &a->heads);
    /* Initial values: INIT_WEIGHT for matrices, INIT_ZEROS, INIT_VALUE, ...: model/builder.h. */
    a->volume = builder_parameter(b, (struct parameter){.name = "volume", .rows = 1, .cols = (size_t)m->heads, .init = INIT_VALUE,
                                                        .value = a->options->volume, .no_decay = true});
}

/* ---- forward: x (rows, C) of all examples of the pack, one after another -> (rows, C).  The operations record their backward. ---- */

static node *template_forward(struct pass *p, const void *layer, node *x)
{
    const struct template_layer *a = layer;
    node *q = pass_rotate(p, heads_q(p, &a->heads, x)); /* (rows, H D), turned by positions such as rope */
    node *k = pass_rotate(p, heads_k(p, &a->heads, x));
    node *v = heads_v(p, &a->heads, x);

    /* Row i sees keys j with near <= i - j <= far, here all of its example (causal: those before it), in steps of 1. */
    struct pattern *sees = ARENA_NEW(p->tape->memory, struct pattern);
    *sees = (struct pattern){p->causal ? 0 : -PATTERN_FAR, PATTERN_FAR, 1};
    const struct attention_request rq = {
        .pack = p->pack,
        .heads = p->heads,
        .scale = (real)(1 / sqrt((double)p->head_width)),
        .drop = pass_dropout(p, p->attention_dropout, 0),
        .pieces = 1,                            /* kinds of keys: a window and a memory would be two */
        .piece = {{.q = q, .k = k, .v = v, .pattern = sees, .visible = p->pack->valid, .term = pass_term(p)}},
    };
    node *o = softmax_attention(p->tape, &rq);

    o = scale_heads(p->tape, o, p->head_width, pass_weight(p, a->volume));
    return heads_out(p, &a->heads, o);          /* o Wo */
}

/* ---- cost: operations of one forward pass over T rows, projections included; for tables alone ---- */

static double template_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    (void)options;
    const double channels = (double)m->heads * (double)heads_width(m);
    return heads_flops(m, T, heads_pairs(causal, T)) + (double)T * channels; /* pairs (query, key) that are computed */
}

const struct attention attention_template = {
    .name = "template",                         /* the word in configs                                            */
    .title = "softmax attention, a volume per head",
    .paper = "an idea",
    .source = REACH_SOURCE,                     /* the hash of this file: results of another version are stale    */
    .usual_position = "rope",                   /* where a config names none; NULL: no positions                  */
    .can = CAN_CAUSAL                           /* language models, which see no later row                        */
         | CAN_BIDIRECTIONAL                    /* classifiers                                                    */
         | CAN_ANY_LENGTH                       /* defined for every length after training at one                 */
         | CAN_ROTATE                           /* takes positions that turn q and k: it calls pass_rotate (rope) */
         | CAN_TERM,                            /* takes positions that add to scores: it passes pass_term (alibi) */
    .options = template_option_table,
    .options_size = sizeof(struct template_options),
    .layer_size = sizeof(struct template_layer),
    .build = template_build,
    .forward = template_forward,
    .flops = template_flops,
};

REACH_PLUGIN(&attention_template)
