/* compressive.c -- textbook Compressive Transformer: attend to [CM; M; X], then move what no longer fits, row by row. */
#include "tests/ref/compressive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *take(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    if (!x) abort();
    return x;
}

static size_t option(const struct layer *l, bool training, const char *name, const char *test, double unset)
{
    const double other = ref_number(l, test);
    return (size_t)(!training && other > unset ? other : ref_number(l, name));
}

/* out (cols) = x (rows) W + b */
static void times(const double *x, const double *W, const double *b, size_t rows, size_t cols, double *out)
{
    for (size_t j = 0; j < cols; j++) {
        out[j] = b ? b[j] : 0;
        for (size_t i = 0; i < rows; i++) out[j] += x[i] * W[i * cols + j];
    }
}

/* (n, H D) from n rows of C. */
static double *project(const struct layer *l, const char *name, const double *x, size_t n)
{
    double *y = take(n * l->H * l->D);
    for (size_t i = 0; i < n; i++) times(x + i * l->C, ref_parameter(l, name), NULL, l->C, l->H * l->D, y + i * l->H * l->D);
    return y;
}

static double relative_score(const struct layer *l, size_t h, const double *q, const double *k, double distance)
{
    const double *u = ref_parameter(l, "bias_u") + h * l->D, *v = ref_parameter(l, "bias_v") + h * l->D, *W = ref_parameter(l, "r");
    const double clamp = ref_number(l, "clamp");
    if (clamp > 0) distance = fmax(-clamp, fmin(clamp, distance));
    double sum = 0;
    for (size_t d = 0; d < l->D; d++) {
        double r = 0;
        for (size_t c = 0; c < l->C; c++) {
            const double angle = distance / pow(10000, 2 * floor((double)c / 2) / (double)l->C);
            r += (c % 2 ? cos(angle) : sin(angle)) * W[c * l->H * l->D + h * l->D + d];
        }
        sum += (q[d] + u[d]) * k[d] + (q[d] + v[d]) * r;
    }
    return sum / sqrt((double)l->D);
}

/* y (n, C) = convolution of width 3 of x within its n rows */
static double *convolved(const struct layer *l, const double *x, size_t n, ptrdiff_t apart, const char *name)
{
    char bias[64];
    strcat(strcpy(bias, name), ".bias");
    double *y = take(n * l->C), *part = take(l->C);
    for (size_t i = 0; i < n; i++) {
        memcpy(y + i * l->C, ref_parameter(l, bias), l->C * sizeof *y);
        for (ptrdiff_t tap = -1; tap <= 1; tap++) {
            const ptrdiff_t j = (ptrdiff_t)i + tap * apart;
            if (j < 0 || j >= (ptrdiff_t)n) continue;
            times(x + (size_t)j * l->C, ref_parameter(l, name) + (size_t)(tap + 1) * l->C * l->C, NULL, l->C, l->C, part);
            for (size_t c = 0; c < l->C; c++) y[i * l->C + c] += part[c];
        }
    }
    free(part);
    return y;
}

/* Mean weights of the first e rows of memory, of which a row that nobody has asked yet has 0. */
static void most_used(const struct layer *l, const struct ref_memory *s, const double *old, size_t e, size_t n, double *y)
{
    bool *kept = calloc(e + 1, sizeof *kept);
    if (!kept) abort();
    for (size_t picks = 0; picks < n; picks++) {
        size_t best = e;
        double most = -1;
        for (size_t i = 0; i < e; i++) {
            const double use = s->queries[i] > 0 ? s->weight[i] / s->queries[i] : 0;
            if (!kept[i] && use >= most) best = i, most = use;
        }
        kept[best] = true;
    }
    for (size_t i = 0; i < e; i++)
        if (kept[i]) memcpy(y, old + i * l->C, l->C * sizeof *y), y += l->C;
    free(kept);
}

/* f_c: (e / c, C) from the e oldest rows of memory. */
static double *compressed(const struct layer *l, const struct ref_memory *s, size_t e, size_t c)
{
    const size_t C = l->C, n = e / c;
    double *y = take(n * C), *z = take(e * C);
    memcpy(z, s->memory, e * C * sizeof *z);
    if (ref_option_is(l, "compression", "most_used")) most_used(l, s, z, e, n, y);
    if (ref_option_is(l, "compression", "dilated")) {
        double *first = convolved(l, z, e, 1, "compress.first");
        for (size_t i = 0; i < e * C; i++) first[i] *= 0.5 * (1 + erf(first[i] / sqrt(2)));
        free(z);
        z = convolved(l, first, e, 2, "compress.second");
        free(first);
    }
    const bool mean = ref_option_is(l, "compression", "mean"), max = ref_option_is(l, "compression", "max");
    for (size_t i = 0; i < n; i++) {
        const double *group = z + i * c * C;
        if (!mean && !max && !ref_option_is(l, "compression", "most_used"))
            times(group, ref_parameter(l, "compress"), ref_parameter(l, "compress.bias"), c * C, C, y + i * C);
        for (size_t ch = 0; ch < C && (mean || max); ch++) {
            double sum = 0, most = -INFINITY;
            for (size_t t = 0; t < c; t++) sum += group[t * C + ch], most = fmax(most, group[t * C + ch]);
            y[i * C + ch] = mean ? sum / (double)c : most;
        }
    }
    free(z);
    return y;
}

/* a(h, m): (rows, H D), by content alone */
static double *attention(const struct layer *l, const double *x, size_t rows, const double *m, size_t n)
{
    const size_t HD = l->H * l->D;
    double *q = project(l, "q", x, rows), *k = project(l, "k", m, n), *v = project(l, "v", m, n), *out = take(rows * HD);
    double *s = take(n), *column = take(n * l->D);
    for (size_t h = 0; h < l->H; h++) {
        for (size_t j = 0; j < n; j++) memcpy(column + j * l->D, v + j * HD + h * l->D, l->D * sizeof *v);
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < n; j++) {
                s[j] = 0;
                for (size_t d = 0; d < l->D; d++) s[j] += q[i * HD + h * l->D + d] * k[j * HD + h * l->D + d] / sqrt((double)l->D);
            }
            ref_softmax_sum(n, s, column, l->D, out + i * HD + h * l->D);
        }
    }
    free(q), free(k), free(v), free(s), free(column);
    return out;
}

static double squares_apart(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void add_losses(const struct layer *l, const double *x, size_t rows, const double *old, size_t e, const double *new, size_t c,
                       struct ref_losses *sum)
{
    const size_t C = l->C, HD = l->H * l->D;
    const double *decoder = ref_parameter(l, "decompress");
    double *wanted = attention(l, x, rows, old, e), *got = attention(l, x, rows, new, e / c);
    sum->reconstruction += squares_apart(wanted, got, rows * HD);
    sum->reconstructed += (double)(rows * HD);
    free(wanted), free(got);
    if (!decoder) return;
    double *back = take(e * C);
    for (size_t i = 0; i < e / c; i++) times(new + i * C, decoder, NULL, C, c * C, back + i * c * C);
    sum->auto_encoding += squares_apart(old, back, e * C);
    sum->encoded += (double)(e * C);
    free(back);
}

/* rows from `from` on of a list of rows of `width` */
static double *last_rows(double *list, size_t from, size_t n, size_t width)
{
    double *rest = take((n - from) * width);
    if (n > from) memcpy(rest, list + from * width, (n - from) * width * sizeof *rest);
    free(list);
    return rest;
}

static double *appended(double *list, size_t n, const double *more, size_t n_more, size_t width)
{
    double *both = take((n + n_more) * width);
    if (n) memcpy(both, list, n * width * sizeof *both);
    if (n_more && more) memcpy(both + n * width, more, n_more * width * sizeof *both);
    free(list);
    return both;
}

static void attend(const struct layer *l, struct ref_memory *s, const double *x, size_t rows, double far, double *o)
{
    const size_t before = s->n_compressed + s->n_memory, n = before + rows, HD = l->H * l->D;
    double *all = appended(appended(NULL, 0, s->compressed, s->n_compressed, l->C), s->n_compressed, s->memory, s->n_memory, l->C);
    all = appended(all, before, x, rows, l->C);
    double *q = project(l, "q", x, rows), *k = project(l, "k", all, n), *v = project(l, "v", all, n), *w = take(n);
    for (size_t h = 0; h < l->H; h++) {
        for (size_t i = 0; i < rows; i++) {
            double most = -INFINITY, sum = 0;
            for (size_t j = 0; j < n; j++) {
                const double distance = (double)(before + i) - (double)j;
                const bool sees = (!l->causal || distance >= 0) && distance <= far;
                w[j] = sees ? relative_score(l, h, q + i * HD + h * l->D, k + j * HD + h * l->D, distance) : -INFINITY;
                most = fmax(most, w[j]);
            }
            for (size_t j = 0; j < n; j++) sum += w[j] = exp(w[j] - most);
            for (size_t d = 0; d < l->D; d++) o[i * HD + h * l->D + d] = 0;
            for (size_t j = 0; j < n; j++) {
                for (size_t d = 0; d < l->D; d++) o[i * HD + h * l->D + d] += w[j] / sum * v[j * HD + h * l->D + d];
                if (j >= s->n_compressed && j < before) s->weight[j - s->n_compressed] += w[j] / sum / (double)l->H;
            }
        }
    }
    for (size_t j = 0; j < s->n_memory; j++) s->queries[j] += (double)rows;
    free(all), free(q), free(k), free(v), free(w);
}

void ref_compressive_window(const struct layer *l, bool training, struct ref_memory *s, double *o, struct ref_losses *losses)
{
    const size_t C = l->C, n_m = option(l, training, "memory", "test_memory", -1);
    const size_t n_cm = option(l, training, "compressed", "test_compressed", -1), c = n_cm ? (size_t)ref_number(l, "rate") : 1;
    size_t n = option(l, training, "segment", "test_segment", 0);
    if (n == 0) n = (size_t)l->N;
    const double far = ref_option_is(l, "same_length", "true") ? (double)(n_m + n_cm) - 1 : INFINITY;
    *losses = (struct ref_losses){0};
    for (size_t begin = 0; begin < l->T; begin += n) {
        const size_t rows = l->T - begin < n ? l->T - begin : n;
        const double *x = l->x + begin * C;
        attend(l, s, x, rows, far, o + begin * l->H * l->D);
        s->memory = appended(s->memory, s->n_memory, x, rows, C);
        s->weight = appended(s->weight, s->n_memory, NULL, rows, 1);
        s->queries = appended(s->queries, s->n_memory, NULL, rows, 1);
        s->n_memory += rows;
        const size_t e = s->n_memory > n_m ? (s->n_memory - n_m) / c * c : 0;
        if (e > 0 && n_cm > 0) {
            double *new = compressed(l, s, e, c);
            add_losses(l, x, rows, s->memory, e, new, c, losses);
            s->compressed = appended(s->compressed, s->n_compressed, new, e / c, C);
            s->n_compressed += e / c;
            free(new);
        }
        s->memory = last_rows(s->memory, e, s->n_memory, C);
        s->weight = last_rows(s->weight, e, s->n_memory, 1);
        s->queries = last_rows(s->queries, e, s->n_memory, 1);
        s->n_memory -= e;
        const size_t surplus = s->n_compressed > n_cm ? s->n_compressed - n_cm : 0;
        s->compressed = last_rows(s->compressed, surplus, s->n_compressed, C);
        s->n_compressed -= surplus;
    }
}

void ref_memory_free(struct ref_memory *s)
{
    free(s->memory), free(s->compressed), free(s->weight), free(s->queries);
    *s = (struct ref_memory){0};
}

void ref_compressive(const struct layer *l, size_t h, double *o)
{
    struct ref_memory state = {0};
    struct ref_losses losses;
    double *all = take(l->T * l->H * l->D);
    ref_compressive_window(l, false, &state, all, &losses);
    for (size_t i = 0; i < l->T; i++) memcpy(o + i * l->D, all + i * l->H * l->D + h * l->D, l->D * sizeof *o);
    ref_memory_free(&state);
    free(all);
}
