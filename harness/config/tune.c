/* tune.c -- see tune.h. */
#include "config/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/random.h"
#include "config/plan.h"
#include "config/section.h"
#include "tasks/task.h"
#include "variants/variant.h"

static const char *const methods[] = {"grid", "random", NULL};
static const char *const scales[] = {"linear", "log", NULL};

struct head {
    int     method;
    int64_t trials, halving, seed;
    double  budget;
};

struct range {
    double from, to;
    int    scale;
};

#define AT(field) offsetof(struct head, field)
static const struct option head_table[] = {
    {"method", OPTION_CHOICE, AT(method), "grid", 0, 0, methods, "every combination, or some drawn by `seed`"},
    {"trials", OPTION_INT, AT(trials), "1", 1, TRIALS_MOST, NULL, "of every variant"},
    {"halving", OPTION_INT, AT(halving), "1", 1, 100, NULL, "the best 1 in so many go on"},
    {"budget", OPTION_REAL, AT(budget), "0.25", 1e-6, 1, NULL, "share of a run's training that a trial of the last rung has"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of what is drawn; trials are trained with 1000 seed + 1, ..."},
    {.name = NULL},
};
#undef AT

#define AT(field) offsetof(struct range, field)
static const struct option range_table[] = {
    {"from", OPTION_REAL, AT(from), "0", -1e300, 1e300, NULL, "the smallest"},
    {"to", OPTION_REAL, AT(to), "0", -1e300, 1e300, NULL, "the largest"},
    {"scale", OPTION_CHOICE, AT(scale), "linear", 0, 0, scales, "evenly in the value or in its logarithm"},
    {.name = NULL},
};
#undef AT

/* ---- halving ---------------------------------------------------------------------------------------------------- */

size_t tune_rung_trials(const struct tune *t, size_t k)
{
    size_t n = t->trials;
    while (k--) n /= t->halving;
    return n;
}

double tune_rung_share(const struct tune *t, size_t k)
{
    return t->budget / pow((double)t->halving, (double)(t->rungs - 1 - k));
}

double tune_cost(const struct tune *t)
{
    double runs = 0;
    for (size_t k = 0; k < t->rungs; k++) runs += (double)tune_rung_trials(t, k) * tune_rung_share(t, k);
    return runs;
}

static size_t count_rungs(size_t trials, size_t halving)
{
    size_t n = 1;
    for (; halving > 1 && trials / halving >= 2; trials /= halving) n++;
    return n;
}

/* ---- which options ---------------------------------------------------------------------------------------------- */

static const struct option *of_variant(const char *name, const struct attention *a, const struct position *s, bool *attends)
{
    const struct option *o = option_find(a->options, name);
    *attends = o != NULL;
    return o ? o : option_find(s->options, name);
}

const struct option *tune_find(const struct tune_option *o, const struct run *r, const void **options)
{
    bool attends;
    if (!strcmp(o->section, "model")) return *options = &r->model, option_find(model_option_table, o->name);
    if (!strcmp(o->section, "train")) return *options = &r->train, option_find(train_option_table, o->name);
    const struct option *found = of_variant(o->name, r->attention, r->position, &attends);
    *options = attends ? r->attention_options : r->position_options;
    return found;
}

static status unknown_option(const struct plan *plan, const struct tune_option *o)
{
    struct words known = {0};
    char where[100];
    const struct yaml word = {.kind = YAML_SCALAR, .text = o->name, .mark = o->key->mark};
    if (!strcmp(o->section, "model")) words_add_options(&known, model_option_table);
    else if (!strcmp(o->section, "train")) words_add_options(&known, train_option_table);
    for (size_t v = 0; !strcmp(o->section, "variant") && v < plan->n_variants; v++) {
        words_add_options(&known, plan->variant[v].attention->options);
        words_add_options(&known, plan->variant[v].position->options);
    }
    snprintf(where, sizeof where, " for %s", strcmp(o->section, "variant") ? o->section : "any variant here");
    return section_unknown(&word, "option", where, &known);
}

/* A trial must train as much as the others and be judged by the same numbers. */
static status check_fair(const struct plan *plan, const struct tune_option *o)
{
    static const char *const judges[] = {"eval_every", "eval_tokens", "keep", "examples", "log_every", "checkpoint_every", "keep_checkpoint"};
    const struct yaml_mark mark = o->key->mark;
    const bool train = !strcmp(o->section, "train");
    if (train && (!strcmp(o->name, "tokens") || !strcmp(o->name, "steps") || !strcmp(o->name, "samples")))
        return yaml_fail(mark, "%s is the training budget, which is the same for all trials; it cannot be tuned", o->key->text);
    for (size_t i = 0; train && i < sizeof judges / sizeof *judges; i++)
        if (!strcmp(o->name, judges[i])) return yaml_fail(mark, "%s decides what a trial is judged by; it cannot be tuned", o->key->text);
    if (yaml_get(yaml_get(plan->set, o->section), o->name))
        return yaml_fail(yaml_get(yaml_get(plan->set, o->section), o->name)->mark, "%s is tuned (%s:%zu); leave it out there or here",
                         o->key->text, mark.source, mark.line);
    return OK;
}

static status name_option(struct yaml_pool *p, const struct plan *plan, const struct yaml *key, struct tune_option *o)
{
    static const char *const sections[] = {"model", "train", "variant"};
    struct words known = {0};
    bool found = false, attends;
    const char *dot = strchr(key->text, '.');
    o->key = key;
    if (!dot) return yaml_fail(key->mark, "\"%.80s\" has no section; write train.%.80s, model.%.80s or variant.%.80s", key->text, key->text,
                               key->text, key->text);
    o->section = yaml_format(p, "%.*s", (int)(dot - key->text), key->text);
    o->name = dot + 1;
    for (size_t i = 0; i < 3; i++) {
        words_add(&known, sections[i]);
        found = found || !strcmp(o->section, sections[i]);
    }
    if (!found) return section_unknown(&(struct yaml){.kind = YAML_SCALAR, .text = o->section, .mark = key->mark}, "section", " in tune.over", &known);
    found = (!strcmp(o->section, "model") && option_find(model_option_table, o->name))
        || (!strcmp(o->section, "train") && option_find(train_option_table, o->name));
    for (size_t v = 0; !strcmp(o->section, "variant") && v < plan->n_variants; v++)
        found = found || of_variant(o->name, plan->variant[v].attention, plan->variant[v].position, &attends);
    return found ? check_fair(plan, o) : unknown_option(plan, o);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* Every table that has the option takes the value, or its place is the answer. */
static status check_value(const struct plan *plan, const struct tune_option *o, const struct yaml *value, const struct option **first)
{
    struct run *r = malloc(sizeof *r);
    if (!r) status_no_memory("a trial", sizeof *r);
    status e = OK;
    *first = NULL;
    for (size_t v = 0; v < plan->n_variants && e == OK; v++) {
        const void *at;
        r->attention = plan->variant[v].attention;
        r->position = plan->variant[v].position;
        const struct option *found = tune_find(o, r, &at);
        if (found && !*first) *first = found;
        if (found && value) e = section_set(found, value, (void *)at);
    }
    free(r);
    return e;
}

static bool same_value(const struct yaml *a, const struct yaml *b)
{
    return a == b || (a->kind == YAML_SCALAR && b->kind == YAML_SCALAR && !strcmp(a->text, b->text));
}

static status check_list(const struct plan *plan, const struct tune_option *o, const struct yaml *list)
{
    const struct option *first;
    TRY(section_want(list, YAML_LIST, o->key->text));
    if (list->n == 0) return yaml_fail(list->mark, "%s is an empty list", o->key->text);
    for (size_t i = 0; i < list->n; i++) {
        TRY(check_value(plan, o, list->item[i], &first));
        for (size_t j = 0; j < i; j++)
            if (same_value(list->item[i], list->item[j])) return yaml_fail(list->item[i]->mark, "value %.80s stands twice", list->item[i]->text);
    }
    return OK;
}

static status read_range(const struct plan *plan, struct tune_option *o, const struct yaml *map, struct range *out, bool *whole)
{
    const struct option *first;
    option_defaults(range_table, out, sizeof *out);
    TRY(section_read(o->key->text, range_table, map, out));
    if (!yaml_get(map, "from") || !yaml_get(map, "to")) return yaml_fail(map->mark, "%s: a range has both ends, as in {from: 1e-4, to: 1e-2, scale: log}", o->key->text);
    if (!(out->from < out->to)) return yaml_fail(map->mark, "%s: from %g is not below to %g", o->key->text, out->from, out->to);
    o->log = out->scale == 1;
    if (o->log && !(out->from > 0)) return yaml_fail(yaml_get(map, "from")->mark, "%s: from %g has no logarithm", o->key->text, out->from);
    TRY(check_value(plan, o, yaml_get(map, "from"), &first));
    TRY(check_value(plan, o, yaml_get(map, "to"), &first));
    if (first->type != OPTION_INT && first->type != OPTION_REAL)
        return yaml_fail(map->mark, "%s is not a number, which a range is of; give a list", o->key->text);
    *whole = first->type == OPTION_INT;
    return OK;
}

/* Evenly between the ends, to three digits; whole numbers may be the ends as well. */
static const struct yaml *draw(struct yaml_pool *p, random_stream *s, const struct range *g, bool whole, struct yaml_mark mark)
{
    const double u = random_uniform(s);
    const double low = whole ? g->from - 0.5 : g->from, high = whole ? g->to + 0.5 : g->to;
    double x = g->scale == 1 ? exp(log(low) + u * (log(high) - log(low))) : low + u * (high - low);
    char text[32];
    snprintf(text, sizeof text, whole ? "%.0f" : "%.3g", x);
    x = fmin(fmax(strtod(text, NULL), g->from), g->to); /* rounding may have left the range */
    struct yaml *y = yaml_take(p, sizeof *y);
    *y = (struct yaml){.kind = YAML_SCALAR, .mark = mark, .plain = true, .count = 1, .deep = 1, .text = yaml_format(p, whole ? "%.0f" : "%.10g", x)};
    return y;
}

/* What trial i sets depends on its number, the seed and the option's name alone: more trials or options leave it as it is. */
static status draw_values(struct yaml_pool *p, const struct plan *plan, struct tune *t, size_t at, const struct yaml *how)
{
    struct range g = {0};
    bool whole = false;
    struct tune_option *o = &t->option[at];
    const uint32_t name = (uint32_t)XXH3_64bits(o->key->text, strlen(o->key->text));
    if (how->kind == YAML_MAP) TRY(read_range(plan, o, how, &g, &whole));
    else TRY(check_list(plan, o, how));
    for (size_t i = 0; i < t->trials; i++) {
        random_stream s = random_stream_of((uint64_t)t->seed, RANDOM_TUNE, i, name);
        t->value[i * t->n_options + at] = how->kind == YAML_MAP ? draw(p, &s, &g, whole, how->mark) : how->item[random_below(&s, (uint32_t)how->n)];
    }
    return OK;
}

/* Every combination, the last option changing fastest. */
static status grid_values(const struct plan *plan, struct tune *t, const struct yaml *over)
{
    for (size_t o = 0, below = t->trials; o < t->n_options; o++) {
        const struct yaml *list = over->item[o];
        TRY(check_list(plan, &t->option[o], list));
        below /= list->n;
        for (size_t i = 0; i < t->trials; i++) t->value[i * t->n_options + o] = list->item[i / below % list->n];
    }
    return OK;
}

static status grid_size(const struct yaml *over, size_t *n)
{
    *n = 1;
    for (size_t i = 0; i < over->n; i++) {
        const struct yaml *list = over->item[i];
        if (list->kind == YAML_MAP) return yaml_fail(list->mark, "%s: a range has no grid; give a list, or method: random", over->key[i]->text);
        TRY(section_want(list, YAML_LIST, over->key[i]->text));
        if (list->n == 0) return yaml_fail(list->mark, "%s is an empty list", over->key[i]->text);
        *n *= list->n;
        if (*n > TRIALS_MOST) return yaml_fail(over->mark, "a grid of more than %d settings; give fewer values, or method: random", TRIALS_MOST);
    }
    return OK;
}

/* ---- the section ------------------------------------------------------------------------------------------------ */

static status read_trials(const struct yaml *section, const struct yaml *over, const struct head *h, struct tune *t)
{
    const struct yaml *trials = yaml_get(section, "trials");
    t->trials = (size_t)h->trials;
    if (t->random) return trials ? OK : yaml_fail(section->mark, "method: random needs trials, the number that every variant has");
    TRY(grid_size(over, &t->trials));
    if (!trials || (size_t)h->trials == t->trials) return OK;
    return yaml_fail(trials->mark, "the grid has %zu settings, and trials is %lld; leave trials out, change the lists, or take method: random",
                     t->trials, (long long)h->trials);
}

static status read_over(struct yaml_pool *p, const struct plan *plan, const struct yaml *section, const struct yaml **out, struct tune *t)
{
    const struct yaml *over = yaml_get(section, "over");
    if (!over) return yaml_fail(section->mark, "no tune.over; give the options to be tuned, as in over: {train.rate: [3e-4, 1e-3, 3e-3]}");
    TRY(section_want(over, YAML_MAP, "over"));
    if (over->n == 0) return yaml_fail(over->mark, "over names no option");
    if (over->n > TUNED_OPTIONS) return yaml_fail(over->key[TUNED_OPTIONS]->mark, "%zu options; at most %d", over->n, TUNED_OPTIONS);
    t->n_options = over->n;
    for (size_t i = 0; i < over->n; i++) TRY(name_option(p, plan, over->key[i], &t->option[i]));
    *out = over;
    return OK;
}

/* A faithful protocol may validate on the test split. */
static status check_tasks(const struct plan *plan, const struct yaml *section)
{
    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct option *o = option_find(plan->task[i].task->options, "valid");
        char text[OPTION_PRINT] = "";
        if (o) option_print(o, plan->task[i].options, text, sizeof text);
        if (strcmp(text, "test") == 0)
            return yaml_fail(section->mark, "task %s validates on its test split, and nothing may be tuned on that", plan->task[i].task->name);
    }
    return OK;
}

status tune_read(struct yaml_pool *p, const struct plan *plan, const struct tune **out)
{
    const struct yaml *section = yaml_get(plan->root, "tune"), *over = NULL;
    struct head h;
    *out = NULL;
    if (yaml_is_null(section)) return OK;
    TRY(section_want(section, YAML_MAP, "tune"));
    option_defaults(head_table, &h, sizeof h);
    const struct yaml *rest = yaml_without(p, (struct yaml *)section, "over");
    for (size_t i = 0; i < rest->n; i++) {
        struct words known = {.n = 1, .at = {"over"}};
        words_add_options(&known, head_table);
        if (!option_find(head_table, rest->key[i]->text)) return section_unknown(rest->key[i], "option", " for tune", &known);
    }
    TRY(section_read("tune", head_table, rest, &h));
    struct tune *t = yaml_take(p, sizeof *t);
    *t = (struct tune){.random = h.method == 1, .halving = (size_t)h.halving, .budget = h.budget, .seed = h.seed};
    TRY(read_over(p, plan, section, &over, t));
    TRY(read_trials(section, over, &h, t));
    TRY(check_tasks(plan, section));
    t->rungs = count_rungs(t->trials, t->halving);
    t->value = yaml_take(p, t->trials * t->n_options * sizeof *t->value);
    if (!t->random) TRY(grid_values(plan, t, over));
    for (size_t i = 0; t->random && i < t->n_options; i++) TRY(draw_values(p, plan, t, i, over->item[i]));
    *out = t;
    return OK;
}

/* ---- trials ----------------------------------------------------------------------------------------------------- */

status tune_apply(const struct tune *t, size_t trial, struct run *r)
{
    for (size_t i = 0; i < t->n_options; i++) {
        const void *options;
        const struct option *o = tune_find(&t->option[i], r, &options);
        if (o) TRY(section_set(o, t->value[trial * t->n_options + i], (void *)options));
    }
    return OK;
}

size_t tune_repeat(const struct tune *t, size_t trial, const struct run *r)
{
    size_t n = 0;
    for (size_t j = 0; j < trial; j++) {
        bool same = true;
        for (size_t i = 0; i < t->n_options; i++) {
            const void *options;
            if (tune_find(&t->option[i], r, &options))
                same = same && same_value(t->value[trial * t->n_options + i], t->value[j * t->n_options + i]);
        }
        n += same;
    }
    return n;
}

void tune_settings(const struct tune *t, const struct run *r, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < t->n_options && used < size; i++) {
        const void *options;
        char value[OPTION_PRINT];
        const struct option *o = tune_find(&t->option[i], r, &options);
        if (!o) continue;
        option_print(o, options, value, sizeof value);
        used += (size_t)snprintf(out + used, size - used, "%s%s=%s", used ? ", " : "", t->option[i].key->text, value);
    }
}

uint64_t tune_seed(const struct plan *plan, const struct tune *t, size_t repeat)
{
    for (uint64_t seed = 1000 * (uint64_t)t->seed + 1;; seed++) {
        bool taken = false;
        for (size_t i = 0; i < plan->n_seeds; i++) taken = taken || (uint64_t)plan->seed[i].value == seed;
        if (!taken && repeat-- == 0) return seed;
    }
}

void tune_shrink(struct run *r, double share)
{
    struct train_options *o = &r->train;
    if (o->steps) o->steps = (int64_t)ceil((double)o->steps * share);
    else if (o->samples) o->samples = (int64_t)ceil((double)o->samples * share);
    else o->tokens = fmax(o->tokens * share, 1);
    o->warmup = llround((double)o->warmup * share);
    o->keep_checkpoint = false;
    option_defaults(test_option_table, &r->test, sizeof r->test); /* it is not tested: test options are not its own */
}
