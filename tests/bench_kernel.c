/* bench_kernel.c -- how near the kernels come to what the processor can do.  Not a test.
 *
 *   gcc -std=c17 -D_GNU_SOURCE -O3 -march=native -ffp-contract=fast -Iharness -I. $(pkg-config --cflags openblas) \
 *       -o /tmp/bench_kernel tests/bench_kernel.c build/float/libreach.a $(pkg-config --libs openblas) -lm -fopenmp
 *   /tmp/bench_kernel [attention|linear|product|rows] [avx512|avx2|plain]
 *
 * Best of TIMES on one core; every figure is followed by its share of the peak, which an FMA loop measures just before
 * and after (float, one core).  "useful" counts 12 n^2 D forward and backward (4 and 8), pairs inside the mask only.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "tensor/kernel.h"
#include "tensor/product.h"

#define TIMES 25

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__AVX512F__)
#define WIDE 16
#elif defined(__AVX2__)
#define WIDE 8
#else
#define WIDE 4
#endif
typedef float lane __attribute__((vector_size(4 * WIDE)));

#if defined(__AVX512F__)
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#elif defined(__SSE2__)
#define KEEP(x) __asm__ volatile("" : "+x"(x))
#else
#define KEEP(x) ((void)0)
#endif

static double fma_loop(void)
{
    lane a, b;
    for (int l = 0; l < WIDE; l++) a[l] = 0.999f, b[l] = 1e-3f;
    lane x0 = a, x1 = a, x2 = a, x3 = a, x4 = a, x5 = a, x6 = a, x7 = a, x8 = a, x9 = a;
    const long n = 400000;
    const double t = now();
    for (long i = 0; i < n; i++) {
#define STEP(x) x = x * a + b; KEEP(x)
        STEP(x0); STEP(x1); STEP(x2); STEP(x3); STEP(x4); STEP(x5); STEP(x6); STEP(x7); STEP(x8); STEP(x9);
    }
    const double gflops = 2e-9 * 10 * WIDE * (double)n / (now() - t);
    volatile float sink = (x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9)[0];
    (void)sink;
    return gflops;
}

/* The machine may be shared: the best of n, not the median. */
static double best(const double *t, int n)
{
    double least = t[0];
    for (int i = 1; i < n; i++)
        if (t[i] < least) least = t[i];
    return least;
}

static double peak(void)
{
    double most = 0;
    for (int i = 0; i < TIMES; i++) {
        const double g = fma_loop();
        if (g > most) most = g;
    }
    return most;
}

static float *numbers(size_t n)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    if (!x) abort();
    random_stream s = random_stream_of(7, RANDOM_TEST, n, 0);
    for (size_t i = 0; i < n; i++) x[i] = (float)random_normal(&s);
    return x;
}

static void bench_attention(const struct kernel *k, size_t n, size_t D, const char *what, struct pattern by, float rate)
{
    float *x[10];
    for (int i = 0; i < 10; i++) x[i] = numbers(n * D);
    double pairs = 0;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n; i++) {
        ptrdiff_t low = i - by.far, high = i - by.near;
        if (low < 0) low = 0;
        if (high > (ptrdiff_t)n - 1) high = (ptrdiff_t)n - 1;
        pairs += (double)(high - low + 1);
    }
    const struct attention_piece p = {.q = x[0], .dq = x[1], .q_stride = D, .k = x[2], .dk = x[3], .k_stride = D,
                                      .v = x[4], .dv = x[5], .v_stride = D, .keys = n, .pattern = by};
    const struct attention_head h = {.queries = n, .D = D, .Dv = D, .scale = 0.15f, .pieces = 1, .piece = &p,
                                     .drop = {.rate = rate}, .out = x[6], .out_stride = D, .lse = x[7], .d_out = x[8]};
    void *scratch = aligned_alloc(64, (k->attention_scratch(D, D) + 63) / 64 * 64);
    double forward[TIMES], backward[TIMES];
    const int repeat = (int)(2e8 / (pairs * (double)D * 14)) + 1;
    const double before = peak();
    for (int i = 0; i < TIMES; i++) {
        double t = now();
        for (int r = 0; r < repeat; r++) k->attention_forward(&h, scratch);
        forward[i] = (now() - t) / repeat;
        t = now();
        for (int r = 0; r < repeat; r++) k->attention_backward(&h, scratch);
        backward[i] = (now() - t) / repeat;
    }
    const double after = peak(), top = before > after ? before : after;
    const double f = best(forward, TIMES), b = best(backward, TIMES), unit = 1e-9 * pairs * (double)D;
    printf("%-7s %-7s n %5zu D %3zu drop %.1f: forward %6.1f (%3.0f %%)  backward %6.1f (%3.0f %%)  executed %6.1f (%3.0f %%)"
           "  useful %6.1f (%3.0f %%)  %.2f us/token  peak %.0f\n", k->name, what, n, D, (double)rate,
           4 * unit / f, 400 * unit / f / top, 10 * unit / b, 1000 * unit / b / top, 14 * unit / (f + b),
           1400 * unit / (f + b) / top, 12 * unit / (f + b), 1200 * unit / (f + b) / top, 1e6 * (f + b) / (double)n, top);
    for (int i = 0; i < 10; i++) free(x[i]);
    free(scratch);
}

/* One head of linear attention, n rows, F features; the count of multiply-adds is the kernel's own. */
static void bench_linear(const struct kernel *k, size_t n, size_t F, size_t D, enum linear_sight sees)
{
    const size_t wide = 2 * F;
    float *q = numbers(n * wide), *kk = numbers(n * wide), *v = numbers(n * 2 * D), *out = numbers(n * 2 * D), *d_out = numbers(n * 2 * D);
    float *dq = numbers(n * wide), *dk = numbers(n * wide), *dv = numbers(n * 2 * D), *den = numbers(n);
    for (size_t i = 0; i < n * wide; i++) q[i] = q[i] * q[i], kk[i] = kk[i] * kk[i];
    struct linear_head h = {.rows = n, .F = F, .Dv = D, .sees = sees, .normalise = 1, .decay = 1, .q = q, .dq = dq, .q_stride = wide,
                            .k = kk, .dk = dk, .k_stride = wide, .v = v, .dv = dv, .v_stride = 2 * D, .out = out, .d_out = d_out,
                            .out_stride = 2 * D, .den = den};
    h.states = numbers(k->linear_states(&h));
    void *scratch = aligned_alloc(64, (k->linear_scratch(F, D) + 63) / 64 * 64);
    double forward[TIMES], backward[TIMES];
    const double before = peak();
    for (int i = 0; i < TIMES; i++) {
        const double start = now();
        k->linear_forward(&h, scratch);
        const double middle = now();
        k->linear_backward(&h, scratch);
        forward[i] = middle - start, backward[i] = now() - middle;
    }
    const double after = peak(), top = before > after ? before : after;
    const double f = best(forward, TIMES), b = best(backward, TIMES);
    const double state = 5.0 * (double)(F * D), chunk = sees == LINEAR_CAUSAL ? 32.5 * (double)(4 * F + 3 * D) : 0;
    const double work = 2e-9 * (double)n * (state + chunk);
    printf("%-7s linear n %5zu F %3zu D %3zu %-13s: forward %6.0f, backward %6.0f ns a row, %6.1f GFLOP/s (%3.0f %%)  peak %.0f\n", k->name, n, F, D,
           sees == LINEAR_CAUSAL ? "causal" : "bidirectional", 1e9 * f / (double)n, 1e9 * b / (double)n, work / (f + b), 100 * work / (f + b) / top, top);
    float *const all[] = {q, kk, v, out, d_out, dq, dk, dv, den, h.states};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    free(scratch);
}

typedef void product_function(int, int, size_t, size_t, size_t, real, const real *, size_t, const real *, size_t, real,
                              real *, size_t);

static void by_blas(int ta, int tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda, const real *B,
                    size_t ldb, real beta, real *C, size_t ldc)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

/* A linear layer: Y = X W, dX = dY W^T, dW += X^T dY. */
static void bench_product(const char *by, product_function *f, size_t rows, size_t in, size_t out)
{
    float *X = numbers(rows * in), *W = numbers(in * out), *Y = numbers(rows * out);
    double t[3][TIMES];
    const double work = 2 * (double)rows * (double)in * (double)out;
    const int repeat = (int)(1e8 / work) + 1;
    const double before = peak();
    for (int i = 0; i < TIMES; i++) {
        for (int what = 0; what < 3; what++) {
            const double start = now();
            for (int r = 0; r < repeat; r++) {
                if (what == 0) f(0, 0, rows, out, in, 1, X, in, W, out, 0, Y, out);
                if (what == 1) f(0, 1, rows, in, out, 1, Y, out, W, out, 0, X, in);
                if (what == 2) f(1, 0, in, out, rows, 1e-9f, X, in, Y, out, 1, W, out);
            }
            t[what][i] = (now() - start) / repeat;
        }
    }
    const double after = peak(), top = before > after ? before : after;
    printf("%-7s rows %5zu in %5zu out %5zu:", by, rows, in, out);
    const char *const name[] = {"Y", "dX", "dW"};
    for (int what = 0; what < 3; what++) {
        const double g = 1e-9 * work / best(t[what], TIMES);
        printf("  %s %6.1f (%3.0f %%)", name[what], g, 100 * g / top);
    }
    printf("  peak %.0f\n", top);
    free(X), free(W), free(Y);
}

#define TIME(label, count, call)                                                       \
    do {                                                                               \
        double t_[TIMES];                                                                  \
        for (int i_ = 0; i_ < TIMES; i_++) {                                               \
            const double start_ = now();                                               \
            for (int r_ = 0; r_ < 20; r_++) call;                                      \
            t_[i_] = (now() - start_) / 20;                                            \
        }                                                                              \
        printf("%-7s %-18s %7.3f ns a value\n", k->name, label, 1e9 * best(t_, TIMES) / (double)(count)); \
    } while (0)

static void bench_rows(const struct kernel *k)
{
    const size_t rows = 256, C = 256, n = rows * C;
    float *x = numbers(n), *y = numbers(n), *z = numbers(n), *g = numbers(C), *b = numbers(C), *s = numbers(2 * rows);
    const struct dropout d = {.rate = 0.1f};
    TIME("gelu_erf", n, k->gelu_erf(n, x, y));
    TIME("gelu_erf_backward", n, k->gelu_erf_backward(n, x, y, z));
    TIME("gelu_tanh", n, k->gelu_tanh(n, x, y));
    TIME("gelu_tanh_backward", n, k->gelu_tanh_backward(n, x, y, z));
    TIME("silu", n, k->silu(n, x, y));
    TIME("silu_backward", n, k->silu_backward(n, x, y, z));
    TIME("norm", n, k->norm(rows, C, 0, 1e-5f, x, g, b, y, s));
    TIME("norm_backward", n, k->norm_backward(rows, C, 0, x, g, s, y, z, g, b));
    TIME("softmax_rows", n, k->softmax_rows(rows, C, x, y, s));
    TIME("dropout", n, k->dropout(&d, 1, 2, 3, rows, C, x, y));
    TIME("dropout_backward", n, k->dropout_backward(&d, 1, 2, 3, rows, C, x, y));
    memset(y, 0, n * sizeof *y), memset(z, 0, n * sizeof *z);
    TIME("adam", n, k->adam(n, x, x, y, z, 1e-9f, 0.9f, 0.99f, 1e-8f, 0, 1, 1));
    TIME("add", n, k->add(n, x, y));
    TIME("add_scaled", n, k->add_scaled(n, 0.5f, x, y));
    volatile double sink = 0;
    TIME("sum_squares", n, sink += k->sum_squares(n, x));
    TIME("add_columns", n, k->add_columns(rows, C, x, g));
    TIME("add_row", n, k->add_row(rows, C, x, b, y));
    free(x), free(y), free(z), free(g), free(b), free(s);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const struct kernel *k = kernel_choose(argc > 2 ? argv[2] : NULL);
    if (!k) return 2;
    product_start();
    printf("%s, %s, peak %.1f GFLOP/s\n", k->name, product_library(), peak());
    if (!*what || strcmp(what, "attention") == 0) {
        const struct pattern full = {-PATTERN_FAR, PATTERN_FAR, 1}, causal = {0, PATTERN_FAR, 1}, band = {0, 64, 1};
        for (size_t D = 16; D <= 64; D *= 2) {
            bench_attention(k, 1024, D, "full", full, 0);
            bench_attention(k, 1024, D, "causal", causal, 0);
            bench_attention(k, 256, D, "causal", causal, 0);
            bench_attention(k, 4096, D, "band", band, 0);
            bench_attention(k, 1024, D, "full", full, 0.1f);
        }
    }
    if (!*what || strcmp(what, "linear") == 0) {
        for (size_t F = 32; F <= 256; F *= 2) {
            bench_linear(k, 4096, F, 32, LINEAR_CAUSAL);
            bench_linear(k, 4096, F, 32, LINEAR_BOTH);
        }
        bench_linear(k, 16384, 64, 32, LINEAR_CAUSAL);
    }
    if (!*what || strcmp(what, "product") == 0) {
        const size_t in[] = {64, 128, 256, 1024}, out[] = {64, 128, 256, 768, 1024};
        for (size_t i = 0; i < 4; i++)
            for (size_t o = 0; o < 5; o++) {
                bench_product("BLAS", by_blas, 1024, in[i], out[o]);
                bench_product(k->name, k->product, 1024, in[i], out[o]);
            }
    }
    if (!*what || strcmp(what, "rows") == 0) bench_rows(k);
    return 0;
}
