/* pathfinder_draw.h -- Pathfinder images: do the two discs lie at the ends of one snake?
 *
 * Linsley et al., "Learning long-range spatial dependencies with horizontal gated recurrent units", NeurIPS 2018, and Kim,
 * Linsley et al., "Disentangling neural mechanisms for perceptual grouping", ICLR 2020; settings of Long Range Arena.
 *
 * A snake is a row of paddles.  It grows from the gap before its last paddle's head, the pivot: the next head lies on a circle of radius
 * length + margin around it, on one of its pixels, drawn with weight
 *
 *     cos^2(min(continuity turn, 90 degrees)) (1 - occupied),      turn: between the two paddles,
 *
 * where `occupied` is how much of the pixel, or of one within `margin`, is room of another paddle.  A paddle whose
 * room is another's is refused; after paddle_tries refusals the snake has failed.  Its own last paddle does not count.
 *
 * A snake begins at a place drawn from those where its first paddle's room is free.  The published generator finds them by a dilation
 * whose values outside the image are the least there are, and takes an image in which one remains for full.  So a snake can only begin
 * in a direction in which the room reaches into the image from each of its corners: at 32 x 32, where the room has two to four solid
 * points, 30 of 360 degrees, all up and to the left; 95 at 64 x 64, 354 or all at 128 x 128, all at 256 x 256.  At 32 x 32 this leaves 1.1 of the 5
 * distractors, along the falling diagonal.  The rule is ours too, unless all_directions is set (then 4.6 distractors).  The second target
 * begins in any direction: no room is looked for.
 *
 * Two target snakes grow in turn, from the middle of the image (2 seed_distance from the border) and from a point seed_distance
 * away from there; if one fails, both start again.  Then distractor snakes are put into free space, each in five attempts at most.
 * Everything is joined by maximum and stretched to 0..255.  A disc marks the beginning of one target snake, another the end of the
 * same (label 1) or the other one (label 0).
 *
 * Images a second on one core at a contour of 14, and pairs of targets begun for each: 32: 7,500, 320 (nearly all fail at the first
 * direction); 64: 200, 4,000 (98 pixels of snake from the middle of 64 hardly fit); 128: 230, 400; 256: 1,400, 7.
 *
 * As in the published generator a target may cross the other one's newest paddle, and distractors the last paddle of the first
 * target.  Its images have no seed, so ours are alike in distribution only: tests/test_pathfinder.c compares them with a sample of its.
 */
#ifndef REACH_PATHFINDER_DRAW_H
#define REACH_PATHFINDER_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasks/task.h"

#define PATHFINDER_PADDLES 14 /* most in a snake  */
#define PATHFINDER_SNAKES  64 /* most distractors */

struct pathfinder_settings {
    int    size;              /* pixels on a side                           */
    int    contour;           /* paddles of a target snake                  */
    int    padding;           /* empty pixels along the border              */
    int    paddle_length;     /* pixels                                     */
    double paddle_thickness;  /* pixels, a multiple of 1/2                  */
    int    margin[2];         /* pixels; one of the two, drawn per image    */
    int    seed_distance;     /* pixels                                     */
    double marker_radius;     /* pixels                                     */
    double continuity;        /* larger: straighter                         */
    int    distractor_length; /* paddles                                    */
    int    distractors;       /* snakes                                     */
    bool   all_directions;    /* a snake may begin in any, see above        */
    double snake_contrast, paddle_contrast; /* distractors have the first, targets the product; discs have 1 */
};

/* The published settings for a size of 32, 64, 128 or 256 and a contour of 6 (easy), 9 or 14 (hard). */
struct pathfinder_settings pathfinder_published(int size, int contour);

/* Everything that is the same for all images of some settings; read-only once made, for any number of threads. */
struct pathfinder_artist;
struct pathfinder_artist *pathfinder_artist_new(const struct pathfinder_settings *settings);
void pathfinder_artist_free(struct pathfinder_artist *a); /* accepts NULL */

/* What is in an image: for tests. */
struct pathfinder_scene {
    int label, margin;
    int attempts;              /* pairs of target snakes begun */
    int disc[2][2];            /* row and column               */
    int n_snakes;              /* targets 0 and 1, then the distractors */
    struct { int n; double tail[PATHFINDER_PADDLES][2], head[PATHFINDER_PADDLES][2]; } snake[2 + PATHFINDER_SNAKES]; /* ends of paddles, pixels */
};

/* Image `index` of a split: its label, and size x size gray levels row by row.  A function of the settings and
 * (seed, split, index) alone.  false if 100,000 pairs of target snakes failed.  `scene` may be NULL. */
bool pathfinder_draw(const struct pathfinder_artist *a, uint64_t seed, enum split split, uint32_t index, uint8_t *label,
                     uint8_t *pixel, struct pathfinder_scene *scene);

#endif
