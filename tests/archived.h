/* archived.h -- a .tar.xz made by a test, byte by byte, into its folder. */
#ifndef REACH_TEST_ARCHIVED_H
#define REACH_TEST_ARCHIVED_H

#include <lzma.h>

#include "folder.h"

struct archived {
    const char *name;
    const char *content;
    char        kind;    /* '0': a file, '5': a folder */
};

/* The archive itself; returns its bytes. */
static inline size_t make_tar(const struct archived *f, size_t n, unsigned char **out)
{
    size_t size = 1024, at = 0;
    for (size_t i = 0; i < n; i++) size += 512 + (strlen(f[i].content) + 511) / 512 * 512;
    unsigned char *tar = calloc(size, 1);
    for (size_t i = 0; i < n; i++) {
        char *h = (char *)tar + at;
        unsigned sum = 0;
        snprintf(h, 100, "%s", f[i].name);
        memcpy(h + 100, "0000644", 8);
        snprintf(h + 124, 12, "%011o", (unsigned)strlen(f[i].content));
        h[156] = f[i].kind;
        memcpy(h + 257, "ustar\00000", 8);
        memset(h + 148, ' ', 8);
        for (int k = 0; k < 512; k++) sum += (unsigned char)h[k];
        snprintf(h + 148, 8, "%06o", sum);
        memcpy(h + 512, f[i].content, strlen(f[i].content));
        at += 512 + (strlen(f[i].content) + 511) / 512 * 512;
    }
    *out = tar;
    return size;
}

static inline void put_xz(const char *name, const unsigned char *content, size_t n)
{
    const size_t room = lzma_stream_buffer_bound(n);
    unsigned char *packed = malloc(room);
    size_t used = 0;
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, content, n, packed, &used, room) != LZMA_OK) abort();
    put_bytes(name, packed, used);
    free(packed);
}

static inline void put_tar_xz(const char *name, const struct archived *f, size_t n)
{
    unsigned char *tar;
    const size_t size = make_tar(f, n, &tar);
    put_xz(name, tar, size);
    free(tar);
}

#endif
