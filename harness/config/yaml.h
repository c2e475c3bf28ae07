/* yaml.h -- a YAML text as a small tree that remembers where each value stood.
 *
 * A subset on purpose: one document of maps, lists and scalars, in UTF-8.  Scalars stay text; who asks decides the type.
 * Refused with a place: a key that stands twice in a map, merge keys (<<), tags, several documents, control characters,
 * more than YAML_DEEP levels, more than YAML_NODES values once aliases are expanded, an alias inside its own anchor.
 *
 * Trees are read-only once made and may share branches.  All of them live in a pool.
 */
#ifndef REACH_CONFIG_YAML_H
#define REACH_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define YAML_DEEP  64
#define YAML_NODES 100000
#define YAML_KEYS  1000      /* of one map          */
#define YAML_BYTES (1 << 20) /* of one file or text */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_mark {
    const char *source;       /* a file's path, or what stands for it: "--set train.tokens=1e6" */
    size_t      line, column; /* from 1; line 0: the source has no lines                        */
};

struct yaml {
    enum yaml_kind      kind;
    struct yaml_mark    mark;  /* where it begins                                       */
    const char         *text;  /* YAML_SCALAR: UTF-8, without control characters but tab and newline */
    bool                plain; /* YAML_SCALAR: written without quotes                   */
    bool                one_line; /* YAML_SCALAR: written on one line, so that a place inside it can be told */
    size_t              n;     /* YAML_LIST, YAML_MAP: how many                         */
    struct yaml       **item;  /* [n] the items, or the values of a map                 */
    struct yaml       **key;   /* YAML_MAP: [n] the keys, all scalars, no two the same  */
    size_t              count; /* values in it, itself included, aliases expanded       */
    size_t              deep;  /* levels in it: 1 for a scalar                          */
};

/* ---- memory ------------------------------------------------------------------------------------ */

struct yaml_pool { /* {0} is an empty one */
    struct yaml_block *blocks;
};

void *yaml_take(struct yaml_pool *p, size_t bytes); /* cleared; ends the program if there is no memory */
char *yaml_format(struct yaml_pool *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void  yaml_pool_done(struct yaml_pool *p);          /* gives back all that was taken                   */

/* ---- reading ----------------------------------------------------------------------------------- */

/* Read the file `path`; *out is its root, a null scalar if it is empty.  `path` must live as long as the pool.
 * ERR_IO if it cannot be read, ERR_CONFIG with "FILE:LINE:COLUMN: sentence" if it is not what we take. */
status yaml_read_file(struct yaml_pool *p, const char *path, struct yaml **out);

/* Read a text; places are given as `source` alone, which must live as long as the pool. */
status yaml_read_text(struct yaml_pool *p, const char *source, const char *text, struct yaml **out);

/* ---- asking ------------------------------------------------------------------------------------ */

/* No value: nothing, ~ or null without quotes.  NULL is none either. */
bool yaml_is_null(const struct yaml *y);

/* The value (or the key's own node) of `key` in a map, or NULL; NULL if `map` is not a map. */
struct yaml *yaml_get(const struct yaml *map, const char *key);
struct yaml *yaml_key(const struct yaml *map, const char *key);

/* ---- making ------------------------------------------------------------------------------------ */

/* {key: value}, standing where `value` stands. */
struct yaml *yaml_map_of(struct yaml_pool *p, const char *key, struct yaml *value);

/* A map like `map` but without `key`, or with it set to `value` (in its old place, or last); `map` stays as it is. */
struct yaml *yaml_without(struct yaml_pool *p, struct yaml *map, const char *key);
struct yaml *yaml_with(struct yaml_pool *p, struct yaml *map, const char *key, struct yaml *value);

/* `over` laid over `under`: maps merge, key by key and deeply; everything else replaces.  Either may be NULL.
 * A merged map stands where `over` does, or `under` if only that has a line. */
struct yaml *yaml_merge(struct yaml_pool *p, struct yaml *under, struct yaml *over);

/* ---- refusing ---------------------------------------------------------------------------------- */

/* ERR_CONFIG with the place of `mark`, ": " and the sentence. */
status yaml_fail(struct yaml_mark mark, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
