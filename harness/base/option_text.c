/* option_text.c -- one option from YAML flow text. */
#include <string.h>

#include "base/option.h"

#define LONGEST 1024

status option_set_text(const struct option *o, void *target, const char *text)
{
    char copy[LONGEST];
    const size_t n = strlen(text);
    if (n >= LONGEST) FAIL(ERR_CONFIG, "%s: the value is longer than %d characters", o->name, LONGEST - 1);
    memcpy(copy, text, n + 1);
    const bool list = o->type == OPTION_SET || o->type == OPTION_INT_LIST || o->type == OPTION_REAL_LIST;
    if (!list) {
        const char *one = copy;
        return option_set(o, target, 1, &one);
    }
    const char *items[OPTION_ITEMS + 1];
    size_t count = 0;
    char *rest = copy;
    for (char *item; (item = strtok_r(rest, "[], ", &rest)) && count <= OPTION_ITEMS;) items[count++] = item;
    return option_set(o, target, count, items);
}
