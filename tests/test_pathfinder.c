/* test_pathfinder.c -- the drawing, its files, the published folders, the task.
 *
 * Our images are compared with 500 by the published generator: with their means, and with REACH_DATA set and
 * REACH_DATA/pathfinder/pathfinder32-sample-500.bin.xz there with the images themselves.
 */
#include <math.h>
#include <omp.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "folder.h"
#include "process.h"
#include "tasks/pathfinder_paddle.h"
#include "tasks/pathfinder_set.h"
#include "tasks/task.h"

#define SIDE 32
#define RECORD (SIDE * SIDE + 1)

/* ---- drawing ------------------------------------------------------------------------------------------------- */

static void test_reduction(void **state)
{
    (void)state;
    uint8_t in[40 * 40], out[20 * 20];
    memset(in, 77, sizeof in);
    lanczos_reduce(in, 40, out, 20);
    for (int i = 0; i < 400; i++) assert_int_equal(out[i], 77); /* a plain surface stays */
    memset(in, 0, sizeof in);
    in[20 * 40 + 20] = 255;
    lanczos_reduce(in, 40, out, 20);
    double weight[6], sum = 0; /* of points 1/4, 3/4, 5/4... pixels off, by the formula */
    for (int i = 0; i < 6; i++) {
        const double x = 3.14159265358979 * (0.25 + 0.5 * i);
        weight[i] = 3 * sin(x) * sin(x / 3) / (x * x);
        sum += 2 * weight[i];
    }
    for (int row = 7; row < 13; row++)
        for (int col = 7; col < 13; col++) {
            const double across = weight[(int)(2 * fabs(col - 9.75))] / sum, down = weight[(int)(2 * fabs(row - 9.75))] / sum;
            const double wanted = across > 0 && down > 0 ? 255 * across * down : 0;
            if (fabs(out[row * 20 + col] - wanted) > 1) fail_msg("(%d, %d): got %d, wanted %.2f", row, col, out[row * 20 + col], wanted);
        }
    assert_true(out[10 * 20 + 10] > 40);
}

/* Paddles in all whole degrees: the sums of all levels of their lines and rooms, as Pillow 9.4 and OpenCV draw them for the published
 * generator (at 256 x 256 their filter rounds some weights). */
static void test_stamps(void **state)
{
    (void)state;
    static const struct { int size, which; long line, room; } cases[] = {{32, 0, 137273, 790958}, {64, 0, 532066, 1762533},
        {128, 0, 790014, 4133830}, {128, 1, 785613, 6866007}, {256, 0, 1013932, 7375577}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct pathfinder_settings s = pathfinder_published(cases[c].size, 14);
        const int margin = s.margin[cases[c].which], L = s.paddle_length * PATHFINDER_ENLARGED;
        const int middle = paddle_reach(s.paddle_length, s.paddle_thickness, margin) * PATHFINDER_ENLARGED;
        long sum[2] = {0, 0};
        for (int d = -180; d < 180; d++) {
            const double angle = d * 3.14159265358979323846 / 180;
            struct stamp stamp[2];
            paddle_stamps(s.paddle_length, s.paddle_thickness, margin, (int)ceil(middle + L * sin(angle)) - middle,
                          (int)ceil(middle + L * cos(angle)) - middle, &stamp[0], &stamp[1]);
            for (int k = 0; k < 2; k++) {
                for (int i = 0; i < stamp_side(&stamp[k]) * stamp_side(&stamp[k]); i++) sum[k] += stamp[k].at[i];
                stamp_free(&stamp[k]);
            }
        }
        if (labs(sum[0] - cases[c].line) > 20 || labs(sum[1] - cases[c].room) > 20)
            fail_msg("%d, margin %d: lines %ld, rooms %ld; %ld and %ld were expected", s.size, margin, sum[0], sum[1], cases[c].line, cases[c].room);
    }
}

static void draw(const struct pathfinder_artist *a, uint32_t i, uint8_t *r, struct pathfinder_scene *scene)
{
    if (!pathfinder_draw(a, 5, SPLIT_TRAIN, i, r, r + 1, scene)) fail_msg("image %u failed", i);
}

/* The distance of two lines between points, by points along them. */
static double lines_apart(const double a[2], const double b[2], const double c[2], const double d[2])
{
    double least = 1e9;
    for (int i = 0; i <= 20; i++)
        for (int j = 0; j <= 20; j++) {
            const double s = i / 20.0, t = j / 20.0;
            least = fmin(least, hypot(a[0] + s * (b[0] - a[0]) - c[0] - t * (d[0] - c[0]), a[1] + s * (b[1] - a[1]) - c[1] - t * (d[1] - c[1])));
        }
    return least;
}

/* Which target snake begins, or ends, at a point; -1: none. */
static int snake_at(const struct pathfinder_scene *s, const int at[2], bool end)
{
    int found = -1;
    for (int k = 0; k < 2; k++) {
        const double *p = end ? s->snake[k].head[s->snake[k].n - 1] : s->snake[k].tail[0];
        if (p[0] == at[0] && p[1] == at[1]) found = k;
    }
    return found;
}

/* May paddle i of snake k cross paddle j of snake m < k?  The newest ones of the targets, while they grow; a distractor the last one of the
 * first target; and the first paddle of a distractor, of which only the solid part is looked at. */
static bool may_cross(const struct pathfinder_scene *s, int k, int i, int m, int j)
{
    if (k == 1) return abs(i - j) <= 1;
    return i == 0 || (m == 0 && j == s->snake[0].n - 1);
}

/* Labels, lengths, gaps and overlaps from the places of the paddles alone. */
static void check_scene(const struct pathfinder_settings *set, const struct pathfinder_scene *s, uint8_t label)
{
    const double gap = 2 * s->margin, step = set->paddle_length;
    assert_true(s->margin == set->margin[0] || s->margin == set->margin[1]);
    assert_true(s->n_snakes >= 2 && s->n_snakes <= 2 + set->distractors);
    const int from = snake_at(s, s->disc[0], false), to = snake_at(s, s->disc[1], true);
    assert_true(from >= 0 && to >= 0);
    assert_int_equal(label, from == to);
    assert_int_equal(label, s->label);
    const double *first = s->snake[0].tail[0], *other = s->snake[1].tail[0];
    assert_true(fabs(hypot(first[0] - other[0], first[1] - other[1]) - set->seed_distance) < 1);
    for (int d = 0; d < 2; d++) assert_true(first[d] >= 2 * set->seed_distance - 2 && first[d] < set->size - 2 * set->seed_distance + 2);
    for (int k = 0; k < s->n_snakes; k++) {
        assert_int_equal(s->snake[k].n, k < 2 ? set->contour : set->distractor_length);
        for (int i = 0; i < s->snake[k].n; i++) {
            const double *t = s->snake[k].tail[i], *h = s->snake[k].head[i];
            assert_true(fabs(hypot(t[0] - h[0], t[1] - h[1]) - step) < 1.5);
            if (i == 0) continue;
            const double *before = s->snake[k].head[i - 1];
            assert_true(fabs(hypot(t[0] - before[0], t[1] - before[1]) - gap) < gap + 2.9); /* whole pixels on a circle */
        }
        for (int m = 0; m < k; m++)
            for (int i = 0; i < s->snake[k].n; i++)
                for (int j = 0; j < s->snake[m].n; j++)
                    if (!may_cross(s, k, i, m, j) &&
                        lines_apart(s->snake[k].tail[i], s->snake[k].head[i], s->snake[m].tail[j], s->snake[m].head[j]) < 0.5)
                        fail_msg("paddle %d of snake %d and %d of %d overlap", i, k, j, m);
    }
}

static void test_scenes(void **state)
{
    (void)state;
    static const struct { int size, contour, n; } cases[] = {{32, 14, 200}, {32, 9, 100}, {32, 6, 100}, {64, 6, 20}, {128, 6, 10}, {256, 14, 6}};
    static struct pathfinder_scene scene;
    static uint8_t r[256 * 256 + 1];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct pathfinder_settings s = pathfinder_published(cases[c].size, cases[c].contour);
        struct pathfinder_artist *a = pathfinder_artist_new(&s);
        const int n = s.size * s.size;
        for (int i = 0; i < cases[c].n; i++) {
            int least = 255, most = 0;
            draw(a, (uint32_t)i, r, &scene);
            check_scene(&s, &scene, r[0]);
            for (int p = 1; p <= n; p++) least = r[p] < least ? r[p] : least, most = r[p] > most ? r[p] : most;
            assert_true(least == 0 && most == 255);
            for (int d = 0; d < 2; d++) assert_true(r[1 + scene.disc[d][0] * s.size + scene.disc[d][1]] >= 120); /* the discs are there */
        }
        pathfinder_artist_free(a);
    }
}

static void test_settings(void **state)
{
    (void)state;
    const struct pathfinder_settings p = pathfinder_published(32, 14), q = pathfinder_published(128, 9);
    assert_int_equal(p.distractor_length, 4);
    assert_int_equal(p.distractors, 5);
    assert_int_equal(q.distractor_length, 3);
    assert_int_equal(q.distractors, 11);
    static struct pathfinder_scene scene;
    uint8_t r[RECORD];
    double turn[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        struct pathfinder_settings s = p;
        s.distractors = k ? 2 : 0;
        s.continuity = k ? 3 : 1;
        s.seed_distance = k ? 5 : 7;
        s.contour = k ? 6 : 9;
        struct pathfinder_artist *a = pathfinder_artist_new(&s);
        for (uint32_t i = 0; i < 50; i++) {
            draw(a, i, r, &scene);
            check_scene(&s, &scene, r[0]);
            for (int j = 1; j < s.contour; j++) {
                const double *h = scene.snake[0].head[j], *t = scene.snake[0].tail[j], *g = scene.snake[0].head[j - 1], *u = scene.snake[0].tail[j - 1];
                const double b = fabs(atan2(h[0] - t[0], h[1] - t[1]) - atan2(g[0] - u[0], g[1] - u[1]));
                turn[k] += fmin(b, 2 * 3.14159265358979 - b) / (s.contour - 1) / 50;
            }
        }
        pathfinder_artist_free(a);
    }
    print_message("mean turn %.1f degrees at continuity 1, %.1f at 3\n", turn[0] * 57.3, turn[1] * 57.3);
    assert_true(turn[1] < 0.8 * turn[0]);
}

/* In how many of 40 equal sectors the first target's first paddle points, and how many distractors there are, of 500 images. */
static void count_beginnings(int size, bool all, int *sectors, double *distractors)
{
    static struct pathfinder_scene scene;
    static uint8_t r[256 * 256 + 1];
    bool seen[40] = {false};
    struct pathfinder_settings s = pathfinder_published(size, size == 32 ? 14 : 6);
    s.all_directions = all;
    struct pathfinder_artist *a = pathfinder_artist_new(&s);
    *sectors = 0;
    *distractors = 0;
    for (uint32_t i = 0; i < 500; i++) {
        draw(a, i, r, &scene);
        const double *t = scene.snake[0].tail[0], *h = scene.snake[0].head[0];
        seen[(int)((atan2(h[0] - t[0], h[1] - t[1]) / 3.14159265358979 + 1) * 19.999)] = true;
        *distractors += (scene.n_snakes - 2) / 500.0;
        if (size == 32 && !all) assert_true(h[0] < t[0] && h[1] < t[1]);
    }
    for (int k = 0; k < 40; k++) *sectors += seen[k];
    pathfinder_artist_free(a);
}

static void test_beginnings(void **state)
{
    (void)state;
    int published, all;
    double few, many;
    count_beginnings(32, false, &published, &few);
    count_beginnings(32, true, &all, &many);
    print_message("32 x 32: %d sectors and %.2f distractors as published, %d and %.2f in all directions\n", published, few, all, many);
    assert_true(published <= 4 && all > 10 && few > 0.9 && few < 1.4 && many > 4);
    count_beginnings(64, false, &published, &few);
    count_beginnings(64, true, &all, &many);
    print_message("64 x 64: %d sectors and %.2f distractors as published, %d and %.2f in all directions\n", published, few, all, many);
    assert_true(published <= 13 && all > 30 && few < many);
}

static void test_any_order(void **state)
{
    (void)state;
    const struct pathfinder_settings s = pathfinder_published(32, 14);
    uint8_t *one = malloc(40 * RECORD), *two = malloc(40 * RECORD);
    for (int threads = 1; threads <= 3; threads += 2) {
        struct pathfinder_artist *a = pathfinder_artist_new(&s);
        uint8_t *out = threads == 1 ? one : two;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (int i = 0; i < 40; i++) {
            uint8_t *r = out + (threads == 1 ? i : 39 - i) * RECORD;
            (void)pathfinder_draw(a, 9, SPLIT_TEST, (uint32_t)(threads == 1 ? i : 39 - i), r, r + 1, NULL);
        }
        pathfinder_artist_free(a);
    }
    assert_memory_equal(one, two, 40 * RECORD);
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < i; j++) assert_memory_not_equal(one + i * RECORD, one + j * RECORD, RECORD);
    free(one);
    free(two);
}

/* ---- the published images ------------------------------------------------------------------------------------ */

/* What an image looks like, without knowing how it was made. */
enum { LIT, LIGHT, PIECES, LARGEST, DISCS_APART, DISCS_OUT, ROW, COLUMN, FALLING, RISING, AHEAD, FEATURES };
static const char *const feature_names[FEATURES] = {
    "lit pixels (level 32 or more)", "mean level", "pieces (level 64 or more)", "pixels of the largest", "pixels between the discs",
    "discs from the middle, sum", "row of the middle of light", "column", "correlation 2 down, 2 right", "2 down, 2 left", "6 down",
};

/* The sample of the published generator: mean and standard deviation of 500 images. */
static const double sampled[FEATURES][2] = {
    {148.836, 13.9759}, {20.1987, 1.86908}, {13.796, 3.20849}, {41.502, 17.5152}, {12.8644, 4.94248}, {15.8097, 5.05414},
    {14.4317, 2.14941}, {14.5876, 1.96131}, {0.180353, 0.0473216}, {0.177582, 0.0474871}, {0.140244, 0.0450913},
};

struct look { size_t n; double *f[FEATURES], level[8]; uint8_t *label; };

static int at(const uint8_t *p, int y, int x) { return y >= 0 && y < SIDE && x >= 0 && x < SIDE ? p[y * SIDE + x] : 0; }

/* Pixels of the piece around (y, x), which it clears. */
static int take_piece(uint8_t *p, int y, int x)
{
    if (at(p, y, x) < 64) return 0;
    p[y * SIDE + x] = 0;
    int n = 1;
    for (int v = -1; v <= 1; v++)
        for (int u = -1; u <= 1; u++) n += take_piece(p, y + v, x + u);
    return n;
}

/* Discs alone fill squares of 3 x 3: the brightest by its darkest pixel, and the next that does not touch it. */
static void find_discs(const uint8_t *p, double disc[2][2])
{
    for (int k = 0; k < 2; k++) {
        int most = -1;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int least = 255;
                for (int i = 0; i < 9; i++) least = at(p, y + i / 3 - 1, x + i % 3 - 1) < least ? at(p, y + i / 3 - 1, x + i % 3 - 1) : least;
                if (least <= most || (k && fabs(y - disc[0][0]) <= 2 && fabs(x - disc[0][1]) <= 2)) continue;
                most = least;
                disc[k][0] = y, disc[k][1] = x;
            }
    }
}

static double correlation(const uint8_t *p, int down, int right)
{
    double both = 0, square = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) both += at(p, y, x) * at(p, y + down, x + right), square += at(p, y, x) * at(p, y, x);
    return both / square;
}

static void look_at(struct look *k, const uint8_t *r)
{
    uint8_t p[SIDE * SIDE];
    double f[FEATURES] = {0}, disc[2][2], sum = 0;
    memcpy(p, r + 1, sizeof p);
    for (int i = 0; i < SIDE * SIDE; i++) {
        f[LIT] += p[i] >= 32;
        sum += p[i];
        f[ROW] += p[i] * (i / SIDE), f[COLUMN] += p[i] * (i % SIDE);
        k->level[p[i] == 0 ? 0 : 1 + p[i] * 7 / 256]++;
    }
    f[LIGHT] = sum / (SIDE * SIDE), f[ROW] /= sum, f[COLUMN] /= sum;
    find_discs(p, disc);
    f[DISCS_APART] = hypot(disc[0][0] - disc[1][0], disc[0][1] - disc[1][1]);
    for (int d = 0; d < 2; d++) f[DISCS_OUT] += hypot(disc[d][0] - 15.5, disc[d][1] - 15.5);
    f[FALLING] = correlation(p, 2, 2), f[RISING] = correlation(p, 2, -2), f[AHEAD] = correlation(p, 6, 0);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int n = take_piece(p, i / SIDE, i % SIDE);
        f[PIECES] += n > 0;
        f[LARGEST] = fmax(f[LARGEST], n);
    }
    for (int i = 0; i < FEATURES; i++) k->f[i][k->n] = f[i];
    k->label[k->n++] = r[0];
}

static struct look look_new(size_t most)
{
    struct look k = {.label = calloc(most, 1)};
    for (int i = 0; i < FEATURES; i++) k.f[i] = calloc(most, sizeof *k.f[i]);
    return k;
}

static void look_free(struct look *k)
{
    for (int i = 0; i < FEATURES; i++) free(k->f[i]);
    free(k->label);
}

static struct look look_at_ours(size_t n, bool all_directions)
{
    struct pathfinder_settings s = pathfinder_published(32, 14);
    s.all_directions = all_directions;
    struct pathfinder_artist *a = pathfinder_artist_new(&s);
    struct look k = look_new(n);
    uint8_t r[RECORD];
    for (size_t i = 0; i < n; i++) {
        draw(a, (uint32_t)i, r, NULL);
        look_at(&k, r);
    }
    pathfinder_artist_free(a);
    return k;
}

static void mean_of(const struct look *k, int feature, double *mean, double *deviation)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < k->n; i++) sum += k->f[feature][i], square += k->f[feature][i] * k->f[feature][i];
    *mean = sum / (double)k->n;
    *deviation = sqrt(square / (double)k->n - *mean * *mean);
}

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The chance that two samples of one distribution differ as much or more: Kolmogorov and Smirnov, p = 2 sum (-1)^(k-1) exp(-2 k^2 l^2), ties
 * make it larger.  label 0 or 1; 2: all images. */
static double same_chance(const struct look *a, const struct look *b, int feature, int label)
{
    const struct look *both[2] = {a, b};
    double *v[2], apart = 0, p = 0;
    size_t n[2] = {0, 0}, i = 0, j = 0;
    for (int k = 0; k < 2; k++) {
        v[k] = malloc(both[k]->n * sizeof *v[k]);
        for (size_t m = 0; m < both[k]->n; m++)
            if (label == 2 || both[k]->label[m] == label) v[k][n[k]++] = both[k]->f[feature][m];
        qsort(v[k], n[k], sizeof *v[k], rising);
    }
    while (i < n[0] && j < n[1]) {
        const double x = fmin(v[0][i], v[1][j]);
        while (i < n[0] && v[0][i] <= x) i++;
        while (j < n[1] && v[1][j] <= x) j++;
        apart = fmax(apart, fabs((double)i / (double)n[0] - (double)j / (double)n[1]));
    }
    const double size = sqrt((double)n[0] * (double)n[1] / (double)(n[0] + n[1])), l = (size + 0.12 + 0.11 / size) * apart;
    for (int k = 1; k < 100; k++) p += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * l * l);
    free(v[0]);
    free(v[1]);
    return l < 0.2 ? 1 : fmin(1, p);
}

static void test_levels_of_sample(void **state)
{
    (void)state;
    struct look ours = look_at_ours(2000, false), all = look_at_ours(300, true);
    for (int i = 0; i < FEATURES; i++) {
        double mean, deviation;
        mean_of(&ours, i, &mean, &deviation);
        const double off = (mean - sampled[i][0]) / sqrt(sampled[i][1] * sampled[i][1] / 500 + deviation * deviation / 2000);
        print_message("%-30s %8.3f (%7.3f), the sample %8.3f (%7.3f): %.1f standard errors\n", feature_names[i], mean, deviation, sampled[i][0],
                      sampled[i][1], off);
        assert_true(fabs(off) < 3.5 && fabs(deviation / sampled[i][1] - 1) < 0.12);
    }
    double mean, deviation, labels = 0;
    mean_of(&all, LIT, &mean, &deviation); /* more distractors: this is what the rule of beginnings takes away */
    assert_true(mean > sampled[LIT][0] + 40);
    for (size_t i = 0; i < ours.n; i++) labels += ours.label[i];
    assert_true(fabs(labels / 2000 - 0.5) < 0.04);
    look_free(&ours);
    look_free(&all);
}

static void test_original_sample(void **state)
{
    (void)state;
    char path[FILE_PATH];
    const char *data = getenv("REACH_DATA_OF_TEST");
    snprintf(path, sizeof path, "%s/pathfinder/pathfinder32-sample-500.bin.xz", data ? data : "");
    if (!data || !file_is_file(path)) {
        print_message("skipped: no pathfinder/pathfinder32-sample-500.bin.xz under REACH_DATA\n");
        skip();
    }
    struct pathfinder_set set;
    const size_t most[SPLITS] = {1000, 1000, 1000};
    if (pathfinder_read(&set, SIDE, path, false, 0, most) != OK) fail_msg("%s", status_message());
    struct look sample = look_new(500), ours = look_at_ours(2000, false), all = look_at_ours(500, true);
    for (int p = 0; p < SPLITS; p++)
        for (size_t i = 0; i < set.n[p]; i++) look_at(&sample, set.record[p][i]);
    assert_int_equal(sample.n, 500);
    for (int i = 0; i < FEATURES; i++) {
        const double p[3] = {same_chance(&sample, &ours, i, 0), same_chance(&sample, &ours, i, 1), same_chance(&sample, &ours, i, 2)};
        double mean, deviation;
        mean_of(&sample, i, &mean, &deviation);
        print_message("%-30s Kolmogorov-Smirnov p %.3f; label 0 %.3f, label 1 %.3f\n", feature_names[i], p[2], p[0], p[1]);
        for (int l = 0; l < 3; l++) assert_true(p[l] > 0.0005); /* of 33 one at least falls below in 1.7 % of samples */
        assert_true(fabs(mean / sampled[i][0] - 1) < 0.001 && fabs(deviation / sampled[i][1] - 1) < 0.002); /* the numbers written above */
    }
    for (int i = 0; i < 8; i++) assert_true(fabs(sample.level[i] / 500 - ours.level[i] / 2000) < 8); /* pixels of 1,024, by level */
    assert_true(same_chance(&sample, &all, LIT, 2) < 1e-6 && same_chance(&sample, &all, FALLING, 2) < 1e-6); /* it can tell */
    look_free(&sample);
    look_free(&ours);
    look_free(&all);
    pathfinder_set_free(&set);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static void put_png(const char *name, int side, uint8_t level)
{
    uint8_t pixel[64 * 64];
    char above[FILE_PATH];
    memset(pixel, level, sizeof pixel);
    snprintf(above, sizeof above, "%s", in_folder(name));
    *strrchr(above, '/') = 0;
    assert_int_equal(file_make_folder(above), OK);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)side, .height = (png_uint_32)side, .format = PNG_FORMAT_GRAY};
    assert_true(png_image_write_to_file(&image, in_folder(name), 0, pixel, 0, NULL));
}

/* 20 images in two parts, listed out of the order of names; image i is all of level i, its label i % 2. */
static void put_release(const char *sub)
{
    char name[256], text[2][4096] = {"", ""};
    for (int i = 0; i < 20; i++) {
        const int part = i < 10 ? 2 : 10;
        snprintf(name, sizeof name, "%s/imgs/%d/sample_%d.png", sub, part, i % 10);
        put_png(name, SIDE, (uint8_t)i);
        char *at = text[part == 10] + strlen(text[part == 10]);
        sprintf(at, "imgs/%d sample_%d.png %d %d 1.0 14 4 2 0.5 1 1\n", part, i % 10, i % 10, i % 2);
    }
    snprintf(name, sizeof name, "%s/metadata/2.npy", sub);
    put(name, text[0]);
    snprintf(name, sizeof name, "%s/metadata/10.npy", sub);
    put(name, text[1]);
}

static status read_sub(struct pathfinder_set *set, const char *sub, bool shuffle)
{
    const size_t most[SPLITS] = {100, 100, 1};
    return pathfinder_read(set, SIDE, in_folder(sub), shuffle, 3, most);
}

static void refused(const char *sub, const char *said)
{
    struct pathfinder_set set;
    const status e = read_sub(&set, sub, false);
    if (e == OK || !strstr(status_message(), said)) fail_msg("wanted \"%s\"; it said: %s", said, e == OK ? "OK" : status_message());
    assert_null(set.own);
}

static void test_release(void **state)
{
    (void)state;
    struct pathfinder_set set;
    put_release("p/curv_contour_length_14");
    for (int shuffle = 0; shuffle < 2; shuffle++) {
        assert_int_equal(read_sub(&set, "p/curv_contour_length_14", shuffle), OK);
        assert_true(set.n[SPLIT_TRAIN] == 16 && set.n[SPLIT_VALID] == 2 && set.n[SPLIT_TEST] == 1);
        size_t in_place = 0, seen = 0;
        for (size_t i = 0; i < 16; i++) {
            const uint8_t *r = set.record[SPLIT_TRAIN][i];
            assert_int_equal(r[0], r[1] % 2);
            for (int p = 1; p < RECORD; p++) assert_int_equal(r[p], r[1]);
            in_place += r[1] == i;
            seen |= (size_t)1 << r[1];
        }
        assert_int_equal(__builtin_popcountll(seen), 16);
        assert_true(shuffle ? in_place < 10 : in_place == 16);
        if (!shuffle) assert_int_equal(set.record[SPLIT_TEST][0][1], 18);
        pathfinder_set_free(&set);
    }
    put("p/curv_contour_length_14/imgs/2/sample_4.png", "");
    refused("p/curv_contour_length_14", "imgs/2/sample_4.png: no PNG image: the file is empty");
    put("p/curv_contour_length_14/imgs/2/sample_4.png", "no image");
    refused("p/curv_contour_length_14", "imgs/2/sample_4.png: no PNG image");
    put_png("p/curv_contour_length_14/imgs/2/sample_4.png", 64, 1);
    refused("p/curv_contour_length_14", "64 x 64 pixels, 32 x 32 were expected");
    put_png("p/curv_contour_length_14/imgs/2/sample_4.png", SIDE, 1);
    struct file_content c; /* cut short */
    assert_int_equal(file_read(in_folder("p/curv_contour_length_14/imgs/2/sample_4.png"), &c), OK);
    put_bytes("p/curv_contour_length_14/imgs/2/sample_4.png", c.at, c.n - 30);
    file_close(&c);
    refused("p/curv_contour_length_14", "imgs/2/sample_4.png: damaged PNG image");
    remove(in_folder("p/curv_contour_length_14/imgs/2/sample_4.png"));
    refused("p/curv_contour_length_14", "imgs/2/sample_4.png: ");
}

static void test_metadata(void **state)
{
    (void)state;
    assert_int_equal(file_make_folder(in_folder("p/imgs")), OK);
    refused("p", "no folder `metadata`");
    assert_int_equal(file_make_folder(in_folder("p/metadata")), OK);
    refused("p", "no file N.npy");
    put("p/metadata/0.npy", "imgs/0 sample_0.png 0 7 1.0\n");
    refused("p", "0.npy:1: label 7, 0 or 1 was expected");
    put("p/metadata/0.npy", "imgs/0 sample_0.png 0 1 1.0\nimgs/0 sample_1.png\n");
    refused("p", "0.npy:2: a folder, a file name");
    put_bytes("p/metadata/0.npy", "\x93NUMPY\x01\x00", 8);
    refused("p", "lines of text were expected");
    put_png("p/imgs/0/sample_0.png", SIDE, 1);
    put("p/metadata/0.npy", "imgs/0 sample_0.png 0 1 1.0\n");
    refused("p", "1 images; at least 10");
}

/* The one image that is known to be empty is left out, there and nowhere else. */
static void test_known_empty(void **state)
{
    (void)state;
    struct pathfinder_set set;
    char text[4096] = "imgs/0 sample_172.png 172 1 1.0\n";
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "curv_baseline/imgs/0/sample_%d.png", i);
        put_png(name, SIDE, (uint8_t)i);
        sprintf(text + strlen(text), "imgs/0 sample_%d.png %d 0 1.0\n", i, i);
    }
    put("curv_baseline/metadata/0.npy", text);
    put("curv_baseline/imgs/0/sample_172.png", "");
    assert_int_equal(read_sub(&set, "curv_baseline", false), OK);
    assert_int_equal(set.n[SPLIT_TRAIN], 8);
    assert_int_equal(set.record[SPLIT_TRAIN][0][1], 0);
    pathfinder_set_free(&set);
    put("curv_baseline/imgs/0/sample_172.png", "x");
    refused("curv_baseline", "sample_172.png: no PNG image");
}

static void test_records(void **state)
{
    (void)state;
    uint8_t *r = calloc(12, RECORD);
    struct pathfinder_set set;
    for (int i = 0; i < 12; i++) r[i * RECORD] = (uint8_t)(i % 2), r[i * RECORD + 1] = (uint8_t)i;
    put_bytes("a.bin", r, 12 * RECORD);
    assert_int_equal(read_sub(&set, "a.bin", false), OK);
    assert_true(set.n[SPLIT_TRAIN] == 9 && set.n[SPLIT_VALID] == 1 && set.n[SPLIT_TEST] == 1);
    assert_int_equal(set.record[SPLIT_VALID][0][1], 9);
    pathfinder_set_free(&set);
    put_bytes("a.bin", r, 12 * RECORD - 1);
    refused("a.bin", "no whole number of records");
    r[3 * RECORD] = 7;
    put_bytes("a.bin", r, 12 * RECORD);
    refused("a.bin", "record 3 has label 7");
    free(r);
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

static void set_option(void *options, const char *name, const char *value)
{
    if (option_set_text(option_find(task_find("pathfinder")->options, name), options, value) != OK) fail_msg("%s", status_message());
}

static void small_options(char options[4096], const char *train)
{
    memset(options, 0, 4096);
    option_defaults(task_find("pathfinder")->options, options, task_find("pathfinder")->options_size);
    set_option(options, "contour", "6");
    set_option(options, "train", train);
    set_option(options, "valid", "20");
    set_option(options, "test", "30");
}

static size_t files_there(const char *sub)
{
    const struct finished *f = process_run("find '%s/%s' -name '*.bin' | wc -l", folder, sub);
    return strtoul(f->out, NULL, 10);
}

static void test_task(void **state)
{
    (void)state;
    const struct task *t = task_find("pathfinder");
    char options[4096], line[512], sum[33], again[33];
    int32_t token[SIDE * SIDE];
    struct example e = {.token = token};
    struct predictor p[TASK_PREDICTORS];
    size_t n;
    void *self;
    small_options(options, "300");
    assert_true(t->present(options, folder, line, sizeof line));
    assert_non_null(strstr(line, "0 of them on disk"));
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(files_there("pathfinder"), 3);
    assert_true(t->vocabulary(self) == 256 && t->classes(self) == 2 && t->longest(self) == 1024);
    assert_true(t->count(self, SPLIT_TRAIN) == 300 && t->count(self, SPLIT_VALID) == 20 && t->count(self, SPLIT_TEST) == 30);
    struct pathfinder_settings set = pathfinder_published(32, 6);
    struct pathfinder_artist *a = pathfinder_artist_new(&set);
    uint8_t r[RECORD];
    assert_true(pathfinder_draw(a, 1, SPLIT_TEST, 29, r, r + 1, NULL));
    assert_int_equal(t->example(self, SPLIT_TEST, 29, &e), OK);
    assert_int_equal(e.n, 1024);
    assert_int_equal(e.label, r[0]);
    for (int i = 0; i < 1024; i++) assert_int_equal(token[i], r[1 + i]);
    pathfinder_artist_free(a);
    assert_int_equal(t->predictors(self, SPLIT_TEST, p, &n), OK);
    assert_int_equal(n, 2);
    assert_true(p[0].accuracy >= 0.2 && p[0].accuracy <= 0.8 && p[0].loss > 0.5 && p[0].loss < 1);
    assert_true(p[1].accuracy >= 0.2 && p[1].accuracy <= 0.8 && p[1].loss > 0);
    t->checksum(self, sum);
    t->close(self);
    t->close(NULL);

    small_options(options, "200"); /* fewer are a part of these */
    assert_true(t->present(options, folder, line, sizeof line) && strstr(line, "250 of them on disk"));
    small_options(options, "400"); /* more go on */
    assert_int_equal(t->make(options, folder), OK);
    small_options(options, "300");
    assert_int_equal(t->open(&self, options, folder), OK);
    t->checksum(self, again);
    assert_string_equal(again, sum);
    t->close(self);
    set_option(options, "seed", "2");
    assert_int_equal(t->open(&self, options, folder), OK);
    t->checksum(self, again);
    assert_string_not_equal(again, sum);
    t->close(self);
}

static void test_task_refusals(void **state)
{
    (void)state;
    const struct task *t = task_find("pathfinder");
    char options[4096], line[512];
    void *self;
    small_options(options, "30");
    set_option(options, "seed_distance", "8");
    assert_int_equal(t->open(&self, options, folder), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "seed_distance 8"));
    small_options(options, "30");
    set_option(options, "source", "nowhere");
    assert_int_equal(t->open(&self, options, folder), ERR_DATA);
    assert_non_null(strstr(status_message(), "nowhere"));
    assert_false(t->present(options, folder, line, sizeof line));
    put_release("p/curv_baseline"); /* the folder of contour 6, below the source, below the data */
    set_option(options, "source", "p");
    assert_true(t->present(options, folder, line, sizeof line));
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->count(self, SPLIT_TRAIN), 16);
    t->close(self);
    set_option(options, "size", "64");
    assert_int_equal(t->open(&self, options, folder), ERR_DATA);
    assert_int_equal(task_find("pathx")->kind, TASK_CLASSIFY);
}

/* A model that is given nothing but where bright pixels are: a linear model learns that from images it can be learnt from. */
static void test_linear(void **state)
{
    (void)state;
    enum { IMAGES = 4000 }; /* four to a pixel */
    uint8_t *r = calloc(IMAGES, RECORD);
    random_stream random = random_stream_of(1, RANDOM_TEST, 0, 0);
    for (int i = 0; i < IMAGES * RECORD; i++) r[i] = (uint8_t)random_below(&random, 100);
    for (int i = 0; i < IMAGES; i++) r[i * RECORD] = r[i * RECORD + 77] < 50;
    for (int i = 0; i < IMAGES; i++) r[i * RECORD + 77] = r[i * RECORD] ? 0 : 255;
    put_bytes("a.bin", r, IMAGES * RECORD);
    free(r);
    struct pathfinder_set set;
    const size_t most[SPLITS] = {IMAGES, IMAGES, IMAGES};
    assert_int_equal(pathfinder_read(&set, SIDE, in_folder("a.bin"), false, 0, most), OK);
    struct predictor p[TASK_PREDICTORS];
    size_t n;
    assert_int_equal(task_find("pathfinder")->predictors(&set, SPLIT_TEST, p, &n), OK);
    assert_string_equal(p[1].name, "linear");
    assert_true(p[1].accuracy > 0.9 && p[1].loss < log(2));
    pathfinder_set_free(&set);
}

static void test_run(void **state)
{
    (void)state;
    put("tiny.yaml", "model: {width: 16, layers: 1, heads: 2, feed_forward: 16, pooling: mean}\n"
                     "train: {batch: 4, steps: 4, warmup: 1, eval_every: 2, eval_tokens: 8000}\n"
                     "test: {examples: 10}\n"
                     "tasks: [{pathfinder: {contour: 6, train: 40, valid: 10, test: 10}}]\n"
                     "variants: [rope]\n");
    const struct finished *f = process_run("cd '%s' && '%s' run tiny.yaml --data d --threads 1", folder, reach);
    if (f->code != 0 || !strstr(f->out, "1 trained")) fail_msg("%s", f->out);
    f = process_run("cd '%s' && '%s' table tiny.yaml", folder, reach);
    if (f->code != 0 || !strstr(f->out, "linear")) fail_msg("%s", f->out);
    f = process_run("cd '%s' && '%s' data list --data d", folder, reach);
    if (f->code != 0 || !strstr(f->out, "pathx          ready")) fail_msg("%s", f->out);
}

#define TEST(f)   cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
#define SIMPLE(f) cmocka_unit_test(f)

int main(void)
{
    const char *data = getenv("REACH_DATA");
    if (data) setenv("REACH_DATA_OF_TEST", data, 1); /* the programs that the test runs shall not see it */
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        SIMPLE(test_reduction), SIMPLE(test_stamps), SIMPLE(test_scenes), SIMPLE(test_beginnings), SIMPLE(test_settings), SIMPLE(test_any_order), SIMPLE(test_levels_of_sample), SIMPLE(test_original_sample),
        TEST(test_release), TEST(test_metadata), TEST(test_known_empty), TEST(test_records), TEST(test_task), TEST(test_task_refusals),
        TEST(test_linear), TEST(test_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
