/* features.c -- the exponential of positive random features, row by row (see tensor/random_features.c).
 *
 * In float e^x never is 0: the exponent is clamped at 2^-126, where it could not be told from 0 in any sum. */
#include "tensor/kernel/functions.h"

/* Over a row of n, LANES at a time; the last time `some` may be fewer. */
#define EACH(n, ...)                                                          \
    for (size_t c = 0; c < (n); c += LANES) {                                 \
        const size_t some = (n) - c < LANES ? (n) - c : LANES;                \
        __VA_ARGS__;                                                          \
    }

static real maximum(size_t n, const real *x)
{
    real most = x[0];
    vec max = all(most);
    size_t c = 0;
    for (; c + LANES <= n; c += LANES) max = at_least(max, load(x + c));
    for (int i = 0; i < LANES; i++) most = max[i] > most || max[i] != max[i] ? max[i] : most;
    for (; c < n; c++) most = x[c] > most || x[c] != x[c] ? x[c] : most;
    return most;
}

void NAME(exp_rows)(size_t rows, size_t n, size_t stride, real factor, const real *offset, real *x)
{
    for (size_t r = 0; r < rows; r++, x += stride) {
        const vec down = all(offset ? offset[r] : maximum(n, x));
        EACH(n, put(x + c, all(factor) * exp_vec(get(x + c, some) - down), some))
    }
}

void NAME(multiply_rows)(size_t rows, size_t n, size_t stride, const real *y, real *dy, real *sum)
{
    for (size_t r = 0; r < rows; r++, y += stride, dy += stride) {
        vec total = {0};
        EACH(n, const vec d = get(y + c, some) * get(dy + c, some); total += d; put(dy + c, d, some))
        sum[r] = sum_lanes(total);
    }
}
