/* file.h -- whole files, folders, and writes that a reader never sees half done.
 *
 * Every status here is OK or ERR_IO with a sentence that begins with the path and ends with the reason:
 * "data/kjv: cannot list: No such file or directory".
 */
#ifndef REACH_FILE_H
#define REACH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define FILE_PATH 4096 /* bytes of the longest path, the final 0 included */

/* The content of a file: read into memory, or mapped.  Empty content has n = 0 and `at` not NULL. */
struct file_content {
    const uint8_t *at;
    size_t         n;
    bool           mapped;
};

/* Read a whole regular file; a 0, not counted in n, follows its last byte. */
status file_read(const char *path, struct file_content *out);
/* The same without a copy: pages are read when touched.  No 0 follows; the file must not shrink meanwhile. */
status file_map(const char *path, struct file_content *out);
/* Give back either kind; accepts a cleared struct, and clears it. */
void file_close(struct file_content *content);

/* The names in a folder in byte order, without those that begin with a dot. */
struct file_names {
    size_t n;
    char **name;
};
status file_list(const char *folder, struct file_names *out);
void   file_names_free(struct file_names *names); /* accepts a cleared struct, and clears it */

/* Is there a regular file, or a folder, at `path` (links are followed)? */
bool file_is_file(const char *path);
bool file_is_folder(const char *path);

/* Make a folder and those above it; OK if it is there. */
status file_make_folder(const char *path);

/* out = FOLDER/NAME, or NAME alone if it begins with '/' or `folder` is "". */
status file_join(char out[FILE_PATH], const char *folder, const char *name);

/* Does a name from a file that others wrote stay below the folder it is joined to: not absolute, no part ".."? */
bool file_is_below(const char *name);

/* The first bytes of a piece of a file, as they may stand in a sentence: printable ASCII as it is, others as \xHH; returns `out`. */
#define FILE_EXCERPT 84
const char *file_excerpt(const void *at, size_t n, char out[FILE_EXCERPT]);

/* Write a file: beside its place, synced, then renamed into it, so that PATH is the old or the new content and
 * nothing between, even through a crash.  Its folder must exist.  One writer of a path at a time. */
status file_write(const char *path, const void *content, size_t n);

/* The same for a writer of its own: a name to write to (beside `path`, different for each process), and the
 * sync and rename that publish it.  If publishing fails the part is removed. */
status file_part(char out[FILE_PATH], const char *path);
status file_publish(const char *part, const char *path);

#endif
