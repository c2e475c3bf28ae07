/* vanilla.c -- settings under which an attention is softmax attention, or comes nearer to it.
 *
 * The list below is all there is to it.  The attention starts from its defaults with the position scheme it came with, takes
 * the settings, has the parameters named set, and those that vanilla has too are copied; outputs must then be the same.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "check/battery.h"
#include "config/config.h"

#define ROWS 130           /* and training length */
#define FEW 24             /* rows of an approximation */
#define DRAWS 10

enum make { MAKE_ZERO, MAKE_IDENTITY, MAKE_VALUE };

static const struct equality {
    const char *attention;
    const char *set[4];
    struct { const char *name; enum make make; double value; } parameter[4];
} equalities[] = {
    {"longformer", {"window=100000"}, {{0}}},
    {"local", {"form=window", "window=100000"}, {{0}}},
    {"local", {"form=block", "block=100000"}, {{0}}},
    {"linformer", {"projection=matrix", "k=130", "sharing=kv"}, {{"E", MAKE_IDENTITY, 0}}},
    {"transformer_xl", {"memory=0", "segment=100000"}, {{"r", MAKE_ZERO, 0}, {"bias_u", MAKE_ZERO, 0}, {"bias_v", MAKE_ZERO, 0}}},
    {"compressive", {"memory=0", "compressed=0", "segment=100000"}, {{"r", MAKE_ZERO, 0}, {"bias_u", MAKE_ZERO, 0}, {"bias_v", MAKE_ZERO, 0}}},
    {"infini", {"segment=100000"}, {{"beta", MAKE_VALUE, -40}}},
};

/* Attentions that approximate it: the error for small q and k (deviation 0.25) falls as the option grows. */
static const struct approximation {
    const char *attention, *option;
    int first, by, steps;
    double ratio;          /* of the error before and after, at most */
} approximations[] = {
    {"performer", "features", 16, 4, 3, 0.7},
};

struct variant {
    const struct attention *attention;
    const struct position  *position;
    const void *position_options;
    _Alignas(16) unsigned char options[OPTIONS_ROOM];
};

static status set_option(struct variant *v, const char *setting)
{
    char name[64];
    const size_t n = strcspn(setting, "=");
    snprintf(name, sizeof name, "%.*s", (int)n, setting);
    const struct option *o = option_find(v->attention->options, name);
    if (!o) FAIL(ERR_CONFIG, "%s has no option %s", v->attention->name, name);
    return option_set_text(o, v->options, setting + n + 1);
}

static void start_variant(struct variant *v, const struct check_subject *s, const struct attention *a)
{
    const bool own = s->attention->can & CAN_OWN_POSITIONS;
    v->attention = a;
    v->position = own ? position_find("none") : s->position;
    v->position_options = own ? NULL : s->position_options;
    option_defaults(a->options, v->options, sizeof v->options);
}

static struct model *model_of(const struct variant *v, bool causal, size_t length, double spread, uint64_t seed)
{
    const struct check_subject s = {v->attention->name, v->attention, v->options, v->position, v->position_options};
    struct shape shape = check_shape(causal);
    shape.train_length = length;
    shape.layers = 1;
    return check_model(&s, shape, spread, seed);
}

static const struct model_parameter *parameter_called(const struct model *m, const char *name)
{
    char own[128], shared[128];
    snprintf(own, sizeof own, "layer 0.attention.%s", name);
    snprintf(shared, sizeof shared, "attention.%s", name);
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (strcmp(p->name, name) == 0 || strcmp(p->name, own) == 0 || strcmp(p->name, shared) == 0) return p;
    }
    return NULL;
}

static status copy_parameters(struct model *to, const struct model *from)
{
    for (size_t i = 0; i < from->n_parameters; i++) {
        const struct model_parameter *p = &from->parameter[i], *q = parameter_called(to, p->name);
        if (!q || q->rows != p->rows || q->cols != p->cols) FAIL(ERR_CONFIG, "it has no parameter %s of that shape", p->name);
        memcpy(to->values + q->offset, from->values + p->offset, p->rows * p->cols * sizeof *to->values);
    }
    return OK;
}

static status make_parameters(struct model *m, const struct equality *e)
{
    for (size_t k = 0; k < 4 && e->parameter[k].name; k++) {
        const struct model_parameter *p = parameter_called(m, e->parameter[k].name);
        if (!p) FAIL(ERR_CONFIG, "it has no parameter %s", e->parameter[k].name);
        for (size_t i = 0; i < p->rows * p->cols; i++) {
            const real identity = i / p->cols == i % p->cols ? 1 : 0;
            m->values[p->offset + i] = e->parameter[k].make == MAKE_IDENTITY ? identity : e->parameter[k].make == MAKE_VALUE ? (real)e->parameter[k].value : 0;
        }
    }
    return OK;
}

/* Largest difference of outputs, and with `root` the root of the mean squared one over that of vanilla's outputs. */
static double outputs_apart(struct model *m, struct model *vanilla, size_t T, bool root)
{
    arena *a = arena_new("vanilla");
    real *x = check_take(T * WIDTH, sizeof *x), *y = check_take(T * WIDTH, sizeof *y), *z = check_take(T * WIDTH, sizeof *z);
    const struct pack *p = check_pack(a, 1, &T);
    check_fill(x, T * WIDTH, 1, 18);
    check_layer(m, p, x, y, NULL, NULL, NULL);
    check_layer(vanilla, p, x, z, NULL, NULL, NULL);
    double apart = check_apart(y, z, T * WIDTH), error = 0, size = 0;
    for (size_t i = 0; i < T * WIDTH; i++) error += pow(y[i] - z[i], 2), size += pow(z[i], 2);
    if (root) apart = sqrt(error / size);
    free(x), free(y), free(z);
    arena_free(a);
    return apart;
}

/* NaN with status_message() if the setting is not what the list thinks. */
static double distance(const struct variant *v, const struct variant *plain, const struct equality *e, bool causal)
{
    struct model *m = model_of(v, causal, ROWS, 0.4, 5), *vanilla = model_of(plain, causal, ROWS, 0.4, 6);
    double apart = NAN;
    if (m && vanilla && copy_parameters(m, vanilla) == OK && make_parameters(m, e) == OK) apart = outputs_apart(m, vanilla, ROWS, false);
    model_free(m);
    model_free(vanilla);
    return apart;
}

static double mean_error(const struct variant *v, const struct variant *plain, bool causal)
{
    double sum = 0;
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        const double spread = 0.25 / sqrt(WIDTH);
        struct model *m = model_of(v, causal, FEW, spread, 500 + 31 * seed), *vanilla = model_of(plain, causal, FEW, spread, 7);
        const bool same = m && vanilla && copy_parameters(m, vanilla) == OK;
        sum += same ? outputs_apart(m, vanilla, FEW, true) : NAN;
        model_free(m);
        model_free(vanilla);
    }
    return sum / DRAWS;
}

static double worst_ratio(struct variant *v, const struct variant *plain, const struct approximation *p, bool causal)
{
    double worst = 0, before = 0;
    long size = p->first;
    for (int i = 0; i < p->steps; i++, size *= p->by) {
        char setting[96];
        snprintf(setting, sizeof setting, "%s=%ld", p->option, size);
        if (set_option(v, setting) != OK) return NAN;
        const double error = mean_error(v, plain, causal);
        if (i) worst = check_larger(error / before, worst);
        before = error;
    }
    return worst;
}

static void measure_equality(const struct check_subject *s, const struct equality *e, bool causal, struct check_report *r)
{
    struct variant v, plain;
    start_variant(&v, s, s->attention);
    start_variant(&plain, s, attention_find("vanilla"));
    double apart = 0;
    for (size_t i = 0; i < 4 && e->set[i] && apart == 0; i++)
        if (set_option(&v, e->set[i]) != OK) apart = NAN;
    if (apart == 0) apart = distance(&v, &plain, e, causal);
    struct check_row *row = check_measure(r, "against vanilla", causal, apart, 1e-10);
    if (isnan(apart)) check_note(row, "%s", status_message());
    else check_note(row, "%s", e->set[0]);
}

void check_vanilla(const struct check_subject *s, bool causal, struct check_report *r)
{
    size_t found = 0;
    const bool is_vanilla = strcmp(s->attention->name, "vanilla") == 0;
    for (size_t i = 0; i < sizeof equalities / sizeof *equalities; i++) {
        if (strcmp(equalities[i].attention, s->attention->name) != 0) continue;
        measure_equality(s, &equalities[i], causal, r);
        found++;
    }
    for (size_t i = 0; i < sizeof approximations / sizeof *approximations; i++) {
        const struct approximation *p = &approximations[i];
        if (strcmp(p->attention, s->attention->name) != 0) continue;
        struct variant v, plain;
        start_variant(&v, s, s->attention);
        start_variant(&plain, s, attention_find("vanilla"));
        check_note(check_measure(r, "error against vanilla, of that before", causal, worst_ratio(&v, &plain, p, causal), p->ratio),
                   "%s times %d", p->option, p->by);
        found++;
    }
    if (!found) check_skip(r, "against vanilla", causal, is_vanilla ? "it is vanilla" : "no setting equals vanilla");
}
