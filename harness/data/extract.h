/* extract.h -- an archive (tar, alone or packed with gzip, bzip2, xz or zstd; or zip) as files in a new folder.
 *
 * Archives come from elsewhere, so nothing in one may reach beyond the folder or fill the disk.  Refused, with the name of the
 * entry: absolute paths, "..", backslashes and control characters; links of both kinds, devices and sockets (no published data set
 * holds any); a name that comes twice; more bytes or files than the limits.  Without links, every path made of plain names
 * below a folder that was empty before stays in it.
 */
#ifndef REACH_EXTRACT_H
#define REACH_EXTRACT_H

#include <stdint.h>
#include <stdio.h>

#include "base/progress.h"
#include "base/status.h"

struct extract {
    const char      *archive;
    const char      *folder;                 /* exists and is empty          */
    uint64_t         most_bytes, most_files; /* folders count as files       */
    FILE            *sums;                   /* a line "HEX  PATH" (SHA-256) for each file goes here; NULL: no */
    struct progress *progress;
};

/* ERR_DATA with archive and entry; ERR_IO if the disk refuses; ERR_STOPPED.  On failure some files may stand in the folder. */
status extract(const struct extract *u);

#endif
