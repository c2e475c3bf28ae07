/* compression.c -- pools and convolutions with a stride.  `rate` rows seen as one long row make the convolution a product. */
#include "variants/attention/compression.h"

#include <assert.h>
#include <math.h>

const char *const compression_names[] = {"max", "mean", "convolution", "dilated", "most_used", NULL};

bool compression_learns(int kind)
{
    return kind == COMPRESS_CONVOLUTION || kind == COMPRESS_DILATED;
}

/* Taps of a convolution: (taps C, C), uniform in +-1 / sqrt(taps C). */
static weight taps(struct builder *b, const char *name, size_t n)
{
    const size_t C = (size_t)builder_model(b)->width;
    return builder_parameter(b, (struct parameter){
        .name = name, .rows = n * C, .cols = C, .init = INIT_UNIFORM, .value = 1 / sqrt((double)(n * C))});
}

static weight bias(struct builder *b, const char *name)
{
    const size_t C = (size_t)builder_model(b)->width;
    return builder_parameter(b, (struct parameter){.name = name, .rows = 1, .cols = C, .init = INIT_ZEROS, .no_decay = true});
}

void compression_build(struct builder *b, enum compression_kind kind, size_t rate, bool decoder, struct compression *f)
{
    const size_t C = (size_t)builder_model(b)->width;
    *f = (struct compression){.kind = kind, .rate = rate};
    if (kind == COMPRESS_DILATED) {
        f->first = taps(b, "compress.first", 3);
        f->first_bias = bias(b, "compress.first.bias");
        f->second = taps(b, "compress.second", 3);
        f->second_bias = bias(b, "compress.second.bias");
    }
    if (compression_learns(kind)) {
        f->strided = taps(b, "compress", rate);
        f->strided_bias = bias(b, "compress.bias");
    }
    if (decoder)
        f->decoder = builder_parameter(b, (struct parameter){
            .name = "decompress", .rows = C, .cols = rate * C, .init = INIT_UNIFORM, .value = 1 / sqrt((double)C)});
}

static node *pooled(struct pass *p, const struct compression *f, node *x, const unsigned char *valid)
{
    arena *a = p->tape->memory;
    struct slots *s = ARENA_NEW(a, struct slots);
    const size_t n = x->rows / f->rate;
    size_t *row = ARENA_ARRAY(a, size_t, n + 1);
    for (size_t i = 0; i <= n; i++) row[i] = i * f->rate;
    *s = (struct slots){.n = n, .row = row, .valid = valid};
    return slot_rows(p->tape, x, s, f->kind == COMPRESS_MAX ? SLOT_MAX : SLOT_MEAN, NULL);
}

static node *convolved(struct pass *p, node *x, size_t n_runs, const size_t *run, size_t apart, weight W, weight b)
{
    return linear(p->tape, neighbours(p->tape, x, n_runs, run, apart), pass_weight(p, W), pass_weight(p, b));
}

node *compress(struct pass *p, const struct compression *f, node *x, size_t n_runs, const size_t *run, const unsigned char *valid)
{
    assert(x->rows % f->rate == 0 && f->kind != COMPRESS_MOST_USED);
    if (!compression_learns(f->kind)) return pooled(p, f, x, valid);
    if (f->kind == COMPRESS_DILATED) {
        x = activation(p->tape, convolved(p, x, n_runs, run, 1, f->first, f->first_bias), GELU_ERF);
        x = convolved(p, x, n_runs, run, 2, f->second, f->second_bias);
    }
    x = reshape(p->tape, x, x->rows / f->rate, f->rate * x->cols);
    return linear(p->tape, x, pass_weight(p, f->strided), pass_weight(p, f->strided_bias));
}

node *decompress(struct pass *p, const struct compression *f, node *y)
{
    node *x = linear(p->tape, y, pass_weight(p, f->decoder), NULL);
    return reshape(p->tape, x, y->rows * f->rate, y->cols);
}

double compression_flops(int kind, double C)
{
    return kind == COMPRESS_DILATED ? 14 * C * C : kind == COMPRESS_CONVOLUTION ? 2 * C * C : kind == COMPRESS_MOST_USED ? 0 : C;
}
