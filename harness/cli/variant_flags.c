/* variant_flags.c -- a variant by name, with its preset's and the user's settings. */
#include "cli/variant_flags.h"

#include <stdio.h>
#include <string.h>

static status set_option(struct chosen_variant *v, const char *name, const char *text)
{
    const struct option *o = option_find(v->attention->options, name);
    if (o) return option_set_text(o, v->attention_options, text);
    o = option_find(v->position->options, name);
    if (o) return option_set_text(o, v->position_options, text);
    FAIL(ERR_CONFIG, "neither %s nor %s has an option \"%s\"; see reach list %s", v->attention->name, v->position->name, name, v->attention->name);
}

static status unknown_variant(const char *name)
{
    const char *known[128];
    size_t n = 0;
    for (const struct preset *p = presets; p->name && n < 100; p++) known[n++] = p->name;
    for (const struct attention *const *a = attentions; *a && n < 127; a++) known[n++] = (*a)->name;
    known[n] = NULL;
    const char *near = option_nearest(name, known);
    if (near) FAIL(ERR_CONFIG, "no variant \"%s\"; did you mean \"%s\"?", name, near);
    FAIL(ERR_CONFIG, "no variant \"%s\"; see reach list variants", name);
}

status choose_variant(const char *name, size_t n_set, const char *const *set, struct chosen_variant *v)
{
    const struct preset *p = preset_find(name);
    v->attention = attention_find(p ? p->attention : name);
    if (!v->attention) return unknown_variant(name);
    const char *usual = v->attention->usual_position ? v->attention->usual_position : "none";
    v->position = position_find(p ? p->position : usual);
    option_defaults(v->attention->options, v->attention_options, OPTIONS_ROOM);
    option_defaults(v->position->options, v->position_options, OPTIONS_ROOM);
    for (size_t i = 0; p && i < 4 && p->settings[i][0]; i++) TRY(set_option(v, p->settings[i][0], p->settings[i][1]));
    for (size_t i = 0; i < n_set; i++) {
        char key[128];
        const size_t n = strcspn(set[i], "=");
        if (!set[i][n] || n >= sizeof key) FAIL(ERR_CONFIG, "--set %s: want option=value", set[i]);
        snprintf(key, sizeof key, "%.*s", (int)n, set[i]);
        TRY(set_option(v, key, set[i] + n + 1));
    }
    return OK;
}

static status goes(const char *name, unsigned can, bool causal)
{
    if (causal && !(can & CAN_CAUSAL)) FAIL(ERR_CONFIG, "%s has no causal form; leave out --causal", name);
    if (!causal && !(can & CAN_BIDIRECTIONAL)) FAIL(ERR_CONFIG, "%s has only a causal form; add --causal", name);
    return OK;
}

status chosen_variant_goes(const struct chosen_variant *v, bool causal)
{
    const struct attention *a = v->attention;
    const struct position *s = v->position;
    if (a->can & CAN_OWN_POSITIONS && (s->add || s->rotate || s->term)) FAIL(ERR_CONFIG, "%s has its own positions and takes none, not %s", a->name, s->name);
    if (s->rotate && !(a->can & CAN_ROTATE)) FAIL(ERR_CONFIG, "position %s rotates queries and keys, which %s does not allow", s->name, a->name);
    if (s->term && !(a->can & CAN_TERM)) FAIL(ERR_CONFIG, "position %s adds to attention scores, which %s does not allow", s->name, a->name);
    TRY(goes(a->name, a->can, causal));
    return goes(s->name, s->can, causal);
}
