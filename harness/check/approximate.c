/* approximate.c -- see approximate.h. */
#include "check/approximate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "check/layer.h"
#include "train/stop.h"

static uint64_t draw_seed(const struct approximation_plan *a, size_t draw)
{
    random_stream s = random_stream_of((uint64_t)a->options.seed, RANDOM_DRAW, draw, 0);
    const uint64_t high = random_u32(&s);
    return high << 32 | random_u32(&s);
}

/* ---- layers ---- */

static status new_model(const struct approximation_plan *a, const struct attention *attention, const void *options, uint64_t seed, struct model **out)
{
    struct model_options o = a->measured.model;
    const struct position *none = position_find("none");
    o.causal = a->options.causal;
    const struct model_spec spec = {.options = &o, .attention = attention, .attention_options = options, .position = none,
                                    .vocabulary = 11, .classes = 3, .train_length = (size_t)a->options.length, .seed = seed};
    return model_new(&spec, out);
}

static status new_exact(const struct approximation_plan *a, uint64_t seed, struct model **out)
{
    _Alignas(16) unsigned char options[OPTIONS_ROOM];
    const struct attention *vanilla = attention_find("vanilla");
    option_defaults(vanilla->options, options, sizeof options);
    TRY(new_model(a, vanilla, options, seed, out));
    check_draw(*out, 1 / sqrt((double)a->measured.model.width), seed);
    return OK;
}

static status new_approximate(const struct approximation_plan *a, size_t variant, size_t value, uint64_t seed, struct model **out)
{
    _Alignas(16) unsigned char options[OPTIONS_ROOM];
    (void)approximation_options_at(a, variant, value, options);
    return new_model(a, a->measured.variant[variant].entry->attention, options, seed, out);
}

/* The parameter (buffers aside) of that name and shape, or NULL. */
static const struct model_parameter *same_in(const struct model *m, const struct model_parameter *p)
{
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *q = &m->parameter[i];
        if (!q->buffer && strcmp(q->name, p->name) == 0) return q->rows == p->rows && q->cols == p->cols ? q : NULL;
    }
    return NULL;
}

/* The name of the first parameter that `of` has and `m` has not, or NULL. */
static const char *missing(const struct model *m, const struct model *of)
{
    for (size_t i = 0; i < of->n_parameters; i++)
        if (!of->parameter[i].buffer && !same_in(m, &of->parameter[i])) return of->parameter[i].name;
    return NULL;
}

static void copy_parameters(struct model *to, const struct model *from)
{
    for (size_t i = 0; i < from->n_parameters; i++) {
        const struct model_parameter *p = &from->parameter[i];
        if (!p->buffer) memcpy(to->values + same_in(to, p)->offset, from->values + p->offset, p->rows * p->cols * sizeof *to->values);
    }
}

/* ---- what is refused ---- */

static status check_parameters(const struct variant_entry *v, const struct model *m, const struct model *exact)
{
    const char *more = missing(exact, m), *fewer = missing(m, exact);
    if (more || fewer)
        return yaml_fail(v->node->mark, "%s %s %s of vanilla's shape, so it does not approximate softmax attention with the same weights; leave it out",
                         v->attention->name, more ? "has a parameter that is none of vanilla's or not" : "lacks the parameter", more ? more : fewer);
    return OK;
}

static status check_cell(const struct approximation_plan *a, size_t variant, size_t value, const struct model *exact)
{
    struct model *m;
    const struct variant_entry *v = a->measured.variant[variant].entry;
    if (new_approximate(a, variant, value, 1, &m) != OK) return yaml_fail(v->node->mark, "%s", status_message());
    const status s = check_parameters(v, m, exact);
    model_free(m);
    return s;
}

static status check_cells(const struct approximation_plan *a)
{
    struct model *exact;
    status s = new_exact(a, 1, &exact);
    if (s != OK) return s;
    for (size_t v = 0; v < a->measured.n && s == OK; v++)
        for (size_t i = 0; i < a->measured.value.n && s == OK; i++) s = check_cell(a, v, i, exact);
    model_free(exact);
    return s;
}

/* ---- measuring ---- */

struct drawn { /* what the variants of a draw share */
    const struct approximation_plan *plan;
    uint64_t seed;
    struct model *exact;
    arena  *memory;
    struct pack *pack;
    size_t  n;            /* numbers of the output */
    real   *x, *y, *z;    /* input, output, exact output */
    double  exact_mean_square;
};

static status begin_draw(struct drawn *d, const struct approximation_plan *a, size_t draw)
{
    const size_t T = (size_t)a->options.length;
    *d = (struct drawn){.plan = a, .seed = draw_seed(a, draw), .n = T * (size_t)a->measured.model.width};
    TRY(new_exact(a, d->seed, &d->exact));
    d->memory = arena_new("approximation");
    d->pack = check_pack(d->memory, 1, &T);
    d->x = ARENA_ARRAY(d->memory, real, d->n);
    d->y = ARENA_ARRAY(d->memory, real, d->n);
    d->z = ARENA_ARRAY(d->memory, real, d->n);
    check_fill(d->x, d->n, a->options.input, d->seed);
    check_layer(d->exact, d->pack, d->x, d->z, NULL, NULL, NULL);
    for (size_t i = 0; i < d->n; i++) d->exact_mean_square += (double)d->z[i] * (double)d->z[i] / (double)d->n;
    return OK;
}

static void end_draw(struct drawn *d)
{
    model_free(d->exact);
    arena_free(d->memory);
}

static status measure_cell(const struct drawn *d, size_t variant, size_t value, struct error_row *row)
{
    struct model *m;
    double mse = 0;
    TRY(new_approximate(d->plan, variant, value, d->seed, &m));
    copy_parameters(m, d->exact);
    check_layer(m, d->pack, d->x, d->y, NULL, NULL, NULL);
    for (size_t i = 0; i < d->n; i++) mse += pow((double)d->y[i] - (double)d->z[i], 2) / (double)d->n;
    model_free(m);
    row->mse = mse;
    row->exact_mean_square = d->exact_mean_square;
    row->relative_error = mse / d->exact_mean_square;
    return OK;
}

static void name_row(const struct approximation_plan *a, size_t variant, size_t value, size_t draw, struct error_row *row)
{
    const struct variant_entry *v = a->measured.variant[variant].entry;
    const bool has = option_find(v->attention->options, a->measured.swept) != NULL;
    snprintf(row->variant, sizeof row->variant, "%s", v->label);
    snprintf(row->attention, sizeof row->attention, "%s", v->attention->name);
    snprintf(row->option, sizeof row->option, "%s", has ? a->measured.swept : "");
    row->value = a->measured.value.at[value];
    row->draw = (int64_t)draw + 1;
}

static status measure_draw(const struct approximation_plan *a, size_t draw, struct error_row *row)
{
    const size_t values = a->measured.value.n, draws = (size_t)a->options.draws;
    struct drawn d;
    TRY(begin_draw(&d, a, draw));
    status s = OK;
    for (size_t v = 0; v < a->measured.n && s == OK; v++)
        for (size_t i = 0; i < values && s == OK; i++) {
            struct error_row *mine = &row[(v * values + i) * draws + draw];
            name_row(a, v, i, draw, mine);
            s = stop_wanted() ? status_fail(ERR_STOPPED, "stopped: nothing is kept of it") : measure_cell(&d, v, i, mine);
        }
    end_draw(&d);
    return s;
}

status approximate(const struct approximation_plan *a, int threads, struct progress *progress, struct frame *out)
{
    const size_t draws = (size_t)a->options.draws, n = a->measured.n * a->measured.value.n * draws;
    size_t done = 0;
    status failed = OK;
    char why[1024] = ""; /* sentences belong to their thread */
    TRY(check_cells(a));
    struct error_row *row = frame_more(&errors_kind, out, n);
    const double start = clock_seconds();
    progress_begin(progress, "draws");
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < draws; i++) {
        status s;
#pragma omp atomic read
        s = failed;
        if (s == OK) s = measure_draw(a, i, row);
#pragma omp critical(approximate_progress)
        {
            if (s != OK && failed == OK) {
                failed = s;
                snprintf(why, sizeof why, "%s", status_message());
            }
            done++;
            const double share = (double)done / (double)draws;
            if (failed == OK) progress_update(progress, share, "", (clock_seconds() - start) * (1 / share - 1));
        }
    }
    if (failed != OK) return status_fail(failed, "%s", why);
    out->n = n;
    return OK;
}
