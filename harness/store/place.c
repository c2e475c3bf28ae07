/* place.c -- a file comes whole or not at all: written beside its place, sealed, synced, renamed. */
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

struct seal {
    char             magic[16];
    XXH128_canonical_t hash;
};
static const char magic[16] = "reach seal xxh3";

static status make_one(const char *path)
{
    struct stat s;
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &s) == 0 && S_ISDIR(s.st_mode))) return OK;
    FAIL(ERR_IO, "%s: cannot make this folder: %s", path, strerror(errno));
}

status place_folder(const char *path)
{
    char part[PLACE_PATH];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) FAIL(ERR_IO, "%s: path too long", path);
    for (char *p = part + 1; *p; p++)
        if (*p == '/' && p[-1] != '/') {
            *p = 0;
            TRY(make_one(part));
            *p = '/';
        }
    return make_one(part);
}

/* The folder of a file: "." if the path names none. */
static void folder_of(const char *path, char out[PLACE_PATH])
{
    snprintf(out, PLACE_PATH, "%s", path);
    char *slash = strrchr(out, '/');
    if (!slash) strcpy(out, ".");
    else slash[slash == out] = 0;
}

status place_begin(const char *path, char tmp[PLACE_PATH])
{
    char folder[PLACE_PATH];
    if (snprintf(tmp, PLACE_PATH, "%s.tmp.%ld", path, (long)getpid()) >= PLACE_PATH) FAIL(ERR_IO, "%s: path too long", path);
    folder_of(path, folder);
    return place_folder(folder);
}

/* The hash of the first n bytes. */
static status hash_bytes(int fd, const char *path, off_t n, XXH128_canonical_t *out)
{
    enum { PART = 1 << 18 };
    char *part = malloc(PART);
    XXH3_state_t *state = XXH3_createState();
    if (!part || !state) status_no_memory("a hash", PART);
    XXH3_128bits_reset(state);
    off_t done = 0;
    ssize_t got = 1;
    while (done < n && got > 0) {
        const off_t left = n - done;
        got = pread(fd, part, left < PART ? (size_t)left : PART, done);
        if (got > 0) XXH3_128bits_update(state, part, (size_t)got), done += got;
    }
    const int error = errno;
    XXH128_canonicalFromHash(out, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    free(part);
    if (got < 0) FAIL(ERR_IO, "%s: cannot be read: %s", path, strerror(error));
    if (done < n) FAIL(ERR_IO, "%s: became shorter while it was read", path);
    return OK;
}

static status seal(int fd, const char *path)
{
    struct stat s;
    if (fstat(fd, &s) != 0) FAIL(ERR_IO, "%s: %s", path, strerror(errno));
    struct seal end;
    memcpy(end.magic, magic, sizeof magic);
    TRY(hash_bytes(fd, path, s.st_size, &end.hash));
    if (pwrite(fd, &end, sizeof end, s.st_size) != (ssize_t)sizeof end || fsync(fd) != 0)
        FAIL(ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    return OK;
}

static status finish(const char *tmp, const char *path)
{
    int fd = open(tmp, O_RDWR | O_CLOEXEC);
    if (fd < 0) FAIL(ERR_IO, "%s: cannot be opened: %s", tmp, strerror(errno));
    const status sealed = seal(fd, tmp);
    close(fd);
    TRY(sealed);
    if (rename(tmp, path) != 0) FAIL(ERR_IO, "%s: cannot be put in place: %s", path, strerror(errno));
    return OK;
}

/* The new name reaches the disk too.  Some file systems cannot sync a folder; that harms no reader. */
static void sync_folder(const char *path)
{
    char folder[PLACE_PATH];
    folder_of(path, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

status place_finish(const char *tmp, const char *path)
{
    const status s = finish(tmp, path);
    if (s != OK) unlink(tmp);
    else sync_folder(path);
    return s;
}

static status check(int fd, const char *path)
{
    struct stat s;
    struct seal end;
    if (fstat(fd, &s) != 0) FAIL(ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode)) FAIL(ERR_DATA, "%s: is not a file", path);
    const off_t n = s.st_size - (off_t)sizeof end;
    const bool whole = n > 0 && pread(fd, &end, sizeof end, n) == (ssize_t)sizeof end;
    if (!whole || memcmp(end.magic, magic, sizeof magic) != 0)
        FAIL(ERR_DATA, "%s: is not a result of reach, or was cut short or changed by another program: it has no seal", path);
    XXH128_canonical_t hash;
    TRY(hash_bytes(fd, path, n, &hash));
    if (memcmp(&hash, &end.hash, sizeof hash) != 0) FAIL(ERR_DATA, "%s: is damaged: its contents do not match its seal", path);
    return OK;
}

status place_check(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) FAIL(ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    const status s = check(fd, path);
    close(fd);
    return s;
}
