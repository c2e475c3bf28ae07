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

/* The first `some` lanes, where some = LANES is usual. */
INLINE vec get(const real *p, size_t some) { return some == LANES ? load(p) : load_some(p, some); }
INLINE void put(real *p, vec x, size_t some)
{
    if (some == LANES) store(p, x);
    else store_some(p, x, some);
}

/* to[c][i] = rows[i][c], 4 x 4. */
INLINE void transpose_4x4(const real *rows, size_t stride, real *to, size_t to_stride)
{
#if defined(__SSE2__) && !defined(REACH_DOUBLE)
    __m128 a = _mm_loadu_ps(rows), b = _mm_loadu_ps(rows + stride);
    __m128 c = _mm_loadu_ps(rows + 2 * stride), d = _mm_loadu_ps(rows + 3 * stride);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + to_stride, b);
    _mm_storeu_ps(to + 2 * to_stride, c);
    _mm_storeu_ps(to + 3 * to_stride, d);
#else
    for (size_t c = 0; c < 4; c++)
        for (size_t i = 0; i < 4; i++) to[c * to_stride + i] = rows[i * stride + c];
#endif
}

/* to[c][i] = rows[i][c], n rows of C. */
INLINE void transpose_rows(const real *rows, size_t stride, size_t n, size_t C, real *to, size_t to_stride)
{
    const size_t n4 = n & ~(size_t)3, c4 = C & ~(size_t)3;
    for (size_t i = 0; i < n4; i += 4)
        for (size_t c = 0; c < c4; c += 4) transpose_4x4(rows + i * stride + c, stride, to + c * to_stride + i, to_stride);
    for (size_t i = n4; i < n; i++)
        for (size_t c = 0; c < c4; c++) to[c * to_stride + i] = rows[i * stride + c];
    for (size_t i = 0; i < n; i++)
        for (size_t c = c4; c < C; c++) to[c * to_stride + i] = rows[i * stride + c];
}

INLINE ivec as_int(vec x) { return (ivec)x; }
INLINE vec  as_real(ivec x) { return (vec)x; }
INLINE vec  choose(ivec mask, vec yes, vec no) { return as_real((as_int(yes) & mask) | (as_int(no) & ~mask)); }
INLINE vec  keep(ivec mask, vec x) { return as_real(as_int(x) & mask); }

/* The larger and the smaller; NaN in x stays: the machine's max and min give their second operand then. */
INLINE vec at_least(vec limit, vec x)
{
#if defined(REACH_DOUBLE) || !defined(__SSE2__)
    return choose(x < limit, limit, x);
#elif LANES == 16
    return (vec)_mm512_max_ps((__m512)limit, (__m512)x);
#elif LANES == 8
    return (vec)_mm256_max_ps((__m256)limit, (__m256)x);
#else
    return (vec)_mm_max_ps((__m128)limit, (__m128)x);
#endif
}

INLINE vec at_most(vec limit, vec x)
{
#if defined(REACH_DOUBLE) || !defined(__SSE2__)
    return choose(x > limit, limit, x);
#elif LANES == 16
    return (vec)_mm512_min_ps((__m512)limit, (__m512)x);
#elif LANES == 8
    return (vec)_mm256_min_ps((__m256)limit, (__m256)x);
#else
    return (vec)_mm_min_ps((__m128)limit, (__m128)x);
#endif
}

/* Is x > y in any lane? */
INLINE int any_greater(vec x, vec y)
{
#if defined(REACH_DOUBLE) || !defined(__SSE2__)
    const ivec greater = x > y;
    lane_int found = 0;
    for (int i = 0; i < LANES; i++) found |= greater[i];
    return found != 0;
#elif LANES == 16
    return _mm512_cmp_ps_mask((__m512)x, (__m512)y, _CMP_GT_OQ) != 0;
#elif LANES == 8
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)x, (__m256)y, _CMP_GT_OQ)) != 0;
#else
    return _mm_movemask_ps(_mm_cmpgt_ps((__m128)x, (__m128)y)) != 0;
#endif
}

INLINE vec  magnitude(vec x) { return as_real(as_int(x) & ~as_int(all((real)-0.0))); }
INLINE ivec sign_bit(vec x) { return as_int(x) & as_int(all((real)-0.0)); }

/* A vector that must be in a register here, and may not be loaded again later. */
#if defined(__AVX512F__)
#define PIN(x) __asm__("" : "+v"(x))
#elif defined(__SSE2__)
#define PIN(x) __asm__("" : "+x"(x))
#else
#define PIN(x) ((void)0)
#endif

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

/* Philox4x32-10 on WORDS counters at once; block i equals random_block at counter (c[0][i], .., c[3][i]). */
#define WORDS (BYTES / 4)
typedef uint32_t words __attribute__((vector_size(BYTES)));
typedef uint64_t words64 __attribute__((vector_size(BYTES)));

/* Products of the even words with m. */
INLINE words64 multiply_even(words a, uint32_t m)
{
#if defined(__AVX512F__)
    return (words64)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi32((int)m));
#elif defined(__AVX2__)
    return (words64)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi32((int)m));
#elif defined(__SSE2__)
    return (words64)_mm_mul_epu32((__m128i)a, _mm_set1_epi32((int)m));
#else
    return ((words64)a & 0xffffffff) * m;
#endif
}

INLINE void multiply_wide(words a, uint32_t m, words *high, words *low)
{
    const words64 even = multiply_even(a, m), odd = multiply_even((words)((words64)a >> 32), m);
    const words64 lower = (words64){0} + 0xffffffff;
    *low  = (words)((even & lower) | (odd << 32));
    *high = (words)((even >> 32) | (odd & ~lower));
}

INLINE void philox(random_key key, words c[4])
{
    for (int round = 0; round < 10; round++) {
        words high0, low0, high2, low2;
        multiply_wide(c[0], 0xD2511F53, &high0, &low0);
        multiply_wide(c[2], 0xCD9E8D57, &high2, &low2);
        c[0] = high2 ^ c[1] ^ key.k[0];
        c[1] = low2;
        c[2] = high0 ^ c[3] ^ key.k[1];
        c[3] = low0;
        key.k[0] += 0x9E3779B9;
        key.k[1] += 0xBB67AE85;
    }
}

INLINE uint32_t dropout_threshold(const struct dropout *d) { return (uint32_t)lrint((double)d->rate * 65536); }
INLINE real     dropout_factor(uint32_t threshold) { return (real)(1 / (1 - threshold / 65536.0)); }

#endif
