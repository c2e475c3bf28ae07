/* file.c -- files over POSIX calls. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static status fail_because(const char *path, const char *what)
{
    FAIL(ERR_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* Close without losing the reason of an earlier failure, unless closing fails too. */
static int close_keeping_errno(int fd)
{
    const int e = errno, r = close(fd);
    if (r == 0) errno = e;
    return r;
}

/* Open a regular file and tell its size. */
static status open_regular(const char *path, int *fd, size_t *size)
{
    struct stat about = {0};
    if ((*fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) return fail_because(path, "open");
    if (fstat(*fd, &about) == 0 && S_ISREG(about.st_mode)) {
        *size = (size_t)about.st_size;
        return OK;
    }
    close(*fd);
    FAIL(ERR_IO, "%s: cannot read: %s", path, S_ISDIR(about.st_mode) ? "it is a folder" : "it is not a regular file");
}

static bool read_all(int fd, uint8_t *at, size_t n)
{
    while (n > 0) {
        const ssize_t got = read(fd, at, n);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = EIO; /* shorter than it said */
        if (got <= 0) return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *at, size_t n)
{
    while (n > 0) {
        const ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        at += put;
        n -= (size_t)put;
    }
    return true;
}

status file_read(const char *path, struct file_content *out)
{
    int fd;
    size_t n;
    *out = (struct file_content){0};
    TRY(open_regular(path, &fd, &n));
    uint8_t *at = malloc(n + 1);
    if (!at) status_no_memory(path, n + 1);
    if (!read_all(fd, at, n)) {
        free(at);
        close_keeping_errno(fd);
        return fail_because(path, "read");
    }
    close(fd);
    at[n] = 0;
    *out = (struct file_content){.at = at, .n = n};
    return OK;
}

status file_map(const char *path, struct file_content *out)
{
    int fd;
    size_t n;
    *out = (struct file_content){0};
    TRY(open_regular(path, &fd, &n));
    if (n == 0) { /* nothing to map */
        close(fd);
        return file_read(path, out);
    }
    void *at = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    close_keeping_errno(fd);
    if (at == MAP_FAILED) return fail_because(path, "map");
    *out = (struct file_content){.at = at, .n = n, .mapped = true};
    return OK;
}

void file_close(struct file_content *content)
{
    if (content->mapped) munmap((void *)content->at, content->n);
    else free((void *)content->at);
    *content = (struct file_content){0};
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_add(struct file_names *names, const char *name)
{
    if ((names->n & (names->n - 1)) == 0) { /* room doubles at powers of two */
        const size_t bytes = (names->n ? 2 * names->n : 1) * sizeof *names->name;
        names->name = realloc(names->name, bytes);
        if (!names->name) status_no_memory("a list of files", bytes);
    }
    char *copy = strdup(name);
    if (!copy) status_no_memory("a file name", strlen(name) + 1);
    names->name[names->n++] = copy;
}

status file_list(const char *folder, struct file_names *out)
{
    *out = (struct file_names){0};
    DIR *d = opendir(folder);
    if (!d) return fail_because(folder, "list");
    errno = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL; errno = 0)
        if (e->d_name[0] != '.') names_add(out, e->d_name);
    const int failed = errno;
    closedir(d);
    if (failed) {
        file_names_free(out);
        errno = failed;
        return fail_because(folder, "list");
    }
    if (out->n) qsort(out->name, out->n, sizeof *out->name, by_bytes);
    return OK;
}

void file_names_free(struct file_names *names)
{
    for (size_t i = 0; i < names->n; i++) free(names->name[i]);
    free(names->name);
    *names = (struct file_names){0};
}

bool file_is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

bool file_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static status make_one(const char *path)
{
    if (mkdir(path, 0777) == 0 || file_is_folder(path)) return OK;
    return fail_because(path, "make the folder");
}

status file_make_folder(const char *path)
{
    char above[FILE_PATH];
    TRY(file_join(above, "", path));
    for (char *slash = above + 1; above[0] && (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        TRY(make_one(above));
        *slash = '/';
    }
    return make_one(path);
}

static status fits(int length, const char *path)
{
    if (length >= 0 && length < FILE_PATH) return OK;
    FAIL(ERR_IO, "%.80s...: the path is longer than %d bytes", path, FILE_PATH - 1);
}

status file_join(char out[FILE_PATH], const char *folder, const char *name)
{
    const size_t n = strlen(folder);
    const bool alone = name[0] == '/' || n == 0;
    const char *between = alone || folder[n - 1] == '/' ? "" : "/";
    return fits(snprintf(out, FILE_PATH, "%s%s%s", alone ? "" : folder, between, name), name);
}

bool file_is_below(const char *name)
{
    if (*name == '/') return false;
    for (const char *c = name; *c; c += strcspn(c, "/"), c += *c == '/')
        if (strncmp(c, "..", 2) == 0 && (c[2] == '/' || c[2] == 0)) return false;
    return true;
}

const char *file_excerpt(const void *at, size_t n, char out[FILE_EXCERPT])
{
    const unsigned char *c = at;
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < n && i < 20; i++)
        used += (size_t)snprintf(out + used, FILE_EXCERPT - used, c[i] >= 0x20 && c[i] < 0x7F ? "%c" : "\\x%02X", c[i]);
    return out;
}

status file_part(char out[FILE_PATH], const char *path)
{
    return fits(snprintf(out, FILE_PATH, "%s.part-%ld", path, (long)getpid()), path);
}

/* Sync a file or a folder by name. */
static bool sync_path(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool synced = fsync(fd) == 0 || errno == EINVAL; /* a file system that cannot sync folders says EINVAL */
    close_keeping_errno(fd);
    return synced;
}

static bool sync_folder_of(const char *path)
{
    char folder[FILE_PATH];
    const char *slash = strrchr(path, '/');
    const size_t n = slash ? (size_t)(slash - path) + 1 : 0;
    memcpy(folder, path, n);
    folder[n] = 0;
    return sync_path(n ? folder : ".");
}

status file_publish(const char *part, const char *path)
{
    char copy[FILE_PATH]; /* also makes sure that `path` fits below */
    TRY(file_join(copy, "", path));
    if (sync_path(part) && rename(part, path) == 0) return sync_folder_of(path) ? OK : fail_because(path, "sync");
    const int failed = errno;
    unlink(part);
    errno = failed;
    return fail_because(path, "write");
}

status file_write(const char *path, const void *content, size_t n)
{
    char part[FILE_PATH];
    TRY(file_part(part, path));
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return fail_because(path, "write");
    const bool written = write_all(fd, content, n);
    if (close_keeping_errno(fd) == 0 && written) return file_publish(part, path);
    const int failed = errno;
    unlink(part);
    errno = failed;
    return fail_because(path, "write");
}
