/* linear_rule.c -- blocks of examples through BLAS, in double. */
#include "tasks/linear_rule.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS 4
#define BLOCK 256 /* examples at once */
#define STEPS 100
#define RIDGE 0.03

struct model {
    size_t  d, k;         /* features with the one, classes */
    double *mean, *scale; /* [d - 1]                        */
    double *weight;       /* (d, k)                         */
};

/* What one part sums up. */
struct sums {
    double *matrix; /* (d, d), (d, k) or two of d */
    double  loss, right;
};

enum sum { MOMENTS, GRAM, GRADIENT, SCORE };

static double *zeros(size_t n)
{
    double *at = calloc(n ? n : 1, sizeof *at);
    if (!at) status_no_memory("a linear classifier", n * sizeof *at);
    return at;
}

static void standardise(const struct model *m, double *x)
{
    for (size_t j = 0; j + 1 < m->d; j++) x[j] = (x[j] - m->mean[j]) * m->scale[j];
    x[m->d - 1] = 1;
}

static void add_moments(double *sum, const double *x, size_t d)
{
    for (size_t j = 0; j + 1 < d; j++) {
        sum[j] += x[j];
        sum[d + j] += x[j] * x[j];
    }
}

/* z becomes p - y; returns -log p of the label.  *right: does the label stand highest (the first of equals counts)? */
static double residual(double *z, size_t k, int label, bool *right)
{
    size_t best = 0;
    double sum = 0;
    for (size_t c = 1; c < k; c++)
        if (z[c] > z[best]) best = c;
    const double most = z[best], own = z[label];
    for (size_t c = 0; c < k; c++) sum += z[c] = exp(z[c] - most);
    for (size_t c = 0; c < k; c++) z[c] /= sum;
    z[label] -= 1;
    *right = best == (size_t)label;
    return log(sum) + most - own;
}

static void take_block(const struct model *m, enum sum what, const double *x, const int *label, size_t n, double *z, struct sums *s)
{
    const int d = (int)m->d, k = (int)m->k, rows = (int)n;
    if (what == MOMENTS) {
        for (size_t i = 0; i < n; i++) add_moments(s->matrix, x + i * m->d, m->d);
        return;
    }
    if (what == GRAM) {
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, rows, 1, x, d, 1, s->matrix, d);
        return;
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, k, d, 1, x, d, m->weight, k, 0, z, k);
    for (size_t i = 0; i < n; i++) {
        bool right;
        s->loss += residual(z + i * m->k, m->k, label[i], &right);
        s->right += right;
    }
    if (what == GRADIENT) cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, k, rows, 1, x, d, z, k, 1, s->matrix, k);
}

static void sum_part(const struct model *m, enum sum what, const struct linear_examples *e, size_t first, size_t end, struct sums *s)
{
    double *x = zeros(BLOCK * m->d), *z = zeros(BLOCK * m->k);
    int label[BLOCK];
    for (size_t at = first; at < end; at += BLOCK) {
        const size_t n = end - at < BLOCK ? end - at : BLOCK;
        for (size_t i = 0; i < n; i++) {
            e->read(e->self, at + i, x + i * m->d, &label[i]);
            if (what != MOMENTS) standardise(m, x + i * m->d);
        }
        take_block(m, what, x, label, n, z, s);
    }
    free(x);
    free(z);
}

/* Over all examples; `size` doubles go to `matrix` (none: NULL). */
static struct sums sum_over(const struct model *m, enum sum what, const struct linear_examples *e, double *matrix, size_t size)
{
    struct sums part[PARTS], all = {.matrix = matrix};
#pragma omp parallel for schedule(static, 1)
    for (int p = 0; p < PARTS; p++) {
        part[p] = (struct sums){.matrix = zeros(size)};
        sum_part(m, what, e, e->n * (size_t)p / PARTS, e->n * (size_t)(p + 1) / PARTS, &part[p]);
    }
    if (matrix) memset(matrix, 0, size * sizeof *matrix);
    for (int p = 0; p < PARTS; p++) {
        for (size_t i = 0; i < size; i++) matrix[i] += part[p].matrix[i];
        all.loss += part[p].loss;
        all.right += part[p].right;
        free(part[p].matrix);
    }
    return all;
}

static void measure_features(struct model *m, const struct linear_examples *e)
{
    double *sum = zeros(2 * m->d);
    const double n = (double)e->n;
    sum_over(m, MOMENTS, e, sum, 2 * m->d);
    for (size_t j = 0; j + 1 < m->d; j++) {
        m->mean[j] = sum[j] / n;
        const double variance = sum[m->d + j] / n - m->mean[j] * m->mean[j];
        m->scale[j] = variance > 1e-12 * m->mean[j] * m->mean[j] ? 1 / sqrt(variance) : 0;
    }
    free(sum);
}

/* The lower triangle of a positive matrix becomes its Cholesky factor, row by row. */
static void cholesky(double *a, size_t d)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            const double left = a[i * d + j] - cblas_ddot((int)j, a + i * d, 1, a + j * d, 1);
            a[i * d + j] = i == j ? sqrt(left) : left / a[j * d + j];
        }
}

/* The lower Cholesky factor of X'X / 2 + r; r > 0 makes it positive. */
static double *factor(const struct model *m, const struct linear_examples *e, double r)
{
    double *a = zeros(m->d * m->d);
    sum_over(m, GRAM, e, a, m->d * m->d);
    for (size_t i = 0; i < m->d * m->d; i++) a[i] /= 2;
    for (size_t i = 0; i < m->d; i++) a[i * m->d + i] += r;
    cholesky(a, m->d);
    return a;
}

/* Nesterov's steps: the gradient is taken beyond the last point, in the direction of the last move; where L rises that
 * direction is forgotten. */
static void fit(struct model *m, const struct linear_examples *e)
{
    const size_t size = m->d * m->k;
    const int d = (int)m->d, k = (int)m->k;
    const double r = (double)e->n * RIDGE;
    double *const root = factor(m, e, r), *const g = zeros(size), *const last = zeros(size);
    double before = INFINITY;
    for (int step = 0, run = 0; step < STEPS; step++, run++) {
        const struct sums s = sum_over(m, GRADIENT, e, g, size);
        const double loss = s.loss + r / 2 * cblas_ddot((int)size, m->weight, 1, m->weight, 1);
        if (fabs(before - loss) <= 1e-5 * loss) break;
        if (loss > before) run = 0;
        before = loss;
        cblas_daxpy((int)size, r, m->weight, 1, g, 1);
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, d, k, 1, root, d, g, k);
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, d, k, 1, root, d, g, k);
        for (size_t i = 0; i < size; i++) {
            const double at = m->weight[i] - g[i];
            m->weight[i] = at + run / (run + 3.0) * (at - last[i]);
            last[i] = at;
        }
    }
    free(root);
    free(g);
    free(last);
}

struct predictor linear_rule(const char *name, size_t features, size_t classes, const struct linear_examples *train,
                             const struct linear_examples *test)
{
    const size_t d = features + 1;
    struct model m = {.d = d, .k = classes, .mean = zeros(d), .scale = zeros(d), .weight = zeros(d * classes)};
    measure_features(&m, train);
    fit(&m, train);
    const struct sums s = sum_over(&m, SCORE, test, NULL, 0);
    struct predictor p = {.loss = s.loss / (double)test->n, .accuracy = s.right / (double)test->n};
    snprintf(p.name, sizeof p.name, "%s", name);
    free(m.mean);
    free(m.scale);
    free(m.weight);
    return p;
}
