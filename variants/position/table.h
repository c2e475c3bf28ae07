/* table.h -- sine and cosine of position times frequency, for the schemes that need them.
 *
 * Angles are formed in double: p * theta in float is off by 6e-3 at p = 1e5.
 */
#ifndef REACH_POSITION_TABLE_H
#define REACH_POSITION_TABLE_H

#include <stddef.h>

#include "base/real.h"

struct angle_table {
    size_t positions, pairs; /* rows, cols                                   */
    real  *cosine, *sine;    /* (positions, pairs): angle = position * theta */
};

/* Make room for at least `positions` rows of `pairs` frequencies theta[t] = base^(-t / pairs), keeping a larger table. */
void angle_table_grow(struct angle_table *t, size_t positions, size_t pairs, double base);
void angle_table_free(struct angle_table *t);

#endif
