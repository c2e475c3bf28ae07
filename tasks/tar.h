/* tar.h -- the files of a tar archive, one after the other, out of memory or disk as unpack.h gives its bytes.
 *
 * Reads ustar, GNU (long names) and pax (its `path`) archives.  A member is a header of 512 bytes and its content, filled up
 * to 512; two blocks of zeros end an archive, and one without them was cut.
 */
#ifndef REACH_TAR_H
#define REACH_TAR_H

#include "tasks/unpack.h"

struct tar;

/* ERR_IO if the file cannot be read.  Close accepts NULL. */
status tar_open(struct tar **out, const char *path);
void   tar_close(struct tar *t);

/* A regular file in the archive. */
struct tar_file {
    char   name[FILE_PATH]; /* "aclImdb/train/pos/0_9.txt"        */
    size_t n;               /* bytes                              */
    size_t place;           /* of its content in the unpacked tar */
};

/* Go to the next regular file; *found is false at the end.  What was not read of the last one is passed over.  A name that is
 * absolute or has a part ".." is refused.
 * ERR_DATA with archive, byte and what was expected. */
status tar_next(struct tar *t, struct tar_file *out, bool *found);

/* The whole content of the file gone to, into out[its n]; once for each. */
status tar_content(struct tar *t, void *out);

/* The same into memory of its own with a byte to spare, which the caller frees.  Room grows as the content comes: a size that
 * the archive only claims takes none. */
status tar_take(struct tar *t, uint8_t **out);

#endif
