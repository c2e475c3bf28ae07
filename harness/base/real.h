/* real.h -- the one floating-point type of the engine.
 *
 * The same source builds `reach` (real = float) and `reach64` (real = double, -DREACH_DOUBLE).
 * Sums that decide a printed number are kept in double in both.
 */
#ifndef REACH_REAL_H
#define REACH_REAL_H

#ifdef REACH_DOUBLE
typedef double real;
#define REAL_NAME "float64"
#else
typedef float real;
#define REAL_NAME "float32"
#endif

#endif
