/* memory.h -- the arena that all tests of a program build their models in. */
#ifndef REACH_TEST_MEMORY_H
#define REACH_TEST_MEMORY_H

#include "base/arena.h"
#include "tensor/product.h"

static arena *memory;

static inline int memory_setup(void **state)
{
    (void)state;
    product_start();
    memory = arena_new("test");
    return 0;
}

static inline int memory_teardown(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

#endif
