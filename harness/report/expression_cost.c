/* expression_cost.c -- measures of claims over what variants cost, in one round of the measurement. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/sweeps.h"
#include "report/expression.h"

/* The sweep of the direction that is asked for, or of the only one; NULL: not measured. */
static const struct sweep *sweep_of(const struct score *s, const struct sweeps *costs)
{
    for (size_t i = 0; i < costs->n; i++)
        if (!s->direction[0] || strcmp(costs->direction[i], s->direction) == 0) return &costs->at[i];
    return NULL;
}

static const struct sweep_cell *cell_of(const struct score *s, const struct sweep *w, size_t *length)
{
    size_t v = 0, l = 0;
    while (v < w->n_variants && strcmp(w->variant[v].name, s->label) != 0) v++;
    while (l < w->n_lengths && (double)w->length[l].n != s->length.value) l++;
    *length = l;
    return v < w->n_variants && l < w->n_lengths ? sweep_at(w, v, l) : NULL;
}

double expression_cost(const struct score *s, const struct sweeps *costs, uint64_t round, char *why, size_t size)
{
    const enum sweep_mode mode = strcmp(s->mode, sweep_mode_names[SWEEP_FORWARD]) == 0 ? SWEEP_FORWARD : SWEEP_TRAIN;
    const struct sweep *w = sweep_of(s, costs);
    size_t l;
    const struct sweep_cell *c = w ? cell_of(s, w, &l) : NULL;
    snprintf(why, size, "%s", costs->stale ? "made with other settings" : "");
    if (costs->n == 0) snprintf(why, size, "not measured yet");
    else if (!c) snprintf(why, size, "not measured at %.0f tokens%s%s", s->length.value, s->direction[0] ? ", " : "", s->direction);
    else if (c->reason[0]) snprintf(why, size, "n/a: %.180s", c->reason);
    else if (s->cost <= MEASURED_TOKENS_PER_SECOND && !costs->by_round) snprintf(why, size, "the file lacks the single rounds; reach run --redo measures anew");
    if (!c || c->reason[0] || round < 1 || round > w->rounds) return NAN;
    const double tokens = (double)w->length[l].n * (double)w->length[l].batch, seconds = costs->by_round ? c->visit[mode][round - 1] : NAN;
    const struct bench_result *r = &c->of[mode];
    switch ((enum measured_cost)s->cost) {
    case MEASURED_STEP_MS:           return 1e3 * seconds;
    case MEASURED_TOKEN_NS:          return 1e9 * seconds / tokens;
    case MEASURED_TOKENS_PER_SECOND: return tokens / seconds;
    case MEASURED_FLOPS:             return r->flops / tokens;
    case MEASURED_BYTES:             return (double)r->activation_bytes;
    case MEASURED_TOKEN_BYTES:       return (double)r->activation_bytes / (double)r->activation_rows;
    }
    return NAN;
}
