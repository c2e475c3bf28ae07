/* elementwise.c -- activations, dropout of hidden rows, the optimizer, and sums.
 *
 *   GELU   Hendrycks and Gimpel, arXiv:1606.08415:  x Phi(x), and its approximation x sigmoid(2u),
 *          u = sqrt(2/pi) (x + 0.044715 x^3)   (the same as x/2 (1 + tanh u))
 *   SiLU   x sigmoid(x)
 *   ELU+1  x + 1 above 0, e^x below: positive, as the features of a linear transformer must be (arXiv:2006.16236, eq. 7)
 *   Adam   Kingma and Ba, arXiv:1412.6980; decoupled decay Loshchilov and Hutter, arXiv:1711.05101
 *
 * In float, Phi comes from Abramowitz and Stegun 7.1.26 for the tail: absolute error below 1e-7, which makes 4e-7
 * for GELU on [-5, 5] and no relative accuracy far in the tail.  Its exponential also is the density that the
 * derivative needs.  Exponents are clamped so that nothing denormal arises.  In double everything is libm.
 */
#include "tensor/kernel/functions.h"

/* Phi(x) and its derivative. */
INLINE void normal_distribution(vec x, vec *below, vec *density)
{
#ifdef REACH_DOUBLE
    for (int i = 0; i < LANES; i++) {
        (*below)[i]   = 0.5 * erfc(-x[i] * 0.70710678118654752440);
        (*density)[i] = 0.39894228040143267794 * exp(-0.5 * x[i] * x[i]);
    }
#else
    const vec z = magnitude(x) * all(0.70710678f);
    const vec e = exp_vec(-at_most(all(80), z * z));
    const vec t = all(1) / (all(1) + all(0.3275911f) * z);
    vec p = all(1.061405429f);
    p = p * t + all(-1.453152027f);
    p = p * t + all(1.421413741f);
    p = p * t + all(-0.284496736f);
    p = p * t + all(0.254829592f);
    const vec tail = all(0.5f) * t * p * e;
    *below   = choose(x < all(0), tail, all(1) - tail);
    *density = e * all(0.39894228f);
#endif
}

/* sigmoid(x) and 1 - sigmoid(x), both to full relative accuracy; the clamp keeps e finite. */
INLINE vec sigmoid(vec x, vec *rest)
{
    const vec e = exp_vec(at_most(all(sizeof(real) == sizeof(float) ? 80 : 700), -x));
    const vec s = all(1) / (all(1) + e);
    *rest = e * s;
    return s;
}

INLINE vec gelu_erf(vec x)
{
    vec below, density;
    normal_distribution(x, &below, &density);
    return x * below;
}

INLINE vec gelu_erf_slope(vec x)
{
    vec below, density;
    normal_distribution(x, &below, &density);
    return below + x * density;
}

#define TWO_ROOT_2_OVER_PI ((real)1.59576912160573071176)
#define CUBIC              ((real)0.044715)

INLINE vec gelu_tanh(vec x)
{
    vec rest;
    return x * sigmoid(all(TWO_ROOT_2_OVER_PI) * x * (all(1) + all(CUBIC) * x * x), &rest);
}

INLINE vec gelu_tanh_slope(vec x)
{
    const vec xx = x * x;
    vec rest;
    const vec s = sigmoid(all(TWO_ROOT_2_OVER_PI) * x * (all(1) + all(CUBIC) * xx), &rest);
    return s + x * s * rest * all(TWO_ROOT_2_OVER_PI) * (all(1) + all(3 * CUBIC) * xx);
}

INLINE vec silu(vec x)
{
    vec rest;
    return x * sigmoid(x, &rest);
}

INLINE vec silu_slope(vec x)
{
    vec rest;
    const vec s = sigmoid(x, &rest);
    return s + x * s * rest;
}

INLINE vec elu_plus_one(vec x) { return choose(x > all(0), x + all(1), exp_vec(x)); }
INLINE vec elu_plus_one_slope(vec x) { return choose(x > all(0), all(1), exp_vec(x)); }

#define ACTIVATION(f)                                                                            \
    void NAME(f)(size_t n, const real *x, real *y)                                               \
    {                                                                                            \
        size_t i = 0;                                                                            \
        for (; i + LANES <= n; i += LANES) store(y + i, f(load(x + i)));                         \
        if (i < n) store_some(y + i, f(load_some(x + i, n - i)), n - i);                         \
    }                                                                                            \
    void NAME(f##_backward)(size_t n, const real *x, const real *dy, real *dx)                   \
    {                                                                                            \
        size_t i = 0;                                                                            \
        for (; i + LANES <= n; i += LANES)                                                       \
            store(dx + i, load(dx + i) + load(dy + i) * f##_slope(load(x + i)));                 \
        if (i < n) {                                                                             \
            const vec g = load_some(dy + i, n - i) * f##_slope(load_some(x + i, n - i));         \
            store_some(dx + i, load_some(dx + i, n - i) + g, n - i);                             \
        }                                                                                        \
    }

ACTIVATION(gelu_erf)
ACTIVATION(gelu_tanh)
ACTIVATION(silu)
ACTIVATION(elu_plus_one)

/* bits[i] = the four words of block i. */
INLINE void words_of_blocks(const words c[4], uint32_t bits[WORDS][4])
{
#if defined(__SSE2__) && !defined(REACH_DOUBLE)
    for (size_t i = 0; i < WORDS; i += 4)
        transpose_4x4((const real *)c + i, WORDS, (real *)bits[i], 4); /* moves bits, whatever they mean */
#else
    for (size_t i = 0; i < WORDS; i++)
        for (int w = 0; w < 4; w++) bits[i][w] = c[w][i];
#endif
}

#define LITTLE_ENDIAN_LANES (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#ifndef REACH_DOUBLE
typedef uint16_t halves __attribute__((vector_size(LANES * 2)));
#endif

/* Blocks of 8 columns are numbered on over rows; WORDS of them share one call of philox.  The four words of a block
 * stand next to each other in `bits`, so that on a little-endian machine its 16-bit lanes are in column order. */
INLINE void drop_rows(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows,
                      size_t C, const real *restrict x, real *restrict y, int backward)
{
    if (!(d->rate > 0)) {
        if (backward) NAME(add)(rows * C, x, y);
        else memcpy(y, x, rows * C * sizeof(real));
        return;
    }
    const uint32_t threshold = dropout_threshold(d);
    const real factor = dropout_factor(threshold);
    const size_t across = (C + 7) / 8, blocks = rows * across;
    size_t row = 0, column = 0;
    for (size_t b = 0; b < blocks; b += WORDS) {
        const size_t here = blocks - b < WORDS ? blocks - b : WORDS;
        uint32_t at_row[WORDS], at_column[WORDS];
        size_t next_row = row, next_column = column;
        for (size_t i = 0; i < WORDS; i++) {
            at_row[i] = (uint32_t)(first_row + next_row);
            at_column[i] = (uint32_t)next_column;
            if (++next_column == across) next_column = 0, next_row++;
        }
        words c[4] = {{0}, {0}, (words){0} + example_id, (words){0} + site};
        memcpy(&c[0], at_row, BYTES);
        memcpy(&c[1], at_column, BYTES);
        philox(d->key, c);
        uint32_t bits[WORDS][4];
        words_of_blocks(c, bits);
#ifndef REACH_DOUBLE
        if (C % 8 == 0 && LITTLE_ENDIAN_LANES) { /* blocks follow each other without gaps */
            const uint16_t *lanes = (const uint16_t *)bits;
            const size_t at = 8 * b;
            for (size_t l = 0; l < 8 * here; l += LANES) {
                halves h;
                memcpy(&h, lanes + l, sizeof h);
                const ivec kept = __builtin_convertvector(h, ivec) >= (ivec){0} + (lane_int)threshold;
                const size_t some = 8 * here - l < LANES ? 8 * here - l : LANES;
                const vec z = get(x + at + l, some) * keep(kept, all(factor));
                put(y + at + l, backward ? get(y + at + l, some) + z : z, some);
            }
            row = next_row, column = next_column;
            continue;
        }
#endif
        for (size_t i = 0; i < here; i++) {
            const size_t at = row * C + 8 * column, n = C - 8 * column < 8 ? C - 8 * column : 8;
            for (size_t l = 0; l < n; l++) {
                const uint32_t lane = (bits[i][l / 2] >> (16 * (l % 2))) & 0xffff;
                y[at + l] = (backward ? y[at + l] : 0) + x[at + l] * (lane >= threshold ? factor : 0);
            }
            if (++column == across) column = 0, row++;
        }
    }
}

void NAME(dropout)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows, size_t C,
                   const real *x, real *y)
{
    drop_rows(d, example_id, site, first_row, rows, C, x, y, 0);
}

void NAME(dropout_backward)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows,
                            size_t C, const real *dy, real *dx)
{
    drop_rows(d, example_id, site, first_row, rows, C, dy, dx, 1);
}

void NAME(adam)(size_t n, real *restrict w, const real *restrict g, real *restrict m, real *restrict v, real rate,
                real b1, real b2, real eps, real decay, real c1, real c2)
{
    const real over_c1 = 1 / c1, over_c2 = 1 / c2;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
#ifdef REACH_DOUBLE
        const real root = sqrt(v[i] * over_c2);
#else
        const real root = sqrtf(v[i] * over_c2);
#endif
        w[i] -= rate * (m[i] * over_c1 / (root + eps) + decay * w[i]);
    }
}

void NAME(add)(size_t n, const real *restrict x, real *restrict y)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void NAME(add_scaled)(size_t n, real s, const real *restrict x, real *restrict y)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] += s * x[i];
}

/* 32 partial sums whatever the instruction set.  A float's square is exact in double, so all tables agree. */
double NAME(sum_squares)(size_t n, const real *x)
{
    double part[32] = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        for (int l = 0; l < 32; l++) part[l] += (double)x[i + l] * x[i + l];
    for (; i < n; i++) part[i % 32] += (double)x[i] * x[i];
    for (int half = 16; half > 0; half /= 2)
        for (int l = 0; l < half; l++) part[l] += part[l + half];
    return part[0];
}

/* Four vectors of columns stay in registers while the rows go by. */
void NAME(add_columns)(size_t rows, size_t C, const real *x, real *out)
{
    size_t c = 0;
    for (; c + 4 * LANES <= C; c += 4 * LANES) {
        vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (size_t r = 0; r < rows; r++) {
            const real *at = x + r * C + c;
            s0 += load(at);
            s1 += load(at + LANES);
            s2 += load(at + 2 * LANES);
            s3 += load(at + 3 * LANES);
        }
        store(out + c, load(out + c) + s0);
        store(out + c + LANES, load(out + c + LANES) + s1);
        store(out + c + 2 * LANES, load(out + c + 2 * LANES) + s2);
        store(out + c + 3 * LANES, load(out + c + 3 * LANES) + s3);
    }
    for (; c < C; c += LANES) {
        const size_t some = C - c < LANES ? C - c : LANES;
        vec s = {0};
        for (size_t r = 0; r < rows; r++) s += load_some(x + r * C + c, some);
        store_some(out + c, load_some(out + c, some) + s, some);
    }
}

void NAME(add_row)(size_t rows, size_t C, const real *x, const real *b, real *y)
{
    for (size_t r = 0; r < rows; r++) {
        const real *from = x + r * C;
        real *to = y + r * C;
#pragma omp simd
        for (size_t c = 0; c < C; c++) to[c] = from[c] + b[c];
    }
}
