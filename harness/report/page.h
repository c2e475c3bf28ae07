/* page.h -- `reach report`: the results of one or more configs as one HTML page.
 *
 * The page stands alone: no script, nothing loaded from anywhere, figures inside as SVG; it links to the HDF5 files by relative
 * paths.  Its bytes follow from the configs, the files and the version of gnuplot alone: neither the time nor the machine that
 * writes it is in it.
 */
#ifndef REACH_PAGE_H
#define REACH_PAGE_H

#include "config/config.h"

/* A config, how it was asked for (path, --budget, --set, --only: the commands on the page repeat it), and the same under its
 * budget "full" (NULL: it has none, or is under it), against which the page says how far it is scaled down. */
struct page_config {
    struct config_request request;
    const struct config  *config, *full;
};

struct page {
    size_t                    n;  /* >= 1 */
    const struct page_config *at;
    const char *results_dir;      /* results are in RESULTS/NAME */
    const char *plots_dir;        /* gnuplot scripts             */
    const char *path;             /* of the page: replaced whole; folders missing on the way are made */
};

/* Runs that are missing, unfinished, diverged or stale are named at the top; a config without a result has a section that says so.
 * ERR_DATA if no run of any config can be used, ERR_CONFIG if `about:` is not text, ERR_IO if gnuplot is missing or fails or the
 * page cannot be written. */
status page_write(const struct page *p);

#endif
