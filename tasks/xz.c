/* xz.c -- liblzma's streams. */
#include "tasks/xz.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

const char *xz_fault(int r)
{
    switch (r) {
    case LZMA_FORMAT_ERROR:   return "it does not begin as one";
    case LZMA_BUF_ERROR:      return "it ends early";
    case LZMA_MEMLIMIT_ERROR: return "it asks for more than 128 MiB of memory to be unpacked in; xz -9 asks for 65";
    default:                  return "it is damaged";
    }
}

static status damaged(const char *path, const lzma_stream *z, lzma_ret r)
{
    FAIL(ERR_DATA, "%s: not a whole .xz file: %s, at byte %zu (byte %zu unpacked)", path, xz_fault((int)r), (size_t)z->total_in,
         (size_t)z->total_out);
}

/* Unpack all of `in`, growing *out; the stream is open. */
static lzma_ret unpack(lzma_stream *z, struct file_content in, uint8_t **out, size_t *n)
{
    size_t room = 4 * in.n + 4096;
    lzma_ret r = LZMA_OK;
    z->next_in = in.at;
    z->avail_in = in.n;
    for (*out = NULL, *n = 0; r == LZMA_OK; room *= 2) {
        *out = realloc(*out, room + 1);
        if (!*out) status_no_memory("an unpacked .xz file", room);
        z->next_out = *out + *n;
        z->avail_out = room - *n;
        r = lzma_code(z, LZMA_FINISH);
        *n = room - z->avail_out;
    }
    (*out)[*n] = 0;
    return r;
}

status xz_read(const char *path, struct file_content *out)
{
    struct file_content packed;
    lzma_stream z = LZMA_STREAM_INIT;
    uint8_t *at = NULL;
    size_t n = 0;
    *out = (struct file_content){0};
    TRY(file_map(path, &packed));
    lzma_ret r = lzma_stream_decoder(&z, XZ_DECODER_BYTES, LZMA_CONCATENATED);
    if (r == LZMA_OK) r = unpack(&z, packed, &at, &n);
    lzma_end(&z); /* its counts stay */
    file_close(&packed);
    if (r == LZMA_STREAM_END) {
        *out = (struct file_content){.at = at, .n = n};
        return OK;
    }
    free(at);
    return damaged(path, &z, r);
}

/* Feed `n` bytes and finish with `action`; returns the bytes written, which are thrown away. */
static size_t feed(lzma_stream *z, const uint8_t *at, size_t n, lzma_action action)
{
    static _Thread_local uint8_t sink[1 << 16];
    size_t written = 0;
    lzma_ret r = LZMA_OK;
    z->next_in = at;
    z->avail_in = n;
    while (r == LZMA_OK) {
        z->next_out = sink;
        z->avail_out = sizeof sink;
        r = lzma_code(z, action);
        written += sizeof sink - z->avail_out;
    }
    if (r != LZMA_STREAM_END) status_no_memory("the xz predictor", n);
    return written;
}

size_t xz_bytes_after(const uint8_t *train, size_t n_train, const uint8_t *test, size_t n_test)
{
    lzma_options_lzma options;
    const size_t all = n_train + n_test;
    const size_t most = (size_t)3 << 29; /* liblzma's largest dictionary when packing: 1.5 GiB */
    lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME);
    options.dict_size = (uint32_t)(all < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : all > most ? most : all);
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream z = LZMA_STREAM_INIT;
    if (lzma_raw_encoder(&z, filters) != LZMA_OK) status_no_memory("the xz predictor", 12 * all);
    feed(&z, train, n_train, LZMA_SYNC_FLUSH);
    const size_t after = feed(&z, test, n_test, LZMA_FINISH);
    lzma_end(&z);
    return after;
}
