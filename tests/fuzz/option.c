/* option.c -- every option of every table from text, and what was read printed and read again. */
#include "config/config.h"
#include "fuzz.h"
#include "variants/variant.h"

#define TABLES 128
static struct { const struct option *table; size_t size; } tables[TABLES];
static size_t n_tables;

static void add_table(const struct option *table, size_t size)
{
    if (n_tables == TABLES || size > OPTIONS_ROOM) abort();
    if (table && table->name) tables[n_tables].table = table, tables[n_tables++].size = size;
}

static void seeds(void)
{
    add_table(model_option_table, sizeof(struct model_options));
    add_table(train_option_table, sizeof(struct train_options));
    add_table(test_option_table, sizeof(struct test_options));
    for (const struct attention *const *a = attentions; *a; a++) add_table((*a)->options, (*a)->options_size);
    for (const struct position *const *p = positions; *p; p++) add_table((*p)->options, (*p)->options_size);
    for (const struct task *const *t = tasks; *t; t++) add_table((*t)->options, (*t)->options_size);
    for (size_t t = 0; t < n_tables && t < 40; t++) {
        size_t k = 0;
        for (const struct option *o = tables[t].table; o->name; o++, k++) {
            char text[1024];
            snprintf(text, sizeof text, "%c%c%s", (char)t, (char)k, o->fallback ? o->fallback : "");
            seed_bytes(text, 2 + strlen(text + 2));
        }
    }
    seed_bytes("\1\2-1e308", 8);
    seed_bytes("\1\2[1, 2, 3, 0x10, nan]", 22);
}

static void one(struct input in)
{
    _Alignas(16) static unsigned char first[OPTIONS_ROOM], again[OPTIONS_ROOM];
    static char printed[OPTION_PRINT];
    const size_t t = take_byte(&in) % n_tables;
    const struct option *table = tables[t].table;
    size_t n = 0, k = take_byte(&in);
    while (table[n].name) n++;
    const struct option *o = &table[k % n];
    char *text = malloc(in.n + 1), hint[200];
    if (!text) abort();
    memcpy(text, in.at, in.n);
    text[in.n] = 0;
    option_defaults(table, first, tables[t].size);
    option_defaults(table, again, tables[t].size);
    if (option_set_text(o, first, text) == OK) {
        option_print(o, first, printed, sizeof printed);
        if (o->type != OPTION_WORD && (option_set_text(o, again, printed) != OK || memcmp(first, again, tables[t].size) != 0)) abort();
    }
    if (o->choices) option_hint(text, o->choices, hint, sizeof hint);
    free(text);
}
