/* image.c -- gray CIFAR-10, pixel by pixel.
 *
 * Files and gray levels: cifar.h.  Splits and predictors: images.h.
 */
#include <stdio.h>

#include "tasks/cifar.h"

struct image_options {
    char    source[OPTION_TEXT];
    int     gray, valid;
    int64_t seed;
};

#define AT(field) offsetof(struct image_options, field)
static const char *const gray_words[] = {"pil", "tensorflow", NULL};
static const struct option options[] = {
    {"source", OPTION_WORD, AT(source), "cifar10", 0, 0, NULL, "folder of the batches or the gray records, or the one above"},
    {"gray", OPTION_CHOICE, AT(gray), "pil", 0, 0, gray_words, "weights of red, green and blue"},
    {"valid", OPTION_CHOICE, AT(valid), "last", 0, 0, image_valid_words, "last tenth of the training images, or a seeded tenth"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the tenth, with valid: random"},
    {.name = NULL},
};

static status image_open(void **self, const void *opts, const char *data)
{
    const struct image_options *o = opts;
    char folder[FILE_PATH];
    struct image_set set;
    *self = NULL;
    TRY(cifar_find(folder, o->source, data));
    TRY(cifar_read(&set, folder, o->gray));
    return images_open(self, &set, o->valid, (uint64_t)o->seed);
}

/* Only whether it is there. */
static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct image_options *o = opts;
    char folder[FILE_PATH];
    const bool there = cifar_find(folder, o->source, data) == OK && cifar_check(folder, o->gray) == OK;
    snprintf(line, size, "%s", there ? folder : status_message());
    return there;
}

const struct task task_image = {
    .name         = "image",
    .title        = "gray CIFAR-10, pixel by pixel",
    .source       = "Krizhevsky 2009; as in Long Range Arena, arXiv:2011.04006",
    .help         =
        "32 x 32 images of ten classes (airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck) as 1,024 gray levels,\n"
        "row by row; the level is the token, 256 ids. 45,000 to train on, 5,000 for validation (the last tenth of the training\n"
        "images in their own order, or with `valid: random` a seeded tenth), 10,000 to test.\n"
        "Get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (md5 c32a1d4ab5d03f1284b67883e8d87530) and unpack it in the\n"
        "data folder: cifar-10-batches-bin/data_batch_1.bin ... test_batch.bin. Read too: gray records cifar10-gray-train.bin and\n"
        "cifar10-gray-test.bin (label byte, 1,024 levels). Each may be packed with gzip or xz.\n"
        "`gray: pil` rounds 0.299 R + 0.587 G + 0.114 B; `gray: tensorflow` does as Long Range Arena's own code, at most one\n"
        "level away.\n"
        "Predictors: chance, and `linear`, a logistic regression on the gray levels.",
    .kind         = TASK_CLASSIFY,
    .images       = true,
    .options      = options,
    .options_size = sizeof(struct image_options),
    .open         = image_open,
    .close        = images_close,
    .vocabulary   = images_vocabulary,
    .classes      = images_classes,
    .count        = images_count,
    .longest      = images_longest,
    .example      = images_example,
    .predictors   = images_predictors,
    .checksum     = images_checksum,
    .present      = present,
};
