/* pair.c -- does this variant go with this task?  If not, the sentence that says why, at its place. */
#include <string.h>

#include "config/plan.h"
#include "tasks/task.h"
#include "variants/variant.h"

/* Where an option of `section` was set: in the variant, for the task, in the file, else the variant itself. */
static struct yaml_mark place_of(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v,
                                 const char *section, const char *option)
{
    const bool model = strcmp(section, "model") == 0;
    const struct yaml *own = yaml_get(model ? v->model : v->train, option);
    const struct yaml *of_task = yaml_get(model ? t->model : t->train, option);
    const struct yaml *common = yaml_get(yaml_get(plan->root, section), option);
    return own ? own->mark : of_task ? of_task->mark : common ? common->mark : v->node->mark;
}

static status check_widths(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v, const struct run *r)
{
    const struct model_options *m = &r->model;
    if (m->head_width || m->width % m->heads == 0) return OK;
    const bool by_width = yaml_get(v->model, "width") && !yaml_get(v->model, "heads");
    return yaml_fail(place_of(plan, t, v, "model", by_width ? "width" : "heads"),
                     "width %lld is not divisible by heads %lld; change one, or give head_width", (long long)m->width,
                     (long long)m->heads);
}

/* Tokens has a default, but how long to train is for the file to say. */
static status check_budget(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v, const struct run *r)
{
    const struct yaml *train = yaml_get(plan->root, "train");
    if (r->train.steps == 0 && r->train.samples > 0 && t->task->kind == TASK_TEXT)
        return yaml_fail(place_of(plan, t, v, "train", "samples"), "train.samples counts examples, and %s has none; give train.tokens",
                         t->task->name);
    if (r->train.steps > 0 || r->train.samples > 0) return OK;
    if (yaml_get(v->train, "tokens") || yaml_get(t->train, "tokens") || yaml_get(train, "tokens")) return OK;
    return yaml_fail(train ? train->mark : plan->root->mark, "no training budget: give train.tokens or train.steps");
}

/* No mistake of the file's: the run is there, and says why it cannot be. */
static void check_direction(const char *name, unsigned can, const struct task_entry *t, struct run *r)
{
    if (r->model.causal && !(can & CAN_CAUSAL))
        snprintf(r->refused, sizeof r->refused, "%s has no causal form, and %s%s needs one", name, t->task->name,
                 t->task->kind == TASK_CLASSIFY ? " with model.causal: true" : "");
    if (!r->model.causal && !(can & CAN_BIDIRECTIONAL))
        snprintf(r->refused, sizeof r->refused, "%s has only a causal form, and %s without model.causal: true attends both ways", name,
                 t->task->name);
}

static status check_position(const struct variant_entry *v)
{
    const struct attention *a = v->attention;
    const struct position *s = v->position;
    const struct yaml_mark mark = v->position_node->mark;
    if (a->can & CAN_OWN_POSITIONS && (s->add || s->rotate || s->term))
        return yaml_fail(mark, "%s has its own positions and takes none; leave out position %s", a->name, s->name);
    if (s->rotate && !(a->can & CAN_ROTATE))
        return yaml_fail(mark, "position %s rotates queries and keys, which %s does not allow", s->name, a->name);
    if (s->term && !(a->can & CAN_TERM))
        return yaml_fail(mark, "position %s adds to attention scores, which %s does not allow", s->name, a->name);
    return OK;
}

/* Options that only the attention or the position itself can judge. */
static status check_own(const struct variant_entry *v, const struct run *r)
{
    const struct model_options *m = &r->model;
    if (v->attention->check && v->attention->check(r->attention_options, m, m->causal) != OK)
        return yaml_fail(v->node->mark, "%s", status_message());
    if (v->position->check && v->position->check(r->position_options, m, m->causal) != OK)
        return yaml_fail(v->position_node->mark, "%s", status_message());
    return OK;
}

/* Test lengths that cannot be taken are "n/a" in tables; the training length must be taken. */
static status check_train_length(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v, const struct run *r)
{
    const size_t n = (size_t)r->train.length;
    const char *why = NULL;
    if (r->task->kind != TASK_TEXT) return OK;
    if (v->attention->refuses_length) why = v->attention->refuses_length(r->attention_options, n, n);
    if (!why && v->position->refuses_length) why = v->position->refuses_length(r->position_options, n, n);
    return why ? yaml_fail(place_of(plan, t, v, "train", "length"), "%s cannot train at length %zu: %s", v->label, n, why) : OK;
}

status plan_check_pair(const struct plan *plan, const struct task_entry *t, const struct variant_entry *v, struct run *r)
{
    TRY(check_widths(plan, t, v, r));
    TRY(check_budget(plan, t, v, r));
    TRY(check_position(v));
    check_direction(v->attention->name, v->attention->can, t, r);
    if (!r->refused[0]) check_direction(v->position->name, v->position->can, t, r);
    if (r->refused[0]) return OK;
    TRY(check_own(v, r));
    return check_train_length(plan, t, v, r);
}
