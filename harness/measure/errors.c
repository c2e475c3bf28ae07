/* errors.c -- see errors.h. */
#include "measure/errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/measurement.h"
#include "report/statistics.h"

static void *take(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("errors", n * size);
    return p;
}

/* Variants and values in the order they come, draws from 1: how many there are of each, in `seen`; the place of a row in *at. */
struct axes {
    const char **variant;
    double *value;
    size_t n_variants, n_values, n_draws;
};

static size_t variant_at(struct axes *a, const char *name)
{
    size_t v = 0;
    while (v < a->n_variants && strcmp(a->variant[v], name) != 0) v++;
    if (v == a->n_variants) a->variant[a->n_variants++] = name;
    return v;
}

static size_t value_at(struct axes *a, double value)
{
    size_t i = 0;
    while (i < a->n_values && a->value[i] != value) i++;
    if (i == a->n_values) a->value[a->n_values++] = value;
    return i;
}

static bool is_sound(const struct error_row *r, size_t n)
{
    return isfinite(r->value) && r->draw >= 1 && (uint64_t)r->draw <= n && !(r->mse < 0) && !(r->relative_error < 0);
}

static status find_axes(struct errors *e, struct axes *a)
{
    for (size_t i = 0; i < e->file.n; i++) {
        const struct error_row *r = &e->file.error[i];
        if (!is_sound(r, e->file.n)) FAIL(ERR_DATA, "%s: row %zu of /approximation makes no sense", e->path, i);
        (void)variant_at(a, r->variant);
        (void)value_at(a, r->value);
        if ((size_t)r->draw > a->n_draws) a->n_draws = (size_t)r->draw;
        if (r->option[0]) e->swept = r->option;
    }
    for (size_t i = 1; i < a->n_values; i++)
        if (a->value[i] < a->value[i - 1]) FAIL(ERR_DATA, "%s: /approximation has its values in no order", e->path);
    if (e->file.n != a->n_variants * a->n_values * a->n_draws) FAIL(ERR_DATA, "%s: /approximation lacks rows", e->path);
    return OK;
}

static status place_rows(struct errors *e, struct axes *a)
{
    e->row = take(e->file.n, sizeof *e->row);
    for (size_t i = 0; i < e->file.n; i++) {
        const struct error_row *r = &e->file.error[i];
        const struct error_row **at = &e->row[(variant_at(a, r->variant) * a->n_values + value_at(a, r->value)) * a->n_draws + (size_t)r->draw - 1];
        if (*at) FAIL(ERR_DATA, "%s: /approximation has rows twice", e->path);
        *at = r;
    }
    e->n_variants = a->n_variants;
    e->n_values = a->n_values;
    e->n_draws = a->n_draws;
    return OK;
}

static status read_rows(struct errors *e)
{
    struct axes a = {.variant = take(e->file.n, sizeof *a.variant), .value = take(e->file.n, sizeof *a.value)};
    e->swept = "";
    status s = find_axes(e, &a);
    if (s == OK) s = place_rows(e, &a);
    free(a.variant);
    free(a.value);
    return s;
}

status errors_read(const struct config *c, const char *results_dir, struct errors *out)
{
    char id[33];
    memset(out, 0, sizeof *out);
    measurement_path(c, results_dir, out->path, sizeof out->path);
    if (access(out->path, F_OK) != 0) FAIL(ERR_DATA, "%s: not measured yet; try: reach run", out->path);
    TRY(frame_read(&errors_kind, &out->file, out->path));
    const status s = read_rows(out);
    if (s != OK) {
        errors_done(out);
        return s;
    }
    frame_options(&out->file, "approximation", approximation_option_table, &out->options, sizeof out->options);
    frame_options(&out->file, "model", model_option_table, &out->model, sizeof out->model);
    measured_id(c->measured, id);
    out->stale = strcmp(id, out->file.id) != 0;
    return OK;
}

void errors_done(struct errors *e)
{
    free(e->row);
    frame_done(&e->file);
    memset(e, 0, sizeof *e);
}

const struct error_row *errors_at(const struct errors *e, size_t variant, size_t value)
{
    return e->row[(variant * e->n_values + value) * e->n_draws];
}

double errors_mean(const struct errors *e, enum error_measure m, size_t variant, size_t value, double *deviation)
{
    double *x = take(e->n_draws, sizeof *x);
    for (size_t d = 0; d < e->n_draws; d++) {
        const struct error_row *r = e->row[(variant * e->n_values + value) * e->n_draws + d];
        x[d] = m == ERROR_MSE ? r->mse : r->relative_error;
    }
    const double mean = mean_of(x, e->n_draws);
    *deviation = deviation_of(x, e->n_draws);
    free(x);
    return mean;
}
