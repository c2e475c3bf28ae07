/* option.h -- one table per thing drives YAML checking, `reach list`, defaults and documentation.
 *
 * A table is an array of struct option ending in {.name = NULL}; it describes fields of a plain struct
 * (no pointers inside), so a struct of options may be copied, compared and hashed as bytes once
 * option_defaults has cleared it.
 */
#ifndef REACH_OPTION_H
#define REACH_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define OPTION_TEXT  256 /* bytes of a text field, the final 0 included */
#define OPTION_ITEMS 32  /* most items of a list */

struct int_list  { size_t n; int64_t at[OPTION_ITEMS]; };
struct real_list { size_t n; double  at[OPTION_ITEMS]; };

enum option_type {       /* field in the struct                                   */
    OPTION_INT,          /* int64_t                                               */
    OPTION_REAL,         /* double                                                */
    OPTION_BOOL,         /* bool                                                  */
    OPTION_CHOICE,       /* int: index into `choices`                             */
    OPTION_SET,          /* unsigned: bit i for choices[i]; YAML: a list of words */
    OPTION_WORD,         /* char[OPTION_TEXT]                                     */
    OPTION_INT_LIST,     /* struct int_list                                       */
    OPTION_REAL_LIST,    /* struct real_list                                      */
};

struct option {
    const char        *name;
    enum option_type   type;
    size_t             offset;   /* of the field in its struct                           */
    const char        *fallback; /* the default, as it would stand in YAML: "0.1" "[q,k]" */
    double             min, max; /* inclusive range of numbers (of each item in a list)   */
    const char *const *choices;  /* NULL-terminated words of CHOICE and SET               */
    const char        *help;     /* one line: meaning and unit                            */
};

/* Functions that take a table accept NULL for a thing without options. */

/* Clear `size` bytes at `target` and set every field to its default. */
void option_defaults(const struct option *table, void *target, size_t size);

/* The option called `name`, or NULL. */
const struct option *option_find(const struct option *table, const char *name);

/* Set one field from YAML scalars: n = 1 for single values; any n for lists and sets.
 * ERR_CONFIG with a sentence without place ("width: 12.5 is not a whole number") if a value does not
 * parse, leaves its range, is not among the choices (names the nearest), or a list is too long. */
status option_set(const struct option *o, void *target, size_t n, const char *const *items);

/* The same from YAML flow text: a scalar, or "[a, b]" for lists and sets. */
status option_set_text(const struct option *o, void *target, const char *text);

/* The field in canonical YAML flow form: "64", "0.1", "true", "key", "[q, k]".  Numbers have the fewest digits that
 * read back the same; words stand in double quotes where YAML needs them.  `out` has `size` bytes (OPTION_PRINT is
 * always enough). */
#define OPTION_PRINT 2048
void option_print(const struct option *o, const void *target, char *out, size_t size);

/* `word` as one YAML scalar: as it is, or in double quotes. */
void option_print_word(const char *word, char *out, size_t size);

/* The word of a NULL-terminated list nearest to `word` in spelling, case aside, or NULL if none is near: edit distance
 * (a swap of neighbours is one) over 2 and over a third of its length, or no letter in common. */
const char *option_nearest(const char *word, const char *const *words);

/* The end of a sentence about an unknown word: `; did you mean "window"?`, or `; known: key, query, both` when none is
 * near and the list is short, or nothing. */
void option_hint(const char *word, const char *const *words, char *out, size_t size);

#endif
