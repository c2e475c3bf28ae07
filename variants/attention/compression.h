/* compression.h -- functions that make one row of every `rate` rows: f_c of the Compressive Transformer, and its decoder.
 *
 * Rae et al., arXiv:1911.05507, sec. 3.2.  Rows come in runs, one after another, each of a multiple of `rate` rows:
 *
 *   max, mean      of the group's rows, channel by channel
 *   convolution    y_s = b + sum over t < rate of W_t x_(rate s + t)
 *   dilated        the same of z = conv(GELU(conv(x))), both of width 3, the second with a row between its taps, and with zeros
 *                  beyond the ends of a run; the paper leaves the dilations open
 *   most_used      chooses rows and is not a function of them alone: see compressive.c
 *
 * x (n, C), y (n / rate, C).  Time O(n C^2) for convolutions (seven times that if dilated), O(n C) for pools. */
#ifndef REACH_COMPRESSION_H
#define REACH_COMPRESSION_H

#include "tensor/ops.h"
#include "variants/variant.h"

enum compression_kind { COMPRESS_MAX, COMPRESS_MEAN, COMPRESS_CONVOLUTION, COMPRESS_DILATED, COMPRESS_MOST_USED };
extern const char *const compression_names[];

struct compression {
    enum compression_kind kind;
    size_t rate;
    weight strided, strided_bias, first, first_bias, second, second_bias, decoder;
};

bool compression_learns(int kind); /* has it parameters? */

/* Declare its parameters, and the decoder's if asked. */
void compression_build(struct builder *b, enum compression_kind kind, size_t rate, bool decoder, struct compression *f);

/* f_c(x), for all kinds but most_used.  Run r is rows run[r]..run[r + 1]; valid: rows with 0 count as none, NULL: all count. */
node *compress(struct pass *p, const struct compression *f, node *x, size_t n_runs, const size_t *run, const unsigned char *valid);

/* g(y): every slot back to `rate` rows, x_(rate s + t) = V_t y_s; (n, C) from (n / rate, C). */
node *decompress(struct pass *p, const struct compression *f, node *y);

/* Multiply-adds x 2 that one row costs. */
double compression_flops(int kind, double C);

#endif
