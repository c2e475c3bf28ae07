/* layer.c -- small models with random parameters, and passes through one layer. */
#include "check/layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"

#define FULL 600 /* rows of the longest first part of a text */

void check_fill(real *x, size_t n, double spread, uint64_t seed)
{
    random_stream s = random_stream_of(seed, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < n; i++) x[i] = (real)(spread * random_normal(&s));
}

void check_draw(struct model *m, double spread, uint64_t seed)
{
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (p->buffer) continue;
        real *w = m->values + p->offset;
        const bool gain = strstr(p->name, "gain") != NULL;
        const real centre = gain ? 1 : strstr(p->name, "scale") ? w[0] : 0;
        check_fill(w, p->rows * p->cols, spread, seed + 100 + i);
        for (size_t j = 0; j < p->rows * p->cols; j++) w[j] = centre + (gain ? w[j] / 4 : w[j]);
    }
}

struct model *check_model(const struct check_subject *s, struct shape shape, double spread, uint64_t seed)
{
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    o.width = shape.width ? (int64_t)shape.width : 12;
    o.heads = shape.heads ? (int64_t)shape.heads : 2;
    o.layers = (int64_t)shape.layers;
    o.feed_forward = 20;
    o.norm = shape.norm;
    o.causal = shape.causal;
    const struct model_spec spec = {.options = &o, .attention = s->attention, .attention_options = s->attention_options,
                                    .position = s->position, .position_options = s->position_options, .vocabulary = 11,
                                    .classes = shape.classes, .pairs = shape.pairs, .train_length = shape.train_length, .seed = seed};
    struct model *m;
    if (model_new(&spec, &m) != OK) return NULL;
    check_draw(m, spread, seed);
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

/* Gradients start at out and at the auxiliary losses, so that backward is called for a node of no meaning. */
static void backward(tape *tp, struct pass *p, node *out, const struct layer_pass *l)
{
    real *d = tape_grad(tp, out);
    if (d) memcpy(d, l->dy, out->rows * out->cols * sizeof *d);
    for (size_t i = 0; i < p->n_aux && l->auxiliary_weight != 0; i++) {
        real *da = tape_grad(tp, p->aux[i].node);
        if (da) *da += (real)(l->auxiliary_weight / p->aux[i].count);
    }
    node *none = tape_leaf(tp, 1, 1, ARENA_ZEROS(tp->memory, real, 1), ARENA_ZEROS(tp->memory, real, 1));
    tape_backward(tp, none, 0);
}

void check_pass(const struct model *m, struct layer_pass *l)
{
    arena *a = arena_new("check");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), l->training || l->dy);
    const size_t rows = pack_rows(l->pack), C = (size_t)m->options.width;
    if (l->dx) memset(l->dx, 0, rows * C * sizeof *l->dx);
    if (l->d_parameters) memset(l->d_parameters, 0, m->n_values * sizeof *l->d_parameters);
    node *in = tape_leaf(&tp, rows, C, l->x, l->dx);
    const struct pass_request rq = {.tape = &tp, .pack = l->pack, .test_length = m->spec.train_length, .seed = 1, .gradients = l->d_parameters};
    node *out = model_attention(m, &rq, &pass, 0, in);
    if (l->y) memcpy(l->y, out->val, rows * C * sizeof *l->y);
    l->auxiliary = 0;
    l->n_auxiliary = pass.n_aux;
    for (size_t i = 0; i < pass.n_aux; i++) l->auxiliary += (double)pass.aux[i].node->val[0] / pass.aux[i].count;
    if (l->dy) backward(&tp, &pass, out, l);
    arena_free(a);
}

void check_layer(const struct model *m, const struct pack *p, real *x, real *y, const real *dy, real *dx, real *d_parameters)
{
    check_pass(m, &(struct layer_pass){.pack = p, .x = x, .y = y, .dy = dy, .dx = dx, .d_parameters = d_parameters});
}

double check_loss(const struct model *m, const struct pack *p, real *d_parameters)
{
    arena *a = arena_new("check");
    tape tp;
    struct pass pass;
    tape_init(&tp, a, kernel_choose(NULL), true);
    if (d_parameters) memset(d_parameters, 0, m->n_values * sizeof *d_parameters);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = m->spec.train_length, .seed = 1, .gradients = d_parameters};
    node *loss = cross_entropy(&tp, model_logits(m, &rq, &pass), p->target, NULL, NULL);
    const double value = (double)loss->val[0];
    if (d_parameters) tape_backward(&tp, loss, 1);
    arena_free(a);
    return value;
}

struct carried **check_room(arena *a, const struct model *m, size_t n)
{
    struct carried **room = ARENA_ZEROS(a, struct carried *, n);
    for (size_t e = 0; e < n; e++) {
        room[e] = ARENA_ZEROS(a, struct carried, m->n_carry);
        for (size_t i = 0; i < m->n_carry; i++) room[e][i].value = ARENA_ZEROS(a, real, m->carry[i].rows * m->carry[i].cols);
    }
    return room;
}

const struct carried *const *check_states(arena *a, struct model *m, size_t n, const size_t *rows, bool training, bool whole, uint64_t seed)
{
    struct carried **out = check_room(a, m, n);
    const struct carried **states = ARENA_ZEROS(a, const struct carried *, n);
    for (size_t e = 0; e < n; e++) {
        if (rows[e] == 0) continue;
        const size_t C = (size_t)m->options.width, mark = arena_mark(a);
        model_prepare(m, rows[e] + 1);
        struct pack *p = check_pack(a, 1, rows + e);
        p->state_out = (struct carried *const *)out + e;
        real *x = ARENA_ARRAY(a, real, rows[e] * C);
        check_fill(x, rows[e] * C, 1, seed + 17 * e);
        if (whole) (void)check_loss(m, p, NULL);
        else check_pass(m, &(struct layer_pass){.pack = p, .training = training, .x = x});
        states[e] = out[e];
        arena_rewind(a, mark);
    }
    return states;
}

size_t check_full(const struct model *m)
{
    size_t rows = 0;
    for (size_t i = 0; i < m->n_carry; i++) rows += m->carry[i].rows;
    rows = 3 * rows / (size_t)m->options.layers + 1;
    return rows < FULL ? rows : FULL;
}
