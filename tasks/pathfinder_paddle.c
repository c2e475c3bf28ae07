/* pathfinder_paddle.c -- enlarged drawings, reduced to stamps. */
#include "tasks/pathfinder_paddle.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/status.h"

#define AA PATHFINDER_ENLARGED
#define PI 3.14159265358979323846

static uint8_t *blank(int n)
{
    uint8_t *at = calloc((size_t)n * (size_t)n, 1);
    if (!at) status_no_memory("a drawing", (size_t)n * (size_t)n);
    return at;
}

void stamp_free(struct stamp *s)
{
    free(s->at);
    *s = (struct stamp){0};
}

/* ---- reducing ------------------------------------------------------------------------------------------------ */

/* sinc(x) sinc(x/3) within 3 of 0 */
static double lanczos(double x)
{
    if (fabs(x) >= 3) return 0;
    return x == 0 ? 1 : 3 * sin(PI * x) * sin(PI * x / 3) / (PI * PI * x * x);
}

/* One line of n points, `stride` apart, to m points: each the mean of those near its middle, by the filter. */
static void reduce_line(const uint8_t *in, int n, int stride, uint8_t *out, int m, int out_stride)
{
    const double scale = (double)n / m, support = 3 * scale;
    for (int i = 0; i < m; i++) {
        const double middle = (i + 0.5) * scale;
        const int first = (int)fmax(0, middle - support + 0.5), last = (int)fmin(n, middle + support + 0.5);
        double sum = 0, weights = 0;
        for (int j = first; j < last; j++) {
            const double w = lanczos((j - middle + 0.5) / scale);
            sum += w * in[j * stride];
            weights += w;
        }
        out[i * out_stride] = (uint8_t)fmin(255, fmax(0, floor(sum / weights + 0.5)));
    }
}

void lanczos_reduce(const uint8_t *in, int n, uint8_t *out, int m)
{
    uint8_t *narrow = blank(n); /* n rows of m points */
    for (int y = 0; y < n; y++) reduce_line(in + y * n, n, 1, narrow + y * m, m, 1);
    for (int x = 0; x < m; x++) reduce_line(narrow + x, n, m, out + x, m, m);
    free(narrow);
}

static struct stamp reduced(const uint8_t *drawing, int n, int reach)
{
    struct stamp s = {.reach = reach, .top = reach, .bottom = -reach, .left = reach, .right = -reach, .at = blank(2 * reach + 1)};
    lanczos_reduce(drawing, n, s.at, 2 * reach + 1);
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            if (!s.at[(dy + reach) * (2 * reach + 1) + dx + reach]) continue;
            s.top = dy < s.top ? dy : s.top;
            s.bottom = dy;
            s.left = dx < s.left ? dx : s.left;
            s.right = dx > s.right ? dx : s.right;
        }
    return s;
}

/* ---- drawing ------------------------------------------------------------------------------------------------- */

/* One point wide, by Bresenham's algorithm, both ends included. */
static void draw_thin(uint8_t *at, int n, int y, int x, int dy, int dx)
{
    const int sy = dy < 0 ? -1 : 1, sx = dx < 0 ? -1 : 1, ay = abs(dy), ax = abs(dx);
    const int steps = ay > ax ? ay : ax, other = ay > ax ? ax : ay;
    for (int i = 0, error = 2 * other - steps; i <= steps; i++, error += 2 * other) {
        at[y * n + x] = 255;
        const bool turn = error >= 0;
        if (turn) error -= 2 * steps;
        y += ay > ax || turn ? sy : 0;
        x += ay <= ax || turn ? sx : 0;
    }
}

/* Half toward 0; round() is half away from it. */
static double round_half_in(double x)
{
    return copysign(ceil(fabs(x) - 0.5), x);
}

/* The least and the greatest x of an edge between two points (y, x) in a row that it crosses. */
static void cross(const double a[2], const double b[2], int row, double *least, double *most)
{
    if (row < fmin(a[0], b[0]) || row > fmax(a[0], b[0])) return;
    const bool level = a[0] == b[0];
    const double x = level ? a[1] : a[1] + (row - a[0]) * (b[1] - a[1]) / (b[0] - a[0]), other = level ? b[1] : x;
    *least = fmin(*least, fmin(x, other));
    *most = fmax(*most, fmax(x, other));
}

/* `width` points wide: a quadrilateral whose corners lie half a width beside the ends, on whole points as the imaging library of the
 * published generator (Pillow) rounds them, filled from edge to edge in each row. */
static void draw_wide(uint8_t *at, int n, int y, int x, int dy, int dx, int width)
{
    const double length = hypot(dy, dx), half = 0.5 * (width - 1), small = round_half_in(half) / length, large = round(half) / length;
    const double left[2] = {y + round(large * dx), x - round_half_in(small * dy)};
    const double right[2] = {y - round(small * dx), x + round_half_in(large * dy)};
    const double corner[4][2] = {{left[0], left[1]}, {left[0] + dy, left[1] + dx}, {right[0] + dy, right[1] + dx}, {right[0], right[1]}};
    for (int row = 0; row < n; row++) {
        double least = n, most = -1;
        for (int k = 0; k < 4; k++) cross(corner[k], corner[(k + 1) % 4], row, &least, &most);
        for (int i = (int)round(least); i <= (int)round_half_in(most); i++) at[row * n + i] = 255;
    }
}

/* All points no farther than `radius` from one that is lit. */
static void widen(const uint8_t *in, int n, int radius, uint8_t *out)
{
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++)
            for (int v = -radius; in[y * n + x] && v <= radius; v++)
                for (int u = -radius; u <= radius; u++)
                    if (v * v + u * u <= radius * radius && y + v >= 0 && y + v < n && x + u >= 0 && x + u < n)
                        out[(y + v) * n + x + u] = 255;
}

int paddle_reach(int length, double thickness, int margin)
{
    return length + (int)ceil(thickness) + margin;
}

void paddle_stamps(int length, double thickness, int margin, int dy, int dx, struct stamp *line, struct stamp *room)
{
    const int reach = paddle_reach(length, thickness, margin), middle = AA * reach, n = 2 * middle + 1;
    const int width = (int)lround(thickness * AA);
    uint8_t *drawn = blank(n), *wide = blank(n);
    if (width == 1)
        draw_thin(drawn, n, middle, middle, dy, dx);
    else
        draw_wide(drawn, n, middle, middle, dy, dx, width);
    widen(drawn, n, AA * margin, wide);
    *line = reduced(drawn, n, reach);
    *room = reduced(wide, n, reach);
    free(drawn);
    free(wide);
}

struct stamp disc_stamp(double radius)
{
    const int reach = (int)ceil(radius) + 3, side = 2 * reach + 1, n = AA * side; /* the filter sees 3 pixels far */
    const double r = AA * radius;
    uint8_t *drawn = blank(n);
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            const int v = y - AA * reach, u = x - AA * reach;
            if (v * v + u * u <= r * r) drawn[y * n + x] = 255;
        }
    const struct stamp s = reduced(drawn, n, reach);
    free(drawn);
    return s;
}
