/* builder_internal.h -- what a builder holds; for builder.c and model.c only. */
#ifndef REACH_BUILDER_INTERNAL_H
#define REACH_BUILDER_INTERNAL_H

#include "model/model.h"

struct builder {
    struct model *model;
    size_t        layer;      /* layers: belongs to no layer */
    const char   *part;       /* "attention", "feed_forward", "" */
    size_t        room;
    struct parameter *asked;  /* one per model parameter: its init rule */
    size_t        n_buffer_room;
};

void builder_init(struct builder *b, struct model *m);
void builder_done(struct builder *b);

/* Take memory for all values and draw the initial ones. */
void builder_finish(struct builder *b);

#endif
