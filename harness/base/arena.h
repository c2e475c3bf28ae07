/* arena.h -- memory by lifetime.
 *
 * An arena hands out pieces of one reserved address range in order and takes them back all at once.
 * Pieces are aligned to 64 bytes and not cleared.  Physical pages are taken as they are touched, in
 * 2 MB pages where the system gives them, and are kept when the arena is rewound.
 * An arena belongs to one thread at a time.
 */
#ifndef REACH_ARENA_H
#define REACH_ARENA_H

#include <stddef.h>

typedef struct arena arena;

/* Make an empty arena; ends the program if no address range can be had.  Free accepts NULL. */
arena *arena_new(const char *name);
void   arena_free(arena *a);

/* Take `bytes`, aligned to 64; ends the program (status_no_memory) when the range is used up. */
void *arena_take(arena *a, size_t bytes);
/* The same, cleared. */
void *arena_zero(arena *a, size_t bytes);

/* A mark remembers how much is taken; rewinding to it gives back all that was taken since. */
size_t arena_mark(const arena *a);
void   arena_rewind(arena *a, size_t mark);

/* Bytes taken now, and the most ever taken since arena_new or arena_reset_peak. */
size_t arena_used(const arena *a);
size_t arena_peak(const arena *a);
void   arena_reset_peak(arena *a);

#define ARENA_NEW(a, type)        ((type *)arena_zero((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n)   ((type *)arena_take((a), sizeof(type) * (size_t)(n)))
#define ARENA_ZEROS(a, type, n)   ((type *)arena_zero((a), sizeof(type) * (size_t)(n)))

#endif
