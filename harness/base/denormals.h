/* denormals.h -- flush denormal numbers to zero in the calling thread.
 *
 * Denormals make GELU's far tail and Adam's second moments several times slower.  Flushing changes last places only, and
 * is said in the results.  Where the CPU has no such switch nothing is done.
 */
#ifndef REACH_DENORMALS_H
#define REACH_DENORMALS_H

#ifdef __SSE2__
#include <xmmintrin.h>
static inline void flush_denormals(void)
{
    _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ | DAZ */
}
#define DENORMALS "flushed"
#else
static inline void flush_denormals(void)
{
}
#define DENORMALS "kept"
#endif

#endif
