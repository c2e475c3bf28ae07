/* test_linear_kernel_float.c -- linear attention and random features of every float table that this CPU can run, against the
 * same computation in double.
 *
 * Errors are measured against the largest number of the array (1 at least): outputs 3e-6, states and gradients 1e-5.  All
 * features are positive, so nothing cancels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "linear_problem.h"
#include "tensor/ops.h"
#include "tensor/product.h"

static void near_rows(const struct kernel *k, const struct linear_spec *s, const char *what, const real *got, const real *before,
                      size_t stride, const double *wanted, size_t rows, size_t cols, double tolerance)
{
    double most = 1;
    for (size_t i = 0; i < rows * cols; i++) most = fmax(most, fabs(wanted[i]));
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < cols; c++) {
            const double x = (double)got[i * stride + c] - (before ? (double)before[i * stride + c] : 0), y = wanted[i * cols + c];
            if (fabs(x - y) <= tolerance * most) continue;
            fail_msg("%s, %s[%zu][%zu]: got %.9g, wanted %.9g, error %.2g; rows %zu, F %zu, Dv %zu, sees %d, decay %g, normalise %d, "
                     "state %d, hidden %d, segment %zu, bptt %zd, delta %d", k->name, what, i, c, x, y, fabs(x - y) / most, s->rows, s->F, s->Dv, s->sees, s->decay,
                     s->normalise, s->with_state, s->hidden, s->segment, (ptrdiff_t)s->bptt, s->delta);
        }
    }
}

static void one_spec(const struct linear_spec *spec, const void *about)
{
    const struct kernel *k = about;
    struct linear_spec rounded = *spec;
    rounded.decay = (double)(real)spec->decay;
    const struct linear_spec *s = &rounded;
    struct linear_problem *p = linear_problem_new(s, k, 1), *was = linear_problem_new(s, k, 1);
    struct linear_wanted w = linear_want(p);
    const size_t wide_q = p->head.q_stride, wide_v = p->head.v_stride;
    k->linear_forward(&p->head, p->scratch);
    near_rows(k, s, "out", p->out, NULL, wide_v, w.out, s->rows, s->Dv, 3e-6);
    if (s->with_state) near_rows(k, s, "state_out", p->state_out, NULL, s->Dv + 1, w.state_out, s->F, s->Dv + 1, 1e-5);
    k->linear_backward(&p->head, p->scratch);
    near_rows(k, s, "dq", p->dq, was->dq, wide_q, w.dq, s->rows, s->F, 1e-5);
    near_rows(k, s, "dk", p->dk, was->dk, wide_q, w.dk, s->rows, s->F, 1e-5);
    near_rows(k, s, "dv", p->dv, was->dv, wide_v, w.dv, s->rows, s->Dv, 1e-5);
    if (s->with_state) near_rows(k, s, "d_state_in", p->d_state_in, was->d_state_in, s->Dv + 1, w.d_state_in, s->F, s->Dv + 1, 1e-5);
    linear_wanted_free(&w);
    linear_problem_free(p);
    linear_problem_free(was);
}

#define EACH_TABLE(k)                                                                  \
    for (size_t t_ = 0; t_ < 3; t_++)                                                  \
        for (const struct kernel *k = kernel_choose((const char *[]){"plain", "avx2", "avx512"}[t_]); k; k = NULL)

static void quadratic_form(void **state)
{
    (void)state;
    EACH_TABLE(k) linear_each_spec(one_spec, k);
}

static void memory_in_segments(void **state)
{
    (void)state;
    EACH_TABLE(k) linear_each_memory(one_spec, k);
}

static void causal_exactly(void **state)
{
    (void)state;
    const struct linear_spec s = {.rows = 140, .F = 32, .Dv = 32, .sees = LINEAR_CAUSAL, .decay = 1, .normalise = 1};
    EACH_TABLE(k) {
        for (size_t cut = 1; cut < 140; cut += 9) {
            struct linear_problem *a = linear_problem_new(&s, k, 5), *b = linear_problem_new(&s, k, 5);
            for (size_t i = cut * b->head.q_stride; i < b->n_q; i++) b->k[i] *= 1000, b->q[i] = 7;
            for (size_t i = cut * b->head.v_stride; i < b->n_v; i++) b->v[i] -= 1e6f;
            k->linear_forward(&a->head, a->scratch);
            k->linear_forward(&b->head, b->scratch);
            assert_memory_equal(a->out, b->out, cut * a->head.out_stride * sizeof(real));
            linear_problem_free(a);
            linear_problem_free(b);
        }
    }
}

/* Not only the sizes of tests: a long row of many features, with numbers of very different size. */
static void long_and_wide(void **state)
{
    (void)state;
    const struct linear_spec s = {.rows = 1000, .F = 64, .Dv = 32, .sees = LINEAR_CAUSAL, .decay = 1, .normalise = 1};
    EACH_TABLE(k) one_spec(&s, k);
}

static void features(void **state)
{
    (void)state;
    enum { ROWS = 3, STRIDE = 90 };
    static const size_t widths[] = {1, 4, 15, 16, 17, 64, 90};
    EACH_TABLE(k) {
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            const size_t n = widths[w];
            real x[ROWS * STRIDE], y[ROWS * STRIDE], z[ROWS * STRIDE], sum[ROWS];
            const real offset[ROWS] = {-3, 0.5f, 60};
            for (int by_maximum = 0; by_maximum < 2; by_maximum++) {
                for (int i = 0; i < ROWS * STRIDE; i++) x[i] = y[i] = 5 * sinf((real)i), z[i] = (real)i;
                k->exp_rows(ROWS, n, STRIDE, 0.25f, by_maximum ? NULL : offset, y);
                k->multiply_rows(ROWS, n, STRIDE, y, z, sum);
                for (size_t r = 0; r < ROWS; r++) {
                    double most = -INFINITY, total = 0;
                    for (size_t c = 0; c < n; c++) most = fmax(most, (double)x[r * STRIDE + c]);
                    for (size_t c = 0; c < STRIDE; c++) {
                        const size_t at = r * STRIDE + c;
                        const double want = 0.25 * exp((double)(x[at] - (by_maximum ? (real)most : offset[r])));
                        if (c >= n) {
                            assert_true(y[at] == x[at] && z[at] == (real)at);
                            continue;
                        }
                        assert_true(fabs((double)y[at] - want) <= 1e-6 * want);
                        assert_true(z[at] == y[at] * (real)at);
                        total += (double)z[at];
                    }
                    assert_true(fabs((double)sum[r] - total) <= 1e-5 * fabs(total));
                }
            }
            x[n - 1] = NAN;
            k->exp_rows(1, n, STRIDE, 1, NULL, x);
            assert_true(isnan(x[n - 1]) && (n == 1 || isfinite(x[0]))); /* a NaN stays, where it is */
        }
    }
}

/* Stabilisers hold whatever q and k are: outputs are means of values, so they lie between the least and the largest. */
static void features_of_any_size(void **state)
{
    (void)state;
    enum { T = 100, F = 64 };
    static const size_t widths[] = {8, 32, 128};
    static const double spreads[] = {1e-3, 1, 2, 5, 30, 1e4};
    for (size_t w = 0; w < 3; w++) {
        for (size_t s = 0; s < 6; s++) {
            const size_t D = widths[w], offset[] = {0, T};
            arena *memory = arena_new("test");
            tape tp;
            tape_init(&tp, memory, kernel_choose(NULL), true);
            node *x[3];
            for (size_t i = 0; i < 3; i++) {
                x[i] = tape_leaf(&tp, T, D, linear_numbers(T * D, 0, i), ARENA_ZEROS(memory, real, T * D));
                for (size_t j = 0; j < T * D; j++) x[i]->val[j] *= i < 2 ? (real)spreads[s] : 1;
            }
            real *directions = linear_numbers(F * D, 0, 9);
            const struct pack pack = {.n = 1, .offset = offset};
            const struct linear_request rq = {.pack = &pack, .heads = 1, .sees = LINEAR_CAUSAL, .normalise = true, .v = x[2],
                                              .q = random_features(&tp, x[0], 1, F, directions, FEATURES_QUERY),
                                              .k = random_features(&tp, x[1], 1, F, directions, FEATURES_KEY)};
            node *y = linear_attention(&tp, &rq, NULL);
            for (size_t j = 0; j < T * D; j++) assert_true(fabs((double)y->val[j]) < 6);
            if (spreads[s] <= 2) assert_memory_not_equal(y->val, (real[8]){0}, 8 * sizeof(real)); /* and nothing underflowed */
            real one[1] = {0}, grad[1] = {0};
            memset(tape_grad(&tp, y), 0, T * D * sizeof(real));
            for (size_t j = 0; j < T * D; j++) y->grad[j] = 1;
            tape_backward(&tp, tape_leaf(&tp, 1, 1, one, grad), 0);
            for (size_t i = 0; i < 3; i++)
                for (size_t j = 0; j < T * D; j++) assert_true(isfinite(x[i]->grad[j]));
            for (size_t i = 0; i < 3; i++) free(x[i]->val);
            free(directions);
            arena_free(memory);
        }
    }
}

static int setup(void **state)
{
    (void)state;
    product_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadratic_form),
        cmocka_unit_test(memory_in_segments),
        cmocka_unit_test(causal_exactly),
        cmocka_unit_test(long_and_wide),
        cmocka_unit_test(features),
        cmocka_unit_test(features_of_any_size),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
