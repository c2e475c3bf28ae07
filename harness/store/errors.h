/* errors.h -- the file of measured distances from softmax attention (frame.h): measure/errors.h, check/approximate.h.
 *
 *   /approximation       struct error_row[]      a data frame: a row per variant, value of the swept option and draw
 */
#ifndef REACH_STORE_ERRORS_H
#define REACH_STORE_ERRORS_H

#include "store/frame.h"

extern const struct frame_kind errors_kind; /* schema 1 */

struct error_row {
    char    variant[64];        /* its label                                                      */
    char    attention[64];
    char    option[64];         /* that was swept; "": the attention has no such option           */
    double  value;              /* of that option                                                 */
    int64_t draw;               /* from 1; the same input and parameters for all variants, values */
    double  mse;                /* mean of (output - exact output)^2                              */
    double  exact_mean_square;  /* mean of (exact output)^2                                       */
    double  relative_error;     /* mse / exact_mean_square                                        */
};

#endif
