/* measured.h -- the file of a config that measures (config/measured.h) and what is shown of it, whichever measurement it is. */
#ifndef REACH_BENCH_MEASURED_H
#define REACH_BENCH_MEASURED_H

#include "bench/errors.h"
#include "bench/sweeps.h"
#include "report/grid.h"
#include "report/plot.h"

struct measured { /* one of them, or neither: not measured */
    struct sweeps sweeps;
    struct errors errors;
};

/* RESULTS/NAME/FILE */
void measured_path(const struct config *c, const char *results_dir, char *out, size_t size);

/* Settings, title and id of the config into a file that is to be written. */
void measured_keep(const struct config *c, struct frame *out);

/* ERR_DATA if there is no such file (it says what to run) or it is not whole; *out is then empty. */
status measured_read(const struct config *c, const char *results_dir, struct measured *out);
void   measured_done(struct measured *m); /* accepts an empty one */

const struct frame *measured_file(const struct measured *m);     /* NULL: there is none                                     */
bool                measured_stale(const struct measured *m);    /* made with other settings than the config has now       */
size_t              measured_variants(const struct measured *m);

/* "Measured 2026-11-22 on CPU, commit ...", and whether that was with other settings. */
void   measured_remark(const struct measured *m, char *out, size_t size);

/* Its tables, or its lines of csv. */
void   measured_table(FILE *out, const struct measured *m, enum table_format f, bool color);

/* Its figures (of a struct measured), each given to `take`; the first status other than OK ends it. */
status measured_figures(const void *of, figure_take *take, void *self);

#endif
