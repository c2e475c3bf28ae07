/* cifar.h -- CIFAR-10 in grays, from the authors' colour batches or from gray records.
 *
 * Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 * Colour: data_batch_1.bin to data_batch_5.bin and test_batch.bin, records of 3,073 bytes: label, 1,024 red, 1,024 green,
 * 1,024 blue.  Gray: cifar10-gray-train.bin and cifar10-gray-test.bin, records of 1,025 bytes: label, 1,024 levels.
 * Rows of 32 pixels from the top; labels 0 to 9.  Each file may be packed (.gz, .xz).
 */
#ifndef REACH_CIFAR_H
#define REACH_CIFAR_H

#include "base/file.h"
#include "tasks/images.h"

#define CIFAR_PIXELS 1024

enum { GRAY_PIL, GRAY_TENSORFLOW };

/* A pixel's gray level.
 *   GRAY_PIL         (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down: the Python imaging library's "L"
 *   GRAY_TENSORFLOW  (0.2989 R + 0.5870 G + 0.1140 B) / 255 * 255.5, rounded down, in exact arithmetic.  TensorFlow does it in
 *                    float32, which could fall on the other side of a whole number only where the product is one. */
uint8_t cifar_gray(int gray, uint8_t r, uint8_t g, uint8_t b);

/* Read one file of records, colour or not, into a part of the set; *n is how many.
 * ERR_DATA with file, byte and what was expected if a record is cut short, a label is over 9, or there is none. */
status cifar_read_file(struct image_set *s, int part, const char *path, bool colour, int gray, size_t *n);

/* Whether a folder's files can give `gray`: ERR_CONFIG if not. */
status cifar_check(const char *folder, int gray);

/* Read all of a folder.  ERR_CONFIG if `gray` cannot be had from gray records. */
status cifar_read(struct image_set *s, const char *folder, int gray);

/* The folder that holds the files: `source`, here or under `data`, or cifar-10-batches-bin in it.
 * ERR_DATA with how to get them. */
status cifar_find(char out[FILE_PATH], const char *source, const char *data);

#endif
