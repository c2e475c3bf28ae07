/* hold_out.c -- shuffle, cut, sort. */
#include "tasks/hold_out.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"
#include "tasks/task.h"

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t hold_out(uint64_t seed, size_t n, uint32_t *order)
{
    assert(n >= 2 && n <= UINT32_MAX);
    const size_t held = n / 10 ? n / 10 : 1, kept = n - held;
    random_stream s = random_stream_of(seed, RANDOM_SUBSET, SPLITS, 0); /* 0 to SPLITS - 1 are those of evaluation */
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    random_shuffle(&s, order, n);
    qsort(order, kept, sizeof *order, ascending);
    qsort(order + kept, held, sizeof *order, ascending);
    return kept;
}
