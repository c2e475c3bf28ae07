/* claim.c -- claims are read from the tree and judged against the runs. */
#include "report/claim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/section.h"
#include "measure/measurement.h"
#include "tasks/task.h"

#define CLAIMS_MOST 200

enum { SEEDS_MAX = 256 };

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static const char elsewhere[] = "another implementation: ";

static status read_grade(const struct yaml *y, struct claim *c)
{
    if (y->kind != YAML_SCALAR || !y->text[0] || y->text[1] || !strchr("ABCE", y->text[0]))
        return yaml_fail(y->mark, "grade: one of A (several sources agree), B (one), C (single runs, unstable), E (exact)");
    c->grade = y->text[0];
    return OK;
}

/* The keys of a claim. */
static status read_key(const struct yaml *key, const struct yaml *y, struct claim *c)
{
    static const struct option tolerance = {.name = "tolerance", .type = OPTION_REAL, .min = 0, .max = 1e12};
    static const char *const keys[] = {"id", "says", "test", "grade", "source", "evidence", "tolerance", "about", NULL};
    const char *k = key->text;
    if (strcmp(k, "id") == 0) return section_text(k, y, c->id, sizeof c->id);
    if (strcmp(k, "says") == 0) return section_text(k, y, c->says, sizeof c->says);
    if (strcmp(k, "source") == 0) return section_text(k, y, c->source, sizeof c->source);
    if (strcmp(k, "evidence") == 0) return section_text(k, y, c->evidence, sizeof c->evidence);
    if (strcmp(k, "about") == 0) return section_text(k, y, c->about, sizeof c->about);
    if (strcmp(k, "grade") == 0) return read_grade(y, c);
    if (strcmp(k, "tolerance") == 0) return section_set(&tolerance, y, &c->tolerance);
    if (strcmp(k, "test") == 0) return OK; /* when the rest is known */
    struct words known = {0};
    for (size_t i = 0; keys[i]; i++) words_add(&known, keys[i]);
    return section_unknown(key, "key", " for a claim", &known);
}

static status check_keys(const struct yaml *map, const struct claim *c)
{
    if (!c->id[0]) return yaml_fail(map->mark, "a claim wants an id, as in id: P4");
    if (!c->says[0]) return yaml_fail(map->mark, "claim %s wants says: what is claimed, in words", c->id);
    if (!c->grade) return yaml_fail(map->mark, "claim %s wants a grade: A, B, C or E", c->id);
    if (c->about[0] && strncmp(c->about, elsewhere, sizeof elsewhere - 1) != 0)
        return yaml_fail(yaml_get(map, "about")->mark, "about: begin with \"%s\" and give the reason", elsewhere);
    if (yaml_get(map, "tolerance") && c->grade != 'E')
        return yaml_fail(yaml_key(map, "tolerance")->mark, "a tolerance belongs to grade E; others are judged by intervals");
    if (!yaml_get(map, "test") && !c->about[0]) return yaml_fail(map->mark, "claim %s wants a test, as in test: loss(rope, 2x) >= 1.05 * loss(rope, 1x)", c->id);
    return OK;
}

static status read_test(struct yaml_pool *p, const struct config *config, const struct yaml *y, struct claim *c)
{
    const struct comparison *test;
    c->test = "";
    if (!y) return OK;
    TRY(expression_parse(p, config, y, &test, &c->n));
    c->test = y->text;
    c->part = yaml_take(p, c->n * sizeof *c->part);
    for (size_t i = 0; i < c->n; i++) {
        c->part[i].test = test[i];
        c->part[i].rule = (struct rule){test[i].less, test[i].strict, c->grade, c->tolerance, config->cost ? "round" : "seed"};
        c->part[i].left = c->part[i].right = NAN;
        judge(NULL, 0, &c->part[i].rule, &c->part[i].said);
    }
    return OK;
}

static status read_claim(struct yaml_pool *p, const struct config *config, const struct yaml *y, struct claim *c)
{
    TRY(section_want(y, YAML_MAP, "a claim"));
    c->node = y;
    c->verdict = VERDICT_MISSING;
    for (size_t i = 0; i < y->n; i++) TRY(read_key(y->key[i], y->item[i], c));
    TRY(check_keys(y, c));
    return read_test(p, config, yaml_get(y, "test"), c);
}

static status read_all(const struct config *config, struct claims *out)
{
    const struct yaml *list = yaml_get(config->root, "claims");
    if (!list) return OK;
    TRY(section_want(list, YAML_LIST, "claims"));
    if (list->n > CLAIMS_MOST) return yaml_fail(list->mark, "%zu claims; at most %d", list->n, CLAIMS_MOST);
    out->at = yaml_take(&out->pool, (list->n + 1) * sizeof *out->at);
    for (size_t i = 0; i < list->n; i++) {
        TRY(read_claim(&out->pool, config, list->item[i], &out->at[i]));
        for (size_t j = 0; j < i; j++)
            if (strcmp(out->at[j].id, out->at[i].id) == 0)
                return yaml_fail(yaml_get(list->item[i], "id")->mark, "two claims have the id %s", out->at[i].id);
        out->n++;
    }
    return OK;
}

status claims_read(const struct config *c, struct claims *out)
{
    *out = (struct claims){.per = c->cost ? "round" : "seed"};
    const status s = read_all(c, out);
    if (s != OK) claims_done(out);
    return s;
}

void claims_done(struct claims *c)
{
    yaml_pool_done(&c->pool);
    *c = (struct claims){0};
}

status claims_check(const struct config *c)
{
    struct claims all;
    const status s = claims_read(c, &all);
    if (s == OK) claims_done(&all);
    return s;
}

/* ---- judging ---------------------------------------------------------------------------------------------------- */

/* The distinct seeds of the runs; the rounds of costs (one that has nothing, if there are none). */
static size_t seeds_of(const struct evidence *on, uint64_t out[SEEDS_MAX])
{
    const struct collection *all = on->runs;
    size_t n = 0;
    if (on->costs) {
        const size_t rounds = on->costs->n ? on->costs->at[0].rounds : 1;
        for (; n < rounds && n < SEEDS_MAX; n++) out[n] = n + 1;
        return n;
    }
    for (size_t i = 0; i < all->config->n_runs; i++) {
        const uint64_t seed = all->config->runs[i].seed;
        bool seen = n == SEEDS_MAX;
        for (size_t j = 0; j < n && !seen; j++) seen = out[j] == seed;
        if (!seen) out[n++] = seed;
    }
    return n;
}

/* "linear 41.0 % of 2,000" for each accuracy of a classifier in the expression. */
static void say_examples(const struct expression *e, const struct collection *all, uint64_t seed, char *out, size_t size)
{
    if (e->kind != EXPRESSION_SCORE) {
        if (e->a) say_examples(e->a, all, seed, out, size);
        if (e->b) say_examples(e->b, all, seed, out, size);
        return;
    }
    const struct task_runs *t = score_task(&e->score, all);
    if (e->score.what != QUANTITY_ACCURACY || !t || t->run->task->kind != TASK_CLASSIFY) return;
    const struct test_row *row = score_row(&e->score, all, seed, NULL);
    if (!row || row->n <= 0 || !(row->accuracy >= 0 && row->accuracy <= 1)) return;
    double low, high;
    char text[1200];
    examples_interval(row->accuracy, (size_t)row->n, &low, &high);
    snprintf(text, sizeof text, "%s (%s) %.1f %%, %.1f to %.1f over %lld examples", e->score.label, t->name, 100 * row->accuracy, 100 * low,
             100 * high, (long long)row->n);
    const size_t used = strlen(out);
    if (strstr(out, text)) return; /* said on the other side */
    snprintf(out + used, size - used, "%s%s", used ? "; " : "bootstrap over the test examples of one run, which is not a spread over seeds: ", text);
}

static void judge_part(struct claim_part *part, const struct evidence *on, const char *per, const uint64_t *seed, size_t n_seeds, bool judged)
{
    double difference[SEEDS_MAX], left[SEEDS_MAX], right[SEEDS_MAX];
    struct gaps missing = {.per = per}, notes = {.per = per};
    size_t n = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < n_seeds; i++) {
        left[n] = expression_value(part->test.left, on, seed[i], &missing, &notes);
        right[n] = expression_value(part->test.right, on, seed[i], &missing, &notes);
        difference[n] = left[n] - right[n];
        if (isnan(difference[n])) continue;
        last = seed[i];
        n++;
    }
    judge(difference, n, &part->rule, &part->said);
    part->left = mean_of(left, n);
    part->right = mean_of(right, n);
    if (!judged) part->said.verdict = VERDICT_ELSEWHERE, part->said.reason[0] = 0;
    gaps_text(&missing, part->missing, sizeof part->missing);
    gaps_text(&notes, part->notes, sizeof part->notes);
    part->examples[0] = 0;
    if (n != 1 || on->costs) return;
    say_examples(part->test.left, on->runs, last, part->examples, sizeof part->examples);
    say_examples(part->test.right, on->runs, last, part->examples, sizeof part->examples);
}

void claims_judge(struct claims *c, const struct evidence *on)
{
    uint64_t seed[SEEDS_MAX];
    const size_t n_seeds = seeds_of(on, seed);
    for (size_t i = 0; i < c->n; i++) {
        struct claim *claim = &c->at[i];
        claim->verdict = claim->about[0] ? VERDICT_ELSEWHERE : VERDICT_REPRODUCED; /* the strongest, until a part weakens it */
        for (size_t k = 0; k < claim->n; k++) {
            judge_part(&claim->part[k], on, c->per, seed, n_seeds, !claim->about[0]);
            if (!claim->about[0]) claim->verdict = verdict_weaker(claim->verdict, claim->part[k].said.verdict);
        }
    }
}

status claims_of(const struct config *c, const char *results_dir, struct claims *out)
{
    struct collection runs;
    struct measurement costs;
    TRY(claims_read(c, out));
    if (out->n == 0) return OK;
    if (c->cost) {
        (void)measurement_read(c, results_dir, &costs); /* what is not there is said of each claim */
        claims_judge(out, &(struct evidence){.costs = &costs.sweeps});
        measurement_done(&costs);
    } else {
        collection_load(&runs, c, results_dir);
        claims_judge(out, &(struct evidence){.runs = &runs});
        collection_done(&runs);
    }
    return OK;
}
