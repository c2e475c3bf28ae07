/* extract.c -- libarchive reads; what is written is ours, so that no setting of it can be forgotten. */
#include "data/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "data/sum.h"
#include "train/stop.h"

struct reading {
    const struct extract *u;
    struct archive      *in;
    uint64_t             bytes, files;
    double               size; /* of the archive */
};

/* What is wrong with an entry's name, or NULL. */
static const char *wrong_name(const char *name)
{
    if (!name || !*name) return "it has no name that can be read";
    if (*name == '/') return "an absolute path";
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127 || *c == '\\') return "a name with a backslash or control character";
    for (const char *c = name; *c; c += strcspn(c, "/"), c += *c == '/')
        if (strncmp(c, "..", 2) == 0 && (c[2] == '/' || c[2] == 0)) return "a path with \"..\"";
    return NULL;
}

static const char *wrong_kind(struct archive_entry *e)
{
    if (archive_entry_hardlink(e)) return "a hard link";
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
    case AE_IFDIR: return NULL;
    case AE_IFLNK: return "a symbolic link";
    default: return "neither file nor folder";
    }
}

static status refuse(const struct reading *r, const char *name, const char *why)
{
    char shown[200] = "";
    for (size_t i = 0; name && name[i] && i + 1 < sizeof shown; i++) shown[i] = (unsigned char)name[i] < 32 ? '?' : name[i];
    FAIL(ERR_DATA, "%s: refused, as it holds \"%s\": %s; nothing was installed", r->u->archive, shown, why);
}

static status too_much(const struct reading *r)
{
    FAIL(ERR_DATA, "%s: refused, as it unpacks to more than %" PRIu64 " bytes or %" PRIu64 " files; nothing was installed", r->u->archive,
         r->u->most_bytes, r->u->most_files);
}

static status damaged(const struct reading *r)
{
    const char *why = archive_error_string(r->in);
    FAIL(ERR_DATA, "%s: cannot be unpacked: %s", r->u->archive, why ? why : "it is damaged");
}

static status cannot_write(const char *path)
{
    FAIL(ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

static void show(const struct reading *r)
{
    char what[64];
    snprintf(what, sizeof what, "unpacking: %" PRIu64 " files", r->files);
    progress_update(r->u->progress, r->size > 0 ? (double)archive_filter_bytes(r->in, -1) / r->size : 0, what, -1);
}

static status copy_content(struct reading *r, int fd, const char *path, struct sum *sum)
{
    static _Thread_local char buffer[1 << 16];
    for (la_ssize_t n; (n = archive_read_data(r->in, buffer, sizeof buffer)) != 0;) {
        if (n < 0) return damaged(r);
        if (stop_wanted()) FAIL(ERR_STOPPED, "stopped while unpacking %s; the same command unpacks it again", r->u->archive);
        if ((uint64_t)n > r->u->most_bytes - r->bytes) return too_much(r);
        r->bytes += (uint64_t)n;
        sum_add(sum, buffer, (size_t)n);
        for (la_ssize_t done = 0; done < n;) {
            const ssize_t put = write(fd, buffer + done, (size_t)(n - done));
            if (put < 0 && errno != EINTR) return cannot_write(path);
            if (put > 0) done += put;
        }
        show(r);
    }
    return OK;
}

/* A folder, or a refusal where an earlier entry is a file of that name. */
static status put_folder(struct reading *r, const char *name, const char *path)
{
    const status s = file_make_folder(path);
    return s != OK && (errno == EEXIST || errno == ENOTDIR) ? refuse(r, name, "a folder where a file is") : s;
}

/* The entry's content, whose name was checked, as a new file at `path`. */
static status put_file(struct reading *r, const char *name, const char *path)
{
    char hash[SUM_TEXT], above[FILE_PATH];
    snprintf(above, sizeof above, "%s", path);
    *strrchr(above, '/') = 0;
    TRY(put_folder(r, name, above));
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return errno == EEXIST ? refuse(r, name, "it comes twice") : cannot_write(path);
    struct sum *sum = sum_new("sha256");
    status s = copy_content(r, fd, path, sum);
    sum_done(sum, hash);
    if (close(fd) != 0 && s == OK) s = cannot_write(path);
    if (s == OK && r->u->sums && fprintf(r->u->sums, "%s  %s\n", strchr(hash, ':') + 1, name) < 0) s = cannot_write("the list of sums");
    return s;
}

/* "./a//b/" as "a/b", which is what stands in lists. */
static void tidy(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (const char *c = name; *c;) {
        const size_t word = strcspn(c, "/");
        if (word && !(word == 1 && *c == '.') && n + word + 2 < size) {
            if (n) out[n++] = '/';
            memcpy(out + n, c, word);
            n += word;
        }
        c += word;
        c += *c == '/';
    }
    out[n] = 0;
}

static status put_entry(struct reading *r, struct archive_entry *e)
{
    char path[FILE_PATH], name[FILE_PATH];
    const char *raw = archive_entry_pathname(e);
    const char *wrong = wrong_name(raw);
    if (!wrong) wrong = wrong_kind(e);
    if (wrong) return refuse(r, raw, wrong);
    if (strlen(raw) >= sizeof name) return refuse(r, raw, "a name that is too long");
    if (++r->files > r->u->most_files) return too_much(r);
    tidy(raw, name, sizeof name);
    if (!*name) return OK; /* "./" */
    TRY(file_join(path, r->u->folder, name));
    if (archive_entry_filetype(e) == AE_IFREG) return put_file(r, name, path);
    return put_folder(r, name, path);
}

static status put_all(struct reading *r)
{
    struct archive_entry *e;
    int code;
    while ((code = archive_read_next_header(r->in, &e)) != ARCHIVE_EOF) {
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return damaged(r);
        if (stop_wanted()) FAIL(ERR_STOPPED, "stopped while unpacking %s; the same command unpacks it again", r->u->archive);
        TRY(put_entry(r, e));
    }
    return r->files ? OK : status_fail(ERR_DATA, "%s: an archive with nothing in it", r->u->archive);
}

status extract(const struct extract *u)
{
    struct stat about = {0};
    struct reading r = {.u = u, .in = archive_read_new()};
    if (!r.in) status_no_memory("an archive", 1);
    if (stat(u->archive, &about) == 0) r.size = (double)about.st_size;
    archive_read_support_filter_gzip(r.in);
    archive_read_support_filter_bzip2(r.in);
    archive_read_support_filter_xz(r.in);
    archive_read_support_filter_zstd(r.in);
    archive_read_support_format_tar(r.in);
    archive_read_support_format_zip(r.in);
    status s = archive_read_open_filename(r.in, u->archive, 1 << 16) == ARCHIVE_OK ? put_all(&r) : damaged(&r);
    archive_read_free(r.in);
    return s;
}
