/* reviews.c -- 50,000 small files, or one archive of them, into one block of bytes and a sorted table. */
#include "tasks/reviews.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/tar.h"

#define MOST ((size_t)1 << 20) /* bytes of a review: a hundred times the longest */

static const char *const parts[REVIEWS_PARTS] = {"train", "test"};
static const char *const labels[2] = {"neg", "pos"};

void reviews_free(struct reviews *r)
{
    free(r->byte);
    for (int p = 0; p < REVIEWS_PARTS; p++) free(r->review[p]);
    *r = (struct reviews){0};
}

/* Room for one more where n are: doubles at powers of two. */
static void *room_for(void *at, size_t n, size_t size)
{
    if (n & (n - 1)) return at;
    at = realloc(at, (n ? 2 * n : 1) * size);
    if (!at) status_no_memory("reviews", 2 * n * size);
    return at;
}

/* A growing block: realloc moves pages, so that the bytes are never there twice. */
struct block {
    struct reviews *r;
    size_t          room;
};

static uint8_t *room_in(struct block *b, size_t n)
{
    if (b->r->n_bytes + n > b->room) {
        b->room = 2 * (b->r->n_bytes + n) + ((size_t)1 << 20);
        b->r->byte = realloc(b->r->byte, b->room);
        if (!b->r->byte) status_no_memory("reviews", b->room);
    }
    return b->r->byte + b->r->n_bytes;
}

/* ---- one review ---------------------------------------------------------------------------------------------- */

/* "123_10.txt" */
static bool read_name(const char *name, struct review *out)
{
    char *end;
    if (name[0] < '0' || name[0] > '9') return false;
    const unsigned long id = strtoul(name, &end, 10);
    if (*end != '_' || end[1] < '0' || end[1] > '9' || id > UINT32_MAX) return false;
    const unsigned long rating = strtoul(end + 1, &end, 10);
    if (strcmp(end, ".txt") != 0 || rating > 10) return false;
    out->id = (uint32_t)id;
    out->rating = (uint8_t)rating;
    return true;
}

/* The review that `path` names, of n bytes, to be read next into the block. */
static status describe(const char *path, const char *name, int label, size_t n, struct review *out)
{
    if (!read_name(name, out)) FAIL(ERR_DATA, "%s: a name ID_RATING.txt was expected in a folder of reviews", path);
    const bool fits = label ? out->rating >= 7 && out->rating <= 10 : out->rating >= 1 && out->rating <= 4;
    if (!fits) FAIL(ERR_DATA, "%s: rating %d; %s was expected", path, out->rating, label ? "7 to 10 in pos" : "1 to 4 in neg");
    if (n == 0) FAIL(ERR_DATA, "%s: empty; a review was expected", path);
    if (n > MOST) FAIL(ERR_DATA, "%s: %zu bytes; a review of at most %zu was expected", path, n, MOST);
    out->n = (uint32_t)n;
    out->label = (uint8_t)label;
    return OK;
}

static void add(struct block *b, int part, struct review v)
{
    struct reviews *r = b->r;
    r->review[part] = room_for(r->review[part], r->n[part], sizeof v);
    v.at = r->n_bytes;
    r->review[part][r->n[part]++] = v;
    r->n_bytes += v.n;
}

/* ---- a folder ------------------------------------------------------------------------------------------------ */

static status read_file(struct block *b, int part, int label, const char *folder, const char *name)
{
    char path[FILE_PATH];
    struct file_content file;
    struct review v = {0};
    TRY(file_join(path, folder, name));
    TRY(file_read(path, &file));
    const status s = describe(path, name, label, file.n, &v);
    if (s == OK) {
        memcpy(room_in(b, file.n), file.at, file.n);
        add(b, part, v);
    }
    file_close(&file);
    return s;
}

static status read_folder(struct block *b, int part, int label, const char *above)
{
    char between[FILE_PATH], folder[FILE_PATH];
    struct file_names names;
    TRY(file_join(between, above, parts[part]));
    TRY(file_join(folder, between, labels[label]));
    TRY(file_list(folder, &names));
    status s = OK;
    if (names.n == 0) s = status_fail(ERR_DATA, "%s: empty; reviews ID_RATING.txt were expected", folder);
    for (size_t i = 0; i < names.n && s == OK; i++) s = read_file(b, part, label, folder, names.name[i]);
    file_names_free(&names);
    return s;
}

/* ---- an archive ---------------------------------------------------------------------------------------------- */

/* The index of the last `n` characters of `path` before `end` among two words, that component being whole; or -1.
 * *end is moved before it. */
static int component(const char *path, const char **end, const char *const *words)
{
    const char *at = *end;
    while (at > path && at[-1] != '/') at--;
    const size_t n = (size_t)(*end - at);
    *end = at > path ? at - 1 : path;
    for (int w = 0; w < 2; w++)
        if (strlen(words[w]) == n && memcmp(at, words[w], n) == 0) return w;
    return -1;
}

/* Does a path in an archive end in {train,test}/{neg,pos}/NAME, NAME not hidden? */
static bool is_review(const char *path, int *part, int *label, const char **name)
{
    const char *end = strrchr(path, '/');
    if (!end || end[1] == '.' || end[1] == 0) return false;
    *name = end + 1;
    *label = component(path, &end, labels);
    *part = component(path, &end, parts);
    return *label >= 0 && *part >= 0;
}

static status read_members(struct block *b, struct tar *t, const char *archive)
{
    for (bool found = true;;) {
        struct tar_file f;
        struct review v = {0};
        int part, label;
        const char *name;
        char path[2 * FILE_PATH];
        TRY(tar_next(t, &f, &found));
        if (!found) return OK;
        if (!is_review(f.name, &part, &label, &name)) continue;
        snprintf(path, sizeof path, "%s: %s (byte %zu unpacked)", archive, f.name, f.place);
        TRY(describe(path, name, label, f.n, &v));
        TRY(tar_content(t, room_in(b, f.n)));
        add(b, part, v);
    }
}

static status read_archive(struct block *b, const char *path)
{
    struct tar *t;
    TRY(tar_open(&t, path));
    const status s = read_members(b, t, path);
    tar_close(t);
    return s;
}

/* ---- all ----------------------------------------------------------------------------------------------------- */

static int in_order(const void *a, const void *b)
{
    const struct review *x = a, *y = b;
    if (x->label != y->label) return x->label - y->label;
    return (x->id > y->id) - (x->id < y->id);
}

static status check_part(struct reviews *r, int part, const char *path)
{
    struct review *v = r->review[part];
    const size_t n = r->n[part];
    if (n) qsort(v, n, sizeof *v, in_order);
    for (int l = 0; l < 2; l++)
        if (n == 0 || v[l ? n - 1 : 0].label != l)
            FAIL(ERR_DATA, "%s: no review in it; files %s/%s/ID_RATING.txt were expected", path, parts[part], labels[l]);
    for (size_t i = 1; i < n; i++)
        if (in_order(&v[i - 1], &v[i]) == 0)
            FAIL(ERR_DATA, "%s: two reviews %s/%s/%u_*.txt; one of each number was expected", path, parts[part],
                 labels[v[i].label], v[i].id);
    return OK;
}

status reviews_read(struct reviews *out, const char *path)
{
    struct block b = {.r = out};
    status s = OK;
    *out = (struct reviews){0};
    if (!file_is_folder(path)) s = read_archive(&b, path);
    else
        for (int k = 0; k < 2 * REVIEWS_PARTS && s == OK; k++) s = read_folder(&b, k / 2, k % 2, path);
    for (int p = 0; p < REVIEWS_PARTS && s == OK; p++) s = check_part(out, p, path);
    if (s != OK) {
        reviews_free(out);
        return s;
    }
    uint8_t *fit = realloc(out->byte, out->n_bytes);
    if (fit) out->byte = fit;
    return OK;
}

static bool holds_reviews(const char *folder)
{
    char train[FILE_PATH];
    return file_join(train, folder, "train") == OK && file_is_folder(train);
}

/* The reviews at `root`, or in the folder `root`. */
static bool find_at(char out[FILE_PATH], const char *root)
{
    static const char *const archives[] = {"aclImdb_v1.tar", "aclImdb-labelled.tar"};
    if (file_join(out, "", root) != OK) return false;
    if (file_is_file(out) || holds_reviews(out)) return true;
    if (file_join(out, root, "aclImdb") == OK && holds_reviews(out)) return true;
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
        if (unpack_find(out, root, archives[i])) return true;
    return false;
}

status reviews_find(char out[FILE_PATH], const char *source, const char *data)
{
    char below[FILE_PATH];
    if (find_at(out, source)) return OK;
    TRY(file_join(below, data, source));
    if (find_at(out, below)) return OK;
    if (strcmp(source, "aclImdb") == 0 && find_at(out, data)) return OK; /* an archive lies there */
    FAIL(ERR_DATA, "no %s here or in %s (a folder with train and test, or its archive); put "
         "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz (84 MB, md5 7c2ac02c03563afcf9b574c7e56c153a) into %s, or: reach data fetch aclImdb",
         source, data, data);
}
