/* track.c -- the validation loss of a run against what it had cost by then. */
#include "compare/track.h"

#include <math.h>
#include <stdlib.h>

/* Tokens seen after `step` steps; from 0 tokens at step 0, and on beyond the last row at its pace. */
static double tokens_at(const struct results *r, double step)
{
    double step0 = 0, tokens0 = 0;
    for (size_t i = 0; i < r->n_train; i++) {
        const double s = (double)r->train[i].step, t = r->train[i].tokens;
        if (s >= step) return s > step0 ? tokens0 + (t - tokens0) * (step - step0) / (s - step0) : t;
        step0 = s;
        tokens0 = t;
    }
    return step0 > 0 ? tokens0 * step / step0 : NAN;
}

void track_of(const struct results *r, struct track *out)
{
    *out = (struct track){.at = calloc(r->n_eval + 1, sizeof *out->at), .tokens = NAN};
    if (!out->at) status_no_memory("a curve", (r->n_eval + 1) * sizeof *out->at);
    if (!r->n_train) return;
    for (size_t i = 0; i < r->n_eval; i++) {
        const struct eval_row *e = &r->eval[i];
        if (!isfinite(e->loss)) continue;
        struct track_point *p = &out->at[out->n++];
        p->loss = e->loss;
        p->price[PRICE_TOKENS] = tokens_at(r, (double)e->step);
        p->price[PRICE_FLOPS] = p->price[PRICE_TOKENS] * r->cost.flops_per_token;
        p->price[PRICE_SECONDS] = e->seconds;
    }
    out->tokens = r->train[r->n_train - 1].tokens;
    if (out->n) out->tokens = fmax(out->tokens, out->at[out->n - 1].price[PRICE_TOKENS]);
}

void track_done(struct track *t)
{
    free(t->at);
    *t = (struct track){0};
}

static double between(double a, double b, double share)
{
    return a + (b - a) * share;
}

double track_loss(const struct track *t, double tokens)
{
    for (size_t i = 0; i < t->n; i++) {
        const double x = t->at[i].price[PRICE_TOKENS];
        if (x < tokens * (1 - 1e-12)) continue;
        if (x <= tokens * (1 + 1e-12)) return t->at[i].loss;
        if (i == 0) return NAN;
        const double x0 = t->at[i - 1].price[PRICE_TOKENS];
        return between(t->at[i - 1].loss, t->at[i].loss, (tokens - x0) / (x - x0));
    }
    return NAN;
}

bool track_reach(const struct track *t, double level, double out[PRICES], bool *bound)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->at[i].loss > level) continue;
        *bound = i == 0 && t->at[0].loss < level;
        const double share = i ? (t->at[i - 1].loss - level) / (t->at[i - 1].loss - t->at[i].loss) : 1;
        for (int p = 0; p < PRICES; p++) out[p] = i ? between(t->at[i - 1].price[p], t->at[i].price[p], share) : t->at[0].price[p];
        return true;
    }
    return false;
}

double track_best(const struct track *t)
{
    double best = NAN;
    for (size_t i = 0; i < t->n; i++) best = fmin(best, t->at[i].loss);
    return best;
}

double track_last(const struct track *t)
{
    return t->n ? t->at[t->n - 1].loss : NAN;
}
