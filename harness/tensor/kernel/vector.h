/* vector.h -- a vector of LANES reals, and the few functions that every kernel file needs.
 *
 * Each file of this folder is compiled once per instruction set with -DKERNEL=name -DLANES=n, so that a vector
 * is exactly one register: GCC vectors wider than the target are ten times slower.  NAME(f) is f_avx512 and so on.
 * Nothing here is fast-math: comparisons are written so that NaN passes through.
 */
#ifndef REACH_VECTOR_H
#define REACH_VECTOR_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "tensor/kernel.h"

#define NAME_2(f, k) f##_##k
#define NAME_1(f, k) NAME_2(f, k)
#define NAME(f)      NAME_1(f, KERNEL)

#define INLINE static inline __attribute__((always_inline))
#define BYTES  (LANES * sizeof(real))

#ifdef REACH_DOUBLE
typedef int64_t lane_int;
#else
typedef int32_t lane_int;
#endif

typedef real     vec __attribute__((vector_size(BYTES)));
typedef lane_int ivec __attribute__((vector_size(BYTES))); /* also the type of comparisons: 0 or -1 */

/* The same, at any address. */
typedef real     vec_any __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));
typedef lane_int ivec_any __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

INLINE vec  load(const real *p) { return *(const vec_any *)p; }
INLINE void store(real *p, vec x) { *(vec_any *)p = x; }
INLINE vec  all(real x) { return x - (vec){0}; }

/* The first n < LANES only; the other lanes are 0. */
INLINE vec load_some(const real *p, size_t n)
{
    vec x = {0};
    memcpy(&x, p, n * sizeof(real));
    return x;
}
INLINE void store_some(real *p, vec x, size_t n) { memcpy(p, &x, n * sizeof(real)); }

INLINE ivec as_int(vec x) { return (ivec)x; }
INLINE vec  as_real(ivec x) { return (vec)x; }
INLINE vec  select(ivec mask, vec yes, vec no) { return as_real((as_int(yes) & mask) | (as_int(no) & ~mask)); }
INLINE vec  keep(ivec mask, vec x) { return as_real(as_int(x) & mask); }
INLINE vec  at_least(vec limit, vec x) { return select(x < limit, limit, x); } /* NaN stays */
INLINE vec  at_most(vec limit, vec x) { return select(x > limit, limit, x); }  /* NaN stays */
INLINE vec  magnitude(vec x) { return as_real(as_int(x) & ~as_int(all((real)-0.0))); }
INLINE ivec sign_bit(vec x) { return as_int(x) & as_int(all((real)-0.0)); }

INLINE real sum_lanes(vec x)
{
    real part[LANES];
    memcpy(part, &x, sizeof x);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

#ifdef REACH_DOUBLE

/* In double, accuracy matters and speed does not: libm, lane by lane. */
INLINE vec exp2_vec(vec x)
{
    for (int i = 0; i < LANES; i++) x[i] = exp2(x[i]);
    return x;
}
INLINE vec exp_vec(vec x)
{
    for (int i = 0; i < LANES; i++) x[i] = exp(x[i]);
    return x;
}

#else

/* 2^x for x <= 127, 1 + 2 ulp; below -126 it gives 2^-126.  The argument is rounded by adding 1.5 * 2^23, to which
 * the exponent's bias is added too: shifted left, the sum is the bits of 2^n.  NaN stays NaN (a product keeps it,
 * an integer addition to the exponent would not keep every one). */
INLINE vec exp2_vec(vec x)
{
    const vec magic = all(0x1.8p23f + 127);
    x = at_least(all(-126), x);
    const vec r = x + magic;
    const vec f = x - (r - magic);
    vec p = all(0.00132647f);
    p = p * f + all(0.00967151f);
    p = p * f + all(0.05550734f);
    p = p * f + all(0.24022242f);
    p = p * f + all(0.69314698f);
    p = p * f + all(1);
    return p * as_real(as_int(r) << 23);
}

/* e^x for any x, clamped to [2^-126, 2^127].  x log2(e) = n + f with the product's rounding error put back. */
INLINE vec exp_vec(vec x)
{
    const vec magic = all(0x1.8p23f + 127);
    x = at_least(all(-87.33654f), at_most(all(88.02969f), x));
    const vec r = x * all(1.44269504f) + magic;
    const vec n = r - magic;
    const vec y = x - n * all(0x1.62ep-1f) - n * all(0x1.0bfbe8p-15f); /* x - n ln 2, ln 2 in two parts */
    const vec f = y * all(1.44269504f);
    vec p = all(0.00132647f);
    p = p * f + all(0.00967151f);
    p = p * f + all(0.05550734f);
    p = p * f + all(0.24022242f);
    p = p * f + all(0.69314698f);
    p = p * f + all(1);
    return p * as_real(as_int(r) << 23);
}

#endif

#endif
