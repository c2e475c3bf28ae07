/* model.c -- embedding, blocks, head. */
#include "model/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model/builder_internal.h"

enum drop_site { SITE_EMBEDDING = 1, SITE_ATTENTION_OUT, SITE_FEED_FORWARD }; /* attention weights are site 0 */

static weight matrix(struct builder *b, const char *name, size_t in, size_t out, enum init_rule init)
{
    return builder_parameter(b, (struct parameter){.name = name, .rows = in, .cols = out, .init = init});
}

static weight row(struct builder *b, const char *name, size_t n, enum init_rule init)
{
    return builder_parameter(b, (struct parameter){.name = name, .rows = 1, .cols = n, .init = init, .no_decay = true});
}

static void build_block(struct builder *b, struct model *m, size_t layer)
{
    const struct model_options *o = &m->options;
    struct block *k = &m->block[layer];
    const size_t C = (size_t)o->width, F = (size_t)o->feed_forward;
    const bool centred = o->norm_kind == NORM_LAYER;
    b->layer = layer;
    b->part = "norm1";
    k->norm1_gain = row(b, "gain", C, INIT_ONES);
    if (centred) k->norm1_bias = row(b, "bias", C, INIT_ZEROS);
    b->part = "attention";
    k->attention = arena_zero(m->memory, m->spec.attention->layer_size);
    m->spec.attention->build(b, m->spec.attention_options, k->attention);
    if (F) {
        b->part = "norm2";
        k->norm2_gain = row(b, "gain", C, INIT_ONES);
        if (centred) k->norm2_bias = row(b, "bias", C, INIT_ZEROS);
        b->part = "feed_forward";
        k->up = matrix(b, "up", C, F, INIT_WEIGHT);
        if (o->biases) k->up_bias = row(b, "up.bias", F, INIT_ZEROS);
        k->down = matrix(b, "down", F, C, INIT_LAST);
        if (o->biases) k->down_bias = row(b, "down.bias", C, INIT_ZEROS);
    }
    b->layer = (size_t)o->layers;
    b->part = "";
}

static size_t pair_hidden(const struct model_options *o)
{
    return (size_t)(o->pair_head == PAIR_S4 ? o->width : o->head_hidden ? o->head_hidden : o->feed_forward);
}

/* The layers between two joined rows and the classes; returns the width that the last one leaves. */
static size_t build_pair_head(struct builder *b, struct model *m)
{
    const struct model_options *o = &m->options;
    const size_t C = (size_t)o->width, hidden = pair_hidden(o);
    const bool two = o->pair_head == PAIR_LRA2021;
    m->hidden = matrix(b, "hidden", two ? 2 * C : 4 * C, hidden, INIT_WEIGHT);
    if (o->biases) m->hidden_bias = row(b, "hidden.bias", hidden, INIT_ZEROS);
    if (!two) return hidden;
    m->hidden2 = matrix(b, "hidden2", hidden, hidden / 2, INIT_WEIGHT);
    if (o->biases) m->hidden2_bias = row(b, "hidden2.bias", hidden / 2, INIT_ZEROS);
    return hidden / 2;
}

static void build_head(struct builder *b, struct model *m)
{
    const struct model_options *o = &m->options;
    const size_t C = (size_t)o->width, hidden = (size_t)o->head_hidden;
    const size_t out = m->spec.classes ? m->spec.classes : m->spec.vocabulary;
    size_t in = C;
    if (o->norm == NORM_PRE) {
        b->part = "final";
        m->final_gain = row(b, "gain", C, INIT_ONES);
        if (o->norm_kind == NORM_LAYER) m->final_bias = row(b, "bias", C, INIT_ZEROS);
    }
    b->part = "head";
    if (m->spec.pairs) {
        in = build_pair_head(b, m);
    } else if (m->spec.classes && hidden) {
        m->hidden = matrix(b, "hidden", C, hidden, INIT_WEIGHT);
        if (o->biases) m->hidden_bias = row(b, "hidden.bias", hidden, INIT_ZEROS);
        in = hidden;
    }
    if (m->spec.classes || !o->tied) m->out = matrix(b, "out", in, out, INIT_WEIGHT);
    if (o->biases) m->out_bias = row(b, "out.bias", out, INIT_ZEROS);
    b->part = "";
}

static void build(struct model *m)
{
    struct builder b;
    builder_init(&b, m);
    const struct model_options *o = &m->options;
    const size_t C = (size_t)o->width;
    m->block = ARENA_ZEROS(m->memory, struct block, o->layers);
    m->token = builder_parameter(&b, (struct parameter){
        .name = "embedding", .rows = m->spec.vocabulary, .cols = C, .init = INIT_EMBEDDING, .no_decay = true});
    if (m->spec.classes && o->pooling == POOL_CLS)
        m->cls = builder_parameter(&b, (struct parameter){
            .name = "cls", .rows = 1, .cols = C, .init = INIT_EMBEDDING, .no_decay = true});
    b.part = "position";
    m->position_self = arena_zero(m->memory, m->spec.position->self_size + 1);
    if (m->spec.position->build) m->spec.position->build(&b, m->spec.position_options, m->position_self);
    b.part = "";
    for (size_t l = 0; l < (size_t)o->layers; l++) build_block(&b, m, l);
    build_head(&b, m);
    builder_finish(&b);
    builder_done(&b);
}

/* The model outlives what its spec pointed to. */
static const void *copied(arena *a, const void *options, size_t size)
{
    void *own = arena_zero(a, size + 1);
    if (size) memcpy(own, options, size);
    return own;
}

status model_new(const struct model_spec *spec, struct model **out)
{
    *out = NULL;
    const struct model_options *o = spec->options;
    const bool causal = spec->classes == 0 || o->causal;
    if (spec->attention->check) TRY(spec->attention->check(spec->attention_options, o, causal));
    if (spec->position->check) TRY(spec->position->check(spec->position_options, o, causal));
    if (spec->pairs && pair_hidden(o) < 2)
        FAIL(ERR_CONFIG, "pair_head %s needs a hidden layer of 2 channels or more: set head_hidden or feed_forward",
             o->pair_head == PAIR_LRA2021 ? "lra2021" : "small");
    struct model *m = calloc(1, sizeof *m);
    if (!m) status_no_memory("model", sizeof *m);
    m->spec = *spec;
    m->options = *o;
    m->spec.options = &m->options;
    m->causal = causal;
    m->head_width = (size_t)(o->head_width ? o->head_width : o->width / o->heads);
    m->memory = arena_new("model");
    m->spec.attention_options = copied(m->memory, spec->attention_options, spec->attention->options_size);
    m->spec.position_options = copied(m->memory, spec->position_options, spec->position->options_size);
    build(m);
    model_prepare(m, spec->train_length + 1);
    *out = m;
    return OK;
}

void model_free(struct model *m)
{
    if (!m) return;
    if (m->spec.position->done) m->spec.position->done(m->position_self);
    arena_free(m->memory);
    free(m->parameter);
    free(m->buffers);
    free(m->carry);
    free(m);
}

/* What a pass sees of parameters. */

node *pass_weight(struct pass *p, weight w)
{
    return w.number ? p->weights[w.number - 1] : NULL;
}

const real *pass_buffer(const struct pass *p, weight w)
{
    const struct model_parameter *q = &p->model->parameter[w.number - 1];
    assert(q->buffer);
    return p->model->buffers + q->offset;
}

node *pass_normed(struct pass *p, node *x)
{
    if (!p->norm_gain.number) return x;
    return norm(p->tape, x, pass_weight(p, p->norm_gain), pass_weight(p, p->norm_bias), p->model->options.norm_kind == NORM_RMS);
}

struct carried pass_carried(const struct pass *p, carry c, size_t e)
{
    const struct carried *const *in = p->pack->state_in;
    return in && in[e] ? in[e][c.number - 1] : (struct carried){0};
}

real *pass_carry_out(struct pass *p, carry c, size_t e, size_t rows)
{
    struct carried *const *out = p->pack->state_out;
    if (!out || !out[e]) return NULL;
    assert(rows <= p->model->carry[c.number - 1].rows);
    out[e][c.number - 1].rows = rows;
    return out[e][c.number - 1].value;
}

node *pass_rotate(struct pass *p, node *x)
{
    return p->position->rotate ? p->position->rotate(p, p->position_self, x) : x;
}

const struct score_term *pass_term(struct pass *p)
{
    return p->position->term ? p->position->term(p, p->position_self) : NULL;
}

struct dropout pass_dropout(const struct pass *p, double rate, uint32_t site)
{
    const uint32_t place = (uint32_t)p->layer << 8 | site;
    return (struct dropout){p->training ? (real)rate : 0, random_key_of(p->seed, RANDOM_DROPOUT, p->step, place)};
}

void pass_add_auxiliary(struct pass *p, node *sum, double count)
{
    assert(p->n_aux < PASS_AUX);
    p->aux[p->n_aux++] = (struct auxiliary){sum, count};
}

real *stepped_weight(struct stepped *s, weight w)
{
    const struct model_parameter *q = &s->model->parameter[w.number - 1];
    return (q->buffer ? s->model->buffers : s->model->values) + q->offset;
}

/* The pass itself. */

static void open_weights(const struct model *m, struct pass *p, real *gradients)
{
    p->weights = ARENA_ZEROS(p->tape->memory, node *, m->n_parameters);
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *q = &m->parameter[i];
        if (!q->buffer)
            p->weights[i] = tape_leaf(p->tape, q->rows, q->cols, m->values + q->offset, gradients ? gradients + q->offset : NULL);
    }
}

static node *normed(struct pass *p, node *x, weight gain, weight bias)
{
    return norm(p->tape, x, pass_weight(p, gain), pass_weight(p, bias), p->model->options.norm_kind == NORM_RMS);
}

static node *hidden_drop(struct pass *p, node *x, enum drop_site site)
{
    return drop(p->tape, p->pack, x, pass_dropout(p, p->model->options.dropout, (uint32_t)site), (uint32_t)site);
}

static node *feed_forward(struct pass *p, const struct block *k, node *x)
{
    static const enum activation_kind kinds[] = {GELU_ERF, GELU_TANH, RELU, SILU}; /* enum activation */
    node *h = linear(p->tape, x, pass_weight(p, k->up), pass_weight(p, k->up_bias));
    h = activation(p->tape, h, kinds[p->model->options.activation]);
    return linear(p->tape, h, pass_weight(p, k->down), pass_weight(p, k->down_bias));
}

static node *block(struct pass *p, const struct block *k, node *x)
{
    const struct model *m = p->model;
    const bool pre = m->options.norm == NORM_PRE, two = m->options.feed_forward > 0;
    p->input = x;
    p->norm_gain = pre ? k->norm1_gain : (weight){0};
    p->norm_bias = pre ? k->norm1_bias : (weight){0};
    node *y = m->spec.attention->forward(p, k->attention, pass_normed(p, x));
    x = add(p->tape, x, hidden_drop(p, y, SITE_ATTENTION_OUT));
    if (!pre) x = normed(p, x, k->norm1_gain, k->norm1_bias);
    if (!two) return x;
    y = feed_forward(p, k, pre ? normed(p, x, k->norm2_gain, k->norm2_bias) : x);
    x = add(p->tape, x, hidden_drop(p, y, SITE_FEED_FORWARD));
    return pre ? x : normed(p, x, k->norm2_gain, k->norm2_bias);
}

/* The pack after one more row has been put before each example. */
static const struct pack *with_cls(tape *tp, const struct pack *from)
{
    struct pack *p = ARENA_NEW(tp->memory, struct pack);
    *p = *from;
    size_t *offset = ARENA_ARRAY(tp->memory, size_t, p->n + 1);
    for (size_t e = 0; e <= p->n; e++) offset[e] = from->offset[e] + e;
    if (from->valid) {
        unsigned char *valid = ARENA_ARRAY(tp->memory, unsigned char, offset[p->n]);
        for (size_t e = 0; e < p->n; e++) {
            valid[offset[e]] = from->valid[from->offset[e]]; /* as published code does: hidden if the first row is */
            memcpy(valid + offset[e] + 1, from->valid + from->offset[e], from->offset[e + 1] - from->offset[e]);
        }
        p->valid = valid;
    }
    p->offset = offset;
    return p;
}

static node *input(struct pass *p)
{
    const struct model *m = p->model;
    const double scale = m->options.scale_embedding ? sqrt((double)m->options.width) : 1;
    node *x = embedding(p->tape, pass_weight(p, m->token), pack_rows(p->pack), p->pack->token, (real)scale);
    if (m->cls.number) {
        x = prepend(p->tape, p->pack, x, pass_weight(p, m->cls));
        p->pack = with_cls(p->tape, p->pack);
    }
    if (p->position->add) x = p->position->add(p, p->position_self, x);
    return hidden_drop(p, x, SITE_EMBEDDING);
}

/* Joined rows through the hidden layers of a head. */
static node *hidden_layers(struct pass *p, node *x)
{
    const struct model *m = p->model;
    const bool gelu = m->spec.pairs && m->options.pair_head == PAIR_S4;
    x = activation(p->tape, linear(p->tape, x, pass_weight(p, m->hidden), pass_weight(p, m->hidden_bias)), gelu ? GELU_ERF : RELU);
    if (!m->hidden2.number) return x;
    return activation(p->tape, linear(p->tape, x, pass_weight(p, m->hidden2), pass_weight(p, m->hidden2_bias)), RELU);
}

static node *output(struct pass *p, node *x)
{
    const struct model *m = p->model;
    static const enum pool_kind pools[] = {MEAN_ROW, FIRST_ROW, LAST_ROW, FIRST_ROW}; /* enum pooling */
    static const enum pool_kind means[] = {MEAN_ROW, MEAN_ALL, SEEN_OVER_ALL};       /* enum mean_over */
    static const enum join_kind joins[] = {JOIN_PRODUCT_FIRST, JOIN_PLAIN, JOIN_DIFFERENCE_FIRST}; /* enum pair_head */
    const enum pool_kind kind = m->options.pooling == POOL_MEAN ? means[m->options.mean_over] : pools[m->options.pooling];
    if (m->final_gain.number) x = normed(p, x, m->final_gain, m->final_bias);
    if (m->spec.classes) x = pool(p->tape, p->pack, x, kind);
    if (m->spec.pairs) x = join_pairs(p->tape, x, joins[m->options.pair_head]);
    if (m->hidden.number) x = hidden_layers(p, x);
    if (m->out.number) return linear(p->tape, x, pass_weight(p, m->out), pass_weight(p, m->out_bias));
    return linear_transposed(p->tape, x, pass_weight(p, m->token), pass_weight(p, m->out_bias));
}

static void open_pass(const struct model *m, const struct pass_request *rq, struct pass *p)
{
    *p = (struct pass){
        .tape = rq->tape, .pack = rq->pack, .model = m, .layer = (size_t)m->options.layers,
        .heads = (size_t)m->options.heads, .head_width = m->head_width, .causal = m->causal,
        .training = rq->tape->training, .train_length = m->spec.train_length, .test_length = rq->test_length,
        .position = m->spec.position, .position_self = m->position_self, .seed = rq->seed, .step = rq->step,
        .attention_dropout = m->options.attention_dropout,
    };
    open_weights(m, p, rq->gradients);
}

node *model_attention(const struct model *m, const struct pass_request *rq, struct pass *p, size_t layer, node *x)
{
    open_pass(m, rq, p);
    p->layer = layer;
    p->input = x;
    return m->spec.attention->forward(p, m->block[layer].attention, x);
}

node *model_logits(const struct model *m, const struct pass_request *rq, struct pass *p)
{
    open_pass(m, rq, p);
    node *x = input(p);
    real *kept = rq->tape->training ? NULL : ARENA_ARRAY(rq->tape->memory, real, x->rows * x->cols);
    for (size_t l = 0; l < (size_t)m->options.layers; l++) {
        const size_t mark = arena_mark(rq->tape->memory);
        p->layer = l;
        x = block(p, &m->block[l], x);
        if (kept) { /* nothing of this block is needed again: its memory serves the next one */
            const size_t rows = x->rows, cols = x->cols;
            memcpy(kept, x->val, rows * cols * sizeof(real));
            arena_rewind(rq->tape->memory, mark);
            x = tape_leaf(rq->tape, rows, cols, kept, NULL);
        }
    }
    p->layer = (size_t)m->options.layers;
    return output(p, x);
}

const char *model_refuses_length(const struct model *m, size_t length)
{
    const struct model_spec *s = &m->spec;
    const char *why = NULL;
    if (s->attention->refuses_length) why = s->attention->refuses_length(s->attention_options, s->train_length, length);
    if (!why && s->position->refuses_length) why = s->position->refuses_length(s->position_options, s->train_length, length);
    return why;
}

void model_prepare(struct model *m, size_t length)
{
    if (m->spec.position->prepare) m->spec.position->prepare(m->position_self, m->spec.train_length, length);
}

void model_after_step(struct model *m, uint64_t step)
{
    if (!m->spec.attention->after_step) return;
    struct stepped s = {m, m->spec.seed, step};
    for (size_t l = 0; l < (size_t)m->options.layers; l++) m->spec.attention->after_step(&s, m->block[l].attention);
}

size_t model_texts(const struct model *m)
{
    return m->spec.pairs ? 2 : 1;
}

static double matrix_flops(const struct model *m, weight w)
{
    const struct model_parameter *q = w.number ? &m->parameter[w.number - 1] : NULL;
    return q ? 2 * (double)(q->rows * q->cols) : 0;
}

double model_flops(const struct model *m, size_t T)
{
    const struct model_options *o = &m->options;
    const double C = (double)o->width, n = (double)T;
    const double layer = m->spec.attention->flops(m->spec.attention_options, o, m->causal, T) + 4 * n * C * (double)o->feed_forward;
    const double head = m->spec.classes ? matrix_flops(m, m->hidden) + matrix_flops(m, m->hidden2) + matrix_flops(m, m->out)
                                        : 2 * n * C * (double)m->spec.vocabulary;
    return (double)(model_texts(m) * (size_t)o->layers) * layer + head;
}

size_t model_size(const struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_parameters; i++)
        if (!m->parameter[i].buffer) n += m->parameter[i].rows * m->parameter[i].cols;
    return n;
}
