/* relative.h -- Transformer-XL's relative positions: Dai et al., arXiv:1901.02860, sec. 3.3.
 *
 *   s_ij = ( (q_i + u) . k_j + (q_i + v) . r_(i - j) ) / sqrt(D),   r_d = R_d W_r,   R_d: sinusoid of the distance
 *
 * u, v (1, H D), the same for all layers; W_r (C, H D) of each layer, without bias.  The first product is the attention's own,
 * with q + u; the second is a score term.  Time of the term: twice that of the scores. */
#ifndef REACH_RELATIVE_H
#define REACH_RELATIVE_H

#include "tensor/ops.h"
#include "variants/variant.h"

struct relative {
    weight    r, u, v;
    ptrdiff_t low, high;   /* distances told apart: smaller ones count as low, larger as high */
    real     *sinusoids;   /* (high - low + 1, C)                                              */
};

/* Parameters, and sinusoids for all distances in a segment of so many rows that sees `memory` keys before it; with a clamp
 * (not 0) for none beyond that. */
void relative_build(struct builder *b, size_t segment, size_t memory, size_t clamp, struct relative *t);

/* The two halves of a pass: q + u, and the term with q + v for pieces whose queries are the rows of `queries`, a pack of the
 * same rows as q.  input[] receives what attention_source.term_input wants. */
node *relative_query(struct pass *p, const struct relative *t, node *q);
const struct score_term *relative_term(struct pass *p, const struct relative *t, const struct pack *queries, node *q, real scale,
                                       node *input[2]);

#endif
