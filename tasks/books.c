/* books.c -- from a corpus's documents to books in splits. */
#include "tasks/books.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

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

void books_close(struct books *b)
{
    corpus_close(b->corpus);
    free(b->all);
    *b = (struct books){0};
}
