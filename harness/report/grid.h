/* grid.h -- a table of texts, printed as aligned text, Markdown, LaTeX or HTML. */
#ifndef REACH_GRID_H
#define REACH_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_format { TABLE_TEXT, TABLE_MD, TABLE_CSV, TABLE_TEX, TABLE_HTML };

#define GRID_COLUMNS 72
#define GRID_TEXT    72
#define GRID_TIE     "≈"
#define GRID_WIDTH   100 /* columns of a terminal; wider tables go on below, at a group if they can, first column repeated */

struct grid_cell {
    char text[GRID_TEXT];
    bool best;             /* bold; "*" where there is no bold             */
    bool tie;              /* not told apart from the best: followed by GRID_TIE */
};

/* Clear it, set heads, then rows of cells.  The first column is left-aligned, the others right. */
struct grid {
    char   caption[4096];
    size_t n_columns;
    char   group[GRID_COLUMNS][GRID_TEXT]; /* a title over neighbouring columns that share it; "": none */
    char   head[GRID_COLUMNS][GRID_TEXT];
    size_t n_rows;
    struct grid_cell (*row)[GRID_COLUMNS];
    size_t rule;           /* a line before this row; 0: none              */
    const char *anchor;    /* HTML: "TEXT [i]" links to #ANCHOR-note-i for i in 1..n_notes; NULL: it does not */
    size_t n_notes;
};

void grid_init(struct grid *g, const char *caption);
void grid_done(struct grid *g);

/* Both return the index of the new one; a column past the last possible replaces the last. */
size_t grid_column(struct grid *g, const char *group, const char *head);
size_t grid_row(struct grid *g, const char *first);

/* printf into a cell; texts that are too long are cut. */
void grid_set(struct grid *g, size_t row, size_t column, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* `color`: bold is an escape sequence, else a star.  TABLE_CSV is not a format of grids. */
void grid_print(FILE *out, const struct grid *g, enum table_format f, bool color);

/* printf behind what stands in `out`; what does not fit is cut. */
void text_add(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Columns a terminal needs for a UTF-8 text: 2 for wide characters, 0 for combining ones. */
size_t text_width(const char *text);

/* Write `text` so that the format takes it literally (csv: quoted if need be). */
void text_print(FILE *out, const char *text, enum table_format f);

#endif
