/* functions.h -- the kernel's functions, each with the suffix of its instruction set; kernel.h says what they do. */
#ifndef REACH_KERNEL_FUNCTIONS_H
#define REACH_KERNEL_FUNCTIONS_H

#include "tensor/kernel/vector.h"

size_t NAME(attention_scratch)(size_t D, size_t Dv);
void NAME(attention_forward)(const struct attention_head *h, void *scratch);
void NAME(attention_backward)(const struct attention_head *h, void *scratch);
void NAME(attention_received)(const struct attention_head *h, void *scratch);

size_t NAME(linear_scratch)(size_t F, size_t Dv);
size_t NAME(linear_states)(const struct linear_head *h);
void NAME(linear_forward)(const struct linear_head *h, void *scratch);
void NAME(linear_backward)(const struct linear_head *h, void *scratch);

void NAME(gelu_erf)(size_t n, const real *x, real *y);
void NAME(gelu_erf_backward)(size_t n, const real *x, const real *dy, real *dx);
void NAME(gelu_tanh)(size_t n, const real *x, real *y);
void NAME(gelu_tanh_backward)(size_t n, const real *x, const real *dy, real *dx);
void NAME(silu)(size_t n, const real *x, real *y);
void NAME(silu_backward)(size_t n, const real *x, const real *dy, real *dx);

void NAME(elu_plus_one)(size_t n, const real *x, real *y);
void NAME(elu_plus_one_backward)(size_t n, const real *x, const real *dy, real *dx);

void NAME(exp_rows)(size_t rows, size_t n, size_t stride, real factor, const real *offset, real *x);
void NAME(multiply_rows)(size_t rows, size_t n, size_t stride, const real *y, real *dy, real *sum);

void NAME(norm)(size_t rows, size_t C, int rms, real eps, const real *x, const real *gain, const real *bias, real *y,
                real *stats);
void NAME(norm_backward)(size_t rows, size_t C, int rms, const real *x, const real *gain, const real *stats,
                         const real *dy, real *dx, real *dgain, real *dbias);
void NAME(softmax_rows)(size_t rows, size_t V, const real *x, real *p, real *lse);

void NAME(dropout)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows, size_t C,
                   const real *x, real *y);
void NAME(dropout_backward)(const struct dropout *d, uint32_t example_id, uint32_t site, size_t first_row, size_t rows,
                            size_t C, const real *dy, real *dx);

void NAME(adam)(size_t n, real *w, const real *g, real *m, real *v, real rate, real b1, real b2, real eps, real decay,
                real c1, real c2);
void   NAME(add)(size_t n, const real *x, real *y);
void   NAME(add_scaled)(size_t n, real s, const real *x, real *y);
double NAME(sum_squares)(size_t n, const real *x);
void   NAME(add_columns)(size_t rows, size_t C, const real *x, real *out);
void   NAME(add_row)(size_t rows, size_t C, const real *x, const real *b, real *y);

void NAME(product)(int ta, int tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda, const real *B,
                   size_t ldb, real beta, real *C, size_t ldc);

#endif
