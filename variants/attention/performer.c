/* performer.c -- attention through positive orthogonal random features (FAVOR+).
 *
 * Choromanski et al., "Rethinking Attention with Performers", arXiv:2009.14794, sec. 2.2 to 2.4:
 *
 *   o_i = sum over visible j of phi(q_i) . phi(k_j) v_j / sum of phi(q_i) . phi(k_j)
 *   softmax  phi_r(x) = e^(w_r . xhat - |xhat|^2 / 2),  xhat = x / D^(1/4):  unbiased for e^(q . k / sqrt(D))
 *   relu     phi_r(x) = max(0, w_r . xhat) + 1/1000
 *
 * q, k, v, o: (T, D) per head, w: (m, D) for each head, a saved buffer.  Time O(T m D), memory O(T m); any length.
 * Orthogonal: each block of D rows of w is a random orthogonal matrix (Gram-Schmidt of a Gaussian one), the last block cut
 * short; then each row gets a length, that of a fresh Gaussian vector (chi) or sqrt(D) (constant).
 * The features are drawn anew every `redraw` steps, from (seed, layer, number of the draw) alone; published code draws from
 * the sum of the queries, so that results depend on the batch, and uses one w for all heads.  Weights trained with some
 * features are then tested with those of the last draw.
 *
 * The error falls like 1 / sqrt(m) only for short q and k (|q| |k| / sqrt(D) around 1 and below); for long ones the variance
 * grows like e^(|qhat + khat|^2) and the approximation fails, which is the method, not a bug.
 * Positions may rotate q and k before the map; what adds to scores has nothing to add to.
 */
#include <math.h>

#include "base/random.h"
#include "variants/attention/heads.h"

enum kernel_kind { KERNEL_SOFTMAX, KERNEL_RELU };
static const char *const kernel_names[] = {"softmax", "relu", NULL};
enum row_length { LENGTH_CHI, LENGTH_CONSTANT };
static const char *const length_names[] = {"chi", "constant", NULL};

struct performer_options {
    unsigned bias; /* as in struct heads_options */
    int64_t  features;
    int      kernel;
    bool     orthogonal;
    int      length;
    int64_t  redraw;
};

#define AT(field) offsetof(struct performer_options, field)
static const struct option performer_option_table[] = {
    {"features", OPTION_INT, AT(features), "64", 0, 65536, NULL, "random features of a head (m); 0: D ln D"},
    {"kernel", OPTION_CHOICE, AT(kernel), "softmax", 0, 0, kernel_names, "what the features stand for: softmax, or relu (features of its own)"},
    {"orthogonal", OPTION_BOOL, AT(orthogonal), "true", 0, 0, NULL, "directions are orthogonal within blocks of D, else independent"},
    {"length", OPTION_CHOICE, AT(length), "chi", 0, 0, length_names,
     "length of an orthogonal direction: that of a Gaussian vector (chi), or sqrt(D) (constant)"},
    {"redraw", OPTION_INT, AT(redraw), "1000", 0, 1e12, NULL, "steps after which features are drawn anew; 0: never"},
    {"bias", OPTION_SET, AT(bias), "[]", 0, 0, heads_bias_names, "projections that have a bias: any of q, k, v"},
    {.name = NULL},
};

struct performer {
    const struct performer_options *options;
    struct heads heads;
    size_t layer, H, D, m;
    weight w; /* (H m, D) */
};

static size_t features_of(const struct performer_options *o, size_t D)
{
    if (o->features) return (size_t)o->features;
    const size_t m = (size_t)((double)D * log((double)D));
    return m ? m : 1;
}

static double dot(size_t n, const real *a, const real *b)
{
    double sum = 0;
    for (size_t d = 0; d < n; d++) sum += (double)a[d] * (double)b[d];
    return sum;
}

static void scale(size_t n, double by, real *a)
{
    for (size_t d = 0; d < n; d++) a[d] = (real)(by * (double)a[d]);
}

static void gaussian(random_stream *s, size_t n, real *a)
{
    for (size_t d = 0; d < n; d++) a[d] = (real)random_normal(s);
}

/* Make row r of a block of unit rows orthogonal to those before it and of length 1; twice, against rounding. */
static void orthogonalise(size_t D, size_t r, real *block)
{
    real *row = block + r * D;
    for (int times = 0; times < 2; times++) {
        for (size_t i = 0; i < r; i++) {
            const double along = dot(D, row, block + i * D);
            for (size_t d = 0; d < D; d++) row[d] = (real)((double)row[d] - along * (double)block[i * D + d]);
        }
        scale(D, 1 / sqrt(dot(D, row, row)), row);
    }
}

/* Directions of one head. */
static void draw_head(const struct performer_options *o, random_stream *s, size_t m, size_t D, real *w)
{
    gaussian(s, m * D, w);
    if (!o->orthogonal) return;
    for (size_t r = 0; r < m; r++) orthogonalise(D, r % D, w + (r - r % D) * D);
    for (size_t r = 0; r < m; r++) {
        double squares = (double)D;
        if (o->length == LENGTH_CHI) {
            squares = 0;
            for (size_t d = 0; d < D; d++) squares += pow(random_normal(s), 2);
        }
        scale(D, sqrt(squares), w + r * D);
    }
}

static void draw(const struct performer *a, uint64_t seed, uint64_t number, real *w)
{
    random_stream s = random_stream_of(seed, RANDOM_FEATURES, a->layer, (uint32_t)number);
    for (size_t h = 0; h < a->H; h++) draw_head(a->options, &s, a->m, a->D, w + h * a->m * a->D);
}

static status performer_check(const void *options, const struct model_options *m, bool causal)
{
    (void)options, (void)causal;
    return heads_check_linear("performer", m);
}

static void performer_build(struct builder *b, const void *options, void *layer)
{
    struct performer *a = layer;
    a->options = options;
    a->layer = builder_layer(b);
    a->H = (size_t)builder_model(b)->heads;
    a->D = builder_head_width(b);
    a->m = features_of(a->options, a->D);
    heads_build(b, &(struct heads_options){.bias = a->options->bias}, &a->heads);
    a->w = builder_buffer(b, "features", a->H * a->m, a->D);
    draw(a, builder_seed(b), 0, builder_buffer_values(b, a->w));
}

static node *performer_forward(struct pass *p, const void *layer, node *x)
{
    const struct performer *a = layer;
    const real *w = pass_buffer(p, a->w);
    const bool relu = a->options->kernel == KERNEL_RELU;
    node *q = pass_rotate(p, heads_q(p, &a->heads, x));
    node *k = pass_rotate(p, heads_k(p, &a->heads, x));
    node *fq = random_features(p->tape, q, a->H, a->m, w, relu ? FEATURES_RELU : FEATURES_QUERY);
    node *fk = random_features(p->tape, k, a->H, a->m, w, relu ? FEATURES_RELU : FEATURES_KEY);
    return heads_out(p, &a->heads, heads_attend_linear(p, fq, fk, heads_v(p, &a->heads, x), NULL));
}

/* A function of the step alone, so that a resumed run draws what an unbroken one does. */
static void performer_after_step(struct stepped *s, void *layer)
{
    const struct performer *a = layer;
    const uint64_t every = (uint64_t)a->options->redraw;
    if (every && s->step % every == 0) draw(a, s->seed, s->step / every, stepped_weight(s, a->w));
}

static double performer_flops(const void *options, const struct model_options *m, bool causal, size_t T)
{
    const size_t D = heads_width(m), F = features_of(options, D);
    return heads_linear_flops(m, causal, F, T) + 4 * (double)T * (double)m->heads * (double)F * (double)D;
}

const struct attention attention_performer = {
    .name = "performer",
    .title = "Performer (FAVOR+)",
    .paper = "Choromanski et al. 2020, arXiv:2009.14794",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE,
    .options = performer_option_table,
    .options_size = sizeof(struct performer_options),
    .layer_size = sizeof(struct performer),
    .check = performer_check,
    .build = performer_build,
    .forward = performer_forward,
    .after_step = performer_after_step,
    .flops = performer_flops,
};
