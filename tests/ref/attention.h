/* attention.h -- softmax over pieces, the slow and obvious way. */
#ifndef REACH_REF_ATTENTION_H
#define REACH_REF_ATTENTION_H

#include "tensor/kernel.h"

/* The same contract as kernel.h's attention_forward, attention_backward and attention_received, but every row of scores is materialised
 * and every score term is asked for one score at a time. */
void ref_attention_forward(const struct attention_head *h);
void ref_attention_backward(const struct attention_head *h);
void ref_attention_received(const struct attention_head *h);

/* May query i see key j of this piece? */
int ref_attention_sees(const struct attention_head *h, const struct attention_piece *p, size_t i, size_t j);

/* What dropout multiplies element (row, column) with: 0 or 1 / (1 - rate). */
real ref_dropout(const struct dropout *d, uint32_t row, uint32_t column, uint32_t example_id, uint32_t site);

#endif
