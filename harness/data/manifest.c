/* manifest.c -- lists of sums. */
#include "data/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/sum.h"
#include "train/stop.h"

static void copy_lines(FILE *out, FILE *in, const char *prefix)
{
    char *line = NULL;
    size_t room = 0;
    rewind(in);
    while (getline(&line, &room, in) > 66) {
        const char *path = line + 66;
        if (strncmp(path, prefix, strlen(prefix)) == 0) fprintf(out, "%.66s%s", line, path + strlen(prefix));
    }
    free(line);
}

status manifest_write(const char *folder, const char *place, const char *file, FILE *unpacked, const char *prefix)
{
    char path[FILE_PATH], part[FILE_PATH], archive[FILE_PATH], sum[SUM_TEXT];
    TRY(file_join(path, folder, MANIFEST));
    TRY(file_join(archive, place, file));
    TRY(file_part(part, path));
    TRY(sum_file(archive, "sha256", sum));
    FILE *f = fopen(part, "w");
    if (!f) FAIL(ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    fprintf(f, "%s  %s\n", strchr(sum, ':') + 1, file);
    if (unpacked) copy_lines(f, unpacked, prefix);
    const bool written = !ferror(f);
    if (fclose(f) == 0 && written) return file_publish(part, path);
    const int failed = errno;
    remove(part);
    FAIL(ERR_IO, "%s: cannot write: %s", path, strerror(failed));
}

static status check_line(const char *folder, const char *file, size_t number, char *line, struct manifest_check *out)
{
    char path[FILE_PATH], sum[SUM_TEXT], expected[SUM_TEXT];
    line[strcspn(line, "\n")] = 0;
    if (strlen(line) < 67 || strspn(line, "0123456789abcdefABCDEF") != 64 || line[64] != ' ')
        FAIL(ERR_DATA, "%s/" MANIFEST ":%zu: not a list of SHA-256 sums: 64 hex digits, two blanks and a path were expected", folder, number);
    const char *name = line + 66;
    if (!file_is_below(name))
        FAIL(ERR_DATA, "%s/" MANIFEST ":%zu: the path %.200s; one below the folder, without \"..\", was expected", folder, number, name);
    TRY(file_join(path, folder, name));
    if (!file_is_file(path)) {
        if (strcmp(name, file) == 0) return OK;
        if (!*out->first) snprintf(out->first, sizeof out->first, "%s is missing", path);
        out->missing++;
        return OK;
    }
    snprintf(expected, sizeof expected, "sha256:%.64s", line);
    TRY(sum_file(path, expected, sum));
    if (sum_same(sum, expected)) {
        out->right++;
        return OK;
    }
    if (!*out->first) snprintf(out->first, sizeof out->first, "%s has %.23s..., not %.23s...", path, sum, expected);
    out->wrong++;
    return OK;
}

status manifest_check(const char *folder, const char *file, struct progress *progress, struct manifest_check *out)
{
    char path[FILE_PATH], what[64], *line = NULL;
    size_t room = 0, number = 0;
    status s = OK;
    *out = (struct manifest_check){0};
    TRY(file_join(path, folder, MANIFEST));
    FILE *f = fopen(path, "r");
    if (!f) FAIL(ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    fseek(f, 0, SEEK_END);
    const double size = (double)ftell(f);
    rewind(f);
    while (s == OK && getline(&line, &room, f) > 0) {
        s = check_line(folder, file, ++number, line, out);
        snprintf(what, sizeof what, "%zu files checked", out->right);
        progress_update(progress, size > 0 ? (double)ftell(f) / size : 1, what, -1);
    }
    free(line);
    fclose(f);
    return s;
}
