/* grid.c -- a table of texts, printed as aligned text, Markdown or LaTeX; grid_html.c: as HTML. */
#include "report/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "report/grid_html.h"
#include "report/notes.h"

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

void grid_init(struct grid *g, const char *caption)
{
    memset(g, 0, sizeof *g);
    snprintf(g->caption, sizeof g->caption, "%s", caption);
}

void grid_done(struct grid *g)
{
    free(g->row);
    g->row = NULL;
}

size_t grid_column(struct grid *g, const char *group, const char *head)
{
    const size_t at = g->n_columns < GRID_COLUMNS ? g->n_columns++ : GRID_COLUMNS - 1;
    snprintf(g->group[at], sizeof g->group[at], "%s", group);
    snprintf(g->head[at], sizeof g->head[at], "%s", head);
    return at;
}

size_t grid_row(struct grid *g, const char *first)
{
    const size_t bytes = (g->n_rows + 1) * sizeof *g->row;
    g->row = realloc(g->row, bytes);
    if (!g->row) status_no_memory("a table", bytes);
    memset(g->row[g->n_rows], 0, sizeof *g->row);
    grid_set(g, g->n_rows, 0, "%s", first);
    return g->n_rows++;
}

void grid_set(struct grid *g, size_t row, size_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(g->row[row][column].text, GRID_TEXT, format, args);
    va_end(args);
}

/* ---- aligned text ---- */

/* Whether a column needs room for signs behind its numbers. */
static bool has_sign(const struct grid *g, size_t column, bool color)
{
    for (size_t i = 0; i < g->n_rows; i++)
        if ((!color && g->row[i][column].best) || g->row[i][column].tie) return true;
    return false;
}

/* A column's width, with room for a sign where there are some. */
static size_t width_of(const struct grid *g, size_t column, bool color)
{
    size_t width = text_width(g->head[column]);
    const size_t star = has_sign(g, column, color);
    for (size_t i = 0; i < g->n_rows; i++) {
        const size_t w = text_width(g->row[i][column].text) + star;
        if (w > width) width = w;
    }
    return width;
}

static void blanks(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)n, "");
}

static void line(FILE *out, size_t n)
{
    for (size_t i = 0; i < n; i++) fputs("─", out);
    fputc('\n', out);
}

struct part {           /* the first column and columns [from, to) */
    size_t from, to;
    size_t width[GRID_COLUMNS];
    bool   color;
};

static size_t part_width(const struct part *p)
{
    size_t width = p->width[0];
    for (size_t i = p->from; i < p->to; i++) width += 2 + p->width[i];
    return width;
}

/* A title is centred over its columns, cut off by a blank from the next. */
static void print_groups(FILE *out, const struct grid *g, const struct part *p)
{
    bool any = false;
    for (size_t i = p->from; i < p->to; i++) any |= g->group[i][0] != 0;
    if (!any) return;
    blanks(out, p->width[0]);
    for (size_t i = p->from; i < p->to;) {
        size_t j = i, width = 0;
        for (; j < p->to && strcmp(g->group[i], g->group[j]) == 0; j++) width += 2 + p->width[j];
        const size_t text = text_width(g->group[i]), left = width > text + 2 ? (width - 2 - text) / 2 : 0;
        blanks(out, left + 2);
        fputs(g->group[i], out);
        if (j < p->to && width > left + 2 + text) blanks(out, width - left - 2 - text);
        i = j;
    }
    fputc('\n', out);
}

static void print_head(FILE *out, const struct grid *g, const struct part *p)
{
    fputs(g->head[0], out);
    blanks(out, p->width[0] - text_width(g->head[0]));
    for (size_t i = p->from; i < p->to; i++) {
        const size_t star = has_sign(g, i, p->color) && p->width[i] > text_width(g->head[i]);
        blanks(out, 2 + p->width[i] - text_width(g->head[i]) - star);
        fputs(g->head[i], out);
        if (i + 1 < p->to) blanks(out, star);
    }
    fputc('\n', out);
}

static void print_cell(FILE *out, const struct grid_cell *c, const struct part *p, size_t width, bool sign, bool last)
{
    blanks(out, 2 + width - text_width(c->text) - sign);
    fprintf(out, "%s%s%s", c->best && p->color ? BOLD : "", c->text, c->best && p->color ? PLAIN : "");
    if (c->tie) fputs(GRID_TIE, out);
    else if (c->best && !p->color) fputc('*', out);
    else if (sign && !last) fputc(' ', out);
}

static void print_row(FILE *out, const struct grid *g, const struct part *p, size_t row)
{
    const struct grid_cell *cell = g->row[row];
    fputs(cell[0].text, out);
    blanks(out, p->width[0] - text_width(cell[0].text));
    for (size_t i = p->from; i < p->to; i++)
        print_cell(out, &cell[i], p, p->width[i], has_sign(g, i, p->color), i + 1 == p->to);
    fputc('\n', out);
}

static void print_lines(FILE *out, const struct grid *g, const struct part *p)
{
    print_groups(out, g, p);
    print_head(out, g, p);
    line(out, part_width(p));
    for (size_t i = 0; i < g->n_rows; i++) {
        if (i && i == g->rule) line(out, part_width(p));
        print_row(out, g, p, i);
    }
}

/* The lines without blanks at their ends. */
static void print_part(FILE *out, const struct grid *g, const struct part *p)
{
    char  *text = NULL;
    size_t size = 0;
    FILE  *memory = open_memstream(&text, &size);
    if (!memory) status_no_memory("a table", size);
    print_lines(memory, g, p);
    fclose(memory);
    for (char *from = text, *end; *from; from = end + 1) {
        end = strchr(from, '\n');
        size_t n = (size_t)(end - from);
        while (n && from[n - 1] == ' ') n--;
        fprintf(out, "%.*s\n", (int)n, from);
    }
    free(text);
}

/* Columns whose title is wider than they are together make up for it. */
static void widen_groups(const struct grid *g, struct part *p)
{
    for (size_t i = 1, j; i < g->n_columns; i = j) {
        size_t width = 0;
        const size_t text = text_width(g->group[i]);
        for (j = i; j < g->n_columns && strcmp(g->group[i], g->group[j]) == 0; j++) width += 2 + p->width[j];
        for (size_t k = 0; width + k < text + 2; k++) p->width[j - 1 - k % (j - i)]++;
    }
}

/* The first column that goes below: where the line is full, or before that the start of the group it would cut in two. */
static size_t part_end(const struct grid *g, const struct part *p)
{
    size_t width = p->width[0], group = p->from;
    for (size_t i = p->from; i < g->n_columns; i++) {
        if (strcmp(g->group[i], g->group[group]) != 0) group = i;
        width += 2 + p->width[i];
        if (width > GRID_WIDTH && i > p->from) return g->group[i][0] && group > p->from ? group : i;
    }
    return g->n_columns;
}

static void print_text(FILE *out, const struct grid *g, bool color)
{
    struct part p = {.from = 1, .color = color};
    for (size_t i = 0; i < g->n_columns; i++) p.width[i] = width_of(g, i, color);
    widen_groups(g, &p);
    if (color) fputs(BOLD, out);
    paragraph_print(out, g->caption, TABLE_TEXT, 4);
    if (color) fputs(PLAIN, out);
    do {
        p.to = part_end(g, &p);
        if (p.from > 1) fputc('\n', out);
        print_part(out, g, &p);
        p.from = p.to;
    } while (p.from < g->n_columns);
}

/* ---- Markdown ---- */

static void print_md_rows(FILE *out, const struct grid *g)
{
    for (size_t i = 0; i < g->n_rows; i++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            const struct grid_cell *cell = &g->row[i][c];
            fputs(c ? " | " : "| ", out);
            if (cell->best) fputs("**", out);
            text_print(out, cell->text, TABLE_MD);
            if (cell->best) fputs("**", out);
            if (cell->tie) fputs(GRID_TIE, out);
        }
        fputs(" |\n", out);
    }
}

static void print_md(FILE *out, const struct grid *g)
{
    fputs("**", out);
    text_print(out, g->caption, TABLE_MD);
    fputs("**\n\n", out);
    for (size_t c = 0; c < g->n_columns; c++) {
        fputs(c ? " | " : "| ", out);
        if (g->group[c][0] && (c == 0 || strcmp(g->group[c], g->group[c - 1]) != 0)) { /* over the first of its columns */
            text_print(out, g->group[c], TABLE_MD);
            fputc(' ', out);
        }
        text_print(out, g->head[c], TABLE_MD);
    }
    fputs(" |\n", out);
    for (size_t c = 0; c < g->n_columns; c++) fputs(c ? "|---:" : "|:---", out);
    fputs("|\n", out);
    print_md_rows(out, g);
}

/* ---- LaTeX, with booktabs ---- */

static void print_tex_groups(FILE *out, const struct grid *g)
{
    char rules[2048] = "";
    bool any = false;
    for (size_t i = 1; i < g->n_columns; i++) any |= g->group[i][0] != 0;
    if (!any) return;
    for (size_t i = 1, j; i < g->n_columns; i = j) {
        for (j = i; j < g->n_columns && strcmp(g->group[i], g->group[j]) == 0; j++) {}
        fprintf(out, " & \\multicolumn{%zu}{c}{", j - i);
        text_print(out, g->group[i], TABLE_TEX);
        fputc('}', out);
        const size_t n = strlen(rules);
        if (g->group[i][0]) snprintf(rules + n, sizeof rules - n, "\\cmidrule(lr){%zu-%zu}", i + 1, j);
    }
    fprintf(out, " \\\\\n%s\n", rules);
}

static void print_tex_rows(FILE *out, const struct grid *g)
{
    for (size_t i = 0; i < g->n_rows; i++) {
        if (i && i == g->rule) fputs("\\midrule\n", out);
        for (size_t c = 0; c < g->n_columns; c++) {
            const struct grid_cell *cell = &g->row[i][c];
            if (c) fputs(" & ", out);
            if (cell->best) fputs("\\textbf{", out);
            text_print(out, cell->text, TABLE_TEX);
            if (cell->best) fputc('}', out);
            if (cell->tie) text_print(out, GRID_TIE, TABLE_TEX);
        }
        fputs(" \\\\\n", out);
    }
}

static void print_tex(FILE *out, const struct grid *g)
{
    fputs("\\begin{table}\n\\centering\n\\caption{", out);
    text_print(out, g->caption, TABLE_TEX);
    fputs("}\n\\begin{tabular}{l", out);
    for (size_t c = 1; c < g->n_columns; c++) fputc('r', out);
    fputs("}\n\\toprule\n", out);
    print_tex_groups(out, g);
    for (size_t c = 0; c < g->n_columns; c++) {
        if (c) fputs(" & ", out);
        text_print(out, g->head[c], TABLE_TEX);
    }
    fputs(" \\\\\n\\midrule\n", out);
    print_tex_rows(out, g);
    fputs("\\bottomrule\n\\end{tabular}\n\\end{table}\n", out);
}

void grid_print(FILE *out, const struct grid *g, enum table_format f, bool color)
{
    assert(f != TABLE_CSV);
    if (f == TABLE_TEXT) print_text(out, g, color);
    else if (f == TABLE_MD) print_md(out, g);
    else if (f == TABLE_HTML) grid_html(out, g);
    else print_tex(out, g);
}
