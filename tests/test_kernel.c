/* test_kernel.c -- the kernels in double against textbook versions, differences and published numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "attention_problem.h"
#include "ref/attention.h"
#include "tensor/product.h"

static const struct kernel *k;

static void near(const char *what, double got, double wanted, double tolerance)
{
    if (fabs(got - wanted) <= tolerance * (1 + fabs(wanted))) return;
    if (got == wanted) return; /* infinities */
    print_error("%s: got %.17g, wanted %.17g, tolerance %g\n", what, got, wanted, tolerance);
    fail();
}

static void near_array(const char *what, const struct array *got, const struct array *wanted)
{
    for (size_t i = 0; i < got->rows; i++)
        for (size_t c = 0; c < got->cols; c++)
            near(what, got->at[i * got->stride + c], wanted->at[i * wanted->stride + c], 1e-12);
}

static void compare(const struct spec *s)
{
    struct problem *got = problem_new(s, k), *want = problem_new(s, k);
    k->attention_forward(&got->head, got->scratch);
    ref_attention_forward(&want->head);
    near_array(s->what, &got->out, &want->out);
    near_array(s->what, &got->lse, &want->lse);
    k->attention_backward(&got->head, got->scratch);
    ref_attention_backward(&want->head);
    for (size_t a = 0; a < s->pieces; a++) {
        near_array(s->what, &got->dq[a], &want->dq[a]);
        near_array(s->what, &got->dk[a], &want->dk[a]);
        near_array(s->what, &got->dv[a], &want->dv[a]);
    }
    for (int b = 0; b < BIASES; b++) near(s->what, got->bias.gradient[b], want->bias.gradient[b], 1e-11);
    assert_true(problem_gaps_untouched(got));
    problem_free(got);
    problem_free(want);
}

static void attention_textbook(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPECS; i++) compare(&specs[i]);
}

static void attention_odd_sizes(void **state)
{
    (void)state;
    const size_t sizes = sizeof odd_sizes / sizeof *odd_sizes, widths = sizeof odd_widths / sizeof *odd_widths;
    for (size_t a = 0; a < sizes; a++) {
        for (size_t b = 0; b < sizes; b++) {
            struct spec s = {.what = "sizes", .queries = odd_sizes[a], .pieces = 1, .keys = {odd_sizes[b]}, .gap = 1,
                             .D = odd_widths[(a + b) % widths], .Dv = odd_widths[(a * 3 + b) % widths],
                             .by = {SPEC_CAUSAL}};
            compare(&s);
            s.by[0] = (struct pattern){-7, 40, 1}, s.term = 1, s.rate = 0.2;
            compare(&s);
        }
    }
}

/* Every number of pieces that want it, on top of what is there; and every row that sees something gives 1 in all. */
static void attention_received(void **state)
{
    (void)state;
    for (size_t n = 0; n < SPECS; n++) {
        const struct spec *s = &specs[n];
        for (unsigned wanted = 1; wanted < 1U << s->pieces; wanted++) {
            struct problem *got = problem_new(s, k), *want = problem_new(s, k);
            double sum = 0, rows = 0;
            for (size_t a = 0; a < s->pieces; a++) {
                got->piece[a].received = wanted >> a & 1 ? calloc(s->keys[a] + 1, sizeof(real)) : NULL;
                want->piece[a].received = wanted >> a & 1 ? calloc(s->keys[a] + 1, sizeof(real)) : NULL;
                for (size_t j = 0; got->piece[a].received && j < s->keys[a]; j++)
                    got->piece[a].received[j] = want->piece[a].received[j] = 0.375;
            }
            k->attention_forward(&got->head, got->scratch);
            k->attention_received(&got->head, got->scratch);
            ref_attention_received(&want->head);
            for (size_t a = 0; a < s->pieces; a++) {
                for (size_t j = 0; got->piece[a].received && j < s->keys[a]; j++) {
                    near(s->what, got->piece[a].received[j], want->piece[a].received[j], 1e-12);
                    sum += got->piece[a].received[j] - 0.375;
                }
                free(got->piece[a].received), free(want->piece[a].received);
            }
            for (size_t i = 0; i < s->queries; i++) rows += got->lse.at[i] != -INFINITY;
            if (wanted + 1 == 1U << s->pieces) near(s->what, sum, rows, 1e-12);
            problem_free(got);
            problem_free(want);
        }
    }
}

/* Empty rows: zero output, lse -inf, no gradient anywhere. */
static void attention_empty(void **state)
{
    (void)state;
    const struct spec s = {"empty", 70, 16, 16, 1, {70}, 0, {0}, {{69, 69, 1}}, 0, 0, 0, 0};
    struct problem *p = problem_new(&s, k), *was = problem_new(&s, k);
    k->attention_forward(&p->head, p->scratch);
    k->attention_backward(&p->head, p->scratch);
    for (size_t i = 0; i < 70; i++) {
        for (size_t c = 0; c < 16; c++) {
            const real v = p->v[0].at[c];
            near("output", p->out.at[i * 16 + c], i == 69 ? v : 0, 1e-14);
            if (i < 69) assert_true(p->dq[0].at[i * 16 + c] == was->dq[0].at[i * 16 + c]);
            if (i > 0) assert_true(p->dv[0].at[i * 16 + c] == was->dv[0].at[i * 16 + c]);
        }
        if (i < 69) assert_true(p->lse.at[i] == -INFINITY);
    }
    problem_free(p);
    problem_free(was);
}

static double loss_of(struct problem *p)
{
    double loss = 0;
    k->attention_forward(&p->head, p->scratch);
    for (size_t i = 0; i < p->out.rows; i++)
        for (size_t c = 0; c < p->out.cols; c++) loss += p->out.at[i * p->out.stride + c] * p->d_out.at[i * p->out.stride + c];
    return loss;
}

/* Central difference of the loss along one number against its gradient. */
static void check_slope(struct problem *p, const char *what, real *x, double gradient)
{
    const real was = *x, h = 1e-5;
    *x = was + h;
    const double up = loss_of(p);
    *x = was - h;
    const double down = loss_of(p);
    *x = was;
    near(what, gradient, (up - down) / (2 * h), 1e-8);
}

static void attention_differences(void **state)
{
    (void)state;
    for (size_t n = 0; n < SPECS; n++) {
        const struct spec *s = &specs[n];
        struct problem *p = problem_new(s, k), *was = problem_new(s, k);
        loss_of(p);
        k->attention_backward(&p->head, p->scratch);
        random_stream r = random_stream_of(3, RANDOM_TEST, n, 0);
        for (size_t a = 0; a < s->pieces; a++) {
            struct array *x[] = {&p->q[a], &p->k[a], &p->v[a]}, *dx[] = {&p->dq[a], &p->dk[a], &p->dv[a]};
            struct array *before[] = {&was->dq[a], &was->dk[a], &was->dv[a]};
            for (int i = 0; i < 3; i++) {
                for (int times = 0; times < 4 && x[i]->rows > 0; times++) {
                    const size_t at = random_below(&r, (uint32_t)x[i]->rows) * x[i]->stride +
                                      random_below(&r, (uint32_t)x[i]->cols);
                    check_slope(p, s->what, x[i]->at + at, dx[i]->at[at] - before[i]->at[at]);
                }
            }
        }
        if (s->term)
            for (int b = 0; b < BIASES; b += 4) check_slope(p, s->what, &p->bias.value[b], p->bias.gradient[b]);
        problem_free(p);
        problem_free(was);
    }
}

/* Later tokens cannot change earlier rows by a single bit, in the outputs or in the gradients of q. */
static void attention_causal_exactly(void **state)
{
    (void)state;
    const struct spec s = {"causal", 130, 16, 16, 1, {130}, 0, {0}, {SPEC_CAUSAL}, 0, 1, 0, 0.1};
    for (size_t cut = 1; cut < 130; cut += 13) {
        struct problem *a = problem_new(&s, k), *b = problem_new(&s, k);
        for (size_t i = cut * 16; i < 130 * 16; i++) b->k[0].at[i] *= 100, b->v[0].at[i] -= 5, b->q[0].at[i] = 9;
        struct problem *both[] = {a, b};
        for (int i = 0; i < 2; i++) {
            k->attention_forward(&both[i]->head, both[i]->scratch);
            k->attention_backward(&both[i]->head, both[i]->scratch);
        }
        assert_memory_equal(a->out.at, b->out.at, cut * 16 * sizeof(real));
        assert_memory_equal(a->lse.at, b->lse.at, cut * sizeof(real));
        assert_memory_equal(a->dq[0].at, b->dq[0].at, cut * 16 * sizeof(real));
        problem_free(a);
        problem_free(b);
    }
}

/* A gradient that is not wanted is not touched. */
static void attention_unwanted_gradients(void **state)
{
    (void)state;
    struct problem *p = problem_new(&specs[2], k), *q = problem_new(&specs[2], k);
    k->attention_forward(&p->head, p->scratch);
    k->attention_backward(&p->head, p->scratch);
    q->piece[0].dk = q->piece[0].dv = NULL;
    k->attention_forward(&q->head, q->scratch);
    k->attention_backward(&q->head, q->scratch);
    near_array("dq", &q->dq[0], &p->dq[0]);
    problem_free(p);
    problem_free(q);
}

/* ---- element by element ---- */

static double gelu_erf(double x) { return 0.5 * x * erfc(-x / sqrt(2)); }
static double gelu_tanh(double x) { return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))); }
static double silu(double x) { return x / (1 + exp(-x)); }
static double elu_plus_one(double x) { return x > 0 ? x + 1 : exp(x); }

static void activations(void **state)
{
    (void)state;
    enum { N = 203 };
    const struct {
        const char *what;
        double (*f)(double);
        void (*forward)(size_t, const real *, real *);
        void (*backward)(size_t, const real *, const real *, real *);
    } table[] = {
        {"gelu_erf", gelu_erf, k->gelu_erf, k->gelu_erf_backward},
        {"gelu_tanh", gelu_tanh, k->gelu_tanh, k->gelu_tanh_backward},
        {"silu", silu, k->silu, k->silu_backward},
        {"elu_plus_one", elu_plus_one, k->elu_plus_one, k->elu_plus_one_backward},
    };
    real x[N], y[N], dy[N], dx[N];
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        for (int i = 0; i < N; i++) x[i] = (i - 100.5) * 0.117, dy[i] = 1 + 0.01 * i, dx[i] = 2.385;
        table[t].forward(N, x, y);
        table[t].backward(N, x, dy, dx);
        for (int i = 0; i < N; i++) {
            const double h = 1e-5, slope = (table[t].f(x[i] + h) - table[t].f(x[i] - h)) / (2 * h);
            near(table[t].what, y[i], table[t].f(x[i]), 1e-14);
            near(table[t].what, dx[i], 2.385 + dy[i] * slope, 1e-8);
        }
        x[7] = NAN;
        table[t].forward(N, x, y);
        table[t].backward(N, x, dy, dx);
        assert_true(isnan(y[7]) && isnan(dx[7]) && !isnan(y[8]) && !isnan(dx[8]));
    }
}

static double norm_loss(size_t rows, size_t C, int rms, const real *x, const real *g, const real *b, const real *dy)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        double mean = 0, var = 0;
        for (size_t c = 0; c < C; c++) mean += rms ? 0 : x[r * C + c] / (double)C;
        for (size_t c = 0; c < C; c++) var += pow(x[r * C + c] - mean, 2) / (double)C;
        for (size_t c = 0; c < C; c++)
            loss += dy[r * C + c] * ((x[r * C + c] - mean) / sqrt(var + 1e-5) * g[c] + (b ? b[c] : 0));
    }
    return loss;
}

static void norms(void **state)
{
    (void)state;
    enum { R = 3, MOST = 33 };
    const size_t widths[] = {1, 2, 5, 16, 33};
    for (size_t n = 0; n < 5; n++) {
        for (int kind = 0; kind < 4; kind++) {
            const size_t C = widths[n];
            const int rms = kind & 1, has_bias = kind >> 1;
            random_stream s = random_stream_of(1, RANDOM_TEST, C, (uint32_t)kind);
            real x[R * MOST], y[R * MOST], dy[R * MOST], dx[R * MOST], g[MOST], b[MOST], dg[MOST], db[MOST], stats[2 * R];
            for (size_t i = 0; i < R * C; i++) x[i] = 2 + random_normal(&s), dy[i] = random_normal(&s), dx[i] = 1;
            for (size_t c = 0; c < C; c++) g[c] = random_normal(&s), b[c] = random_normal(&s), dg[c] = db[c] = 2;
            const real *bias = has_bias ? b : NULL;
            k->norm(R, C, rms, 1e-5, x, g, bias, y, stats);
            double loss = 0;
            for (size_t i = 0; i < R * C; i++) loss += y[i] * dy[i];
            near("norm", loss, norm_loss(R, C, rms, x, g, bias, dy), 1e-12);
            k->norm_backward(R, C, rms, x, g, stats, dy, dx, dg, has_bias ? db : NULL);
            struct { real *x; double got; } slopes[] = {
                {&x[0], dx[0] - 1}, {&x[R * C - 1], dx[R * C - 1] - 1}, {&x[C / 2], dx[C / 2] - 1},
                {&g[C - 1], dg[C - 1] - 2}, {&b[C / 2], db[C / 2] - 2},
            };
            for (size_t i = 0; i < 5; i++) {
                const real was = *slopes[i].x, h = 1e-5;
                *slopes[i].x = was + h;
                const double up = norm_loss(R, C, rms, x, g, bias, dy);
                *slopes[i].x = was - h;
                const double down = norm_loss(R, C, rms, x, g, bias, dy);
                *slopes[i].x = was;
                near("norm_backward", slopes[i].got, (up - down) / (2 * h), 2e-6);
            }
        }
    }
}

static void softmax(void **state)
{
    (void)state;
    real x[3 * 5] = {1, 2, 3, 4, 5, 1000, -1000, 0, 0, 999, -3, -3, -3, -3, -3}, lse[3], p[15];
    k->softmax_rows(3, 5, x, p, lse);
    for (int r = 0; r < 3; r++) {
        double max = -INFINITY, sum = 0;
        for (int c = 0; c < 5; c++) max = fmax(max, x[r * 5 + c]);
        for (int c = 0; c < 5; c++) sum += exp(x[r * 5 + c] - max);
        near("lse", lse[r], max + log(sum), 1e-14);
        for (int c = 0; c < 5; c++) near("p", p[r * 5 + c], exp(x[r * 5 + c] - max) / sum, 1e-14);
    }
    k->softmax_rows(3, 5, x, x, lse); /* in place */
    assert_memory_equal(x, p, sizeof x);
    x[7] = NAN;
    k->softmax_rows(3, 5, x, p, lse);
    assert_true(isnan(p[5]) && isnan(lse[1]) && !isnan(p[4]) && !isnan(p[10]));
}

/* Random123's kat_vectors for philox4x32-10: counter, key, result. */
static void philox_known_answers(void **state)
{
    (void)state;
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        random_block((random_key){{known[i][4], known[i][5]}}, known[i], out);
        assert_memory_equal(out, known[i] + 6, sizeof out);
    }
}

/* The mask of hidden rows is the documented one, and about `rate` of the values go. */
static void dropout_rows(void **state)
{
    (void)state;
    enum { R = 37, MOST = 130 };
    const size_t widths[] = {1, 7, 8, 9, 64, 130};
    for (size_t n = 0; n < 6; n++) {
        const size_t C = widths[n];
        const struct dropout d = {0.25, random_key_of(9, RANDOM_DROPOUT, 4, 1)};
        static real x[R * MOST], y[R * MOST], dx[R * MOST];
        for (size_t i = 0; i < R * C; i++) x[i] = 1 + 0.01 * (real)i, dx[i] = 3;
        k->dropout(&d, 0xfffffffe, 5, 1000, R, C, x, y);
        k->dropout_backward(&d, 0xfffffffe, 5, 1000, R, C, x, dx);
        for (size_t r = 0; r < R; r++) {
            for (size_t c = 0; c < C; c++) {
                const real m = ref_dropout(&d, (uint32_t)(1000 + r), (uint32_t)c, 0xfffffffe, 5);
                near("dropout", y[r * C + c], m * x[r * C + c], 1e-15);
                near("dropout_backward", dx[r * C + c], 3 + m * x[r * C + c], 1e-15);
            }
        }
    }
    enum { N = 1000, C = 100 };
    static real x[N * C], y[N * C];
    for (int i = 0; i < N * C; i++) x[i] = 1;
    const struct dropout d = {0.1, random_key_of(10, RANDOM_DROPOUT, 4, 1)}, off = {0, d.key};
    k->dropout(&d, 1, 2, 0, N, C, x, y);
    double dropped = 0, sum = 0;
    for (int i = 0; i < N * C; i++) dropped += y[i] == 0, sum += y[i];
    assert_true(fabs(dropped / (N * C) - 0.1) < 5 * sqrt(0.09 / (N * C)));
    assert_true(fabs(sum / (N * C) - 1) < 0.01);
    k->dropout(&off, 1, 2, 0, N, C, x, y);
    assert_memory_equal(x, y, sizeof x);
}

static void adam(void **state)
{
    (void)state;
    enum { N = 19 };
    real w[N], g[N], m[N] = {0}, v[N] = {0};
    for (int i = 0; i < N; i++) w[i] = 0.1 * i, g[i] = (i - 9) * 0.3 + 0.01;
    /* With a constant gradient, m / c1 = g and v / c2 = g^2 at every step. */
    double wanted[N];
    for (int i = 0; i < N; i++) wanted[i] = w[i];
    for (int t = 1; t <= 5; t++) {
        k->adam(N, w, g, m, v, 0.01, 0.9, 0.98, 1e-8, 0.1, 1 - pow(0.9, t), 1 - pow(0.98, t));
        for (int i = 0; i < N; i++) {
            wanted[i] -= 0.01 * (g[i] / (fabs(g[i]) + 1e-8) + 0.1 * wanted[i]);
            near("adam", w[i], wanted[i], 1e-12);
        }
    }
}

static void sums(void **state)
{
    (void)state;
    enum { R = 7, MOST = 133 };
    const size_t widths[] = {1, 3, 8, 64, 133};
    for (size_t n = 0; n < 5; n++) {
        const size_t C = widths[n];
        real x[R * MOST], y[R * MOST], b[MOST], out[MOST];
        double squares = 0;
        for (size_t i = 0; i < R * C; i++) x[i] = sin((double)i), y[i] = 5, squares += x[i] * x[i];
        for (size_t c = 0; c < C; c++) b[c] = (real)c, out[c] = 1;
        near("sum_squares", k->sum_squares(R * C, x), squares, 1e-13);
        k->add(R * C, x, y);
        k->add_scaled(R * C, -3, x, y);
        for (size_t i = 0; i < R * C; i++) near("add", y[i], 5 - 2 * x[i], 1e-15);
        k->add_columns(R, C, x, out);
        k->add_row(R, C, x, b, x);
        for (size_t c = 0; c < C; c++) {
            double wanted = 1;
            for (size_t r = 0; r < R; r++) {
                wanted += sin((double)(r * C + c));
                near("add_row", x[r * C + c], sin((double)(r * C + c)) + (double)c, 1e-15);
            }
            near("add_columns", out[c], wanted, 1e-13);
        }
    }
}

/* All four transpositions, cut or not, against three loops. */
static void products(void **state)
{
    (void)state;
    const size_t sizes[][3] = {{1, 1, 1}, {3, 5, 7}, {64, 64, 64}, {65, 129, 33}, {200, 64, 256}, {130, 257, 300}};
    for (size_t n = 0; n < 6; n++) {
        const size_t M = sizes[n][0], N = sizes[n][1], K = sizes[n][2];
        for (int way = 0; way < 8; way++) {
            const int ta = way & 1, tb = way >> 1 & 1, over = way >> 2;
            random_stream s = random_stream_of(2, RANDOM_TEST, n, (uint32_t)way);
            struct array A = array_new(ta ? K : M, ta ? M : K, 2, &s, 1), B = array_new(tb ? N : K, tb ? K : N, 3, &s, 1);
            struct array C = array_new(M, N, 1, &s, 1), was = array_new(M, N, 1, &s, 1);
            if (over)
                for (size_t i = 0; i < M; i++)
                    for (size_t j = 0; j < N; j++) C.at[i * C.stride + j] = NAN;
            memcpy(was.at, C.at, M * C.stride * sizeof(real));
            product(ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, M, N, K, 0.5, A.at, A.stride, B.at, B.stride,
                    over ? 0 : 2, C.at, C.stride);
            for (size_t i = 0; i < M; i++) {
                for (size_t j = 0; j < N; j++) {
                    double sum = 0;
                    for (size_t l = 0; l < K; l++)
                        sum += A.at[ta ? l * A.stride + i : i * A.stride + l] * B.at[tb ? j * B.stride + l : l * B.stride + j];
                    near("product", C.at[i * C.stride + j], 0.5 * sum + (over ? 0 : 2 * was.at[i * C.stride + j]), 1e-12);
                }
            }
            assert_true(array_gaps_untouched(&C));
            free(A.at), free(B.at), free(C.at), free(was.at);
        }
    }
}

static void choice(void **state)
{
    (void)state;
    assert_string_equal(k->name, "plain"); /* the only one in double */
    assert_ptr_equal(kernel_choose("plain"), k);
    assert_null(kernel_choose("altivec"));
    assert_null(kernel_choose("avx2"));
    assert_non_null(strstr(product_library(), "OpenBLAS"));
}

int main(void)
{
    product_start();
    k = kernel_choose(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_textbook),       cmocka_unit_test(attention_odd_sizes),
        cmocka_unit_test(attention_received),       cmocka_unit_test(attention_empty),
        cmocka_unit_test(attention_differences),
        cmocka_unit_test(attention_causal_exactly), cmocka_unit_test(attention_unwanted_gradients),
        cmocka_unit_test(activations),              cmocka_unit_test(norms),
        cmocka_unit_test(softmax),                  cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(dropout_rows),             cmocka_unit_test(adam),
        cmocka_unit_test(sums),                     cmocka_unit_test(products),
        cmocka_unit_test(choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
