/* sources.c -- see sources.h. */
#include "config/sources.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/approximation.h"
#include "config/cost.h"
#include "config/section.h"

/* ---- lengths is short for test.lengths -------------------------------------------------------------------------- */

static status spell_out_lengths(struct yaml_pool *p, struct yaml **map)
{
    struct yaml *lengths = yaml_get(*map, "lengths"), *test = yaml_get(*map, "test");
    if (!lengths) return OK;
    if (test) TRY(section_want(test, YAML_MAP, "test"));
    if (yaml_get(test, "lengths"))
        return yaml_fail(yaml_key(*map, "lengths")->mark, "lengths stands here and in test; leave one of them out");
    test = test ? yaml_with(p, test, "lengths", lengths) : yaml_map_of(p, "lengths", lengths);
    *map = yaml_with(p, yaml_without(p, *map, "lengths"), "test", test);
    return OK;
}

/* The same in the file's own settings and in those of its budgets. */
static status spell_out(struct yaml_pool *p, struct yaml **root)
{
    TRY(spell_out_lengths(p, root));
    struct yaml *budgets = yaml_get(*root, "budgets"), *full = budgets;
    for (size_t i = 0; budgets && budgets->kind == YAML_MAP && i < budgets->n; i++) {
        struct yaml *b = budgets->item[i];
        const char *name = budgets->key[i]->text;
        TRY(spell_out_lengths(p, &b));
        if (b != budgets->item[i]) full = yaml_with(p, full, name, b);
    }
    if (full != budgets) *root = yaml_with(p, *root, "budgets", full);
    return OK;
}

/* ---- a file and what it extends --------------------------------------------------------------------------------- */

struct link { /* a file that is being read, and the one that extends it */
    const char        *path;
    struct stat        id;
    const struct link *from;
};

/* "a.yaml -> b.yaml" up to `to`, outermost first. */
static const char *chain_text(struct yaml_pool *p, const struct link *to)
{
    return to->from ? yaml_format(p, "%s -> %s", chain_text(p, to->from), to->path) : to->path;
}

static status refuse_cycle(struct yaml_pool *p, const struct link *me, struct yaml_mark mark)
{
    for (const struct link *l = me->from; l; l = l->from)
        if (l->id.st_ino == me->id.st_ino && l->id.st_dev == me->id.st_dev)
            return yaml_fail(mark, "extends goes in a circle: %s", chain_text(p, me));
    return OK;
}

/* `name` as seen from the folder of `from`. */
static const char *beside(struct yaml_pool *p, const char *from, const char *name)
{
    const char *slash = strrchr(from, '/');
    if (!slash || name[0] == '/') return yaml_format(p, "%s", name);
    return yaml_format(p, "%.*s/%s", (int)(slash - from), from, name);
}

static status read_file(struct yaml_pool *p, struct link *me, const struct yaml *extends, struct yaml **out);

static status read_extended(struct yaml_pool *p, const struct link *me, const struct yaml *extends, struct yaml **out)
{
    TRY(section_want(extends, YAML_SCALAR, "extends"));
    struct link base = {.path = beside(p, me->path, extends->text), .from = me};
    return read_file(p, &base, extends, out);
}

/* `extends` is the value that names this file, NULL for the first. */
static status read_file(struct yaml_pool *p, struct link *me, const struct yaml *extends, struct yaml **out)
{
    struct yaml *root, *base = NULL;
    if (stat(me->path, &me->id) == 0 && extends) TRY(refuse_cycle(p, me, extends->mark));
    const status s = yaml_read_file(p, me->path, &root);
    if (s == ERR_IO && extends)
        FAIL(s, "%s:%zu:%zu: extends: %s", extends->mark.source, extends->mark.line, extends->mark.column, status_message());
    if (s != OK) return s;
    if (yaml_is_null(root)) return yaml_fail(root->mark, "the file holds no settings");
    if (root->kind != YAML_MAP) return yaml_fail(root->mark, "a configuration is a map of settings, as in \"tasks: [lm]\"");
    if (yaml_get(root, "extends")) TRY(read_extended(p, me, yaml_get(root, "extends"), &base));
    root = yaml_without(p, root, "extends");
    TRY(spell_out(p, &root));
    *out = yaml_merge(p, base, root);
    return OK;
}

/* ---- --set ------------------------------------------------------------------------------------------------------ */

/* {a: {b: value}} of "a.b=value". */
static status read_setting(struct yaml_pool *p, const char *setting, struct yaml **out)
{
    const struct yaml_mark mark = {.source = yaml_format(p, "--set %s", setting)};
    const char *equals = strchr(setting, '=');
    char *path = yaml_format(p, "%.*s", (int)(equals ? equals - setting : 0), setting), *dot;
    const size_t n = strlen(path);
    if (n == 0) return yaml_fail(mark, "write KEY=VALUE, as in train.tokens=1e6");
    if (path[0] == '.' || path[n - 1] == '.' || strstr(path, ".."))
        return yaml_fail(mark, "a part of \"%s\" is missing", path);
    TRY(yaml_read_text(p, mark.source, equals + 1, out));
    while ((dot = strrchr(path, '.'))) { /* from the last part to the first */
        *out = yaml_map_of(p, dot + 1, *out);
        *dot = 0;
    }
    *out = yaml_map_of(p, path, *out);
    return spell_out(p, out);
}

static status lay_settings(struct yaml_pool *p, const struct config_request *rq, struct yaml **root)
{
    for (size_t i = 0; i < rq->n_set; i++) {
        struct yaml *over;
        TRY(read_setting(p, rq->set[i], &over));
        *root = yaml_merge(p, *root, over);
    }
    return OK;
}

/* ---- known keys ------------------------------------------------------------------------------------------------- */

static const char *const keys[] = {"model", "train", "test", "tasks", "variants", "seeds", "lengths", "bench", "approximation",
                                   "sweep", "tune",
                                   "claims", "reference", "protocol", "title", "about", "extends", "budgets", "budget", NULL};
#define BUDGET_KEYS 11 /* so many, from the first, may stand in a budget */

static status check_keys(const struct yaml *map, size_t n_known, const char *where)
{
    struct words known = {0};
    for (size_t i = 0; i < n_known; i++) words_add(&known, keys[i]);
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;
        while (k < n_known && strcmp(keys[k], map->key[i]->text)) k++;
        if (k == n_known) return section_unknown(map->key[i], "setting", where, &known);
    }
    return OK;
}

/* ---- budgets ---------------------------------------------------------------------------------------------------- */

/* Its sections are checked even when it is not in force. */
static status check_budget(const char *name, const struct yaml *budget)
{
    char where[100];
    struct model_options model;
    struct train_options train;
    struct test_options test;
    struct cost_options cost;
    struct approximation_options approximation;
    TRY(section_want(budget, YAML_MAP, name));
    snprintf(where, sizeof where, " in budget %.80s", name);
    TRY(check_keys(budget, BUDGET_KEYS, where));
    TRY(section_read("model", model_option_table, yaml_get(budget, "model"), &model));
    TRY(section_read("train", train_option_table, yaml_get(budget, "train"), &train));
    TRY(section_read("bench", cost_option_table, yaml_get(budget, "bench"), &cost));
    TRY(section_read("approximation", approximation_option_table, yaml_get(budget, "approximation"), &approximation));
    return section_read("test", test_option_table, yaml_get(budget, "test"), &test);
}

static status check_budgets(const struct yaml *budgets)
{
    if (!budgets) return OK;
    TRY(section_want(budgets, YAML_MAP, "budgets"));
    for (size_t i = 0; i < budgets->n; i++) TRY(check_budget(budgets->key[i]->text, budgets->item[i]));
    return OK;
}

static status find_budget(const struct yaml *budgets, const struct yaml *name, const char *path, struct yaml **out)
{
    struct words known = {0};
    char where[400];
    *out = yaml_get(budgets, name->text);
    if (*out) return OK;
    for (size_t i = 0; budgets && i < budgets->n; i++) words_add(&known, budgets->key[i]->text);
    snprintf(where, sizeof where, " in %.300s%s", path, known.n ? "" : ", which has no budgets");
    return section_unknown(name, "budget", where, &known);
}

/* The budget asked for, or the file's own, over the rest. */
static status lay_budget(struct yaml_pool *p, const struct config_request *rq, struct yaml **root, char name[64], bool *own)
{
    struct yaml *asked = yaml_get(*root, "budget"), *over;
    struct yaml by_command = {.kind = YAML_SCALAR, .text = rq->budget};
    TRY(check_budgets(yaml_get(*root, "budgets")));
    *own = !rq->budget || (asked && asked->kind == YAML_SCALAR && strcmp(asked->text, rq->budget) == 0);
    if (rq->budget) {
        by_command.mark.source = yaml_format(p, "--budget %s", rq->budget);
        asked = &by_command;
    }
    name[0] = 0;
    if (!asked) return OK;
    TRY(section_text("budget", asked, name, 64));
    TRY(find_budget(yaml_get(*root, "budgets"), asked, rq->path, &over));
    *root = yaml_merge(p, *root, over);
    return OK;
}

status sources_set(struct yaml_pool *p, const struct config_request *rq, struct yaml **set)
{
    *set = NULL;
    return lay_settings(p, rq, set);
}

status sources_read(struct yaml_pool *p, const struct config_request *rq, struct yaml **root, char budget[64], bool *own)
{
    struct link first = {.path = yaml_format(p, "%s", rq->path)};
    TRY(read_file(p, &first, NULL, root));
    TRY(lay_settings(p, rq, root)); /* may name the budget, or change one */
    const struct yaml *extends = yaml_key(*root, "extends");
    if (extends) return yaml_fail(extends->mark, "extends belongs in a file");
    TRY(check_keys(*root, sizeof keys / sizeof *keys - 1, ""));
    TRY(lay_budget(p, rq, root, budget, own));
    TRY(lay_settings(p, rq, root)); /* is stronger than a budget */
    *root = yaml_without(p, *root, "budget");
    return OK;
}
