/* pathfinder_files.c -- published folders of PNG images, and plain files of records. */
#include <png.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "tasks/pathfinder_set.h"
#include "tasks/xz.h"

#define KNOWN_EMPTY "curv_baseline/imgs/0/sample_172.png"

struct found { /* images in stored order */
    size_t    n;
    struct { char *path; int label; } *at;
};

static void found_free(struct found *f)
{
    for (size_t i = 0; i < f->n; i++) free(f->at[i].path);
    free(f->at);
}

static void add(struct found *f, const char *path, int label)
{
    if ((f->n & (f->n - 1)) == 0) { /* room doubles at powers of two */
        const size_t bytes = (f->n ? 2 * f->n : 1) * sizeof *f->at;
        f->at = realloc(f->at, bytes);
        if (!f->at) status_no_memory("a list of images", bytes);
    }
    f->at[f->n].path = strdup(path);
    f->at[f->n++].label = label;
}

/* ---- metadata ------------------------------------------------------------------------------------------------ */

static status read_line(struct found *f, const char *folder, const char *path, size_t number, const char *line)
{
    char sub[256], name[256], label[8], below[FILE_PATH], image[FILE_PATH];
    if (sscanf(line, "%255s %255s %*s %7s", sub, name, label) != 3)
        FAIL(ERR_DATA, "%s:%zu: a folder, a file name, a number and a label were expected, apart by blanks", path, number);
    if (strcmp(label, "0") != 0 && strcmp(label, "1") != 0)
        FAIL(ERR_DATA, "%s:%zu: label %s, 0 or 1 was expected in the fourth field", path, number, label);
    if (!file_is_below(sub) || !file_is_below(name))
        FAIL(ERR_DATA, "%s:%zu: the image %s/%s; one below the folder, without \"..\", was expected", path, number, sub, name);
    TRY(file_join(below, folder, sub));
    TRY(file_join(image, below, name));
    add(f, image, label[0] - '0');
    return OK;
}

static status read_metadata(struct found *f, const char *folder, const char *path)
{
    struct file_content c;
    TRY(file_read(path, &c));
    if (c.n >= 6 && memcmp(c.at, "\x93NUMPY", 6) == 0) {
        file_close(&c);
        FAIL(ERR_DATA, "%s: byte 0: a NumPy array; lines of text were expected, as in the release of Long Range Arena", path);
    }
    status e = OK;
    size_t number = 0;
    for (char *at = (char *)(uintptr_t)c.at, *end = at + c.n; at < end && e == OK;) {
        char line[1024];
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t n = (size_t)((stop ? stop : end) - at);
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), at);
        number++;
        if (memchr(at, 0, n)) e = status_fail(ERR_DATA, "%s:%zu: a byte 0; lines of text were expected", path, number);
        else if (n > 0) e = read_line(f, folder, path, number, line);
        at += n + 1;
    }
    file_close(&c);
    return e;
}

static int by_number(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const long i = strtol(x, NULL, 10), j = strtol(y, NULL, 10);
    return i != j ? (i > j) - (i < j) : strcmp(x, y);
}

static status find_images(struct found *f, const char *folder)
{
    char metadata[FILE_PATH], path[FILE_PATH];
    struct file_names names;
    TRY(file_join(metadata, folder, "metadata"));
    if (!file_is_folder(metadata)) FAIL(ERR_DATA, "%s: no folder `metadata` in it; it and `imgs` are expected there", folder);
    TRY(file_list(metadata, &names));
    qsort(names.name, names.n, sizeof *names.name, by_number);
    status e = OK;
    for (size_t i = 0; i < names.n && e == OK; i++) {
        const size_t n = strlen(names.name[i]);
        if (n < 5 || strcmp(names.name[i] + n - 4, ".npy") != 0) continue;
        if ((e = file_join(path, metadata, names.name[i])) == OK) e = read_metadata(f, folder, path);
    }
    file_names_free(&names);
    if (e == OK && f->n == 0) FAIL(ERR_DATA, "%s: no file N.npy with a line for each image in it", metadata);
    return e;
}

/* ---- images -------------------------------------------------------------------------------------------------- */

/* *empty: the file has no bytes, and is known for it. */
static status read_png(const char *path, int size, uint8_t *pixel, bool *empty)
{
    struct file_content c;
    const size_t n = strlen(path), k = strlen(KNOWN_EMPTY);
    TRY(file_read(path, &c));
    *empty = c.n == 0 && n > k && strcmp(path + n - k, KNOWN_EMPTY) == 0;
    if (*empty) {
        file_close(&c);
        return OK;
    }
    png_image image = {.version = PNG_IMAGE_VERSION};
    status e = OK;
    if (!png_image_begin_read_from_memory(&image, c.at, c.n)) {
        e = status_fail(ERR_DATA, "%s: no PNG image: %s", path, c.n ? image.message : "the file is empty");
    } else if ((int)image.width != size || (int)image.height != size) {
        e = status_fail(ERR_DATA, "%s: %u x %u pixels, %d x %d were expected", path, image.width, image.height, size, size);
    } else if (image.format & (PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_LINEAR | PNG_FORMAT_FLAG_ALPHA)) {
        e = status_fail(ERR_DATA, "%s: 8-bit gray levels were expected", path);
    } else {
        image.format = PNG_FORMAT_GRAY;
        if (!png_image_finish_read(&image, NULL, pixel, size, NULL) || image.warning_or_error)
            e = status_fail(ERR_DATA, "%s: damaged PNG image: %s", path, image.message);
    }
    png_image_free(&image);
    file_close(&c);
    return e;
}

/* All images of a folder as records; *n of them. */
static status read_folder(const char *folder, int size, uint8_t **out, size_t *n)
{
    const size_t record = (size_t)size * (size_t)size + 1;
    struct found f = {0};
    status first = find_images(&f, folder);
    size_t at_fault = f.n;
    *n = 0;
    *out = malloc((f.n + 1) * record);
    bool *empty = calloc(f.n + 1, sizeof *empty);
    if (!*out || !empty) status_no_memory("Pathfinder images", f.n * record);
    if (first == OK) {
#pragma omp parallel for schedule(dynamic, 64)
        for (size_t i = 0; i < f.n; i++) {
            (*out)[i * record] = (uint8_t)f.at[i].label;
            if (read_png(f.at[i].path, size, *out + i * record + 1, &empty[i]) == OK) continue;
#pragma omp critical
            if (i < at_fault) at_fault = i;
        }
        if (at_fault < f.n) first = read_png(f.at[at_fault].path, size, *out, &empty[at_fault]); /* its sentence, in this thread */
    }
    for (size_t i = 0; i < f.n && first == OK; i++)
        if (!empty[i]) memmove(*out + (*n)++ * record, *out + i * record, record);
    free(empty);
    found_free(&f);
    return first;
}

static status read_records(const char *path, int size, uint8_t **out, size_t *n)
{
    const size_t record = (size_t)size * (size_t)size + 1, k = strlen(path);
    struct file_content c;
    TRY(k > 3 && strcmp(path + k - 3, ".xz") == 0 ? xz_read(path, &c) : file_map(path, &c));
    status e = OK;
    *n = c.n / record;
    *out = malloc(c.n + 1);
    if (!*out) status_no_memory("Pathfinder images", c.n);
    memcpy(*out, c.at, c.n);
    if (c.n == 0 || c.n % record)
        e = status_fail(ERR_DATA, "%s: %zu bytes are no whole number of records of %zu (a label and %d x %d gray levels)", path, c.n, record, size, size);
    for (size_t i = 0; i < *n && e == OK; i++)
        if (c.at[i * record] > 1) e = status_fail(ERR_DATA, "%s: byte %zu: record %zu has label %d, 0 or 1 was expected", path, i * record, i, c.at[i * record]);
    file_close(&c);
    return e;
}

/* ---- parts --------------------------------------------------------------------------------------------------- */

static void split_records(struct pathfinder_set *set, size_t record, size_t n, bool shuffle, uint64_t seed, const size_t most[SPLITS])
{
    const size_t end[SPLITS] = {n * 8 / 10, n * 9 / 10, n};
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (!order) status_no_memory("an order", n * sizeof *order);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    random_stream r = random_stream_of(seed, RANDOM_SUBSET, 0, 0);
    if (shuffle) random_shuffle(&r, order, n);
    for (int s = 0; s < SPLITS; s++) {
        const size_t first = s ? end[s - 1] : 0, all = end[s] - first;
        set->n[s] = all < most[s] ? all : most[s];
        set->record[s] = malloc((set->n[s] + 1) * sizeof *set->record[s]);
        if (!set->record[s]) status_no_memory("Pathfinder images", set->n[s]);
        for (size_t i = 0; i < set->n[s]; i++) set->record[s][i] = set->own[0] + order[first + i] * record;
    }
    free(order);
}

status pathfinder_read(struct pathfinder_set *set, int size, const char *path, bool shuffle, uint64_t seed, const size_t most[SPLITS])
{
    size_t n = 0;
    *set = (struct pathfinder_set){.size = size, .n_own = 1, .own = calloc(1, sizeof *set->own)};
    if (!set->own) status_no_memory("Pathfinder images", 1);
    status e = file_is_folder(path) ? read_folder(path, size, &set->own[0], &n) : read_records(path, size, &set->own[0], &n);
    if (e == OK && n < 10) e = status_fail(ERR_DATA, "%s: %zu images; at least 10 are needed for three parts", path, n);
    if (e == OK)
        split_records(set, (size_t)size * (size_t)size + 1, n, shuffle, seed, most);
    else
        pathfinder_set_free(set);
    return e;
}
