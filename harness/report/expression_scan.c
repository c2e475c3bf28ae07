/* expression_scan.c -- the words and numbers of a claim's text; every mistake has its place. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/expression_scan.h"

/* ---- places ----------------------------------------------------------------------------------------------------- */

static struct yaml_mark mark_at(const struct scan *s, const char *at)
{
    struct yaml_mark m = s->y->mark;
    if (m.line && s->y->one_line) m.column += (size_t)(at - s->y->text) + !s->y->plain;
    return m;
}

status scan_fail(const struct scan *s, const char *at, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return yaml_fail(mark_at(s, at), "%s", text);
}

status scan_unexpected(const struct scan *s, const char *wanted)
{
    if (!*s->at) return scan_fail(s, s->at, "%s is missing at the end of \"%.200s\"", wanted, s->y->text);
    return scan_fail(s, s->at, "%s is wanted at \"%.40s\"", wanted, s->at);
}

status scan_unknown(const struct scan *s, const char *at, const char *kind, const char *word, const struct words *known)
{
    const struct yaml y = {.kind = YAML_SCALAR, .mark = mark_at(s, at), .text = word};
    return section_unknown(&y, kind, "", known);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

void scan_blanks(struct scan *s)
{
    s->at += strspn(s->at, " \n\t");
}

bool scan_take(struct scan *s, const char *symbol)
{
    scan_blanks(s);
    const size_t n = strlen(symbol);
    if (strncmp(s->at, symbol, n) != 0) return false;
    s->at += n;
    return true;
}

status scan_want(struct scan *s, const char *symbol)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\"%s\"", symbol);
    return scan_take(s, symbol) ? OK : scan_unexpected(s, wanted);
}

bool scan_is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool scan_word(struct scan *s, const char *word)
{
    scan_blanks(s);
    const size_t n = strlen(word);
    if (strncmp(s->at, word, n) != 0 || scan_is_letter(s->at[n])) return false;
    s->at += n;
    return true;
}

status scan_name(struct scan *s, const char *wanted, char *out, size_t size)
{
    scan_blanks(s);
    const char quote = *s->at == '"' || *s->at == '\'' ? *s->at : 0;
    const char *from = s->at + (quote != 0), *to = from;
    while (*to && (quote ? *to != quote : scan_is_letter(*to) || strchr(".+-", *to))) to++;
    if (quote && !*to) return scan_fail(s, s->at, "a quote does not end");
    const size_t n = (size_t)(to - from);
    if (n == 0) return scan_unexpected(s, wanted);
    if (n >= size) return scan_fail(s, from, "%zu bytes of name; at most %zu", n, size - 1);
    memcpy(out, from, n);
    out[n] = 0;
    s->at = to + (quote != 0);
    return OK;
}

bool scan_starts_number(const char *at)
{
    return isdigit((unsigned char)*at) || (*at == '.' && isdigit((unsigned char)at[1]));
}

status scan_number(struct scan *s, double *out)
{
    char text[64];
    const char *to = s->at;
    while (isdigit((unsigned char)*to)) to++;
    if (*to == '.' && to[1] != '.') to++; /* 256..512 is a range */
    while (isdigit((unsigned char)*to)) to++;
    const char *exponent = to;
    if (*to == 'e' || *to == 'E') {
        to += 1 + (to[1] == '+' || to[1] == '-');
        if (!isdigit((unsigned char)*to)) to = exponent;
        while (isdigit((unsigned char)*to)) to++;
    }
    const size_t n = (size_t)(to - s->at);
    if (n == 0) return scan_unexpected(s, "a number");
    if (n >= sizeof text) return scan_fail(s, s->at, "a number of %zu digits", n);
    memcpy(text, s->at, n);
    text[n] = 0;
    *out = strtod(text, NULL);
    if (!(*out < 1e300)) return scan_fail(s, s->at, "%s is too large", text);
    s->at = to;
    return OK;
}

status scan_extent(struct scan *s, struct extent *out)
{
    scan_blanks(s);
    const char *from = s->at;
    if (!scan_starts_number(from)) return scan_unexpected(s, "a length as in 4096 or 8x");
    TRY(scan_number(s, &out->value));
    out->times = *s->at == 'x';
    s->at += out->times;
    if (scan_is_letter(*s->at)) return scan_fail(s, from, "\"%.20s\" is no length; write 4096, or 8x for eight times the training length", from);
    if (!out->times && out->value != (double)(int64_t)out->value) return scan_fail(s, from, "a length is a whole number of tokens");
    return OK;
}
