/* data_fetch.c -- reach data fetch */
#include <stdio.h>
#include <string.h>

#include "cli/data_commands.h"
#include "data/fetch.h"

static status fetch_one(const struct dataset *d, const struct data_fetch *how)
{
    struct progress progress;
    progress_init(&progress, stderr, how->quiet);
    const status s = fetch(d, &(struct fetch){.data = how->data, .address = how->address, .sum = how->sum, .again = how->again,
                                              .tries = 5, .pause = 1, .progress = &progress});
    progress_clear(&progress);
    return s;
}

/* A task that reads no published data by default, with those it can read. */
static status nothing_to_fetch(const struct task *t)
{
    char others[512] = "";
    const size_t n = strlen(t->name);
    for (const struct dataset *d = datasets; d->name; d++)
        if (d->readers && strncmp(d->readers, t->name, n) == 0 && d->readers[n] == ':' && strlen(others) + strlen(d->name) + 3 < sizeof others)
            snprintf(others + strlen(others), sizeof others - strlen(others), "%s%s", *others ? ", " : "", d->name);
    FAIL(ERR_CONFIG, "%s reads no published data by default%s%s", t->name, *others ? "; its options can name one of: " : "", others);
}

status data_fetch(const char *name, const struct data_fetch *how)
{
    const struct dataset *d, *of_task[8];
    const struct task *t;
    TRY(data_named(name, &d, &t));
    if (d) return fetch_one(d, how);
    const size_t n = dataset_of_task(t->name, of_task, sizeof of_task / sizeof *of_task);
    if (n == 0) return nothing_to_fetch(t);
    if (n > 1 && (how->address || how->sum)) FAIL(ERR_CONFIG, "--url and --sum: %s reads several data sets, name one", name);
    for (size_t i = 0; i < n; i++) TRY(fetch_one(of_task[i], how));
    return OK;
}
