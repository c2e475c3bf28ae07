/* publish.h -- results that are kept with the program: small files and what is made of them. */
#ifndef REACH_PUBLISH_H
#define REACH_PUBLISH_H

#include "config/config.h"

/* Copy each finished run of the config from RESULTS/NAME/STEM.h5 to TO/NAME/STEM.h5, without its checkpoint; then write TO/NAME/table.md
 * and table.csv from the copies, those that lay there before included, and claims.md if the config has claims.  *n: how many runs of the config lie there now.
 * A run made with other settings than the config's is left out.
 * Of a config that measures its file (cost.h5, approximation.h5) is copied, unless it was made with other settings; *n is 1.
 * ERR_DATA if none lies there, ERR_IO as the files. */
status report_publish(const struct config *c, const char *results_dir, const char *to, size_t *n);

#endif
