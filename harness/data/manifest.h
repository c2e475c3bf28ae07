/* manifest.h -- SHA256SUMS of a data set: one line "HEX  PATH" a file, as `sha256sum -c` reads it. */
#ifndef REACH_MANIFEST_H
#define REACH_MANIFEST_H

#include <stddef.h>

#include "base/file.h"
#include "base/progress.h"
#include "base/status.h"

#define MANIFEST "SHA256SUMS"

/* Write FOLDER/SHA256SUMS: a line for the published file `file` in `place`, then the lines of `unpacked` (from its beginning;
 * NULL: none) whose paths begin with `prefix` ("" or "a/b/"), which is cut off. */
status manifest_write(const char *folder, const char *place, const char *file, FILE *unpacked, const char *prefix);

struct manifest_check {
    size_t right, wrong, missing;
    char   first[FILE_PATH + 80]; /* the first that is not as it should be, with what it is */
};

/* Compare what is there with FOLDER/SHA256SUMS.  A missing `file` is no fault: unpacked archives may be deleted.
 * ERR_IO if the list cannot be read, ERR_DATA if a line of it is none, ERR_STOPPED. */
status manifest_check(const char *folder, const char *file, struct progress *progress, struct manifest_check *out);

#endif
