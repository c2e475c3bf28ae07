/* h5.h -- the few things asked of HDF5, with its error stack kept silent.
 *
 * Functions return false (or a negative id) on failure; h5_reason() then tells why.  HDF5 is a library of one thread:
 * call from one thread at a time.
 */
#ifndef REACH_STORE_H5_H
#define REACH_STORE_H5_H

#include <hdf5.h>
#include <stdbool.h>

#include "store/schema.h"

/* Forget the last reason and keep HDF5 from printing. */
void h5_begin(void);

/* The first and innermost error since h5_begin; "unknown reason" if there was none. */
const char *h5_reason(void);

/* Open for reading, or create (an old file is cut), without locks: whole files are renamed into place instead. */
hid_t h5_open(const char *path);
hid_t h5_create(const char *path);

/* Can n things of `size` bytes stand in the file that holds an open object?  What is stored is never packed, so a count that is
 * larger is a lie, and no memory is taken for it. */
bool h5_holds(hid_t object, hsize_t n, size_t size);

/* A group, made with those above it; attributes keep the order they are written in. */
hid_t h5_group(hid_t file, const char *path);

/* Property lists of the datasets we make: no time stamps, missing groups made on the way. */
hid_t h5_dataset(hid_t at, const char *path, hid_t type, hid_t space);

/* Attributes of an open object.  Texts are UTF-8; `get_text` cuts what does not fit. */
bool h5_put_text(hid_t at, const char *name, const char *text);
bool h5_put_int(hid_t at, const char *name, int64_t value);
bool h5_put_seed(hid_t at, const char *name, uint64_t value);
bool h5_put_real(hid_t at, const char *name, double value);
bool h5_put_ints(hid_t at, const char *name, const int64_t *value, size_t n);
bool h5_get_text(hid_t at, const char *name, char *out, size_t size);
bool h5_get_int(hid_t at, const char *name, int64_t *value);
bool h5_get_seed(hid_t at, const char *name, uint64_t *value);
bool h5_get_real(hid_t at, const char *name, double *value);
bool h5_get_ints(hid_t at, const char *name, int64_t *value, size_t n); /* a list of exactly n */

/* Visit the text attributes of an object in the order they were written; others are passed over. */
bool h5_each_text(hid_t at, void (*visit)(const char *name, const char *text, void *data), void *data);

/* The compound type of a table in memory, and packed and little-endian as it stands in the file. */
hid_t h5_row_in_memory(const struct table *t);
hid_t h5_row_in_file(const struct table *t);

/* A fixed-length UTF-8 text of `size` bytes, the final 0 included. */
hid_t h5_text_type(size_t size);

/* The type of `real` in memory and in the file. */
hid_t h5_real_in_memory(void);
hid_t h5_real_in_file(void);

#endif
