/* publish.c -- see publish.h. */
#include "report/publish.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/load.h"
#include "report/plot.h"
#include "report/table.h"
#include "store/place.h"

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
        e = results_write(&l->results, path);
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

/* Written beside its place and renamed. */
static status write_table(const struct config *c, const char *to, enum table_format f, const char *name)
{
    char path[PLACE_PATH], tmp[PLACE_PATH + 8];
    snprintf(path, sizeof path, "%.3000s/%s/%s", to, c->name, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    FILE *out = fopen(tmp, "w");
    if (!out) FAIL(ERR_IO, "%s: cannot be written", tmp);
    const status e = report_table(out, c, to, f, false);
    const bool whole = fflush(out) == 0 && !ferror(out);
    fclose(out);
    if (e == OK && whole && rename(tmp, path) == 0) return OK;
    unlink(tmp);
    if (e != OK) return e;
    FAIL(ERR_IO, "%s: cannot be written", path);
}

status report_publish(const struct config *c, const char *results_dir, const char *to, size_t *n)
{
    TRY(copy_runs(c, results_dir, to));
    *n = count_runs(c, to);
    if (*n == 0) FAIL(ERR_DATA, "%s/%s: no finished run of %s to publish; try: reach run", results_dir, c->name, c->name);
    TRY(write_table(c, to, TABLE_MD, "table.md"));
    return write_table(c, to, TABLE_CSV, "table.csv");
}

status report_publish_figures(const struct config *c, const char *to, const char *plots_dir, FILE *log)
{
    char folder[PLACE_PATH];
    snprintf(folder, sizeof folder, "%.3000s/%s/figures", to, c->name);
    return report_plot(c, to, plots_dir, folder, "png", log);
}
