/* unpack.c -- one loop over three decoders: none, liblzma's and zlib's. */
#include "tasks/unpack.h"

#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tasks/xz.h"

enum packing { PLAIN, XZ, GZ };

struct unpack {
    char                path[FILE_PATH];
    struct file_content in;
    size_t              used; /* of in */
    size_t              given;
    enum packing        packing;
    bool                ended; /* the decoder has given all */
    lzma_stream         xz;
    z_stream            gz;
};

static enum packing packing_of(const char *path)
{
    const size_t n = strlen(path);
    if (n > 3 && strcmp(path + n - 3, ".xz") == 0) return XZ;
    return n > 3 && strcmp(path + n - 3, ".gz") == 0 ? GZ : PLAIN;
}

status unpack_open(struct unpack **out, const char *path)
{
    struct unpack *u = calloc(1, sizeof *u);
    if (!u) status_no_memory("an unpacker", sizeof *u);
    *out = NULL;
    status s = file_join(u->path, "", path);
    if (s == OK) s = file_map(path, &u->in);
    if (s != OK) {
        free(u);
        return s;
    }
    u->packing = packing_of(path);
    if (u->packing == XZ && lzma_stream_decoder(&u->xz, XZ_DECODER_BYTES, LZMA_CONCATENATED) != LZMA_OK)
        status_no_memory("an .xz decoder", sizeof u->xz);
    if (u->packing == GZ && inflateInit2(&u->gz, 15 + 16) != Z_OK) status_no_memory("a .gz decoder", sizeof u->gz);
    *out = u;
    return OK;
}

void unpack_close(struct unpack *u)
{
    if (!u) return;
    if (u->packing == XZ) lzma_end(&u->xz);
    if (u->packing == GZ) inflateEnd(&u->gz);
    file_close(&u->in);
    free(u);
}

static status damaged(const struct unpack *u, const char *why)
{
    FAIL(ERR_DATA, "%s: not a whole %s file: %s, at byte %zu of %zu (byte %zu unpacked)", u->path,
         u->packing == XZ ? ".xz" : ".gz", why, u->used, u->in.n, u->given);
}

/* Each of these gives at most n bytes, at least one unless the data has ended. */
static status give_plain(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
    const size_t left = u->in.n - u->used;
    *got = n < left ? n : left;
    memcpy(out, u->in.at + u->used, *got);
    u->used += *got;
    u->ended = *got == left;
    return OK;
}

static status give_xz(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
    u->xz.next_in = u->in.at + u->used;
    u->xz.avail_in = u->in.n - u->used;
    u->xz.next_out = out;
    u->xz.avail_out = n;
    lzma_ret r = LZMA_OK;
    while (r == LZMA_OK && u->xz.avail_out > 0) r = lzma_code(&u->xz, LZMA_FINISH);
    u->used = u->in.n - u->xz.avail_in;
    *got = n - u->xz.avail_out;
    u->ended = r == LZMA_STREAM_END;
    if (r == LZMA_OK || r == LZMA_STREAM_END) return OK;
    return damaged(u, xz_fault((int)r));
}

/* zlib counts in 32 bits, and stops at the end of each of the members that may follow each other. */
static status give_gz(struct unpack *u, uint8_t *out, size_t n, size_t *got)
{
    const size_t most = (size_t)1 << 30, left = u->in.n - u->used, in = left < most ? left : most, room = n < most ? n : most;
    u->gz.next_in = (uint8_t *)(uintptr_t)(u->in.at + u->used); /* zlib's type lacks the const it keeps */
    u->gz.avail_in = (uInt)in;
    u->gz.next_out = out;
    u->gz.avail_out = (uInt)room;
    const int r = inflate(&u->gz, Z_NO_FLUSH);
    u->used += in - u->gz.avail_in;
    *got = room - u->gz.avail_out;
    if (r == Z_STREAM_END) {
        u->ended = u->used == u->in.n;
        if (!u->ended) inflateReset(&u->gz);
        return OK;
    }
    if (r != Z_OK && r != Z_BUF_ERROR) return damaged(u, u->used < 12 ? "it does not begin as one" : "it is damaged");
    return *got == 0 && u->used == u->in.n ? damaged(u, "it ends early") : OK;
}

status unpack_read(struct unpack *u, void *out, size_t n, size_t *got)
{
    uint8_t *at = out;
    *got = 0;
    while (*got < n && !u->ended) {
        size_t more = 0;
        const status s = u->packing == XZ   ? give_xz(u, at + *got, n - *got, &more)
                         : u->packing == GZ ? give_gz(u, at + *got, n - *got, &more)
                                            : give_plain(u, at + *got, n - *got, &more);
        *got += more;
        u->given += more;
        if (s != OK) return s;
    }
    return OK;
}

status unpack_exactly(struct unpack *u, void *out, size_t n, const char *what)
{
    size_t got;
    TRY(unpack_read(u, out, n, &got));
    if (got == n) return OK;
    FAIL(ERR_DATA, "%s: ends at byte %zu where %s (%zu bytes from byte %zu) was expected", u->path, u->given, what, n, u->given - got);
}

status unpack_at_end(struct unpack *u)
{
    size_t got;
    uint8_t more;
    TRY(unpack_read(u, &more, 1, &got));
    if (got == 0) return OK;
    FAIL(ERR_DATA, "%s: the end was expected at byte %zu, but more follows", u->path, u->given - 1);
}

const char *unpack_path(const struct unpack *u)
{
    return u->path;
}

size_t unpack_place(const struct unpack *u)
{
    return u->given;
}

bool unpack_find(char out[FILE_PATH], const char *folder, const char *name)
{
    static const char *const ends[] = {"", ".gz", ".xz"};
    char plain[FILE_PATH];
    if (file_join(plain, folder, name) != OK) return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (snprintf(out, FILE_PATH, "%s%s", plain, ends[i]) < FILE_PATH && file_is_file(out)) return true;
    return false;
}
