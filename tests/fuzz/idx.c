/* idx.c -- the four IDX files of Fashion-MNIST. */
#include "fuzz.h"

static void grow_number(struct growing *g, size_t v)
{
    for (int b = 24; b >= 0; b -= 8) grow(g, &(uint8_t){(uint8_t)(v >> b)}, 1);
}

static void seeds(void)
{
    struct growing g = {.n = 0};
    static const size_t count[2] = {5, 2};
    grow(&g, &(uint8_t){0}, 1);
    for (int part = 0; part < 2; part++) {
        grow_number(&g, 0x803), grow_number(&g, count[part]), grow_number(&g, 2), grow_number(&g, 3);
        for (size_t i = 0; i < 6 * count[part]; i++) grow(&g, &(uint8_t){(uint8_t)(40 * i)}, 1);
        grow(&g, CUT, 3);
        grow_number(&g, 0x801), grow_number(&g, count[part]);
        for (size_t i = 0; i < count[part]; i++) grow(&g, &(uint8_t){(uint8_t)i}, 1);
        if (part == 0) grow(&g, CUT, 3);
    }
    seed_bytes(g.at, g.n);
    g.at[0] = 1; /* the first file is no .gz */
    seed_bytes(g.at, g.n);
}

/* First byte: bit k says that file k is packed. */
static void one(struct input in)
{
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    const uint8_t packed = take_byte(&in);
    for (int k = 0; k < 4; k++) {
        char name[64], other[64];
        snprintf(name, sizeof name, "f/%s%s", names[k], packed >> k & 1 ? ".gz" : "");
        snprintf(other, sizeof other, "f/%s%s", names[k], packed >> k & 1 ? "" : ".gz");
        unlink(in_folder(other));
        put_input(name, take_part(&in));
    }
    read_task("image-fashion", SET("source=f"));
}
