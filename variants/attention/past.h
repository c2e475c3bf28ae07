/* past.h -- the layer's inputs that earlier parts of a text leave as memory: constants, to which no gradient flows. */
#ifndef REACH_PAST_H
#define REACH_PAST_H

#include "variants/variant.h"

/* Example by example: the rows it carried in, then its own input rows. */
struct past {
    node   *x;          /* (rows, C), before the norm; a leaf without gradient; NULL if there are no rows */
    size_t *offset;     /* pack->n + 1: example e's are rows offset[e]..offset[e + 1]                     */
    size_t *carried;    /* pack->n: how many of them were carried in                                      */
    unsigned char *visible; /* per row: 0 hides it; NULL: all are seen                                    */
};

/* own[e]: how many of example e's own rows, from its first on.  At most the newest `most` carried rows are taken. */
struct past past_of(struct pass *p, carry memory, size_t most, const size_t *own);

/* Leave the last `most` rows of [carried; own], all own rows, where the state of each example goes. */
void past_leave(struct pass *p, carry memory, size_t most);

#endif
