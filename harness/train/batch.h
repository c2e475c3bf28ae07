/* batch.h -- sequences become packs. */
#ifndef REACH_BATCH_H
#define REACH_BATCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "tensor/pack.h"

/* One example before packing: tokens from a text (bytes) or from ids. */
struct sequence {
    uint64_t       id;
    ptrdiff_t      first;        /* absolute position of its first token                       */
    size_t         n;            /* tokens                                                     */
    const uint8_t *byte;         /* text: token i is byte[i], its target byte[i + 1]; NULL: ids */
    bool           ends;         /* text: the last token has no next byte                      */
    size_t         scored_from;  /* text: tokens before this one have no target                */
    const int32_t *token;        /* ids                                                        */
    const int32_t *target;       /* per token; NULL: use `label`                               */
    const unsigned char *valid;  /* per token: 0 hides it from attention; NULL: none is hidden   */
    int32_t        label;        /* class of the whole sequence                                */
    bool           first_of_two; /* the next sequence is the other text of its example, and has the label */
    size_t         stream;       /* text: the stream it belongs to (see feed.h)                */
    bool           continues;    /* text: goes on where its stream's last sequence ended       */
    bool           goes_on;      /* text: its stream's next sequence goes on where this ends   */
    const struct carried *state_in; /* states it starts with, in order of declaration; NULL: none */
    struct carried       *state_out; /* where it leaves them; NULL: nobody wants them          */
};

/* Targets that count in a sequence: tokens of a text or sequence with a target, or 1 label (0 if it is the first of two). */
size_t sequence_targets(const struct sequence *s);

/* Lay sequences end to end into packs of about `pack_rows` rows: a pack takes sequences in order until the next one would
 * go beyond (one longer than that has a pack of its own).  The two texts of a pair are never in two packs.  All memory is from `a`; returns the packs, *n_packs of them.
 * first_of[p] is the number of the first sequence of pack p (n_packs + 1 entries).
 * Targets are per row, or per sequence (or pair of them) if the first one has neither bytes nor targets. */
struct pack *batch_packs(arena *a, const struct sequence *s, size_t n, size_t pack_rows, size_t *n_packs, size_t **first_of);

#endif
