/* pass.h -- what a layer sees while it computes. */
#ifndef REACH_PASS_H
#define REACH_PASS_H

#include <stdbool.h>

#include "model/builder.h"
#include "tensor/pack.h"
#include "tensor/tape.h"

struct model;
struct position;

#define PASS_AUX 64 /* auxiliary losses of one pass */

struct pass {
    tape              *tape;
    const struct pack *pack;
    const struct model *model;
    size_t   layer;           /* 0..layers-1                                    */
    size_t   heads, head_width;
    bool     causal, training;
    size_t   train_length;    /* N: tokens of a training window                 */
    size_t   test_length;     /* N': of the window being tested; N in training   */
    const struct position *position;
    const void            *position_self;
    uint64_t seed;            /* of the run                                     */
    uint64_t step;            /* optimizer steps taken: keys dropout            */
    double   attention_dropout;

    /* Carried state of this layer between parts of one text, one matrix per example in declaration order; NULL where
     * nothing is carried.  In and out are different memory: a pass never changes the state it was given. */
    const real *const *state_in;
    real       *const *state_out;

    node    *other;           /* second input of cross-attention; NULL          */
    node   **weights;         /* the model's parameters as leaves of this tape  */
    struct auxiliary { node *node; double count; } aux[PASS_AUX]; /* auxiliary losses so far */
    size_t   n_aux;
};

/* A parameter as a node of this pass's tape; NULL for the empty handle. */
node *pass_weight(struct pass *p, weight w);

/* A buffer's values. */
const real *pass_buffer(const struct pass *p, weight w);

/* The position scheme's work on q or k (rows, H D), and its score term; x and NULL if it has none. */
node *pass_rotate(struct pass *p, node *x);
const struct score_term *pass_term(struct pass *p);

/* Add a (1, 1) sum over `count` terms to the auxiliary loss. */
void pass_add_auxiliary(struct pass *p, node *sum, double count);

/* Dropout key of a site of this layer. */
struct dropout pass_dropout(const struct pass *p, double rate, uint32_t site);

/* What after_step sees. */
struct stepped {
    struct model *model;
    uint64_t seed, step;
};
real *stepped_weight(struct stepped *s, weight w);

#endif
