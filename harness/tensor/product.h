/* product.h -- matrix products, single-threaded: the kernel's own where they are faster, else BLAS.
 *
 * C (m, n) = alpha op(A) op(B) + beta C, all row-major, op(A) is (m, k), op(B) is (k, n); lda, ldb, ldc are row
 * strides of what is stored.  beta = 0 overwrites (C may hold NaN).  The result is a pure function of the
 * arguments for one kernel, one BLAS and one BLAS core.
 */
#ifndef REACH_PRODUCT_H
#define REACH_PRODUCT_H

#include <stddef.h>

#include "base/real.h"
#include "tensor/kernel.h"

enum transpose { PLAIN, TRANSPOSED };

void product(enum transpose ta, enum transpose tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda,
             const real *B, size_t ldb, real beta, real *C, size_t ldc);

/* Single thread inside BLAS, and the best kernel; call once at start, before any thread is made. */
void product_start(void);

/* Another kernel's products, where the user asked for it by name; also before any thread is made. */
void product_use(const struct kernel *k);

/* "OpenBLAS 0.3.21 SkylakeX": stored with the results. */
const char *product_library(void);

#endif
