/* report.h -- the page that `reach report` and `reach publish` write. */
#ifndef REACH_CLI_REPORT_H
#define REACH_CLI_REPORT_H

#include "cli/config_flags.h"

/* One page on the configs at `paths`, under the flags, from the results in `results_dir`; path NULL: beside them.  Its path is printed.
 * Fails as config_read and page_write do. */
status report_write_page(const struct config_flags *f, const char *results_dir, const char *path, size_t n, char **paths);

#endif
