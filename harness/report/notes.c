/* notes.c -- numbered footnotes of a table; equal ones share a number. */
#include "report/notes.h"

#include <stdlib.h>
#include <string.h>

#include "report/tuning.h"

void notes_done(struct notes *n)
{
    free(n->text);
    *n = (struct notes){0};
}

size_t notes_add(struct notes *n, const char *text)
{
    for (size_t i = 0; i < n->n; i++)
        if (strncmp(n->text[i], text, sizeof n->text[i] - 1) == 0) return i + 1;
    n->text = realloc(n->text, (n->n + 1) * sizeof *n->text);
    if (!n->text) status_no_memory("notes", (n->n + 1) * sizeof *n->text);
    snprintf(n->text[n->n], sizeof n->text[n->n], "%s", text);
    return ++n->n;
}

/* "seeds 1, 3: missing; seed 2: diverged: ...": seeds with the same note stand together. */
size_t notes_variant(struct notes *n, const struct variant_runs *v)
{
    char text[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < v->n && used + 1 < sizeof text; i++) {
        const char *note = v->at[i].note;
        bool said = !note[0];
        for (size_t j = 0; j < i && !said; j++) said = strcmp(v->at[j].note, note) == 0;
        if (said) continue;
        size_t same = 0;
        for (size_t j = i; j < v->n; j++) same += strcmp(v->at[j].note, note) == 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%sseed%s", used ? "; " : "", same > 1 ? "s" : "");
        for (size_t j = i; j < v->n && used < sizeof text; j++)
            if (strcmp(v->at[j].note, note) == 0)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s %llu", j > i ? "," : "",
                                         (unsigned long long)v->at[j].run->seed);
        if (used < sizeof text) used += (size_t)snprintf(text + used, sizeof text - used, ": %s", note);
    }
    for (size_t i = 0; i < v->n && used + 1 < sizeof text; i++) { /* the seeds have their settings from the same trials */
        char tuned[512];
        if (!v->at[i].usable || !v->at[i].results.n_tuning) continue;
        tuning_note(&v->at[i].results, tuned, sizeof tuned);
        snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", tuned);
        break;
    }
    return text[0] ? notes_add(n, text) : 0;
}

/* Columns up to the next blank. */
static size_t word_width(const char *p, size_t *bytes)
{
    char word[1024];
    *bytes = strcspn(p, " ");
    if (*bytes >= sizeof word) *bytes = sizeof word - 1;
    memcpy(word, p, *bytes);
    word[*bytes] = 0;
    return text_width(word);
}

static void print_broken(FILE *out, const char *text, size_t indent)
{
    size_t column = 0, bytes;
    while (*text) {
        const size_t width = word_width(text, &bytes);
        if (column && column + 1 + width > GRID_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, bytes, out);
        column += width;
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

void paragraph_print(FILE *out, const char *text, enum table_format f, size_t indent)
{
    if (f == TABLE_TEXT) {
        print_broken(out, text, indent);
        return;
    }
    if (f == TABLE_HTML) fputs("<p>", out);
    text_print(out, text, f);
    if (f == TABLE_HTML) fputs("</p>", out);
    fputs(f == TABLE_MD ? "\n\n" : "\n", out);
}

/* A list whose items are what the marks of the grids link to. */
static void print_list(FILE *out, const struct notes *n)
{
    if (n->n) fputs("<ol class=\"notes\">\n", out);
    for (size_t i = 0; i < n->n; i++) {
        fputs("<li", out);
        if (n->anchor) fprintf(out, " id=\"%s-note-%zu\"", n->anchor, i + 1);
        fputc('>', out);
        text_print(out, n->text[i], TABLE_HTML);
        fputs("</li>\n", out);
    }
    if (n->n) fputs("</ol>\n", out);
}

void notes_print(FILE *out, const struct notes *n, enum table_format f)
{
    if (f == TABLE_HTML) {
        print_list(out, n);
        return;
    }
    char text[1100];
    for (size_t i = 0; i < n->n; i++) {
        snprintf(text, sizeof text, "[%zu] %s", i + 1, n->text[i]);
        if (f == TABLE_TEX) fputs("\\par\\noindent\\footnotesize ", out);
        paragraph_print(out, text, f, 4);
    }
}
