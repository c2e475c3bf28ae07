/* context_model.c -- sorted counts of contexts and what followed them. */
#include "tasks/context_model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The counts of one order.  Context i was followed by next[start[i]] .. next[start[i+1] - 1], count[] times each.
 * Contexts ascend; those that begin with the same 16 bits stand at [bucket[b], bucket[b + 1]). */
struct counts {
    size_t    n;
    uint64_t *context;
    uint32_t *start;
    uint32_t *total;  /* [n] c(h)             */
    uint8_t  *next;
    uint32_t *count;  /* c(h b)               */
    uint32_t *bucket; /* [2^16 + 1]           */
    int       shift;  /* context >> shift is its bucket */
};

struct context_model {
    struct counts order[CONTEXT_ORDERS];
};

static void *wanted(size_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);
    if (!at) status_no_memory("the context model", n * size);
    return at;
}

/* The k bytes before `at`, the oldest highest. */
static uint64_t context_at(const uint8_t *at, int k)
{
    uint64_t h = 0;
    for (int j = k; j > 0; j--) h = h << 8 | at[-j];
    return h;
}

/* All (context, byte) of order k as numbers; positions with less than k bytes before them have none. */
static size_t list_grams(struct text t, size_t most, int k, uint64_t *gram)
{
    size_t n = 0;
    for (size_t d = 0; d < t.n_documents; d++) {
        const size_t end = t.start[d + 1] < most ? t.start[d + 1] : most;
        for (size_t i = t.start[d] + (size_t)k; i < end; i++) gram[n++] = context_at(t.byte + i, k) << 8 | t.byte[i];
    }
    return n;
}

/* Radix sort by the low `bytes` bytes; `spare` is as large as `at`. */
static void sort_grams(uint64_t *at, uint64_t *spare, size_t n, int bytes)
{
    for (int b = 0; b < bytes; b++) {
        size_t place[257] = {0};
        for (size_t i = 0; i < n; i++) place[(at[i] >> 8 * b & 255) + 1]++;
        for (int v = 0; v < 256; v++) place[v + 1] += place[v];
        for (size_t i = 0; i < n; i++) spare[place[at[i] >> 8 * b & 255]++] = at[i];
        uint64_t *const swap = at;
        at = spare;
        spare = swap;
    }
    if (bytes & 1) memcpy(spare, at, n * sizeof *at); /* the result belongs where it came from */
}

static void fill_buckets(struct counts *c, int k)
{
    c->shift = k > 2 ? 8 * k - 16 : 0;
    c->bucket = wanted((1 << 16) + 1, sizeof *c->bucket);
    for (size_t i = 0; i < c->n; i++) c->bucket[(c->context[i] >> c->shift) + 1]++;
    for (int b = 0; b < 1 << 16; b++) c->bucket[b + 1] += c->bucket[b];
}

/* Runs of equal grams become counts. */
static void count_runs(struct counts *c, const uint64_t *gram, size_t n)
{
    size_t contexts = 0, pairs = 0;
    for (size_t i = 0; i < n; i++) {
        contexts += i == 0 || gram[i] >> 8 != gram[i - 1] >> 8;
        pairs += i == 0 || gram[i] != gram[i - 1];
    }
    c->n = contexts;
    c->context = wanted(contexts, sizeof *c->context);
    c->total = wanted(contexts, sizeof *c->total);
    c->start = wanted(contexts + 1, sizeof *c->start);
    c->next = wanted(pairs, sizeof *c->next);
    c->count = wanted(pairs, sizeof *c->count);
    contexts = pairs = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || gram[i] >> 8 != gram[i - 1] >> 8) {
            c->start[contexts] = (uint32_t)pairs;
            c->context[contexts++] = gram[i] >> 8;
        }
        if (i == 0 || gram[i] != gram[i - 1]) c->next[pairs++] = (uint8_t)gram[i];
        c->count[pairs - 1]++;
        c->total[contexts - 1]++;
    }
    c->start[contexts] = (uint32_t)pairs;
}

struct context_model *context_model_new(struct text train, size_t most)
{
    struct context_model *m = wanted(1, sizeof *m);
    const size_t n = train.n < most ? train.n : most;
    assert(n < UINT32_MAX);
    uint64_t *gram = wanted(n, sizeof *gram), *spare = wanted(n, sizeof *spare);
    for (int k = 0; k < CONTEXT_ORDERS; k++) {
        const size_t grams = list_grams(train, n, k, gram);
        sort_grams(gram, spare, grams, k + 1);
        count_runs(&m->order[k], gram, grams);
        fill_buckets(&m->order[k], k);
    }
    free(gram);
    free(spare);
    return m;
}

void context_model_free(struct context_model *m)
{
    if (!m) return;
    for (int k = 0; k < CONTEXT_ORDERS; k++) {
        struct counts *c = &m->order[k];
        free(c->context);
        free(c->start);
        free(c->total);
        free(c->next);
        free(c->count);
        free(c->bucket);
    }
    free(m);
}

/* The number of a context, or -1 if it was never followed by anything. */
static ptrdiff_t find_context(const struct counts *c, uint64_t h)
{
    size_t lo = c->bucket[h >> c->shift], hi = c->bucket[(h >> c->shift) + 1];
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (c->context[mid] < h) lo = mid + 1;
        else hi = mid;
    }
    return lo < c->bucket[(h >> c->shift) + 1] && c->context[lo] == h ? (ptrdiff_t)lo : -1;
}

/* P_k-1 in p becomes P_k. */
static bool refine(const struct counts *c, uint64_t h, double p[256])
{
    const ptrdiff_t i = find_context(c, h);
    if (i < 0) return false;
    const uint32_t first = c->start[i], last = c->start[i + 1];
    const double share = 1.0 / ((double)c->total[i] + (last - first)), lower = (last - first) * share;
    for (int b = 0; b < 256; b++) p[b] *= lower;
    for (uint32_t j = first; j < last; j++) p[c->next[j]] += c->count[j] * share;
    return true;
}

static void start_uniform(double p[256])
{
    for (int b = 0; b < 256; b++) p[b] = 1.0 / 256;
}

void context_model_predict(const struct context_model *m, int order, const uint8_t *at, size_t n, double p[256])
{
    assert(order >= 0 && order < CONTEXT_ORDERS);
    start_uniform(p);
    for (int k = 0; k <= order && (size_t)k <= n; k++) refine(&m->order[k], context_at(at, k), p);
}

static uint8_t likeliest(const double p[256])
{
    double most = 0;
    for (int b = 0; b < 256; b++) most = p[b] > most ? p[b] : most;
    for (int b = 0; b < 255; b++)
        if (p[b] == most) return (uint8_t)b;
    return 255;
}

/* Add one byte, n bytes into its document, to the sums of all orders. */
static void score_byte(const struct context_model *m, const uint8_t *at, size_t n, struct context_score sum[CONTEXT_ORDERS])
{
    double p[256];
    uint8_t guess = 0;
    start_uniform(p);
    for (int k = 0; k < CONTEXT_ORDERS; k++) {
        if ((size_t)k <= n && refine(&m->order[k], context_at(at, k), p)) guess = likeliest(p);
        sum[k].loss -= log(p[*at]);
        sum[k].accuracy += guess == *at;
    }
}

#define BLOCK 4096 /* bytes summed together, whatever the threads */

static size_t document_of(struct text t, size_t i)
{
    size_t lo = 0, hi = t.n_documents;
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (t.start[mid] <= i) lo = mid;
        else hi = mid;
    }
    return lo;
}

static void score_block(const struct context_model *m, struct text t, size_t first, struct context_score sum[CONTEXT_ORDERS])
{
    const size_t end = first + BLOCK < t.n ? first + BLOCK : t.n;
    size_t d = document_of(t, first);
    for (size_t i = first; i < end; i++) {
        while (i >= t.start[d + 1]) d++;
        score_byte(m, t.byte + i, i - t.start[d], sum);
    }
}

void context_model_score(const struct context_model *m, struct text text, struct context_score score[CONTEXT_ORDERS])
{
    const size_t blocks = (text.n + BLOCK - 1) / BLOCK;
    struct context_score (*sum)[CONTEXT_ORDERS] = wanted(blocks, sizeof *sum);
#pragma omp parallel for schedule(dynamic, 4)
    for (size_t b = 0; b < blocks; b++) score_block(m, text, b * BLOCK, sum[b]);
    memset(score, 0, CONTEXT_ORDERS * sizeof *score);
    for (size_t b = 0; b < blocks; b++)
        for (int k = 0; k < CONTEXT_ORDERS; k++) {
            score[k].loss += sum[b][k].loss / (double)text.n;
            score[k].accuracy += sum[b][k].accuracy / (double)text.n;
        }
    free(sum);
}
