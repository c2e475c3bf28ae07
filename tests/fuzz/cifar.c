/* cifar.c -- records of images: colour batches and gray records, plain and packed. */
#include "packed.h"
#include "fuzz.h"
#include "tasks/cifar.h"

#define COLOUR (1 + 3 * CIFAR_PIXELS)
#define GRAY   (1 + CIFAR_PIXELS)

static void seeds(void)
{
    struct growing g;
    uint8_t record[COLOUR] = {3};
    for (int i = 1; i < COLOUR; i++) record[i] = (uint8_t)(i * 7);
    for (int mode = 0; mode < 4; mode++) {
        const size_t size = mode & 1 ? COLOUR : GRAY;
        g.n = 0;
        grow(&g, &(uint8_t){(uint8_t)mode}, 1);
        for (int k = 0; k < (mode & 1 ? 2 : 5); k++) grow(&g, record, size);
        if (mode == 0) grow(&g, CUT, 3), grow(&g, record, size);
        if (mode > 1) {
            struct file_content c;
            put_packed("s.gz", g.at + 1, g.n - 1);
            if (file_read(in_folder("s.gz"), &c) != OK) abort();
            g.n = 1;
            grow(&g, c.at, c.n);
            file_close(&c);
        }
        seed_bytes(g.at, g.n);
    }
}

/* First byte: 0 a folder of two gray files, 1 one batch, 2 and 3 the same packed. */
static void one(struct input in)
{
    struct image_set set = {0};
    size_t n;
    const uint8_t mode = take_byte(&in);
    if (mode % 4 == 0) {
        put_input("cifar10/cifar10-gray-train.bin", take_part(&in));
        put_input("cifar10/cifar10-gray-test.bin", in);
        read_task("image", SET("gray=pil"));
        return;
    }
    const char *name = mode & 2 ? "batch.gz" : "batch";
    put_input(name, in);
    (void)cifar_read_file(&set, IMAGES_TRAIN, in_folder(name), mode & 1, mode & 4 ? GRAY_TENSORFLOW : GRAY_PIL, &n);
    for (size_t i = 0; i < set.n[IMAGES_TRAIN]; i++)
        if (set.label[IMAGES_TRAIN][i] >= IMAGE_CLASSES) abort();
    image_set_free(&set);
}
