/* images.c -- bytes in, tokens out. */
#include "tasks/images.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tasks/hold_out.h"
#include "tasks/linear_rule.h"

const char *const image_valid_words[] = {"last", "random", NULL};

struct images {
    struct image_set set;
    uint32_t        *order; /* of the training part: n_train, then validation */
    size_t           n_train;
};

/* ---- the set ------------------------------------------------------------------------------------------------- */

static uint8_t *grown(uint8_t *at, size_t bytes)
{
    at = realloc(at, bytes);
    if (!at) status_no_memory("images", bytes);
    return at;
}

uint8_t *image_set_add(struct image_set *s, int part, uint8_t label)
{
    const size_t n = s->n[part]++;
    if ((n & (n - 1)) == 0) { /* room doubles at powers of two */
        s->pixel[part] = grown(s->pixel[part], (n ? 2 * n : 1) * s->size);
        s->label[part] = grown(s->label[part], n ? 2 * n : 1);
    }
    s->label[part][n] = label;
    return s->pixel[part] + n * s->size;
}

void image_set_free(struct image_set *s)
{
    for (int p = 0; p < IMAGES_PARTS; p++) {
        free(s->pixel[p]);
        free(s->label[p]);
    }
    *s = (struct image_set){0};
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

status images_open(void **self, struct image_set *set, int valid, uint64_t seed)
{
    const size_t n = set->n[IMAGES_TRAIN], held = n / 10 ? n / 10 : 1;
    *self = NULL;
    if (n < 2 || set->n[IMAGES_TEST] < 1) {
        const status s = status_fail(ERR_DATA, "%zu training and %zu test images; at least 2 and 1 were expected", n, set->n[IMAGES_TEST]);
        image_set_free(set);
        return s;
    }
    struct images *t = malloc(sizeof *t);
    if (!t) status_no_memory("images", sizeof *t);
    *t = (struct images){.set = *set, .order = malloc(n * sizeof *t->order), .n_train = n - held};
    if (!t->order) status_no_memory("images", n * sizeof *t->order);
    if (valid == VALID_RANDOM) t->n_train = hold_out(seed, n, t->order);
    else
        for (size_t i = 0; i < n; i++) t->order[i] = (uint32_t)i;
    *set = (struct image_set){0};
    *self = t;
    return OK;
}

void images_close(void *self)
{
    struct images *t = self;
    if (!t) return;
    image_set_free(&t->set);
    free(t->order);
    free(t);
}

size_t images_vocabulary(const void *self)
{
    (void)self;
    return 256;
}

size_t images_classes(const void *self)
{
    (void)self;
    return IMAGE_CLASSES;
}

size_t images_count(const void *self, enum split s)
{
    const struct images *t = self;
    return s == SPLIT_TEST ? t->set.n[IMAGES_TEST] : s == SPLIT_TRAIN ? t->n_train : t->set.n[IMAGES_TRAIN] - t->n_train;
}

size_t images_longest(const void *self)
{
    return ((const struct images *)self)->set.size;
}

/* The pixels of an example, and its label. */
static const uint8_t *image_of(const struct images *t, enum split s, size_t index, int *label)
{
    const int part = s == SPLIT_TEST ? IMAGES_TEST : IMAGES_TRAIN;
    const size_t i = s == SPLIT_TEST ? index : t->order[s == SPLIT_VALID ? t->n_train + index : index];
    *label = t->set.label[part][i];
    return t->set.pixel[part] + i * t->set.size;
}

status images_example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct images *t = self;
    int label;
    const uint8_t *pixel = image_of(t, s, index, &label);
    for (size_t i = 0; i < t->set.size; i++) out->token[i] = pixel[i];
    out->n = t->set.size;
    out->label = label;
    return OK;
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

struct scored_split {
    const struct images *t;
    enum split           s;
};

static void read_pixels(const void *self, size_t index, double *feature, int *label)
{
    const struct scored_split *of = self;
    const uint8_t *pixel = image_of(of->t, of->s, index, label);
    for (size_t i = 0; i < of->t->set.size; i++) feature[i] = pixel[i];
}

status images_predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    const struct images *t = self;
    const struct scored_split train = {t, SPLIT_TRAIN}, scored = {t, s};
    const struct linear_examples from = {&train, images_count(t, SPLIT_TRAIN), read_pixels};
    const struct linear_examples to = {&scored, images_count(t, s), read_pixels};
    out[0] = (struct predictor){"chance", log(IMAGE_CLASSES), 1.0 / IMAGE_CLASSES};
    out[1] = linear_rule("linear", t->set.size, IMAGE_CLASSES, &from, &to);
    *n = 2;
    return OK;
}

/* Labels and pixels of the three splits. */
void images_checksum(const void *self, char out[33])
{
    const struct images *t = self;
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    for (int s = 0; s < SPLITS; s++) {
        const size_t n = images_count(t, (enum split)s);
        XXH3_128bits_update(state, &n, sizeof n);
        for (size_t i = 0; i < n; i++) {
            int label;
            const uint8_t *pixel = image_of(t, (enum split)s, i, &label);
            XXH3_128bits_update(state, &label, sizeof label);
            XXH3_128bits_update(state, pixel, t->set.size);
        }
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}
