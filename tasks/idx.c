/* idx.c -- two files side by side. */
#include "tasks/idx.h"

#include "tasks/unpack.h"

static status read_number(struct unpack *in, const char *what, size_t *out)
{
    uint8_t b[4];
    TRY(unpack_exactly(in, b, 4, what));
    *out = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    return OK;
}

static status read_magic(struct unpack *in, size_t wanted)
{
    size_t magic;
    TRY(read_number(in, "a magic number", &magic));
    if (magic == wanted) return OK;
    FAIL(ERR_DATA, "%s: byte 0: magic number 0x%08zx; 0x%08zx (%s) was expected", unpack_path(in), magic, wanted,
         wanted == 0x803 ? "images" : "labels");
}

static status read_heads(struct unpack *images, struct unpack *labels, size_t *n, size_t *size)
{
    size_t rows, columns, n_labels;
    TRY(read_magic(images, 0x803));
    TRY(read_number(images, "the number of images", n));
    TRY(read_number(images, "the number of rows", &rows));
    TRY(read_number(images, "the number of columns", &columns));
    *size = rows * columns;
    if (*size < 1 || *size > IDX_PIXELS)
        FAIL(ERR_DATA, "%s: byte 8: images of %zu x %zu; 1 to %d pixels were expected", unpack_path(images), rows, columns, IDX_PIXELS);
    TRY(read_magic(labels, 0x801));
    TRY(read_number(labels, "the number of labels", &n_labels));
    if (n_labels != *n)
        FAIL(ERR_DATA, "%s: byte 4: %zu labels; %zu were expected, as %s has so many images", unpack_path(labels), n_labels, *n,
             unpack_path(images));
    return OK;
}

static status read_all(struct image_set *s, int part, struct unpack *images, struct unpack *labels)
{
    size_t n, size;
    TRY(read_heads(images, labels, &n, &size));
    if (s->size != 0 && s->size != size)
        FAIL(ERR_DATA, "%s: byte 8: images of %zu pixels; %zu were expected, as in the other part", unpack_path(images), size, s->size);
    s->size = size;
    for (size_t i = 0; i < n; i++) {
        uint8_t label;
        TRY(unpack_exactly(labels, &label, 1, "a label"));
        if (label >= IMAGE_CLASSES)
            FAIL(ERR_DATA, "%s: byte %zu: label %d of image %zu; 0 to 9 was expected", unpack_path(labels), unpack_place(labels) - 1, label, i);
        TRY(unpack_exactly(images, image_set_add(s, part, label), size, "an image"));
    }
    TRY(unpack_at_end(images));
    return unpack_at_end(labels);
}

status idx_read(struct image_set *s, int part, const char *images, const char *labels)
{
    struct unpack *i = NULL, *l = NULL;
    status e = unpack_open(&i, images);
    if (e == OK) e = unpack_open(&l, labels);
    if (e == OK) e = read_all(s, part, i, l);
    unpack_close(i);
    unpack_close(l);
    return e;
}
