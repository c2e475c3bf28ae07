/* segments.c -- cut examples into segments. */
#include "variants/attention/segments.h"

static size_t count(size_t rows, size_t length)
{
    return length ? (rows + length - 1) / length : rows > 0;
}

const struct pack *segments_of(struct pass *p, size_t length, const size_t **example)
{
    const struct pack *from = p->pack;
    arena *a = p->tape->memory;
    size_t n = 0;
    for (size_t e = 0; e < from->n; e++) n += count(from->offset[e + 1] - from->offset[e], length);
    size_t *offset = ARENA_ARRAY(a, size_t, n + 1), *of = ARENA_ARRAY(a, size_t, n);
    uint64_t *id = ARENA_ARRAY(a, uint64_t, n);
    ptrdiff_t *first = ARENA_ARRAY(a, ptrdiff_t, n);
    size_t s = 0;
    for (size_t e = 0; e < from->n; e++) {
        const size_t begin = from->offset[e], end = from->offset[e + 1], step = length ? length : end - begin;
        for (size_t row = begin; row < end; row += step, s++) {
            offset[s] = row;
            of[s] = e;
            id[s] = from->id[e];
            first[s] = from->first[e] + (ptrdiff_t)(row - begin);
        }
    }
    offset[n] = pack_rows(from);
    *example = of;
    struct pack *to = ARENA_NEW(a, struct pack);
    *to = (struct pack){.n = n, .offset = offset, .id = id, .first = first, .token = from->token, .valid = from->valid};
    return to;
}
