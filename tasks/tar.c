/* tar.c -- headers of 512 bytes, each before a content that is filled up to a multiple of that:
 *
 *   byte 0  name (100)   124  size, octal (12)   148  sum of all header bytes, octal (8; itself as blanks)
 *      156  kind: '0' or 0 is a file             257  "ustar"   345  what stands before the name (155)
 *
 * A header of zeros ends the archive.
 */
#include "tasks/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 512

/* Octal digits after blanks; false if there are none. */
static bool read_octal(const uint8_t *at, size_t n, size_t *value)
{
    size_t i = 0, digits = 0;
    for (*value = 0; i < n && at[i] == ' '; i++) continue;
    for (; i < n && at[i] >= '0' && at[i] <= '7'; i++, digits++) *value = *value * 8 + (size_t)(at[i] - '0');
    return digits > 0 && (i == n || at[i] == 0 || at[i] == ' ');
}

static bool is_header(const uint8_t *h)
{
    size_t said, sum = 0;
    for (size_t i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : h[i];
    return read_octal(h + 148, 8, &said) && said == sum;
}

static bool is_zero(const uint8_t *h)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (h[i]) return false;
    return true;
}

static void name_of(const uint8_t *h, char out[257])
{
    const bool before = memcmp(h + 257, "ustar", 5) == 0 && h[345];
    snprintf(out, 257, "%.*s%s%.*s", before ? 155 : 0, (const char *)h + 345, before ? "/" : "", 100, (const char *)h);
}

status tar_next(const char *path, const uint8_t *archive, size_t n, size_t *place, struct tar_file *out, bool *more)
{
    for (*more = false; *place < n;) {
        const uint8_t *h = archive + *place;
        size_t size;
        if (n - *place < BLOCK) FAIL(ERR_DATA, "%s: the archive ends inside a header at byte %zu", path, *place);
        if (is_zero(h)) return OK;
        if (!is_header(h) || !read_octal(h + 124, 12, &size)) FAIL(ERR_DATA, "%s: a tar header was expected at byte %zu", path, *place);
        const size_t room = n - *place - BLOCK, filled = size <= room ? (size + BLOCK - 1) / BLOCK * BLOCK : size;
        if (filled > room) FAIL(ERR_DATA, "%s: the archive ends inside the file at byte %zu", path, *place);
        *place += BLOCK + filled;
        if (h[156] != '0' && h[156] != 0) continue;
        name_of(h, out->name);
        out->at = h + BLOCK;
        out->n = size;
        *more = true;
        return OK;
    }
    return OK;
}
