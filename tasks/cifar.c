/* cifar.c -- records of fixed size. */
#include "tasks/cifar.h"

#include <stdio.h>
#include <string.h>

#include "tasks/unpack.h"

#define COLOUR "data_batch_1.bin"
#define GRAY   "cifar10-gray-train.bin"

uint8_t cifar_gray(int gray, uint8_t r, uint8_t g, uint8_t b)
{
    if (gray == GRAY_PIL) return (uint8_t)((19595u * r + 38470u * g + 7471u * b + 32768u) >> 16);
    return (uint8_t)((2989ull * r + 5870ull * g + 1140ull * b) * 511 / (10000 * 510));
}

/* ---- a file -------------------------------------------------------------------------------------------------- */

static void take_record(struct image_set *s, int part, const uint8_t *record, bool colour, int gray)
{
    uint8_t *pixel = image_set_add(s, part, record[0]);
    const uint8_t *r = record + 1, *g = r + CIFAR_PIXELS, *b = g + CIFAR_PIXELS;
    if (!colour) memcpy(pixel, r, CIFAR_PIXELS);
    else
        for (size_t i = 0; i < CIFAR_PIXELS; i++) pixel[i] = cifar_gray(gray, r[i], g[i], b[i]);
}

static status read_records(struct image_set *s, int part, struct unpack *in, bool colour, int gray, size_t *n)
{
    uint8_t record[1 + 3 * CIFAR_PIXELS];
    const size_t size = 1 + (colour ? 3 : 1) * (size_t)CIFAR_PIXELS;
    for (*n = 0;; ++*n) {
        size_t got;
        TRY(unpack_read(in, record, size, &got));
        if (got == 0) break;
        const size_t first = unpack_place(in) - got;
        if (got < size)
            FAIL(ERR_DATA, "%s: record %zu, from byte %zu, is cut short: %zu bytes where %zu were expected", unpack_path(in), *n,
                 first, got, size);
        if (record[0] >= IMAGE_CLASSES)
            FAIL(ERR_DATA, "%s: byte %zu: label %d of record %zu; 0 to 9 was expected", unpack_path(in), first, record[0], *n);
        take_record(s, part, record, colour, gray);
    }
    if (*n == 0) FAIL(ERR_DATA, "%s: byte 0: records of %zu bytes were expected, it is empty", unpack_path(in), size);
    return OK;
}

status cifar_read_file(struct image_set *s, int part, const char *path, bool colour, int gray, size_t *n)
{
    struct unpack *in;
    TRY(unpack_open(&in, path));
    s->size = CIFAR_PIXELS;
    const status e = read_records(s, part, in, colour, gray, n);
    unpack_close(in);
    return e;
}

/* ---- a folder ------------------------------------------------------------------------------------------------ */

static status read_named(struct image_set *s, int part, const char *folder, const char *name, bool colour, int gray, size_t *n)
{
    char path[FILE_PATH];
    if (!unpack_find(path, folder, name))
        FAIL(ERR_DATA, "%s: no %s there (nor .gz, .xz); it was expected beside " COLOUR " or " GRAY, folder, name);
    return cifar_read_file(s, part, path, colour, gray, n);
}

/* Five batches and the test batch, all of one size: one that was cut between two records shows. */
static status read_batches(struct image_set *s, const char *folder, int gray)
{
    size_t first = 0, n;
    for (int b = 1; b <= 6; b++) {
        char name[32];
        if (b <= 5) snprintf(name, sizeof name, "data_batch_%d.bin", b);
        else strcpy(name, "test_batch.bin");
        TRY(read_named(s, b <= 5 ? IMAGES_TRAIN : IMAGES_TEST, folder, name, true, gray, &n));
        if (b == 1) first = n;
        if (n != first)
            FAIL(ERR_DATA, "%s/%s: %zu records; %zu were expected, as in " COLOUR, folder, name, n, first);
    }
    return OK;
}

status cifar_check(const char *folder, int gray)
{
    char path[FILE_PATH];
    if (gray == GRAY_PIL || unpack_find(path, folder, COLOUR)) return OK;
    FAIL(ERR_CONFIG, "gray: tensorflow needs the colour batches (" COLOUR " ...); %s has gray records, made as `pil` does", folder);
}

static status read_grays(struct image_set *s, const char *folder, int gray)
{
    size_t train, test;
    TRY(read_named(s, IMAGES_TRAIN, folder, GRAY, false, gray, &train));
    TRY(read_named(s, IMAGES_TEST, folder, "cifar10-gray-test.bin", false, gray, &test));
    if (train != 5 * test)
        FAIL(ERR_DATA, "%s: %zu training and %zu test records; five times as many were expected for training", folder, train, test);
    return OK;
}

status cifar_read(struct image_set *s, const char *folder, int gray)
{
    char path[FILE_PATH];
    *s = (struct image_set){0};
    TRY(cifar_check(folder, gray));
    const status e = unpack_find(path, folder, COLOUR) ? read_batches(s, folder, gray) : read_grays(s, folder, gray);
    if (e != OK) image_set_free(s);
    return e;
}

static bool find_at(char out[FILE_PATH], const char *root)
{
    char path[FILE_PATH];
    if (file_join(out, root, "cifar-10-batches-bin") == OK && unpack_find(path, out, COLOUR)) return true;
    return file_join(out, "", root) == OK && (unpack_find(path, out, COLOUR) || unpack_find(path, out, GRAY));
}

status cifar_find(char out[FILE_PATH], const char *source, const char *data)
{
    char below[FILE_PATH];
    if (find_at(out, source)) return OK;
    TRY(file_join(below, data, source));
    if (find_at(out, below)) return OK;
    if (strcmp(source, "cifar10") == 0 && find_at(out, data)) return OK; /* unpacked there */
    FAIL(ERR_DATA, "no %s with " COLOUR " or " GRAY " here or in %s; unpack "
         "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (170 MB, md5 c32a1d4ab5d03f1284b67883e8d87530) there, or: reach data fetch cifar10",
         source, data);
}
