/* tape.h -- operations on (rows, cols) matrices: forward as they are called, backward in reverse.
 *
 * A tape belongs to one thread and one pack.  Each operation (ops.h) computes its value at once and, when the tape is
 * training, records how to send the gradient back.  Values come from the tape's arena; ending a step rewinds it, so
 * nothing is freed one by one.  Gradients are made when backward first needs them and are used again, still warm in
 * the cache, as soon as their node has passed them on.
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
    real  *val;                          /* (rows, cols), row-major                                   */
    real  *grad;                         /* the same shape; NULL until somebody adds to it             */
    size_t rows, cols;
    bool   wants;                        /* does anything behind it want a gradient?                  */
    void (*backward)(tape *tp, node *y); /* adds y's gradient to the inputs'; NULL for leaves         */
    node  *in[4];
    void  *aux;                          /* what backward needs besides, in the tape's arena          */
};

struct spare_gradient { size_t values; real *at; };

struct tape {
    arena               *memory;
    const struct kernel *kernel;
    bool                 training;       /* record for backward                                       */
    node               **order;          /* nodes with a backward, as made                            */
    size_t               n, room;
    struct spare_gradient spare[64];     /* gradients whose node is done                              */
    size_t               n_spare;
};

/* Start an empty tape on `memory`; what the arena held before stays. */
void tape_init(tape *tp, arena *memory, const struct kernel *k, bool training);

/* A leaf that views memory of somebody else: a parameter (grad: where its gradient is summed) or an input (NULL). */
node *tape_leaf(tape *tp, size_t rows, size_t cols, real *val, real *grad);

/* For operations: a new node (value not cleared).  It is recorded if the tape trains and some input wants a gradient;
 * inputs may be NULL. */
node *tape_node(tape *tp, size_t rows, size_t cols, void (*backward)(tape *, node *), node *a, node *b, node *c);

/* Where to add x's gradient: cleared when first asked for.  NULL if x is NULL or wants none. */
real *tape_grad(tape *tp, node *x);

/* Send `seed` back from the (1, 1) node `loss` through all that was recorded. */
void tape_backward(tape *tp, node *loss, real seed);

#endif
