/* random_features.c -- features of x under which a kernel is a dot product, FAVOR+ of the Performer.
 *
 * Choromanski et al., "Rethinking Attention with Performers", arXiv:2009.14794, lemma 1 and eq. (5):
 *
 *   phi_r(x) = e^(w_r . xhat - |xhat|^2 / 2) / sqrt(F)     xhat = x / D^(1/4), w_r normal: then
 *   E phi(q) . phi(k) = e^(q . k / sqrt(D))
 *   ReLU     = max(0, w_r . xhat) + 1/1000                 no softmax behind it
 *
 * x (n, H D), w (H, F, D), y (n, H F).  Time O(n H F D).
 * Backward, with du_r = dphi_r phi_r:  dxhat = sum_r du_r w_r - xhat sum_r du_r;  ReLU: du_r = dphi_r where w_r . xhat > 0.
 *
 * The exponential needs a stabiliser that cancels in num / den, and what divides the keys must be the same for all of them.
 *   queries  the row's own maximum: each row of out has its own den.  |xhat|^2 / 2 cancels with it, so neither is computed,
 *            and neither has a gradient.
 *   keys     a constant of w alone.  The exponent is at most |w_r|^2 / 2 (the difference is |w_r - xhat|^2 / 2), so
 *            subtracting  max_r |w_r|^2 / 2 - 30  keeps every feature below e^30, whatever the data: no overflow, and
 *            10^20 more room below than without the 30 before floats underflow.
 *   Traps.   The largest exponent over all keys, as published code has it, lets the last key change every earlier row of a
 *            causal layer (rounding, or far more with an epsilon added to the features); one over a batch couples its
 *            examples.  There is no epsilon here: kernel.h's den has a floor instead.
 */
#include <assert.h>
#include <math.h>

#include "tensor/ops.h"
#include "tensor/product.h"

#define RELU_FLOOR ((real)0.001)
#define BLOCK      512 /* rows at a time, so that what a product wrote is still in the cache */
#define HIGHEST    30  /* the exponent of the largest key feature there could be */

struct features_state {
    size_t      H, D, F;
    const real *w;
    enum feature_kind kind;
    real        shrink; /* D^(-1/4) */
};

/* Half the squared length of row i's head, in units of xhat. */
static real half_square(const tape *tp, const struct features_state *s, const real *x)
{
    return (real)(tp->kernel->sum_squares(s->D, x) * (double)(s->shrink * s->shrink) / 2);
}

static real stabiliser(const tape *tp, const struct features_state *s, const real *w)
{
    if (s->kind != FEATURES_KEY) return 0;
    double most = 0;
    for (size_t r = 0; r < s->F; r++) most = fmax(most, tp->kernel->sum_squares(s->D, w + r * s->D));
    return (real)(most / 2 - HIGHEST);
}

/* Rows from .. from + n of head `head`: u = w . xhat becomes the features, in place. */
static void apply(tape *tp, const struct features_state *s, const node *x, size_t head, real down, size_t from, size_t n,
                  real *u)
{
    const size_t F = s->F, wide = s->H * F;
    real offset[BLOCK];
    if (s->kind == FEATURES_RELU) {
        for (size_t i = 0; i < n; i++)
            for (size_t r = 0; r < F; r++) u[i * wide + r] = (u[i * wide + r] < 0 ? 0 : u[i * wide + r]) + RELU_FLOOR;
        return;
    }
    for (size_t i = 0; i < n && s->kind != FEATURES_QUERY; i++)
        offset[i] = half_square(tp, s, x->val + ((from + i) * s->H + head) * s->D) + down;
    tp->kernel->exp_rows(n, F, wide, (real)(1 / sqrt((double)F)), s->kind == FEATURES_QUERY ? NULL : offset, u);
}

/* dy becomes du; sums[i] = sum of row i where that is needed. */
static void apply_backward(tape *tp, const struct features_state *s, size_t n, const real *y, real *dy, real *sums)
{
    const size_t F = s->F, wide = s->H * F;
    if (s->kind != FEATURES_RELU) {
        tp->kernel->multiply_rows(n, F, wide, y, dy, sums);
        return;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < F; r++) dy[i * wide + r] = y[i * wide + r] <= RELU_FLOOR ? 0 : dy[i * wide + r];
}

/* y's own gradient serves as du: nobody needs it afterwards. */
static void random_features_backward(tape *tp, node *y)
{
    const struct features_state *s = y->aux;
    const size_t D = s->D, F = s->F, C = s->H * D, wide = s->H * F;
    const node *x = y->in[0];
    real *dx = tape_grad(tp, y->in[0]), sums[BLOCK];
    for (size_t from = 0; from < y->rows; from += BLOCK) {
        const size_t n = y->rows - from < BLOCK ? y->rows - from : BLOCK;
        for (size_t h = 0; h < s->H; h++) {
            const size_t row = from * C + h * D;
            real *du = y->grad + from * wide + h * F;
            apply_backward(tp, s, n, y->val + from * wide + h * F, du, sums);
            product(PLAIN, PLAIN, n, D, F, s->shrink, du, wide, s->w + h * F * D, D, 1, dx + row, C);
            if (s->kind != FEATURES_EXP && s->kind != FEATURES_KEY) continue;
            for (size_t i = 0; i < n; i++)
                tp->kernel->add_scaled(D, -sums[i] * s->shrink * s->shrink, x->val + row + i * C, dx + row + i * C);
        }
    }
}

node *random_features(tape *tp, node *x, size_t heads, size_t features, const real *w, enum feature_kind kind)
{
    assert(x->cols % heads == 0 && features >= 1);
    const size_t D = x->cols / heads, F = features;
    node *y = tape_node(tp, x->rows, heads * F, random_features_backward, x, NULL, NULL);
    struct features_state *s = ARENA_NEW(tp->memory, struct features_state);
    *s = (struct features_state){heads, D, F, w, kind, (real)pow((double)D, -0.25)};
    y->aux = s;
    for (size_t h = 0; h < heads; h++) {
        const real down = stabiliser(tp, s, w + h * F * D);
        for (size_t from = 0; from < x->rows; from += BLOCK) {
            const size_t n = x->rows - from < BLOCK ? x->rows - from : BLOCK;
            real *u = y->val + (from * heads + h) * F;
            product(PLAIN, TRANSPOSED, n, F, D, s->shrink, x->val + (from * heads + h) * D, heads * D, w + h * F * D, D, 0,
                    u, heads * F);
            apply(tp, s, x, h, down, from, n, u);
        }
    }
    return y;
}
