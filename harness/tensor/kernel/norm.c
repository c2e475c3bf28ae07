/* norm.c -- LayerNorm, RMSNorm and softmax of rows.
 *
 *   Ba, Kiros and Hinton, arXiv:1607.06450; Zhang and Sennrich, arXiv:1910.07467 (rms: no mean)
 *   xhat = (x - mean) rstd,  y = xhat gain + bias,  g = dy gain
 *   dx  += rstd (g - mean(g) - xhat mean(g xhat))          (rms: without mean(g))
 *   dgain += sum over rows of dy xhat,  dbias += sum over rows of dy
 *
 * The variance is summed from differences to the mean (two passes), never as E x^2 - mean^2.  A row is summed in
 * four vectors of partial sums, then over lanes, so bits depend on the instruction set but on nothing else.
 */
#include "tensor/kernel/functions.h"

/* Call `body` with n = LANES for all whole vectors of a row, then once for what is left. */
#define EACH_VECTOR(C, body)                                                                  \
    do {                                                                                      \
        size_t c = 0;                                                                         \
        for (; c + LANES <= (C); c += LANES) {                                                \
            const size_t some = LANES;                                                        \
            body                                                                              \
        }                                                                                     \
        if (c < (C)) {                                                                        \
            const size_t some = (C) - c;                                                      \
            body                                                                              \
        }                                                                                     \
    } while (0)

/* Lane numbers below `some`. */
INLINE ivec first_lanes(size_t some)
{
    ivec number;
    for (int i = 0; i < LANES; i++) number[i] = i;
    return number < (ivec){0} + (lane_int)some;
}

#ifdef REACH_DOUBLE
#define ROOT sqrt
#define LOG  log
#else
#define ROOT sqrtf
#define LOG  logf
#endif

void NAME(norm)(size_t rows, size_t C, int rms, real eps, const real *x, const real *gain, const real *bias, real *y,
                real *stats)
{
    for (size_t r = 0; r < rows; r++, x += C, y += C, stats += 2) {
        vec sum = {0}, squares = {0};
        if (!rms) EACH_VECTOR(C, sum += get(x + c, some););
        const real mean = sum_lanes(sum) / (real)C;
        EACH_VECTOR(C, {
            const vec d = keep(first_lanes(some), get(x + c, some) - all(mean));
            squares += d * d;
        });
        const real rstd = 1 / ROOT(sum_lanes(squares) / (real)C + eps);
        EACH_VECTOR(C, {
            vec z = (get(x + c, some) - all(mean)) * all(rstd) * get(gain + c, some);
            if (bias) z += get(bias + c, some);
            put(y + c, z, some);
        });
        stats[0] = mean;
        stats[1] = rstd;
    }
}

void NAME(norm_backward)(size_t rows, size_t C, int rms, const real *x, const real *gain, const real *stats,
                         const real *dy, real *dx, real *dgain, real *dbias)
{
    for (size_t r = 0; r < rows; r++, x += C, dy += C, dx += C, stats += 2) {
        const vec mean = all(stats[0]), rstd = all(stats[1]);
        vec sum_g = {0}, sum_gx = {0};
        EACH_VECTOR(C, {
            const vec up = get(dy + c, some);
            const vec xhat = (get(x + c, some) - mean) * rstd; /* beyond C: finite, times dy = 0 */
            const vec g = up * get(gain + c, some);
            sum_g += g;
            sum_gx += g * xhat;
            put(dgain + c, get(dgain + c, some) + up * xhat, some);
            if (dbias) put(dbias + c, get(dbias + c, some) + up, some);
        });
        const vec mean_g = all(rms ? 0 : sum_lanes(sum_g) / (real)C), mean_gx = all(sum_lanes(sum_gx) / (real)C);
        EACH_VECTOR(C, {
            const vec xhat = (get(x + c, some) - mean) * rstd;
            const vec g = get(dy + c, some) * get(gain + c, some);
            put(dx + c, get(dx + c, some) + rstd * (g - mean_g - xhat * mean_gx), some);
        });
    }
}

void NAME(softmax_rows)(size_t rows, size_t V, const real *x, real *p, real *lse)
{
    for (size_t r = 0; r < rows; r++, x += V, p += V) {
        vec max = all(-INFINITY), sum = {0};
        EACH_VECTOR(V, max = at_least(max, choose(first_lanes(some), get(x + c, some), max)););
        real top = max[0];
        for (int i = 1; i < LANES; i++) top = max[i] > top || top != top ? max[i] : top;
        EACH_VECTOR(V, {
            const vec e = keep(first_lanes(some), exp_vec(get(x + c, some) - all(top)));
            sum += e;
            put(p + c, e, some);
        });
        const real total = sum_lanes(sum), over = 1 / total;
        EACH_VECTOR(V, put(p + c, get(p + c, some) * all(over), some););
        lse[r] = top + LOG(total);
    }
}
