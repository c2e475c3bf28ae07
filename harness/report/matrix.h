/* matrix.h -- several classification tasks in one table: variants x tasks, ours and a paper's. */
#ifndef REACH_MATRIX_H
#define REACH_MATRIX_H

#include "report/grid.h"
#include "report/load.h"
#include "report/reference.h"

#define MATRIX_TASKS 24

struct matrix {
    const struct config *config;
    size_t n_tasks;
    struct task_runs task[MATRIX_TASKS];   /* the classification tasks of a collection                            */
    size_t n_average, average[MATRIX_TASKS]; /* tasks that all variants with scores have (and the paper, if there is one) */
    const struct reference *paper;         /* the first made under the runs' protocol that has one of the tasks; NULL: none */
    char caption[3000];
    char legend[1600];                     /* what the signs mean, which tasks the average is over, ...           */
};

/* False: there is nothing to put side by side (fewer than two such tasks with scores, and no paper's). */
bool matrix_of(const struct collection *c, const struct references *papers, struct matrix *out);

/* Mean and deviation of each variant (percent), the paper's number in a column of its own; averages; parameters and FLOPs per token;
 * chance, the commonest label and the best predictor below.  Bold: best.  Tie: the 95 % interval of the paired differences from it, seed
 * by seed, holds 0; with one seed: within the standard error of the difference, over test examples. */
void matrix_grid(struct matrix *m, struct grid *g);

/* The average of a variant (an index of m->task[0]) over m->average; n = 0: none. */
struct summary matrix_average(const struct matrix *m, size_t variant);

#endif
