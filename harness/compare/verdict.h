/* verdict.h -- a comparison in one paragraph of plain words. */
#ifndef REACH_VERDICT_H
#define REACH_VERDICT_H

#include "compare/measure.h"

#define VERDICT_TEXT 4096

/* What was found, each number with its interval, and nothing that was not: the first test set, longer ones, all others by count,
 * the course of the difference while training, and what the same validation loss cost.  One seed decides nothing, and it says so. */
void verdict_of(const struct contrast *c, char out[VERDICT_TEXT]);

/* "rope on lm", "rope in results/b". */
void verdict_side(const struct contrast *c, bool next, char *out, size_t size);

/* "windows, 256", "last block, 512, repeated text", "16 pairs, 128", "test": where a score stands. */
void quality_name(const struct contrast *c, const struct quality *q, char *out, size_t size);

/* +0.0123: a difference with the digits that its unit bears. */
void difference_print(double x, bool bits, char *out, size_t size);

/* "1,024". */
void thousands_print(long long n, char *out, size_t size);

#endif
