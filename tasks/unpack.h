/* unpack.h -- the bytes of a file in order, unpacked on the way if its name ends in .xz (liblzma) or .gz (zlib).
 *
 * Nothing is unpacked to disk, and no more is held than the decoder's dictionary (xz: XZ_DECODER_BYTES at most, gz: 32 KiB).
 */
#ifndef REACH_UNPACK_H
#define REACH_UNPACK_H

#include "base/file.h"

struct unpack;

/* ERR_IO if the file cannot be read.  Close accepts NULL. */
status unpack_open(struct unpack **out, const char *path);
void   unpack_close(struct unpack *u);

/* The next n bytes into `out`, fewer only at the end: *got says how many.
 * ERR_DATA with file and place if the packed data is damaged or ends early. */
status unpack_read(struct unpack *u, void *out, size_t n, size_t *got);

/* The same, all n or ERR_DATA: "PATH: ends at byte 17 where WHAT was expected". */
status unpack_exactly(struct unpack *u, void *out, size_t n, const char *what);

/* ERR_DATA unless all bytes have been read. */
status unpack_at_end(struct unpack *u);

const char *unpack_path(const struct unpack *u);
size_t      unpack_place(const struct unpack *u); /* unpacked bytes read so far */

/* PATH, PATH.gz or PATH.xz, whichever is there first, into out; false if none is. */
bool unpack_find(char out[FILE_PATH], const char *folder, const char *name);

#endif
