/* section.c -- see section.h. */
#include "config/section.h"

#include <stdio.h>
#include <string.h>

void words_add(struct words *w, const char *word)
{
    if (w->n + 1 < sizeof w->at / sizeof *w->at) w->at[w->n++] = word;
}

void words_add_options(struct words *w, const struct option *table)
{
    for (; table && table->name; table++) words_add(w, table->name);
}

status section_unknown(const struct yaml *word, const char *kind, const char *where, const struct words *known)
{
    char hint[1024];
    option_hint(word->text, known->at, hint, sizeof hint);
    return yaml_fail(word->mark, "no %s \"%.80s\"%s%s", kind, word->text, where, hint);
}

static const char *kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {[YAML_SCALAR] = "one value", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};
    return names[kind];
}

status section_want(const struct yaml *y, enum yaml_kind kind, const char *name)
{
    static const char *const shapes[] = {[YAML_SCALAR] = "", [YAML_LIST] = ", as in [a, b]", [YAML_MAP] = ", as in {a: 1}"};
    if (yaml_is_null(y)) return yaml_fail(y->mark, "%.80s has no value; give %s%s", name, kind_name(kind), shapes[kind]);
    if (y->kind != kind)
        return yaml_fail(y->mark, "%.80s takes %s%s, not %s", name, kind_name(kind), shapes[kind], kind_name(y->kind));
    return OK;
}

static bool takes_list(const struct option *o)
{
    return o->type == OPTION_SET || o->type == OPTION_INT_LIST || o->type == OPTION_REAL_LIST;
}

static bool takes_text(const struct option *o)
{
    return o->type == OPTION_WORD || o->type == OPTION_CHOICE || o->type == OPTION_SET;
}

/* One scalar that may become (an item of) the option's value. */
static status want_scalar(const struct option *o, const struct yaml *y)
{
    TRY(section_want(y, YAML_SCALAR, o->name));
    if (y->plain || takes_text(o)) return OK;
    return yaml_fail(y->mark, "%s: \"%.80s\" is text; %s without quotes", o->name, y->text,
                     o->type == OPTION_BOOL ? "write true or false" : "write a number");
}

/* The place of the first item that is wrong by itself, else of the list. */
static struct yaml_mark wrong_item(const struct option *o, const struct yaml *list, void *scratch)
{
    for (size_t i = 0; i < list->n; i++)
        if (option_set(o, scratch, 1, (const char *const[]){list->item[i]->text}) != OK) return list->item[i]->mark;
    return list->mark;
}

static status set_list(const struct option *o, const struct yaml *list, void *target)
{
    const char *items[OPTION_ITEMS] = {NULL};
    for (size_t i = 0; i < list->n; i++) {
        TRY(want_scalar(o, list->item[i]));
        if (i < OPTION_ITEMS) items[i] = list->item[i]->text;
    }
    if (option_set(o, target, list->n, items) == OK) return OK;
    const struct yaml_mark mark = list->n > OPTION_ITEMS ? list->mark : wrong_item(o, list, target);
    return yaml_fail(mark, "%s", status_message());
}

status section_set(const struct option *o, const struct yaml *value, void *target)
{
    if (takes_list(o) && value->kind == YAML_LIST) return set_list(o, value, target);
    TRY(want_scalar(o, value));
    if (option_set(o, target, 1, (const char *const[]){value->text}) == OK) return OK;
    return yaml_fail(value->mark, "%s", status_message());
}

status section_read(const char *name, const struct option *table, const struct yaml *map, void *target)
{
    if (!map) return OK;
    TRY(section_want(map, YAML_MAP, name));
    for (size_t i = 0; i < map->n; i++) {
        const struct option *o = option_find(table, map->key[i]->text);
        if (o) {
            TRY(section_set(o, map->item[i], target));
            continue;
        }
        struct words known = {0};
        char where[100];
        words_add_options(&known, table);
        snprintf(where, sizeof where, " for %.80s", name);
        return section_unknown(map->key[i], "option", where, &known);
    }
    return OK;
}

status section_text(const char *name, const struct yaml *value, char *out, size_t size)
{
    TRY(section_want(value, YAML_SCALAR, name));
    const char *text = value->text;
    const size_t n = strlen(text);
    if (n == 0) return yaml_fail(value->mark, "%s is empty", name);
    if (n >= size) return yaml_fail(value->mark, "%s: %zu bytes of text; at most %zu fit", name, n, size - 1);
    if (strpbrk(text, "\n\t")) return yaml_fail(value->mark, "%s must be one line without tabs", name);
    if (text[0] == ' ' || text[n - 1] == ' ') return yaml_fail(value->mark, "%s begins or ends with a blank", name);
    memcpy(out, text, n + 1);
    return OK;
}
