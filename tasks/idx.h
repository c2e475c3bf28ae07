/* idx.h -- images and labels in the IDX files of the MNIST family.
 *
 * LeCun, Cortes and Burges, "The MNIST database of handwritten digits".  Big-endian 32-bit numbers, then bytes:
 *   images   0x00000803, count, rows, columns, then count x rows x columns levels
 *   labels   0x00000801, count, then count labels, 0 to 9
 */
#ifndef REACH_IDX_H
#define REACH_IDX_H

#include "tasks/images.h"

#define IDX_PIXELS 65536 /* of an image, at most */

/* Read a pair of files (packed if they end in .gz or .xz) into a part of the set; sets its size if that is 0.
 * ERR_DATA with file, byte and what was expected. */
status idx_read(struct image_set *s, int part, const char *images, const char *labels);

#endif
