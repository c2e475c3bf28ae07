/* exceptions.c -- settings to which a property does not apply by their definition, each with the reason. */
#include <string.h>

#include "check/battery.h"

static const struct exception {
    const char *row, *attention;
    struct { const char *option, *value; } when[2];
    const char *why;
} exceptions[] = {
    {"hidden rows behind an example", "linformer", {{"projection", "mean_pool"}, {"stride", "0"}}, "k slots are laid over all rows of an example"},
    {"hidden rows behind an example", "linformer", {{"projection", "max_pool"}, {"stride", "0"}}, "k slots are laid over all rows of an example"},
    {"other values in hidden rows", "compressive", {{"compression", "most_used"}}, "hidden rows are queries too when uses are counted"},
    {"gradient of a text against its parts'", "compressive", {{"loss", "bptt"}}, "a segment trains the slots made just before it, which for the next part are constants"},
};

static bool is_set(const struct check_subject *s, const char *option, const char *value)
{
    char text[OPTION_PRINT];
    const struct option *o = option_find(s->attention->options, option);
    if (!o) return false;
    option_print(o, s->attention_options, text, sizeof text);
    return strcmp(text, value) == 0;
}

const char *check_exception(const struct check_subject *s, const char *row)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        const struct exception *e = &exceptions[i];
        bool so = strcmp(e->row, row) == 0 && strcmp(e->attention, s->attention->name) == 0;
        for (size_t k = 0; k < 2 && e->when[k].option && so; k++) so = is_set(s, e->when[k].option, e->when[k].value);
        if (so) return e->why;
    }
    return NULL;
}
