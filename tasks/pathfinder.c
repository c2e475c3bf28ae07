/* pathfinder.c -- Pathfinder and Path-X: are two discs the ends of one snake?  One token a pixel, row by row.
 *
 * Images: pathfinder_draw.h.  Files: pathfinder_set.h.  The two tasks are one, with other defaults.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/commonest.h"
#include "tasks/linear_rule.h"
#include "tasks/pathfinder_set.h"
#include "tasks/task.h"

#define SIDE        32    /* of the images that the linear predictor sees */
#define LINEAR_MOST 20000 /* training images that it learns from          */

static const char *const sizes[] = {"32", "64", "128", "256", NULL};
static const char *const contours[] = {"6", "9", "14", NULL};
static const char *const directions[] = {"published", "all", NULL};
static const char *const splits[] = {"stored", "shuffled", NULL};
static const char *const folders[] = {"curv_baseline", "curv_contour_length_9", "curv_contour_length_14"};

struct pathfinder_options {
    char    source[OPTION_TEXT];
    int     size, contour, split, directions;
    int64_t train, valid, test, seed;
    int64_t distractors, distractor_length, seed_distance;
    double  continuity, marker_radius;
};

#define AT(field) offsetof(struct pathfinder_options, field)
#define OPTIONS(size_of_image)                                                                                                              \
    {"source", OPTION_WORD, AT(source), "generated", 0, 0, NULL, "generated, or the path of a published folder or of a file of records"},   \
    {"size", OPTION_CHOICE, AT(size), size_of_image, 0, 0, sizes, "pixels on a side"},                                                      \
    {"contour", OPTION_CHOICE, AT(contour), "14", 0, 0, contours, "paddles of a target snake: 6 is easy, 9 intermediate, 14 hard"},        \
    {"train", OPTION_INT, AT(train), "160000", 1, 1e8, NULL, "training images generated, or read at most"},                                \
    {"valid", OPTION_INT, AT(valid), "20000", 1, 1e8, NULL, "validation images generated, or read at most"},                               \
    {"test", OPTION_INT, AT(test), "20000", 1, 1e8, NULL, "test images generated, or read at most"},                                       \
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated images, or of the shuffle"},                                      \
    {"split", OPTION_CHOICE, AT(split), "stored", 0, 0, splits, "how files are split 80 : 10 : 10: in their order, or shuffled"},          \
    {"distractors", OPTION_INT, AT(distractors), "-1", -1, PATHFINDER_SNAKES, NULL, "distractor snakes tried; -1: as published"},           \
    {"distractor_length", OPTION_INT, AT(distractor_length), "0", 0, PATHFINDER_PADDLES, NULL, "paddles of each; 0: as published, contour / 3"}, \
    {"seed_distance", OPTION_INT, AT(seed_distance), "0", 0, 63, NULL, "pixels between the beginnings of the targets; 0: as published"},    \
    {"continuity", OPTION_REAL, AT(continuity), "0", 0, 100, NULL, "larger: straighter snakes; 0: as published"},                          \
    {"marker_radius", OPTION_REAL, AT(marker_radius), "0", 0, 16, NULL, "of the discs, pixels; 0: as published"},                          \
    {"directions", OPTION_CHOICE, AT(directions), "published", 0, 0, directions, "that the snakes begin in: see above"},                   \
    {.name = NULL}

static const struct option pathfinder_options[] = {OPTIONS("32")};
static const struct option pathx_options[] = {OPTIONS("128")};

static bool is_generated(const struct pathfinder_options *o)
{
    return strcmp(o->source, "generated") == 0;
}

static int size_of(const struct pathfinder_options *o)
{
    return 32 << o->size;
}

static struct pathfinder_settings settings_of(const struct pathfinder_options *o)
{
    static const int paddles[] = {6, 9, 14};
    struct pathfinder_settings s = pathfinder_published(size_of(o), paddles[o->contour]);
    if (o->distractors >= 0) s.distractors = (int)o->distractors;
    if (o->distractor_length) s.distractor_length = (int)o->distractor_length;
    if (o->seed_distance) s.seed_distance = (int)o->seed_distance;
    if (o->continuity > 0) s.continuity = o->continuity;
    s.all_directions = o->directions == 1;
    if (o->marker_radius > 0) s.marker_radius = o->marker_radius;
    return s;
}

static void counts_of(const struct pathfinder_options *o, size_t n[SPLITS])
{
    n[SPLIT_TRAIN] = (size_t)o->train;
    n[SPLIT_VALID] = (size_t)o->valid;
    n[SPLIT_TEST] = (size_t)o->test;
}

/* The source: here, or else under the data folder; a folder that holds the published ones stands for the one of this contour. */
static status find_source(const struct pathfinder_options *o, const char *data, char out[FILE_PATH])
{
    char path[FILE_PATH], below[FILE_PATH];
    TRY(file_join(below, data, o->source));
    TRY(file_join(path, "", file_is_folder(o->source) || file_is_file(o->source) ? o->source : below));
    if (!file_is_folder(path) && !file_is_file(path))
        FAIL(ERR_DATA, "pathfinder source \"%s\": no such folder or file, here or in %s; \"generated\" needs none", o->source, data);
    TRY(file_join(out, path, folders[o->contour]));
    if (!file_is_folder(out)) memcpy(out, path, sizeof path);
    return OK;
}

static status make(const void *opts, const char *data)
{
    const struct pathfinder_options *o = opts;
    const struct pathfinder_settings s = settings_of(o);
    size_t n[SPLITS];
    counts_of(o, n);
    if (!is_generated(o)) FAIL(ERR_DATA, "pathfinder: source %s must be brought; only \"generated\" can be made", o->source);
    return pathfinder_make(&s, (uint64_t)o->seed, n, data);
}

static status pathfinder_open(void **self, const void *opts, const char *data)
{
    const struct pathfinder_options *o = opts;
    struct pathfinder_set set;
    size_t n[SPLITS];
    char path[FILE_PATH];
    *self = NULL;
    counts_of(o, n);
    if (is_generated(o)) {
        const struct pathfinder_settings s = settings_of(o);
        TRY(make(opts, data));
        TRY(pathfinder_load(&set, &s, (uint64_t)o->seed, n, data));
    } else {
        TRY(find_source(o, data, path));
        TRY(pathfinder_read(&set, size_of(o), path, o->split == 1, (uint64_t)o->seed, n));
    }
    struct pathfinder_set *kept = malloc(sizeof *kept);
    if (!kept) status_no_memory("Pathfinder", sizeof *kept);
    *kept = set;
    *self = kept;
    return OK;
}

static void pathfinder_close(void *self)
{
    if (self) pathfinder_set_free(self);
    free(self);
}

static size_t vocabulary(const void *self)
{
    (void)self;
    return 256;
}

static size_t classes(const void *self)
{
    (void)self;
    return 2;
}

static size_t count(const void *self, enum split s)
{
    return ((const struct pathfinder_set *)self)->n[s];
}

static size_t longest(const void *self)
{
    const int size = ((const struct pathfinder_set *)self)->size;
    return (size_t)size * (size_t)size;
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const uint8_t *r = ((const struct pathfinder_set *)self)->record[s][index];
    out->n = longest(self);
    out->label = r[0];
    for (size_t i = 0; i < out->n; i++) out->token[i] = r[1 + i];
    return OK;
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

struct scored_split {
    const struct pathfinder_set *set;
    enum split                   s;
};

/* Gray levels, of larger images averaged to SIDE x SIDE. */
static void read_pixels(const void *self, size_t index, double *feature, int *label)
{
    const struct scored_split *of = self;
    const uint8_t *r = of->set->record[of->s][index], *pixel = r + 1;
    const int size = of->set->size, k = size / SIDE;
    *label = r[0];
    for (int i = 0; i < SIDE * SIDE; i++) feature[i] = 0;
    for (int row = 0; row < size; row++)
        for (int col = 0; col < size; col++) feature[row / k * SIDE + col / k] += pixel[row * size + col] / (double)(k * k);
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    const struct pathfinder_set *set = self;
    const struct scored_split train = {set, SPLIT_TRAIN}, scored = {set, s};
    const size_t trained = set->n[SPLIT_TRAIN] < LINEAR_MOST ? set->n[SPLIT_TRAIN] : LINEAR_MOST;
    const struct linear_examples from = {&train, trained, read_pixels}, to = {&scored, set->n[s], read_pixels};
    size_t seen[2] = {0}, here[2] = {0};
    for (size_t i = 0; i < set->n[SPLIT_TRAIN]; i++) seen[set->record[SPLIT_TRAIN][i][0]]++;
    for (size_t i = 0; i < set->n[s]; i++) here[set->record[s][i][0]]++;
    out[0] = commonest_label(2, seen, here);
    out[1] = linear_rule("linear", SIDE * SIDE, 2, &from, &to);
    *n = 2;
    return OK;
}

static void checksum(const void *self, char out[33])
{
    const struct pathfinder_set *set = self;
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    for (int s = 0; s < SPLITS; s++) {
        XXH3_128bits_update(state, &set->n[s], sizeof set->n[s]);
        for (size_t i = 0; i < set->n[s]; i++) XXH3_128bits_update(state, set->record[s][i], longest(self) + 1);
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct pathfinder_options *o = opts;
    char path[FILE_PATH];
    size_t n[SPLITS];
    counts_of(o, n);
    if (is_generated(o)) {
        const struct pathfinder_settings s = settings_of(o);
        snprintf(line, size, "generated when used: %zu + %zu + %zu images (train, valid, test) of %d x %d, %zu of them on disk", n[SPLIT_TRAIN],
                 n[SPLIT_VALID], n[SPLIT_TEST], s.size, s.size, pathfinder_drawn(&s, (uint64_t)o->seed, n, data));
        return true;
    }
    if (find_source(o, data, path) != OK) {
        snprintf(line, size, "%s", status_message());
        return false;
    }
    snprintf(line, size, "%.400s", path);
    return true;
}

static void note_of(const char *name, const struct pathfinder_options *o, char *line, size_t size)
{
    if (!is_generated(o)) return;
    snprintf(line, size, "%s: images of %d x %d of our own seeded generator, not the released files.", name,
             size_of(o), size_of(o));
}

static void note_pathfinder(const void *opts, char *line, size_t size)
{
    note_of("pathfinder", opts, line, size);
}

static void note_pathx(const void *opts, char *line, size_t size)
{
    note_of("pathx", opts, line, size);
}

#define HELP                                                                                                                                \
    "Two long snakes of paddles, shorter distractors, and two discs: label 1 if they are the ends of one snake. A pixel is a token, its\n"    \
    "gray level the id, row by row. Images are drawn with the settings of Long Range Arena for each size, image i a function of (settings,\n" \
    "seed, split, i) alone, and kept under DATA/pathfinder; those that are not there are drawn when a run needs them, or by\n"                \
    "`reach data make`, on all cores.\n"                                                                                                      \
    "The published generator takes an image for full when the room of a first paddle, put at its corners, lies outside; so at 32 x 32 snakes\n" \
    "begin up and to the left (30 of 360 degrees; 95 at 64 x 64, all from 128 on) and 1.1 distractors of the 5 that are tried are placed. So do\n" \
    "ours; with `directions: all` they begin in any, and 4.6 are placed.\n"                                                                   \
    "With `source` a published folder (curv_contour_length_14 and the like, or the one above it) or a file of records (a label byte, then\n"  \
    "the gray levels; packed with xz or not) is read, here or under the data folder, and split 80 : 10 : 10.\n"                              \
    "Predictors: the commonest label, and a logistic regression on the pixels of 20,000 training images (means to 32 x 32 of larger ones)."

#define PATHFINDER(name_, title_, options_)                                                                                               \
    const struct task task_##name_ = {                                                                                                      \
        .name = #name_, .title = title_,                                                                                                    \
        .source = "Linsley et al. 2018; settings of Long Range Arena, arXiv:2011.04006; own seeded generator", .help = HELP,                  \
        .kind = TASK_CLASSIFY, .images = true, .options = options_, .options_size = sizeof(struct pathfinder_options), .open = pathfinder_open,               \
        .close = pathfinder_close, .vocabulary = vocabulary, .classes = classes, .count = count, .longest = longest, .example = example,      \
        .predictors = predictors, .checksum = checksum, .note = note_##name_, .present = present, .make = make, .draws = true,                \
    }

PATHFINDER(pathfinder, "Pathfinder: are two discs the ends of one snake?", pathfinder_options);
PATHFINDER(pathx, "Path-X: Pathfinder in images of 128 x 128", pathx_options);
