/* heads.c -- projections, log-n scaling, the plain softmax and plain linear attention, shared by attentions. */
#include "variants/attention/heads.h"

#include <math.h>

#include "base/status.h"

const char *const heads_bias_names[] = {"q", "k", "v", NULL};
const char *const heads_log_n_names[] = {"off", "train", "test", NULL};

static weight bias(struct builder *b, const char *name, bool wanted, size_t n)
{
    if (!wanted) return (weight){0};
    return builder_parameter(b, (struct parameter){.name = name, .rows = 1, .cols = n, .init = INIT_ZEROS, .no_decay = true});
}

void heads_build(struct builder *b, const struct heads_options *o, struct heads *h)
{
    const struct model_options *m = builder_model(b);
    const size_t C = (size_t)m->width, HD = (size_t)m->heads * builder_head_width(b);
    h->q = builder_parameter(b, (struct parameter){.name = "q", .rows = C, .cols = HD, .init = INIT_WEIGHT});
    h->k = builder_parameter(b, (struct parameter){.name = "k", .rows = C, .cols = HD, .init = INIT_WEIGHT});
    h->v = builder_parameter(b, (struct parameter){.name = "v", .rows = C, .cols = HD, .init = INIT_WEIGHT});
    h->o = builder_parameter(b, (struct parameter){.name = "o", .rows = HD, .cols = C, .init = INIT_LAST});
    h->q_bias = bias(b, "q.bias", o->bias & 1, HD);
    h->k_bias = bias(b, "k.bias", o->bias & 2, HD);
    h->v_bias = bias(b, "v.bias", o->bias & 4, HD);
    h->o_bias = bias(b, "o.bias", m->biases, C);
}

node *heads_q(struct pass *p, const struct heads *h, node *x)
{
    return linear(p->tape, x, pass_weight(p, h->q), pass_weight(p, h->q_bias));
}

node *heads_k(struct pass *p, const struct heads *h, node *x)
{
    return linear(p->tape, x, pass_weight(p, h->k), pass_weight(p, h->k_bias));
}

node *heads_v(struct pass *p, const struct heads *h, node *x)
{
    return linear(p->tape, x, pass_weight(p, h->v), pass_weight(p, h->v_bias));
}

node *heads_out(struct pass *p, const struct heads *h, node *o)
{
    return linear(p->tape, o, pass_weight(p, h->o), pass_weight(p, h->o_bias));
}

static size_t valid_rows(const struct pack *pack, size_t e)
{
    size_t n = 0;
    for (size_t i = pack->offset[e]; i < pack->offset[e + 1]; i++) n += !pack->valid || pack->valid[i];
    return n;
}

node *heads_log_n(struct pass *p, int log_n, node *q)
{
    if (log_n == LOG_N_OFF) return q;
    const struct pack *pack = p->pack;
    const double whole = log(p->train_length > 2 ? (double)p->train_length : 2.0);
    real *t = ARENA_ARRAY(p->tape->memory, real, q->rows);
    for (size_t e = 0; e < pack->n; e++) {
        const size_t from = pack->offset[e], rows = pack->offset[e + 1] - from, seen = valid_rows(pack, e);
        for (size_t i = 0; i < rows; i++) {
            const double n = p->causal ? (double)pack->first[e] + (double)i + 1 : (double)seen;
            const double ti = log(n < 2 ? 2 : n) / whole;
            t[from + i] = (real)(log_n == LOG_N_TEST && ti < 1 ? 1 : ti);
        }
    }
    return scale_rows(p->tape, q, t);
}

node *heads_attend(struct pass *p, node *q, node *k, node *v, double scale)
{
    static const struct pattern all = {-PATTERN_FAR, PATTERN_FAR, 1}, causal = {0, PATTERN_FAR, 1};
    const struct attention_request rq = {
        .pack = p->pack,
        .heads = p->heads,
        .scale = (real)scale,
        .drop = pass_dropout(p, p->attention_dropout, 0),
        .pieces = 1,
        .piece = {{.q = q, .k = k, .v = v, .pattern = p->causal ? &causal : &all, .visible = p->pack->valid, .term = pass_term(p)}},
    };
    return softmax_attention(p->tape, &rq);
}

node *heads_attend_linear(struct pass *p, node *fq, node *fk, node *v, const real *decay)
{
    const struct linear_request rq = {
        .pack = p->pack,
        .heads = p->heads,
        .sees = p->causal ? LINEAR_CAUSAL : LINEAR_BOTH,
        .normalise = true,
        .decay = decay,
        .visible = p->pack->valid,
        .q = fq, .k = fk, .v = v,
    };
    return linear_attention(p->tape, &rq, NULL);
}

status heads_check_linear(const char *name, const struct model_options *m)
{
    if (m->attention_dropout > 0)
        FAIL(ERR_CONFIG, "attention %s has no weights that could be dropped, so attention_dropout must be 0, not %g", name, m->attention_dropout);
    return OK;
}

size_t heads_width(const struct model_options *m)
{
    return (size_t)(m->head_width ? m->head_width : m->width / m->heads);
}

double heads_pairs(bool causal, size_t T)
{
    const double n = (double)T;
    return causal ? n * (n + 1) / 2 : n * n;
}

double heads_window_pairs(bool causal, size_t T, size_t w)
{
    const double n = (double)T, far = w < T ? (double)w : n > 0 ? n - 1 : 0;
    const double before = far * n - far * (far + 1) / 2; /* pairs i > j */
    return causal ? n + before : n + 2 * before;
}

double heads_flops(const struct model_options *m, size_t T, double pairs)
{
    const double HD = (double)m->heads * (double)heads_width(m);
    return 8 * (double)T * (double)m->width * HD + 4 * pairs * HD;
}

double heads_linear_flops(const struct model_options *m, bool causal, size_t features, size_t T)
{
    const double n = (double)T, F = (double)features, D = (double)heads_width(m), H = (double)m->heads;
    const double chunk = n < LINEAR_CHUNK ? n : LINEAR_CHUNK;
    const double pairs = causal ? n * (chunk + 1) / 2 : 0; /* inside the chunks */
    return 8 * n * (double)m->width * H * D + H * (4 * n * F * D + 2 * pairs * (F + D));
}
