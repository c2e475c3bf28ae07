/* characters.c -- UTF-8 (RFC 3629) and a table of ids. */
#include "tasks/characters.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define WRONG 0xFFFD

uint32_t character_next(const uint8_t **at, const uint8_t *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}; /* with so many bytes after the first */
    const uint8_t first = *(*at)++;
    if (first < 0x80) return first;
    const size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - *at) < more) return WRONG;
    uint32_t code = first & (0x3Fu >> more);
    for (size_t i = 0; i < more; i++) {
        if (((*at)[i] & 0xC0) != 0x80) return WRONG;
        code = code << 6 | ((*at)[i] & 0x3F);
    }
    if (code < least[more] || code >= CHARACTER_CODES || (code >= 0xD800 && code < 0xE000)) return WRONG;
    *at += more;
    return code;
}

void characters_make(struct characters *out, const uint32_t *count, uint32_t least)
{
    const size_t most = UINT16_MAX; /* ids; so many common characters no language has */
    *out = (struct characters){CHARACTER_FIRST, malloc(CHARACTER_CODES * sizeof *out->id)};
    if (!out->id) status_no_memory("a table of characters", CHARACTER_CODES * sizeof *out->id);
    for (size_t c = 0; c < CHARACTER_CODES; c++)
        out->id[c] = count[c] >= least && out->vocabulary < most ? (uint16_t)out->vocabulary++ : CHARACTER_RARE;
}

void characters_free(struct characters *c)
{
    free(c->id);
    *c = (struct characters){0};
}

static size_t encode(uint32_t code, char *out)
{
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    const size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    out[0] = (char)(lead[more] | code >> 6 * more);
    for (size_t i = 1; i <= more; i++) out[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
    return more + 1;
}

void character_word(const struct characters *c, uint16_t id, char out[8])
{
    static const char *const others[CHARACTER_FIRST] = {"", "<?>", "<end>"};
    if (id < CHARACTER_FIRST) {
        memcpy(out, others[id], strlen(others[id]) + 1);
        return;
    }
    uint32_t code = 0; /* ids rise with code points: the common ones are soon found */
    while (code + 1 < CHARACTER_CODES && c->id[code] != id) code++;
    out[encode(code, out)] = 0;
}
