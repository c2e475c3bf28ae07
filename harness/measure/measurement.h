/* measurement.h -- the file of a config that measures (config/measured.h) and what is shown of it, whichever measurement it is. */
#ifndef REACH_MEASURE_MEASUREMENT_H
#define REACH_MEASURE_MEASUREMENT_H

#include "measure/errors.h"
#include "measure/sweeps.h"
#include "report/grid.h"
#include "report/plot.h"

struct measurement { /* one of them, or neither: not measured */
    struct sweeps sweeps;
    struct errors errors;
};

/* RESULTS/NAME/FILE */
void measurement_path(const struct config *c, const char *results_dir, char *out, size_t size);

/* Settings, title and id of the config into a file that is to be written. */
void measurement_keep(const struct config *c, struct frame *out);

/* ERR_DATA if there is no such file (it says what to run) or it is not whole; *out is then empty. */
status measurement_read(const struct config *c, const char *results_dir, struct measurement *out);
void   measurement_done(struct measurement *m); /* accepts an empty one */

const struct frame *measurement_file(const struct measurement *m);     /* NULL: there is none                                     */
bool                measurement_stale(const struct measurement *m);    /* made with other settings than the config has now       */
size_t              measurement_variants(const struct measurement *m);

/* "Measured 2026-11-22 on CPU, commit ...", and whether that was with other settings. */
void   measurement_remark(const struct measurement *m, char *out, size_t size);

/* Its tables, or its lines of csv. */
void   measurement_table(FILE *out, const struct measurement *m, enum table_format f, bool color);

/* Its figures (of a struct measurement), each given to `take`; the first status other than OK ends it. */
status measurement_figures(const void *of, figure_take *take, void *self);

#endif
