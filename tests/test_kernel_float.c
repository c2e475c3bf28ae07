/* test_kernel_float.c -- every float table that this CPU can run against the same computation in double.
 *
 * Errors are measured against the largest number of their row (0.5 at least): outputs of attention 2e-6, its gradients 1e-5 of the
 * largest in the array or of 1 (they are sums of many terms of that size), activations 5e-7 (1 + |x| / 2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "attention_problem.h"
#include "tensor/product.h"

static const struct kernel *tables[3];
static size_t n_tables;

#define OUTPUT_TOLERANCE   2e-6
#define GRADIENT_TOLERANCE 1e-5

/* What attention should give, in double: the layout of struct array but tight. */
struct wanted {
    double *out, *lse, *dq[3], *dk[3], *dv[3], *received[3], bias[BIASES];
};

static double *copied(const struct array *a)
{
    double *x = calloc(a->rows * a->cols + 1, sizeof *x);
    if (!x) abort();
    for (size_t i = 0; i < a->rows; i++)
        for (size_t c = 0; c < a->cols; c++) x[i * a->cols + c] = (double)a->at[i * a->stride + c];
    return x;
}

static double multiplier(const struct attention_head *h, size_t i, size_t column)
{
    if (!(h->drop.rate > 0)) return 1;
    const uint32_t at[4] = {(uint32_t)(h->first + (ptrdiff_t)i), (uint32_t)(column / 8), h->example_id, (uint32_t)h->head};
    const uint32_t threshold = (uint32_t)lrint((double)h->drop.rate * 65536);
    uint32_t word[4];
    random_block(h->drop.key, at, word);
    const uint32_t bits = (word[column % 8 / 2] >> (16 * (column % 2))) & 0xffff;
    return bits >= threshold ? 1 / (1 - threshold / 65536.0) : 0;
}

/* Row by row, all scores at once. */
static struct wanted want(const struct problem *p)
{
    const struct attention_head *h = &p->head;
    struct wanted w = {.out = calloc(h->queries * h->Dv, sizeof(double)), .lse = calloc(h->queries, sizeof(double))};
    size_t columns = 0;
    for (size_t a = 0; a < h->pieces; a++) {
        w.dq[a] = copied(&p->dq[a]), w.dk[a] = copied(&p->dk[a]), w.dv[a] = copied(&p->dv[a]);
        w.received[a] = calloc(p->piece[a].keys + 1, sizeof(double));
        columns += p->piece[a].keys;
    }
    double *s = calloc(columns + 1, sizeof *s), *dw = calloc(columns + 1, sizeof *dw);
    for (size_t i = 0; i < h->queries; i++) {
        double max = -INFINITY, sum = 0, delta = 0;
        for (int step = 0; step < 4; step++) { /* scores; sum; weights and out; gradients */
            size_t column = 0;
            for (size_t a = 0; a < h->pieces; a++) {
                const struct attention_piece *e = h->piece + a;
                for (size_t j = 0; j < e->keys; j++, column++) {
                    const real *q = e->q + i * e->q_stride, *k = e->k + j * e->k_stride, *v = e->v + j * e->v_stride;
                    const real *d_out = h->d_out + i * h->out_stride;
                    const ptrdiff_t away = h->first + (ptrdiff_t)i - e->first - (ptrdiff_t)j;
                    const size_t bias = (size_t)((away < -8 ? -8 : away > 8 ? 8 : away) + 8);
                    const double m = multiplier(h, i, column);
                    if (step == 0) {
                        s[column] = -INFINITY;
                        if (away < e->pattern.near || away > e->pattern.far || away % e->pattern.every != 0) continue;
                        if (e->visible && !e->visible[j]) continue;
                        s[column] = e->term ? (double)p->bias.value[bias] : 0;
                        for (size_t c = 0; c < h->D; c++) s[column] += (double)h->scale * (double)q[c] * (double)k[c];
                        max = fmax(max, s[column]);
                    }
                    if (s[column] == -INFINITY) continue;
                    if (step == 1) sum += exp(s[column] - max);
                    if (step == 2) {
                        s[column] = exp(s[column] - max) / sum;
                        dw[column] = 0;
                        w.received[a][j] += s[column];
                        for (size_t c = 0; c < h->Dv; c++) {
                            w.out[i * h->Dv + c] += m * s[column] * (double)v[c];
                            w.dv[a][j * h->Dv + c] += m * s[column] * (double)d_out[c];
                            dw[column] += m * (double)d_out[c] * (double)v[c];
                        }
                        delta += s[column] * dw[column];
                    }
                    if (step == 3) {
                        const double ds = s[column] * (dw[column] - delta);
                        if (e->term) w.bias[bias] += ds;
                        for (size_t c = 0; c < h->D; c++) {
                            w.dq[a][i * h->D + c] += (double)h->scale * ds * (double)k[c];
                            w.dk[a][j * h->D + c] += (double)h->scale * ds * (double)q[c];
                        }
                    }
                }
            }
            if (max == -INFINITY) break;
        }
        w.lse[i] = max == -INFINITY ? max : max + log(sum);
    }
    free(s), free(dw);
    return w;
}

static void want_free(struct wanted *w)
{
    free(w->out), free(w->lse);
    for (int a = 0; a < 3; a++) free(w->dq[a]), free(w->dk[a]), free(w->dv[a]), free(w->received[a]);
}

static void near_array(const struct kernel *k, const char *spec, const char *what, const struct array *got,
                       const double *wanted, double tolerance, int by_row)
{
    double whole = 0;
    for (size_t i = 0; i < got->rows * got->cols; i++) whole = fmax(whole, fabs(wanted[i]));
    for (size_t i = 0; i < got->rows; i++) {
        double most = 0;
        for (size_t c = 0; c < got->cols; c++) most = fmax(most, fabs(wanted[i * got->cols + c]));
        const double size = by_row ? fmax(most, 0.5) : fmax(whole, 1);
        for (size_t c = 0; c < got->cols; c++) {
            const double x = (double)got->at[i * got->stride + c], y = wanted[i * got->cols + c];
            if (x == y || fabs(x - y) <= tolerance * size) continue;
            print_error("%s, %s, %s[%zu][%zu]: got %.9g, wanted %.9g, error %.2g of %.3g, tolerance %.2g\n", k->name, spec,
                        what, i, c, x, y, fabs(x - y) / size, size, tolerance);
            fail();
        }
    }
}

static void compare_received(const struct kernel *k, struct problem *p, const struct wanted *w, const struct spec *s)
{
    struct array got[3] = {{NULL, 0, 0, 0}};
    for (size_t a = 0; a < s->pieces; a++) {
        got[a] = (struct array){calloc(s->keys[a] + 1, sizeof(real)), s->keys[a], 1, 1};
        p->piece[a].received = got[a].at;
    }
    k->attention_received(&p->head, p->scratch);
    for (size_t a = 0; a < s->pieces; a++) {
        near_array(k, s->what, "received", &got[a], w->received[a], GRADIENT_TOLERANCE, 0);
        p->piece[a].received = NULL;
        free(got[a].at);
    }
}

static void compare(const struct kernel *k, const struct spec *s)
{
    struct problem *p = problem_new(s, k);
    struct wanted w = want(p);
    k->attention_forward(&p->head, p->scratch);
    near_array(k, s->what, "out", &p->out, w.out, OUTPUT_TOLERANCE, 1);
    for (size_t i = 0; i < s->queries; i++)
        assert_true((double)p->lse.at[i] == w.lse[i] || fabs((double)p->lse.at[i] - w.lse[i]) < 3e-6 * (1 + fabs(w.lse[i])));
    compare_received(k, p, &w, s);
    k->attention_backward(&p->head, p->scratch);
    for (size_t a = 0; a < s->pieces; a++) {
        near_array(k, s->what, "dq", &p->dq[a], w.dq[a], GRADIENT_TOLERANCE, 0);
        near_array(k, s->what, "dk", &p->dk[a], w.dk[a], GRADIENT_TOLERANCE, 0);
        near_array(k, s->what, "dv", &p->dv[a], w.dv[a], GRADIENT_TOLERANCE, 0);
    }
    for (int b = 0; b < BIASES; b++) assert_true(fabs(p->bias.gradient[b] - w.bias[b]) < 1e-4);
    assert_true(problem_gaps_untouched(p));
    want_free(&w);
    problem_free(p);
}

static void attention(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++)
        for (size_t i = 0; i < SPECS; i++) compare(tables[t], &specs[i]);
}

static void attention_odd_sizes(void **state)
{
    (void)state;
    const size_t sizes = sizeof odd_sizes / sizeof *odd_sizes, widths = sizeof odd_widths / sizeof *odd_widths;
    for (size_t t = 0; t < n_tables; t++) {
        for (size_t a = 0; a < sizes; a++) {
            for (size_t b = 0; b < sizes; b++) {
                struct spec s = {.what = "sizes", .queries = odd_sizes[a], .pieces = 1, .keys = {odd_sizes[b]}, .gap = 1,
                                 .D = odd_widths[(a + b) % widths], .Dv = odd_widths[(a * 3 + b) % widths],
                                 .by = {SPEC_CAUSAL}};
                compare(tables[t], &s);
                s.by[0] = (struct pattern){-7, 40, 1}, s.term = 1, s.rate = 0.2;
                compare(tables[t], &s);
            }
        }
    }
}

/* Later tokens cannot change earlier rows by a single bit; nor can a key that is not visible. */
static void attention_causal_exactly(void **state)
{
    (void)state;
    const struct spec s = {"causal", 200, 32, 32, 1, {200}, 0, {0}, {SPEC_CAUSAL}, 1, 1, 0, 0.1};
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        for (size_t cut = 1; cut < 200; cut += 13) {
            struct problem *both[] = {problem_new(&s, k), problem_new(&s, k)};
            struct problem *b = both[1];
            for (size_t i = cut * 32; i < 200 * 32; i++) {
                b->k[0].at[i] = i % 3 ? 3e3f : NAN; /* a masked score may be anything */
                b->v[0].at[i] -= 5;
                b->q[0].at[i] = 9;
            }
            for (size_t j = 0; j < cut; j++)
                if (!b->visible[0][j]) b->k[0].at[j * 32] = NAN, b->v[0].at[j * 32] = 7;
            for (int i = 0; i < 2; i++) k->attention_forward(&both[i]->head, both[i]->scratch);
            assert_memory_equal(both[0]->out.at, b->out.at, cut * 32 * sizeof(real));
            assert_memory_equal(both[0]->lse.at, b->lse.at, cut * sizeof(real));
            problem_free(both[0]);
            problem_free(b);
        }
    }
}

/* A head twice gives the same bits, whatever the scratch held before. */
static void attention_same_bits(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        for (size_t i = 0; i < SPECS; i++) {
            struct problem *a = problem_new(&specs[i], k), *b = problem_new(&specs[i], k);
            memset(a->scratch, 0, k->attention_scratch(specs[i].D, specs[i].Dv));
            memset(b->scratch, 0xff, k->attention_scratch(specs[i].D, specs[i].Dv)); /* NaN */
            struct problem *both[] = {a, b};
            for (int j = 0; j < 2; j++) {
                k->attention_forward(&both[j]->head, both[j]->scratch);
                k->attention_backward(&both[j]->head, both[j]->scratch);
            }
            assert_memory_equal(a->out.at, b->out.at, a->out.rows * a->out.stride * sizeof(real));
            for (size_t e = 0; e < specs[i].pieces; e++) {
                assert_memory_equal(a->dq[e].at, b->dq[e].at, a->dq[e].rows * a->dq[e].stride * sizeof(real));
                assert_memory_equal(a->dk[e].at, b->dk[e].at, a->dk[e].rows * a->dk[e].stride * sizeof(real));
                assert_memory_equal(a->dv[e].at, b->dv[e].at, a->dv[e].rows * a->dv[e].stride * sizeof(real));
            }
            problem_free(a);
            problem_free(b);
        }
    }
}

/* NaN in a query stays in its row; NaN in a key reaches every row that sees it. */
static void attention_nan(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        const struct spec s = {"nan", 100, 16, 16, 1, {100}, 0, {0}, {SPEC_CAUSAL}, 0, 0, 0, 0};
        struct problem *p = problem_new(&s, k), *r = problem_new(&s, k);
        p->q[0].at[41 * 16 + 3] = NAN;
        k->attention_forward(&p->head, p->scratch);
        for (size_t i = 0; i < 100; i++) assert_true((i == 41) == (isnan(p->out.at[i * 16]) != 0));
        k->attention_backward(&p->head, p->scratch);
        for (size_t i = 0; i < 100; i++) assert_true((i == 41) == (isnan(p->dq[0].at[i * 16]) != 0));
        r->k[0].at[60 * 16] = NAN;
        k->attention_forward(&r->head, r->scratch);
        for (size_t i = 0; i < 100; i++) assert_true((i >= 60) == (isnan(r->out.at[i * 16]) != 0));
        problem_free(p);
        problem_free(r);
    }
}

/* Scores of 1e4 and growing along the row, so that the reference moves often: finite, and right. */
static void attention_large_scores(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        for (int growing = 0; growing < 2; growing++) {
            const struct spec s = {"large", 130, 32, 32, 1, {257}, 200, {0}, {SPEC_CAUSAL}, 0, 0, 0, 0};
            struct problem *p = problem_new(&s, k);
            for (size_t j = 0; j < 257; j++)
                for (size_t c = 0; c < 32; c++)
                    p->k[0].at[j * 32 + c] = growing ? (real)(30.0 * (double)j * (c == 0)) : 1e4f * p->k[0].at[j * 32 + c];
            struct wanted w = want(p);
            k->attention_forward(&p->head, p->scratch);
            k->attention_backward(&p->head, p->scratch);
            for (size_t i = 0; i < 130 * 32; i++) assert_true(isfinite(p->out.at[i]) && isfinite(p->dq[0].at[i]));
            for (size_t i = 0; i < 257 * 32; i++) assert_true(isfinite(p->dk[0].at[i]) && isfinite(p->dv[0].at[i]));
            for (size_t i = 0; i < 130; i++) assert_true(fabs((double)p->lse.at[i] - w.lse[i]) < 1e-6 * (1 + fabs(w.lse[i])));
            if (growing) near_array(k, "growing", "out", &p->out, w.out, 1e-3, 1);
            want_free(&w);
            problem_free(p);
        }
    }
}

/* ---- element by element ---- */

static double gelu_erf(double x) { return 0.5 * x * erfc(-x / sqrt(2)); }
static double gelu_tanh(double x) { return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))); }
static double silu(double x) { return x / (1 + exp(-x)); }
static double elu_plus_one(double x) { return x > 0 ? x + 1 : exp(x); }

static void activations(void **state)
{
    (void)state;
    enum { N = 4003 };
    static real x[N], y[N], dy[N], dx[N];
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        const struct {
            double (*f)(double), above; /* above: y - x far up */
            void (*forward)(size_t, const real *, real *);
            void (*backward)(size_t, const real *, const real *, real *);
        } table[] = {
            {gelu_erf, 0, k->gelu_erf, k->gelu_erf_backward},
            {gelu_tanh, 0, k->gelu_tanh, k->gelu_tanh_backward},
            {silu, 0, k->silu, k->silu_backward},
            {elu_plus_one, 1, k->elu_plus_one, k->elu_plus_one_backward},
        };
        for (size_t f = 0; f < sizeof table / sizeof *table; f++) {
            for (int i = 0; i < N; i++) x[i] = (real)((i - 2000.5) * 0.004), dy[i] = 1, dx[i] = 0;
            table[f].forward(N, x, y);
            table[f].backward(N, x, dy, dx);
            for (int i = 0; i < N; i++) {
                const double h = 1e-5, at = (double)x[i], slope = (table[f].f(at + h) - table[f].f(at - h)) / (2 * h);
                assert_true(fabs((double)y[i] - table[f].f(at)) < 5e-7 * (1 + 0.5 * fabs(at)));
                assert_true(fabs((double)dx[i] - slope) < 1e-6);
            }
            const real far[] = {-1e4f, -100, -30, -15, 15, 30, 100, 1e4f, NAN};
            memcpy(x, far, sizeof far);
            memset(dx, 0, sizeof dx);
            table[f].forward(9, x, y);
            table[f].backward(9, x, dy, dx);
            for (int i = 0; i < 8; i++) {
                assert_true(fabs((double)y[i] - (x[i] > 0 ? (double)x[i] + table[f].above : 0)) < 1e-5);
                assert_true(fabs((double)dx[i] - (x[i] > 0)) < 1e-5);
            }
            assert_true(isnan(y[8]) && isnan(dx[8]));
        }
    }
}

static void norms_and_softmax(void **state)
{
    (void)state;
    enum { R = 4, MOST = 257 };
    const size_t widths[] = {1, 5, 16, 33, 64, 257};
    for (size_t t = 0; t < n_tables; t++) {
        const struct kernel *k = tables[t];
        for (size_t n = 0; n < 6; n++) {
            const size_t C = widths[n];
            random_stream s = random_stream_of(1, RANDOM_TEST, C, 0);
            real x[R * MOST], y[R * MOST], dy[R * MOST], dx[R * MOST], g[MOST], b[MOST], dg[MOST], db[MOST], stats[2 * R];
            for (size_t i = 0; i < R * C; i++)
                x[i] = (real)(100 + random_normal(&s)), dy[i] = (real)random_normal(&s), dx[i] = 0;
            for (size_t c = 0; c < C; c++) g[c] = (real)random_normal(&s), b[c] = (real)random_normal(&s), dg[c] = db[c] = 0;
            k->norm(R, C, 0, 1e-5f, x, g, b, y, stats);
            k->norm_backward(R, C, 0, x, g, stats, dy, dx, dg, db);
            for (size_t r = 0; r < R; r++) {
                double mean = 0, var = 0, sum = 0, sum_x = 0;
                for (size_t c = 0; c < C; c++) mean += (double)x[r * C + c] / (double)C;
                for (size_t c = 0; c < C; c++) var += pow((double)x[r * C + c] - mean, 2) / (double)C;
                const double rstd = 1 / sqrt(var + 1e-5);
                for (size_t c = 0; c < C; c++) {
                    const double up = (double)dy[r * C + c] * (double)g[c];
                    sum += up / (double)C;
                    sum_x += up * ((double)x[r * C + c] - mean) * rstd / (double)C;
                }
                for (size_t c = 0; c < C; c++) { /* x near 100: its own rounding is 4e-6 */
                    const double xhat = ((double)x[r * C + c] - mean) * rstd;
                    const double slope = rstd * ((double)dy[r * C + c] * (double)g[c] - sum - xhat * sum_x);
                    assert_true(fabs((double)y[r * C + c] - xhat * (double)g[c] - (double)b[c]) < 1e-4);
                    assert_true(fabs((double)dx[r * C + c] - slope) < 1e-4 * (1 + rstd));
                }
            }
            real p[R * MOST], lse[R];
            k->softmax_rows(R, C, dy, p, lse);
            for (size_t r = 0; r < R; r++) {
                double sum = 0;
                for (size_t c = 0; c < C; c++) sum += exp((double)dy[r * C + c]);
                assert_true(fabs((double)lse[r] - log(sum)) < 1e-6 * (1 + fabs(log(sum))));
                for (size_t c = 0; c < C; c++)
                    assert_true(fabs((double)p[r * C + c] * sum / exp((double)dy[r * C + c]) - 1) < 2e-6);
            }
            dy[C - 1] = NAN, dy[2 * C - 1] = 3e4f;
            k->softmax_rows(2, C, dy, p, lse);
            assert_true(isnan(p[0]) && isnan(lse[0]) && p[2 * C - 1] == 1 && lse[1] == 3e4f);
        }
    }
}

/* The vector philox decides as random_block does, whatever the width of a vector. */
static void dropout_rows(void **state)
{
    (void)state;
    enum { R = 37, MOST = 130 };
    const size_t widths[] = {1, 7, 8, 64, 130};
    static real x[R * MOST], y[R * MOST], dx[R * MOST];
    for (size_t t = 0; t < n_tables; t++) {
        for (size_t n = 0; n < 5; n++) {
            const size_t C = widths[n];
            const struct dropout d = {0.25f, random_key_of(9, RANDOM_DROPOUT, 4, 1)};
            for (size_t i = 0; i < R * C; i++) x[i] = 3, dx[i] = 2;
            tables[t]->dropout(&d, 0xfffffffe, 5, 1000, R, C, x, y);
            tables[t]->dropout_backward(&d, 0xfffffffe, 5, 1000, R, C, x, dx);
            for (size_t r = 0; r < R; r++) {
                for (size_t c = 0; c < C; c++) {
                    const uint32_t at[4] = {(uint32_t)(1000 + r), (uint32_t)(c / 8), 0xfffffffe, 5};
                    uint32_t word[4];
                    random_block(d.key, at, word);
                    const int kept = ((word[c % 8 / 2] >> (16 * (c % 2))) & 0xffff) >= 16384;
                    const real wanted = kept ? 3 * (real)(1 / 0.75) : 0;
                    assert_true(y[r * C + c] == wanted && fabsf(dx[r * C + c] - 2 - wanted) < 1e-6f);
                }
            }
        }
    }
}

/* The tables differ in rounding only. */
static void tables_agree(void **state)
{
    (void)state;
    enum { N = 1003 };
    static real g[N], w[3][N], m[3][N], v[3][N], sums[3][17];
    random_stream s = random_stream_of(4, RANDOM_TEST, 0, 0);
    for (int i = 0; i < N; i++) g[i] = (real)random_normal(&s);
    for (size_t t = 0; t < n_tables; t++) {
        for (int step = 1; step < 4; step++)
            tables[t]->adam(N, w[t], g, m[t], v[t], 0.01f, 0.9f, 0.98f, 1e-8f, 0.01f, 1 - powf(0.9f, (float)step),
                            1 - powf(0.98f, (float)step));
        tables[t]->add_columns(59, 17, g, sums[t]);
        assert_true(tables[t]->sum_squares(N, g) == tables[0]->sum_squares(N, g)); /* in double, the same order */
        for (int i = 0; i < N; i++) assert_true(fabsf(w[t][i] - w[0][i]) < 1e-7f);
        for (int c = 0; c < 17; c++) assert_true(fabsf(sums[t][c] - sums[0][c]) < 1e-5f);
    }
}

/* All four transpositions at the shapes of layers, with every table, and odd ones. */
static void products(void **state)
{
    (void)state;
    const size_t sizes[][3] = {{1, 1, 1},      {3, 5, 7},       {64, 64, 64},    {65, 129, 33}, {200, 64, 256},
                               {512, 256, 64}, {300, 130, 300}, {64, 1024, 256}, {100, 30, 1000},
                               {5, 70, 512},   {500, 40, 512}};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        const size_t M = sizes[n][0], N = sizes[n][1], K = sizes[n][2];
        for (size_t way = 0; way < 8 * n_tables; way++) {
            const int ta = way & 1, tb = way >> 1 & 1, over = way >> 2 & 1;
            random_stream s = random_stream_of(2, RANDOM_TEST, n, (uint32_t)way);
            const struct kernel *k = tables[way / 8];
            product_use(k);
            struct array A = array_new(ta ? K : M, ta ? M : K, 2, &s, 1), B = array_new(tb ? N : K, tb ? K : N, 3, &s, 1);
            struct array C = array_new(M, N, 1, &s, 1), was = array_new(M, N, 1, &s, 1);
            for (size_t i = 0; i < M; i++)
                for (size_t j = 0; j < N; j++) C.at[i * C.stride + j] = over ? NAN : was.at[i * C.stride + j];
            if (n % 2) k->product(ta, tb, M, N, K, 0.5, A.at, A.stride, B.at, B.stride, over ? 0 : 2, C.at, C.stride);
            else
                product(ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, M, N, K, 0.5, A.at, A.stride, B.at, B.stride,
                        over ? 0 : 2, C.at, C.stride);
            for (size_t i = 0; i < M; i++) {
                for (size_t j = 0; j < N; j++) {
                    double sum = 0;
                    for (size_t l = 0; l < K; l++)
                        sum += (double)A.at[ta ? l * A.stride + i : i * A.stride + l] *
                               (double)B.at[tb ? j * B.stride + l : l * B.stride + j];
                    sum = 0.5 * sum + (over ? 0 : 2 * (double)was.at[i * C.stride + j]);
                    assert_true(fabs((double)C.at[i * C.stride + j] - sum) < 2e-6 * sqrt((double)K) * (1 + fabs(sum)));
                }
            }
            assert_true(array_gaps_untouched(&C));
            free(A.at), free(B.at), free(C.at), free(was.at);
        }
    }
    product_use(kernel_choose(NULL));
}

int main(void)
{
    product_start();
    const char *const names[] = {"avx512", "avx2", "plain"};
    for (int i = 0; i < 3; i++) {
        tables[n_tables] = kernel_choose(names[i]);
        if (tables[n_tables]) n_tables++;
        else print_message("this CPU has no %s\n", names[i]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention),           cmocka_unit_test(attention_odd_sizes),
        cmocka_unit_test(attention_same_bits), cmocka_unit_test(attention_causal_exactly),
        cmocka_unit_test(attention_nan),       cmocka_unit_test(attention_large_scores),
        cmocka_unit_test(activations),         cmocka_unit_test(norms_and_softmax),
        cmocka_unit_test(dropout_rows),        cmocka_unit_test(tables_agree),
        cmocka_unit_test(products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
