/* probe_file.c -- a probe becomes an HDF5 file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "check/probe.h"
#include "store/h5.h"

#define ABOUT \
    "one attention layer in isolation, in float64: output = attention(input) with params, buffers, options and state_in. The input is " \
    "what the attention sees: no norm before it, no residual around it, and positions that a model adds to its input are no part of " \
    "it. T rows, C channels, H heads of D channels. The pass is one of training without dropout, so options for testing do not act. " \
    "L = sum(output * d_output), auxiliary loss not included; d_input and d_params are its gradients, in which state_in and memory " \
    "that gradients do not pass are constants."

#define COLUMNS "rows are input channels; head h has columns h D .. h D + D - 1"

/* What parameters, buffers and states mean; those of another attention may have the same name. */
static const struct meaning {
    const char *name, *attention, *shape, *text; /* attention NULL: any */
} meanings[] = {
    {"q", NULL, "(C, H D)", "queries are input times this; " COLUMNS},
    {"k", NULL, "(C, H D)", "keys are input times this; " COLUMNS},
    {"v", NULL, "(C, H D)", "values are input times this; " COLUMNS},
    {"o", NULL, "(H D, C)", "output is the heads' results, side by side, times this; head h has rows h D .. h D + D - 1"},
    {"q.bias", NULL, "(1, H D)", "added to queries, before positions; head h has columns h D .."},
    {"k.bias", NULL, "(1, H D)", "added to keys, before positions; head h has columns h D .."},
    {"v.bias", NULL, "(1, H D)", "added to values; head h has columns h D .."},
    {"o.bias", NULL, "(1, C)", "added to the output"},
    {"scale", "keynorm", "(1, H)", "factor on the scores of head h"},
    {"global.q", "longformer", "(C, H D)", "queries of global rows; " COLUMNS},
    {"global.k", "longformer", "(C, H D)", "keys that global rows see; " COLUMNS},
    {"global.v", "longformer", "(C, H D)", "values that global rows see; " COLUMNS},
    {"E", "linformer", "(rows, slots) or, sharing none, (rows, H slots)", "slot c has the keys of all rows, weighed by column c"},
    {"F", "linformer", "as E", "the same for values"},
    {"features", "performer", "(H m, D)", "random directions w_r; head h has rows h m .. h m + m - 1"},
    {"r", NULL, "(C, H D)", "projects the sinusoids of distances; head h has columns h D .."},
    {"bias_u", NULL, "(1, H D)", "added to queries against keys; head h has columns h D .."},
    {"bias_v", NULL, "(1, H D)", "added to queries against distances; head h has columns h D .."},
    {"beta", "infini", "(1, H)", "head h weighs its memory by sigmoid of this"},
    {"memory", "transformer_xl", "(m, C)", "this layer's inputs before the first row, oldest first; at most the option `memory` rows"},
    {"memory", "compressive", "(m, C)", "this layer's inputs before the first row, oldest first"},
    {"compressed", "compressive", "(slots, C)", "what older ones were compressed to, oldest first"},
    {"usage", "compressive", "(m, 2)", "for each row of memory: sum of the weights it got, and number of queries that saw it"},
    {"compress", "compressive", "(c C, C)", "slot s is bias + c old rows side by side, c s the first of them, times this: rows t C .. are of old row c s + t"},
    {"compress.bias", "compressive", "(1, C)", "added to every slot"},
    {"decompress", "compressive", "(C, c C)", "a slot times this is its c old rows side by side: columns t C .. are of row t"},
    {"memory", "infini", "(H D, D + 1)", "head h has rows h D ..: M, and z in the last column"},
};

static const struct meaning *meaning_of(const struct probe *p, const char *name)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *m = &meanings[i];
        if (strcmp(m->name, name) == 0 && (!m->attention || strcmp(m->attention, p->request.subject.attention->name) == 0)) return m;
    }
    return NULL;
}

/* "layer 0.attention.q" and "attention.q" are q; NULL if it is no part of the attention. */
static const char *short_name(const char *name)
{
    static const char *const starts[] = {"layer 0.attention.", "attention."};
    for (size_t i = 0; i < 2; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0) return name + strlen(starts[i]);
    return NULL;
}

static bool put_matrix(hid_t at, const char *name, const real *value, size_t rows, size_t cols, const char *shape, const char *text)
{
    const hsize_t size[2] = {rows, cols};
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t set = h5_dataset(at, name, h5_real_in_file(), space);
    bool ok = set >= 0 && h5_put_text(set, "description", text) && h5_put_text(set, "shape", shape);
    if (ok && rows > 0) ok = H5Dwrite(set, h5_real_in_memory(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0;
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    return ok;
}

/* One that belongs to the attention, with what is known of it behind `what`. */
static bool put_named(const struct probe *p, hid_t at, const char *name, const real *value, size_t rows, size_t cols, const char *what)
{
    const struct meaning *m = meaning_of(p, name);
    char text[512], shape[64];
    snprintf(text, sizeof text, "%s%s%s", what, *what ? ": " : "", m ? m->text : "see the attention's source");
    snprintf(shape, sizeof shape, "(%zu, %zu)", rows, cols);
    return put_matrix(at, name, value, rows, cols, m ? m->shape : shape, text);
}

static bool put_scalar(hid_t file, const char *path, double value, const char *text)
{
    hid_t space = H5Screate(H5S_SCALAR), set = h5_dataset(file, path, H5T_IEEE_F64LE, space);
    const bool ok = set >= 0 && H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >= 0
        && h5_put_text(set, "description", text) && h5_put_text(set, "shape", "()");
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    return ok;
}

static hid_t group_about(hid_t file, const char *path, const char *text)
{
    hid_t group = h5_group(file, path);
    if (group >= 0 && !h5_put_text(group, "description", text)) {
        H5Gclose(group);
        return -1;
    }
    return group;
}

static bool put_option(hid_t group, const char *owner, const struct option *o, const void *options)
{
    char name[128], text[OPTION_PRINT];
    const char *at = (const char *)options + o->offset;
    snprintf(name, sizeof name, "%s.%s", owner, o->name);
    if (o->type == OPTION_INT) {
        int64_t value;
        memcpy(&value, at, sizeof value);
        return h5_put_int(group, name, value);
    }
    if (o->type == OPTION_REAL) {
        double value;
        memcpy(&value, at, sizeof value);
        return h5_put_real(group, name, value);
    }
    option_print(o, options, text, sizeof text);
    return h5_put_text(group, name, text);
}

static bool put_options(const struct probe *p, hid_t file)
{
    const struct probe_request *rq = &p->request;
    const struct check_subject *s = &rq->subject;
    hid_t group = group_about(file, "/options", "settings: of the layer, and attention.NAME and position.NAME; `reach list NAME` says what "
                              "they mean. first: position of row 0. training_length: what options call so. causal: 1 if row i sees rows <= i only");
    bool ok = group >= 0 && h5_put_text(group, "variant", s->name) && h5_put_text(group, "attention", s->attention->name)
        && h5_put_text(group, "position", s->position->name) && h5_put_int(group, "causal", rq->causal)
        && h5_put_int(group, "length", (int64_t)rq->length) && h5_put_int(group, "training_length", (int64_t)rq->length)
        && h5_put_int(group, "first", (int64_t)p->first) && h5_put_int(group, "width", (int64_t)rq->width)
        && h5_put_int(group, "heads", (int64_t)rq->heads) && h5_put_int(group, "head_width", (int64_t)p->model->head_width)
        && h5_put_seed(group, "seed", rq->seed) && h5_put_text(group, "paper", s->attention->paper);
    for (const struct option *o = s->attention->options; ok && o && o->name; o++) ok = put_option(group, "attention", o, s->attention_options);
    for (const struct option *o = s->position->options; ok && o && o->name; o++) ok = put_option(group, "position", o, s->position_options);
    if (group >= 0) H5Gclose(group);
    return ok;
}

/* The attention's parameters, or buffers, from a block of all values. */
static bool put_all(const struct probe *p, hid_t file, const char *path, const char *about, const real *values, bool buffers, const char *what)
{
    hid_t group = group_about(file, path, about);
    bool ok = group >= 0;
    for (size_t i = 0; ok && i < p->model->n_parameters; i++) {
        const struct model_parameter *q = &p->model->parameter[i];
        const char *name = short_name(q->name);
        if (name && q->buffer == buffers) ok = put_named(p, group, name, values + q->offset, q->rows, q->cols, what);
    }
    if (group >= 0) H5Gclose(group);
    return ok;
}

static bool put_states(const struct probe *p, hid_t file, const char *path, const char *about, const struct carried *states)
{
    hid_t group = group_about(file, path, states ? about : p->model->n_carry ? "none: the text begins with this input" : "none: the layer carries nothing");
    bool ok = group >= 0;
    for (size_t i = 0; ok && states && i < p->model->n_carry; i++) {
        const struct model_carry *c = &p->model->carry[i];
        const char *name = short_name(c->name);
        if (name) ok = put_named(p, group, name, states[i].value, states[i].rows, c->cols, "");
    }
    if (group >= 0) H5Gclose(group);
    return ok;
}

static bool put_root(hid_t file)
{
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    const bool ok = root >= 0 && h5_put_text(root, "description", ABOUT) && h5_put_text(root, "program", "reach " REACH_VERSION);
    if (root >= 0) H5Gclose(root);
    return ok;
}

static bool put_probe(const struct probe *p, hid_t file)
{
    const size_t T = p->request.length, C = p->request.width;
    const struct carried *left = p->model->n_carry ? p->state_out : NULL;
    return put_root(file) && put_options(p, file)
        && put_all(p, file, "/params", "trained parameters of the layer, matrices (in, out): y = x W", p->model->values, false, "")
        && put_all(p, file, "/buffers", "numbers that are not trained, such as random features", p->model->buffers, true, "")
        && put_matrix(file, "/input", p->x, T, C, "(T, C)", "what the attention sees, row by row; no norm before it")
        && put_states(p, file, "/state_in", "what the rows before the input left", p->state_in)
        && put_matrix(file, "/output", p->y, T, C, "(T, C)", "attention(input), output projection included; no residual")
        && put_states(p, file, "/state_out", "what the layer leaves for the rows behind the input", left)
        && put_matrix(file, "/d_output", p->dy, T, C, "(T, C)", "random; L = sum(output * d_output)")
        && put_matrix(file, "/d_input", p->dx, T, C, "(T, C)", "gradient of L in the input")
        && put_all(p, file, "/d_params", "gradient of L in each of params, in the same shape", p->dp, false, "gradient of L in params of this name")
        && put_scalar(file, "/aux_loss", p->auxiliary, "auxiliary loss of the pass; 0 if there is none; no part of L");
}

status probe_write(const struct probe *p, const char *path)
{
    char part[FILE_PATH];
    TRY(file_part(part, path));
    h5_begin();
    hid_t file = h5_create(part);
    if (file < 0) FAIL(ERR_IO, "%s: cannot be made: %s", path, h5_reason());
    bool ok = put_probe(p, file);
    ok = H5Fclose(file) >= 0 && ok;
    if (ok) return file_publish(part, path);
    unlink(part);
    FAIL(ERR_IO, "%s: cannot be written: %s", path, h5_reason());
}
