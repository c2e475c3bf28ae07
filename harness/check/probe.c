/* probe.c -- run one layer with random parameters on random rows. */
#include "check/probe.h"

#include <math.h>
#include <string.h>

#include "base/status.h"

enum { DRAW_INPUT = 1, DRAW_GRADIENT, DRAW_PAST }; /* below what check_model draws parameters from */

/* What a first part as long as the input leaves behind. */
static void carry_in(struct probe *p, uint64_t seed)
{
    const size_t T = p->request.length;
    p->state_in = check_states(p->memory, p->model, 1, &T, true, false, seed + DRAW_PAST)[0];
    p->first = T;
}

status probe_run(const struct probe_request *rq, struct probe *p)
{
    const struct shape shape = {.causal = rq->causal, .norm = NORM_PRE, .train_length = rq->length, .classes = rq->causal ? 0 : 3,
                                .layers = 1, .width = rq->width, .heads = rq->heads};
    const uint64_t seed = 1000 * rq->seed;
    const size_t T = rq->length, n = T * rq->width;
    *p = (struct probe){.request = *rq};
    if (rq->width % rq->heads) FAIL(ERR_CONFIG, "width %zu is not divisible by heads %zu; change one", rq->width, rq->heads);
    p->model = check_model(&rq->subject, shape, 1 / sqrt((double)rq->width), seed); /* q and k then have about unit variance */
    if (!p->model) return ERR_CONFIG;
    p->memory = arena_new("probe");
    p->x = ARENA_ARRAY(p->memory, real, n);
    p->y = ARENA_ARRAY(p->memory, real, n);
    p->dy = ARENA_ARRAY(p->memory, real, n);
    p->dx = ARENA_ARRAY(p->memory, real, n);
    p->dp = ARENA_ARRAY(p->memory, real, p->model->n_values);
    check_fill(p->x, n, 1, seed + DRAW_INPUT);
    check_fill(p->dy, n, 1, seed + DRAW_GRADIENT);
    model_prepare(p->model, 2 * T + 1);
    if (p->model->n_carry && !rq->without_state) carry_in(p, seed);
    struct pack *pack = check_pack(p->memory, 1, &T);
    const ptrdiff_t first = (ptrdiff_t)p->first;
    struct carried **out = check_room(p->memory, p->model, 1);
    pack->first = &first;
    pack->state_in = p->state_in ? &p->state_in : NULL;
    pack->state_out = (struct carried *const *)out;
    struct layer_pass l = {.pack = pack, .x = p->x, .y = p->y, .dy = p->dy, .dx = p->dx, .d_parameters = p->dp};
    check_pass(p->model, &l);
    p->auxiliary = l.auxiliary;
    p->state_out = out[0];
    return OK;
}

void probe_done(struct probe *p)
{
    model_free(p->model);
    arena_free(p->memory);
    *p = (struct probe){0};
}
