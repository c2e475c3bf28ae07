/* cost.c -- see cost.h. */
#include "config/cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/section.h"

static const char *const causal_words[] = {"false", "true", "both", NULL};

#define FIELD(name) offsetof(struct cost_options, name)
const struct option cost_option_table[] = {
    {"lengths", OPTION_INT_LIST, FIELD(lengths), "[1024, 2048, 4096, 8192, 16384]", 1, 1 << 24, NULL, "tokens of an example"},
    {"rounds", OPTION_INT, FIELD(rounds), "3", 1, 1000, NULL, "visits of each variant and length, in turn; medians over them"},
    {"seconds", OPTION_REAL, FIELD(seconds), "0.5", 0, 3600, NULL, "of each visit, for training and forward each; at least 3 steps over all rounds"},
    {"causal", OPTION_CHOICE, FIELD(causal), "false", 0, 0, causal_words, "false: a classifier; true: a language model; both: one after the other"},
    {"batch", OPTION_INT, FIELD(batch), "0", 0, 1 << 20, NULL, "examples of a step; 0: tokens / length"},
    {"tokens", OPTION_INT, FIELD(tokens), "0", 0, 1 << 30, NULL,
     "tokens of a step; 0: 16,384, or so many that every thread has an example of the longest"},
    {.name = NULL},
};

static status refuse_training(const struct yaml *root)
{
    static const char *const keys[] = {"tasks", "seeds", "train", "test", "tune", "claims", "reference", "protocol", NULL};
    for (size_t i = 0; keys[i]; i++)
        if (yaml_get(root, keys[i]))
            return yaml_fail(yaml_key(root, keys[i])->mark, "a config with bench measures costs and trains nothing; leave out %s%s, or bench", keys[i],
                             strcmp(keys[i], "test") == 0 ? " and lengths (write bench.lengths)" : "");
    return OK;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static status check_lengths(const struct yaml *bench, struct int_list *l)
{
    const struct yaml *y = yaml_get(bench, "lengths");
    if (l->n == 0) return yaml_fail(y->mark, "lengths is an empty list");
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < i; j++)
            if (l->at[i] == l->at[j]) return yaml_fail(y->kind == YAML_LIST ? y->item[i]->mark : y->mark, "length %lld stands twice", (long long)l->at[i]);
    qsort(l->at, l->n, sizeof l->at[0], ascending);
    return OK;
}

static status read_options(const struct plan *plan, struct cost_options *o)
{
    const struct yaml *bench = yaml_get(plan->root, "bench");
    option_defaults(cost_option_table, o, sizeof *o);
    TRY(section_read("bench", cost_option_table, bench, o));
    if (o->batch && o->tokens)
        return yaml_fail(yaml_key(bench, "tokens")->mark, "batch and tokens both say how large a step is; leave out one");
    return check_lengths(bench, &o->lengths);
}

static status read_model(const struct yaml *model, struct model_options *out)
{
    if (yaml_get(model, "causal")) return yaml_fail(yaml_key(model, "causal")->mark, "bench.causal says which direction is measured; leave this out");
    TRY(section_read("model", model_option_table, model, out));
    if (!out->head_width && out->width % out->heads != 0)
        return yaml_fail(model->mark, "width %lld is not divisible by heads %lld", (long long)out->width, (long long)out->heads);
    return OK;
}

static status read_variant(const struct plan *plan, const struct variant_entry *v, struct cost_variant *out)
{
    if (v->train) return yaml_fail(v->train->mark, "a config with bench measures costs and trains nothing; leave out train");
    out->entry = v;
    if (v->model) TRY(read_model(v->model, &out->model));
    return section_read("model", model_option_table, yaml_get(plan->set, "model"), &out->model);
}

status cost_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct cost_plan **out)
{
    struct cost_plan *c = yaml_take(p, sizeof *c);
    TRY(refuse_training(plan->root));
    if (rq->n_only)
        FAIL(ERR_CONFIG, "--only %s: the variants of a sweep are measured in turn, all of them; choose with --set 'variants=[a, b]'", rq->only[0]);
    TRY(read_options(plan, &c->options));
    option_defaults(model_option_table, &c->model, sizeof c->model);
    TRY(read_model(yaml_get(plan->root, "model"), &c->model));
    c->n = plan->n_variants;
    c->variant = yaml_take(p, c->n * sizeof *c->variant);
    for (size_t i = 0; i < c->n; i++) {
        c->variant[i].model = c->model;
        TRY(read_variant(plan, &plan->variant[i], &c->variant[i]));
    }
    *out = c;
    return OK;
}
