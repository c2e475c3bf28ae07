/* pathfinder_drawn.c -- drawn images and the files they are kept in. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/pathfinder_set.h"
#include "train/stop.h"

#define FILE_BYTES ((size_t)16 << 20)
#define VERSION    2 /* of the drawing: raise it when the same settings give other images */

struct store { /* where the images of some settings lie */
    char   folder[FILE_PATH];
    size_t record, each; /* bytes of a record, records of a full file */
};

void pathfinder_set_free(struct pathfinder_set *set)
{
    for (int s = 0; s < SPLITS; s++) free(set->record[s]);
    for (size_t i = 0; i < set->n_own; i++) free(set->own[i]);
    free(set->own);
    *set = (struct pathfinder_set){0};
}

static status store_of(const struct pathfinder_settings *s, uint64_t seed, const char *data, struct store *out)
{
    char text[512], name[64];
    const int n = snprintf(text, sizeof text, "%d %d %d %d %d %.17g %d %d %d %.17g %.17g %d %d %d %.17g %.17g %llu", VERSION, s->size, s->contour,
        s->padding, s->paddle_length, s->paddle_thickness, s->margin[0], s->margin[1], s->seed_distance, s->marker_radius, s->continuity,
        s->distractor_length, s->distractors, s->all_directions, s->snake_contrast, s->paddle_contrast, (unsigned long long)seed);
    snprintf(name, sizeof name, "pathfinder/%d-%d-%012llx", s->size, s->contour,
             (unsigned long long)(XXH3_64bits(text, (size_t)n) & 0xffffffffffffULL));
    out->record = (size_t)s->size * (size_t)s->size + 1;
    out->each = FILE_BYTES / out->record;
    return file_join(out->folder, data, name);
}

static status path_of(const struct store *k, int split, size_t file, char out[FILE_PATH])
{
    char name[64];
    snprintf(name, sizeof name, "%s-%04zu.bin", split_names[split], file);
    return file_join(out, k->folder, name);
}

/* How many records of a file there should be, of n in all. */
static size_t records_in(const struct store *k, size_t n, size_t file)
{
    const size_t left = n - file * k->each;
    return left < k->each ? left : k->each;
}

/* How many there are; a damaged file counts as none. */
static size_t records_there(const struct store *k, int split, size_t file)
{
    char path[FILE_PATH];
    struct file_content c;
    if (path_of(k, split, file, path) != OK || !file_is_file(path) || file_map(path, &c) != OK) return 0;
    const size_t n = c.n % k->record ? 0 : c.n / k->record;
    file_close(&c);
    return n;
}

size_t pathfinder_drawn(const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data)
{
    struct store k;
    size_t there = 0;
    if (store_of(s, seed, data, &k) != OK) return 0;
    for (int split = 0; split < SPLITS; split++)
        for (size_t f = 0; f * k.each < n[split]; f++) {
            const size_t have = records_there(&k, split, f), want = records_in(&k, n[split], f);
            there += have < want ? have : want;
        }
    return there;
}

static status draw_records(const struct pathfinder_artist *a, uint64_t seed, int split, size_t first, size_t n, size_t record, uint8_t *at)
{
    atomic_bool failed = false;
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t i = 0; i < n; i++) {
        uint8_t *r = at + i * record;
        if (failed || stop_wanted()) continue;
        if (!pathfinder_draw(a, seed, (enum split)split, (uint32_t)(first + i), r, r + 1, NULL)) failed = true;
    }
    if (failed) FAIL(ERR_CONFIG, "pathfinder: no two target snakes fit into an image with these settings; 100,000 pairs were tried");
    if (stop_wanted()) FAIL(ERR_STOPPED, "stopped while drawing; the same command goes on");
    return OK;
}

static status make_file(const struct pathfinder_artist *a, const struct store *k, uint64_t seed, int split, size_t file, size_t n)
{
    char path[FILE_PATH];
    TRY(path_of(k, split, file, path));
    uint8_t *at = malloc(n * k->record);
    if (!at) status_no_memory("Pathfinder images", n * k->record);
    status e = draw_records(a, seed, split, file * k->each, n, k->record, at);
    if (e == OK) e = file_write(path, at, n * k->record);
    free(at);
    if (e == OK) fprintf(stderr, "%s: %zu images\n", path, n);
    return e;
}

status pathfinder_make(const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data)
{
    struct store k;
    TRY(store_of(s, seed, data, &k));
    if (4 * s->seed_distance >= s->size)
        FAIL(ERR_CONFIG, "pathfinder: seed_distance %d leaves no middle in an image of %d pixels; less than %d would", s->seed_distance, s->size,
             (s->size + 3) / 4);
    if (pathfinder_drawn(s, seed, n, data) == n[SPLIT_TRAIN] + n[SPLIT_VALID] + n[SPLIT_TEST]) return OK;
    TRY(file_make_folder(k.folder));
    struct pathfinder_artist *a = pathfinder_artist_new(s);
    status e = OK;
    for (int split = SPLITS - 1; split >= 0; split--)
        for (size_t f = 0; f * k.each < n[split] && e == OK; f++) {
            const size_t want = records_in(&k, n[split], f);
            if (records_there(&k, split, f) < want) e = make_file(a, &k, seed, split, f, want);
        }
    pathfinder_artist_free(a);
    return e;
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static status load_file(struct pathfinder_set *set, const struct store *k, int split, size_t file, size_t n)
{
    char path[FILE_PATH];
    struct file_content c;
    TRY(path_of(k, split, file, path));
    TRY(file_map(path, &c));
    if (c.n < n * k->record || c.n % k->record) {
        const size_t bytes = c.n;
        file_close(&c);
        FAIL(ERR_DATA, "%s: %zu records of %zu bytes were expected, and it has %zu bytes; remove it", path, n, k->record, bytes);
    }
    uint8_t *at = malloc(n * k->record);
    if (!at) status_no_memory("Pathfinder images", n * k->record);
    memcpy(at, c.at, n * k->record);
    file_close(&c);
    set->own[set->n_own++] = at;
    for (size_t i = 0; i < n; i++) {
        set->record[split][file * k->each + i] = at + i * k->record;
        if (at[i * k->record] > 1) FAIL(ERR_DATA, "%s: record %zu has label %d, 0 or 1 was expected; remove it", path, i, at[i * k->record]);
    }
    return OK;
}

status pathfinder_load(struct pathfinder_set *set, const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data)
{
    struct store k;
    *set = (struct pathfinder_set){.size = s->size};
    TRY(store_of(s, seed, data, &k));
    status e = OK;
    set->own = calloc(n[SPLIT_TRAIN] / k.each + n[SPLIT_VALID] / k.each + n[SPLIT_TEST] / k.each + SPLITS, sizeof *set->own);
    if (!set->own) status_no_memory("Pathfinder images", 1);
    for (int split = 0; split < SPLITS; split++) {
        set->n[split] = n[split];
        set->record[split] = calloc(n[split] + 1, sizeof *set->record[split]);
        if (!set->record[split]) status_no_memory("Pathfinder images", n[split] * sizeof *set->record[split]);
        for (size_t f = 0; f * k.each < n[split] && e == OK; f++) e = load_file(set, &k, split, f, records_in(&k, n[split], f));
    }
    if (e != OK) pathfinder_set_free(set);
    return e;
}
