/* html.h -- the few lines of HTML that the parts of a page share. */
#ifndef REACH_HTML_H
#define REACH_HTML_H

#include <stddef.h>
#include <stdio.h>

/* Text as text, wherever it stands. */
void html_text(FILE *out, const char *text);

/* BEFORE, the text, AFTER: html_put(out, "<p>", text, "</p>\n"). */
void html_put(FILE *out, const char *before, const char *text, const char *after);

/* printf of texts: every argument is a const char *, escaped where "%s" stands; "%%" is a percent sign. */
void html_print(FILE *out, const char *format, ...);

/* What an id may be made of: a-z, 0-9 and dashes, beginning with a letter. */
void html_id(const char *text, char *out, size_t size);

/* A path as the value of href: bytes other than letters, digits and -._~/ as %XX.  A name with a colon is no scheme then. */
void html_path(FILE *out, const char *path);

#endif
