/* product.c -- matrix products: our own for the shapes of layers with AVX-512 in float, OpenBLAS for the rest.
 *
 * The AVX-512 kernel's product is 5 to 40 % faster than OpenBLAS 0.3.21 on one core where the shape suits it
 * (tests/bench_kernel.c); the AVX2 one is only as fast as OpenBLAS's Haswell core.  The choice is a function of the shape
 * and of the kernel alone, so bits are reproducible.
 */
#include "tensor/product.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>

/* Not thin in any direction, and not so large that C, which is passed over once for each 128 of k, leaves L2. */
static int suits_own(size_t m, size_t n, size_t k)
{
    return m >= 32 && n >= 32 && k >= 32 && (m * n <= (size_t)1 << 19 || k < 512);
}

static const struct kernel *own; /* NULL: BLAS only */

void product_use(const struct kernel *k)
{
    own = k && strcmp(k->name, "avx512") == 0 ? k : NULL;
}

void product_start(void)
{
    openblas_set_num_threads(1);
    product_use(kernel_choose(NULL));
}

/* openblas_get_config() reads "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": keep name and version. */
const char *product_library(void)
{
    static _Thread_local char text[96];
    const char *config = openblas_get_config(), *end = strchr(config, ' ');
    if (end) end = strchr(end + 1, ' ');
    const int n = end ? (int)(end - config) : (int)strlen(config);
    snprintf(text, sizeof text, "%.*s %s", n, config, openblas_get_corename());
    return text;
}

void product(enum transpose ta, enum transpose tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda,
             const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    const enum CBLAS_TRANSPOSE a = ta == TRANSPOSED ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE b = tb == TRANSPOSED ? CblasTrans : CblasNoTrans;
    if (m == 0 || n == 0) return;
    if (own && suits_own(m, n, k)) {
        own->product(ta == TRANSPOSED, tb == TRANSPOSED, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
        return;
    }
#ifdef REACH_DOUBLE
    cblas_dgemm(CblasRowMajor, a, b, (int)m, (int)n, (int)k, alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
#else
    cblas_sgemm(CblasRowMajor, a, b, (int)m, (int)n, (int)k, alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
#endif
}
