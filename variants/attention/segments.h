/* segments.h -- the examples of a pack cut into segments, for attentions that read a text part by part. */
#ifndef REACH_SEGMENTS_H
#define REACH_SEGMENTS_H

#include "variants/variant.h"

/* The same rows as a pack whose examples are the segments: of `length` rows (0: the whole example) counted from each
 * example's first row, the last perhaps shorter.  id: the example's; first: absolute position; no states.
 * (*example)[s]: the number of the example that segment s belongs to.  In the pass's arena. */
const struct pack *segments_of(struct pass *p, size_t length, const size_t **example);

#endif
