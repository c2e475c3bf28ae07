/* notes.h -- numbered footnotes of a table; equal ones share a number. */
#ifndef REACH_NOTES_H
#define REACH_NOTES_H

#include "report/grid.h"
#include "report/load.h"

struct notes {
    size_t n;
    char (*text)[1024];
    const char *anchor; /* HTML: what grids link to (grid.h); NULL: nothing */
};

void   notes_done(struct notes *n);
size_t notes_add(struct notes *n, const char *text);      /* its number, from 1 */
void   notes_print(FILE *out, const struct notes *n, enum table_format f);

/* The number of the note on what is wrong with a variant's runs ("seed 2: diverged: ..."), and on how they were tuned; 0: there is none. */
size_t notes_variant(struct notes *n, const struct variant_runs *v);

/* A paragraph, broken at blanks to GRID_WIDTH columns in text. */
void paragraph_print(FILE *out, const char *text, enum table_format f, size_t indent);

#endif
