/* print.c -- a run's settings as text: YAML that reads back the same, and the hash of what decides its parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/real.h"
#include "config/config.h"
#include "config/measured.h"
#include "tasks/task.h"
#include "variants/variant.h"

#ifndef REACH_VERSION
#define REACH_VERSION "unknown"
#endif

/* A stream into a malloc'd text. */
static FILE *text_open(char **text, size_t *size)
{
    FILE *f = open_memstream(text, size);
    if (!f) status_no_memory("a text", 0);
    return f;
}

static void text_close(FILE *f)
{
    const bool broken = ferror(f);
    if (fclose(f) || broken) status_no_memory("a text", 0);
}

static bool has_options(const struct option *table)
{
    return table && table->name;
}

/* Options younger than some results stand only where they are set, so that runs without them keep their names. */
static bool is_unset(const struct option *o, const void *options)
{
    static const char *const young[] = {"embedding_std", "pad_to", "hide_zero", "mean_over", "samples", "first_id"};
    char now[OPTION_PRINT];
    option_print(o, options, now, sizeof now);
    for (size_t i = 0; i < sizeof young / sizeof *young; i++)
        if (strcmp(o->name, young[i]) == 0) return strcmp(now, o->fallback) == 0;
    return false;
}

static void print_line(FILE *f, const char *indent, const struct option *o, const void *options)
{
    char text[OPTION_PRINT];
    if (is_unset(o, options)) return;
    option_print(o, options, text, sizeof text);
    fprintf(f, "%s%s: %s\n", indent, o->name, text);
}

/* "name: value", one a line. */
static void print_lines(FILE *f, const char *indent, const struct option *table, const void *options)
{
    for (const struct option *o = table; o && o->name; o++) print_line(f, indent, o, options);
}

/* NAME, or NAME: and its options below. */
static void print_named(FILE *f, const char *indent, const char *name, const struct option *table, const void *options)
{
    fprintf(f, "%s%s\n", name, has_options(table) ? ":" : "");
    print_lines(f, indent, table, options);
}

/* The head of pairs stands only where there are pairs: so the runs of other tasks keep their names. */
static void print_model(FILE *f, const struct run *r)
{
    for (const struct option *o = model_option_table; o->name; o++) {
        if (o->offset == offsetof(struct model_options, pair_head) && !r->task->pairs) continue;
        print_line(f, "  ", o, &r->model);
    }
}

static void print_sections(FILE *f, const struct run *r)
{
    fprintf(f, "model:\n");
    print_model(f, r);
    fprintf(f, "train:\n");
    print_lines(f, "  ", train_option_table, &r->train);
}

static void print_variant(FILE *f, const char *as, const struct attention *a, const void *of_attention, const struct position *s,
                          const void *of_position)
{
    char label[OPTION_PRINT];
    option_print_word(as, label, sizeof label);
    fprintf(f, "  - %s:\n      as: %s\n", a->name, label);
    if (has_options(s->options)) {
        fprintf(f, "      position:\n        ");
        print_named(f, "          ", s->name, s->options, of_position);
    } else {
        fprintf(f, "      position: %s\n", s->name);
    }
    print_lines(f, "      ", a->options, of_attention);
}

char *config_print(const struct run *r)
{
    char *text = NULL;
    size_t size;
    FILE *f = text_open(&text, &size);
    print_sections(f, r);
    fprintf(f, "test:\n");
    print_lines(f, "  ", test_option_table, &r->test);
    fprintf(f, "tasks:\n  - ");
    print_named(f, "      ", r->task->name, r->task->options, r->task_options);
    fprintf(f, "variants:\n");
    print_variant(f, r->label, r->attention, r->attention_options, r->position, r->position_options);
    fprintf(f, "seeds: [%llu]\n", (unsigned long long)r->seed);
    text_close(f);
    return text;
}

void config_train_id(const struct run *r, const char *data_checksum, char out[33])
{
    char *text = NULL;
    size_t size;
    FILE *f = text_open(&text, &size);
    fprintf(f, "engine: %s %s\ndata: %s\nseed: %llu\n", REACH_VERSION, REAL_NAME, data_checksum,
            (unsigned long long)r->seed);
    print_sections(f, r);
    fprintf(f, "attention: ");
    print_named(f, "  ", r->attention->name, r->attention->options, r->attention_options);
    fprintf(f, "position: ");
    print_named(f, "  ", r->position->name, r->position->options, r->position_options);
    fprintf(f, "task: ");
    print_named(f, "  ", r->task->name, r->task->options, r->task_options);
    fprintf(f, "source: %s %s\n", r->attention->source ? r->attention->source : "", r->position->source ? r->position->source : "");
    text_close(f);
    const XXH128_hash_t h = XXH3_128bits(text, size);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
    free(text);
}

/* ---- configs that measure --------------------------------------------------------------------------------------- */

/* All but the direction, which the section of the measurement says. */
static void print_size(FILE *f, const char *indent, const struct model_options *m)
{
    for (const struct option *o = model_option_table; o->name; o++)
        if (o->offset != offsetof(struct model_options, causal)) print_line(f, indent, o, m);
}

static void print_sweep(FILE *f, const struct measured_plan *m)
{
    static const struct option values = {.type = OPTION_REAL_LIST};
    char text[OPTION_PRINT];
    if (!m->swept) return;
    option_print(&values, &m->value, text, sizeof text);
    fprintf(f, "sweep:\n  %s: %s\n", m->swept, text);
}

char *measured_print(const struct measured_plan *m)
{
    char *text = NULL;
    size_t size;
    FILE *f = text_open(&text, &size);
    fprintf(f, "%s:\n", m->key);
    print_lines(f, "  ", m->table, m->options);
    fprintf(f, "model:\n");
    print_size(f, "  ", &m->model);
    print_sweep(f, m);
    fprintf(f, "variants:\n");
    for (size_t i = 0; i < m->n; i++) {
        const struct variant_entry *v = m->variant[i].entry;
        print_variant(f, v->label, v->attention, v->attention_options, v->position, v->position_options);
        if (memcmp(&m->variant[i].model, &m->model, sizeof m->model) == 0) continue;
        fprintf(f, "      model:\n");
        print_size(f, "        ", &m->variant[i].model);
    }
    text_close(f);
    return text;
}

void measured_id(const struct measured_plan *m, char out[33])
{
    char *text = NULL, *settings = measured_print(m);
    size_t size;
    FILE *f = text_open(&text, &size);
    fprintf(f, "engine: %s %s\n%s", REACH_VERSION, m->real, settings);
    for (size_t i = 0; i < m->n; i++) {
        const struct variant_entry *v = m->variant[i].entry;
        fprintf(f, "source: %s %s\n", v->attention->source ? v->attention->source : "", v->position->source ? v->position->source : "");
    }
    text_close(f);
    const XXH128_hash_t h = XXH3_128bits(text, size);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
    free(settings);
    free(text);
}
