/* pack.h -- a few examples laid end to end.  There is no padding. */
#ifndef REACH_PACK_H
#define REACH_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

/* What one part of a text leaves for the next, one matrix of it: (rows, declared cols), rows <= declared.  rows 0: nothing. */
struct carried {
    real  *value;
    size_t rows;
};

struct pack {
    size_t               n;        /* examples                                                  */
    const size_t        *offset;   /* n + 1 row numbers: example e is rows offset[e]..offset[e+1] */
    const uint64_t      *id;       /* n: names the example to the random numbers                */
    const ptrdiff_t     *first;    /* n: absolute position of each example's first row          */
    const int32_t       *token;    /* rows: input ids                                           */
    const int32_t       *target;   /* per row (next token), per example (class), or per two examples (class of a pair); < 0: no loss */
    const unsigned char *valid;    /* rows: 0 hides a row from attention; NULL: all valid       */
    const struct carried *const *state_in;  /* n: each example's states in order of declaration, or NULL; NULL: all start with none */
    struct carried       *const *state_out; /* n: where each leaves its states, or NULL; values have room for the declared rows    */
};

static inline size_t pack_rows(const struct pack *p)
{
    return p->offset[p->n];
}

#endif
