/* repair.h -- make the sums of tar headers and PNG chunks right again, so that changed bytes reach what lies behind them; pack. */
#ifndef REACH_FUZZ_REPAIR_H
#define REACH_FUZZ_REPAIR_H

#include <lzma.h>
#include <zlib.h>

#include "fuzz.h"

/* A copy of the input that the caller frees. */
static inline uint8_t *copied(struct input in)
{
    uint8_t *at = malloc(in.n ? in.n : 1);
    if (!at) abort();
    memcpy(at, in.at, in.n);
    return at;
}

/* Each header that is found by the sizes before it. */
static inline void repair_tar(uint8_t *tar, size_t n)
{
    for (size_t at = 0; at + 512 <= n;) {
        uint8_t *h = tar + at;
        unsigned sum = 8 * ' ';
        size_t size = 0;
        for (int i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 0 : h[i];
        if (sum > 8 * ' ') snprintf((char *)h + 148, 8, "%06o", sum); /* zeros end an archive */
        for (int i = 124; i < 135 && h[i] >= '0' && h[i] <= '7'; i++) size = 8 * size + (size_t)(h[i] - '0');
        if (size > n) return;
        at += 512 + (size + 511) / 512 * 512;
    }
}

static inline void repair_png(uint8_t *png, size_t n)
{
    for (size_t at = 8; at + 12 <= n;) {
        const size_t length = (size_t)png[at] << 24 | (size_t)png[at + 1] << 16 | (size_t)png[at + 2] << 8 | png[at + 3];
        if (length > n - at - 12) return;
        const uint32_t sum = (uint32_t)crc32(0, png + at + 4, (uInt)(length + 4));
        for (int i = 0; i < 4; i++) png[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + length;
    }
}

/* Write FOLDER/NAME packed by xz, fast. */
static inline void put_as_xz(const char *name, const uint8_t *at, size_t n)
{
    const size_t room = lzma_stream_buffer_bound(n);
    uint8_t *out = malloc(room);
    size_t used = 0;
    if (!out || lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, at, n, out, &used, room) != LZMA_OK) abort();
    put_bytes(name, out, used);
    free(out);
}

/* Write an archive of files: whole as it is, its tar sums repaired, or repaired and packed. */
enum { AS_IT_IS, REPAIRED, PACKED, WAYS };
static inline void put_archive(const char *name, struct input in, int way)
{
    uint8_t *at = copied(in);
    if (way != AS_IT_IS) repair_tar(at, in.n);
    if (way == PACKED) put_as_xz(name, at, in.n);
    else put_bytes(name, at, in.n);
    free(at);
}

#endif
