/* linear_rule.h -- what a linear classifier on a few features is worth: multinomial logistic regression.
 *
 * Features x (d of them, a one added) are brought to mean 0 and deviation 1 over the training examples; p = softmax(W'x).
 *
 *   L(W) = sum_i -log p_i,label + r/2 |W|^2,   r = 0.03 n
 *
 * is minimised from W = 0 in the metric of a fixed bound of the Hessian (Boehning, "Multinomial logistic regression algorithm",
 * Ann. Inst. Statist. Math. 44, 1992): for K classes  H <= 1/2 (1 - 11'/K) (x) X'X, and the gradient's columns sum to 0, so
 *
 *   W <- V - (X'X / 2 + r)^-1 (X'(P - Y) + r V),   V = W + momentum (W - W before)
 *
 * needs one Cholesky factor.  It ends when L changes by less than a hundred thousandth, or after 100 steps.
 *
 * Time n d^2 for X'X and 4 n d K a step; memory 4 d^2 doubles: examples are read anew each time.  Sums are made in four
 * parts, so that the bits do not depend on the number of threads (BLAS must be single-threaded, tensor/product.h).
 */
#ifndef REACH_LINEAR_RULE_H
#define REACH_LINEAR_RULE_H

#include "tasks/task.h"

struct linear_examples {
    const void *self;
    size_t      n;
    void (*read)(const void *self, size_t index, double *feature, int *label); /* from many threads at once */
};

/* Trained on `train`, scored on `test`. */
struct predictor linear_rule(const char *name, size_t features, size_t classes, const struct linear_examples *train,
                             const struct linear_examples *test);

#endif
