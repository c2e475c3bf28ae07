/* padding.c -- rows of token 0. */
#include "train/padding.h"

#include <string.h>

static void pad_one(arena *a, const struct model_options *o, struct sequence *s)
{
    const size_t n = s->n > (size_t)o->pad_to ? s->n : (size_t)o->pad_to;
    int32_t *token = ARENA_ZEROS(a, int32_t, n);
    unsigned char *valid = ARENA_ARRAY(a, unsigned char, n);
    memcpy(token, s->token, s->n * sizeof *token);
    for (size_t i = 0; i < n; i++) valid[i] = !o->hide_zero || token[i] != 0;
    s->token = token;
    s->valid = o->hide_zero ? valid : NULL;
    s->n = n;
}

const struct sequence *padded(arena *a, const struct model_options *o, const struct sequence *s, size_t n)
{
    if (n == 0 || s[0].byte || s[0].target || (!o->pad_to && !o->hide_zero)) return s;
    struct sequence *to = ARENA_ARRAY(a, struct sequence, n);
    memcpy(to, s, n * sizeof *to);
    for (size_t i = 0; i < n; i++) pad_one(a, o, &to[i]);
    return to;
}
