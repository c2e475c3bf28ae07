/* read.c -- an HDF5 file becomes results, or a sentence about what is wrong with it. */
#include "store/parts.h"
#include "store/place.h"
#include "base/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BROKEN(what) FAIL(ERR_DATA, "%s cannot be read: %s", (what), h5_reason())

/* The number of elements of a dataset, which the file is large enough to hold. */
static status extent(hid_t set, const char *what, hsize_t *n)
{
    hid_t space = H5Dget_space(set);
    const hssize_t got = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (space >= 0) H5Sclose(space);
    if (got < 0) BROKEN(what);
    *n = (hsize_t)got;
    hid_t type = H5Dget_type(set);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (type >= 0) H5Tclose(type);
    if (!h5_holds(set, *n, size)) FAIL(ERR_DATA, "%s claims %llu elements of %zu bytes, more than the file has", what, (unsigned long long)got, size);
    return OK;
}

static H5T_class_t class_of(enum column_kind kind)
{
    return kind == COLUMN_INT ? H5T_INTEGER : kind == COLUMN_REAL ? H5T_FLOAT : H5T_STRING;
}

/* Every column must be there with its kind; more columns do no harm. */
static status check_columns(hid_t set, const struct table *t)
{
    status s = OK;
    hid_t type = H5Dget_type(set);
    const bool compound = type >= 0 && H5Tget_class(type) == H5T_COMPOUND;
    if (!compound) s = status_fail(ERR_DATA, "%s is not a table", t->path);
    for (size_t i = 0; s == OK && i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        const int member = H5Tget_member_index(type, c->name);
        if (member < 0) s = status_fail(ERR_DATA, "%s has no column \"%s\"", t->path, c->name);
        else if (H5Tget_member_class(type, (unsigned)member) != class_of(c->kind))
            s = status_fail(ERR_DATA, "%s: column \"%s\" has another type", t->path, c->name);
    }
    if (type >= 0) H5Tclose(type);
    return s;
}

static status read_rows(hid_t set, const struct table *t, void **rows, size_t *n)
{
    hsize_t count = 0;
    TRY(check_columns(set, t));
    TRY(extent(set, t->path, &count));
    if (count == 0) return OK;
    void *row = count < SIZE_MAX / t->row / 2 ? calloc(table_room(count), t->row) : NULL;
    if (!row) FAIL(ERR_DATA, "%s claims to have %llu rows", t->path, (unsigned long long)count);
    hid_t memory = h5_row_in_memory(t);
    const bool ok = H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, row) >= 0;
    H5Tclose(memory);
    if (!ok) {
        free(row);
        BROKEN(t->path);
    }
    *rows = row;
    *n = count;
    return OK;
}

status part_get_rows(hid_t at, const struct table *t, void **rows, size_t *n)
{
    if (t->optional && H5Lexists(at, t->path, H5P_DEFAULT) <= 0) return OK;
    hid_t set = H5Dopen2(at, t->path, H5P_DEFAULT);
    if (set < 0) FAIL(ERR_DATA, "has no table %s", t->path);
    const status s = read_rows(set, t, rows, n);
    H5Dclose(set);
    return s;
}

static status read_root(hid_t root, struct results *r)
{
    int64_t schema;
    char    word[32];
    if (!h5_get_int(root, "schema", &schema)) FAIL(ERR_DATA, "is not a result of reach: it has no attribute \"schema\"");
    if (H5Aexists(root, "label") <= 0 && H5Aexists(root, "id") > 0) FAIL(ERR_DATA, "holds measurements, not a run; reach table and plot of its config show them");
    if (schema > RESULT_SCHEMA)
        FAIL(ERR_DATA, "was written by a newer reach: schema %lld, this one reads up to %d", (long long)schema, RESULT_SCHEMA);
    if (schema < 1) FAIL(ERR_DATA, "is not a result of reach: schema %lld", (long long)schema);
    if (!h5_get_text(root, "title", r->title, sizeof r->title) || !h5_get_text(root, "label", r->label, sizeof r->label)
        || !h5_get_text(root, "variant", r->variant, sizeof r->variant) || !h5_get_text(root, "task", r->task, sizeof r->task)
        || !h5_get_seed(root, "seed", &r->seed) || !h5_get_text(root, "status", word, sizeof word)
        || !h5_get_text(root, "reason", r->reason, sizeof r->reason)
        || !h5_get_text(root, "train_id", r->train_id, sizeof r->train_id))
        BROKEN("an attribute of the file");
    if (!run_status_find(word, &r->status)) FAIL(ERR_DATA, "has a status that is none: \"%s\"", word);
    return OK;
}

static status get_root(hid_t file, struct results *r)
{
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0) BROKEN("its root");
    const status s = read_root(root, r);
    H5Gclose(root);
    return s;
}

static void add_option(const char *name, const char *text, void *r)
{
    if (strcmp(name, "description") != 0) results_add_option(r, name, text);
}

static void add_environment(const char *name, const char *text, void *r)
{
    if (strcmp(name, "description") != 0) results_add_environment(r, name, text);
}

/* The text of /config, of fixed length as we write it. */
static status read_config_text(hid_t set, struct results *r)
{
    hid_t type = H5Dget_type(set);
    hsize_t n = 0;
    const bool fixed = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
    const size_t size = fixed ? H5Tget_size(type) : 0;
    if (type >= 0) H5Tclose(type);
    TRY(extent(set, "/config", &n));
    if (!size || n != 1) FAIL(ERR_DATA, "/config is not a text");
    hid_t memory = h5_text_type(size + 1);
    r->config = calloc(size + 1, 1);
    const bool ok = r->config && H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, r->config) >= 0;
    H5Tclose(memory);
    if (!ok) BROKEN("/config");
    return OK;
}

status part_get_config(hid_t file, struct results *r)
{
    hid_t set = H5Dopen2(file, "/config", H5P_DEFAULT);
    if (set < 0) FAIL(ERR_DATA, "has no text /config");
    status s = read_config_text(set, r);
    if (s == OK && !h5_each_text(set, add_option, r))
        s = status_fail(ERR_DATA, "an option of /config cannot be read: %s", h5_reason());
    H5Dclose(set);
    return s;
}

status part_get_environment(hid_t file, struct results *r)
{
    hid_t group = H5Gopen2(file, "/environment", H5P_DEFAULT);
    if (group < 0) FAIL(ERR_DATA, "has no group /environment");
    const bool ok = h5_each_text(group, add_environment, r);
    H5Gclose(group);
    if (!ok) BROKEN("/environment");
    return OK;
}

static status get_cost(hid_t file, struct results *r)
{
    const struct table *t = &cost_table;
    status s = OK;
    hid_t group = H5Gopen2(file, t->path, H5P_DEFAULT);
    if (group < 0) FAIL(ERR_DATA, "has no group %s", t->path);
    for (size_t i = 0; s == OK && i < t->n_columns; i++) {
        double value;
        if (!h5_get_real(group, t->columns[i].name, &value))
            s = status_fail(ERR_DATA, "%s has no number \"%s\"", t->path, t->columns[i].name);
        else memcpy((char *)&r->cost + t->columns[i].offset, &value, sizeof value);
    }
    H5Gclose(group);
    return s;
}

/* (contexts, targets), which the file is large enough to hold. */
static status context_size(hid_t set, hsize_t size[2])
{
    hsize_t n = 0;
    hid_t space = H5Dget_space(set);
    const bool matrix = space >= 0 && H5Sget_simple_extent_ndims(space) == 2 && H5Sget_simple_extent_dims(space, size, NULL) == 2;
    if (space >= 0) H5Sclose(space);
    hid_t type = H5Dget_type(set);
    const bool reals = type >= 0 && H5Tget_class(type) == H5T_FLOAT;
    if (type >= 0) H5Tclose(type);
    if (!matrix || !reals) FAIL(ERR_DATA, "/context is not a matrix of numbers");
    if (size[0] == 0 || size[0] > OPTION_ITEMS) FAIL(ERR_DATA, "/context has %llu contexts; 1 to %d can be", (unsigned long long)size[0], OPTION_ITEMS);
    if (!h5_holds(set, size[1], size[0])) FAIL(ERR_DATA, "/context claims %llu targets, more than the file has", (unsigned long long)size[1]);
    return extent(set, "/context", &n);
}

static status read_context(hid_t set, struct results *r)
{
    hsize_t size[2] = {0};
    TRY(context_size(set, size));
    struct context *c = results_set_context(r, size[0], size[1]);
    if (!h5_get_text(set, "evaluation", c->evaluation, sizeof c->evaluation) || !h5_get_text(set, "split", c->split, sizeof c->split)
        || !h5_get_ints(set, "contexts", c->length, c->n_lengths))
        BROKEN("an attribute of /context");
    for (size_t i = 1; i < c->n_lengths; i++)
        if (c->length[i] <= c->length[i - 1]) FAIL(ERR_DATA, "/context: contexts do not rise");
    if (c->n_targets && H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->loss) < 0) BROKEN("/context");
    return OK;
}

static status get_context(hid_t file, struct results *r)
{
    if (H5Lexists(file, "/context", H5P_DEFAULT) <= 0) return OK;
    hid_t set = H5Dopen2(file, "/context", H5P_DEFAULT);
    if (set < 0) BROKEN("/context");
    const status s = read_context(set, r);
    H5Dclose(set);
    return s;
}

static status read_numbers(hid_t group, struct checkpoint *c)
{
    int64_t n = -1;
    if (!h5_get_int(group, "step", &c->step) || !h5_get_real(group, "tokens", &c->tokens)
        || !h5_get_real(group, "seconds", &c->seconds) || !h5_get_real(group, "best_loss", &c->best_loss)
        || !h5_get_int(group, "best_step", &c->best_step) || !h5_get_real(group, "loss_sum", &c->loss_sum)
        || !h5_get_real(group, "right_sum", &c->right_sum) || !h5_get_real(group, "count_sum", &c->count_sum)
        || !h5_get_int(group, "values", &n) || n < 0)
        BROKEN("a number of /checkpoint");
    if (!h5_holds(group, (hsize_t)n, 1)) /* each stands there once, in four bytes or eight */
        FAIL(ERR_DATA, "/checkpoint claims to have %lld values, more than the file has bytes", (long long)n);
    c->n = (size_t)n;
    return OK;
}

static void *room(size_t n, size_t size)
{
    return n < SIZE_MAX / size ? calloc(n + 1, size) : NULL; /* NULL: a size no file can mean */
}

static status take_layout(struct checkpoint *c, const struct layout_row *row, size_t n)
{
    c->name = room(n, sizeof *c->name);
    c->offset = room(n, sizeof *c->offset);
    c->rows = room(n, sizeof *c->rows);
    c->cols = room(n, sizeof *c->cols);
    if (!c->name || !c->offset || !c->rows || !c->cols) FAIL(ERR_DATA, "/checkpoint/layout claims to have %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        const int64_t cols = row[i].cols ? row[i].cols : 1, most = (int64_t)c->n;
        const bool fits = row[i].offset >= 0 && row[i].rows >= 0 && cols > 0 && row[i].offset <= most
            && row[i].rows <= (most - row[i].offset) / cols;
        if (!fits) FAIL(ERR_DATA, "/checkpoint/layout: parameter %s lies outside the arrays", row[i].name);
        memcpy(c->name[i], row[i].name, sizeof c->name[i]);
        c->offset[i] = (size_t)row[i].offset;
        c->rows[i] = (size_t)row[i].rows;
        c->cols[i] = (size_t)row[i].cols;
    }
    c->n_names = n;
    return OK;
}

static status read_layout(hid_t group, struct checkpoint *c)
{
    void *row = NULL;
    size_t n = 0;
    status s = part_get_rows(group, &layout_table, &row, &n);
    if (s == OK) s = take_layout(c, row, n);
    free(row);
    return s;
}

static status read_reals(hid_t group, const char *name, real *out, size_t want)
{
    hsize_t n = 0;
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    if (set < 0) FAIL(ERR_DATA, "/checkpoint has no array %s", name);
    status s = extent(set, name, &n);
    if (s == OK && n != want)
        s = status_fail(ERR_DATA, "/checkpoint/%s has %llu values, not %zu", name, (unsigned long long)n, want);
    if (s == OK && n && H5Dread(set, h5_real_in_memory(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        s = status_fail(ERR_DATA, "/checkpoint/%s cannot be read: %s", name, h5_reason());
    H5Dclose(set);
    return s;
}

static status read_parameters(hid_t group, struct checkpoint *c)
{
    char name[128];
    if (!(c->parameters = room(c->n, sizeof *c->parameters))) FAIL(ERR_DATA, "/checkpoint claims to have %zu values", c->n);
    for (size_t i = 0; i < c->n_names; i++) {
        snprintf(name, sizeof name, "parameters/%s", c->name[i]);
        TRY(read_reals(group, name, c->parameters + c->offset[i], c->rows[i] * (c->cols[i] ? c->cols[i] : 1)));
    }
    return OK;
}

/* An array of any size that need not be there. */
static status read_all(hid_t group, const char *name, real **out, size_t *n)
{
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0) return OK;
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    if (set < 0) FAIL(ERR_DATA, "/checkpoint has no array %s", name);
    hsize_t size = 0;
    const status s = extent(set, name, &size);
    H5Dclose(set);
    TRY(s);
    *n = size;
    if (!(*out = room(*n, sizeof **out))) FAIL(ERR_DATA, "/checkpoint/%s claims to have %zu values", name, *n);
    return read_reals(group, name, *out, *n);
}

/* An array of n values that need not be there. */
static status read_array(hid_t group, const char *name, real **out, size_t n)
{
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0) return OK;
    if (!(*out = room(n, sizeof **out))) FAIL(ERR_DATA, "/checkpoint claims to have %zu values", n);
    return read_reals(group, name, *out, n);
}

static status read_checkpoint(hid_t group, struct checkpoint *c)
{
    TRY(read_numbers(group, c));
    TRY(read_layout(group, c));
    TRY(read_parameters(group, c));
    TRY(read_array(group, "first", &c->first, c->n));
    TRY(read_array(group, "second", &c->second, c->n));
    TRY(read_all(group, "carried", &c->carried, &c->n_carried));
    TRY(read_all(group, "carried_rows", &c->carried_rows, &c->n_carried_rows));
    return read_array(group, "best", &c->best, c->n);
}

static status get_checkpoint(hid_t file, struct results *r)
{
    if (H5Lexists(file, "/checkpoint", H5P_DEFAULT) <= 0) return OK;
    hid_t group = H5Gopen2(file, "/checkpoint", H5P_DEFAULT);
    if (group < 0) BROKEN("/checkpoint");
    r->checkpoint = calloc(1, sizeof *r->checkpoint);
    if (!r->checkpoint) status_no_memory("a checkpoint", sizeof *r->checkpoint);
    const status s = read_checkpoint(group, r->checkpoint);
    H5Gclose(group);
    return s;
}

static status get_all(hid_t file, struct results *r, bool with_checkpoint)
{
    TRY(get_root(file, r));
    TRY(part_get_config(file, r));
    TRY(part_get_environment(file, r));
    for (size_t i = 0; i < n_tables; i++)
        TRY(part_get_rows(file, &tables[i], table_rows_at(&tables[i], r), table_count_at(&tables[i], r)));
    TRY(get_context(file, r));
    TRY(get_cost(file, r));
    return with_checkpoint ? get_checkpoint(file, r) : OK;
}

status results_read(struct results *r, const char *path, bool with_checkpoint)
{
    TRY(place_check(path));
    h5_begin();
    hid_t file = h5_open(path);
    if (file < 0) FAIL(ERR_DATA, "%s: is not a whole HDF5 file: %s", path, h5_reason());
    const status s = get_all(file, r, with_checkpoint);
    H5Fclose(file);
    if (s == OK) return OK;
    results_done(r);
    FAIL(s, "%s: %s", path, status_message());
}
