/* padding.h -- what some published protocols do and nothing else here does: examples filled up with rows of token 0, and rows of
 * token 0 hidden from attention (in images, black pixels too).
 */
#ifndef REACH_PADDING_H
#define REACH_PADDING_H

#include "model/options.h"
#include "train/batch.h"

/* The sequences as model.pad_to and model.hide_zero want them, in `a`; `s` itself if they want nothing.  Texts stay as they are. */
const struct sequence *padded(arena *a, const struct model_options *o, const struct sequence *s, size_t n);

#endif
