/* fetch.c -- the way of a data set from an address to its folder. */
#include "data/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "data/download.h"
#include "data/manifest.h"
#include "data/sum.h"
#include "data/tree.h"
#include "data/extract.h"
#include "train/stop.h"

struct job {
    const struct dataset *d;
    const struct fetch   *f;
    char folder[FILE_PATH], file[FILE_PATH], part[FILE_PATH], wrong[FILE_PATH], beside[FILE_PATH], old[FILE_PATH];
};

static status job_init(struct job *j, const struct dataset *d, const struct fetch *f)
{
    char name[256];
    *j = (struct job){.d = d, .f = f};
    TRY(dataset_folder(d, f->data, j->folder));
    TRY(file_join(j->file, j->folder, d->file));
    snprintf(name, sizeof name, "%s.part", d->file);
    TRY(file_join(j->part, j->folder, name));
    snprintf(name, sizeof name, "%s.wrong", d->file);
    TRY(file_join(j->wrong, j->folder, name));
    TRY(file_join(j->beside, j->folder, ".unpack"));
    return file_join(j->old, j->folder, ".old");
}

/* ---- the published file -------------------------------------------------------------------------------------- */

static const char *wanted_sum(const struct job *j)
{
    return j->f->sum ? j->f->sum : j->d->sum;
}

/* Compare the sum of the file at `path`; *same is true where none is known. */
static status compare(const struct job *j, const char *path, bool *same, char got[SUM_TEXT])
{
    const char *wanted = wanted_sum(j);
    *same = true;
    *got = 0;
    if (!wanted) return OK;
    TRY(sum_file(path, wanted, got));
    *same = sum_same(got, wanted);
    return OK;
}

/* Refuse a finished download of another sum, or tell of it where the sum is only remembered. */
static status judge(const struct job *j, const char *address, const char *got)
{
    if (!j->f->sum && !j->d->sum_certain) {
        progress_note(j->f->progress, "%s: warning: %s, where %s was remembered; the parts inside are still checked", address, got, j->d->sum);
        return OK;
    }
    if (rename(j->part, j->wrong) != 0) FAIL(ERR_IO, "%s: cannot rename: %s", j->part, strerror(errno));
    FAIL(ERR_DATA, "%s: the file has %s where %s is expected; it is kept as %s and was not installed. Another address: --url; "
         "if the publisher changed the file: --sum", address, got, wanted_sum(j), j->wrong);
}

/* One address: download, compare, and once more from the beginning if the beginning came from an earlier call. */
static status download_from(const struct job *j, const char *address)
{
    char got[SUM_TEXT];
    bool resumed, same;
    const struct download what = {.address = address, .part = j->part, .size = j->f->sum ? 0 : j->d->size, .size_certain = j->d->size_certain,
                                  .tries = j->f->tries, .pause = j->f->pause, .progress = j->f->progress};
    TRY(download(&what, &resumed));
    TRY(compare(j, j->part, &same, got));
    if (!same && resumed) {
        progress_note(j->f->progress, "%s: the parts do not fit together; downloading all of it again", j->part);
        if (unlink(j->part) != 0) FAIL(ERR_IO, "%s: cannot remove: %s", j->part, strerror(errno));
        TRY(download(&what, &resumed));
        TRY(compare(j, j->part, &same, got));
    }
    if (!same) TRY(judge(j, address, got));
    return file_publish(j->part, j->file);
}

static status download_any(const struct job *j)
{
    if (j->f->address) return download_from(j, j->f->address);
    status s = ERR_DATA;
    for (size_t i = 0; i < sizeof j->d->address / sizeof *j->d->address && j->d->address[i]; i++) {
        if (i) progress_note(j->f->progress, "%s", status_message());
        s = download_from(j, j->d->address[i]);
        if (s != ERR_DATA) break;
    }
    return s;
}

/* Is the published file there and right already? */
static status have_file(const struct job *j, bool *have)
{
    char got[SUM_TEXT];
    *have = file_is_file(j->file);
    if (!*have) return OK;
    TRY(compare(j, j->file, have, got));
    if (!*have && !j->f->sum && !j->d->sum_certain) *have = true;
    if (!*have) progress_note(j->f->progress, "%s has %s where %s is expected; downloading it again", j->file, got, wanted_sum(j));
    return OK;
}

/* ---- its content --------------------------------------------------------------------------------------------- */

/* The only folder in `folder`, or false.  What macOS adds ("__MACOSX") does not count, hidden names are not listed. */
static bool only_folder(const char *folder, char below[FILE_PATH])
{
    struct file_names names;
    size_t n = 0;
    if (file_list(folder, &names) != OK) return false;
    for (size_t i = 0; i < names.n; i++) {
        if (strcmp(names.name[i], "__MACOSX") == 0) continue;
        if (file_join(below, folder, names.name[i]) == OK) n++;
    }
    file_names_free(&names);
    return n == 1 && file_is_folder(below);
}

/* Go down from j->beside through folders that hold everything, until the first part is there. */
static status find_root(const struct job *j, char root[FILE_PATH])
{
    char below[FILE_PATH];
    snprintf(root, FILE_PATH, "%s", j->beside);
    while (!dataset_has(root, j->d->part[0].path)) {
        if (!only_folder(root, below)) FAIL(ERR_DATA, "%s: unpacked, it has no %s; it was not installed", j->file, j->d->part[0].path);
        memcpy(root, below, sizeof below);
    }
    return OK;
}

static status check_parts(const struct job *j, const char *root)
{
    char path[FILE_PATH], got[SUM_TEXT];
    for (size_t i = 0; i < sizeof j->d->part / sizeof *j->d->part && j->d->part[i].path; i++) {
        const struct dataset_part *p = &j->d->part[i];
        TRY(file_join(path, root, p->path));
        if (!file_is_file(path) && !file_is_folder(path)) FAIL(ERR_DATA, "%s: unpacked, it has no %s; it was not installed", j->file, p->path);
        if (!p->sum || j->f->sum) continue;
        TRY(sum_file(path, p->sum, got));
        if (!sum_same(got, p->sum)) FAIL(ERR_DATA, "%s: its %s has %s where %s is expected; it was not installed", j->file, p->path, got, p->sum);
    }
    return OK;
}

/* Put NAME of `root` in its place; what was there goes to j->old. */
static status install_one(const struct job *j, const char *root, const char *name)
{
    char from[FILE_PATH], to[FILE_PATH];
    TRY(file_join(from, root, name));
    TRY(file_join(to, j->folder, name));
    if ((file_is_folder(to) || file_is_folder(from)) && rename(to, j->old) != 0 && errno != ENOENT)
        FAIL(ERR_IO, "%s: cannot rename: %s", to, strerror(errno));
    if (rename(from, to) != 0) FAIL(ERR_IO, "%s: cannot write: %s", to, strerror(errno));
    return tree_remove(j->old);
}

/* The first part comes last: with it the data set counts as there. */
static status install(const struct job *j, const char *root)
{
    struct file_names names;
    TRY(file_list(root, &names));
    const char *const first = j->d->part[0].path;
    const size_t n_first = strcspn(first, "/");
    status s = OK;
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < names.n && s == OK; i++) {
            const bool is_first = strlen(names.name[i]) == n_first && strncmp(names.name[i], first, n_first) == 0;
            if (is_first == (last == 1)) s = install_one(j, root, names.name[i]);
        }
    file_names_free(&names);
    return s;
}

static status unpack_into(const struct job *j, FILE *sums)
{
    char root[FILE_PATH], prefix[FILE_PATH + 1];
    TRY(extract(&(struct extract){.archive = j->file, .folder = j->beside, .most_bytes = j->d->most_bytes, .most_files = j->d->most_files,
                                .sums = sums, .progress = j->f->progress}));
    TRY(find_root(j, root));
    TRY(check_parts(j, root));
    const char *inside = root + strlen(j->beside);
    snprintf(prefix, sizeof prefix, "%s%s", *inside ? inside + 1 : "", *inside ? "/" : "");
    TRY(manifest_write(root, j->folder, j->d->file, sums, prefix));
    return install(j, root);
}

static status unpack_file(const struct job *j)
{
    TRY(tree_remove(j->beside));
    TRY(tree_remove(j->old));
    TRY(file_make_folder(j->beside));
    char list[FILE_PATH];
    TRY(file_join(list, j->folder, ".sums"));
    FILE *sums = fopen(list, "w+"); /* may be hundreds of megabytes: not in /tmp */
    if (!sums) FAIL(ERR_IO, "%s: cannot write: %s", list, strerror(errno));
    unlink(list);
    const status s = unpack_into(j, sums);
    fclose(sums);
    if (s == OK) return tree_remove(j->beside);
    char why[2048];
    snprintf(why, sizeof why, "%s", status_message());
    (void)tree_remove(j->beside);
    return status_fail(s, "%s", why);
}

/* ---- all of it ----------------------------------------------------------------------------------------------- */

static status bring(const struct job *j)
{
    bool have;
    TRY(have_file(j, &have));
    if (!have) TRY(download_any(j));
    if (j->d->packed) {
        const status s = unpack_file(j);
        if (s == ERR_DATA) (void)rename(j->file, j->wrong); /* it would be as wrong the next time */
        return s;
    }
    TRY(check_parts(j, j->folder));
    return manifest_write(j->folder, j->folder, j->d->file, NULL, "");
}

status fetch(const struct dataset *d, const struct fetch *f)
{
    struct job j;
    char folder[FILE_PATH];
    if (f->sum) TRY(sum_parse(f->sum));
    progress_begin(f->progress, "%s", d->name);
    if (!f->again && dataset_state(d, f->data) == DATASET_READY) {
        TRY(dataset_folder(d, f->data, folder));
        progress_end(f->progress, "there: %s", folder);
        return OK;
    }
    if (!d->file) FAIL(ERR_CONFIG, "%s is not downloaded; to get it: %s", d->name, d->get);
    TRY(job_init(&j, d, f));
    TRY(file_make_folder(j.folder));
    const int lock = open(j.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) FAIL(ERR_IO, "%s: cannot open: %s", j.folder, strerror(errno));
    status s = flock(lock, LOCK_EX | LOCK_NB) == 0 ? OK : status_fail(ERR_IO, "%s: another process is fetching it", j.folder);
    if (s == OK) s = bring(&j);
    close(lock);
    if (s == OK) progress_end(f->progress, "done: %s", j.folder);
    return s;
}
