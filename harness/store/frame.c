/* frame.c -- see frame.h.  What it shares with the file of a run goes through a struct results that holds nothing else. */
#include "store/frame.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/parts.h"
#include "store/place.h"

static bool put_root(hid_t file, const struct frame_kind *kind, const struct frame *c)
{
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    const bool ok = root >= 0 && h5_put_int(root, "schema", kind->schema)
        && h5_put_text(root, "description", kind->description)
        && h5_put_text(root, "title", c->title) && h5_put_text(root, "id", c->id);
    if (root >= 0) H5Gclose(root);
    return ok;
}

static status write_file(const struct frame_kind *kind, const struct frame *c, const char *tmp)
{
    const struct results shared = {.config = c->config, .option = c->option, .n_option = c->n_option,
                                   .environment = c->environment, .n_environment = c->n_environment};
    h5_begin();
    hid_t file = h5_create(tmp);
    if (file < 0) FAIL(ERR_IO, "%s: cannot be made: %s", tmp, h5_reason());
    bool ok = put_root(file, kind, c) && part_put_config(file, &shared) && part_put_environment(file, &shared)
        && part_put_rows(file, kind->table, c->row, c->n)
        && (c->n_detail == 0 || part_put_rows(file, kind->detail, c->detail, c->n_detail));
    ok = H5Fclose(file) >= 0 && ok;
    if (!ok) FAIL(ERR_IO, "%s: cannot be written: %s", tmp, h5_reason());
    return OK;
}

status frame_write(const struct frame_kind *kind, const struct frame *c, const char *path)
{
    char tmp[PLACE_PATH];
    TRY(place_begin(path, tmp));
    const status s = write_file(kind, c, tmp);
    if (s == OK) return place_finish(tmp, path);
    unlink(tmp);
    return s;
}

static status read_root(hid_t root, const struct frame_kind *kind, struct frame *c)
{
    int64_t schema;
    if (!h5_get_int(root, "schema", &schema) || !h5_get_text(root, "id", c->id, sizeof c->id))
        FAIL(ERR_DATA, "is not a file of %s: it has no attributes \"schema\" and \"id\"", kind->noun);
    if (schema < 1 || schema > kind->schema)
        FAIL(ERR_DATA, "has schema %lld; this reach reads 1 to %d", (long long)schema, kind->schema);
    if (!h5_get_text(root, "title", c->title, sizeof c->title)) FAIL(ERR_DATA, "has no attribute \"title\"");
    return OK;
}

/* Texts of a table end inside their field: HDF5 fills what is shorter and cuts what is longer. */
static status get_rows(hid_t file, const struct frame_kind *kind, struct frame *c)
{
    void *row = NULL;
    TRY(part_get_rows(file, kind->table, &row, &c->n));
    c->row = row;
    if (c->n == 0) FAIL(ERR_DATA, "%s has no rows", kind->table->path);
    row = NULL;
    if (kind->detail) TRY(part_get_rows(file, kind->detail, &row, &c->n_detail));
    c->detail = row;
    return OK;
}

static status get_all(hid_t file, const struct frame_kind *kind, struct frame *c)
{
    struct results shared;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0) FAIL(ERR_DATA, "its root cannot be read: %s", h5_reason());
    status s = read_root(root, kind, c);
    H5Gclose(root);
    TRY(s);
    results_init(&shared);
    s = part_get_config(file, &shared);
    if (s == OK) s = part_get_environment(file, &shared);
    c->config = shared.config;
    c->option = shared.option;
    c->n_option = shared.n_option;
    c->environment = shared.environment;
    c->n_environment = shared.n_environment;
    return s == OK ? get_rows(file, kind, c) : s;
}

status frame_read(const struct frame_kind *kind, struct frame *c, const char *path)
{
    memset(c, 0, sizeof *c);
    TRY(place_check(path));
    h5_begin();
    hid_t file = h5_open(path);
    if (file < 0) FAIL(ERR_DATA, "%s: is not a whole HDF5 file: %s", path, h5_reason());
    const status s = get_all(file, kind, c);
    H5Fclose(file);
    if (s == OK) return OK;
    frame_done(c);
    FAIL(s, "%s: %s", path, status_message());
}

void frame_done(struct frame *c)
{
    free(c->config);
    free(c->option);
    free(c->environment);
    free(c->row);
    free(c->detail);
    memset(c, 0, sizeof *c);
}

const char *frame_environment(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->n_environment; i++)
        if (strcmp(f->environment[i].name, name) == 0) return f->environment[i].text;
    return "";
}

void *frame_more(const struct frame_kind *kind, struct frame *f, size_t more)
{
    const size_t size = kind->table->row;
    char *row = realloc(f->row, (f->n + more) * size);
    if (!row) status_no_memory("measurements", (f->n + more) * size);
    memset(row + f->n * size, 0, more * size);
    f->row = row;
    return row + f->n * size;
}

static const char *option_of(const struct frame *f, const char *section, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", section, name);
    for (size_t i = 0; i < f->n_option; i++)
        if (strcmp(f->option[i].name, full) == 0) return f->option[i].text;
    return NULL;
}

void frame_options(const struct frame *f, const char *section, const struct option *table, void *options, size_t size)
{
    option_defaults(table, options, size);
    for (const struct option *o = table; o->name; o++) {
        const char *text = option_of(f, section, o->name);
        if (text) (void)option_set_text(o, options, text);
    }
}
