/* approximation.c -- see approximation.h. */
#include "config/approximation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/section.h"
#include "variants/variant.h"

#define FIELD(name) offsetof(struct approximation_options, name)
const struct option approximation_option_table[] = {
    {"length", OPTION_INT, FIELD(length), "1024", 1, 1 << 20, NULL, "rows of the input"},
    {"draws", OPTION_INT, FIELD(draws), "15", 1, 10000, NULL, "of parameters, input and random features; mean and deviation over them"},
    {"input", OPTION_REAL, FIELD(input), "1", 1e-6, 1e6, NULL, "standard deviation of the input, and about that of queries and keys"},
    {"causal", OPTION_BOOL, FIELD(causal), "false", 0, 0, NULL, "a row sees none behind it"},
    {"seed", OPTION_INT, FIELD(seed), "1", 0, 1e18, NULL, "of all draws"},
    {.name = NULL},
};

/* ---- the sweep ---- */

static const struct option *swept_of(const struct measured_plan *m, size_t v)
{
    return option_find(m->variant[v].entry->attention->options, m->swept);
}

static status set_swept(const struct option *o, double value, void *options)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    return option_set_text(o, options, text);
}

bool approximation_options_at(const struct approximation_plan *a, size_t v, size_t i, unsigned char out[OPTIONS_ROOM])
{
    const struct measured_plan *m = &a->measured;
    const struct option *o = swept_of(m, v);
    memcpy(out, m->variant[v].entry->attention_options, OPTIONS_ROOM);
    if (o) (void)set_swept(o, m->value.at[i], out); /* taken when the file was read */
    return o != NULL;
}

static status try_values(const struct measured_plan *m, size_t v, const struct yaml *list)
{
    unsigned char options[OPTIONS_ROOM];
    const struct option *o = swept_of(m, v);
    if (o->type != OPTION_INT && o->type != OPTION_REAL)
        return yaml_fail(list->mark, "%s of %s is not a number, and only numbers are swept", m->swept, m->variant[v].entry->attention->name);
    for (size_t i = 0; i < m->value.n; i++) {
        memcpy(options, m->variant[v].entry->attention_options, OPTIONS_ROOM);
        if (set_swept(o, m->value.at[i], options) != OK) return yaml_fail(list->mark, "%s", status_message());
    }
    return OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static status read_values(const struct yaml *list, struct measured_plan *m)
{
    const struct option values = {.name = m->swept, .type = OPTION_REAL_LIST, .min = -1e12, .max = 1e12};
    TRY(section_set(&values, list, &m->value));
    if (m->value.n == 0) return yaml_fail(list->mark, "%s is an empty list", m->swept);
    qsort(m->value.at, m->value.n, sizeof m->value.at[0], ascending);
    for (size_t i = 1; i < m->value.n; i++)
        if (m->value.at[i] == m->value.at[i - 1]) return yaml_fail(list->mark, "%s: %.10g stands twice", m->swept, m->value.at[i]);
    return OK;
}

static status read_sweep(const struct yaml *root, struct measured_plan *m)
{
    const struct yaml *sweep = yaml_get(root, "sweep");
    struct words known = {0};
    bool any = false;
    if (!sweep) return yaml_fail(root->mark, "no sweep; give an option and its values, as in sweep: {features: [16, 64]}");
    TRY(section_want(sweep, YAML_MAP, "sweep"));
    if (sweep->n != 1) return yaml_fail(sweep->mark, "sweep takes one option with its values, not %zu", sweep->n);
    m->swept = sweep->key[0]->text;
    TRY(read_values(sweep->item[0], m));
    for (size_t v = 0; v < m->n; v++) {
        words_add_options(&known, m->variant[v].entry->attention->options);
        if (!swept_of(m, v)) continue;
        any = true;
        TRY(try_values(m, v, sweep->item[0]));
    }
    return any ? OK : section_unknown(sweep->key[0], "option", " of any of these variants' attentions", &known);
}

/* ---- the variants ---- */

/* Softmax attention stands here without positions.  The scheme that an attention's own name brings is left out, and so is one that is added to
 * the input, no part of the layer; one that was asked for and changes the weights is refused. */
static status drop_position(struct yaml_pool *p, struct measured_variant *v)
{
    const struct position *s = v->entry->position;
    struct variant_entry *mine = yaml_take(p, sizeof *mine);
    const bool asked = v->entry->position_node != v->entry->node || strcmp(v->entry->node->text, v->entry->attention->name) != 0;
    if (asked && (s->rotate || s->term))
        return yaml_fail(v->entry->position_node->mark, "position %s changes the weights, and softmax attention stands here without one; give %s "
                         "position: none", s->name, v->entry->label);
    *mine = *v->entry;
    mine->position = position_find("none");
    option_defaults(mine->position->options, mine->position_options, sizeof mine->position_options);
    v->entry = mine;
    return OK;
}

static status check_variant(const struct approximation_plan *a, const struct measured_variant *v)
{
    const struct variant_entry *e = v->entry;
    const bool causal = a->options.causal;
    if (e->model) return yaml_fail(e->model->mark, "all variants stand beside the same softmax attention; leave out model, or give it to all");
    if (causal && !(e->attention->can & CAN_CAUSAL)) return yaml_fail(e->node->mark, "%s has no causal form; leave out approximation.causal", e->attention->name);
    if (!causal && !(e->attention->can & CAN_BIDIRECTIONAL))
        return yaml_fail(e->node->mark, "%s has only a causal form; set approximation.causal: true", e->attention->name);
    return OK;
}

static status check_layers(const struct yaml *root, const struct measured_plan *m)
{
    const struct yaml *model = yaml_get(root, "model");
    if (m->model.layers != 1) return yaml_fail(yaml_key(model, "layers")->mark, "the attention of one layer is measured; leave out layers");
    if (m->model.feed_forward) return yaml_fail(yaml_key(model, "feed_forward")->mark, "the attention alone is measured; leave out feed_forward");
    return OK;
}

status approximation_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct approximation_plan **out)
{
    struct approximation_plan *a = yaml_take(p, sizeof *a);
    struct measured_plan *m = &a->measured;
    *m = (struct measured_plan){.key = "approximation", .what = "measures distances from softmax attention", .length = "approximation.length",
                                .real = "float64", .file = "approximation.h5", .papers = true, .table = approximation_option_table,
                                .options = &a->options};
    option_defaults(model_option_table, &m->model, sizeof m->model);
    m->model.layers = 1;
    m->model.feed_forward = 0;
    m->model.biases = false;
    option_defaults(approximation_option_table, &a->options, sizeof a->options);
    TRY(section_read("approximation", approximation_option_table, yaml_get(plan->root, "approximation"), &a->options));
    TRY(measured_plan_read(p, rq, plan, m));
    TRY(check_layers(plan->root, m));
    for (size_t i = 0; i < m->n; i++) {
        TRY(check_variant(a, &m->variant[i]));
        TRY(drop_position(p, &m->variant[i]));
    }
    TRY(read_sweep(plan->root, m));
    *out = a;
    return OK;
}
