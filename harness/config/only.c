/* only.c -- `--only variant=a,b`: which entries of a plan are wanted. */
#include <stdio.h>
#include <string.h>

#include "config/plan.h"
#include "config/section.h"
#include "tasks/task.h"

struct filter {
    const char *what;  /* "variant"                              */
    size_t      n;     /* things of that kind                    */
    bool       *left;  /* [n]                                    */
    bool        named; /* an --only has spoken of this kind      */
};

static const char *thing_name(struct yaml_pool *p, const struct plan *plan, const struct filter *f, size_t i)
{
    if (f->left == plan->variant_left) return plan->variant[i].label;
    if (f->left == plan->task_left) return plan->task[i].task->name;
    return yaml_format(p, "%lld", (long long)plan->seed[i].value);
}

/* Keep what is called `name`; false if nothing is. */
static bool keep(struct yaml_pool *p, const struct plan *plan, struct filter *f, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(thing_name(p, plan, f, i), name)) found = f->left[i] = true;
    return found;
}

static status refuse_only(struct yaml_pool *p, const struct plan *plan, const struct filter *f, struct yaml_mark mark,
                          const char *name, const char *path)
{
    struct words known = {0};
    char where[400];
    for (size_t i = 0; i < f->n && i < 256; i++) words_add(&known, thing_name(p, plan, f, i));
    snprintf(where, sizeof where, " in %.300s", path);
    return section_unknown(&(struct yaml){.text = name, .mark = mark}, f->what, where, &known);
}

/* One "variant=a,b".  A label with a comma is taken as a whole. */
static status take_only(struct yaml_pool *p, const struct plan *plan, struct filter filter[3], const char *only,
                        const char *path)
{
    const struct yaml_mark mark = {.source = yaml_format(p, "--only %s", only)};
    const char *equals = strchr(only, '=');
    if (!equals || !equals[1]) return yaml_fail(mark, "write variant=a,b or task=a or seed=1");
    const char *kind = yaml_format(p, "%.*s", (int)(equals - only), only);
    struct filter *f = filter;
    while (f < filter + 3 && strcmp(f->what, kind)) f++;
    if (f == filter + 3) {
        const struct words known = {3, {"variant", "task", "seed"}};
        return section_unknown(&(struct yaml){.text = kind, .mark = mark}, "filter", "", &known);
    }
    if (!f->named) memset(f->left, 0, f->n * sizeof *f->left);
    f->named = true;
    if (keep(p, plan, f, equals + 1)) return OK;
    char *rest = NULL, *names = yaml_format(p, "%s", equals + 1);
    if (!names[strspn(names, ",")]) return refuse_only(p, plan, f, mark, "", path);
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        if (!keep(p, plan, f, name)) return refuse_only(p, plan, f, mark, name, path);
    return OK;
}

status plan_only(struct yaml_pool *p, const struct config_request *rq, struct plan *plan)
{
    struct filter filter[3] = {{"variant", plan->n_variants, NULL, false},
                               {"task", plan->n_tasks, NULL, false},
                               {"seed", plan->n_seeds, NULL, false}};
    for (int i = 0; i < 3; i++) {
        filter[i].left = yaml_take(p, filter[i].n * sizeof(bool));
        memset(filter[i].left, true, filter[i].n * sizeof(bool));
    }
    plan->variant_left = filter[0].left;
    plan->task_left = filter[1].left;
    plan->seed_left = filter[2].left;
    for (size_t i = 0; i < rq->n_only; i++) TRY(take_only(p, plan, filter, rq->only[i], rq->path));
    return OK;
}
