/* packed.h -- write packed files for a test. */
#ifndef REACH_TEST_PACKED_H
#define REACH_TEST_PACKED_H

#include <lzma.h>
#include <zlib.h>

#include "folder.h"

/* Write FOLDER/NAME, packed as the end of its name says. */
static inline void put_packed(const char *name, const void *content, size_t n)
{
    const char *end = strrchr(name, '.');
    if (end && strcmp(end, ".xz") == 0) {
        const size_t room = lzma_stream_buffer_bound(n);
        size_t size = 0;
        uint8_t *out = malloc(room);
        if (!out || lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, content, n, out, &size, room) != LZMA_OK) abort();
        put_bytes(name, out, size);
        free(out);
    } else if (end && strcmp(end, ".gz") == 0) {
        put_bytes(name, "", 0); /* makes its folder */
        gzFile f = gzopen(in_folder(name), "wb");
        if (!f || gzwrite(f, content, (unsigned)n) != (int)n || gzclose(f) != Z_OK) abort();
    } else {
        put_bytes(name, content, n);
    }
}

/* Write the first `n` bytes of FOLDER/FROM as FOLDER/TO. */
static inline void put_cut(const char *to, const char *from, size_t n)
{
    struct file_content f;
    if (file_read(in_folder(from), &f) != OK || f.n < n) abort();
    put_bytes(to, f.at, n);
    file_close(&f);
}

static inline size_t size_of(const char *name)
{
    struct file_content f;
    if (file_read(in_folder(name), &f) != OK) abort();
    const size_t n = f.n;
    file_close(&f);
    return n;
}

#endif
