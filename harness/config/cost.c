/* cost.c -- see cost.h. */
#include "config/cost.h"

#include <stdlib.h>

#include "base/real.h"
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

status cost_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct cost_plan **out)
{
    struct cost_plan *c = yaml_take(p, sizeof *c);
    c->measured = (struct measured_plan){.key = "bench", .what = "measures costs", .length = "bench.lengths", .real = REAL_NAME, .file = "cost.h5",
                                         .papers = true, .claims = true, .table = cost_option_table, .options = &c->options};
    option_defaults(model_option_table, &c->measured.model, sizeof c->measured.model);
    TRY(measured_plan_read(p, rq, plan, &c->measured));
    TRY(read_options(plan, &c->options));
    *out = c;
    return OK;
}
