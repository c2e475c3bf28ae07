/* grid_html.c -- a grid as an HTML table that a screen reader can follow and a phone can scroll. */
#include "report/grid_html.h"

#include <stdlib.h>
#include <string.h>

/* The first column that no longer shares the group of column `from`; a column without a group stands alone. */
static size_t group_end(const struct grid *g, size_t from)
{
    size_t end = from + 1;
    while (g->group[from][0] && end < g->n_columns && strcmp(g->group[from], g->group[end]) == 0) end++;
    return end;
}

static bool has_groups(const struct grid *g)
{
    for (size_t i = 0; i < g->n_columns; i++)
        if (g->group[i][0]) return true;
    return false;
}

/* <colgroup> tells which columns a heading of scope "colgroup" is of. */
static void print_columns(FILE *out, const struct grid *g)
{
    for (size_t i = 0, end; i < g->n_columns; i = end) {
        end = group_end(g, i);
        fputs("<colgroup", out);
        if (end - i > 1) fprintf(out, " span=\"%zu\"", end - i);
        fputs("></colgroup>", out);
    }
    fputc('\n', out);
}

static void print_heading(FILE *out, const char *attributes, const char *text)
{
    fprintf(out, text[0] ? "<th%s>" : "<td%s>", attributes);
    text_print(out, text, TABLE_HTML);
    fputs(text[0] ? "</th>" : "</td>", out);
}

/* Two rows where there are groups; a column without one spans both. */
static void print_head(FILE *out, const struct grid *g)
{
    const bool groups = has_groups(g);
    char attributes[96];
    fputs("<thead>\n<tr>", out);
    for (size_t i = 0, end; i < g->n_columns; i = end) {
        end = group_end(g, i);
        if (g->group[i][0]) {
            snprintf(attributes, sizeof attributes, " scope=\"colgroup\" class=\"group\" colspan=\"%zu\"", end - i);
            print_heading(out, attributes, g->group[i]);
        } else {
            print_heading(out, groups ? " scope=\"col\" rowspan=\"2\"" : " scope=\"col\"", g->head[i]);
        }
    }
    fputs("</tr>\n", out);
    if (groups) fputs("<tr>", out);
    for (size_t i = 0; groups && i < g->n_columns; i++)
        if (g->group[i][0]) print_heading(out, " scope=\"col\"", g->head[i]);
    fputs(groups ? "</tr>\n</thead>\n" : "</thead>\n", out);
}

/* "TEXT [i]": the i of a note, and where the mark begins; 0: there is none. */
static size_t mark_of(const struct grid *g, const char *text, size_t *length)
{
    const char *open = strrchr(text, '[');
    char *end = NULL;
    *length = strlen(text);
    if (!g->anchor || !open || open == text || open[-1] != ' ') return 0;
    const unsigned long i = strtoul(open + 1, &end, 10);
    if (end == open + 1 || strcmp(end, "]") != 0 || i == 0 || i > g->n_notes) return 0;
    *length = (size_t)(open - 1 - text);
    return i;
}

/* A number, and its deviation less loud. */
static void print_number(FILE *out, const char *text)
{
    const char *pm = strstr(text, "±");
    char before[GRID_TEXT];
    snprintf(before, sizeof before, "%.*s", pm ? (int)(pm - text) : (int)strlen(text), text);
    text_print(out, before, TABLE_HTML);
    if (!pm) return;
    fputs("<span class=\"sd\">", out);
    text_print(out, pm, TABLE_HTML);
    fputs("</span>", out);
}

static void print_content(FILE *out, const struct grid *g, const struct grid_cell *c, bool is_number)
{
    size_t length;
    char text[GRID_TEXT];
    const size_t note = mark_of(g, c->text, &length);
    snprintf(text, sizeof text, "%.*s", (int)length, c->text);
    if (c->best) fputs("<strong>", out);
    if (is_number) print_number(out, text);
    else text_print(out, text, TABLE_HTML);
    if (c->best) fputs("</strong>", out);
    if (c->tie) fputs("<span class=\"tie\">" GRID_TIE "</span>", out);
    if (note) fprintf(out, "<sup> <a href=\"#%s-note-%zu\">[%zu]</a></sup>", g->anchor, note, note);
}

static void print_row(FILE *out, const struct grid *g, size_t row)
{
    fputs("<tr><th scope=\"row\">", out);
    print_content(out, g, &g->row[row][0], false);
    fputs("</th>", out);
    for (size_t c = 1; c < g->n_columns; c++) {
        fputs("<td>", out);
        print_content(out, g, &g->row[row][c], true);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

void grid_html(FILE *out, const struct grid *g)
{
    fputs("<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"", out);
    text_print(out, g->caption[0] ? g->caption : "table", TABLE_HTML);
    fputs("\">\n<table>\n", out);
    if (g->caption[0]) {
        fputs("<caption>", out);
        text_print(out, g->caption, TABLE_HTML);
        fputs("</caption>\n", out);
    }
    print_columns(out, g);
    print_head(out, g);
    fputs("<tbody>\n", out);
    for (size_t i = 0; i < g->n_rows; i++) {
        if (i && i == g->rule) fputs("</tbody>\n<tbody class=\"floor\">\n", out);
        print_row(out, g, i);
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}
