/* folder.h -- a folder of its own for a test, gone with the test. */
#ifndef REACH_TEST_FOLDER_H
#define REACH_TEST_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static char folder[FILE_PATH - 512]; /* of the running test */

static inline int folder_setup(void **state)
{
    (void)state;
    const char *above = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/reach-test-XXXXXX", above && *above ? above : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int folder_remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

static inline int folder_teardown(void **state)
{
    (void)state;
    return nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* FOLDER/NAME, in one of four buffers used in turn. */
static inline const char *in_folder(const char *name)
{
    static char path[4][FILE_PATH];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* Write FOLDER/NAME by plain stdio, making its folders. */
static inline void put_bytes(const char *name, const void *content, size_t n)
{
    char above[FILE_PATH];
    snprintf(above, sizeof above, "%s", in_folder(name));
    *strrchr(above, '/') = 0;
    if (file_make_folder(above) != OK) abort();
    FILE *f = fopen(in_folder(name), "wb");
    if (!f || fwrite(content, 1, n, f) != n || fclose(f) != 0) abort();
}

static inline void put(const char *name, const char *content)
{
    put_bytes(name, content, strlen(content));
}

#endif
