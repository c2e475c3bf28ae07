/* entry.c -- see entry.h. */
#include "config/entry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "config/section.h"
#include "tasks/task.h"
#include "variants/variant.h"

/* ---- a name, or one name with settings -------------------------------------------------------------------------- */

/* `what` is "a variant", "a task", "a position".  *settings is NULL if there are none. */
static status split_entry(const char *what, const struct yaml *y, const struct yaml **name, const struct yaml **settings)
{
    *settings = NULL;
    if (yaml_is_null(y)) return yaml_fail(y->mark, "%s is a name, and none is given", what);
    if (y->kind == YAML_SCALAR) {
        *name = y;
        return OK;
    }
    if (y->kind == YAML_LIST || y->n == 0) return yaml_fail(y->mark, "%s is a name, or one name with settings", what);
    *name = y->key[0];
    if (y->n > 1)
        return yaml_fail(y->key[1]->mark, "%s is one name with settings, not %zu keys; indent the settings below \"%.80s:\"",
                         what, y->n, y->key[0]->text);
    *settings = y->item[0];
    if (yaml_is_null(*settings))
        return yaml_fail((*settings)->mark, "%.80s has no settings; leave the colon out", (*name)->text);
    return section_want(*settings, YAML_MAP, (*name)->text);
}

/* ---- variants --------------------------------------------------------------------------------------------------- */

static const char *const own_keys[] = {"as", "position", "model", "train", NULL};

static bool is_own_key(const char *key)
{
    for (size_t i = 0; own_keys[i]; i++)
        if (!strcmp(own_keys[i], key)) return true;
    return false;
}

static status unknown_variant(const struct yaml *name)
{
    struct words known = {0};
    for (size_t i = 0; presets[i].name; i++) words_add(&known, presets[i].name);
    for (size_t i = 0; attentions[i]; i++)
        if (!preset_find(attentions[i]->name)) words_add(&known, attentions[i]->name);
    return section_unknown(name, "variant", "", &known);
}

static status find_position(const struct yaml *name, const struct position **out)
{
    struct words known = {0};
    *out = position_find(name->text);
    for (size_t i = 0; positions[i]; i++) words_add(&known, positions[i]->name);
    return *out ? OK : section_unknown(name, "position", "", &known);
}

/* The options of both, at their defaults. */
static void take_defaults(struct variant_entry *v)
{
    assert(v->attention->options_size <= OPTIONS_ROOM && v->position->options_size <= OPTIONS_ROOM);
    option_defaults(v->attention->options, v->attention_options, OPTIONS_ROOM);
    option_defaults(v->position->options, v->position_options, OPTIONS_ROOM);
}

/* What a preset says; what it says of its own position only while that is kept. */
static status take_preset(struct yaml_pool *p, const struct preset *preset, struct variant_entry *v)
{
    for (size_t i = 0; i < sizeof preset->settings / sizeof *preset->settings && preset->settings[i][0]; i++) {
        const char *name = preset->settings[i][0];
        const struct option *of_attention = option_find(v->attention->options, name);
        const struct option *of_position = option_find(v->position->options, name);
        struct yaml *value;
        TRY(yaml_read_text(p, yaml_format(p, "preset %s", preset->name), preset->settings[i][1], &value));
        if (of_attention) TRY(section_set(of_attention, value, v->attention_options));
        else if (of_position && preset->position && !strcmp(v->position->name, preset->position))
            TRY(section_set(of_position, value, v->position_options));
    }
    return OK;
}

static status unknown_setting(const struct variant_entry *v, const struct yaml *key)
{
    struct words known = {0};
    char where[100];
    words_add_options(&known, v->attention->options);
    words_add_options(&known, v->position->options);
    for (size_t i = 0; own_keys[i]; i++) words_add(&known, own_keys[i]);
    snprintf(where, sizeof where, " for %.80s", v->node->text);
    return section_unknown(key, "option", where, &known);
}

/* The entry's options: of the attention, or else of the position. */
static status take_settings(struct variant_entry *v, const struct yaml *settings, const struct yaml *of_position)
{
    TRY(section_read(v->position->name, v->position->options, of_position, v->position_options));
    for (size_t i = 0; settings && i < settings->n; i++) {
        const struct yaml *key = settings->key[i], *value = settings->item[i];
        const struct option *attends = option_find(v->attention->options, key->text);
        const struct option *places = option_find(v->position->options, key->text);
        if (is_own_key(key->text)) continue;
        if (attends) TRY(section_set(attends, value, v->attention_options));
        else if (!places) return unknown_setting(v, key);
        else if (yaml_get(of_position, key->text))
            return yaml_fail(key->mark, "%s stands here and in position; leave one of them out", key->text);
        else TRY(section_set(places, value, v->position_options));
    }
    return OK;
}

/* The sections are laid over the file's later; here they are only checked. */
static status take_sections(struct variant_entry *v, const struct yaml *settings)
{
    struct model_options model;
    struct train_options train;
    v->model = yaml_get(settings, "model");
    v->train = yaml_get(settings, "train");
    TRY(section_read("model", model_option_table, v->model, &model));
    return section_read("train", train_option_table, v->train, &train);
}

static status take_position(struct variant_entry *v, const struct protocol_choice *by, const struct preset *preset,
                            const struct yaml *given, const struct yaml **options)
{
    const char *own = v->attention->usual_position ? v->attention->usual_position : "none";
    const char *usual = protocol_position(by, v->node->text, v->attention, preset && preset->position ? preset->position : own);
    *options = NULL;
    v->position_node = v->node;
    v->position = position_find(usual);
    assert(v->position);
    if (!given) return OK;
    TRY(split_entry("a position", given, &v->position_node, options));
    return find_position(v->position_node, &v->position);
}

status entry_variant(struct yaml_pool *p, const struct yaml *y, const struct protocol_choice *by, struct variant_entry *v)
{
    const struct yaml *settings, *of_position;
    TRY(split_entry("a variant", y, &v->node, &settings));
    const struct preset *preset = preset_find(v->node->text);
    v->attention = attention_find(preset ? preset->attention : v->node->text);
    assert(v->attention || !preset);
    if (!v->attention) return unknown_variant(v->node);
    v->label_node = yaml_get(settings, "as") ? yaml_get(settings, "as") : v->node;
    TRY(section_text("as", v->label_node, v->label, sizeof v->label));
    TRY(take_position(v, by, preset, yaml_get(settings, "position"), &of_position));
    take_defaults(v);
    TRY(protocol_attention(p, by, v->attention, v->attention_options));
    if (preset) TRY(take_preset(p, preset, v));
    TRY(take_settings(v, settings, of_position));
    return take_sections(v, settings);
}

/* ---- tasks ------------------------------------------------------------------------------------------------------ */

/* `with`: sections for this task alone. */
static status take_with(struct task_entry *t, const struct yaml *with)
{
    static const char *const sections[] = {"model", "train", "test"};
    struct model_options model;
    struct train_options train;
    struct test_options test;
    if (!with) return OK;
    TRY(section_want(with, YAML_MAP, "with"));
    for (size_t i = 0; i < with->n; i++) {
        struct words known = {0};
        bool found = false;
        for (size_t k = 0; k < 3; k++) {
            words_add(&known, sections[k]);
            found = found || !strcmp(sections[k], with->key[i]->text);
        }
        if (!found) return section_unknown(with->key[i], "section", " in with", &known);
    }
    t->model = yaml_get(with, "model");
    t->train = yaml_get(with, "train");
    t->test = yaml_get(with, "test");
    TRY(section_read("model", model_option_table, t->model, &model));
    TRY(section_read("train", train_option_table, t->train, &train));
    return section_read("test", test_option_table, t->test, &test);
}

status entry_task(struct yaml_pool *p, const struct yaml *y, const struct protocol_choice *by, struct task_entry *t)
{
    const struct yaml *settings;
    TRY(split_entry("a task", y, &t->node, &settings));
    t->task = task_find(t->node->text);
    if (!t->task) {
        struct words known = {0};
        for (size_t i = 0; tasks[i]; i++) words_add(&known, tasks[i]->name);
        return section_unknown(t->node, "task", "", &known);
    }
    assert(t->task->options_size <= OPTIONS_ROOM);
    option_defaults(t->task->options, t->options, OPTIONS_ROOM);
    TRY(protocol_task_options(p, by, t->node, t->task, &t->by_protocol, t->options));
    TRY(take_with(t, yaml_get(settings, "with")));
    struct yaml *own = settings ? yaml_without(p, (struct yaml *)settings, "with") : NULL;
    return section_read(t->task->name, t->task->options, own, t->options);
}
