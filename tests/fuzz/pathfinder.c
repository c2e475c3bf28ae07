/* pathfinder.c -- the published folders: metadata and PNG images; and plain files of records. */
#include <png.h>

#include "repair.h"
#include "tasks/pathfinder_set.h"

#define SIDE 8

static void seeds(void)
{
    struct growing g;
    uint8_t pixel[SIDE * SIDE], png[4096];
    for (int i = 0; i < SIDE * SIDE; i++) pixel[i] = (uint8_t)(3 * i);
    static const png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_RGB, PNG_FORMAT_GA};
    for (int f = 0; f < 3; f++) {
        png_alloc_size_t n = sizeof png;
        uint8_t wide[3 * SIDE * SIDE];
        for (size_t i = 0; i < sizeof wide; i++) wide[i] = pixel[i % sizeof pixel];
        png_image image = {.version = PNG_IMAGE_VERSION, .width = SIDE, .height = SIDE, .format = formats[f]};
        if (!png_image_write_to_memory(&image, png, &n, 0, wide, 0, NULL)) abort();
        g.n = 0;
        grow(&g, "\1", 1);
        for (int i = 0; i < 11; i++) grow(&g, i % 2 ? "imgs/0 a.png 1 1 2.5 3\n" : "imgs/0 a.png 0 0\n", i % 2 ? 23 : 17);
        grow(&g, CUT, 3);
        grow(&g, png, n);
        seed_bytes(g.at, g.n);
    }
    g.n = 0;
    grow(&g, "\2", 1);
    for (int i = 0; i < 10; i++) grow(&g, &(uint8_t){(uint8_t)(i % 2)}, 1), grow(&g, pixel, sizeof pixel);
    seed_bytes(g.at, g.n);
}

/* First byte: 0, 1 a folder, 1 with PNG sums repaired; 2 records; 3 packed records. */
static void one(struct input in)
{
    const uint8_t mode = take_byte(&in) % 4;
    static const size_t most[SPLITS] = {1000, 1000, 1000};
    const char *path;
    if (mode < 2) {
        put_input("p/metadata/1.npy", take_part(&in));
        uint8_t *png = copied(in);
        if (mode) repair_png(png, in.n);
        put_bytes("p/imgs/0/a.png", png, in.n);
        free(png);
        path = in_folder("p");
    } else {
        put_input(mode == 2 ? "a.bin" : "a.bin.xz", in);
        path = in_folder(mode == 2 ? "a.bin" : "a.bin.xz");
    }
    struct pathfinder_set set;
    if (pathfinder_read(&set, SIDE, path, true, 1, most) != OK) return;
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < set.n[s]; i++) {
            unsigned sum = 0;
            for (int k = 0; k <= SIDE * SIDE; k++) sum += set.record[s][i][k];
            if (set.record[s][i][0] > 1 || sum > 255 * SIDE * SIDE + 1) abort();
        }
    pathfinder_set_free(&set);
}
