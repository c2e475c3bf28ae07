/* listops_rules.c -- count labels, then guess. */
#include "tasks/listops_rules.h"

#include <math.h>
#include <string.h>

#define ROOTS 15 /* the first token: a digit or an operator */

struct label_counts {
    double all[10], root[ROOTS][10];
};

static void count_labels(const struct listops_set *set, struct label_counts *c)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < set->n[SPLIT_TRAIN]; i++) {
        const struct listops_example *e = &set->at[SPLIT_TRAIN][i];
        c->all[e->label]++;
        c->root[e->token[0]][e->label]++;
    }
}

static int commonest(const double count[10])
{
    int best = 0;
    for (int v = 1; v < 10; v++)
        if (count[v] > count[best]) best = v;
    return best;
}

static double loss_of(const double count[10], int label)
{
    double sum = 0;
    for (int v = 0; v < 10; v++) sum += count[v] + 1;
    return log(sum) - log(count[label] + 1);
}

static int guess_by_levels(const struct listops_example *e, int levels, const double root[10])
{
    const int value = listops_value(e->token, e->n, levels);
    return value >= 0 ? value : commonest(root);
}

void listops_rules(const struct listops_set *set, enum split s, struct predictor out[LISTOPS_RULES])
{
    struct label_counts c;
    double right[LISTOPS_RULES] = {0}, loss[2] = {0};
    const double n = (double)set->n[s];
    count_labels(set, &c);
    for (size_t i = 0; i < set->n[s]; i++) {
        const struct listops_example *e = &set->at[s][i];
        const double *root = c.root[e->token[0]];
        right[0] += commonest(c.all) == e->label;
        right[1] += commonest(root) == e->label;
        right[2] += guess_by_levels(e, 1, root) == e->label;
        right[3] += guess_by_levels(e, 2, root) == e->label;
        loss[0] += loss_of(c.all, e->label);
        loss[1] += loss_of(root, e->label);
    }
    out[0] = (struct predictor){"commonest label", loss[0] / n, right[0] / n};
    out[1] = (struct predictor){"root operator", loss[1] / n, right[1] / n};
    out[2] = (struct predictor){"depth 1", NAN, right[2] / n};
    out[3] = (struct predictor){"depth 2", NAN, right[3] / n};
}
