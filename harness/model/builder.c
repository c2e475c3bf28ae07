/* builder.c -- collects the parameters of a model, lays them out in one block, draws their first values. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/status.h"
#include "model/builder_internal.h"

#define ROOM_BUFFERS ((size_t)1 << 16) /* values a model's buffers start with room for */

void builder_init(struct builder *b, struct model *m)
{
    *b = (struct builder){.model = m, .layer = (size_t)m->options.layers, .part = ""};
}

void builder_done(struct builder *b)
{
    free(b->asked);
}

static void full_name(const struct builder *b, const char *name, char *out, size_t size)
{
    const char *dot = *b->part ? "." : "";
    if (b->layer < (size_t)b->model->options.layers) snprintf(out, size, "layer %zu.%s%s%s", b->layer, b->part, dot, name);
    else snprintf(out, size, "%s%s%s", b->part, dot, name);
}

static struct model_parameter *append(struct builder *b, const char *name, size_t rows, size_t cols)
{
    struct model *m = b->model;
    if (m->n_parameters == b->room) {
        b->room = b->room ? 2 * b->room : 64;
        m->parameter = realloc(m->parameter, b->room * sizeof *m->parameter);
        b->asked = realloc(b->asked, b->room * sizeof *b->asked);
        if (!m->parameter || !b->asked) status_no_memory("parameter list", b->room * sizeof *m->parameter);
    }
    b->asked[m->n_parameters] = (struct parameter){0};
    struct model_parameter *p = &m->parameter[m->n_parameters++];
    *p = (struct model_parameter){.rows = rows, .cols = cols, .rate = 1};
    full_name(b, name, p->name, sizeof p->name);
    return p;
}

weight builder_parameter(struct builder *b, struct parameter asked)
{
    struct model *m = b->model;
    struct model_parameter *p = append(b, asked.name, asked.rows, asked.cols);
    b->asked[m->n_parameters - 1] = asked;
    p->rate = asked.rate > 0 ? asked.rate : 1;
    p->no_decay = asked.no_decay;
    p->offset = m->n_values;
    m->n_values += (asked.rows * asked.cols + 15) & ~(size_t)15; /* each starts on a 64-byte line */
    return (weight){m->n_parameters};
}

weight builder_shared_parameter(struct builder *b, struct parameter asked)
{
    const struct model *m = b->model;
    const size_t layer = b->layer;
    char name[sizeof m->parameter->name];
    weight w = {0};
    b->layer = (size_t)m->options.layers;
    full_name(b, asked.name, name, sizeof name);
    for (size_t i = 0; i < m->n_parameters && !w.number; i++)
        if (strcmp(m->parameter[i].name, name) == 0) w.number = i + 1;
    if (!w.number) w = builder_parameter(b, asked);
    assert(m->parameter[w.number - 1].rows == asked.rows && m->parameter[w.number - 1].cols == asked.cols);
    b->layer = layer;
    return w;
}

weight builder_buffer(struct builder *b, const char *name, size_t rows, size_t cols)
{
    struct model *m = b->model;
    struct model_parameter *p = append(b, name, rows, cols);
    p->buffer = true;
    p->offset = m->n_buffer_values;
    m->n_buffer_values += rows * cols;
    if (m->n_buffer_values > b->n_buffer_room) {
        b->n_buffer_room = 2 * m->n_buffer_values + ROOM_BUFFERS;
        m->buffers = realloc(m->buffers, b->n_buffer_room * sizeof(real));
        if (!m->buffers) status_no_memory("buffers", b->n_buffer_room * sizeof(real));
    }
    memset(m->buffers + p->offset, 0, rows * cols * sizeof(real));
    return (weight){m->n_parameters};
}

real *builder_buffer_values(struct builder *b, weight w)
{
    const struct model_parameter *p = &b->model->parameter[w.number - 1];
    assert(p->buffer);
    return b->model->buffers + p->offset;
}

carry builder_carry(struct builder *b, const char *name, size_t rows, size_t cols)
{
    struct model *m = b->model;
    m->carry = realloc(m->carry, (m->n_carry + 1) * sizeof *m->carry);
    if (!m->carry) status_no_memory("state list", (m->n_carry + 1) * sizeof *m->carry);
    struct model_carry *c = &m->carry[m->n_carry++];
    *c = (struct model_carry){.rows = rows, .cols = cols, .offset = m->n_carry_values};
    full_name(b, name, c->name, sizeof c->name);
    m->n_carry_values += rows * cols;
    return (carry){m->n_carry};
}

real *builder_constants(struct builder *b, size_t n)
{
    return ARENA_ZEROS(b->model->memory, real, n);
}

const struct model_options *builder_model(const struct builder *b) { return &b->model->options; }
size_t   builder_layer(const struct builder *b) { return b->layer; }
size_t   builder_head_width(const struct builder *b) { return b->model->head_width; }
bool     builder_causal(const struct builder *b) { return b->model->causal; }
size_t   builder_train_length(const struct builder *b) { return b->model->spec.train_length; }
uint64_t builder_seed(const struct builder *b) { return b->model->spec.seed; }

/* Embeddings that are multiplied by sqrt(width) start at 1 / sqrt(width): rows then have unit variance, as sinusoids do. */
static double embedding_std(const struct model_options *o)
{
    if (o->scale_embedding) return 1 / sqrt((double)o->width);
    return o->embedding_std > 0 ? o->embedding_std : o->init_std;
}

/* First values of parameter i; its numbers depend on the seed and its place in the model alone. */
static void draw(const struct builder *b, size_t i)
{
    const struct model *m = b->model;
    const struct model_options *o = &m->options;
    const struct parameter *a = &b->asked[i];
    const size_t n = a->rows * a->cols;
    real *w = m->values + m->parameter[i].offset;
    random_stream s = random_stream_of(m->spec.seed, RANDOM_INIT, i, 0);
    switch (a->init) {
    case INIT_ZEROS: break;
    case INIT_ONES:
        for (size_t j = 0; j < n; j++) w[j] = 1;
        break;
    case INIT_VALUE:
        for (size_t j = 0; j < n; j++) w[j] = (real)a->value;
        break;
    case INIT_UNIFORM:
        for (size_t j = 0; j < n; j++) w[j] = (real)(a->value * (2 * random_uniform(&s) - 1));
        break;
    case INIT_COPY:
        assert(a->copied.number && a->copied.number <= i); /* declared, and so drawn, before */
        memcpy(w, m->values + m->parameter[a->copied.number - 1].offset, n * sizeof *w);
        break;
    case INIT_EMBEDDING:
        for (size_t j = 0; j < n; j++) w[j] = (real)(embedding_std(o) * random_normal(&s));
        break;
    case INIT_WEIGHT:
    case INIT_LAST: {
        const double shrink = a->init == INIT_LAST && o->init_scaled ? 1 / sqrt(2.0 * (double)o->layers) : 1;
        const double bound = o->init == INIT_FAN_IN ? 1 / sqrt((double)a->rows) : sqrt(6.0 / (double)(a->rows + a->cols));
        for (size_t j = 0; j < n; j++) {
            const double x = o->init == INIT_NORMAL ? o->init_std * random_normal(&s) : bound * (2 * random_uniform(&s) - 1);
            w[j] = (real)(shrink * x);
        }
        break;
    }
    }
}

void builder_finish(struct builder *b)
{
    struct model *m = b->model;
    m->values = ARENA_ZEROS(m->memory, real, m->n_values);
    for (size_t i = 0; i < m->n_parameters; i++)
        if (!m->parameter[i].buffer) draw(b, i);
}
