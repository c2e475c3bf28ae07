/* lists.c -- the two lists, the presets, look-up by name, and what plugins add. */
#include <string.h>

#include "variants/variant.h"

#define ATTENTION(name) extern const struct attention attention_##name;
#include "variants/attention_list.h"
#undef ATTENTION
#define POSITION(name) extern const struct position position_##name;
#include "variants/position_list.h"
#undef POSITION

#define ATTENTIONS_ROOM 64 /* with plugins' and the final NULL */

static const struct attention *attention_list[ATTENTIONS_ROOM] = {
#define ATTENTION(name) &attention_##name,
#include "variants/attention_list.h"
#undef ATTENTION
    NULL,
};
const struct attention *const *const attentions = attention_list;

static const struct position *const position_list[] = {
#define POSITION(name) &position_##name,
#include "variants/position_list.h"
#undef POSITION
    NULL,
};
const struct position *const *const positions = position_list;

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

bool variant_is_word(const char *name)
{
    const size_t n = strlen(name);
    return n > 0 && n <= 40 && *name >= 'a' && *name <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

status attention_add(const struct attention *a)
{
    size_t n = 0;
    if (!a->name || !variant_is_word(a->name))
        FAIL(ERR_CONFIG, "an attention is called \"%s\"; want small letters, digits and _, a letter first, at most 40", a->name ? a->name : "");
    if (attention_find(a->name) || preset_find(a->name)) FAIL(ERR_CONFIG, "there is an attention or preset \"%s\" already; give yours another name", a->name);
    if (!a->title || !a->paper || !a->options || !a->layer_size || !a->build || !a->forward || !a->flops)
        FAIL(ERR_CONFIG, "attention %s lacks one of title, paper, options, layer_size, build, forward and flops", a->name);
    if (!(a->can & (CAN_CAUSAL | CAN_BIDIRECTIONAL))) FAIL(ERR_CONFIG, "attention %s can be neither causal nor bidirectional; see `can`", a->name);
    if (a->usual_position && !position_find(a->usual_position))
        FAIL(ERR_CONFIG, "attention %s: there is no position scheme \"%s\"", a->name, a->usual_position);
    while (attention_list[n]) n++;
    if (n + 1 == ATTENTIONS_ROOM) FAIL(ERR_CONFIG, "attention %s: there is room for %d, and there are so many", a->name, ATTENTIONS_ROOM - 1);
    attention_list[n] = a;
    return OK;
}
