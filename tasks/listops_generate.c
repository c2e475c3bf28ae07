/* listops_generate.c -- a set of drawn examples, all different. */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tasks/listops_set.h"

#define MOST_DRAWS  1000000 /* for one example, kept or not         */
#define MOST_EQUALS 10000   /* kept draws that equal an example before */

void listops_set_free(struct listops_set *set)
{
    for (int s = 0; s < SPLITS; s++) {
        for (size_t i = 0; i < set->n[s]; i++) free(set->at[s][i].token);
        free(set->at[s]);
    }
    *set = (struct listops_set){0};
}

static void *wanted(size_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);
    if (!at) status_no_memory("ListOps examples", n * size);
    return at;
}

static const enum split order[SPLITS] = {SPLIT_TEST, SPLIT_VALID, SPLIT_TRAIN}; /* of generation */

/* ---- drawing ------------------------------------------------------------------------------------------------- */

/* The next kept draw of a stream; false if there was none in a million. */
static bool next_kept(const struct listops_grammar *g, random_stream *random, uint8_t *room, struct listops_example *out)
{
    size_t n = 0;
    for (int draw = 0; n == 0 && draw < MOST_DRAWS; draw++) n = listops_draw(g, random, room);
    if (n == 0) return false;
    out->token = memcpy(wanted(n, 1), room, n);
    out->n = (uint32_t)n;
    out->label = (uint8_t)listops_value(room, n, LISTOPS_DEPTH);
    return true;
}

static status no_tree(const struct listops_grammar *g)
{
    FAIL(ERR_CONFIG, "listops: no tree of more than %lld and less than %lld tokens in a million draws "
         "(max_depth %lld, max_args %lld)", (long long)g->min_length, (long long)g->max_length, (long long)g->max_depth,
         (long long)g->max_args);
}

/* The first kept draw of every example; equal ones are replaced afterwards. */
static status draw_split(struct listops_set *set, const struct listops_grammar *g, uint64_t seed, enum split s)
{
    atomic_bool failed = false;
#pragma omp parallel
    {
        uint8_t *room = wanted((size_t)g->max_length, 1);
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < set->n[s]; i++) {
            if (failed) continue;
            random_stream random = random_stream_of(seed, RANDOM_GENERATE, s, (uint32_t)i);
            if (!next_kept(g, &random, room, &set->at[s][i])) failed = true;
        }
        free(room);
    }
    return failed ? no_tree(g) : OK;
}

/* ---- no two alike -------------------------------------------------------------------------------------------- */

/* An open-addressing table of the examples so far. */
struct seen {
    size_t                         size; /* a power of two, over twice the examples */
    const struct listops_example **at;
};

static bool same(const struct listops_example *a, const struct listops_example *b)
{
    return a->n == b->n && memcmp(a->token, b->token, a->n) == 0;
}

/* Put an example in the table; false if its equal is there. */
static bool is_new(struct seen *seen, const struct listops_example *e)
{
    size_t i = XXH3_64bits(e->token, e->n) & (seen->size - 1);
    for (; seen->at[i]; i = (i + 1) & (seen->size - 1))
        if (same(seen->at[i], e)) return false;
    seen->at[i] = e;
    return true;
}

/* Go on in the example's stream until it equals none before it. */
static status replace(struct seen *seen, const struct listops_grammar *g, random_stream random, uint8_t *room,
                      struct listops_example *e)
{
    for (int equal = 0; equal < MOST_EQUALS; equal++) {
        free(e->token);
        *e = (struct listops_example){0};
        if (!next_kept(g, &random, room, e)) return no_tree(g);
        if (is_new(seen, e)) return OK;
    }
    FAIL(ERR_CONFIG, "listops: too few different trees of more than %lld and less than %lld tokens for so many examples",
         (long long)g->min_length, (long long)g->max_length);
}

static status make_different(struct listops_set *set, const struct listops_grammar *g, uint64_t seed)
{
    const size_t all = set->n[SPLIT_TRAIN] + set->n[SPLIT_VALID] + set->n[SPLIT_TEST];
    struct seen seen = {.size = 16};
    while (seen.size < 2 * all) seen.size *= 2;
    seen.at = wanted(seen.size, sizeof *seen.at);
    uint8_t *room = wanted((size_t)g->max_length, 1);
    status st = OK;
    for (int o = 0; o < SPLITS; o++)
        for (size_t i = 0; i < set->n[order[o]] && st == OK; i++) {
            struct listops_example *e = &set->at[order[o]][i];
            if (!is_new(&seen, e))
                st = replace(&seen, g, random_stream_of(seed, RANDOM_GENERATE, order[o], (uint32_t)i), room, e);
        }
    free(room);
    free(seen.at);
    return st;
}

status listops_generate(struct listops_set *set, const struct listops_grammar *g, uint64_t seed, const size_t n[SPLITS])
{
    assert(g->max_depth >= 1 && g->max_depth <= LISTOPS_DEPTH && g->max_args >= 2 && g->max_length >= 1);
    status s = OK;
    *set = (struct listops_set){0};
    for (int o = 0; o < SPLITS; o++) {
        set->n[o] = n[o];
        set->at[o] = wanted(n[o], sizeof *set->at[o]);
    }
    for (int o = 0; o < SPLITS && s == OK; o++) s = draw_split(set, g, seed, order[o]);
    if (s == OK) s = make_different(set, g, seed);
    if (s != OK) listops_set_free(set);
    return s;
}
