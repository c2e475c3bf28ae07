/* builder.h -- how a model's parts declare their parameters and buffers. */
#ifndef REACH_BUILDER_H
#define REACH_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "model/options.h"

enum init_rule {
    INIT_ZEROS,
    INIT_ONES,
    INIT_WEIGHT,    /* a (in, out) matrix by the model's rule (normal or Xavier)          */
    INIT_LAST,      /* the same, divided by sqrt(2 layers) if the model says so           */
    INIT_EMBEDDING, /* normal(0, init_std), or 1 / sqrt(width) if embeddings are scaled   */
    INIT_VALUE,     /* every value is `value`                                             */
    INIT_UNIFORM,   /* uniform in -value..value                                           */
    INIT_COPY,      /* the first values of the parameter `copied`, of the same shape      */
};

/* Handle of a declared parameter: its number in the model, plus one; 0 is "none". */
typedef struct weight {
    size_t number;
} weight;

/* Handle of a declared state: its number in the model, plus one. */
typedef struct carry {
    size_t number;
} carry;

/* What a part asks for.  Shapes are (rows, cols), row-major; a weight maps rows channels to cols channels. */
struct parameter {
    const char    *name;     /* inside its part: "q", "q.bias"                            */
    size_t         rows, cols;
    enum init_rule init;
    double         value;
    weight         copied;
    double         rate;     /* multiplies the learning rate; 0 is taken as 1             */
    bool           no_decay; /* left out of weight decay; biases and gains should be      */
};

struct builder; /* opaque */

weight builder_parameter(struct builder *b, struct parameter p);

/* One parameter for all layers: made for the first layer that asks for this name, the same for the others. */
weight builder_shared_parameter(struct builder *b, struct parameter p);

/* A saved, untrained buffer (random features, patterns), filled by the part after build. */
weight builder_buffer(struct builder *b, const char *name, size_t rows, size_t cols);
real  *builder_buffer_values(struct builder *b, weight w); /* valid during build */

/* State that one part of a text leaves for the next: at most (rows, cols), per example.  Declared once per layer. */
carry  builder_carry(struct builder *b, const char *name, size_t rows, size_t cols);

/* Constants (tables) that live as long as the model and are not saved: made again by every build. */
real  *builder_constants(struct builder *b, size_t n);

const struct model_options *builder_model(const struct builder *b);
size_t   builder_layer(const struct builder *b);        /* 0..layers-1; layers for parts that belong to no layer */
size_t   builder_head_width(const struct builder *b);
bool     builder_causal(const struct builder *b);
size_t   builder_train_length(const struct builder *b); /* longest example of training */
uint64_t builder_seed(const struct builder *b);

#endif
