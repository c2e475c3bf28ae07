/* alibi.c -- attention with linear biases.
 *
 * Press, Smith and Lewis, "Train Short, Test Long", arXiv:2108.12409, sec. 3:
 *
 *   s_ij += -m_h |i - j|,   m_h = 2^(-8 (h + 1) / H)   for H a power of two
 *
 * For other H: the slopes of the largest power of two P < H, then every second slope (0, 2, 4, ..) of those for 2P.
 * Not learned, not divided by sqrt(D), nothing at the input.  The paper's code adds m_h j instead, the same after the
 * softmax for causal rows only; the |i - j| form also serves both directions.  Defined for every length.
 */
#include <math.h>

#include "variants/variant.h"

static const struct option alibi_option_table[] = {{.name = NULL}};

struct alibi {
    size_t heads;
    real   slope[1024]; /* heads at most, by model.heads */
    struct score_term term;
};

static double slope_of_power(size_t h, size_t power)
{
    return exp2(-8.0 * (double)(h + 1) / (double)power);
}

static void slopes(size_t heads, real *slope)
{
    size_t power = 1;
    while (2 * power <= heads) power *= 2;
    for (size_t h = 0; h < heads; h++)
        slope[h] = (real)(h < power ? slope_of_power(h, power) : slope_of_power(2 * (h - power), 2 * power));
}

static void alibi_term_add(const struct score_term *t, const struct score_tile *at, real *scores)
{
    const real m = ((const struct alibi *)t->self)->slope[at->head];
    const int queries = (int)at->queries, step = (int)at->query_step;
    for (size_t j = 0; j < at->keys; j++) {
        real *row = scores + j * at->stride;
        const int first = (int)(at->query_position - at->key_position - (ptrdiff_t)(j * at->key_step)); /* distance of query 0 */
        for (int i = 0; i < queries; i++) {
            const real distance = (real)(first + i * step);
            row[i] -= m * (distance < 0 ? -distance : distance);
        }
    }
}

static void alibi_build(struct builder *b, const void *options, void *self)
{
    (void)options;
    struct alibi *s = self;
    s->heads = (size_t)builder_model(b)->heads;
    slopes(s->heads, s->slope);
    s->term = (struct score_term){.add = alibi_term_add, .self = s};
}

static const struct score_term *alibi_term(struct pass *p, const void *self)
{
    (void)p;
    return &((const struct alibi *)self)->term;
}

const struct position position_alibi = {
    .name = "alibi",
    .title = "linear biases on scores",
    .paper = "Press et al. 2021, arXiv:2108.12409",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_TERM,
    .options = alibi_option_table,
    .self_size = sizeof(struct alibi),
    .build = alibi_build,
    .term = alibi_term,
};
