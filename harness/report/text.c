/* text.c -- the width of a text, and its literal form in each format. */
#include "report/grid.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* One character of UTF-8; a broken byte counts as one. */
static uint32_t next(const unsigned char **p)
{
    const unsigned char *s = *p;
    const int more = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    uint32_t c = more ? s[0] & (0x3fu >> more) : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *p = s + 1;
            return s[0];
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    *p = s + more + 1;
    return c;
}

struct range { uint32_t from, to; };

static bool within(uint32_t c, const struct range *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= list[i].from && c <= list[i].to) return true;
    return false;
}

static size_t width_of(uint32_t c)
{
    static const struct range none[] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
    static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
                                        {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
                                        {0x20000, 0x3fffd}};
    if (within(c, none, sizeof none / sizeof none[0])) return 0;
    return within(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    const unsigned char *p = (const unsigned char *)text;
    while (*p) width += width_of(next(&p));
    return width;
}

static const char *in_tex(const char *p, size_t *length)
{
    static const char *const pairs[][2] = {
        {"\\", "\\textbackslash{}"}, {"&", "\\&"}, {"%", "\\%"}, {"$", "\\$"}, {"#", "\\#"}, {"_", "\\_"}, {"{", "\\{"},
        {"}", "\\}"}, {"~", "\\textasciitilde{}"}, {"^", "\\textasciicircum{}"}, {"<", "$<$"}, {">", "$>$"},
        {"±", "$\\pm$"}, {"×", "$\\times$"}, {"–", "--"}, {"—", "---"}, {"−", "$-$"}, {"·", "$\\cdot$"}, {"≈", "$\\approx$"}, {"≥", "$\\geq$"}, {NULL, NULL}};
    for (size_t i = 0; pairs[i][0]; i++)
        if (strncmp(p, pairs[i][0], strlen(pairs[i][0])) == 0) {
            *length = strlen(pairs[i][0]);
            return pairs[i][1];
        }
    return NULL;
}

static void print_tex(FILE *out, const char *text)
{
    while (*text) {
        size_t length;
        const char *other = in_tex(text, &length);
        if (other) fputs(other, out), text += length;
        else fputc(*text++, out);
    }
}

static void print_csv(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_md(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("|*_`<[\\", *text)) fputc('\\', out);
        fputc(*text, out);
    }
}

/* Between tags and in quoted values alike.  Bytes that are no UTF-8 and control characters have no place in a page. */
static void print_html(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text, *from;
    while (from = p, *p) {
        const uint32_t c = next(&p);
        const size_t n = (size_t)(p - from);
        if (n == 1 && c >= 0x80) fputs("\xef\xbf\xbd", out); /* U+FFFD */
        else if (c == '&') fputs("&amp;", out);
        else if (c == '<') fputs("&lt;", out);
        else if (c == '>') fputs("&gt;", out);
        else if (c == '"') fputs("&quot;", out);
        else if (c == '\'') fputs("&#39;", out);
        else if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t')) fputc(' ', out);
        else fwrite(from, 1, n, out);
    }
}

void text_print(FILE *out, const char *text, enum table_format f)
{
    switch (f) {
    case TABLE_TEXT: fputs(text, out); break;
    case TABLE_MD:   print_md(out, text); break;
    case TABLE_CSV:  print_csv(out, text); break;
    case TABLE_TEX:  print_tex(out, text); break;
    case TABLE_HTML: print_html(out, text); break;
    }
}

void text_add(char *out, size_t size, const char *format, ...)
{
    const size_t n = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + n, size - n, format, args);
    va_end(args);
}
