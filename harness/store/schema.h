/* schema.h -- the tables of a result file, column by column.
 *
 * One list drives writing, reading and the digest: a column added to a row of results.h gets one line in schema.c.
 */
#ifndef REACH_STORE_SCHEMA_H
#define REACH_STORE_SCHEMA_H

#include "store/results.h"

enum column_kind { COLUMN_INT /* int64_t */, COLUMN_REAL /* double */, COLUMN_TEXT /* char[size], ends in 0 */ };

struct column {
    const char      *name;
    enum column_kind kind;
    size_t           offset, size;  /* of the field in its row                                */
    const char      *units;         /* "nats per target"; NULL: a text, which has none        */
    bool             reproducible;  /* the same in every repetition of the run: in the digest */
};

struct table {
    const char          *path;        /* "/curves/train"                                      */
    const char          *description;
    size_t               row;         /* bytes of a row in memory                             */
    const struct column *columns;
    size_t               n_columns;
    size_t               at, n;       /* offsets of the array and its count in struct results */
    bool                 in_digest;
    bool                 optional;    /* absent where it has no rows: files from before it was known read as such */
};

extern const struct table tables[];
extern const size_t       n_tables;

/* The numbers of /cost. */
extern const struct table cost_table; /* path "/cost"; the columns are attributes; `at` is the struct's offset */

/* Measured costs: struct cost_row of costs.h. */
extern const struct table bench_table;  /* path "/bench" */
extern const struct table rounds_table; /* path "/rounds": struct round_row; optional */

/* Where each parameter of a checkpoint lies: /checkpoint/layout. */
struct layout_row {
    char    name[96];
    int64_t offset, rows, cols;
};
extern const struct table layout_table; /* path "layout", inside /checkpoint */
struct layout_row *layout_rows(const struct checkpoint *c); /* n_names of them; the caller frees */

/* The rows of a table in `r` and their count; the place of the pointer and of the count, to change them. */
const void *table_rows(const struct table *t, const struct results *r);
size_t      table_count(const struct table *t, const struct results *r);
void      **table_rows_at(const struct table *t, struct results *r);
size_t     *table_count_at(const struct table *t, struct results *r);

/* An array of n rows always has room for table_room(n) of them: the power of two at or above n. */
size_t table_room(size_t n);

/* A status as the word in the file, and back (false: no such word). */
const char *run_status_word(enum run_status s);
bool        run_status_find(const char *word, enum run_status *out);

#endif
