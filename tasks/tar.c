/* tar.c -- headers of 512 bytes (POSIX.1-1988 ustar), and the two ways of names over 256 bytes. */
#include "tasks/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512

struct tar {
    struct unpack *in;
    size_t         content; /* bytes of the current member not read yet */
    size_t         fill;    /* bytes after it, up to a whole block      */
    char           name[FILE_PATH]; /* of the next member, from an entry before it; "" if none */
};

status tar_open(struct tar **out, const char *path)
{
    struct tar *t = calloc(1, sizeof *t);
    if (!t) status_no_memory("a tar archive", sizeof *t);
    const status s = unpack_open(&t->in, path);
    if (s != OK) free(t);
    *out = s == OK ? t : NULL;
    return s;
}

void tar_close(struct tar *t)
{
    if (t) unpack_close(t->in);
    free(t);
}

static status pass_over(struct tar *t, size_t n, const char *what)
{
    uint8_t sink[16 * BLOCK];
    for (size_t part; n > 0; n -= part) {
        part = n < sizeof sink ? n : sizeof sink;
        TRY(unpack_exactly(t->in, sink, part, what));
    }
    return OK;
}

static status pass_member(struct tar *t)
{
    TRY(pass_over(t, t->content, "the rest of a file in the archive"));
    TRY(pass_over(t, t->fill, "the fill after a file in the archive"));
    t->content = t->fill = 0;
    return OK;
}

/* An octal number, blanks around it; or GNU's binary one, its first bit set.  SIZE_MAX if it is neither. */
static size_t number_of(const uint8_t *at, size_t n)
{
    size_t i = 0, v = 0;
    if (at[0] == 0x80) {
        for (i = 1; i < n; i++) {
            if (v >> 55) return SIZE_MAX;
            v = v << 8 | at[i];
        }
        return v;
    }
    while (i < n && at[i] == ' ') i++;
    const size_t first = i;
    for (; i < n && at[i] >= '0' && at[i] <= '7'; i++) v = v << 3 | (size_t)(at[i] - '0');
    return i > first && (i == n || at[i] == 0 || at[i] == ' ') ? v : SIZE_MAX;
}

/* The sum of a header's bytes with its own sum taken as blanks. */
static bool sum_is_right(const uint8_t header[BLOCK])
{
    size_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : header[i];
    return sum == number_of(header + 148, 8);
}

static bool all_zero(const uint8_t header[BLOCK])
{
    for (size_t i = 0; i < BLOCK; i++)
        if (header[i]) return false;
    return true;
}

/* The content of an entry that tells the next one's name: at most a path and some. */
static status read_note(struct tar *t, char note[2 * FILE_PATH], size_t *n)
{
    *n = t->content;
    if (*n >= 2 * FILE_PATH) {
        *n = 0;
        return OK; /* not the name of a file that could be asked for */
    }
    TRY(unpack_exactly(t->in, note, *n, "a long name"));
    note[*n] = 0;
    t->content = 0;
    return OK;
}

/* Pax records "LENGTH KEY=VALUE\n": the value of `path`. */
static void name_of_records(const char *note, size_t n, char name[FILE_PATH])
{
    for (size_t at = 0; at < n;) {
        char *word;
        const size_t length = strtoul(note + at, &word, 10);
        if (length < 5 || length > n - at || *word != ' ') return;
        const size_t before = (size_t)(word + 6 - (note + at));
        if (strncmp(word, " path=", 6) == 0 && length > before && length - before <= FILE_PATH)
            snprintf(name, FILE_PATH, "%.*s", (int)(length - before - 1), word + 6);
        at += length;
    }
}

static void name_of_header(const uint8_t h[BLOCK], char name[FILE_PATH])
{
    const bool ustar = memcmp(h + 257, "ustar\0", 6) == 0; /* GNU's "ustar  " has no prefix */
    const char *prefix = (const char *)h + 345;
    snprintf(name, FILE_PATH, "%.*s%s%.100s", ustar ? 155 : 0, prefix, ustar && *prefix ? "/" : "", (const char *)h);
}

/* Read what follows the end of the archive: only then has the decoder checked all of it. */
static status drain(struct tar *t)
{
    uint8_t sink[16 * BLOCK];
    size_t got;
    do TRY(unpack_read(t->in, sink, sizeof sink, &got));
    while (got > 0);
    return OK;
}

status tar_next(struct tar *t, struct tar_file *out, bool *found)
{
    for (*found = false;;) {
        uint8_t h[BLOCK];
        char note[2 * FILE_PATH];
        size_t n;
        TRY(pass_member(t));
        const size_t place = unpack_place(t->in);
        TRY(unpack_exactly(t->in, h, BLOCK, "a tar header or the two blocks of zeros that end an archive"));
        if (all_zero(h)) return drain(t);
        t->content = number_of(h + 124, 12);
        if (!sum_is_right(h) || t->content == SIZE_MAX)
            FAIL(ERR_DATA, "%s: byte %zu unpacked: a tar header was expected (its sum or its size is not one)",
                 unpack_path(t->in), place);
        t->fill = (BLOCK - t->content % BLOCK) % BLOCK;
        if (h[156] == 'L' || h[156] == 'x') {
            TRY(read_note(t, note, &n));
            if (h[156] == 'x') name_of_records(note, n, t->name);
            else snprintf(t->name, FILE_PATH, "%.*s", (int)(n < FILE_PATH ? n : FILE_PATH - 1), note);
            continue;
        }
        if (t->name[0]) snprintf(out->name, FILE_PATH, "%s", t->name);
        else name_of_header(h, out->name);
        t->name[0] = 0;
        if (h[156] != '0' && h[156] != 0) continue; /* a folder, a link, a pax entry for all */
        if (!file_is_below(out->name))
            FAIL(ERR_DATA, "%s: byte %zu unpacked: the name %.200s; one below the archive's folder, without \"..\", was expected",
                 unpack_path(t->in), place, out->name);
        out->n = t->content;
        out->place = unpack_place(t->in);
        *found = true;
        return OK;
    }
}

status tar_content(struct tar *t, void *out)
{
    TRY(unpack_exactly(t->in, out, t->content, "a file in the archive"));
    t->content = 0;
    return OK;
}

status tar_take(struct tar *t, uint8_t **out)
{
    const size_t first = (size_t)1 << 16;
    uint8_t *at = NULL;
    status s = OK;
    size_t used = 0;
    do {
        const size_t left = t->content - used, more = used < first ? first : used, part = left < more ? left : more;
        at = realloc(at, used + part + 1);
        if (!at) status_no_memory("a file in an archive", used + part + 1);
        s = unpack_exactly(t->in, at + used, part, "the rest of a file in the archive");
        used += part;
    } while (s == OK && used < t->content);
    t->content = 0;
    if (s != OK) free(at);
    *out = s == OK ? at : NULL;
    return s;
}
