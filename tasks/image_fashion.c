/* image_fashion.c -- Fashion-MNIST, pixel by pixel: an image task whose data Debian ships.
 *
 * Files: idx.h.  Splits and predictors: images.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tasks/idx.h"
#include "tasks/unpack.h"

#define DEBIAN "/usr/share/datasets/fashion-mnist"

struct fashion_options {
    char    source[OPTION_TEXT];
    int     valid;
    int64_t seed;
};

#define AT(field) offsetof(struct fashion_options, field)
static const struct option options[] = {
    {"source", OPTION_WORD, AT(source), "fashion-mnist", 0, 0, NULL, "folder of the four IDX files; by default Debian's too"},
    {"valid", OPTION_CHOICE, AT(valid), "last", 0, 0, image_valid_words, "last tenth of the training images, or a seeded tenth"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the tenth, with valid: random"},
    {.name = NULL},
};

static const char *const images[IMAGES_PARTS] = {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"};
static const char *const labels[IMAGES_PARTS] = {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"};

static bool find_at(char out[FILE_PATH], const char *root)
{
    char path[FILE_PATH];
    return file_join(out, "", root) == OK && unpack_find(path, out, images[IMAGES_TRAIN]);
}

static status find(char out[FILE_PATH], const char *source, const char *data)
{
    char below[FILE_PATH];
    if (find_at(out, source)) return OK;
    TRY(file_join(below, data, source));
    if (find_at(out, below)) return OK;
    if (strcmp(source, "fashion-mnist") == 0 && find_at(out, DEBIAN)) return OK;
    FAIL(ERR_DATA, "no %s with train-images-idx3-ubyte.gz here or in %s; install Debian's: apt-get install dataset-fashion-mnist",
         source, data);
}

static status read_part(struct image_set *set, int part, const char *folder)
{
    char image[FILE_PATH], label[FILE_PATH];
    const bool there = unpack_find(image, folder, images[part]);
    if (!there || !unpack_find(label, folder, labels[part]))
        FAIL(ERR_DATA, "%s: no %s there (nor .gz, .xz); four IDX files were expected", folder, there ? labels[part] : images[part]);
    return idx_read(set, part, image, label);
}

static status fashion_open(void **self, const void *opts, const char *data)
{
    const struct fashion_options *o = opts;
    char folder[FILE_PATH];
    struct image_set set = {0};
    *self = NULL;
    TRY(find(folder, o->source, data));
    status s = OK;
    for (int p = 0; p < IMAGES_PARTS && s == OK; p++) s = read_part(&set, p, folder);
    if (s != OK) {
        image_set_free(&set);
        return s;
    }
    return images_open(self, &set, o->valid, (uint64_t)o->seed);
}

/* Only whether it is there. */
static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct fashion_options *o = opts;
    char folder[FILE_PATH];
    const bool there = find(folder, o->source, data) == OK;
    snprintf(line, size, "%s", there ? folder : status_message());
    return there;
}

static void note(const void *opts, char *line, size_t size)
{
    (void)opts;
    snprintf(line, size, "image-fashion: Fashion-MNIST (28 x 28, clothing) in place of gray CIFAR-10 (task image).");
}

const struct task task_image_fashion = {
    .name         = "image-fashion",
    .title        = "Fashion-MNIST, pixel by pixel",
    .source       = "Xiao, Rasul and Vollgraf, arXiv:1708.07747",
    .help         =
        "28 x 28 images of ten kinds of clothing (T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle\n"
        "boot) as 784 gray levels, row by row; the level is the token, 256 ids. 54,000 to train on, 6,000 for validation (the last\n"
        "tenth of the training images in their own order, or with `valid: random` a seeded tenth), 10,000 to test.\n"
        "Get it: apt-get install dataset-fashion-mnist (30 MB); or put the four IDX files, packed or not, into fashion-mnist in\n"
        "the data folder: https://github.com/zalandoresearch/fashion-mnist (data/fashion). `source` takes MNIST as well.\n"
        "Predictors: chance, and `linear`, a logistic regression on the gray levels.",
    .kind         = TASK_CLASSIFY,
    .images       = true,
    .options      = options,
    .options_size = sizeof(struct fashion_options),
    .open         = fashion_open,
    .close        = images_close,
    .vocabulary   = images_vocabulary,
    .classes      = images_classes,
    .count        = images_count,
    .longest      = images_longest,
    .example      = images_example,
    .predictors   = images_predictors,
    .checksum     = images_checksum,
    .note         = note,
    .present      = present,
};
