/* protocol.c -- texts of a protocol become options. */
#include "config/protocol.h"

#include <string.h>

#include "config/section.h"
#include "model/options.h"
#include "tasks/task.h"
#include "train/options.h"

static status unknown_protocol(const struct yaml *name)
{
    struct words known = {0};
    for (const struct protocol *p = protocols; p->name; p++) words_add(&known, p->name);
    return section_unknown(name, "protocol", "", &known);
}

static status read_faithful(const struct yaml *settings, struct protocol_choice *out)
{
    static const struct option table[] = {
        {"faithful", OPTION_BOOL, offsetof(struct protocol_choice, faithful), "false", 0, 0, NULL, "with the published code's defects"},
        {.name = NULL},
    };
    const struct protocol *kept = out->protocol;
    TRY(section_read(kept->name, table, settings, out));
    out->protocol = kept;
    if (out->faithful && !kept->can_be_faithful)
        return yaml_fail(settings->mark, "protocol %s cannot be faithful: %s", kept->name, kept->notes);
    return OK;
}

status protocol_read(struct yaml_pool *p, const struct yaml *value, struct protocol_choice *out)
{
    (void)p;
    *out = (struct protocol_choice){0};
    if (!value) return OK;
    const struct yaml *name = value;
    if (value->kind == YAML_MAP && value->n == 1) name = value->key[0];
    if (yaml_is_null(name) || name->kind != YAML_SCALAR) return yaml_fail(value->mark, "protocol is a name, or one name with {faithful: true}");
    out->protocol = protocol_find(name->text);
    if (!out->protocol) return unknown_protocol(name);
    return name == value ? OK : read_faithful(value->item[0], out);
}

/* Text of a protocol as a map; an error in it is an error of ours, with the protocol's name as its place. */
static status map_of(struct yaml_pool *p, const struct protocol *of, const char *text, struct yaml **out)
{
    *out = NULL;
    return text ? yaml_read_text(p, yaml_format(p, "protocol %s", of->name), text, out) : OK;
}

static status lay(struct yaml_pool *p, const struct protocol *of, const char *name, const struct option *table, const char *text, void *target)
{
    struct yaml *map;
    TRY(map_of(p, of, text, &map));
    return section_read(name, table, map, target);
}

status protocol_task_options(struct yaml_pool *p, const struct protocol_choice *by, const struct yaml *name, const struct task *task,
                             const struct protocol_task **out, void *options)
{
    *out = NULL;
    if (!by->protocol) return OK;
    struct words known = {0};
    for (const struct protocol_task *t = by->protocol->task; t->task; t++) {
        words_add(&known, t->task);
        if (strcmp(t->task, task->name) == 0) *out = t;
    }
    char where[80];
    snprintf(where, sizeof where, " in protocol %s", by->protocol->name);
    if (!*out) return section_unknown(name, "task", where, &known);
    TRY(lay(p, by->protocol, task->name, task->options, (*out)->options, options));
    return by->faithful ? lay(p, by->protocol, task->name, task->options, (*out)->faithful_options, options) : OK;
}

status protocol_sections(struct yaml_pool *p, const struct protocol_choice *by, const struct protocol_task *t, void *model, void *train)
{
    const struct protocol *q = by->protocol;
    if (!q || !t) return OK;
    const char *const models[] = {q->model, t->model, by->faithful ? q->faithful_model : NULL, by->faithful ? t->faithful_model : NULL};
    const char *const trains[] = {q->train, t->train, by->faithful ? q->faithful_train : NULL, by->faithful ? t->faithful_train : NULL};
    for (size_t i = 0; i < 4; i++) {
        TRY(lay(p, q, "model", model_option_table, models[i], model));
        TRY(lay(p, q, "train", train_option_table, trains[i], train));
    }
    return OK;
}

const char *protocol_position(const struct protocol_choice *by, const char *name, const struct attention *a, const char *usual)
{
    if (!by->protocol || !by->protocol->position || a->can & CAN_OWN_POSITIONS) return usual;
    return strcmp(name, a->name) == 0 ? by->protocol->position : usual;
}

status protocol_attention(struct yaml_pool *p, const struct protocol_choice *by, const struct attention *a, void *options)
{
    struct yaml *map;
    if (!by->protocol) return OK;
    TRY(map_of(p, by->protocol, by->protocol->attention, &map));
    for (size_t i = 0; map && i < map->n; i++) {
        const struct option *o = option_find(a->options, map->key[i]->text);
        if (o) TRY(section_set(o, map->item[i], options));
    }
    return OK;
}
