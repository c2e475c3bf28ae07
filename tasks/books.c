/* books.c -- from a corpus's documents to books in splits. */
#include "tasks/books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/random.h"
#include "tasks/kjv.h"

#define SHARE_VALID 0.10
#define SHARE_TEST  0.17

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct book *)a)->path, ((const struct book *)b)->path);
}

/* All documents of `least` bytes, part after part. */
static void collect(struct books *b, size_t least)
{
    size_t total = 0, n = 0;
    for (int s = 0; s < SPLITS; s++) total += corpus_text(b->corpus, (enum split)s).n_documents;
    b->all = calloc(total + 1, sizeof *b->all);
    if (!b->all) status_no_memory("books", total * sizeof *b->all);
    for (int s = 0; s < SPLITS; s++) {
        const struct text t = corpus_text(b->corpus, (enum split)s);
        b->first[s] = n;
        for (size_t d = 0; d < t.n_documents; d++) {
            const size_t bytes = t.start[d + 1] - t.start[d];
            if (bytes >= least) b->all[n++] = (struct book){t.byte + t.start[d], bytes, corpus_document(b->corpus, (enum split)s, d)};
        }
        b->n[s] = n - b->first[s];
    }
}

static size_t total_of(const struct books *b)
{
    return b->n[SPLIT_TRAIN] + b->n[SPLIT_VALID] + b->n[SPLIT_TEST];
}

/* Are there documents that are parts of one file? */
static bool any_cut(const struct books *b)
{
    const size_t n = total_of(b);
    struct book *sorted = malloc((n + 1) * sizeof *sorted);
    bool cut = false;
    if (!sorted) status_no_memory("books", n * sizeof *sorted);
    memcpy(sorted, b->all, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_path);
    for (size_t i = 1; i < n; i++) cut |= by_path(&sorted[i - 1], &sorted[i]) == 0;
    free(sorted);
    return cut;
}

static bool own_parts(const struct books *b)
{
    for (int s = 0; s < SPLITS; s++)
        if (b->n[s] < BOOKS_LEAST) return false;
    return true;
}

static size_t share(double part, size_t n)
{
    const size_t k = (size_t)(part * (double)n + 0.5);
    return k > BOOKS_LEAST ? k : BOOKS_LEAST;
}

static void deal(struct books *b, uint64_t seed)
{
    const size_t n = total_of(b), n_test = share(SHARE_TEST, n), n_valid = share(SHARE_VALID, n);
    struct book *sorted = b->all, *dealt = malloc(n * sizeof *dealt);
    uint32_t *order = malloc(n * sizeof *order);
    if (!dealt || !order) status_no_memory("books", n * sizeof *dealt);
    qsort(sorted, n, sizeof *sorted, by_path);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    random_stream r = random_stream_of(seed, RANDOM_GENERATE, SPLITS, 0); /* pairs use the numbers of splits below it */
    random_shuffle(&r, order, n);
    for (size_t i = 0; i < n; i++) dealt[i] = sorted[order[i]];
    b->n[SPLIT_TEST] = n_test;
    b->n[SPLIT_VALID] = n_valid;
    b->n[SPLIT_TRAIN] = n - n_test - n_valid;
    for (size_t s = 0, at = 0; s < SPLITS; at += b->n[s++]) b->first[s] = at;
    b->all = dealt;
    b->dealt = true;
    free(sorted);
    free(order);
}

static status assign(struct books *b, const char *name, uint64_t seed, size_t least)
{
    const bool cut = any_cut(b);
    if (!cut && own_parts(b)) return OK;
    if (cut || total_of(b) < 3 * BOOKS_LEAST)
        FAIL(ERR_DATA, "corpus %s: six books of at least %zu bytes are needed, one file each, two for each split; it has %zu%s", name, least,
             total_of(b), cut ? " pieces of fewer files" : "");
    deal(b, seed);
    return OK;
}

status books_open(struct books *out, const char *name, uint64_t seed, const char *data, size_t least)
{
    *out = (struct books){0};
    TRY(corpus_open(&out->corpus, name, seed, data));
    collect(out, least);
    const status s = assign(out, name, seed, least);
    if (s != OK) books_close(out);
    return s;
}

static int by_size(const void *a, const void *b)
{
    const size_t x = ((const struct book *)a)->n, y = ((const struct book *)b)->n;
    return x != y ? (x < y) - (x > y) : by_path(a, b);
}

static status keep_longest(struct books *b, const char *name, size_t n, size_t least)
{
    const size_t total = total_of(b);
    const bool cut = any_cut(b);
    if (cut || total < n)
        FAIL(ERR_DATA, "corpus %s: %zu books of at least %zu bytes are needed, one file each; it has %zu%s", name, n, least, total,
             cut ? " pieces of fewer files" : "");
    qsort(b->all, total, sizeof *b->all, by_size);
    qsort(b->all, n, sizeof *b->all, by_path);
    for (int s = 0; s < SPLITS; s++) b->first[s] = b->n[s] = 0;
    b->n[SPLIT_TRAIN] = n;
    return OK;
}

status books_open_longest(struct books *out, const char *name, size_t n, const char *data, size_t least)
{
    *out = (struct books){0};
    TRY(corpus_open(&out->corpus, name, 1, data)); /* the corpus's own split, and so its seed, does not matter */
    collect(out, least);
    const status s = keep_longest(out, name, n, least);
    if (s != OK) books_close(out);
    return s;
}

void books_close(struct books *b)
{
    corpus_close(b->corpus);
    free(b->all);
    *b = (struct books){0};
}

void book_passage(const struct book *b, size_t start, size_t n, int32_t *token)
{
    for (size_t i = 0; i < n; i++) token[i] = b->at[start + i] + 1;
}

void books_checksum(const struct books *b, char out[33])
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, b->n, sizeof b->n);
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < b->n[s]; i++) {
            const struct book *book = &b->all[b->first[s] + i];
            XXH3_128bits_update(state, &book->n, sizeof book->n);
            XXH3_128bits_update(state, book->at, book->n);
        }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

status books_make(const char *task, const char *name, const char *data)
{
    char folder[FILE_PATH];
    if (strcmp(name, "kjv") != 0) FAIL(ERR_DATA, "%s: only the corpus kjv can be made; %s must be brought", task, name);
    TRY(file_join(folder, data, "kjv"));
    return kjv_make(folder);
}

void books_of(const char *name, char out[BOOKS_OF])
{
    snprintf(out, BOOKS_OF, "%s", strcmp(name, "kjv") == 0 ? "the King James Bible" : name);
}
