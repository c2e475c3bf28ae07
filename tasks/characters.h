/* characters.h -- Unicode characters as symbols.
 *
 * Ids: 0 padding, 1 any character that is not common, 2 end of text, then the common characters by code point: no id depends
 * on an order of hashing or counting.
 */
#ifndef REACH_CHARACTERS_H
#define REACH_CHARACTERS_H

#include <stddef.h>
#include <stdint.h>

enum { CHARACTER_PADDING, CHARACTER_RARE, CHARACTER_END, CHARACTER_FIRST };

#define CHARACTER_CODES 0x110000

/* The code point of the UTF-8 character at *at < end, which is moved past it.  A byte that begins no whole, shortest
 * encoding of a character is U+FFFD by itself. */
uint32_t character_next(const uint8_t **at, const uint8_t *end);

struct characters {
    size_t    vocabulary; /* CHARACTER_FIRST + common ones  */
    uint16_t *id;         /* [CHARACTER_CODES]              */
};

/* Those that were counted at least `least` times: count[CHARACTER_CODES]. */
void characters_make(struct characters *out, const uint32_t *count, uint32_t least);

/* The character of an id as UTF-8, and what the others stand for: "", "<?>" and "<end>".  out[8] */
void character_word(const struct characters *c, uint16_t id, char out[8]);

void characters_free(struct characters *c); /* accepts a cleared struct, and clears it */

#endif
