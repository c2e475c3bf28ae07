/* hold_out.h -- a seeded tenth of the training examples, kept for validation. */
#ifndef REACH_HOLD_OUT_H
#define REACH_HOLD_OUT_H

#include <stddef.h>
#include <stdint.h>

/* Put 0..n-1 (n >= 2) in order[]: first those to train on, then the n / 10 (at least one) held out, both ascending.
 * Returns how many are to train on.  A function of seed and n alone. */
size_t hold_out(uint64_t seed, size_t n, uint32_t *order);

#endif
