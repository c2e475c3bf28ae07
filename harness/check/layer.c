/* layer.c -- small models with random parameters, and passes through one layer. */
#include "check/layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"

void check_fill(real *x, size_t n, double spread, uint64_t seed)
{
    random_stream s = random_stream_of(seed, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < n; i++) x[i] = (real)(spread * random_normal(&s));
}

struct model *check_model(const struct check_subject *s, struct shape shape, double spread, uint64_t seed)
{
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    o.width = 12;
    o.heads = 2;
    o.layers = (int64_t)shape.layers;
    o.feed_forward = 20;
    o.norm = shape.norm;
    o.causal = shape.causal;
    const struct model_spec spec = {.options = &o, .attention = s->attention, .attention_options = s->attention_options,
                                    .position = s->position, .position_options = s->position_options, .vocabulary = 11,
                                    .classes = shape.classes, .train_length = shape.train_length, .seed = seed};
    struct model *m;
    if (model_new(&spec, &m) != OK) return NULL;
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (p->buffer) continue;
        real *w = m->values + p->offset;
        const bool gain = strstr(p->name, "gain") != NULL;
        const real centre = gain ? 1 : strstr(p->name, "scale") ? w[0] : 0;
        check_fill(w, p->rows * p->cols, spread, seed + 100 + i);
        for (size_t j = 0; j < p->rows * p->cols; j++) w[j] = centre + (gain ? w[j] / 4 : w[j]);
    }
    return m;
}

struct pack *check_pack(arena *a, size_t n, const size_t *length)
{
    struct pack *p = ARENA_NEW(a, struct pack);
    size_t *offset = ARENA_ZEROS(a, size_t, n + 1);
    uint64_t *id = ARENA_ZEROS(a, uint64_t, n);
    for (size_t e = 0; e < n; e++) {
        offset[e + 1] = offset[e] + length[e];
        id[e] = e;
    }
    *p = (struct pack){.n = n, .offset = offset, .id = id, .first = ARENA_ZEROS(a, ptrdiff_t, n)};
    int32_t *token = ARENA_ZEROS(a, int32_t, offset[n]), *target = ARENA_ZEROS(a, int32_t, offset[n] + n);
    random_stream s = random_stream_of(7, RANDOM_TEST, n, 0);
    for (size_t i = 0; i < offset[n]; i++) {
        token[i] = (int32_t)random_below(&s, 11);
        target[i] = i % 5 == 3 ? -1 : (int32_t)random_below(&s, 3);
    }
    p->token = token;
    p->target = target;
    return p;
}

void check_layer(const struct model *m, const struct pack *p, real *x, real *y, const real *dy, real *dx, real *d_parameters)
{
    arena *a = arena_new("check");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), dy != NULL);
    const size_t rows = pack_rows(p), C = (size_t)m->options.width;
    if (dx) memset(dx, 0, rows * C * sizeof *dx);
    if (d_parameters) memset(d_parameters, 0, m->n_values * sizeof *d_parameters);
    node *in = tape_leaf(&tp, rows, C, x, dx);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = m->spec.train_length, .seed = 1, .gradients = d_parameters};
    node *out = model_attention(m, &rq, &pass, 0, in);
    memcpy(y, out->val, rows * C * sizeof *y);
    if (dy) {
        memcpy(tape_grad(&tp, out), dy, rows * C * sizeof *dy);
        node *none = tape_leaf(&tp, 1, 1, ARENA_ZEROS(a, real, 1), ARENA_ZEROS(a, real, 1));
        tape_backward(&tp, none, 0); /* replays everything; the seed is in out's gradient already */
    }
    arena_free(a);
}

double check_loss(const struct model *m, const struct pack *p, real *d_parameters)
{
    arena *a = arena_new("check");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), d_parameters != NULL);
    if (d_parameters) memset(d_parameters, 0, m->n_values * sizeof *d_parameters);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = m->spec.train_length, .seed = 1, .gradients = d_parameters};
    node *loss = cross_entropy(&tp, model_logits(m, &rq, &pass), p->target, NULL, NULL);
    const double value = (double)loss->val[0];
    if (d_parameters) tape_backward(&tp, loss, 1);
    arena_free(a);
    return value;
}
