/* tree.c -- over nftw. */
#include "data/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

status tree_remove(const char *path)
{
    struct stat about;
    if (lstat(path, &about) != 0 && errno == ENOENT) return OK;
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0) return OK;
    FAIL(ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
}
