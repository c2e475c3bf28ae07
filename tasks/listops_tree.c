/* listops_tree.c -- drawing, checking and evaluating in one pass over the tokens. */
#include "tasks/listops_tree.h"

#include <assert.h>

const char *const listops_words[LISTOPS_TOKENS] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
                                                   "[MIN", "[MAX", "[MED", "[SM", "]"};

/* ---- drawing ------------------------------------------------------------------------------------------------- */

struct drawing {
    const struct listops_grammar *g;
    random_stream *random;
    uint8_t       *token;
    int64_t        n;     /* tokens written                                   */
    int64_t        least; /* what the whole will have if the rest are digits  */
};

/* Draw the subtree at `depth`; false as soon as the whole must be too long. */
static bool draw_node(struct drawing *d, int64_t depth)
{
    const bool is_operator = depth < d->g->max_depth && random_below(d->random, 4) == 0;
    if (!is_operator) {
        d->token[d->n++] = (uint8_t)random_below(d->random, 10);
        return true;
    }
    const uint8_t op = (uint8_t)(LISTOPS_MIN + random_below(d->random, 4));
    const int64_t args = 2 + random_below(d->random, (uint32_t)(d->g->max_args - 1));
    d->least += 1 + args;
    if (d->least >= d->g->max_length) return false;
    d->token[d->n++] = op;
    for (int64_t a = 0; a < args; a++)
        if (!draw_node(d, depth + 1)) return false;
    d->token[d->n++] = LISTOPS_CLOSE;
    return true;
}

size_t listops_draw(const struct listops_grammar *g, random_stream *random, uint8_t *token)
{
    struct drawing d = {.g = g, .random = random, .token = token, .n = 0, .least = 1};
    if (g->max_length <= 1 || !draw_node(&d, 1)) return 0;
    assert(d.n == d.least);
    return d.n > g->min_length ? (size_t)d.n : 0;
}

/* ---- checking ------------------------------------------------------------------------------------------------ */

const char *listops_wrong(const uint8_t *token, size_t n, size_t *at)
{
    size_t args[LISTOPS_DEPTH + 1] = {0}; /* of each open operator; args[0]: whole expressions */
    int depth = 0;
    for (*at = 0; *at < n; ++*at) {
        const uint8_t t = token[*at];
        if (depth == 0 && args[0] == 1) return "the end: the expression is complete";
        if (t == LISTOPS_CLOSE && (depth == 0 || args[depth] == 0)) return "an operator or a digit";
        if (t == LISTOPS_CLOSE) depth--;
        else args[depth]++;
        if (t >= LISTOPS_MIN && t <= LISTOPS_SM) {
            if (depth == LISTOPS_DEPTH) return "a digit: operators are nested too deeply";
            args[++depth] = 0;
        }
    }
    return depth > 0 ? "another argument or \"]\"" : args[0] == 0 ? "an operator or a digit" : NULL;
}

/* ---- evaluating ---------------------------------------------------------------------------------------------- */

/* An operator that is still open: how many of its arguments have each value. */
struct open_operator {
    uint8_t  op;
    uint32_t n, count[10];
};

static void add_argument(struct open_operator *o, int value)
{
    o->count[value]++;
    o->n++;
}

/* The argument at place i (from 0) in ascending order. */
static int ranked(const struct open_operator *o, uint32_t i)
{
    int v = 0;
    for (uint32_t below = o->count[0]; below <= i; below += o->count[++v]) {}
    return v;
}

static int apply(const struct open_operator *o)
{
    uint32_t sum = 0;
    switch (o->op) {
    case LISTOPS_MIN: return ranked(o, 0);
    case LISTOPS_MAX: return ranked(o, o->n - 1);
    case LISTOPS_MED: return (ranked(o, (o->n - 1) / 2) + ranked(o, o->n / 2)) / 2;
    default:
        for (uint32_t v = 0; v < 10; v++) sum += v * (o->count[v] % 10);
        return (int)(sum % 10);
    }
}

int listops_value(const uint8_t *token, size_t n, int levels)
{
    struct open_operator open[LISTOPS_DEPTH];
    int depth = 0;
    if (n == 1) return token[0];
    for (size_t i = 0; i < n; i++) {
        const uint8_t t = token[i];
        if (t < 10) {
            if (depth <= levels) add_argument(&open[depth - 1], t);
        } else if (t != LISTOPS_CLOSE) {
            if (++depth <= levels) open[depth - 1] = (struct open_operator){.op = t};
        } else {
            const struct open_operator *done = &open[--depth];
            const int value = depth < levels && done->n > 0 ? apply(done) : -1;
            if (depth == 0) return value;
            if (value >= 0) add_argument(&open[depth - 1], value);
        }
    }
    return -1;
}
