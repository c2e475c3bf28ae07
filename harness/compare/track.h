/* track.h -- the validation loss of a run against what it had cost by then. */
#ifndef REACH_TRACK_H
#define REACH_TRACK_H

#include "store/results.h"

enum price { PRICE_FLOPS, PRICE_SECONDS, PRICE_TOKENS, PRICES };

struct track_point { double loss, price[PRICES]; }; /* nats per target; since training began */

/* Points in the order of training; those without a finite loss are left out. */
struct track {
    size_t              n;
    struct track_point *at;     /* owned */
    double              tokens; /* of all of training */
};

/* From /curves/eval; tokens by the steps of /curves/train, linear between its rows; FLOPs by /cost.  n = 0 if there is no curve. */
void track_of(const struct results *r, struct track *out);
void track_done(struct track *t);

/* The loss after so many tokens, linear between points; NaN before the first point and behind the last. */
double track_loss(const struct track *t, double tokens);

/* What it had cost when the loss first was at most `level`, linear between the two points around that; false if it never
 * was.  *bound is set if it was so at the first point already: `out` is then no more than a bound from above. */
bool track_reach(const struct track *t, double level, double out[PRICES], bool *bound);

/* The smallest loss, and the last; NaN if n = 0. */
double track_best(const struct track *t);
double track_last(const struct track *t);

#endif
