/* publish.c -- see publish.h. */
#include "report/publish.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "measure/measurement.h"
#include "report/claim_table.h"
#include "report/load.h"
#include "report/table.h"
#include "store/place.h"

/* The same run: what was published once is not written again, as HDF5 puts the time into each file. */
static bool lies_there(const struct results *r, const char *path)
{
    struct results old;
    char was[33] = "", is[33];
    if (access(path, F_OK) != 0) return false;
    results_init(&old);
    if (results_read(&old, path, false) == OK) results_digest(&old, was);
    results_done(&old);
    results_digest(r, is);
    return strcmp(was, is) == 0;
}

static status copy_runs(const struct config *c, const char *results_dir, const char *to)
{
    struct collection all;
    status e = OK;
    collection_load(&all, c, results_dir);
    for (size_t i = 0; i < c->n_runs && e == OK; i++) {
        const struct loaded *l = &all.at[i];
        char path[PLACE_PATH];
        if (!l->usable || l->note[0]) continue;
        snprintf(path, sizeof path, "%.3000s/%s/%s.h5", to, c->name, c->runs[i].stem);
        if (!lies_there(&l->results, path)) e = results_write(&l->results, path);
    }
    collection_done(&all);
    return e;
}

static size_t count_runs(const struct config *c, const char *to)
{
    struct collection all;
    collection_load(&all, c, to);
    const size_t n = collection_usable(&all);
    collection_done(&all);
    return n;
}

typedef status (*printer)(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color);

/* Written beside its place and renamed. */
static status write_text(const struct config *c, const char *to, printer print, enum table_format f, const char *name)
{
    char path[PLACE_PATH], tmp[PLACE_PATH + 8];
    snprintf(path, sizeof path, "%.3000s/%s/%s", to, c->name, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    FILE *out = fopen(tmp, "w");
    if (!out) FAIL(ERR_IO, "%s: cannot be written", tmp);
    const status e = print(out, c, to, f, false);
    const bool whole = fflush(out) == 0 && !ferror(out);
    fclose(out);
    if (e == OK && whole && rename(tmp, path) == 0) return OK;
    unlink(tmp);
    if (e != OK) return e;
    FAIL(ERR_IO, "%s: cannot be written", path);
}

/* The file of a config that measures, as it is. */
static status copy_measured(const struct config *c, const char *results_dir, const char *to)
{
    struct measurement m;
    char path[PLACE_PATH], folder[PLACE_PATH];
    struct file_content file;
    TRY(measurement_read(c, results_dir, &m));
    const bool stale = measurement_stale(&m);
    measurement_done(&m);
    measurement_path(c, results_dir, path, sizeof path);
    if (stale) FAIL(ERR_DATA, "%s: made with other settings than the config has now; reach run --redo makes it new", path);
    snprintf(folder, sizeof folder, "%.3000s/%s", to, c->name);
    TRY(file_make_folder(folder));
    TRY(file_read(path, &file));
    measurement_path(c, to, path, sizeof path);
    const status e = file_write(path, file.at, file.n);
    file_close(&file);
    return e;
}

status report_publish(const struct config *c, const char *results_dir, const char *to, size_t *n)
{
    TRY(c->measured ? copy_measured(c, results_dir, to) : copy_runs(c, results_dir, to));
    *n = c->measured ? 1 : count_runs(c, to);
    if (*n == 0) FAIL(ERR_DATA, "%s/%s: no finished run of %s to publish; try: reach run", results_dir, c->name, c->name);
    TRY(write_text(c, to, report_table, TABLE_MD, "table.md"));
    TRY(write_text(c, to, report_table, TABLE_CSV, "table.csv"));
    return yaml_get(c->root, "claims") ? write_text(c, to, claims_print, TABLE_MD, "claims.md") : OK;
}
