/* tar.h -- the files of an unpacked .tar archive in memory (POSIX ustar). */
#ifndef REACH_TAR_H
#define REACH_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tar_file {
    char           name[257]; /* its path in the archive                  */
    const uint8_t *at;        /* its content, inside the archive's memory */
    size_t         n;
};

/* The next regular file from byte *place on (0 at first), which moves past it; folders, links and extended headers are passed
 * over, so a name longer than 256 bytes is cut.  *more is false at the end.  ERR_DATA, with `path` and the place, if there is
 * no header where one must be. */
status tar_next(const char *path, const uint8_t *archive, size_t n, size_t *place, struct tar_file *out, bool *more);

#endif
