/* config.c -- the tree of a configuration becomes its runs: tasks x variants x seeds, each pair checked. */
#include "config/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "config/approximation.h"
#include "config/cost.h"
#include "config/plan.h"
#include "config/section.h"
#include "config/sources.h"
#include "config/tune.h"
#include "tasks/task.h"

#define RUNS_MOST 10000 /* of a file; also entries of each list */
#define UNTRIED   SIZE_MAX

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* The list called `name`: at least one entry. */
static status want_list(const struct yaml *root, const char *name, const struct yaml **out)
{
    const struct yaml *list = yaml_get(root, name);
    if (!list) return yaml_fail(root->mark, "no %s; give a list, as in %s: [a, b]", name, name);
    TRY(section_want(list, YAML_LIST, name));
    if (list->n == 0) return yaml_fail(list->mark, "%s is an empty list", name);
    if (list->n > RUNS_MOST) return yaml_fail(list->mark, "%zu %s; at most %d", list->n, name, RUNS_MOST);
    *out = list;
    return OK;
}

static status read_tasks(struct yaml_pool *p, struct plan *plan)
{
    const struct yaml *list;
    TRY(want_list(plan->root, "tasks", &list));
    plan->task = yaml_take(p, list->n * sizeof *plan->task);
    for (size_t i = 0; i < list->n; i++) {
        struct task_entry *t = &plan->task[i];
        TRY(entry_task(p, list->item[i], &plan->protocol, t));
        for (const struct task_entry *o = plan->task; o < t; o++)
            if (o->task == t->task && !memcmp(o->options, t->options, OPTIONS_ROOM))
                return yaml_fail(t->node->mark, "task %s stands twice with the same options", t->task->name);
    }
    plan->n_tasks = list->n;
    return OK;
}

/* Letters that every file system and shell takes; nothing hidden, nothing like a flag. */
static void path_safe(const char *label, char out[64])
{
    snprintf(out, 64, "%s", label);
    for (char *c = out; *c; c++) {
        const bool first = c == out;
        const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_';
        if (!letter && (first || !strchr(".-+", *c))) *c = '_';
    }
}

static status check_labels(const struct variant_entry *a, const struct variant_entry *b)
{
    char x[64], y[64];
    path_safe(a->label, x);
    path_safe(b->label, y);
    const struct yaml_mark mark = b->label_node->mark;
    if (!strcmp(a->label, b->label))
        return yaml_fail(mark, "two variants are called \"%s\"; give one of them another name with as:", b->label);
    if (!strcmp(x, y))
        return yaml_fail(mark, "variants \"%s\" and \"%s\" would share the file name \"%s\"; "
                         "give one of them another name with as:", a->label, b->label, y);
    return OK;
}

static status read_variants(struct yaml_pool *p, struct plan *plan)
{
    const struct yaml *list;
    TRY(want_list(plan->root, "variants", &list));
    plan->variant = yaml_take(p, list->n * sizeof *plan->variant);
    for (size_t i = 0; i < list->n; i++) {
        struct variant_entry *v = &plan->variant[i];
        TRY(entry_variant(p, list->item[i], &plan->protocol, v));
        for (const struct variant_entry *o = plan->variant; o < v; o++) TRY(check_labels(o, v));
    }
    plan->n_variants = list->n;
    return OK;
}

static status read_seeds(struct yaml_pool *p, struct plan *plan)
{
    static const struct option seed = {.name = "seeds", .type = OPTION_INT, .min = 0, .max = 1e18};
    const struct yaml *list;
    if (!yaml_get(plan->root, "seeds")) {
        plan->seed = yaml_take(p, sizeof *plan->seed);
        plan->seed[plan->n_seeds++].value = 1;
        return OK;
    }
    TRY(want_list(plan->root, "seeds", &list));
    plan->seed = yaml_take(p, list->n * sizeof *plan->seed);
    for (size_t i = 0; i < list->n; i++) {
        plan->seed[i].node = list->item[i];
        TRY(section_set(&seed, list->item[i], &plan->seed[i].value));
        for (size_t j = 0; j < i; j++)
            if (plan->seed[j].value == plan->seed[i].value)
                return yaml_fail(list->item[i]->mark, "seed %s stands twice", list->item[i]->text);
    }
    plan->n_seeds = list->n;
    return OK;
}

/* ---- sections --------------------------------------------------------------------------------------------------- */

static status check_lengths(const struct yaml *section)
{
    const struct yaml *y = yaml_get(section, "lengths");
    struct test_options test;
    const struct int_list *l = &test.lengths;
    option_defaults(test_option_table, &test, sizeof test);
    TRY(section_read("test", test_option_table, section, &test));
    if (l->n == 0) return yaml_fail(y->mark, "lengths is an empty list");
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < i; j++)
            if (l->at[i] == l->at[j]) return yaml_fail(y->item[i]->mark, "length %s stands twice", y->item[i]->text);
    for (size_t i = 1; i < test.context.n; i++)
        if (test.context.at[i] <= test.context.at[i - 1])
            return yaml_fail(yaml_get(section, "context")->item[i]->mark, "contexts rise: %s cannot come after %lld",
                             yaml_get(section, "context")->item[i]->text, (long long)test.context.at[i - 1]);
    return OK;
}

/* The file's sections are laid under those of tasks and variants later; here they are only checked. */
static status check_sections(const struct plan *plan)
{
    struct model_options model;
    struct train_options train;
    TRY(section_read("model", model_option_table, yaml_get(plan->root, "model"), &model));
    TRY(section_read("train", train_option_table, yaml_get(plan->root, "train"), &train));
    TRY(check_lengths(yaml_get(plan->root, "test")));
    for (size_t i = 0; i < plan->n_tasks; i++) TRY(check_lengths(plan->task[i].test));
    return OK;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static bool shares_name(const struct plan *plan, const struct task_entry *t)
{
    for (size_t i = 0; i < plan->n_tasks; i++)
        if (&plan->task[i] != t && plan->task[i].task == t->task) return true;
    return false;
}

static unsigned options_hash(const struct option *table, const void *options)
{
    XXH64_hash_t hash = 0;
    for (const struct option *o = table; o && o->name; o++) {
        char text[OPTION_PRINT];
        option_print(o, options, text, sizeof text);
        hash = XXH3_64bits_withSeed(text, strlen(text) + 1, hash);
    }
    return (unsigned)(hash & 0xffffffff);
}

static void name_stem(const struct plan *plan, const struct task_entry *t, struct run *r)
{
    char label[64], hash[16] = "";
    path_safe(r->label, label);
    if (shares_name(plan, t)) snprintf(hash, sizeof hash, "-%08x", options_hash(t->task->options, t->options));
    const int n = snprintf(r->stem, sizeof r->stem, "%s-%.60s-%llu%s", label, t->task->name,
                           (unsigned long long)r->seed, hash);
    assert(n > 0 && (size_t)n < sizeof r->stem);
    (void)n;
}

static bool is_language_model(const struct task *t)
{
    return t->kind == TASK_TEXT || t->kind == TASK_SEQUENCE;
}

/* A layer that gives a budget in other units takes the place of those below it. */
static void drop_budgets(const struct yaml *layer, struct train_options *train)
{
    const bool samples = yaml_get(layer, "samples"), tokens = yaml_get(layer, "tokens");
    if ((samples || tokens) && !yaml_get(layer, "steps")) train->steps = 0;
    if (tokens && !samples) train->samples = 0;
}

/* An attention without weights has none to drop: a protocol's rate is for the others. */
static void fit_protocol(const struct variant_entry *v, struct model_options *m)
{
    struct model_options without = *m;
    without.attention_dropout = 0;
    if (m->attention_dropout == 0 || !v->attention->check) return;
    if (v->attention->check(v->attention_options, m, m->causal) == OK) return;
    if (v->attention->check(v->attention_options, &without, m->causal) == OK) *m = without;
}

/* Layers of sections: defaults, protocol, file, task, variant, --set. */
static status settle_sections(struct yaml_pool *p, const struct plan *plan, const struct task_entry *t, const struct variant_entry *v,
                              struct run *r)
{
    const struct yaml *const models[] = {yaml_get(plan->root, "model"), t->model, v->model, yaml_get(plan->set, "model")};
    const struct yaml *const trains[] = {yaml_get(plan->root, "train"), t->train, v->train, yaml_get(plan->set, "train")};
    const struct yaml *const tests[] = {yaml_get(plan->root, "test"), t->test, NULL, yaml_get(plan->set, "test")};
    option_defaults(model_option_table, &r->model, sizeof r->model);
    option_defaults(train_option_table, &r->train, sizeof r->train);
    option_defaults(test_option_table, &r->test, sizeof r->test);
    TRY(protocol_sections(p, &plan->protocol, t->by_protocol, &r->model, &r->train));
    if (t->by_protocol) fit_protocol(v, &r->model);
    for (size_t i = 0; i < 4; i++) {
        TRY(section_read("model", model_option_table, models[i], &r->model));
        drop_budgets(trains[i], &r->train);
        TRY(section_read("train", train_option_table, trains[i], &r->train));
        TRY(section_read("test", test_option_table, tests[i], &r->test));
    }
    return OK;
}

/* All of a run but its seed, with the settings of a trial unless that is UNTRIED. */
static status settle_run(struct yaml_pool *p, const struct plan *plan, const struct task_entry *t, const struct variant_entry *v,
                         size_t trial, struct run *r)
{
    memset(r, 0, sizeof *r);
    memcpy(r->label, v->label, sizeof r->label);
    memcpy(r->attention_options, v->attention_options, OPTIONS_ROOM);
    memcpy(r->position_options, v->position_options, OPTIONS_ROOM);
    memcpy(r->task_options, t->options, OPTIONS_ROOM);
    r->attention = v->attention;
    r->position = v->position;
    r->task = t->task;
    if (plan->protocol.protocol)
        snprintf(r->protocol, sizeof r->protocol, "%s%s", plan->protocol.protocol->name, plan->protocol.faithful ? ", faithful" : "");
    TRY(settle_sections(p, plan, t, v, r));
    if (trial != UNTRIED) TRY(tune_apply(plan->tune, trial, r));
    if (is_language_model(t->task)) r->model.causal = true;
    return plan_check_pair(plan, t, v, r);
}

static void add_seeds(const struct plan *plan, const struct task_entry *t, const struct run *r, struct config *out)
{
    for (size_t s = 0; s < plan->n_seeds; s++) {
        if (!plan->seed_left[s]) continue;
        struct run *mine = &out->runs[out->n_runs++];
        *mine = *r;
        mine->seed = (uint64_t)plan->seed[s].value;
        name_stem(plan, t, mine);
    }
}

static double per_step(const struct run *r)
{
    return (double)r->train.batch * (r->task->kind == TASK_TEXT ? (double)r->train.length : 1);
}

static bool same_budget(const struct run *a, const struct run *b)
{
    const struct train_options *x = &a->train, *y = &b->train;
    if (x->steps || y->steps) return x->steps == y->steps && per_step(a) == per_step(b);
    if (x->samples || y->samples) return x->samples == y->samples;
    return x->tokens == y->tokens;
}

/* What trials would refuse is refused now, and every variant of a task trains the same in its runs, and so in its trials.  `r` holds
 * the run as it is without tuning. */
static status check_trials(struct yaml_pool *p, const struct plan *plan, const struct task_entry *t, const struct variant_entry *v,
                           const struct run *r)
{
    struct run *other = yaml_take(p, sizeof *other);
    TRY(settle_run(p, plan, t, &plan->variant[0], UNTRIED, other));
    if (!same_budget(r, other))
        return yaml_fail(v->node->mark, "tune gives every variant the same budget, and %s trains for another one than %s; give all of them the same "
                         "train.tokens", r->label, other->label);
    for (size_t i = 0; i < plan->tune->trials; i++) {
        TRY(settle_run(p, plan, t, v, i, other));
        if (!same_budget(other, r))
            return yaml_fail(yaml_get(plan->root, "tune")->mark, "train.batch and train.length decide how much a step trains; with a budget in steps "
                             "they cannot be tuned, with train.tokens they can");
        if (other->refused[0]) return yaml_fail(v->node->mark, "%s", other->refused);
    }
    return OK;
}

static status make_runs(struct yaml_pool *p, const struct plan *plan, struct config *out)
{
    struct run *r = yaml_take(p, sizeof *r);
    const size_t n = plan->n_tasks * plan->n_variants * plan->n_seeds; /* each at most RUNS_MOST */
    if (n > RUNS_MOST) return yaml_fail(plan->root->mark, "%zu runs; at most %d", n, RUNS_MOST);
    out->runs = calloc(n, sizeof *out->runs);
    if (!out->runs) status_no_memory("runs", n * sizeof *out->runs);
    bool any = false;
    char why[sizeof r->refused] = "";
    struct yaml_mark where = plan->root->mark;
    for (size_t t = 0; t < plan->n_tasks; t++)
        for (size_t v = 0; v < plan->n_variants; v++) {
            if (!plan->task_left[t] || !plan->variant_left[v]) continue;
            TRY(settle_run(p, plan, &plan->task[t], &plan->variant[v], UNTRIED, r));
            if (plan->tune && !r->refused[0]) TRY(check_trials(p, plan, &plan->task[t], &plan->variant[v], r));
            if (!r->refused[0]) any = true;
            else if (!why[0]) snprintf(why, sizeof why, "%s", r->refused), where = plan->variant[v].node->mark;
            add_seeds(plan, &plan->task[t], r, out);
        }
    if (!any && out->n_runs) return yaml_fail(where, "%s", why);
    return OK;
}

/* ---- tuned runs ------------------------------------------------------------------------------------------------- */

status config_tuned(struct config *c, const struct run *from, size_t trial, struct run *out)
{
    const struct plan *plan = c->plan;
    const struct task_entry *t = plan->task;
    const struct variant_entry *v = plan->variant;
    while (t->task != from->task || memcmp(t->options, from->task_options, OPTIONS_ROOM)) t++;
    while (strcmp(v->label, from->label)) v++;
    const uint64_t seed = from->seed;
    TRY(settle_run(&c->pool, plan, t, v, trial, out));
    out->seed = seed;
    name_stem(plan, t, out);
    return OK;
}

status config_trial(struct config *c, const struct run *from, size_t trial, size_t rung, struct run *out)
{
    char label[64], settings[160];
    const struct tune *t = c->tune;
    TRY(config_tuned(c, from, trial, out));
    out->seed = tune_seed(c->plan, t, tune_repeat(t, trial, out));
    tune_shrink(out, tune_rung_share(t, rung));
    tune_settings(t, out, settings, sizeof settings);
    path_safe(out->label, label);
    char *text = config_print(out);
    snprintf(out->stem, sizeof out->stem, "tune/%s-%.60s-%llu-%012llx", label, out->task->name, (unsigned long long)out->seed,
             (unsigned long long)(XXH3_64bits(text, strlen(text)) & 0xffffffffffffULL));
    free(text);
    snprintf(out->trial, sizeof out->trial, "%s, %s, trial %zu/%zu, rung %zu/%zu (%s)", out->label, out->task->name, trial + 1, t->trials,
             rung + 1, t->rungs, settings);
    return OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* The file's name without its folder and its ending. */
static status name_config(const char *path, char out[128])
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    const bool yaml = dot && dot > base && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
    const int n = yaml ? (int)(dot - base) : (int)strlen(base);
    if (n > 127) FAIL(ERR_CONFIG, "%s: a name of %d bytes; at most 127", path, n);
    snprintf(out, 128, "%.*s", n, base);
    return OK;
}

/* Another budget than the file's own has its results in a folder of its own. */
static status name_budget(struct config *c)
{
    const size_t n = strlen(c->name);
    if (n + 1 + strlen(c->budget) >= sizeof c->name) FAIL(ERR_CONFIG, "%s-%s: at most 127 bytes", c->name, c->budget);
    snprintf(c->name + n, sizeof c->name - n, "-%s", c->budget);
    return OK;
}

static status read_measured(struct yaml_pool *p, const struct config_request *rq, struct plan *plan, struct config *out)
{
    const struct yaml *bench = yaml_key(plan->root, "bench"), *approximation = yaml_key(plan->root, "approximation");
    if (bench && approximation) return yaml_fail(approximation->mark, "bench and approximation measure two things; give each a file of its own");
    TRY(read_variants(p, plan));
    if (bench) {
        TRY(cost_plan_read(p, rq, plan, &out->cost));
        out->measured = &out->cost->measured;
    } else {
        TRY(approximation_plan_read(p, rq, plan, &out->approximation));
        out->measured = &out->approximation->measured;
    }
    return OK;
}

static status read_all(struct yaml_pool *p, const struct config_request *rq, struct config *out)
{
    struct yaml *root;
    TRY(name_config(rq->path, out->name));
    bool own_budget;
    TRY(sources_read(p, rq, &root, out->budget, &own_budget));
    if (!own_budget) TRY(name_budget(out));
    snprintf(out->title, sizeof out->title, "%s", out->name);
    if (yaml_get(root, "title")) TRY(section_text("title", yaml_get(root, "title"), out->title, sizeof out->title));
    struct plan *plan = yaml_take(p, sizeof *plan);
    struct yaml *set;
    TRY(sources_set(p, rq, &set));
    out->root = plan->root = root;
    plan->set = set;
    out->plan = plan;
    if (yaml_get(root, "bench") || yaml_get(root, "approximation")) return read_measured(p, rq, plan, out);
    if (yaml_get(root, "sweep")) return yaml_fail(yaml_key(root, "sweep")->mark, "sweep belongs to approximation; options of training are searched by tune");
    TRY(protocol_read(p, yaml_get(root, "protocol"), &plan->protocol));
    TRY(read_tasks(p, plan));
    TRY(check_sections(plan));
    TRY(read_variants(p, plan));
    TRY(read_seeds(p, plan));
    TRY(tune_read(p, plan, &plan->tune));
    out->tune = plan->tune;
    TRY(plan_only(p, rq, plan));
    return make_runs(p, plan, out);
}

status config_read(const struct config_request *rq, struct config *out)
{
    memset(out, 0, sizeof *out);
    const status s = read_all(&out->pool, rq, out);
    if (s != OK) config_done(out);
    return s;
}

void config_done(struct config *c)
{
    free(c->runs);
    yaml_pool_done(&c->pool);
    memset(c, 0, sizeof *c);
}
