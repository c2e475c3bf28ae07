/* xz.h -- .xz through liblzma: reading it, and what it needs for a text after another. */
#ifndef REACH_XZ_H
#define REACH_XZ_H

#include "base/file.h"

/* A decoder takes the dictionary that the file's head asks for before a byte is unpacked, up to 4 GiB.  xz -9 asks for 64 MiB
 * (65 with the decoder); a file that asks for more than this is refused. */
#define XZ_DECODER_BYTES ((uint64_t)128 << 20)

/* What an lzma_ret other than OK and STREAM_END says of the file, as the end of a sentence. */
const char *xz_fault(int r);

/* Read a file that ends in .xz and unpack it in memory; content as file_read gives it.
 * ERR_IO if it cannot be read, ERR_DATA if it is damaged. */
status xz_read(const char *path, struct file_content *out);

/* How many bytes xz (preset 9 extreme, one dictionary over everything, no headers) writes for `test` after `train`: train is
 * compressed and flushed, test goes on in the same stream; the bytes written after the flush are counted.
 * That is size(train + test) - size(train), to some tens of bytes, in one pass instead of two.
 * About 0.5 s per megabyte and 11.5 bytes of memory per byte. */
size_t xz_bytes_after(const uint8_t *train, size_t n_train, const uint8_t *test, size_t n_test);

#endif
