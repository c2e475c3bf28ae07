/* tape.h -- operations on (rows, channels) matrices, forward as they are called, backward in reverse.
 *
 * A tape belongs to one thread and one pack.  Each operation computes its value at once and, unless the tape
 * only evaluates, records how to send the gradient back.  All memory comes from the tape's arena; ending a step
 * rewinds it, so nothing is freed one by one.  Backward adds to gradients and never overwrites them.
 */
#ifndef REACH_TAPE_H
#define REACH_TAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/real.h"
#include "tensor/kernel.h"

typedef struct node node;
typedef struct tape tape;

struct node {
    real  *val;                   /* (rows, cols), row-major                                   */
    real  *grad;                  /* the same shape; NULL when no gradient is wanted           */
    size_t rows, cols;
    void (*backward)(tape *tp, node *y); /* adds to the inputs' grad; NULL for leaves          */
    node  *in[4];
    void  *aux;                   /* what backward needs besides, in the tape's arena          */
};

struct tape {
    arena               *memory;
    const struct kernel *kernel;
    bool                 training;  /* record for backward                                      */
    node               **order;     /* as recorded                                              */
    size_t               n, room;
};

/* Start an empty tape on `memory`; what the arena held before stays. */
void tape_init(tape *tp, arena *memory, const struct kernel *k, bool training);

/* A leaf that views memory of somebody else: a parameter (grad = its place in a shard) or an input (grad NULL). */
node *tape_leaf(tape *tp, size_t rows, size_t cols, real *val, real *grad);

/* For operations: a new node of this shape (value not cleared, gradient cleared lazily) and its backward. */
node *tape_node(tape *tp, size_t rows, size_t cols, void (*backward)(tape *, node *), node *a, node *b, node *c, node *d);

/* Does this node pass gradients on?  (training, and some input wants one) */
static inline bool node_wants_grad(const node *y) { return y->grad != NULL || y->backward != NULL; }

/* Seed d(loss)/d(loss) = 1 on a (1,1) node and run backward over everything recorded. */
void tape_backward(tape *tp, node *loss);

#endif
