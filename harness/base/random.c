/* random.c -- keys and streams over Random123's Philox4x32-10. */
#include "base/random.h"

#include <Random123/philox.h>
#include <math.h>

void random_block(random_key key, const uint32_t c[4], uint32_t out[4])
{
    const philox4x32_ctr_t at = {{c[0], c[1], c[2], c[3]}};
    const philox4x32_key_t k = {{key.k[0], key.k[1]}};
    const philox4x32_ctr_t r = philox4x32(at, k);
    for (int i = 0; i < 4; i++) out[i] = r.v[i];
}

random_key random_key_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint32_t b)
{
    const random_key k = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    const uint32_t c[4] = {(uint32_t)a, (uint32_t)(a >> 32), b, (uint32_t)purpose};
    uint32_t r[4];
    random_block(k, c, r);
    return (random_key){{r[0], r[1]}};
}

random_stream random_stream_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint32_t b)
{
    return (random_stream){.key = random_key_of(seed, purpose, a, b)};
}

uint32_t random_u32(random_stream *s)
{
    if (s->left == 0) {
        const uint32_t c[4] = {(uint32_t)s->block, (uint32_t)(s->block >> 32), 0, 0};
        random_block(s->key, c, s->word);
        s->block++;
        s->left = 4;
    }
    return s->word[4 - s->left--];
}

double random_uniform(random_stream *s)
{
    return random_u32(s) * 0x1p-32;
}

double random_normal(random_stream *s)
{
    const double u = (random_u32(s) + 1.0) * 0x1p-32; /* (0, 1] */
    const double v = random_u32(s) * 0x1p-32;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

uint32_t random_below(random_stream *s, uint32_t n)
{
    const uint32_t unfair = (uint32_t)(-n) % n; /* 2^32 mod n */
    uint32_t x;
    do x = random_u32(s);
    while (x < unfair);
    return x % n;
}

void random_shuffle(random_stream *s, uint32_t *at, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const uint32_t j = random_below(s, (uint32_t)i), x = at[j];
        at[j] = at[i - 1];
        at[i - 1] = x;
    }
}
