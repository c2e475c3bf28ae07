/* images.h -- what the image tasks share: a set in memory, its splits, its examples and predictors.
 *
 * A pixel is a token: its level is its id, row by row; 256 ids, ten classes.  The test part is the test split; validation
 * is the last tenth of the training part in its own order, or a seeded tenth (hold_out.h).
 */
#ifndef REACH_IMAGES_H
#define REACH_IMAGES_H

#include "tasks/task.h"

#define IMAGE_CLASSES 10

enum { IMAGES_TRAIN, IMAGES_TEST, IMAGES_PARTS };

struct image_set {
    size_t   size;                /* pixels of an image */
    size_t   n[IMAGES_PARTS];
    uint8_t *pixel[IMAGES_PARTS]; /* (n, size)          */
    uint8_t *label[IMAGES_PARTS]; /* [n]                */
};

/* The pixels of one more image, to be written by the caller; `size` is set.  Pointers given before are void. */
uint8_t *image_set_add(struct image_set *s, int part, uint8_t label);
void     image_set_free(struct image_set *s); /* accepts a cleared struct, and clears it */

/* ---- the task's side: `self` is a struct images ---------------------------------------------------------------- */

enum { VALID_LAST, VALID_RANDOM };
extern const char *const image_valid_words[]; /* of an option: last, random */

/* Takes the set over.  ERR_DATA, and the set freed, if there are less than two training images or no test image. */
status images_open(void **self, struct image_set *set, int valid, uint64_t seed);
void   images_close(void *self);
size_t images_vocabulary(const void *self);
size_t images_classes(const void *self);
size_t images_count(const void *self, enum split s);
size_t images_longest(const void *self);
status images_example(const void *self, enum split s, size_t index, struct example *out);
/* chance; linear: a logistic regression on the pixel levels */
status images_predictors(const void *self, enum split s, struct predictor *out, size_t *n);
void   images_checksum(const void *self, char out[33]);

#endif
