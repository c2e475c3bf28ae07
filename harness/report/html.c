/* html.c -- the few lines of HTML that the parts of a page share. */
#include "report/html.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "report/grid.h"

void html_text(FILE *out, const char *text)
{
    text_print(out, text, TABLE_HTML);
}

void html_put(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    html_text(out, text);
    fputs(after, out);
}

void html_print(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') fputc(*p, out);
        else if (*++p == 's') html_text(out, va_arg(args, const char *));
        else fputc(*p, out);
    }
    va_end(args);
}

void html_id(const char *text, char *out, size_t size)
{
    size_t n = 0;
    if (!isalpha((unsigned char)text[0])) out[n++] = 'x';
    for (; *text && n + 1 < size; text++) {
        const unsigned char c = (unsigned char)tolower((unsigned char)*text);
        out[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? (char)c : '-';
    }
    out[n] = 0;
}

void html_path(FILE *out, const char *path)
{
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        if (isalnum(*p) || strchr("-._~/", *p)) fputc(*p, out);
        else fprintf(out, "%%%02X", *p);
    }
}
