/* options.c -- names, defaults and ranges of the `model:` section. */
#include "model/options.h"

static const char *const norms[] = {"pre", "post", NULL};
static const char *const norm_kinds[] = {"layer", "rms", NULL};
static const char *const activations[] = {"gelu", "gelu_tanh", "relu", "silu", NULL};
static const char *const poolings[] = {"mean", "cls", "last", "first", NULL};
static const char *const means[] = {"seen", "all", "seen_over_all", NULL};
static const char *const pair_heads[] = {"small", "lra2021", "s4", NULL};
static const char *const inits[] = {"normal", "xavier", "fan_in", NULL};

#define AT(field) offsetof(struct model_options, field)

const struct option model_option_table[] = {
    {"width", OPTION_INT, AT(width), "128", 1, 65536, NULL, "channels of the residual stream (d)"},
    {"layers", OPTION_INT, AT(layers), "4", 1, 1024, NULL, "blocks (L)"},
    {"heads", OPTION_INT, AT(heads), "4", 1, 1024, NULL, "attention heads (H)"},
    {"head_width", OPTION_INT, AT(head_width), "0", 0, 4096, NULL, "channels of a head; 0: width / heads"},
    {"feed_forward", OPTION_INT, AT(feed_forward), "512", 0, 1048576, NULL,
     "hidden channels of the feed-forward part; 0: no feed-forward part"},
    {"norm", OPTION_CHOICE, AT(norm), "pre", 0, 0, norms, "where the norm stands: before each part, or after its residual"},
    {"norm_kind", OPTION_CHOICE, AT(norm_kind), "layer", 0, 0, norm_kinds, "layer norm, or RMS norm"},
    {"activation", OPTION_CHOICE, AT(activation), "gelu", 0, 0, activations, "of the feed-forward part; gelu is the erf form"},
    {"pooling", OPTION_CHOICE, AT(pooling), "mean", 0, 0, poolings,
     "classifiers: mean over rows, a learned first row (cls), the last row, or the first as it is"},
    {"head_hidden", OPTION_INT, AT(head_hidden), "0", 0, 65536, NULL,
     "classifiers: hidden channels (ReLU) of the head; 0: one linear layer (of pairs: as feed_forward)"},
    {"pair_head", OPTION_CHOICE, AT(pair_head), "small", 0, 0, pair_heads,
     "classifiers of pairs: [a, b, ab, a-b], one ReLU layer; [a, b], two ReLU layers; [a, b, a-b, ab], one GELU layer of width"},
    {"causal", OPTION_BOOL, AT(causal), "false", 0, 0, NULL, "classifiers: causal attention; language models always are"},
    {"tied", OPTION_BOOL, AT(tied), "true", 0, 0, NULL, "language models: output weights are the token embedding"},
    {"biases", OPTION_BOOL, AT(biases), "true", 0, 0, NULL, "biases on feed-forward, attention output and head"},
    {"dropout", OPTION_REAL, AT(dropout), "0", 0, 0.95, NULL, "rate on embeddings and on each part's output"},
    {"attention_dropout", OPTION_REAL, AT(attention_dropout), "0", 0, 0.95, NULL, "rate on attention weights"},
    {"init", OPTION_CHOICE, AT(init), "normal", 0, 0, inits, "weight matrices: normal(0, init_std), Xavier uniform, or uniform within 1/sqrt(inputs)"},
    {"init_std", OPTION_REAL, AT(init_std), "0.02", 1e-6, 10, NULL, "standard deviation of normal weights and embeddings"},
    {"init_scaled", OPTION_BOOL, AT(init_scaled), "true", 0, 0, NULL,
     "divide the last matrix of each part by sqrt(2 layers) at the start"},
    {"scale_embedding", OPTION_BOOL, AT(scale_embedding), "false", 0, 0, NULL,
     "token embeddings start at deviation 1/sqrt(width) and are multiplied by sqrt(width)"},
    {"embedding_std", OPTION_REAL, AT(embedding_std), "0", 0, 10, NULL, "standard deviation of embeddings; 0: init_std"},
    {"pad_to", OPTION_INT, AT(pad_to), "0", 0, 1 << 24, NULL, "classifiers, as old protocols did: fill examples up to so many rows of token 0"},
    {"hide_zero", OPTION_BOOL, AT(hide_zero), "false", 0, 0, NULL, "classifiers, as old protocols did: hide rows of token 0 from attention"},
    {"mean_over", OPTION_CHOICE, AT(mean_over), "seen", 0, 0, means,
     "pooling: mean over rows that are not hidden, over all, or the sum of the former divided by all"},
    {.name = NULL},
};
