/* sum.h -- checksums of files, written "KIND:HEX": "md5:c32a...", "sha1:3c91...", "sha256:86c4...". */
#ifndef REACH_SUM_H
#define REACH_SUM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define SUM_TEXT 80 /* bytes of the longest sum, the final 0 included */

/* Is `text` a sum: a kind we know, a colon and as many hex digits as the kind has?  ERR_CONFIG with what it should be. */
status sum_parse(const char *text);

/* A sum that grows with the bytes. */
struct sum;
struct sum *sum_new(const char *kind); /* the word before the colon, or a whole sum of that kind */
void        sum_add(struct sum *s, const void *at, size_t n);
void        sum_done(struct sum *s, char out[SUM_TEXT]); /* gives s back too */

/* The sum of a file, of the kind of `like`.  ERR_IO if it cannot be read, ERR_STOPPED if a signal asked to stop. */
status sum_file(const char *path, const char *like, char out[SUM_TEXT]);

bool sum_same(const char *a, const char *b); /* upper and lower case are the same */

#endif
