/* arena.c -- one reserved range, a growing end. */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/status.h"

#define ALIGN     ((size_t)64)
#define HUGE_PAGE ((size_t)2 << 20)

struct arena {
    const char    *name;
    unsigned char *base;     /* aligned to HUGE_PAGE */
    void          *mapped;
    size_t         size;     /* bytes from base     */
    size_t         mapped_size;
    size_t         used;
    size_t         peak;
};

arena *arena_new(const char *name)
{
    arena *a = calloc(1, sizeof *a);
    if (!a) status_no_memory(name, sizeof *a);
    a->name = name;
    /* Address space only: halve until the system (or a limit set by the user) agrees. */
    for (size_t size = (size_t)1 << 38; size >= HUGE_PAGE; size /= 2) {
        void *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) continue;
        const uintptr_t at = ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
        a->mapped = p;
        a->mapped_size = size + HUGE_PAGE;
        a->base = (unsigned char *)at;
        a->size = size;
        (void)madvise(a->base, a->size, MADV_HUGEPAGE);
        return a;
    }
    status_no_memory(name, HUGE_PAGE);
}

void arena_free(arena *a)
{
    if (!a) return;
    munmap(a->mapped, a->mapped_size);
    free(a);
}

void *arena_take(arena *a, size_t bytes)
{
    const size_t want = (bytes + ALIGN - 1) & ~(ALIGN - 1);
    if (want < bytes || want > a->size - a->used) status_no_memory(a->name, bytes);
    void *p = a->base + a->used;
    a->used += want;
    if (a->used > a->peak) a->peak = a->used;
    return p;
}

void *arena_zero(arena *a, size_t bytes)
{
    void *p = arena_take(a, bytes);
    memset(p, 0, bytes);
    return p;
}

size_t arena_mark(const arena *a)
{
    return a->used;
}

void arena_rewind(arena *a, size_t mark)
{
    assert(mark <= a->used);
    a->used = mark;
}

size_t arena_used(const arena *a)
{
    return a->used;
}

size_t arena_peak(const arena *a)
{
    return a->peak;
}

void arena_reset_peak(arena *a)
{
    a->peak = a->used;
}
