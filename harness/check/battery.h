/* battery.h -- the checks, one function each, and what they share.
 *
 * A check builds small models, measures, and adds its rows to the report.  All take the direction: causal or not.
 */
#ifndef REACH_CHECK_BATTERY_H
#define REACH_CHECK_BATTERY_H

#include "check/check.h"
#include "check/layer.h"

#define WIDTH 12      /* of check_model                                             */
#define TRAINED 24    /* training length of most models here                        */
#define BLOCK 64      /* queries of a tile of scores, rows of a linear chunk        */

typedef void check_function(const struct check_subject *s, bool causal, struct check_report *r);

check_function check_layer_gradient, check_state_gradient, check_auxiliary_gradient, check_model_gradients; /* gradient.c  */
check_function check_textbook;                                            /* textbook.c  */
check_function check_vanilla;                                             /* vanilla.c   */
check_function check_causality, check_neighbours, check_padding, check_hidden; /* rows.c */
check_function check_split, check_split_gradient, check_reset;            /* state.c     */
check_function check_determinism;                                         /* same_bits.c */
check_function check_degenerate, check_lengths;                           /* finite.c    */
check_function check_overfit;                                             /* learn.c     */

/* Rows of the report.  A measured one passes if measured <= tolerance; NaN fails. */
struct check_row *check_measure(struct check_report *r, const char *name, bool causal, double measured, double tolerance);
void check_skip(struct check_report *r, const char *name, bool causal, const char *why);
__attribute__((format(printf, 2, 3))) void check_note(struct check_row *row, const char *format, ...);

/* Why this row does not apply to these settings (exceptions.c), or NULL. */
const char *check_exception(const struct check_subject *s, const char *row);

/* The larger, or the one that is NaN; largest |a - b| of n values; how many are not finite. */
double check_larger(double a, double b);
double check_apart(const real *a, const real *b, size_t n);
double check_not_finite(const real *x, size_t n);

void *check_take(size_t n, size_t size); /* cleared, to be freed */

/* The shape of most models here, and a model that is known not to be refused. */
struct shape check_shape(bool causal);
struct model *check_must_have(const struct check_subject *s, struct shape shape, double spread);

/* Rows after which gradients end, for models trained at `trained`; 0: nowhere.  Differences do not see that end, so
 * examples are kept shorter. */
size_t check_stops_at(const struct check_subject *s, size_t trained);

/* Where a text may be cut so that state carries it on exactly: multiples of so many rows; 1: anywhere. */
size_t check_cut(const struct check_subject *s, size_t trained, bool training);

#endif
