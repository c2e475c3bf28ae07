/* pathfinder_linear.c -- (X'X + a I) w = X'y by Cholesky, X centred by its mean.
 *
 * X: (n, 1024) gray levels over 255, y: -1 or 1.  X'X is summed over blocks of images in a fixed order, on one thread.
 */
#include "tasks/pathfinder_linear.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define SIDE  32
#define P     (SIDE * SIDE)
#define MOST  20000
#define BLOCK 256

struct fit {
    double *gram;          /* (P, P): the lower triangle */
    double  mean[P], w[P], middle;
};

/* Gray levels over 255, averaged to SIDE x SIDE. */
static void features(const uint8_t *pixel, int size, double *x)
{
    const int k = size / SIDE;
    for (int i = 0; i < P; i++) x[i] = 0;
    for (int row = 0; row < size; row++)
        for (int col = 0; col < size; col++) x[row / k * SIDE + col / k] += pixel[row * size + col] / (255.0 * k * k);
}

static void factor(double *a)
{
    for (int i = 0; i < P; i++)
        for (int j = 0; j <= i; j++) {
            const double d = a[i * P + j] - cblas_ddot(j, a + i * P, 1, a + j * P, 1);
            a[i * P + j] = i == j ? sqrt(d) : d / a[j * P + j];
        }
}

static void solve(const double *l, double *w)
{
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, P, l, P, w, 1);
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, P, l, P, w, 1);
}

static void train(struct fit *f, const struct pathfinder_set *set, double *x)
{
    const size_t n = set->n[SPLIT_TRAIN] < MOST ? set->n[SPLIT_TRAIN] : MOST;
    double labels = 0, variance = 0;
    for (size_t i = 0; i < n; i++) {
        features(set->record[SPLIT_TRAIN][i] + 1, set->size, x);
        cblas_daxpy(P, 1.0 / (double)n, x, 1, f->mean, 1);
        labels += (2.0 * set->record[SPLIT_TRAIN][i][0] - 1) / (double)n;
    }
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t rows = n - first < BLOCK ? n - first : BLOCK;
        for (size_t i = 0; i < rows; i++) {
            const uint8_t *r = set->record[SPLIT_TRAIN][first + i];
            features(r + 1, set->size, x + i * P);
            cblas_daxpy(P, -1, f->mean, 1, x + i * P, 1);
            cblas_daxpy(P, 2.0 * r[0] - 1 - labels, x + i * P, 1, f->w, 1);
        }
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, P, (int)rows, 1, x, P, 1, f->gram, P);
    }
    for (int i = 0; i < P; i++) variance += f->gram[i * P + i] / P;
    for (int i = 0; i < P; i++) f->gram[i * P + i] += 0.1 * variance + 1e-9;
    factor(f->gram);
    solve(f->gram, f->w);
    f->middle = labels;
}

double pathfinder_linear(const struct pathfinder_set *set, enum split s)
{
    struct fit *f = calloc(1, sizeof *f);
    double *x = malloc(BLOCK * P * sizeof *x);
    if (f) f->gram = calloc((size_t)P * P, sizeof *f->gram);
    if (!f || !x || !f->gram) status_no_memory("a linear model", (size_t)P * P * sizeof *x);
    openblas_set_num_threads(1);
    train(f, set, x);
    size_t right = 0;
    for (size_t i = 0; i < set->n[s]; i++) {
        features(set->record[s][i] + 1, set->size, x);
        const double y = f->middle + cblas_ddot(P, x, 1, f->w, 1) - cblas_ddot(P, f->mean, 1, f->w, 1);
        right += (y > 0) == set->record[s][i][0];
    }
    free(f->gram);
    free(f);
    free(x);
    return set->n[s] ? (double)right / (double)set->n[s] : NAN;
}
