/* corpus.c -- find the files, give each to its part, read them. */
#include "tasks/corpus.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/kjv.h"
#include "tasks/tar.h"
#include "tasks/xz.h"

enum how { /* which part of the corpus a file goes to */
    TO_TRAIN = SPLIT_TRAIN,
    TO_VALID = SPLIT_VALID,
    TO_TEST  = SPLIT_TEST,
    BY_POSITION, /* 88 %, 5 %, 7 % of its bytes                */
    BY_MILLIONS, /* 90, 5 and 5 million bytes, and no others */
    LEFT_OUT,
};

struct source {
    char    *path;
    char    *name; /* path inside the corpus folder */
    enum how how;
    uint8_t *own; /* its n bytes if it came out of an archive; NULL: they are to be read from `path` */
    size_t   n;
};

struct part {
    uint8_t     *own;  /* the bytes, unless they lie in corpus.whole */
    struct text  text;
    size_t      *start;
    const char **from; /* path of each document                      */
};

struct corpus {
    char                name[FILE_PATH];
    size_t              n_sources;
    struct source      *source;
    struct file_content whole;   /* of a corpus that is one file    */
    struct part         part[SPLITS];
};

/* ---- the list of files --------------------------------------------------------------------------------------- */

static void *grown(void *at, size_t bytes)
{
    at = realloc(at, bytes);
    if (!at) status_no_memory("a corpus", bytes);
    return at;
}

static char *copied(const char *text)
{
    return strcpy(grown(NULL, strlen(text) + 1), text);
}

static void add_source(struct corpus *c, const char *path, const char *name, enum how how)
{
    c->source = grown(c->source, (c->n_sources + 1) * sizeof *c->source);
    c->source[c->n_sources++] = (struct source){.path = copied(path), .name = copied(name), .how = how};
}

static bool ends_in(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n > m && strcasecmp(name + n - m, end) == 0;
}

static bool is_archive(const char *name)
{
    static const char *const ends[] = {".tar", ".tar.xz", ".tar.gz", ".tar.bz2", ".tar.zst", ".tgz", ".txz", ".zip", ".gz", ".bz2", ".zst", ".7z"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_in(name, ends[i])) return true;
    return false;
}

/* Is PATH a NAME.xz with its NAME beside it? */
static bool is_packed_twin(const char *path)
{
    char plain[FILE_PATH];
    if (!ends_in(path, ".xz")) return false;
    snprintf(plain, sizeof plain, "%.*s", (int)strlen(path) - 3, path);
    return file_is_file(plain);
}

/* Add the file at `path`, or all files below it; `name` is its path inside the corpus. */
static status add_tree(struct corpus *c, const char *path, const char *name, enum how how)
{
    if (!file_is_folder(path)) {
        if (file_is_file(path) && !is_archive(path) && !is_packed_twin(path)) add_source(c, path, name, how);
        return OK;
    }
    struct file_names names;
    TRY(file_list(path, &names));
    status s = OK;
    for (size_t i = 0; i < names.n && s == OK; i++) {
        char below[FILE_PATH], inside[FILE_PATH];
        if ((s = file_join(below, path, names.name[i])) != OK || (s = file_join(inside, name, names.name[i])) != OK) break;
        s = add_tree(c, below, inside, how);
    }
    file_names_free(&names);
    return s;
}

/* Take away a folder that all names begin with. */
static void strip_folder(struct corpus *c)
{
    if (c->n_sources == 0 || !strchr(c->source[0].name, '/')) return;
    const size_t n = strcspn(c->source[0].name, "/") + 1;
    for (size_t i = 0; i < c->n_sources; i++)
        if (strncmp(c->source[i].name, c->source[0].name, n) != 0) return;
    for (size_t i = 0; i < c->n_sources; i++) memmove(c->source[i].name, c->source[i].name + n, strlen(c->source[i].name + n) + 1);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

/* Add the files in a .tar.xz, sorted by name. */
static status add_files_of(struct corpus *c, struct tar *t, const char *path, enum how how)
{
    struct tar_file f;
    bool found;
    while (true) {
        char from[2 * FILE_PATH];
        uint8_t *content;
        TRY(tar_next(t, &f, &found));
        if (!found) return OK;
        TRY(tar_take(t, &content));
        snprintf(from, sizeof from, "%s:%s", path, f.name);
        add_source(c, from, f.name, how);
        c->source[c->n_sources - 1].own = content;
        c->source[c->n_sources - 1].n = f.n;
    }
}

static status add_archive(struct corpus *c, const char *path, enum how how)
{
    struct tar *t;
    TRY(tar_open(&t, path));
    const status s = add_files_of(c, t, path, how);
    tar_close(t);
    TRY(s);
    strip_folder(c);
    if (c->n_sources) qsort(c->source, c->n_sources, sizeof *c->source, by_name);
    return OK;
}

/* Add the files in the first .tar.xz of a folder, if there is one. */
static status add_archive_of(struct corpus *c, const char *folder, enum how how)
{
    struct file_names names;
    char path[FILE_PATH] = "";
    status s = OK;
    TRY(file_list(folder, &names));
    for (size_t i = 0; i < names.n && !path[0] && s == OK; i++)
        if (ends_in(names.name[i], ".tar.xz")) s = file_join(path, folder, names.name[i]);
    file_names_free(&names);
    return s == OK && path[0] ? add_archive(c, path, how) : s;
}

/* ---- which part a file goes to ------------------------------------------------------------------------------- */

/* The part that one word of a name stands for. */
static enum how role_of_word(const char *word, size_t n)
{
    if (n >= 5 && strncasecmp(word, "train", 5) == 0) return TO_TRAIN;
    if (n >= 5 && strncasecmp(word, "valid", 5) == 0) return TO_VALID;
    if (n == 3 && (strncasecmp(word, "val", 3) == 0 || strncasecmp(word, "dev", 3) == 0)) return TO_VALID;
    if (n >= 4 && strncasecmp(word, "test", 4) == 0) return TO_TEST;
    return LEFT_OUT;
}

/* The part that "wiki.train.tokens" or "test/a.txt" stands for by its first path component. */
static enum how role_of_name(const char *name)
{
    const size_t end = strcspn(name, "/");
    for (size_t at = 0; at < end;) {
        size_t n = strcspn(name + at, "/.-_");
        const enum how role = role_of_word(name + at, n);
        if (role != LEFT_OUT) return role;
        at += n + 1;
    }
    return LEFT_OUT;
}

static void count_parts(const struct corpus *c, size_t count[SPLITS])
{
    memset(count, 0, SPLITS * sizeof *count);
    for (size_t i = 0; i < c->n_sources; i++)
        if (c->source[i].how < (enum how)SPLITS) count[c->source[i].how]++;
}

static bool by_roles(struct corpus *c)
{
    size_t count[SPLITS];
    for (size_t i = 0; i < c->n_sources; i++) c->source[i].how = role_of_name(c->source[i].name);
    count_parts(c, count);
    return count[SPLIT_TRAIN] && count[SPLIT_VALID] && count[SPLIT_TEST];
}

static const double cut_at[SPLITS + 1] = {0, 0.88, 0.93, 1}; /* by position and by hash */

/* A number in [0, 1) from a file's name, packed or not. */
static double hash_of(const struct source *f, uint64_t seed)
{
    const size_t n = strlen(f->name) - (ends_in(f->name, ".xz") ? 3 : 0);
    return (double)(XXH3_64bits_withSeed(f->name, n, seed) >> 11) * 0x1p-53;
}

static double distance(double hash, size_t part)
{
    return hash < cut_at[part] ? cut_at[part] - hash : hash < cut_at[part + 1] ? 0 : hash - cut_at[part + 1];
}

/* Give an empty part the file whose hash lies nearest, out of the parts that can spare one. */
static void fill_part(struct corpus *c, size_t part, uint64_t seed)
{
    size_t count[SPLITS];
    struct source *best = NULL;
    count_parts(c, count);
    if (count[part]) return;
    for (size_t i = 0; i < c->n_sources; i++) {
        struct source *f = &c->source[i];
        if (count[f->how] < 2) continue;
        if (!best || distance(hash_of(f, seed), part) < distance(hash_of(best, seed), part)) best = f;
    }
    best->how = (enum how)part;
}

static void by_hash(struct corpus *c, uint64_t seed)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        const double h = hash_of(&c->source[i], seed);
        c->source[i].how = h < cut_at[1] ? TO_TRAIN : h < cut_at[2] ? TO_VALID : TO_TEST;
    }
    for (size_t part = 0; part < SPLITS; part++) fill_part(c, part, seed);
}

/* ---- corpora with a name ------------------------------------------------------------------------------------- */

struct known {
    const char *name;
    status    (*list)(struct corpus *c, const char *folder); /* add sources with their parts */
    const char *missing;                                     /* how to get it                */
};

static status list_kjv(struct corpus *c, const char *folder)
{
    for (int b = 0; b < KJV_BOOKS; b++) {
        char path[FILE_PATH];
        TRY(file_join(path, folder, kjv_books[b].file));
        if (!file_is_file(path)) FAIL(ERR_DATA, "%s is not there", path);
        add_source(c, path, kjv_books[b].file, (enum how)kjv_books[b].split);
    }
    return OK;
}

/* FOLDER/NAME or FOLDER/NAME.xz, or FOLDER itself where it is the file. */
static status list_one(struct corpus *c, const char *folder, const char *name, enum how how)
{
    char plain[FILE_PATH], packed[FILE_PATH], xz[FILE_PATH];
    snprintf(xz, sizeof xz, "%s.xz", name);
    TRY(file_join(plain, folder, name));
    TRY(file_join(packed, folder, xz));
    const char *path = file_is_file(folder) ? folder : file_is_file(plain) ? plain : packed;
    if (!file_is_file(path)) FAIL(ERR_DATA, "%s is not there", plain);
    add_source(c, path, name, how);
    return OK;
}

static status list_enwik8(struct corpus *c, const char *folder)
{
    return list_one(c, folder, "enwik8", BY_MILLIONS);
}

static status list_text8(struct corpus *c, const char *folder)
{
    return list_one(c, folder, "text8", BY_MILLIONS);
}

static status list_shakespeare(struct corpus *c, const char *folder)
{
    return list_one(c, folder, "input.txt", BY_POSITION);
}

static status list_wikitext(struct corpus *c, const char *folder)
{
    TRY(list_one(c, folder, "wiki.train.tokens", TO_TRAIN));
    TRY(list_one(c, folder, "wiki.valid.tokens", TO_VALID));
    return list_one(c, folder, "wiki.test.tokens", TO_TEST);
}

static enum how gutenberg_part(const char *name)
{
    static const char *const valid[] = {"pg1342.txt", "pg1661.txt", "pg2638.txt", NULL};
    static const char *const test[] = {"pg84.txt", "pg158.txt", "pg345.txt", "pg2701.txt", "pg4300.txt", NULL};
    for (int i = 0; valid[i]; i++)
        if (strncmp(name, valid[i], strlen(valid[i])) == 0) return TO_VALID;
    for (int i = 0; test[i]; i++)
        if (strncmp(name, test[i], strlen(test[i])) == 0) return TO_TEST;
    return strncmp(name, "pg", 2) == 0 ? TO_TRAIN : LEFT_OUT;
}

static status list_gutenberg(struct corpus *c, const char *folder)
{
    size_t count[SPLITS];
    TRY(add_tree(c, folder, "", LEFT_OUT));
    if (c->n_sources == 0) TRY(add_archive_of(c, folder, LEFT_OUT));
    for (size_t i = 0; i < c->n_sources; i++) c->source[i].how = gutenberg_part(c->source[i].name);
    count_parts(c, count);
    if (count[SPLIT_TRAIN] && count[SPLIT_VALID] == 3 && count[SPLIT_TEST] == 5) return OK;
    FAIL(ERR_DATA, "%s: the books pg84.txt, pg158.txt, pg345.txt, pg2701.txt, pg4300.txt (test), pg1342.txt, pg1661.txt, "
         "pg2638.txt (valid) and others pgNNN.txt (train) should be there", folder);
}

static const struct known known[] = {
    {"kjv", list_kjv, "make it: reach data make kjv"},
    {"enwik8", list_enwik8, "get it: reach data fetch enwik8"},
    {"text8", list_text8, "get it: reach data fetch text8"},
    {"wikitext-2", list_wikitext, "get it: reach data fetch wikitext-2"},
    {"wikitext-103", list_wikitext, "get it: reach data fetch wikitext-103"},
    {"gutenberg", list_gutenberg, "put books of Project Gutenberg there as pgNNN.txt"},
    {"tinyshakespeare", list_shakespeare, "get it: reach data fetch tinyshakespeare"},
};
#define N_KNOWN (sizeof known / sizeof *known)

/* The corpus that a name stands for. */
static const char *meant(const char *name, const char *data)
{
    char path[FILE_PATH];
    if (strcmp(name, "books") != 0) return name;
    return file_join(path, data, "gutenberg") == OK && file_is_folder(path) ? "gutenberg" : "kjv";
}

static const struct known *known_of(const char *name)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(name, known[i].name) == 0) return &known[i];
    return NULL;
}

static status known_missing(const struct known *k)
{
    char why[1024];
    snprintf(why, sizeof why, "%s", status_message());
    FAIL(ERR_DATA, "corpus %s: %s; %s", k->name, why, k->missing);
}

/* ---- finding ------------------------------------------------------------------------------------------------- */

static status not_found(const char *name)
{
    const char *words[N_KNOWN + 2] = {"books"};
    char list[256] = "books";
    for (size_t i = 0; i < N_KNOWN; i++) {
        words[i + 1] = known[i].name;
        snprintf(list + strlen(list), sizeof list - strlen(list), ", %s", known[i].name);
    }
    const char *near = option_nearest(name, words);
    FAIL(ERR_DATA, "corpus \"%s\": no such file or folder%s%s%s; known by name: %s", name, near ? " (did you mean " : "",
         near ? near : "", near ? "?)" : "", list);
}

/* Where the corpus called `name` lies, or should: a known name under the data folder, a path here or else there. */
static status find(const char *name, const char *data, char path[FILE_PATH])
{
    char below[FILE_PATH];
    TRY(file_join(below, data, name));
    const bool here = !known_of(name) && (file_is_file(name) || file_is_folder(name));
    snprintf(path, FILE_PATH, "%s", here ? name : below);
    if (file_is_file(path) || file_is_folder(path)) return OK;
    return known_of(name) ? status_fail(ERR_DATA, "%s is not there", path) : not_found(name);
}

static status list_path(struct corpus *c, const char *path, uint64_t seed)
{
    const bool archive = file_is_file(path) && ends_in(path, ".tar.xz"), many = archive || file_is_folder(path);
    const char *slash = strrchr(path, '/');
    TRY(archive ? add_archive(c, path, BY_POSITION) : add_tree(c, path, many ? "" : slash ? slash + 1 : path, BY_POSITION));
    if (c->n_sources == 0) FAIL(ERR_DATA, "%s: no text in it (archives in a folder must be unpacked)", path);
    if (!many || by_roles(c)) return OK;
    if (c->n_sources >= SPLITS) by_hash(c, seed);
    else for (size_t i = 0; i < c->n_sources; i++) c->source[i].how = BY_POSITION;
    return OK;
}

static status list_sources(struct corpus *c, const char *name, uint64_t seed, const char *data)
{
    char path[FILE_PATH];
    const struct known *k = known_of(name);
    status s = find(name, data, path);
    if (k && s == OK) s = k->list(c, path);
    if (k && s == ERR_DATA) return known_missing(k);
    return k || s != OK ? s : list_path(c, path, seed);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

/* What came out of an archive is handed over. */
static status read_source(struct source *f, struct file_content *out)
{
    if (f->own) {
        *out = (struct file_content){.at = f->own, .n = f->n};
        f->own = NULL;
        return OK;
    }
    return ends_in(f->path, ".xz") ? xz_read(f->path, out) : file_map(f->path, out);
}

/* Part s of a file of n bytes is [cut[s], cut[s + 1]). */
static status cut_source(const struct source *f, size_t n, size_t cut[SPLITS + 1])
{
    const size_t million = 1000000;
    cut[0] = 0;
    if (f->how == BY_MILLIONS && n != 100 * million)
        FAIL(ERR_DATA, "%s: %zu bytes where 100,000,000 are expected", f->path, n);
    for (size_t s = 1; s <= SPLITS; s++) {
        if (f->how == BY_POSITION) cut[s] = s < SPLITS ? (size_t)((double)n * cut_at[s]) : n;
        else if (f->how == BY_MILLIONS) cut[s] = (85 + 5 * s) * million;
        else cut[s] = s > (size_t)f->how ? n : 0; /* LEFT_OUT: nothing anywhere */
    }
    return OK;
}

/* A new last document of a part: n bytes, which stand in `own` or will be pointed to. */
static void add_document(struct part *p, size_t n, const char *path)
{
    const size_t d = p->text.n_documents++;
    p->start = grown(p->start, (d + 2) * sizeof *p->start);
    p->from = grown(p->from, (d + 1) * sizeof *p->from);
    if (d == 0) p->start[0] = 0;
    p->start[d + 1] = p->start[d] + n;
    p->from[d] = path;
    p->text.n = p->start[d + 1];
}

static void append(struct part *p, const uint8_t *at, size_t n, const char *path)
{
    if (n == 0) return;
    p->own = grown(p->own, p->text.n + n);
    memcpy(p->own + p->text.n, at, n);
    add_document(p, n, path);
}

static status add_content(struct corpus *c, struct source *f)
{
    size_t cut[SPLITS + 1];
    struct file_content content;
    TRY(read_source(f, &content));
    const status s = cut_source(f, content.n, cut);
    for (int p = 0; p < SPLITS && s == OK; p++) append(&c->part[p], content.at + cut[p], cut[p + 1] - cut[p], f->path);
    file_close(&content);
    return s;
}

/* One file is not copied: the parts point into it. */
static status take_whole(struct corpus *c, struct source *f)
{
    size_t cut[SPLITS + 1];
    TRY(read_source(f, &c->whole));
    TRY(cut_source(f, c->whole.n, cut));
    for (int p = 0; p < SPLITS; p++) {
        if (cut[p + 1] == cut[p]) continue;
        add_document(&c->part[p], cut[p + 1] - cut[p], f->path);
        c->part[p].text.byte = c->whole.at + cut[p];
    }
    return OK;
}

static status read_sources(struct corpus *c)
{
    if (c->n_sources == 1) return take_whole(c, &c->source[0]);
    for (size_t i = 0; i < c->n_sources; i++) TRY(add_content(c, &c->source[i]));
    for (int p = 0; p < SPLITS; p++) c->part[p].text.byte = c->part[p].own;
    return OK;
}

static status finish_parts(struct corpus *c, const char *name)
{
    for (int p = 0; p < SPLITS; p++) {
        if (c->part[p].text.n == 0) FAIL(ERR_DATA, "corpus %s: nothing is left for the %s part", name, split_names[p]);
        c->part[p].text.start = c->part[p].start;
    }
    return OK;
}

status corpus_open(struct corpus **out, const char *name, uint64_t seed, const char *data)
{
    struct corpus *c = grown(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", meant(name, data));
    status s = list_sources(c, c->name, seed, data);
    if (s == OK) s = read_sources(c);
    if (s == OK) s = finish_parts(c, c->name);
    if (s != OK) {
        corpus_close(c);
        c = NULL;
    }
    *out = c;
    return s;
}

void corpus_close(struct corpus *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->n_sources; i++) {
        free(c->source[i].path);
        free(c->source[i].name);
        free(c->source[i].own);
    }
    free(c->source);
    file_close(&c->whole);
    for (int p = 0; p < SPLITS; p++) {
        free(c->part[p].own);
        free(c->part[p].start);
        free(c->part[p].from);
    }
    free(c);
}

const char *corpus_name(const struct corpus *c)
{
    return c->name;
}

struct text corpus_text(const struct corpus *c, enum split s)
{
    return c->part[s].text;
}

const char *corpus_document(const struct corpus *c, enum split s, size_t document)
{
    assert(document < c->part[s].text.n_documents);
    return c->part[s].from[document];
}
