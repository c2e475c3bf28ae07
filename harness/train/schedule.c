/* schedule.c -- closed forms; nothing is remembered between steps. */
#include "train/schedule.h"

#include <math.h>

/* Share of the way from the end of the warm-up to the end of the run, in [0, 1]. */
static double decay_share(const struct train_options *o, int64_t t, int64_t steps)
{
    if (steps <= o->warmup) return 0;
    const double x = (double)(t - o->warmup) / (double)(steps - o->warmup);
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double between(double a, double b, double share)
{
    return a + (b - a) * share;
}

double schedule_rate(const struct train_options *o, int64_t t, int64_t steps)
{
    const double peak = o->rate, W = (double)o->warmup, x = decay_share(o, t, steps);
    const double rise = t >= o->warmup ? 1 : (double)t / W;
    switch ((enum schedule)o->schedule) {
    case SCHEDULE_CONSTANT: return peak * rise;
    case SCHEDULE_LINEAR: return peak * rise * between(1, o->final_rate, x);
    case SCHEDULE_COSINE: return peak * rise * between(o->final_rate, 1, (1 + cos(3.141592653589793 * x)) / 2);
    case SCHEDULE_RSQRT: return peak * rise / sqrt(fmax((double)t, fmax(W, 1)));
    case SCHEDULE_ONE_CYCLE:
        return t < o->warmup ? between(peak / 25, peak, rise) : between(peak, peak / 250000, x);
    }
    return peak;
}

double schedule_beta1(const struct train_options *o, int64_t t, int64_t steps)
{
    if (o->schedule != SCHEDULE_ONE_CYCLE || !o->beta_swing) return o->beta1;
    if (t < o->warmup) return between(0.95, 0.85, (double)t / (double)o->warmup);
    return between(0.85, 0.95, decay_share(o, t, steps));
}
