/* dataset.c -- finding data sets, and what of them is there. */
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>

const struct dataset *dataset_find(const char *name)
{
    for (const struct dataset *d = datasets; d->name; d++)
        if (strcmp(d->name, name) == 0) return d;
    return NULL;
}

size_t dataset_of_task(const char *task, const struct dataset **out, size_t room)
{
    size_t n = 0;
    for (const struct dataset *d = datasets; d->name; d++)
        for (size_t i = 0; i < sizeof d->tasks / sizeof *d->tasks && d->tasks[i]; i++)
            if (strcmp(d->tasks[i], task) == 0 && n < room) out[n++] = d;
    return n;
}

status dataset_folder(const struct dataset *d, const char *data, char out[FILE_PATH])
{
    return file_join(out, data, d->folder ? d->folder : d->name);
}

static bool there(const char *path)
{
    return file_is_file(path) || file_is_folder(path);
}

bool dataset_has(const char *folder, const char *part)
{
    char path[FILE_PATH];
    const size_t room = sizeof path - 4;
    if (file_join(path, folder, part) != OK) return false;
    if (there(path)) return true;
    if (strlen(path) >= room) return false;
    strcat(path, ".xz");
    return file_is_file(path);
}

enum dataset_state dataset_state(const struct dataset *d, const char *data)
{
    char folder[FILE_PATH], path[FILE_PATH], partial[FILE_PATH + 8];
    size_t parts = 0, found = 0;
    if (dataset_folder(d, data, folder) != OK) return DATASET_MISSING;
    for (; parts < sizeof d->part / sizeof *d->part && d->part[parts].path; parts++) found += dataset_has(folder, d->part[parts].path);
    if (found == parts) return DATASET_READY;
    if (found) return DATASET_SOME;
    if (!d->file || file_join(path, folder, d->file) != OK) return DATASET_MISSING;
    if (file_is_file(path)) return DATASET_PACKED;
    snprintf(partial, sizeof partial, "%s.part", path);
    return file_is_file(partial) ? DATASET_PARTIAL : DATASET_MISSING;
}
