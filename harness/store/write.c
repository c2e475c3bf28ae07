/* write.c -- results become an HDF5 file. */
#include "store/parts.h"
#include "store/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "units.loss" = "nats per target" for every column that has units. */
static bool put_units(hid_t at, const struct table *t)
{
    char name[64];
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        snprintf(name, sizeof name, "units.%s", c->name);
        if (c->units && !h5_put_text(at, name, c->units)) return false;
    }
    return true;
}

bool part_put_rows(hid_t at, const struct table *t, const void *rows, hsize_t n)
{
    hid_t memory = h5_row_in_memory(t), disk = h5_row_in_file(t), space = H5Screate_simple(1, &n, NULL);
    hid_t set = h5_dataset(at, t->path, disk, space);
    const bool ok = set >= 0 && (n == 0 || H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0)
        && h5_put_text(set, "description", t->description) && put_units(set, t);
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    H5Tclose(disk);
    H5Tclose(memory);
    return ok;
}

static bool put_root(hid_t file, const struct results *r)
{
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    const bool ok = root >= 0
        && h5_put_int(root, "schema", RESULT_SCHEMA)
        && h5_put_text(root, "description", "one training run of reach and its tests")
        && h5_put_text(root, "title", r->title)
        && h5_put_text(root, "label", r->label)
        && h5_put_text(root, "variant", r->variant)
        && h5_put_text(root, "task", r->task)
        && h5_put_seed(root, "seed", r->seed)
        && h5_put_text(root, "status", run_status_word(r->status))
        && h5_put_text(root, "reason", r->reason)
        && h5_put_text(root, "train_id", r->train_id);
    if (root >= 0) H5Gclose(root);
    return ok;
}

static bool put_attributes(hid_t at, const struct attribute *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!h5_put_text(at, list[i].name, list[i].text)) return false;
    return true;
}

bool part_put_config(hid_t file, const struct results *r)
{
    const char *text = r->config ? r->config : "";
    hid_t type = h5_text_type(strlen(text) + 1), space = H5Screate(H5S_SCALAR);
    hid_t set = h5_dataset(file, "/config", type, space);
    const bool ok = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0
        && h5_put_text(set, "description", "the resolved settings as YAML; the attributes are its options")
        && put_attributes(set, r->option, r->n_option);
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

bool part_put_environment(hid_t file, const struct results *r)
{
    hid_t group = h5_group(file, "/environment");
    const bool ok = group >= 0 && h5_put_text(group, "description", "the program and the machine that made this file")
        && put_attributes(group, r->environment, r->n_environment);
    if (group >= 0) H5Gclose(group);
    return ok;
}

static bool put_cost(hid_t file, const struct results *r)
{
    const struct table *t = &cost_table;
    hid_t group = h5_group(file, t->path);
    bool ok = group >= 0 && h5_put_text(group, "description", t->description) && put_units(group, t);
    for (size_t i = 0; ok && i < t->n_columns; i++) {
        double value;
        memcpy(&value, (const char *)&r->cost + t->columns[i].offset, sizeof value);
        ok = h5_put_real(group, t->columns[i].name, value);
    }
    if (group >= 0) H5Gclose(group);
    return ok;
}

static bool put_context(hid_t file, const struct context *c)
{
    if (!c) return true;
    const hsize_t size[2] = {c->n_lengths, c->n_targets};
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t set = h5_dataset(file, "/context", H5T_IEEE_F32LE, space);
    const bool ok = set >= 0
        && (c->n_lengths * c->n_targets == 0 || H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->loss) >= 0)
        && h5_put_text(set, "description", "loss of each target (column) after exactly so many tokens of input (row: attribute contexts); not a "
                       "number in the rows of lengths that the model refuses")
        && h5_put_text(set, "units", "nats") && h5_put_text(set, "evaluation", c->evaluation) && h5_put_text(set, "split", c->split)
        && h5_put_ints(set, "contexts", c->length, c->n_lengths);
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    return ok;
}

/* A matrix, or a vector if cols is 0. */
static bool put_reals(hid_t at, const char *name, const real *value, size_t rows, size_t cols, const char *description)
{
    const hsize_t size[2] = {rows, cols};
    hid_t space = H5Screate_simple(cols ? 2 : 1, size, NULL);
    hid_t set = h5_dataset(at, name, h5_real_in_file(), space);
    const bool ok = set >= 0
        && H5Dwrite(set, h5_real_in_memory(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0
        && h5_put_text(set, "description", description) && h5_put_text(set, "units", "1");
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    return ok;
}

static bool put_numbers(hid_t group, const struct checkpoint *c)
{
    return h5_put_text(group, "description", "what training needs to go on; parameters/NAME are the current weights")
        && h5_put_int(group, "step", c->step)
        && h5_put_real(group, "tokens", c->tokens)
        && h5_put_real(group, "seconds", c->seconds)
        && h5_put_real(group, "best_loss", c->best_loss)
        && h5_put_int(group, "best_step", c->best_step)
        && h5_put_real(group, "loss_sum", c->loss_sum)
        && h5_put_real(group, "right_sum", c->right_sum)
        && h5_put_real(group, "count_sum", c->count_sum)
        && h5_put_int(group, "values", (int64_t)c->n);
}

static bool put_parameters(hid_t group, const struct checkpoint *c)
{
    char name[128];
    for (size_t i = 0; i < c->n_names; i++) {
        snprintf(name, sizeof name, "parameters/%s", c->name[i]);
        if (!put_reals(group, name, c->parameters + c->offset[i], c->rows[i], c->cols[i] ? c->cols[i] : 1, c->name[i]))
            return false;
    }
    return true;
}

static bool put_layout(hid_t group, const struct checkpoint *c)
{
    struct layout_row *row = layout_rows(c);
    const bool ok = part_put_rows(group, &layout_table, row, c->n_names);
    free(row);
    return ok;
}

static bool put_checkpoint(hid_t file, const struct checkpoint *c)
{
    if (!c) return true;
    hid_t group = h5_group(file, "/checkpoint");
    const bool ok = group >= 0 && put_numbers(group, c) && put_layout(group, c) && put_parameters(group, c)
        && (!c->first || put_reals(group, "first", c->first, c->n, 0, "Adam's first moments, laid out as `layout` says"))
        && (!c->second || put_reals(group, "second", c->second, c->n, 0, "Adam's second moments, laid out as `layout` says"))
        && (!c->carried || put_reals(group, "carried", c->carried, c->n_carried, 0, "states of the streams of text, one stream after another"))
        && (!c->carried || put_reals(group, "carried_rows", c->carried_rows, c->n_carried_rows, 0, "rows that each of these states has"))
        && (!c->best || put_reals(group, "best", c->best, c->n, 0, "the weights at best_step, laid out as `layout` says"));
    if (group >= 0) H5Gclose(group);
    return ok;
}

static bool put_all(hid_t file, const struct results *r)
{
    bool ok = put_root(file, r) && part_put_config(file, r) && part_put_environment(file, r);
    for (size_t i = 0; ok && i < n_tables; i++) {
        if (tables[i].optional && table_count(&tables[i], r) == 0) continue;
        ok = part_put_rows(file, &tables[i], table_rows(&tables[i], r), table_count(&tables[i], r));
    }
    return ok && put_context(file, r->context) && put_cost(file, r) && put_checkpoint(file, r->checkpoint);
}

static status write_file(const struct results *r, const char *tmp)
{
    h5_begin();
    hid_t file = h5_create(tmp);
    if (file < 0) FAIL(ERR_IO, "%s: cannot be made: %s", tmp, h5_reason());
    bool ok = put_all(file, r);
    ok = H5Fclose(file) >= 0 && ok;
    if (!ok) FAIL(ERR_IO, "%s: cannot be written: %s", tmp, h5_reason());
    return OK;
}

status results_write(const struct results *r, const char *path)
{
    char tmp[PLACE_PATH];
    TRY(place_begin(path, tmp));
    const status s = write_file(r, tmp);
    if (s == OK) return place_finish(tmp, path);
    unlink(tmp);
    return s;
}
