/* bags.c -- texts in, counts of their symbols out. */
#include "tasks/bags.h"

#include <math.h>
#include <stdlib.h>

#include "tasks/commonest.h"
#include "tasks/linear_rule.h"

static void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("counts of symbols", n * size);
    return p;
}

/* The errors' words are lost with their thread: the first that fails is asked again. */
static size_t fill(struct bags *b, const struct task *t, const void *self, enum split s)
{
    const size_t longest = t->longest(self);
    size_t wrong = b->n;
#pragma omp parallel
    {
        struct example e = {.token = room(longest, sizeof *e.token)};
#pragma omp for schedule(static) reduction(min : wrong)
        for (size_t i = 0; i < b->n; i++) {
            float *f = b->feature + i * b->width;
            if (t->example(self, s, i, &e) != OK) {
                wrong = i < wrong ? i : wrong;
                continue;
            }
            for (size_t j = 0; j < e.n; j++) f[e.token[j]]++;
            for (size_t j = 0; j + 1 < b->width; j++) f[j] = sqrtf(f[j]);
            f[b->width - 1] = (float)e.n;
            b->label[i] = e.label;
        }
        free(e.token);
    }
    return wrong;
}

status bags_make(struct bags *out, const struct task *t, const void *self, enum split s)
{
    const size_t n = t->count(self, s), width = t->vocabulary(self) + 1;
    *out = (struct bags){n, width, room(n * width, sizeof *out->feature), room(n, sizeof *out->label)};
    const size_t wrong = fill(out, t, self, s);
    if (wrong == n) return OK;
    struct example e = {.token = room(t->longest(self), sizeof *e.token)};
    const status again = t->example(self, s, wrong, &e);
    free(e.token);
    bags_free(out);
    return again;
}

void bags_free(struct bags *b)
{
    free(b->feature);
    free(b->label);
    *b = (struct bags){0};
}

static void read_bag(const void *self, size_t index, double *feature, int *label)
{
    const struct bags *b = self;
    for (size_t j = 0; j < b->width; j++) feature[j] = (double)b->feature[index * b->width + j];
    *label = b->label[index];
}

static size_t *count_labels(const struct bags *b, size_t classes)
{
    size_t *count = room(classes, sizeof *count);
    for (size_t i = 0; i < b->n; i++) count[b->label[i]]++;
    return count;
}

struct predictor bags_commonest(const struct bags *train, const struct bags *scored, size_t classes)
{
    size_t *seen = count_labels(train, classes), *here = count_labels(scored, classes);
    const struct predictor p = commonest_label(classes, seen, here);
    free(seen);
    free(here);
    return p;
}

struct predictor bags_rule(const char *name, const struct bags *train, const struct bags *scored, size_t classes)
{
    const struct linear_examples from = {train, train->n, read_bag}, to = {scored, scored->n, read_bag};
    return linear_rule(name, train->width, classes, &from, &to);
}
