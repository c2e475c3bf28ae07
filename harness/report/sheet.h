/* sheet.h -- a contact sheet: square gray images in rows, each in a frame whose colour tells its label, as a PNG file. */
#ifndef REACH_SHEET_H
#define REACH_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SHEET_COLOURS 10 /* labels from there on take them again */
extern const char *const sheet_colours[SHEET_COLOURS]; /* their names */

struct sheet;

/* Room for n images of side x side pixels, in about as many rows as columns; small ones are drawn enlarged, pixels stay squares. */
struct sheet *sheet_new(size_t n, size_t side);
void          sheet_free(struct sheet *s); /* accepts NULL */

/* Put a gray image of side * side bytes at place i < n. */
void sheet_put(struct sheet *s, size_t i, const uint8_t *gray, int label);

/* ERR_IO if the file cannot be written. */
status sheet_write(const struct sheet *s, const char *path);

#endif
