/* learned.c -- a learned vector per position, added to the input.
 *
 * Gehring et al., "Convolutional Sequence to Sequence Learning", arXiv:1705.03122, sec. 3.1; as in BERT and GPT:
 *
 *   x_p += P[p],  P (rows, C), normal(0, init_std)
 *
 * P has as many rows as the training length (or `rows`).  Positions beyond are undefined; `beyond` says what is done:
 *   refuse       such lengths are "n/a"
 *   clamp        P[rows - 1]
 *   tile         P[p mod rows]
 *   interpolate  positions times rows / length, between neighbours
 * The last three are different methods: tables must name them.
 */
#include <string.h>

#include "tensor/ops.h"
#include "variants/variant.h"

enum beyond { BEYOND_REFUSE, BEYOND_CLAMP, BEYOND_TILE, BEYOND_INTERPOLATE };
static const char *const beyond_names[] = {"refuse", "clamp", "tile", "interpolate", NULL};

struct learned_options {
    int64_t rows;
    int     beyond;
};

#define AT(field) offsetof(struct learned_options, field)
static const struct option learned_option_table[] = {
    {"rows", OPTION_INT, AT(rows), "0", 0, 1 << 24, NULL, "positions that have a vector; 0: the training length"},
    {"beyond", OPTION_CHOICE, AT(beyond), "refuse", 0, 0, beyond_names, "what is done at positions beyond the table"},
    {.name = NULL},
};

struct learned {
    const struct learned_options *options;
    size_t rows;
    weight table;
};

static void learned_build(struct builder *b, const void *options, void *self)
{
    struct learned *s = self;
    s->options = options;
    const struct model_options *m = builder_model(b);
    const size_t cls = m->pooling == POOL_CLS; /* a classifier's first row takes a position too */
    s->rows = s->options->rows ? (size_t)s->options->rows : builder_train_length(b) + cls;
    s->table = builder_parameter(b, (struct parameter){
        .name = "table", .rows = s->rows, .cols = (size_t)m->width, .init = INIT_EMBEDDING, .no_decay = true});
}

static const char *learned_refuses_length(const void *options, size_t trained, size_t length)
{
    const struct learned_options *o = options;
    const size_t rows = o->rows ? (size_t)o->rows : trained;
    if (o->beyond != BEYOND_REFUSE || length <= rows) return NULL;
    return o->rows ? "learned positions end at the last row of their table" : "learned positions end at the training length";
}

/* Table row below position `at`, and the share of the row above it. */
static size_t place(const struct learned *s, size_t at, size_t length, real *share)
{
    *share = 0;
    if (length <= s->rows) return at;
    switch (s->options->beyond) {
    case BEYOND_TILE: return at % s->rows;
    case BEYOND_INTERPOLATE: {
        const double x = (double)at * (double)s->rows / (double)length;
        const size_t low = (size_t)x;
        if (low + 1 >= s->rows) return s->rows - 1;
        *share = (real)(x - (double)low);
        return low;
    }
    default: return at < s->rows ? at : s->rows - 1;
    }
}

static node *learned_add(struct pass *p, const void *self, node *x)
{
    const struct learned *s = self;
    arena *a = p->tape->memory;
    int32_t *low = ARENA_ARRAY(a, int32_t, x->rows), *high = ARENA_ARRAY(a, int32_t, x->rows);
    real *of_low = ARENA_ARRAY(a, real, x->rows), *of_high = ARENA_ARRAY(a, real, x->rows);
    bool between = false;
    for (size_t e = 0; e < p->pack->n; e++) {
        for (size_t i = p->pack->offset[e]; i < p->pack->offset[e + 1]; i++) {
            const size_t at = (size_t)p->pack->first[e] + i - p->pack->offset[e];
            low[i] = (int32_t)place(s, at, p->test_length, &of_high[i]);
            high[i] = low[i] + (of_high[i] > 0);
            of_low[i] = 1 - of_high[i];
            between = between || of_high[i] > 0;
        }
    }
    node *table = pass_weight(p, s->table);
    node *rows = embedding(p->tape, table, x->rows, low, 1);
    if (between)
        rows = add(p->tape, scale_rows(p->tape, rows, of_low),
                   scale_rows(p->tape, embedding(p->tape, table, x->rows, high, 1), of_high));
    return add(p->tape, x, rows);
}

const struct position position_learned = {
    .name = "learned",
    .title = "learned vectors added to the input",
    .paper = "Gehring et al. 2017, arXiv:1705.03122, sec. 3.1",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL,
    .options = learned_option_table,
    .options_size = sizeof(struct learned_options),
    .self_size = sizeof(struct learned),
    .build = learned_build,
    .add = learned_add,
    .refuses_length = learned_refuses_length,
};
