/* sinusoidal.c -- fixed sinusoids added to the input.
 *
 * Vaswani et al., arXiv:1706.03762, sec. 3.5:
 *
 *   P[p, 2t] = sin(p 10000^(-2t/C)),  P[p, 2t+1] = cos(the same),  x_p += scale P[p]
 *
 * x (rows, C), once, at the input.  Defined for every length.  Sines and cosines alternate; other code stores all sines
 * first, which is the same up to a fixed order of channels.  The paper multiplies embeddings by sqrt(C) beforehand
 * (model.scale_embedding), so that the two start at a like size.  Beside small embeddings (deviation init_std) the size of
 * the sinusoids decides how fast a language model learns: at 1 they drown the embeddings, at init_std they are hardly seen;
 * 5 init_std did better than either.  Hence `scale`, and what it is unless given.
 */
#include "tensor/ops.h"
#include "variants/position/table.h"
#include "variants/variant.h"

struct sinusoidal_options {
    double base;
    double scale;
};

#define AT(field) offsetof(struct sinusoidal_options, field)
static const struct option sinusoidal_option_table[] = {
    {"base", OPTION_REAL, AT(base), "10000", 2, 1e12, NULL, "the longest wave is 2 pi times this"},
    {"scale", OPTION_REAL, AT(scale), "0", 0, 1e6, NULL,
     "factor on the sinusoids; 0: 1 if model.scale_embedding, else 5 model.init_std"},
    {.name = NULL},
};

struct sinusoidal {
    const struct sinusoidal_options *options;
    size_t width;
    double scale;
    struct angle_table angles;
};

static void sinusoidal_build(struct builder *b, const void *options, void *self)
{
    struct sinusoidal *s = self;
    s->options = options;
    const struct model_options *m = builder_model(b);
    s->width = (size_t)m->width;
    s->scale = s->options->scale > 0 ? s->options->scale : m->scale_embedding ? 1 : 5 * m->init_std;
}

static void sinusoidal_prepare(void *self, size_t trained, size_t length)
{
    (void)trained;
    struct sinusoidal *s = self;
    angle_table_grow(&s->angles, length, (s->width + 1) / 2, s->options->base);
}

static void sinusoidal_done(void *self)
{
    angle_table_free(&((struct sinusoidal *)self)->angles);
}

static node *sinusoidal_add(struct pass *p, const void *self, node *x)
{
    const struct sinusoidal *s = self;
    const size_t C = x->cols, pairs = s->angles.pairs;
    const real scale = (real)s->scale;
    node *table = tape_leaf(p->tape, x->rows, C, ARENA_ARRAY(p->tape->memory, real, x->rows * C), NULL);
    for (size_t e = 0; e < p->pack->n; e++) {
        for (size_t i = p->pack->offset[e]; i < p->pack->offset[e + 1]; i++) {
            const size_t at = (size_t)p->pack->first[e] + i - p->pack->offset[e];
            for (size_t c = 0; c < C; c++)
                table->val[i * C + c] = scale * (c % 2 ? s->angles.cosine : s->angles.sine)[at * pairs + c / 2];
        }
    }
    return add(p->tape, x, table);
}

const struct position position_sinusoidal = {
    .name = "sinusoidal",
    .title = "sinusoids added to the input",
    .paper = "Vaswani et al. 2017, arXiv:1706.03762, sec. 3.5",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH,
    .options = sinusoidal_option_table,
    .options_size = sizeof(struct sinusoidal_options),
    .self_size = sizeof(struct sinusoidal),
    .build = sinusoidal_build,
    .prepare = sinusoidal_prepare,
    .done = sinusoidal_done,
    .add = sinusoidal_add,
};
