/* errors.h -- how far attentions are from softmax attention: what a config with `approximation:` measured, from its file. */
#ifndef REACH_MEASURE_ERRORS_H
#define REACH_MEASURE_ERRORS_H

#include "config/approximation.h"
#include "store/errors.h"

enum error_measure { ERROR_MSE, ERROR_RELATIVE, ERROR_MEASURES };

struct errors {
    size_t n_variants, n_values, n_draws;
    const struct error_row **row;    /* n_variants x n_values x n_draws, into `file`; values ascending */
    const char *swept;               /* "" if no variant has the option                                */
    struct approximation_options options;
    struct model_options model;
    bool   stale;                    /* made with other settings than the config has now               */
    char   path[4096];
    struct frame file;
};

/* ERR_DATA if there is no such file (it says what to run) or it is not whole; *out is then empty. */
status errors_read(const struct config *c, const char *results_dir, struct errors *out);
void   errors_done(struct errors *e); /* accepts an empty one */

/* The first draw of a variant and value. */
const struct error_row *errors_at(const struct errors *e, size_t variant, size_t value);

/* Mean over draws, and their sample standard deviation (NaN of one draw). */
double errors_mean(const struct errors *e, enum error_measure m, size_t variant, size_t value, double *deviation);

#endif
