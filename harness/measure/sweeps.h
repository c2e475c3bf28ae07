/* sweeps.h -- the sweeps of a config with `bench:`, one per direction: measured into RESULTS/NAME/cost.h5, and read from it. */
#ifndef REACH_MEASURE_SWEEPS_H
#define REACH_MEASURE_SWEEPS_H

#include "config/config.h"
#include "measure/sweep.h"
#include "store/costs.h"

struct sweeps {
    size_t       n;            /* 1 or 2                                                                 */
    struct sweep at[2];        /* names point into `file`                                                */
    const char  *direction[2]; /* "bidirectional", "causal"                                              */
    bool         by_round;     /* the file has the step of every round                                   */
    bool         stale;        /* made with other settings than the config has now                       */
    char         path[4096];
    struct frame file;
};

/* Measure everything of c->cost; the rows are in the order direction, variant, length, mode.  `out` is empty and gets rows.
 * ERR_STOPPED if a signal asked for it; ERR_CONFIG if nothing can be measured. */
status sweeps_measure(const struct config *c, int threads, const struct kernel *kernel, struct progress *progress, struct frame *out);

/* ERR_DATA if there is no such file (it says what to run) or it is not whole; *out is then empty. */
status sweeps_read(const struct config *c, const char *results_dir, struct sweeps *out);
void   sweeps_done(struct sweeps *s); /* accepts an empty one */

/* How files and figures of a direction begin: "cost", or "cost-causal" if there are two.  Returns `out`. */
const char *sweeps_name(const struct sweeps *s, size_t direction, char *out, size_t size);

#endif
