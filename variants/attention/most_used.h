/* most_used.h -- the Compressive Transformer's choice of the rows that were attended to most.
 *
 * Of what leaves M at the end of a segment, the c-th part with the largest mean weight over the queries since a row is in M,
 * and all heads, stays, in order of time; of equals the newer.  A row that nobody has asked yet has 0.  Those weights depend
 * on the slots chosen before, so segments are gone through one after another, without gradients: the cost of a forward pass
 * of the attention, and of its weights again. */
#ifndef REACH_MOST_USED_H
#define REACH_MOST_USED_H

#include "tensor/ops.h"
#include "variants/attention/heads.h"
#include "variants/attention/memories.h"
#include "variants/attention/relative.h"

/* What was carried in. */
struct usage usage_of(struct pass *p, const struct memories *c, const struct window *w);

/* `request` holds the pieces X and M; q is without u.  Adds to usage; sets u->new and u->visible. */
void choose_most_used(struct pass *p, const struct memories *c, const struct window *w, const struct heads *heads,
                      const struct relative *relative, node *q, const struct attention_request *request, const struct range *slots,
                      struct usage *usage, struct update *u);

#endif
