/* rope.c -- rotary positions.
 *
 * Su et al., "RoFormer", arXiv:2104.09864, eq. (15), (34):
 *
 *   theta_t = base^(-2t/D),  t = 0 .. D/2 - 1
 *   (x_2t, x_2t+1) at position p  ->  rotated by p theta_t
 *
 * q and k (rows, H D) are rotated in every layer, values are not; scores then depend on the distance alone.
 * Pairs are neighbours (2t, 2t+1), as in the paper; other code pairs (t, t + D/2), the same up to an order of channels
 * but not for the same weights.  D must be even.  Defined for every length; beyond the trained one the slow pairs meet
 * angles they have not seen.
 */
#include "tensor/ops.h"
#include "variants/position/table.h"
#include "variants/variant.h"

struct rope_options {
    double base;
};

static const struct option rope_option_table[] = {
    {"base", OPTION_REAL, offsetof(struct rope_options, base), "10000", 2, 1e12, NULL, "the slowest pair turns base^(2/D - 1) per token"},
    {.name = NULL},
};

struct rope {
    const struct rope_options *options;
    size_t head_width;
    struct angle_table angles;
};

static status rope_check(const void *options, const struct model_options *m, bool causal)
{
    (void)options, (void)causal;
    const int64_t D = m->head_width ? m->head_width : m->width / m->heads;
    if (D % 2) FAIL(ERR_CONFIG, "position rope rotates pairs of channels, so head_width must be even, not %lld", (long long)D);
    return OK;
}

static void rope_build(struct builder *b, const void *options, void *self)
{
    struct rope *s = self;
    s->options = options;
    s->head_width = builder_head_width(b);
}

static void rope_prepare(void *self, size_t trained, size_t length)
{
    (void)trained;
    struct rope *s = self;
    angle_table_grow(&s->angles, length, s->head_width / 2, s->options->base);
}

static void rope_done(void *self)
{
    angle_table_free(&((struct rope *)self)->angles);
}

static node *rope_rotate(struct pass *p, const void *self, node *x)
{
    const struct rope *s = self;
    uint32_t *at = ARENA_ARRAY(p->tape->memory, uint32_t, x->rows);
    for (size_t e = 0; e < p->pack->n; e++)
        for (size_t i = p->pack->offset[e]; i < p->pack->offset[e + 1]; i++)
            at[i] = (uint32_t)(p->pack->first[e] + (ptrdiff_t)(i - p->pack->offset[e]));
    return rotate(p->tape, x, s->head_width, at, s->angles.cosine, s->angles.sine);
}

const struct position position_rope = {
    .name = "rope",
    .title = "rotary positions",
    .paper = "Su et al. 2021, arXiv:2104.09864",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH | CAN_ROTATE,
    .options = rope_option_table,
    .options_size = sizeof(struct rope_options),
    .self_size = sizeof(struct rope),
    .check = rope_check,
    .build = rope_build,
    .prepare = rope_prepare,
    .done = rope_done,
    .rotate = rope_rotate,
};
