/* batch.c -- lay sequences end to end. */
#include "train/batch.h"

#include <string.h>

size_t sequence_targets(const struct sequence *s)
{
    if (s->byte) return s->n - (s->ends && s->n > 0) - s->scored_from;
    if (!s->target) return !s->first_of_two;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->target[i] >= 0;
    return n;
}

static void fill_text(const struct sequence *s, int32_t *token, int32_t *target)
{
    for (size_t i = 0; i < s->n; i++) {
        token[i] = s->byte[i];
        target[i] = i < s->scored_from || (s->ends && i + 1 == s->n) ? -1 : s->byte[i + 1];
    }
}

static void fill(arena *a, const struct sequence *s, size_t n, struct pack *p)
{
    const bool by_row = s[0].byte || s[0].target;
    size_t *offset = ARENA_ARRAY(a, size_t, n + 1);
    uint64_t *id = ARENA_ARRAY(a, uint64_t, n);
    ptrdiff_t *first = ARENA_ARRAY(a, ptrdiff_t, n);
    const struct carried **in = ARENA_ARRAY(a, const struct carried *, n);
    struct carried **out = ARENA_ARRAY(a, struct carried *, n);
    bool hides = false;
    offset[0] = 0;
    for (size_t e = 0; e < n; e++) {
        in[e] = s[e].state_in;
        out[e] = s[e].state_out;
        hides = hides || s[e].valid;
        offset[e + 1] = offset[e] + s[e].n;
        id[e] = s[e].id;
        first[e] = s[e].first;
    }
    int32_t *token = ARENA_ARRAY(a, int32_t, offset[n]);
    int32_t *target = ARENA_ARRAY(a, int32_t, by_row ? offset[n] : n), *label = target;
    for (size_t e = 0; e < n; e++) {
        int32_t *to = token + offset[e];
        if (s[e].byte) {
            fill_text(&s[e], to, target + offset[e]);
            continue;
        }
        memcpy(to, s[e].token, s[e].n * sizeof *to);
        if (by_row) memcpy(target + offset[e], s[e].target, s[e].n * sizeof *target);
        else if (!s[e].first_of_two) *label++ = s[e].label;
    }
    unsigned char *valid = hides ? ARENA_ARRAY(a, unsigned char, offset[n]) : NULL;
    for (size_t e = 0; e < n && hides; e++) {
        if (s[e].valid) memcpy(valid + offset[e], s[e].valid, s[e].n);
        else memset(valid + offset[e], 1, s[e].n);
    }
    *p = (struct pack){.n = n, .valid = valid, .offset = offset, .id = id, .first = first, .token = token, .target = target,
                       .state_in = in, .state_out = out};
}

/* Rows of the example that begins with sequence s, and how many sequences it is. */
static size_t whole(const struct sequence *s, size_t *texts)
{
    *texts = s->first_of_two ? 2 : 1;
    return s->n + (s->first_of_two ? s[1].n : 0);
}

struct pack *batch_packs(arena *a, const struct sequence *s, size_t n, size_t pack_rows, size_t *n_packs, size_t **first_of)
{
    struct pack *pack = ARENA_ARRAY(a, struct pack, n);
    size_t *starts = ARENA_ARRAY(a, size_t, n + 1), packs = 0;
    for (size_t at = 0; at < n;) {
        size_t texts, rows = whole(&s[at], &texts), end = at + texts;
        for (size_t more; end < n && rows + (more = whole(&s[end], &texts)) <= pack_rows; end += texts) rows += more;
        starts[packs] = at;
        fill(a, s + at, end - at, &pack[packs++]);
        at = end;
    }
    starts[packs] = n;
    *n_packs = packs;
    *first_of = starts;
    return pack;
}
