/* pathfinder_paddle.h -- the pieces a Pathfinder image is put together from: paddles, the room around them, discs.
 *
 * A paddle is a short line.  It is drawn twice as large, without shades, and reduced with a Lanczos filter (a = 3), which
 * gives its soft edges; so is its room, all points nearer than `margin` to it.  Both are stamps: squares of gray levels 0 to 255 around
 * the end that the paddle starts from.  In the enlarged drawing its other end lies on a whole point, so there are few
 * different paddles, and all of them are drawn once.
 */
#ifndef REACH_PATHFINDER_PADDLE_H
#define REACH_PATHFINDER_PADDLE_H

#include <stdint.h>

#define PATHFINDER_ENLARGED 2 /* drawn so many times as large */

/* A square of gray levels: at[(dy + reach) * (2 reach + 1) + dx + reach] belongs dy rows below its point and dx to the right. */
struct stamp {
    int      reach;
    int      top, bottom, left, right; /* dy and dx of the first and last row and column that are not all 0 */
    uint8_t *at;                       /* owned */
};

void stamp_free(struct stamp *s); /* accepts a cleared struct, and clears it */

static inline int stamp_side(const struct stamp *s)
{
    return 2 * s->reach + 1;
}

/* How far the stamps of a paddle reach, pixels. */
int paddle_reach(int length, double thickness, int margin);

/* A paddle and its room: from a point along (dy, dx), in points of the enlarged drawing; thickness in pixels, a multiple
 * of 1/2 above 0; margin in pixels. */
void paddle_stamps(int length, double thickness, int margin, int dy, int dx, struct stamp *line, struct stamp *room);

/* A disc of a radius in pixels. */
struct stamp disc_stamp(double radius);

/* out (m x m) = in (n x n) reduced with the Lanczos filter: columns first, then rows, each rounded to 0..255. */
void lanczos_reduce(const uint8_t *in, int n, uint8_t *out, int m);

#endif
