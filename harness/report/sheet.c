/* sheet.c -- contact sheets. */
#include "report/sheet.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_TILE 96 /* pixels that an image takes at least, when it is enlarged in whole steps */
#define FRAME      2
#define GAP        4

/* Okabe and Ito's palette, told apart by the colour-blind too, and two more. */
static const uint8_t colours[SHEET_COLOURS][3] = {{0, 114, 178}, {230, 159, 0}, {0, 158, 115}, {213, 94, 0}, {86, 180, 233},
                                                  {204, 121, 167}, {240, 228, 66}, {153, 153, 153}, {136, 34, 85}, {255, 255, 255}};
const char *const sheet_colours[SHEET_COLOURS] = {"blue", "orange", "green", "red", "light blue", "pink", "yellow", "gray", "purple", "white"};

struct sheet {
    size_t   n, side, scale, columns, width, height;
    uint8_t *rgb; /* height x width x 3 */
};

static size_t tile(const struct sheet *s)
{
    return s->side * s->scale + 2 * FRAME + GAP;
}

struct sheet *sheet_new(size_t n, size_t side)
{
    struct sheet *s = malloc(sizeof *s);
    assert(n > 0 && side > 0);
    if (!s) status_no_memory("a contact sheet", sizeof *s);
    *s = (struct sheet){.n = n, .side = side, .scale = (LEAST_TILE + side - 1) / side, .columns = (size_t)ceil(sqrt((double)n))};
    s->width = s->columns * tile(s) + GAP;
    s->height = (n + s->columns - 1) / s->columns * tile(s) + GAP;
    s->rgb = malloc(3 * s->width * s->height);
    if (!s->rgb) status_no_memory("a contact sheet", 3 * s->width * s->height);
    memset(s->rgb, 48, 3 * s->width * s->height);
    return s;
}

void sheet_free(struct sheet *s)
{
    if (s) free(s->rgb);
    free(s);
}

void sheet_put(struct sheet *s, size_t i, const uint8_t *gray, int label)
{
    const size_t top = GAP + i / s->columns * tile(s), left = GAP + i % s->columns * tile(s), inner = s->side * s->scale;
    const uint8_t *colour = colours[(size_t)label % SHEET_COLOURS];
    assert(i < s->n && label >= 0);
    for (size_t y = 0; y < inner + 2 * FRAME; y++)
        for (size_t x = 0; x < inner + 2 * FRAME; x++) {
            uint8_t *to = s->rgb + 3 * ((top + y) * s->width + left + x);
            const bool framed = y < FRAME || y >= inner + FRAME || x < FRAME || x >= inner + FRAME;
            if (framed) memcpy(to, colour, 3);
            else memset(to, gray[(y - FRAME) / s->scale * s->side + (x - FRAME) / s->scale], 3);
        }
}

status sheet_write(const struct sheet *s, const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)s->width, .height = (png_uint_32)s->height, .format = PNG_FORMAT_RGB};
    errno = 0;
    if (!png_image_write_to_file(&image, path, 0, s->rgb, 0, NULL)) FAIL(ERR_IO, "%s: %s", path, errno ? strerror(errno) : image.message);
    return OK;
}
