/* measured.c -- see measured.h; measured_print and measured_id are in print.c. */
#include "config/measured.h"

#include <string.h>

#include "config/section.h"

static status refuse_training(const struct measured_plan *m, const struct yaml *root)
{
    static const char *const keys[] = {"tasks", "seeds", "train", "test", "tune", "claims", "protocol", "reference", NULL};
    for (size_t i = 0; keys[i]; i++) {
        const bool test = strcmp(keys[i], "test") == 0;
        if (!yaml_get(root, keys[i]) || (strcmp(keys[i], "reference") == 0 && m->papers) || (strcmp(keys[i], "claims") == 0 && m->claims)) continue;
        return yaml_fail(yaml_key(root, keys[i])->mark, "a config with %s %s and trains nothing; leave out %s%s%s%s, or %s", m->key, m->what, keys[i],
                         test ? " and lengths (write " : "", test ? m->length : "", test ? ")" : "", m->key);
    }
    return OK;
}

static status read_model(const struct measured_plan *m, const struct yaml *model, struct model_options *out)
{
    if (yaml_get(model, "causal"))
        return yaml_fail(yaml_key(model, "causal")->mark, "%s.causal says which direction is measured; leave this out", m->key);
    TRY(section_read("model", model_option_table, model, out));
    if (!out->head_width && out->width % out->heads != 0)
        return yaml_fail(model->mark, "width %lld is not divisible by heads %lld", (long long)out->width, (long long)out->heads);
    return OK;
}

static status read_variant(const struct measured_plan *m, const struct plan *plan, const struct variant_entry *v, struct measured_variant *out)
{
    if (v->train) return yaml_fail(v->train->mark, "a config with %s %s and trains nothing; leave out train", m->key, m->what);
    out->entry = v;
    if (v->model) TRY(read_model(m, v->model, &out->model));
    return section_read("model", model_option_table, yaml_get(plan->set, "model"), &out->model);
}

status measured_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, struct measured_plan *m)
{
    TRY(refuse_training(m, plan->root));
    if (rq->n_only)
        FAIL(ERR_CONFIG, "--only %s: the variants of a sweep are measured in turn, all of them; choose with --set 'variants=[a, b]'", rq->only[0]);
    TRY(read_model(m, yaml_get(plan->root, "model"), &m->model));
    m->n = plan->n_variants;
    m->variant = yaml_take(p, m->n * sizeof *m->variant);
    for (size_t i = 0; i < m->n; i++) {
        m->variant[i].model = m->model;
        TRY(read_variant(m, plan, &plan->variant[i], &m->variant[i]));
    }
    return OK;
}
