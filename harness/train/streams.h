/* streams.h -- the state that each stream of a text carries from one step to the next.
 *
 * A step reads what the last one left and leaves something new in other memory, so that any number of threads may work on
 * the step; then the two change places.
 */
#ifndef REACH_STREAMS_H
#define REACH_STREAMS_H

#include "model/model.h"
#include "train/batch.h"

struct streams {
    size_t n, n_carry;           /* streams, states of each                                */
    size_t n_values;             /* of one stream, all states with their declared rows     */
    struct carried *now, *next;  /* (n, n_carry)                                           */
    real  *values;               /* of now, then of next, whichever is which               */
    const struct model *model;
};

/* All empty.  A model without states needs no memory. */
void streams_init(struct streams *s, const struct model *m, size_t n);
void streams_done(struct streams *s);

/* Give the sequences of a step their states: one that `continues` gets its stream's, one that `goes_on` leaves its own.
 * After the step, streams_turn makes what was left the state of now. */
void streams_bind(struct streams *s, struct sequence *q, size_t n);
void streams_turn(struct streams *s);

/* The states of now as flat arrays for a checkpoint, values of rows that are not there 0: rows (n n_carry), values
 * (n n_values); and back. */
void streams_save(const struct streams *s, real *rows, real *values);
void streams_load(struct streams *s, const real *rows, const real *values);

#endif
