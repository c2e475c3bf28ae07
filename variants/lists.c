/* lists.c -- the two lists, the presets, and look-up by name. */
#include <string.h>

#include "variants/variant.h"

#define ATTENTION(name) extern const struct attention attention_##name;
#include "variants/attention_list.h"
#undef ATTENTION
#define POSITION(name) extern const struct position position_##name;
#include "variants/position_list.h"
#undef POSITION

const struct attention *const attentions[] = {
#define ATTENTION(name) &attention_##name,
#include "variants/attention_list.h"
#undef ATTENTION
    NULL,
};

const struct position *const positions[] = {
#define POSITION(name) &position_##name,
#include "variants/position_list.h"
#undef POSITION
    NULL,
};

const struct preset presets[] = {
    {"vanilla", "softmax attention, sinusoidal positions", "vanilla", "sinusoidal", {{NULL, NULL}}},
    {"none", "softmax attention without positions (NoPE)", "vanilla", "none", {{NULL, NULL}}},
    {"sinusoidal", "softmax attention, sinusoidal positions", "vanilla", "sinusoidal", {{NULL, NULL}}},
    {"learned", "softmax attention, learned absolute positions", "vanilla", "learned", {{NULL, NULL}}},
    {"rope", "softmax attention, rotary positions", "vanilla", "rope", {{NULL, NULL}}},
    {"alibi", "softmax attention, linear biases", "vanilla", "alibi", {{NULL, NULL}}},
    {"rope_bias", "RoPE with biases on q and k", "vanilla", "rope", {{"bias", "[q, k]"}, {NULL, NULL}}},
    {"rope_logn", "RoPE with log-n scaled scores", "vanilla", "rope", {{"log_n", "train"}, {NULL, NULL}}},
    {"keynorm", "normalised keys (KNA), RoPE", "keynorm", "rope", {{NULL, NULL}}},
    {"querynorm", "normalised queries (QNA), RoPE", "keynorm", "rope", {{"normalise", "query"}, {NULL, NULL}}},
    {"cosine", "cosine attention (CosA), RoPE", "keynorm", "rope", {{"normalise", "both"}, {NULL, NULL}}},
    {"transformer_xl", "segments that see a memory (Transformer-XL)", "transformer_xl", "none", {{NULL, NULL}}},
    {"compressive", "compressed older memory (Compressive Transformer)", "compressive", "none", {{NULL, NULL}}},
    {"infini", "segments and a memory (Infini-attention), RoPE", "infini", "rope", {{NULL, NULL}}},
    {"longformer", "sliding windows (Longformer), RoPE", "longformer", "rope", {{NULL, NULL}}},
    {"longformer_cls", "Longformer whose first row is global", "longformer", "rope", {{"global", "1"}, {NULL, NULL}}},
    {"local", "sliding window, sinusoidal positions", "local", "sinusoidal", {{NULL, NULL}}},
    {"no_memory", "each row sees itself alone: the control of recall", "local", "sinusoidal", {{"window", "0"}, {NULL, NULL}}},
    {"local_block", "blocks, sinusoidal positions", "local", "sinusoidal", {{"form", "block"}, {NULL, NULL}}},
    {"linformer", "keys and values in k slots (Linformer)", "linformer", "sinusoidal", {{NULL, NULL}}},
    {"performer", "Performer (FAVOR+), RoPE", "performer", "rope", {{NULL, NULL}}},
    {"linear", "linear transformer (ELU + 1), sinusoidal positions", "linear", "sinusoidal", {{NULL, NULL}}},
    {.name = NULL},
};

const struct attention *attention_find(const char *name)
{
    for (const struct attention *const *a = attentions; *a; a++)
        if (strcmp((*a)->name, name) == 0) return *a;
    return NULL;
}

const struct position *position_find(const char *name)
{
    for (const struct position *const *q = positions; *q; q++)
        if (strcmp((*q)->name, name) == 0) return *q;
    return NULL;
}

const struct preset *preset_find(const char *name)
{
    for (const struct preset *s = presets; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}
