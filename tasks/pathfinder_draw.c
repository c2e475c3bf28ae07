/* pathfinder_draw.c -- growing the snakes and painting them.
 *
 * An attempt costs little: whatever depends on directions alone (the circle of next heads, their stamps, the weights of all turns) is in
 * tables, nothing is painted before both targets stand, and free places are drawn by rejection before they are counted.
 */
#include "tasks/pathfinder_draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tasks/pathfinder_paddle.h"

#define PI            3.14159265358979323846
#define PADDLE_TRIES  3       /* places drawn for a paddle                                  */
#define SNAKE_TRIES   5       /* beginnings drawn for a distractor                          */
#define PAIR_TRIES    100000  /* pairs of target snakes begun                               */
#define GUESSES       64      /* places drawn at random before the free ones are counted    */
#define HEADS          8      /* next heads drawn before all are weighed                    */
#define OCCUPIED      77      /* of 255: a point where no snake begins (more than 0.3)      */
#define OVERLAP       459     /* of 2 x 255: where a room overlaps another one (1.8)        */
#define LEAST_FREE    0.01    /* share of the image: no snake begins where less is left     */
#define DEGREES       360
#define NEAR          64      /* most points within the margin of one                       */
#define CIRCLE        64      /* most points of a circle of next heads                      */

struct settings_row {
    int    size, padding, length;
    double thickness;
    int    margin[2], seed_distance;
    double marker_radius, continuity;
    int    paddles;                    /* of all distractors together */
    double snake_contrast, paddle_contrast;
};

static const struct settings_row published[] = {
    { 32,  1, 2, 0.5, {1, 1},  7, 1.5, 1.0, 20, 2.0, 0.75},
    { 64,  1, 5, 1.0, {1, 1}, 12, 2.5, 1.8, 22, 0.8, 1},
    {128,  1, 5, 1.5, {2, 3}, 20, 3.0, 1.8, 35, 0.9, 1},
    {256, 22, 5, 2.0, {3, 3}, 27, 5.0, 1.8, 30, 1.0, 1},
};

struct pathfinder_settings pathfinder_published(int size, int contour)
{
    const struct settings_row *p = published;
    while (p->size != size) p++;
    return (struct pathfinder_settings){
        .size = size, .contour = contour, .padding = p->padding, .paddle_length = p->length, .paddle_thickness = p->thickness,
        .margin = {p->margin[0], p->margin[1]}, .seed_distance = p->seed_distance, .marker_radius = p->marker_radius,
        .continuity = p->continuity, .distractor_length = contour / 3, .distractors = p->paddles / (contour / 3),
        .snake_contrast = p->snake_contrast, .paddle_contrast = p->paddle_contrast,
    };
}

/* ---- tables -------------------------------------------------------------------------------------------------- */

struct paddle { /* one of the different paddles, from its start */
    struct stamp line, room;
    double       dy, dx; /* to its other end, pixels */
    int          n_solid, least[2], most[2];
    int        (*solid)[2]; /* the points of its room, soft edges aside, for a place to begin */
    bool         begins;    /* may a snake begin with it? */
};

struct direction {
    double         angle, sin, cos;
    struct paddle *along; /* of a first paddle: from its tail      */
    struct paddle *back;  /* of a later one: from its head         */
};

/* Directions 0..359 are whole degrees from -180; direction 360 + i belongs to point i of the circle. */
struct tables {
    int              margin;
    size_t           n_circle;
    int              dy[CIRCLE], dx[CIRCLE]; /* from the pivot to a next head */
    struct direction direction[DEGREES + CIRCLE];
    int              n_near, near[NEAR][2];  /* the points within the margin of one */
    double         (*weight)[CIRCLE];        /* of a turn from a direction to a point of the circle */
    double         (*below)[CIRCLE];         /* sums of these up to each point */
    struct paddle   *paddle;                 /* [side * side] by the other end in the enlarged drawing */
    int              side;
};

struct pathfinder_artist {
    struct pathfinder_settings set;
    struct tables              tables[2]; /* one for each margin */
    struct stamp               disc;
    uint8_t                   *empty;     /* size x size: what is occupied before anything is drawn */
};

static void *room_for(size_t n, size_t size)
{
    void *at = calloc(n, size);
    if (!at) status_no_memory("Pathfinder", n * size);
    return at;
}

/* The whole point not before at + by: rows and columns are rounded up everywhere. */
static int moved(int at, double by)
{
    return (int)ceil(at + by);
}

/* From every pixel of an image, does one of the points looked at lie in the image?  Its corners decide. */
static bool reaches_inside(const struct paddle *p)
{
    bool quarter[2][2] = {{false}};
    for (int i = 0; i < p->n_solid; i++)
        for (int down = 0; down < 2; down++)
            for (int right = 0; right < 2; right++)
                if ((down ? p->solid[i][0] >= 0 : p->solid[i][0] <= 0) && (right ? p->solid[i][1] >= 0 : p->solid[i][1] <= 0))
                    quarter[down][right] = true;
    return quarter[0][0] && quarter[0][1] && quarter[1][0] && quarter[1][1];
}

/* The solid points of a room.  As in the published generator a first paddle is looked at one row and column further on, and no
 * farther than paddle_length + margin. */
static void list_solid(struct paddle *p, int most)
{
    const struct stamp *s = &p->room;
    p->solid = room_for((size_t)stamp_side(s) * (size_t)stamp_side(s), sizeof *p->solid);
    for (int d = 0; d < 2; d++) p->least[d] = 2 * s->reach, p->most[d] = -2 * s->reach;
    for (int dy = -s->reach; dy < most; dy++)
        for (int dx = -s->reach; dx < most; dx++) {
            const int at[2] = {dy + 1, dx + 1};
            if (s->at[(dy + s->reach) * stamp_side(s) + dx + s->reach] < 255) continue;
            for (int d = 0; d < 2; d++) {
                p->solid[p->n_solid][d] = at[d];
                if (at[d] < p->least[d]) p->least[d] = at[d];
                if (at[d] > p->most[d]) p->most[d] = at[d];
            }
            p->n_solid++;
        }
}

/* The paddle in a direction, drawn when it is first asked for. */
static struct paddle *paddle_along(struct tables *t, const struct pathfinder_settings *s, double angle)
{
    const int L = s->paddle_length * PATHFINDER_ENLARGED, middle = paddle_reach(s->paddle_length, s->paddle_thickness, t->margin) * PATHFINDER_ENLARGED;
    const int dy = moved(middle, L * sin(angle)) - middle, dx = moved(middle, L * cos(angle)) - middle;
    struct paddle *p = &t->paddle[(dy + L) * t->side + dx + L];
    if (p->line.at) return p;
    paddle_stamps(s->paddle_length, s->paddle_thickness, t->margin, dy, dx, &p->line, &p->room);
    p->dy = (double)dy / PATHFINDER_ENLARGED;
    p->dx = (double)dx / PATHFINDER_ENLARGED;
    list_solid(p, s->paddle_length + t->margin);
    p->begins = s->all_directions || reaches_inside(p);
    return p;
}

static struct direction direction_of(struct tables *t, const struct pathfinder_settings *s, double angle)
{
    const double reversed = angle < 0 ? angle + PI : angle - PI;
    return (struct direction){.angle = angle, .sin = sin(angle), .cos = cos(angle), .along = paddle_along(t, s, angle),
                              .back = paddle_along(t, s, reversed)};
}

static bool on_circle(const struct tables *t, int dy, int dx)
{
    for (size_t i = 0; i < t->n_circle; i++)
        if (t->dy[i] == dy && t->dx[i] == dx) return true;
    return false;
}

/* Points one pixel apart on a circle, each as the pixel it lies in, none twice. */
static void make_circle(struct tables *t, const struct pathfinder_settings *s)
{
    const double radius = s->paddle_length + t->margin;
    for (int i = 0; i / radius < 2 * PI; i++) {
        const int dy = (int)floor(s->size + radius * sin(i / radius)) - s->size, dx = (int)floor(s->size + radius * cos(i / radius)) - s->size;
        if (on_circle(t, dy, dx)) continue;
        assert(t->n_circle < CIRCLE);
        t->dy[t->n_circle] = dy;
        t->dx[t->n_circle++] = dx;
    }
}

static double weight_of_turn(double from, double to, double continuity)
{
    const double apart = fabs(to - from), turn = fmin(apart, 2 * PI - apart), c = cos(fmin(continuity * turn, PI / 2));
    return c * c;
}

static void make_tables(struct tables *t, const struct pathfinder_settings *s, int margin)
{
    t->margin = margin;
    t->side = 2 * s->paddle_length * PATHFINDER_ENLARGED + 1;
    t->paddle = room_for((size_t)t->side * (size_t)t->side, sizeof *t->paddle);
    make_circle(t, s);
    for (int v = -margin; v <= margin; v++)
        for (int u = -margin; u <= margin; u++)
            if (v * v + u * u <= margin * margin) {
                t->near[t->n_near][0] = v;
                t->near[t->n_near++][1] = u;
            }
    for (int d = 0; d < DEGREES; d++) t->direction[d] = direction_of(t, s, (d - 180) * PI / 180);
    for (size_t i = 0; i < t->n_circle; i++) t->direction[DEGREES + i] = direction_of(t, s, atan2(t->dy[i], t->dx[i]));
    t->weight = room_for(DEGREES + t->n_circle, sizeof *t->weight);
    t->below = room_for(DEGREES + t->n_circle, sizeof *t->below);
    for (size_t d = 0; d < DEGREES + t->n_circle; d++)
        for (size_t i = 0; i < t->n_circle; i++) {
            t->weight[d][i] = weight_of_turn(t->direction[d].angle, t->direction[DEGREES + i].angle, s->continuity);
            t->below[d][i] = t->weight[d][i] + (i > 0 ? t->below[d][i - 1] : 0);
        }
}

struct pathfinder_artist *pathfinder_artist_new(const struct pathfinder_settings *settings)
{
    struct pathfinder_artist *a = room_for(1, sizeof *a);
    assert(settings->contour >= 2 && settings->contour <= PATHFINDER_PADDLES && settings->distractors <= PATHFINDER_SNAKES &&
           settings->distractor_length >= 1 && settings->distractor_length <= PATHFINDER_PADDLES);
    a->set = *settings;
    a->disc = disc_stamp(settings->marker_radius);
    for (int m = 0; m < 2; m++) make_tables(&a->tables[m], settings, settings->margin[m]);
    a->empty = room_for((size_t)settings->size * (size_t)settings->size, 1);
    for (int y = 0; y < settings->size; y++)
        for (int x = 0; x < settings->size; x++)
            if (y < settings->padding || y >= settings->size - settings->padding || x < settings->padding || x >= settings->size - settings->padding)
                a->empty[y * settings->size + x] = 255;
    return a;
}

void pathfinder_artist_free(struct pathfinder_artist *a)
{
    for (int m = 0; a && m < 2; m++) {
        struct tables *t = &a->tables[m];
        for (int i = 0; i < t->side * t->side; i++) {
            stamp_free(&t->paddle[i].line);
            stamp_free(&t->paddle[i].room);
            free(t->paddle[i].solid);
        }
        free(t->paddle);
        free(t->weight);
        free(t->below);
    }
    if (a) stamp_free(&a->disc);
    if (a) free(a->empty);
    free(a);
}

/* ---- one image ----------------------------------------------------------------------------------------------- */

struct placed {
    const struct paddle *paddle;
    int                  y, x; /* where its stamp lies */
    bool                 from_tail;
};

struct snake {
    int           n;
    struct placed at[PATHFINDER_PADDLES];
    int           tail[2], head[2];  /* the first paddle's, the last paddle's */
    int           pivot[2];
    size_t        direction;
};

struct canvas { /* of one image */
    const struct pathfinder_settings *set;
    const struct tables              *t;
    random_stream                     random;
    uint8_t                          *occupied; /* size x size: room of all paddles but the newest of growing snakes; borders */
    uint8_t                          *before;   /* a copy: what to return to */
    float                            *light;    /* size x size */
    struct snake                      snake[2 + PATHFINDER_SNAKES];
    int                               n_snakes;
};

static bool inside(const struct canvas *c, int y, int x)
{
    return y >= 0 && y < c->set->size && x >= 0 && x < c->set->size;
}

/* What of [*first, *last], counted from `at`, lies in the image. */
static void clip(const struct canvas *c, int at, int *first, int *last)
{
    if (at + *first < 0) *first = -at;
    if (at + *last >= c->set->size) *last = c->set->size - 1 - at;
}

static const uint8_t *stamp_row(const struct stamp *s, int dy)
{
    return s->at + (dy + s->reach) * stamp_side(s) + s->reach;
}

static void occupy(struct canvas *c, const struct placed *p)
{
    const struct stamp *s = &p->paddle->room;
    int y0 = s->top, y1 = s->bottom, x0 = s->left, x1 = s->right;
    clip(c, p->y, &y0, &y1);
    clip(c, p->x, &x0, &x1);
    for (int dy = y0; dy <= y1; dy++) {
        uint8_t *row = c->occupied + (p->y + dy) * c->set->size + p->x;
        const uint8_t *from = stamp_row(s, dy);
        for (int dx = x0; dx <= x1; dx++)
            if (from[dx] > row[dx]) row[dx] = from[dx];
    }
}

/* Does a paddle's room overlap what is occupied? */
static bool overlaps(const struct canvas *c, const struct placed *p)
{
    const struct stamp *s = &p->paddle->room;
    int y0 = s->top, y1 = s->bottom, x0 = s->left, x1 = s->right;
    clip(c, p->y, &y0, &y1);
    clip(c, p->x, &x0, &x1);
    for (int dy = y0; dy <= y1; dy++) {
        const uint8_t *row = c->occupied + (p->y + dy) * c->set->size + p->x, *from = stamp_row(s, dy);
        int most = 0; /* of the row, for the compiler's vectors */
        for (int dx = x0; dx <= x1; dx++) most = row[dx] + from[dx] > most ? row[dx] + from[dx] : most;
        if (most >= OVERLAP) return true;
    }
    return false;
}

/* How occupied the pixels within the margin of one are, at most. */
static int occupied_near(const struct canvas *c, int y, int x)
{
    const struct tables *t = c->t;
    const int size = c->set->size;
    const bool amid = y >= t->margin && y < size - t->margin && x >= t->margin && x < size - t->margin;
    int most = 0;
    for (int i = 0; i < t->n_near; i++) {
        const int v = y + t->near[i][0], u = x + t->near[i][1];
        if ((amid || inside(c, v, u)) && c->occupied[v * size + u] > most) most = c->occupied[v * size + u];
    }
    return most;
}

/* ---- the first paddle ---------------------------------------------------------------------------------------- */

/* Is the room of a paddle from (y, x) free, where it lies in the image? */
static bool is_free(const struct canvas *c, const struct paddle *p, int y, int x)
{
    for (int i = 0; i < p->n_solid; i++) {
        const int v = y + p->solid[i][0], u = x + p->solid[i][1];
        if (inside(c, v, u) && c->occupied[v * c->set->size + u] >= OCCUPIED) return false;
    }
    return true;
}

static bool enough_left(const struct canvas *c)
{
    const size_t n = (size_t)c->set->size * (size_t)c->set->size;
    size_t left = 0;
    for (size_t i = 0; i < n; i++) left += c->occupied[i] < OCCUPIED;
    return (double)left >= LEAST_FREE * (double)n;
}

/* One of the places where a paddle's room is free, all alike; false if there is none.  Places with a room nearer than `border` to the
 * border are left out; 0: none is, and of a room that sticks out only the part in the image counts. */
static bool draw_place(struct canvas *c, const struct paddle *p, int border, int place[2])
{
    const int size = c->set->size, y0 = border ? border - p->least[0] : 0, x0 = border ? border - p->least[1] : 0;
    const int rows = border ? size - border - p->most[0] - y0 : size, cols = border ? size - border - p->most[1] - x0 : size;
    if (rows <= 0 || cols <= 0) return false;
    for (int guess = 0; guess < GUESSES; guess++) {
        place[0] = y0 + (int)random_below(&c->random, (uint32_t)rows);
        place[1] = x0 + (int)random_below(&c->random, (uint32_t)cols);
        if (is_free(c, p, place[0], place[1])) return true;
    }
    uint32_t n = 0;
    for (int y = y0; y < y0 + rows; y++)
        for (int x = x0; x < x0 + cols; x++) { /* the n-th free place becomes the one with probability 1/n */
            if (!is_free(c, p, y, x) || random_below(&c->random, ++n) > 0) continue;
            place[0] = y;
            place[1] = x;
        }
    return n > 0;
}

/* The first paddle of a snake from its tail; false if its head or the point behind it where a pivot would be leaves the image. */
static bool begin_at(const struct canvas *c, struct snake *s, const int tail[2], size_t direction)
{
    const struct direction *d = &c->t->direction[direction];
    const int L = c->set->paddle_length, behind = L + c->t->margin;
    s->n = 1;
    s->at[0] = (struct placed){d->along, tail[0], tail[1], true};
    s->tail[0] = tail[0];
    s->tail[1] = tail[1];
    s->head[0] = moved(tail[0], L * d->sin);
    s->head[1] = moved(tail[1], L * d->cos);
    s->pivot[0] = moved(s->head[0], -behind * d->sin);
    s->pivot[1] = moved(s->head[1], -behind * d->cos);
    s->direction = direction;
    return inside(c, s->head[0], s->head[1]) && inside(c, s->pivot[0], s->pivot[1]);
}

/* Begin a snake in a free place, see draw_place. */
static bool begin_free(struct canvas *c, struct snake *s, int border)
{
    for (int try = 0; try < PADDLE_TRIES; try++) {
        const size_t d = random_below(&c->random, DEGREES);
        int tail[2];
        if (!c->t->direction[d].along->begins || !draw_place(c, c->t->direction[d].along, border, tail)) return false;
        if (begin_at(c, s, tail, d)) return true;
    }
    return false;
}

/* Begin a snake seed_distance from another one's tail. */
static bool begin_beside(struct canvas *c, struct snake *s, const struct snake *other)
{
    for (int try = 0; try < PADDLE_TRIES; try++) {
        const size_t d = random_below(&c->random, DEGREES);
        const double a = random_below(&c->random, DEGREES) * PI / 180;
        const int tail[2] = {(int)rint(other->tail[0] + c->set->seed_distance * sin(a)),
                             (int)rint(other->tail[1] + c->set->seed_distance * cos(a))};
        if (inside(c, tail[0], tail[1]) && begin_at(c, s, tail, d)) return true;
    }
    return false;
}

/* ---- the next paddle ----------------------------------------------------------------------------------------- */

/* The first of n whose sum exceeds what is drawn; the last if rounding hides it. */
static size_t pick(const double *below, size_t n, double drawn)
{
    size_t i = 0;
    while (i + 1 < n && below[i] <= drawn) i++;
    return i;
}

/* A next head on the circle around (y, x), by its weight: the first that is drawn by its turn and taken with probability 1 - occupied.
 * If some draws give none all are weighed.  n_circle if there is none. */
static size_t draw_head(struct canvas *c, size_t from, int y, int x)
{
    const struct tables *t = c->t;
    const size_t n = t->n_circle;
    double below[CIRCLE], total = 0; /* sums of weights up to each point of the circle */
    for (int guess = 0; guess < HEADS; guess++) {
        const size_t i = pick(t->below[from], n, random_uniform(&c->random) * t->below[from][n - 1]);
        const int v = y + t->dy[i], u = x + t->dx[i];
        if (inside(c, v, u) && (int)random_below(&c->random, 255) >= occupied_near(c, v, u)) return i;
    }
    for (size_t i = 0; i < n; i++) {
        const int v = y + t->dy[i], u = x + t->dx[i];
        if (t->weight[from][i] > 0 && inside(c, v, u)) total += t->weight[from][i] * (255 - occupied_near(c, v, u)) / 255;
        below[i] = total;
    }
    return total < 1e-4 ? n : pick(below, n, random_uniform(&c->random) * total);
}

/* Add a paddle.  The newest ones of this snake and of the other target are not yet among what is occupied. */
static bool extend(struct canvas *c, struct snake *s)
{
    const struct tables *t = c->t;
    const double step = c->set->paddle_length + 2 * t->margin;
    const int y = moved(s->pivot[0], step * t->direction[s->direction].sin), x = moved(s->pivot[1], step * t->direction[s->direction].cos);
    for (int try = 0; try < PADDLE_TRIES; try++) {
        const size_t i = draw_head(c, s->direction, y, x);
        if (i == t->n_circle) return false;
        const struct placed next = {t->direction[DEGREES + i].back, y + t->dy[i], x + t->dx[i], false};
        if (overlaps(c, &next)) continue;
        occupy(c, &s->at[s->n - 1]);
        s->at[s->n++] = next;
        s->head[0] = next.y;
        s->head[1] = next.x;
        s->pivot[0] = y;
        s->pivot[1] = x;
        s->direction = DEGREES + i;
        return true;
    }
    return false;
}

/* ---- all snakes ---------------------------------------------------------------------------------------------- */

static void clear_canvas(struct canvas *c, const uint8_t *empty)
{
    memcpy(c->occupied, empty, (size_t)c->set->size * (size_t)c->set->size);
    c->n_snakes = 0;
}

/* On a clear canvas.  The first one's last paddle never gets occupied, as in the published generator. */
static bool grow_targets(struct canvas *c)
{
    struct snake *a = &c->snake[0], *b = &c->snake[1];
    if (!begin_free(c, a, 2 * c->set->seed_distance) || !begin_beside(c, b, a)) return false;
    while (b->n < c->set->contour)
        if (!extend(c, a) || !extend(c, b)) return false;
    occupy(c, &b->at[b->n - 1]);
    c->n_snakes = 2;
    return true;
}

static bool grow_distractor(struct canvas *c)
{
    struct snake *s = &c->snake[c->n_snakes];
    if (!enough_left(c) || !begin_free(c, s, 0)) return false;
    while (s->n < c->set->distractor_length)
        if (!extend(c, s)) return false;
    occupy(c, &s->at[s->n - 1]);
    c->n_snakes++;
    return true;
}

static void grow_distractors(struct canvas *c)
{
    const size_t n = (size_t)c->set->size * (size_t)c->set->size;
    for (int i = 0; i < c->set->distractors; i++) {
        memcpy(c->before, c->occupied, n);
        for (int try = 0; try < SNAKE_TRIES && !grow_distractor(c); try++) memcpy(c->occupied, c->before, n);
    }
}

/* ---- painting ------------------------------------------------------------------------------------------------ */

static void paint(struct canvas *c, const struct stamp *s, int y, int x, double contrast)
{
    int y0 = s->top, y1 = s->bottom, x0 = s->left, x1 = s->right;
    clip(c, y, &y0, &y1);
    clip(c, x, &x0, &x1);
    for (int dy = y0; dy <= y1; dy++) {
        float *row = c->light + (y + dy) * c->set->size + x;
        const uint8_t *from = stamp_row(s, dy);
        for (int dx = x0; dx <= x1; dx++) {
            const float light = (float)(contrast * from[dx] / 255);
            if (light > row[dx]) row[dx] = light;
        }
    }
}

static void paint_snakes(struct canvas *c)
{
    const double contrast = c->set->snake_contrast;
    memset(c->light, 0, (size_t)c->set->size * (size_t)c->set->size * sizeof *c->light);
    for (int s = 0; s < c->n_snakes; s++)
        for (int i = 0; i < c->snake[s].n; i++) {
            const struct placed *p = &c->snake[s].at[i];
            paint(c, &p->paddle->line, p->y, p->x, s < 2 ? contrast * c->set->paddle_contrast : contrast);
        }
}

/* Stretch to 0..255. */
static void develop(const struct canvas *c, uint8_t *pixel)
{
    const size_t n = (size_t)c->set->size * (size_t)c->set->size;
    float least = c->light[0], most = c->light[0];
    for (size_t i = 0; i < n; i++) {
        if (c->light[i] < least) least = c->light[i];
        if (c->light[i] > most) most = c->light[i];
    }
    for (size_t i = 0; i < n; i++) pixel[i] = (uint8_t)((c->light[i] - least) * (255 / (double)(most - least)) + 0.5);
}

static void describe(const struct canvas *c, int label, int attempts, const int *tail, const int *head, struct pathfinder_scene *out)
{
    out->label = label;
    out->margin = c->t->margin;
    out->attempts = attempts;
    memcpy(out->disc[0], tail, sizeof out->disc[0]);
    memcpy(out->disc[1], head, sizeof out->disc[1]);
    out->n_snakes = c->n_snakes;
    for (int s = 0; s < c->n_snakes; s++) {
        out->snake[s].n = c->snake[s].n;
        for (int i = 0; i < c->snake[s].n; i++) {
            const struct placed *p = &c->snake[s].at[i];
            const double start[2] = {p->y, p->x}, end[2] = {p->y + p->paddle->dy, p->x + p->paddle->dx};
            memcpy(out->snake[s].tail[i], p->from_tail ? start : end, sizeof start);
            memcpy(out->snake[s].head[i], p->from_tail ? end : start, sizeof start);
        }
    }
}

bool pathfinder_draw(const struct pathfinder_artist *a, uint64_t seed, enum split split, uint32_t index, uint8_t *label,
                     uint8_t *pixel, struct pathfinder_scene *scene)
{
    const size_t n = (size_t)a->set.size * (size_t)a->set.size;
    struct canvas *c = room_for(1, sizeof *c);
    *c = (struct canvas){.set = &a->set, .random = random_stream_of(seed, RANDOM_GENERATE, split, index), .occupied = room_for(n, 1),
                         .before = room_for(n, 1), .light = room_for(n, sizeof *c->light)};
    const uint32_t same = random_below(&c->random, 2);
    c->t = &a->tables[random_below(&c->random, 2)];
    int attempts = 0;
    do clear_canvas(c, a->empty);
    while (!grow_targets(c) && ++attempts < PAIR_TRIES);
    const bool done = c->n_snakes == 2;
    if (done) {
        const uint32_t from = random_below(&c->random, 2), to = same ? from : 1 - from;
        const int *tail = c->snake[from].tail, *head = c->snake[to].head;
        grow_distractors(c);
        paint_snakes(c);
        paint(c, &a->disc, tail[0], tail[1], 1);
        paint(c, &a->disc, head[0], head[1], 1);
        develop(c, pixel);
        *label = (uint8_t)same;
        if (scene) describe(c, (int)same, attempts + 1, tail, head, scene);
    }
    free(c->occupied);
    free(c->before);
    free(c->light);
    free(c);
    return done;
}
