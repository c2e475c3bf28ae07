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
    v->position = position_find(p ? p->position : "none");
    if (!v->attention) return unknown_variant(name);
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
