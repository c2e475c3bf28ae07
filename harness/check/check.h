/* check.h -- every property that a variant must have, measured in double precision.
 *
 *   gradient        layer (around the kernels' block lengths, and with carried state), auxiliary loss and whole model (pre-
 *                   and post-norm, and with state) against central differences along random directions
 *   textbook        the layer against the slow version in tests/ref
 *   vanilla         the settings under which it is vanilla, and is
 *   causality       rows before a changed row keep every bit
 *   neighbours      other values beside an example change no bit; another layout of the pack changes rounding only
 *   padding         hidden rows behind an example change rounding only, and values in hidden rows no bit
 *   state           one pass is its parts one after another, gradients too; examples with and without state share a pack;
 *                   the state given is never changed
 *   determinism     the same bits again, and for 1 and 3 threads
 *   degenerate      one row; equal rows; hidden rows; zero, huge and tiny weights: finite, with state too
 *   length          finite at 1, 2 and 8 times the training length
 *   overfit         32 random examples learnt to 100 %
 */
#ifndef REACH_CHECK_H
#define REACH_CHECK_H

#include <stdio.h>

#include "variants/variant.h"

struct check_row {
    char   name[64];
    double measured, tolerance; /* passes if measured <= tolerance; NaN fails */
    bool   pass, skipped;
    char   note[160];           /* why skipped, or what else was seen */
};

#define CHECK_ROWS 96
struct check_report {
    size_t n, failed;
    struct check_row row[CHECK_ROWS];
};

/* A variant with all its options. */
struct check_subject {
    const char *name;
    const struct attention *attention;  const void *attention_options;
    const struct position  *position;   const void *position_options;
};

/* Run the whole battery; `quick` leaves out overfit. */
void check_variant(const struct check_subject *s, bool quick, struct check_report *out);

void check_print(FILE *out, const char *name, const struct check_report *r);

#endif
