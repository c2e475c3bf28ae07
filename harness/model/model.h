/* model.h -- how a config becomes a model: parameters in one block, a pass over a pack.
 *
 *   pre-norm    x += drop(attention(norm(x)));  x += drop(feed_forward(norm(x)));  last: norm(x)
 *   post-norm   x = norm(x + drop(attention(x)));  x = norm(x + drop(feed_forward(x)))
 *
 * A language model is causal and predicts the next token at every row; a classifier pools each example into one row.
 *
 * A classifier of pairs is a dual encoder (Long Range Arena, arXiv:2011.04006, sec. 2.2.3): examples 2e and 2e + 1 of the pack are
 * read one by one by the same blocks, and the head sees their two rows a and b, with f = head_hidden, or feed_forward if that is 0:
 *
 *   small      [a, b, a b, a - b] -> f, ReLU -> classes              (Nystromformer's code, arXiv:2102.03902)
 *   lra2021    [a, b] -> f, ReLU -> f / 2, ReLU -> classes           (Long Range Arena's code)
 *   s4         [a, b, a - b, a b] -> width, GELU -> classes          (S4's code, arXiv:2111.00396)
 */
#ifndef REACH_MODEL_H
#define REACH_MODEL_H

#include "model/builder.h"
#include "model/pass.h"
#include "tensor/ops.h"
#include "variants/variant.h"

struct model_spec {
    const struct model_options *options;
    const struct attention *attention;  const void *attention_options;
    const struct position  *position;   const void *position_options;
    size_t   vocabulary;
    size_t   classes;        /* 0: language model */
    bool     pairs;          /* a class belongs to two neighbouring examples */
    size_t   train_length;   /* tokens of a training window, or of the longest example */
    uint64_t seed;
};

/* One parameter or buffer, as laid out in model.values or model.buffers. */
struct model_parameter {
    char   name[96];         /* "layer 0.attention.q" */
    size_t rows, cols, offset;
    double rate;             /* multiplies the learning rate */
    bool   no_decay, buffer;
};

/* One state that a layer carries from part to part of a text. */
struct model_carry {
    char   name[96];         /* "layer 0.attention.memory" */
    size_t rows, cols;       /* the most it can have */
    size_t offset;           /* in a stream's n_carry_values */
};

struct block {               /* one layer's parameters besides its attention's */
    weight norm1_gain, norm1_bias, norm2_gain, norm2_bias;
    weight up, up_bias, down, down_bias;
    void  *attention;
};

struct model {
    struct model_spec    spec;
    struct model_options options;
    bool   causal;
    size_t head_width;
    size_t n_parameters;     /* entries of parameter[], buffers included */
    struct model_parameter *parameter;
    size_t n_values, n_buffer_values;
    real  *values, *buffers;
    size_t n_carry;          /* states of all layers, in order of declaration; 0: nothing is carried */
    struct model_carry *carry;
    size_t n_carry_values;   /* of one stream */
    struct block *block;
    void  *position_self;
    weight token, cls, final_gain, final_bias, hidden, hidden_bias, hidden2, hidden2_bias, out, out_bias;
    arena *memory;
};

/* Build and initialise: parameter i of the model draws from (seed, RANDOM_INIT, i).  ERR_CONFIG if the attention or the
 * position scheme refuses the settings.  Free accepts NULL. */
status model_new(const struct model_spec *spec, struct model **out);
void   model_free(struct model *m);

/* A pass over one pack.  Fill pack, training, test_length, seed and step of `p`; the rest is set here.
 *   gradients   where the parameters' gradients are summed (n_values), or NULL
 * Returns logits: (rows, vocabulary) of a language model, (pack->n, classes) of a classifier, half as many rows of pairs. */
struct pass_request {
    tape *tape;
    const struct pack *pack;
    size_t   test_length;
    uint64_t seed, step;
    real    *gradients;
};
node *model_logits(const struct model *m, const struct pass_request *rq, struct pass *p);

/* The attention of one layer alone, on x (rows, C) as it stands: for checks and probes.  rq->pack needs no tokens. */
node *model_attention(const struct model *m, const struct pass_request *rq, struct pass *p, size_t layer, node *x);

/* Why examples of `length` tokens cannot be taken, or NULL. */
const char *model_refuses_length(const struct model *m, size_t length);

/* Make what positions need for examples of up to `length` tokens (tables); single-threaded, before the passes. */
void model_prepare(struct model *m, size_t length);

/* After an optimizer step: lets the attention clamp or redraw. */
void model_after_step(struct model *m, uint64_t step);

/* Examples of a pack that share a target: 2 in models of pairs, else 1. */
size_t model_texts(const struct model *m);

/* Floating-point operations of one forward pass over an example of T tokens, or two of a pair (2 per multiply-add). */
double model_flops(const struct model *m, size_t T);

/* Trained parameters, buffers not counted. */
size_t model_size(const struct model *m);

#endif
