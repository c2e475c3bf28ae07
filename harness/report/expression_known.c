/* expression_known.c -- the variants and tasks of a config, as its claims may name them. */
#include <string.h>

#include "report/expression_measure.h"
#include "tasks/task.h"

static void add_labels(struct words *w, const struct yaml *list)
{
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        const struct yaml *y = list->item[i], *as = NULL;
        if (y->kind == YAML_MAP && y->n == 1) as = yaml_get(y->item[0], "as"), y = y->key[0];
        if (as) y = as;
        if (y->kind == YAML_SCALAR && y->text) words_add(w, y->text);
    }
}

static bool same_source(const struct yaml *a, const struct yaml *b)
{
    return a && b && a->mark.source && b->mark.source && strcmp(a->mark.source, b->mark.source) == 0;
}

struct known known_by(struct yaml_pool *pool, const struct config *c, const struct yaml *y)
{
    struct known k = {.pool = pool, .config = c};
    const struct yaml *list = yaml_get(c->root, "variants"), *budgets = yaml_get(c->root, "budgets");
    add_labels(&k.labels, list);
    k.strict = same_source(list, y);
    for (size_t i = 0; budgets && budgets->kind == YAML_MAP && i < budgets->n; i++) {
        const struct yaml *of = yaml_get(budgets->item[i], "variants");
        if (of == list) k.strict = false;
        else add_labels(&k.labels, of);
    }
    return k;
}

bool known_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->at[i], word) == 0) return true;
    return false;
}

status known_label(const struct known *k, struct scan *in, char *out, size_t size)
{
    scan_blanks(in);
    const char *from = in->at;
    TRY(scan_name(in, "the label of a variant", out, size));
    return k->strict && !known_word(&k->labels, out) ? scan_unknown(in, from, "variant", out, &k->labels) : OK;
}

static bool fits(const struct score *s, const struct task *t)
{
    if (s->what == QUANTITY_FLOOR || s->what == QUANTITY_COST) return true;
    if (s->what == QUANTITY_RECL) return t->kind == TASK_TEXT;
    return !s->placed || t->kind != TASK_CLASSIFY;
}

static bool same_task(const struct run *a, const struct run *b)
{
    return a->task == b->task && memcmp(a->task_options, b->task_options, sizeof a->task_options) == 0;
}

/* The tasks of the config that fit; their names, as load.h makes them, in *known. */
static size_t know_tasks(const struct known *k, const struct score *s, struct words *known)
{
    const struct config *c = k->config;
    size_t n = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        size_t same = 1;
        if (i && same_task(&c->runs[i - 1], &c->runs[i])) continue;
        for (size_t j = 0; j < i; j++) same += c->runs[j].task == c->runs[i].task && (j == 0 || !same_task(&c->runs[j - 1], &c->runs[j]));
        words_add(known, same == 1 ? c->runs[i].task->name : yaml_format(k->pool, "%s-%zu", c->runs[i].task->name, same));
        n += fits(s, c->runs[i].task);
    }
    return n;
}

/* A task that the program has but these runs do not may have been left out by a budget or --only. */
status known_task(const struct known *k, const struct scan *in, const char *at, const struct score *s)
{
    struct words known = {0};
    const size_t n = know_tasks(k, s, &known);
    if (s->task[0] && !known_word(&known, s->task) && !task_find(s->task)) return scan_unknown(in, at, "task", s->task, &known);
    if (s->task[0] || n <= 1 || s->what == QUANTITY_AVERAGE || s->what == QUANTITY_WINS) return OK;
    return scan_fail(in, at, "the config has %zu tasks that this may be of; say which, as in: task %s", n, known.at[0]);
}
