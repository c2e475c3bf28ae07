/* features.c -- the exponential of positive random features, row by row (see tensor/random_features.c).
 *
 * In float e^x never is 0: the exponent is clamped at 2^-126, where it could not be told from 0 in any sum. */
#include "tensor/kernel/functions.h"

/* Over a row of n, LANES at a time; the last time `some` may be fewer. */
#define EACH(n, ...)                                                          \
    do {                                                                      \
        size_t c = 0;                                                         \
        for (; c + LANES <= (n); c += LANES) {                                \
            const size_t some = LANES;                                        \
            __VA_ARGS__;                                                      \
        }                                                                     \
        if (c < (n)) {                                                        \
            const size_t some = (n) - c;                                      \
            __VA_ARGS__;                                                      \
        }                                                                     \
    } while (0)

/* NaN is passed over: it stays where it is. */
static real maximum(size_t n, const real *x)
{
    real part[LANES], most = -INFINITY;
    vec max = all(-INFINITY);
    size_t c = 0;
    for (; c + LANES <= n; c += LANES) {
        const vec y = load(x + c);
        max = choose(y > max, y, max);
    }
    store(part, max);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) part[i] = part[i] > part[i + half] ? part[i] : part[i + half];
    for (; c < n; c++) most = x[c] > most ? x[c] : most;
    return most > part[0] ? most : part[0];
}

void NAME(exp_rows)(size_t rows, size_t n, size_t stride, real factor, const real *offset, real *x)
{
    for (size_t r = 0; r < rows; r++, x += stride) {
        const vec down = all(offset ? offset[r] : maximum(n, x));
        EACH(n, put(x + c, all(factor) * exp_vec(get(x + c, some) - down), some));
    }
}

void NAME(multiply_rows)(size_t rows, size_t n, size_t stride, const real *y, real *dy, real *sum)
{
    for (size_t r = 0; r < rows; r++, y += stride, dy += stride) {
        vec total = {0};
        EACH(n, const vec d = get(y + c, some) * get(dy + c, some); total += d; put(dy + c, d, some));
        sum[r] = sum_lanes(total);
    }
}
