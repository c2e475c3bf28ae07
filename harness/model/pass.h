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

    node    *input;           /* of this layer, before its norm: (rows, C)      */
    weight   norm_gain, norm_bias; /* of that norm; none in post-norm models     */
    node   **weights;         /* the model's parameters as leaves of this tape  */
    struct auxiliary { node *node; double count; } aux[PASS_AUX]; /* auxiliary losses so far */
    size_t   n_aux;
};

/* A parameter as a node of this pass's tape; NULL for the empty handle. */
node *pass_weight(struct pass *p, weight w);

/* A buffer's values. */
const real *pass_buffer(const struct pass *p, weight w);

/* What this layer's norm makes of rows like its input's: an attention's x is pass_normed(p, p->input).  x itself in post-norm
 * models. */
node *pass_normed(struct pass *p, node *x);

/* State that example `e` starts with: rows 0 if it starts with none.  It never has a gradient, and is never changed. */
struct carried pass_carried(const struct pass *p, carry c, size_t e);

/* Room for the state it leaves, (rows, declared cols), other memory than what it started with; NULL if nobody wants it. */
real *pass_carry_out(struct pass *p, carry c, size_t e, size_t rows);

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
