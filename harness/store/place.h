/* place.h -- a file comes whole or not at all: written beside its place, sealed, synced, renamed. */
#ifndef REACH_STORE_PLACE_H
#define REACH_STORE_PLACE_H

#include <stddef.h>

#include "base/status.h"

#define PLACE_PATH 4096 /* bytes of a path, the final 0 included */

/* Make a folder and those above it.  ERR_IO with the one that could not be made. */
status place_folder(const char *path);

/* The name of the unfinished file: PATH.tmp.PID.  Folders missing on the way are made. */
status place_begin(const char *path, char tmp[PLACE_PATH]);

/* Append the seal to `tmp`, sync it, rename it to `path`, sync the folder.  On ERR_IO `tmp` is gone and an older file at
 * `path` unharmed. */
status place_finish(const char *tmp, const char *path);

/* Compare a file with its seal: 32 bytes behind the HDF5 data ("reach seal xxh3" and the XXH3 hash of all before it),
 * which HDF5 itself never looks at.  HDF5 1.10 can crash on a damaged file, so it is shown none that does not match.
 * ERR_IO if it cannot be read; ERR_DATA if it has no seal or bytes have changed. */
status place_check(const char *path);

#endif
