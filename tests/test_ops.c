/* test_ops.c -- every operation: its value against the formula, its gradient against central differences.
 *
 * Differences are of fourth order, so that 1e-7 relative is far above their own error.  Every gradient is measured for
 * inputs used once and twice, into sums that already hold something, and for every choice of inputs that want one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "memory.h"
#include "tensor/ops.h"
#include "tests/ref/attention.h"

#define INPUTS 6
#define BEFORE 0.375 /* what gradient sums hold before the backward pass */

static const size_t some_rows[] = {1, 2, 5, 7}, some_cols[] = {3, 12, 13};
#define EACH_SHAPE(n, C)                                                \
    for (size_t r_ = 0; r_ < 4; r_++)                                   \
        for (size_t c_ = 0, n = some_rows[r_]; c_ < 3; c_++)            \
            for (size_t C = some_cols[c_], once_ = 1; once_; once_ = 0)

static void fill(real *x, size_t n, double spread, uint64_t seed)
{
    random_stream s = random_stream_of(seed, RANDOM_TEST, 1, 0);
    for (size_t i = 0; i < n; i++) x[i] = spread * random_normal(&s);
}

static void near(const char *what, double got, double want, double tolerance)
{
    if (fabs(got - want) <= tolerance * (1 + fabs(want))) return;
    fail_msg("%s: got %.15g, wanted %.15g, tolerance %g", what, got, want, tolerance);
}

/* A function of some inputs. */
struct input {
    size_t rows, cols;
    real  *val, *grad;
};
struct problem {
    const char *what;
    node *(*make)(tape *tp, node **in, const void *about);
    const void *about;
    size_t n;
    struct input in[INPUTS];
    double step;
};

static void add_input(struct problem *p, size_t rows, size_t cols, double spread)
{
    struct input *x = &p->in[p->n++];
    *x = (struct input){rows, cols, calloc(rows * cols, sizeof(real)), calloc(rows * cols, sizeof(real))};
    fill(x->val, rows * cols, spread, 100 + p->n);
}

static void free_inputs(struct problem *p)
{
    for (size_t i = 0; i < p->n; i++) free(p->in[i].val), free(p->in[i].grad);
    p->n = 0;
}

/* sum of w_i x_i with weights that no symmetry of x hides behind */
static double weight(size_t i)
{
    return 0.3 + sin(1.7 * (double)i + 0.4);
}

static void weigh_backward(tape *tp, node *y)
{
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->in[0]->rows * y->in[0]->cols; i++) dx[i] += y->grad[0] * weight(i);
}

static node *weigh(tape *tp, node *x)
{
    node *y = tape_node(tp, 1, 1, weigh_backward, x, NULL, NULL);
    y->val[0] = 0;
    for (size_t i = 0; i < x->rows * x->cols; i++) y->val[0] += weight(i) * x->val[i];
    return y;
}

/* A copy, for operations that use up what they are given. */
static void same_backward(tape *tp, node *y)
{
    tp->kernel->add(y->rows * y->cols, y->grad, tape_grad(tp, y->in[0]));
}

static node *same(tape *tp, node *x)
{
    node *y = tape_node(tp, x->rows, x->cols, same_backward, x, NULL, NULL);
    memcpy(y->val, x->val, x->rows * x->cols * sizeof(real));
    return y;
}

/* The weighted sum of the function; gradients of the inputs in `wanted` are added to what their sums hold. */
static double value(const struct problem *p, bool twice, unsigned wanted)
{
    const size_t mark = arena_mark(memory);
    tape tp;
    tape_init(&tp, memory, kernel_choose(NULL), true);
    node *in[INPUTS];
    for (size_t i = 0; i < p->n; i++)
        in[i] = tape_leaf(&tp, p->in[i].rows, p->in[i].cols, p->in[i].val, wanted >> i & 1 ? p->in[i].grad : NULL);
    node *y = weigh(&tp, p->make(&tp, in, p->about));
    if (twice) y = add(&tp, y, weigh(&tp, p->make(&tp, in, p->about)));
    const double result = y->val[0];
    tape_backward(&tp, y, 1);
    arena_rewind(memory, mark);
    return result;
}

static void clear_gradients(struct problem *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->in[i].rows * p->in[i].cols; j++) p->in[i].grad[j] = BEFORE;
}

static double difference(struct problem *p, real *x, bool twice)
{
    const double h = p->step > 0 ? p->step : 1e-3, was = *x;
    double f[4];
    static const double at[] = {-2, -1, 1, 2};
    for (int k = 0; k < 4; k++) {
        *x = was + at[k] * h;
        f[k] = value(p, twice, 0);
    }
    *x = was;
    return (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
}

static void check_gradients(struct problem *p)
{
    for (int twice = 0; twice < 2; twice++) {
        clear_gradients(p);
        (void)value(p, twice, ~0U);
        for (size_t i = 0; i < p->n; i++) {
            for (size_t j = 0; j < p->in[i].rows * p->in[i].cols; j++) {
                const double numeric = difference(p, &p->in[i].val[j], twice), analytic = p->in[i].grad[j] - BEFORE;
                if (fabs(numeric - analytic) > 1e-7 * (fabs(numeric) + fabs(analytic)) + 1e-9)
                    fail_msg("%s, %s, input %zu (%zu, %zu), value %zu: gradient %.12g, by differences %.12g", p->what,
                             twice ? "used twice" : "used once", i, p->in[i].rows, p->in[i].cols, j, analytic, numeric);
            }
        }
    }
}

/* Those that want a gradient get the same one whoever else wants one, and the others' sums stay untouched. */
static void check_wants(struct problem *p)
{
    real *all[INPUTS];
    clear_gradients(p);
    (void)value(p, false, ~0U);
    for (size_t i = 0; i < p->n; i++) {
        const size_t n = p->in[i].rows * p->in[i].cols;
        all[i] = malloc(n * sizeof(real));
        memcpy(all[i], p->in[i].grad, n * sizeof(real));
    }
    for (unsigned wanted = 0; wanted < 1U << p->n; wanted++) {
        clear_gradients(p);
        (void)value(p, false, wanted);
        for (size_t i = 0; i < p->n; i++)
            for (size_t j = 0; j < p->in[i].rows * p->in[i].cols; j++)
                if (p->in[i].grad[j] != (wanted >> i & 1 ? all[i][j] : BEFORE))
                    fail_msg("%s: input %zu of those wanted (%x), value %zu: gradient %.17g, wanted %.17g", p->what, i, wanted, j,
                             p->in[i].grad[j], wanted >> i & 1 ? all[i][j] : BEFORE);
    }
    for (size_t i = 0; i < p->n; i++) free(all[i]);
}

static void check_problem(struct problem *p)
{
    check_gradients(p);
    check_wants(p);
    free_inputs(p);
}

/* The values of the function, on a tape that trains or not; in `memory` until the next rewind. */
static const node *forward(const struct problem *p, bool training)
{
    static tape tp;
    tape_init(&tp, memory, kernel_choose(NULL), training);
    node *in[INPUTS];
    for (size_t i = 0; i < p->n; i++) in[i] = tape_leaf(&tp, p->in[i].rows, p->in[i].cols, p->in[i].val, NULL);
    return p->make(&tp, in, p->about);
}

/* embedding */

static const int32_t ids[] = {3, 0, 3, 4, 1, 3, 0};

static node *make_embedding(tape *tp, node **in, const void *about)
{
    return embedding(tp, in[0], *(const size_t *)about, ids, 2.385);
}

static void embeddings(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        struct problem p = {.what = "embedding", .make = make_embedding, .about = &n};
        add_input(&p, 5, C, 1);
        const node *y = forward(&p, false);
        assert_int_equal(y->rows, n);
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < C; c++) near("embedding", y->val[i * C + c], 2.385 * p.in[0].val[(size_t)ids[i] * C + c], 1e-15);
        check_problem(&p);
    }
}

/* linear */

static node *make_linear(tape *tp, node **in, const void *about)
{
    return linear(tp, in[0], in[1], *(const bool *)about ? in[2] : NULL);
}

static node *make_linear_transposed(tape *tp, node **in, const void *about)
{
    return linear_transposed(tp, in[0], in[1], *(const bool *)about ? in[2] : NULL);
}

static void linear_of(size_t n, size_t C, size_t out, bool transposed, bool biased)
{
    struct problem p = {.what = transposed ? "linear_transposed" : "linear",
                        .make = transposed ? make_linear_transposed : make_linear, .about = &biased};
    add_input(&p, n, C, 1);
    if (transposed) add_input(&p, out, C, 1);
    else add_input(&p, C, out, 1);
    if (biased) add_input(&p, 1, out, 1);
    const node *y = forward(&p, true);
    assert_int_equal(y->rows, n);
    assert_int_equal(y->cols, out);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < out; j++) {
            double want = biased ? p.in[2].val[j] : 0;
            for (size_t c = 0; c < C; c++) want += p.in[0].val[i * C + c] * p.in[1].val[transposed ? j * C + c : c * out + j];
            near(p.what, y->val[i * out + j], want, 1e-13);
        }
    }
    check_problem(&p);
}

static void linears(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        for (int k = 0; k < 4; k++) linear_of(n, C, n == 2 ? 1 : 5, k & 1, k & 2);
    }
}

/* norm */

struct norm_about { bool rms, biased; };

static node *make_norm(tape *tp, node **in, const void *about)
{
    const struct norm_about *a = about;
    return norm(tp, in[0], in[1], a->biased ? in[2] : NULL, a->rms);
}

static void norms(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        for (int k = 0; k < 4; k++) {
            const struct norm_about about = {k & 1, k & 2};
            struct problem p = {.what = about.rms ? "rms norm" : "layer norm", .make = make_norm, .about = &about};
            add_input(&p, n, C, 1.5);
            add_input(&p, 1, C, 1);
            if (about.biased) add_input(&p, 1, C, 1);
            const node *y = forward(&p, true);
            for (size_t i = 0; i < n; i++) {
                const real *x = p.in[0].val + i * C;
                double mean = 0, square = 0;
                for (size_t c = 0; c < C && !about.rms; c++) mean += x[c] / (double)C;
                for (size_t c = 0; c < C; c++) square += (x[c] - mean) * (x[c] - mean) / (double)C;
                for (size_t c = 0; c < C; c++)
                    near(p.what, y->val[i * C + c],
                         (x[c] - mean) / sqrt(square + 1e-5) * p.in[1].val[c] + (about.biased ? p.in[2].val[c] : 0), 1e-12);
            }
            check_problem(&p);
        }
    }
}

/* activation */

static node *make_activation(tape *tp, node **in, const void *about)
{
    return activation(tp, in[0], *(const enum activation_kind *)about);
}

static double activation_formula(enum activation_kind f, double x)
{
    switch (f) {
    case GELU_ERF: return 0.5 * x * (1 + erf(x / sqrt(2)));
    case GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case RELU: return x > 0 ? x : 0;
    case SILU: return x / (1 + exp(-x));
    case ELU_PLUS_ONE: return x > 0 ? x + 1 : exp(x);
    }
    return NAN;
}

static void activations(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        for (enum activation_kind f = GELU_ERF; f <= ELU_PLUS_ONE; f++) {
            struct problem p = {.what = "activation", .make = make_activation, .about = &f};
            add_input(&p, n, C, 2);
            for (size_t i = 0; i < n * C; i++) /* away from kinks */
                if (fabs(p.in[0].val[i]) < 0.01) p.in[0].val[i] = 0.02;
            const node *y = forward(&p, true);
            for (size_t i = 0; i < n * C; i++) near("activation", y->val[i], activation_formula(f, p.in[0].val[i]), 1e-14);
            check_problem(&p);
        }
    }
}

/* random features: two heads of D, seven features.  QUERY is left out: its divisor counts as a constant (ops.h). */

struct features { enum feature_kind kind; const real *w; };

static node *make_features(tape *tp, node **in, const void *about)
{
    const struct features *f = about;
    return random_features(tp, in[0], 2, 7, f->w, f->kind);
}

static double feature_formula(enum feature_kind kind, size_t D, const real *w, const real *x, double most)
{
    double along = 0, square = 0;
    for (size_t d = 0; d < D; d++) along += w[d] * x[d] / pow((double)D, 0.25), square += x[d] * x[d] / sqrt((double)D);
    if (kind == FEATURES_RELU) return fmax(0, along) + 0.001;
    return exp(along - square / 2 - (kind == FEATURES_KEY ? most / 2 - 30 : 0)) / sqrt(7);
}

static void features(void **state)
{
    (void)state;
    static const enum feature_kind kinds[] = {FEATURES_EXP, FEATURES_KEY, FEATURES_RELU};
    for (size_t D = 1; D <= 5; D += 2) {
        for (size_t a = 0; a < 3; a++) {
            real w[2 * 7 * 5];
            fill(w, 2 * 7 * D, 1, 8);
            const struct features f = {kinds[a], w};
            struct problem p = {.what = "features", .make = make_features, .about = &f, .step = 1e-4};
            add_input(&p, 6, 2 * D, 1);
            const node *y = forward(&p, true);
            for (size_t i = 0; i < 6; i++) {
                for (size_t h = 0; h < 2; h++) {
                    double most = 0;
                    for (size_t r = 0; r < 7; r++) {
                        double square = 0;
                        for (size_t d = 0; d < D; d++) square += pow(w[(h * 7 + r) * D + d], 2);
                        most = fmax(most, square);
                    }
                    for (size_t r = 0; r < 7; r++) {
                        const double want = feature_formula(kinds[a], D, w + (h * 7 + r) * D, p.in[0].val + i * 2 * D + h * D, most);
                        if (fabs(y->val[i * 14 + h * 7 + r] - want) > 1e-12 * want) fail_msg("feature: %.15g, wanted %.15g", y->val[i * 14 + h * 7 + r], want);
                        if (kinds[a] == FEATURES_KEY) assert_true(want <= exp(30) / sqrt(7));
                    }
                }
            }
            if (kinds[a] == FEATURES_KEY) free_inputs(&p); /* EXP times a constant: its gradient has been measured */
            else check_problem(&p);
        }
    }
}

/* NaN in, NaN out: no operation may hide one. */
static void nan_stays(void **state)
{
    (void)state;
    for (enum activation_kind f = GELU_ERF; f <= ELU_PLUS_ONE; f++) {
        struct problem p = {.make = make_activation, .about = &f};
        add_input(&p, 1, 3, 1);
        p.in[0].val[1] = NAN;
        const node *y = forward(&p, true);
        assert_true(isnan(y->val[1]));
        assert_false(isnan(y->val[0]) || isnan(y->val[2]));
        free_inputs(&p);
    }
}

/* add; the same node on both sides */

static node *make_add(tape *tp, node **in, const void *about)
{
    (void)about;
    return add(tp, in[0], in[1]);
}

static node *make_double(tape *tp, node **in, const void *about)
{
    (void)about;
    return add(tp, in[0], in[0]);
}

static void additions(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        struct problem p = {.what = "add", .make = make_add};
        add_input(&p, n, C, 1);
        add_input(&p, n, C, 1);
        const node *y = forward(&p, true);
        for (size_t i = 0; i < n * C; i++) near("add", y->val[i], p.in[0].val[i] + p.in[1].val[i], 0);
        check_problem(&p);
        struct problem d = {.what = "x + x", .make = make_double};
        add_input(&d, n, C, 1);
        check_problem(&d);
    }
}

/* A chain in which gradients of nodes in the middle are taken from spent ones. */
static node *make_chain(tape *tp, node **in, const void *about)
{
    (void)about;
    node *x = in[0];
    for (int i = 0; i < 6; i++) {
        node *h = activation(tp, linear(tp, x, in[1], in[2]), SILU);
        x = add(tp, x, i % 2 ? h : add(tp, h, x));
    }
    return x;
}

static void chain(void **state)
{
    (void)state;
    struct problem p = {.what = "chain", .make = make_chain};
    add_input(&p, 5, 3, 0.5);
    add_input(&p, 3, 3, 0.5);
    add_input(&p, 1, 3, 0.5);
    check_problem(&p);
}

/* drop */

/* Three examples in one pack; ids that no place in the pack gives away. */
static const size_t pack_offset[] = {0, 1, 5, 7};
static const uint64_t pack_id[] = {40, 7, 19};
static const ptrdiff_t pack_first[] = {0, 0, 0};
static const struct pack three = {.n = 3, .offset = pack_offset, .id = pack_id, .first = pack_first};

struct drop_about { const struct pack *pack; struct dropout d; uint32_t site; };

static node *make_drop(tape *tp, node **in, const void *about)
{
    const struct drop_about *a = about;
    return drop(tp, a->pack, in[0], a->d, a->site);
}

static void drops(void **state)
{
    (void)state;
    struct drop_about about = {&three, {0.3, random_key_of(3, RANDOM_DROPOUT, 5, 1)}, 2};
    for (size_t c = 0; c < 3; c++) {
        struct problem p = {.what = "drop", .make = make_drop, .about = &about};
        add_input(&p, 7, some_cols[c], 1);
        check_problem(&p);
    }
}

static void drop_statistics(void **state)
{
    (void)state;
    const size_t n = 200, C = 101, offset[] = {0, 90, 200};
    const uint64_t id[] = {1, 2};
    const struct pack pack = {.n = 2, .offset = offset, .id = id, .first = pack_first};
    struct drop_about about = {&pack, {0.3, random_key_of(3, RANDOM_DROPOUT, 5, 1)}, 2};
    struct problem p = {.make = make_drop, .about = &about};
    add_input(&p, n, C, 1);
    const node *y = forward(&p, true);
    const double exact = round(0.3 * 65536) / 65536;
    size_t dropped = 0, twice_in_a_row = 0, both_examples = 0;
    for (size_t i = 0; i < n * C; i++) {
        const bool gone = y->val[i] == 0;
        if (!gone) near("kept value", y->val[i], p.in[0].val[i] / (1 - exact), 1e-14);
        dropped += gone;
        twice_in_a_row += gone && i > 0 && y->val[i - 1] == 0;
        both_examples += gone && i < 90 * C && y->val[i + 90 * C] == 0;
    }
    const double N = (double)(n * C); /* 5 standard deviations */
    assert_true(fabs((double)dropped / N - 0.3) < 5 * sqrt(0.3 * 0.7 / N));
    assert_true(fabs((double)twice_in_a_row / N - 0.09) < 5 * sqrt(0.09 * 0.91 / N));
    assert_true(fabs((double)both_examples / (double)(90 * C) - 0.09) < 5 * sqrt(0.09 * 0.91 / (double)(90 * C)));
    free_inputs(&p);
}

static void drop_any_pack(void **state)
{
    (void)state;
    const size_t C = 13;
    struct drop_about about = {&three, {0.4, random_key_of(3, RANDOM_DROPOUT, 5, 1)}, 2};
    struct problem p = {.make = make_drop, .about = &about};
    add_input(&p, 7, C, 1);
    const node *together = forward(&p, true);
    for (size_t e = 0; e < 3; e++) { /* each alone */
        const size_t rows = pack_offset[e + 1] - pack_offset[e], offset[] = {0, rows};
        const struct pack alone = {.n = 1, .offset = offset, .id = pack_id + e, .first = pack_first};
        struct drop_about one = about;
        one.pack = &alone;
        struct problem q = {.make = make_drop, .about = &one, .n = 1, .in = {{rows, C, p.in[0].val + pack_offset[e] * C, NULL}}};
        const node *y = forward(&q, true);
        assert_memory_equal(y->val, together->val + pack_offset[e] * C, rows * C * sizeof(real));
    }
    about.site = 3; /* another place, another mask */
    const node *other = forward(&p, true);
    assert_memory_not_equal(other->val, together->val, 7 * C * sizeof(real));
    about.site = 2;
    about.d.key = random_key_of(3, RANDOM_DROPOUT, 6, 1);
    other = forward(&p, true);
    assert_memory_not_equal(other->val, together->val, 7 * C * sizeof(real));
    free_inputs(&p);
}

static void drop_off(void **state)
{
    (void)state;
    struct drop_about about = {&three, {0.4, random_key_of(3, RANDOM_DROPOUT, 5, 1)}, 2};
    struct problem p = {.make = make_drop, .about = &about};
    add_input(&p, 7, 3, 1);
    assert_ptr_equal(forward(&p, false)->val, p.in[0].val);
    about.d.rate = 0;
    assert_ptr_equal(forward(&p, true)->val, p.in[0].val);
    free_inputs(&p);
}

/* rotate */

#define ANGLES 64
static real cosines[ANGLES * 6], sines[ANGLES * 6];

static void fill_angles(size_t D)
{
    for (size_t p = 0; p < ANGLES; p++) {
        for (size_t t = 0; t < D / 2; t++) {
            const double angle = (double)p * pow(100, -2.0 * (double)t / (double)D);
            cosines[p * (D / 2) + t] = cos(angle);
            sines[p * (D / 2) + t] = sin(angle);
        }
    }
}

struct rotate_about { size_t D; uint32_t row[7]; };

static node *make_rotate(tape *tp, node **in, const void *about)
{
    const struct rotate_about *a = about;
    return rotate(tp, in[0], a->D, a->row, cosines, sines);
}

static void rotations(void **state)
{
    (void)state;
    for (size_t D = 2; D <= 12; D += D == 2 ? 2 : D == 4 ? 2 : 6) { /* 2, 4, 6, 12 */
        fill_angles(D);
        const struct rotate_about about = {D, {0, 1, 5, 2, 63, 0, 7}};
        struct problem p = {.what = "rotate", .make = make_rotate, .about = &about};
        add_input(&p, 7, 12, 1);
        const node *y = forward(&p, true);
        for (size_t i = 0; i < 7; i++) {
            double before = 0, after = 0;
            for (size_t c = 0; c < 12; c += 2) {
                const size_t t = c % D / 2;
                const double angle = (double)about.row[i] * pow(100, -2.0 * (double)t / (double)D);
                const real *x = p.in[0].val + i * 12 + c, *u = y->val + i * 12 + c;
                near("rotated", u[0], x[0] * cos(angle) - x[1] * sin(angle), 1e-14);
                near("rotated", u[1], x[0] * sin(angle) + x[1] * cos(angle), 1e-14);
                before += x[0] * x[0] + x[1] * x[1];
                after += u[0] * u[0] + u[1] * u[1];
            }
            near("norm", after, before, 1e-14);
        }
        assert_memory_equal(y->val, p.in[0].val, 12 * sizeof(real)); /* position 0 */
        check_problem(&p);
    }
}

/* q at p, k at p': the product depends on p - p' alone. */
static void rotation_shift(void **state)
{
    (void)state;
    fill_angles(12);
    struct rotate_about about = {.D = 12};
    struct problem p = {.make = make_rotate, .about = &about};
    add_input(&p, 2, 12, 1);
    double first = 0;
    for (uint32_t shift = 0; shift < 50; shift += 7) {
        about.row[0] = 9 + shift;
        about.row[1] = 2 + shift;
        const node *y = forward(&p, true);
        double product = 0;
        for (size_t c = 0; c < 12; c++) product += y->val[c] * y->val[12 + c];
        if (shift == 0) first = product;
        near("product after a shift", product, first, 1e-13);
    }
    about.row[0]++;
    const node *y = forward(&p, true);
    double product = 0;
    for (size_t c = 0; c < 12; c++) product += y->val[c] * y->val[12 + c];
    assert_true(fabs(product - first) > 1e-3);
    free_inputs(&p);
}

/* unit, scale_rows, scale_heads */

static node *make_unit(tape *tp, node **in, const void *about)
{
    return unit(tp, in[0], *(const size_t *)about);
}

static void units(void **state)
{
    (void)state;
    static const double sizes[] = {1, 1e-3, 1e3};
    static const struct { size_t C, D; } widths[] = {{3, 3}, {12, 3}, {12, 4}, {12, 12}, {13, 13}};
    for (size_t k = 0; k < 3 * 5; k++) {
        const double size = sizes[k / 5];
        const size_t C = widths[k % 5].C, D = widths[k % 5].D;
        struct problem p = {.what = "unit", .make = make_unit, .about = &D, .step = 1e-3 * size};
        add_input(&p, 5, C, size / sqrt((double)D));
        const node *y = forward(&p, true);
        for (size_t h = 0; h < 5 * C / D; h++) {
            const real *x = p.in[0].val + h * D, *u = y->val + h * D;
            double sum = 0, norm = 0;
            for (size_t c = 0; c < D; c++) sum += x[c] * x[c];
            for (size_t c = 0; c < D; c++) near("unit", u[c], x[c] / sqrt(sum + 1e-12), 1e-14);
            for (size_t c = 0; c < D; c++) norm += u[c] * u[c];
            near("length", norm, 1, 1e-12 / sum + 1e-14);
        }
        check_problem(&p);
    }
    /* A head of zeros: finite value, finite gradient. */
    const size_t D = 3;
    struct problem p = {.make = make_unit, .about = &D};
    add_input(&p, 1, 3, 0);
    clear_gradients(&p);
    assert_true(value(&p, false, ~0U) == 0);
    for (size_t c = 0; c < 3; c++) assert_true(isfinite(p.in[0].grad[c]));
    free_inputs(&p);
}

static const real factors[] = {0, 2.385, -1.5, 1e-3, 7, 0.25, 3};

static node *make_scale_rows(tape *tp, node **in, const void *about)
{
    (void)about;
    return scale_rows(tp, in[0], factors);
}

static node *make_scale_heads(tape *tp, node **in, const void *about)
{
    return scale_heads(tp, in[0], *(const size_t *)about, in[1]);
}

static void scales(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        struct problem p = {.what = "scale_rows", .make = make_scale_rows};
        add_input(&p, n, C, 1);
        const node *y = forward(&p, true);
        for (size_t i = 0; i < n * C; i++) near("scale_rows", y->val[i], factors[i / C] * p.in[0].val[i], 0);
        check_problem(&p);
        const size_t D = C == 12 ? 4 : C == 13 ? 1 : 3;
        struct problem q = {.what = "scale_heads", .make = make_scale_heads, .about = &D};
        add_input(&q, n, C, 1);
        add_input(&q, 1, C / D, 1);
        y = forward(&q, true);
        for (size_t i = 0; i < n * C; i++) near("scale_heads", y->val[i], q.in[1].val[i % C / D] * q.in[0].val[i], 0);
        check_problem(&q);
    }
}

/* mix_heads */

static node *make_mix(tape *tp, node **in, const void *about)
{
    return mix_heads(tp, in[0], in[1], *(const size_t *)about, in[2]);
}

static void mixes(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        const size_t D = C == 12 ? 4 : C == 13 ? 1 : C;
        struct problem p = {.what = "mix_heads", .make = make_mix, .about = &D};
        add_input(&p, n, C, 1);
        add_input(&p, n, C, 1);
        add_input(&p, 1, C / D, 2);
        const node *y = forward(&p, true);
        for (size_t i = 0; i < n * C; i++) {
            const double a = p.in[0].val[i], b = p.in[1].val[i], g = 1 / (1 + exp(-p.in[2].val[i % C / D]));
            near("mix_heads", y->val[i], a + g * (b - a), 1e-14);
        }
        check_problem(&p);
    }
}

/* gate */

static node *make_gate(tape *tp, node **in, const void *about)
{
    (void)about;
    return gate(tp, in[0], in[1]);
}

static void gates(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        const size_t some_D[] = {1, C == 12 ? 4 : C, C};
        for (size_t k = 0; k < 3; k++) {
            const size_t D = some_D[k];
            struct problem p = {.what = "gate", .make = make_gate};
            add_input(&p, n, C, 1);
            add_input(&p, n, C / D, 2);
            const node *y = forward(&p, true);
            for (size_t i = 0; i < n * C; i++) near("gate", y->val[i], p.in[0].val[i] / (1 + exp(-p.in[1].val[i / D])), 1e-14);
            check_problem(&p);
        }
    }
}

/* pool, prepend */

struct pool_about { struct pack pack; enum pool_kind kind; };

static node *make_pool(tape *tp, node **in, const void *about)
{
    const struct pool_about *a = about;
    return pool(tp, &a->pack, in[0], a->kind);
}

static void pools(void **state)
{
    (void)state;
    static const unsigned char valid[] = {0, 1, 0, 1, 1, 0, 1}; /* nothing to see in the first example */
    for (int k = 0; k < 3 * 5 * 2; k++) {
        const size_t C = some_cols[k % 3];
        struct pool_about about = {three, (enum pool_kind)(k / 3 % 5)};
        const bool flagged = k / 15;
        about.pack.valid = flagged ? valid : NULL;
        struct problem p = {.what = "pool", .make = make_pool, .about = &about};
        add_input(&p, 7, C, 1);
        const node *y = forward(&p, true);
        assert_int_equal(y->rows, 3);
        for (size_t e = 0; e < 3; e++) {
            for (size_t c = 0; c < C; c++) {
                const size_t from = pack_offset[e], to = pack_offset[e + 1];
                double sum = 0, count = 0, all = 0, want;
                for (size_t i = from; i < to; i++) {
                    all += p.in[0].val[i * C + c];
                    if (flagged && !valid[i]) continue;
                    sum += p.in[0].val[i * C + c];
                    count++;
                }
                if (about.kind == FIRST_ROW) want = p.in[0].val[from * C + c];
                else if (about.kind == LAST_ROW) want = p.in[0].val[(to - 1) * C + c];
                else if (about.kind == MEAN_ALL) want = all / (double)(to - from);
                else if (about.kind == SEEN_OVER_ALL) want = sum / (double)(to - from);
                else want = count > 0 ? sum / count : 0;
                near("pool", y->val[e * C + c], want, 1e-15);
            }
        }
        check_problem(&p);
    }
}

/* join */

static node *make_join(tape *tp, node **in, const void *about)
{
    return join_pairs(tp, in[0], *(const enum join_kind *)about);
}

static void joins(void **state)
{
    (void)state;
    static const char *const parts[] = {"ab", "abpd", "abdp"}; /* p: product, d: difference */
    for (int k = 0; k < 3; k++) {
        const enum join_kind kind = (enum join_kind)k;
        for (size_t n = 1; n <= 3; n++) {
            const size_t C = some_cols[n - 1], width = strlen(parts[k]) * C;
            struct problem p = {.what = "join_pairs", .make = make_join, .about = &kind};
            add_input(&p, 2 * n, C, 1);
            const node *y = forward(&p, true);
            assert_int_equal(y->rows, n);
            assert_int_equal(y->cols, width);
            for (size_t i = 0; i < n * width; i++) {
                const size_t e = i / width, c = i % C;
                const double a = p.in[0].val[2 * e * C + c], b = p.in[0].val[(2 * e + 1) * C + c];
                const char part = parts[k][i % width / C];
                near("join_pairs", y->val[i], part == 'a' ? a : part == 'b' ? b : part == 'p' ? a * b : a - b, 1e-15);
            }
            check_problem(&p);
        }
    }
}

static node *make_prepend(tape *tp, node **in, const void *about)
{
    (void)about;
    return prepend(tp, &three, in[0], in[1]);
}

static void prepends(void **state)
{
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        const size_t C = some_cols[k];
        struct problem p = {.what = "prepend", .make = make_prepend};
        add_input(&p, 7, C, 1);
        add_input(&p, 1, C, 1);
        const node *y = forward(&p, true);
        assert_int_equal(y->rows, 10);
        static const int from[] = {-1, 0, -1, 1, 2, 3, 4, -1, 5, 6};
        for (size_t i = 0; i < 10; i++)
            assert_memory_equal(y->val + i * C, from[i] < 0 ? p.in[1].val : p.in[0].val + (size_t)from[i] * C, C * sizeof(real));
        check_problem(&p);
    }
}

/* cross_entropy */

static const int32_t targets[] = {2, -1, 0, 1, -1, 2, 2};

static node *make_cross_entropy(tape *tp, node **in, const void *about)
{
    (void)about;
    return cross_entropy(tp, same(tp, in[0]), targets, NULL, NULL);
}

static void cross_entropies(void **state)
{
    (void)state;
    EACH_SHAPE(n, V) {
        struct problem p = {.what = "cross_entropy", .make = make_cross_entropy};
        add_input(&p, n, V, 2);
        double want = 0, each[7];
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < V; j++) sum += exp(p.in[0].val[i * V + j]);
            each[i] = targets[i] < 0 ? 0 : log(sum) - p.in[0].val[i * V + (size_t)targets[i]];
            want += each[i];
        }
        tape tp;
        tape_init(&tp, memory, kernel_choose(NULL), false);
        double loss[7];
        unsigned char right[7];
        node *y = cross_entropy(&tp, same(&tp, tape_leaf(&tp, n, V, p.in[0].val, NULL)), targets, loss, right);
        near("sum", y->val[0], want, 1e-13);
        for (size_t i = 0; i < n; i++) {
            size_t best = 0;
            for (size_t j = 1; j < V; j++)
                if (p.in[0].val[i * V + j] > p.in[0].val[i * V + best]) best = j;
            near("row", loss[i], each[i], 1e-13);
            assert_int_equal(right[i], targets[i] == (int32_t)best);
        }
        check_gradients(&p);
        clear_gradients(&p);
        (void)value(&p, false, ~0U);
        for (size_t i = 0; i < n; i++) {
            double of_row = 0;
            for (size_t j = 0; j < V; j++) {
                if (targets[i] < 0) assert_true(p.in[0].grad[i * V + j] == BEFORE); /* masked: exactly nothing */
                of_row += p.in[0].grad[i * V + j] - BEFORE;
            }
            near("sum of a row's gradient", of_row, 0, 1e-14);
        }
        free_inputs(&p);
    }
}

/* Equal logits: ln V, and the first of equals counts as the choice.  Huge logits: no overflow. */
static void cross_entropy_extremes(void **state)
{
    (void)state;
    const int32_t target[] = {0, 4, 12};
    double loss[3];
    unsigned char right[3];
    real x[3 * 13];
    tape tp;
    tape_init(&tp, memory, kernel_choose(NULL), false);
    for (size_t i = 0; i < 39; i++) x[i] = -2.385;
    node *y = cross_entropy(&tp, tape_leaf(&tp, 3, 13, x, NULL), target, loss, right);
    near("loss", y->val[0], 3 * log(13), 1e-14);
    for (size_t i = 0; i < 3; i++) near("row", loss[i], log(13), 1e-14);
    assert_true(right[0] && !right[1] && !right[2]);
    for (size_t i = 0; i < 39; i++) x[i] = i % 13 == 4 ? 1e5 : -1e5;
    (void)cross_entropy(&tp, tape_leaf(&tp, 3, 13, x, NULL), target, loss, right);
    near("far off", loss[0], 2e5, 1e-14);
    near("sure", loss[1], 0, 1e-14);
}

/* softmax_attention: two examples, two heads, and memory before each of them. */

#define H  2
#define D  3
#define DV 2
static const size_t query_offset[] = {0, 3, 7}, memory_offset[] = {0, 4, 5};
static const uint64_t query_id[] = {12, 3};
static const ptrdiff_t query_first[] = {4, 1}, memory_first[] = {0, 0};
static const struct pack queries = {.n = 2, .offset = query_offset, .id = query_id, .first = query_first};
static const unsigned char memory_visible[] = {1, 0, 1, 1, 1};
static const struct pattern causal = {0, PATTERN_FAR, 1}, two_bands[H] = {{0, 2, 1}, {1, PATTERN_FAR, 2}};

struct attention_about { size_t pieces; bool per_head; double rate; };

static struct attention_request request(node **in, const struct attention_about *a)
{
    return (struct attention_request){
        .pack = &queries, .heads = H, .scale = 0.7, .drop = {a->rate, random_key_of(1, RANDOM_DROPOUT, 2, 3)}, .pieces = a->pieces,
        .piece = {{.q = in[0], .k = in[1], .v = in[2], .pattern = a->per_head ? two_bands : &causal, .pattern_per_head = a->per_head},
                  {.q = a->pieces > 1 ? in[5] : NULL, .k = in[3], .v = in[4], .key_offset = memory_offset, .key_first = memory_first,
                   .pattern = &causal, .visible = memory_visible}},
    };
}

static node *make_attention(tape *tp, node **in, const void *about)
{
    const struct attention_request rq = request(in, about);
    return softmax_attention(tp, &rq);
}

/* Every score, weight and sum of one row. */
static void attention_row(const struct problem *p, size_t e, size_t i, size_t h, double *out)
{
    const struct attention_about *a = p->about;
    const struct attention_request rq = {.drop = {a->rate, random_key_of(1, RANDOM_DROPOUT, 2, 3)}};
    double w[2][7], sum = 0;
    size_t column = 0;
    out[0] = out[1] = 0;
    for (int pass = 0; pass < 2; pass++, column = 0) {
        for (size_t s = 0; s < a->pieces; s++) {
            const size_t *offset = s ? memory_offset : query_offset, keys = offset[e + 1] - offset[e];
            const struct pattern by = s || !a->per_head ? causal : two_bands[h];
            const real *q = p->in[s ? 5 : 0].val + (query_offset[e] + i) * H * D + h * D;
            for (size_t j = 0; j < keys; j++, column++) {
                const real *k = p->in[s ? 3 : 1].val + (offset[e] + j) * H * D + h * D;
                const real *v = p->in[s ? 4 : 2].val + (offset[e] + j) * H * DV + h * DV;
                const ptrdiff_t delta = query_first[e] + (ptrdiff_t)i - ((s ? memory_first : query_first)[e] + (ptrdiff_t)j);
                if (pass == 0) {
                    double score = 0;
                    for (size_t d = 0; d < D; d++) score += 0.7 * q[d] * k[d];
                    const bool sees = delta >= by.near && delta <= by.far && delta % by.every == 0 && (!s || memory_visible[offset[e] + j]);
                    w[s][j] = sees ? exp(score) : 0;
                    sum += w[s][j];
                } else if (sum > 0) {
                    const uint32_t row = (uint32_t)(query_first[e] + (ptrdiff_t)i); /* the counter knows absolute positions */
                    const double kept = ref_dropout(&rq.drop, row, (uint32_t)column, (uint32_t)query_id[e], (uint32_t)h);
                    for (size_t d = 0; d < DV; d++) out[d] += kept * w[s][j] / sum * v[d];
                }
            }
        }
    }
}

static void attention_inputs(struct problem *p, const struct attention_about *a)
{
    *p = (struct problem){.what = "softmax_attention", .make = make_attention, .about = a};
    add_input(p, 7, H * D, 1);
    add_input(p, 7, H * D, 1);
    add_input(p, 7, H * DV, 1);
    if (a->pieces == 1) return;
    add_input(p, 5, H * D, 1);
    add_input(p, 5, H * DV, 1);
    add_input(p, 7, H * D, 1); /* the memory has queries of its own */
}

static void attentions_op(void **state)
{
    (void)state;
    static const struct attention_about kinds[] = {{1, false, 0}, {2, false, 0}, {2, true, 0}, {1, true, 0}, {2, false, 0.3}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct problem p;
        attention_inputs(&p, &kinds[k]);
        const node *y = forward(&p, true);
        assert_int_equal(y->rows, 7);
        assert_int_equal(y->cols, H * DV);
        for (size_t e = 0; e < 2; e++) {
            for (size_t i = 0; i < query_offset[e + 1] - query_offset[e]; i++) {
                for (size_t h = 0; h < H; h++) {
                    double want[DV];
                    attention_row(&p, e, i, h, want);
                    for (size_t d = 0; d < DV; d++)
                        near("attention", y->val[(query_offset[e] + i) * H * DV + h * DV + d], want[d], 1e-13);
                }
            }
        }
        check_problem(&p); /* its check_wants is the stop-gradient: memory whose k and v are leaves without a gradient */
    }
}

/* A tape that only evaluates drops no weight. */
static void attention_evaluates(void **state)
{
    (void)state;
    static const struct attention_about with = {2, false, 0.5}, without = {2, false, 0};
    struct problem p;
    attention_inputs(&p, &with);
    const node *training = forward(&p, true), *evaluating = forward(&p, false);
    p.about = &without;
    const node *plain = forward(&p, false);
    assert_memory_equal(evaluating->val, plain->val, 7 * H * DV * sizeof(real));
    assert_memory_not_equal(training->val, plain->val, 7 * H * DV * sizeof(real));
    free_inputs(&p);
}

/* The weight that keys get from all queries of all heads and examples: as much in all as there are rows. */
static real weight_received[2][8];

static node *make_receiving(tape *tp, node **in, const void *about)
{
    struct attention_request rq = request(in, about);
    for (size_t s = 0; s < rq.pieces; s++) rq.piece[s].received = weight_received[s];
    return softmax_attention(tp, &rq);
}

static void attention_weights_received(void **state)
{
    (void)state;
    static const struct attention_about kinds[] = {{1, false, 0}, {2, true, 0}, {2, false, 0.3}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct problem p;
        attention_inputs(&p, &kinds[k]);
        const node *plain = forward(&p, true);
        p.make = make_receiving;
        memset(weight_received, 0, sizeof weight_received);
        const node *y = forward(&p, true);
        assert_memory_equal(y->val, plain->val, 7 * H * DV * sizeof(real));
        double sum = 0;
        for (size_t i = 0; i < 16; i++) sum += weight_received[i / 8][i % 8];
        near("received", sum, 7 * H, 1e-13);
        free_inputs(&p);
    }
}

/* Some queries alone, over ranges of keys that overlap and leave keys out. */

static const size_t range_queries[] = {0, 1, 3}, range_from[] = {1, 2}, range_to[] = {3, 6};
static const ptrdiff_t range_query_first[] = {5, 2}, range_key_first[] = {4, 0};

static node *make_ranges(tape *tp, node **in, const void *about)
{
    (void)about;
    const struct attention_request rq = {
        .pack = &queries, .query_offset = range_queries, .query_first = range_query_first, .heads = H, .scale = 0.7, .pieces = 1,
        .piece = {{.q = in[0], .k = in[1], .v = in[2], .key_offset = range_from, .key_end = range_to, .key_first = range_key_first,
                   .pattern = &causal}},
    };
    return softmax_attention(tp, &rq);
}

static void attention_ranges(void **state)
{
    (void)state;
    struct problem p = {.what = "ranges", .make = make_ranges};
    add_input(&p, 3, H * D, 1);
    add_input(&p, 7, H * D, 1);
    add_input(&p, 7, H * DV, 1);
    const node *y = forward(&p, true);
    assert_int_equal(y->rows, 3);
    for (size_t e = 0; e < 2; e++) {
        for (size_t i = range_queries[e]; i < range_queries[e + 1]; i++) {
            for (size_t h = 0; h < H; h++) {
                double sum = 0, want[DV] = {0};
                for (size_t j = range_from[e]; j < range_to[e]; j++) {
                    const ptrdiff_t query = range_query_first[e] + (ptrdiff_t)(i - range_queries[e]);
                    if (range_key_first[e] + (ptrdiff_t)(j - range_from[e]) > query) continue;
                    double s = 0;
                    for (size_t d = 0; d < D; d++) s += 0.7 * p.in[0].val[i * H * D + h * D + d] * p.in[1].val[j * H * D + h * D + d];
                    sum += exp(s);
                    for (size_t d = 0; d < DV; d++) want[d] += exp(s) * p.in[2].val[j * H * DV + h * DV + d];
                }
                for (size_t d = 0; d < DV; d++) near("ranges", y->val[i * H * DV + h * DV + d], sum > 0 ? want[d] / sum : 0, 1e-13);
            }
        }
    }
    check_problem(&p);
}

/* rows, project, slots */

static const size_t chosen[] = {5, 0, 3};

static node *make_take(tape *tp, node **in, const void *about)
{
    (void)about;
    return take_rows(tp, in[0], 3, chosen);
}

static void some_rows_taken(void **state)
{
    (void)state;
    struct problem p = {.what = "take_rows", .make = make_take};
    add_input(&p, 7, 5, 1);
    const node *y = forward(&p, true);
    assert_int_equal(y->rows, 3);
    for (size_t i = 0; i < 3; i++) assert_memory_equal(y->val + i * 5, p.in[0].val + chosen[i] * 5, 5 * sizeof(real));
    check_problem(&p);
}

static node *make_put(tape *tp, node **in, const void *about)
{
    (void)about;
    return put_rows(tp, in[0], in[1], chosen);
}

static void some_rows_put(void **state)
{
    (void)state;
    struct problem p = {.what = "put_rows", .make = make_put};
    add_input(&p, 7, 5, 1);
    add_input(&p, 3, 5, 1);
    const node *y = forward(&p, true);
    static const int part[] = {1, -1, -1, 2, -1, 0, -1};
    for (size_t i = 0; i < 7; i++)
        assert_memory_equal(y->val + i * 5, part[i] < 0 ? p.in[0].val + i * 5 : p.in[1].val + part[i] * 5, 5 * sizeof(real));
    check_problem(&p);
}

static node *make_projection(tape *tp, node **in, const void *about)
{
    (void)about;
    return project_rows(tp, &three, in[0], in[1], 3, 5); /* 3 heads, 5 slots */
}

static void projections(void **state)
{
    (void)state;
    for (size_t sets = 1; sets <= 3; sets += 2) {
        struct problem p = {.what = "project_rows", .make = make_projection};
        add_input(&p, 7, 12, 1);
        add_input(&p, 6, 5 * sets, 1); /* more rows than any example has */
        const node *y = forward(&p, true);
        assert_int_equal(y->rows, 3 * 5);
        for (size_t e = 0; e < 3; e++) {
            for (size_t slot = 0; slot < 5; slot++) {
                for (size_t c = 0; c < 12; c++) {
                    double want = 0;
                    for (size_t i = pack_offset[e]; i < pack_offset[e + 1]; i++)
                        want += p.in[1].val[(i - pack_offset[e]) * 5 * sets + (sets == 3 ? c / 4 * 5 : 0) + slot] * p.in[0].val[i * 12 + c];
                    near("project_rows", y->val[(e * 5 + slot) * 12 + c], want, 1e-13);
                }
            }
        }
        check_problem(&p);
    }
}

struct slots_about { struct slots slots; enum slot_kind kind; };

static node *make_slots(tape *tp, node **in, const void *about)
{
    const struct slots_about *a = about;
    return slot_rows(tp, in[0], &a->slots, a->kind, a->kind == SLOT_SUM ? in[1] : NULL);
}

static void slots_of_rows(void **state)
{
    (void)state;
    static const size_t first[] = {0, 3, 4, 7};
    static const unsigned char valid[] = {1, 0, 1, 0, 0, 1, 1}; /* nothing to see in the second slot */
    for (int k = 0; k < 8; k++) {
        const enum slot_kind kind = k / 2 < 2 ? (enum slot_kind)(k / 2) : SLOT_SUM;
        const size_t heads = k / 2 == 3 ? 3 : 1;
        const struct slots_about about = {{3, first, k % 2 ? valid : NULL}, kind};
        struct problem p = {.what = "slot_rows", .make = make_slots, .about = &about, .step = 1e-5};
        add_input(&p, 7, 12, 1);
        if (kind == SLOT_SUM) add_input(&p, 4, heads, 1);
        const node *y = forward(&p, true);
        for (size_t s = 0; s < 3; s++) {
            for (size_t c = 0; c < 12; c++) {
                double sum = 0, n = 0, most = -INFINITY, weighted = 0;
                for (size_t i = first[s]; i < first[s + 1]; i++) {
                    if (k % 2 && !valid[i]) continue;
                    const double x = p.in[0].val[i * 12 + c];
                    sum += x, n++, most = fmax(most, x);
                    if (kind == SLOT_SUM) weighted += p.in[1].val[(i - first[s]) * heads + c / (12 / heads)] * x;
                }
                near("slot_rows", y->val[s * 12 + c], n == 0 ? 0 : kind == SLOT_MEAN ? sum / n : kind == SLOT_MAX ? most : weighted, 1e-14);
            }
        }
        check_problem(&p);
    }
}

/* reshape, detached, neighbours, squared_difference: the parts of a compression of rows and of its loss */

static node *make_reshape(tape *tp, node **in, const void *about)
{
    (void)about;
    return add(tp, reshape(tp, in[0], 2, 6), reshape(tp, same(tp, in[0]), 2, 6));
}

static node *make_detached(tape *tp, node **in, const void *about)
{
    (void)about;
    return add(tp, detached(tp, in[0]), in[1]);
}

static void reshapes(void **state)
{
    (void)state;
    struct problem p = {.what = "reshape", .make = make_reshape};
    add_input(&p, 4, 3, 1);
    const node *y = forward(&p, true);
    assert_int_equal(y->rows, 2);
    for (size_t i = 0; i < 12; i++) near("reshape", y->val[i], 2 * p.in[0].val[i], 0);
    check_problem(&p);
    struct problem d = {.what = "detached", .make = make_detached};
    add_input(&d, 4, 3, 1);
    add_input(&d, 4, 3, 1);
    y = forward(&d, true);
    for (size_t i = 0; i < 12; i++) near("detached", y->val[i], d.in[0].val[i] + d.in[1].val[i], 0);
    clear_gradients(&d);
    (void)value(&d, true, ~0U);
    for (size_t i = 0; i < 12; i++) {
        near("detached", d.in[0].grad[i], BEFORE, 0);
        near("detached", d.in[1].grad[i], BEFORE + 2 * weight(i), 1e-14);
    }
    free_inputs(&d);
}

static const size_t some_runs[] = {0, 1, 1, 4, 9}; /* one is empty, one shorter than its neighbours are apart */

static node *make_neighbours(tape *tp, node **in, const void *about)
{
    return neighbours(tp, in[0], 4, some_runs, *(const size_t *)about);
}

static void neighbouring_rows(void **state)
{
    (void)state;
    for (size_t apart = 1; apart <= 5; apart++) {
        struct problem p = {.what = "neighbours", .make = make_neighbours, .about = &apart};
        add_input(&p, 9, 3, 1);
        const node *y = forward(&p, true);
        assert_int_equal(y->rows, 9);
        assert_int_equal(y->cols, 9);
        for (size_t r = 0; r < 4; r++) {
            for (size_t i = some_runs[r]; i < some_runs[r + 1]; i++) {
                for (size_t place = 0; place < 3; place++) {
                    const ptrdiff_t j = (ptrdiff_t)i + ((ptrdiff_t)place - 1) * (ptrdiff_t)apart;
                    const bool inside = j >= (ptrdiff_t)some_runs[r] && j < (ptrdiff_t)some_runs[r + 1];
                    for (size_t c = 0; c < 3; c++)
                        near("neighbours", y->val[i * 9 + place * 3 + c], inside ? p.in[0].val[(size_t)j * 3 + c] : 0, 0);
                }
            }
        }
        check_problem(&p);
    }
}

static node *make_squared(tape *tp, node **in, const void *about)
{
    (void)about;
    return squared_difference(tp, in[0], in[1]);
}

static void squared_differences(void **state)
{
    (void)state;
    EACH_SHAPE(n, C) {
        struct problem p = {.what = "squared_difference", .make = make_squared};
        add_input(&p, n, C, 1);
        add_input(&p, n, C, 1);
        double want = 0;
        for (size_t i = 0; i < n * C; i++) want += pow(p.in[0].val[i] - p.in[1].val[i], 2);
        near("squared_difference", forward(&p, true)->val[0], want, 1e-13);
        check_problem(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings),     cmocka_unit_test(linears),         cmocka_unit_test(norms),
        cmocka_unit_test(activations),    cmocka_unit_test(features),
        cmocka_unit_test(nan_stays),       cmocka_unit_test(additions),
        cmocka_unit_test(chain),          cmocka_unit_test(drops),           cmocka_unit_test(drop_statistics),
        cmocka_unit_test(drop_any_pack),  cmocka_unit_test(drop_off),        cmocka_unit_test(rotations),
        cmocka_unit_test(rotation_shift), cmocka_unit_test(units),           cmocka_unit_test(scales), cmocka_unit_test(mixes), cmocka_unit_test(gates),
        cmocka_unit_test(joins),
        cmocka_unit_test(pools),          cmocka_unit_test(prepends),        cmocka_unit_test(cross_entropies),
        cmocka_unit_test(cross_entropy_extremes),                            cmocka_unit_test(attentions_op),
        cmocka_unit_test(attention_evaluates),      cmocka_unit_test(attention_ranges),
        cmocka_unit_test(some_rows_taken),          cmocka_unit_test(some_rows_put),
        cmocka_unit_test(projections),              cmocka_unit_test(slots_of_rows),
        cmocka_unit_test(attention_weights_received),                        cmocka_unit_test(reshapes),
        cmocka_unit_test(neighbouring_rows),        cmocka_unit_test(squared_differences),
    };
    return cmocka_run_group_tests(tests, memory_setup, memory_teardown);
}
