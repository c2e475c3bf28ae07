/* expression_scan.h -- a claim's text as words, symbols and numbers; for the files that parse it.
 *
 * What takes something skips blanks first, but for scan_number, which begins where scan_starts_number saw one.  Errors are ERR_CONFIG with their place, inside the scalar where it is written on one line. */
#ifndef REACH_EXPRESSION_SCAN_H
#define REACH_EXPRESSION_SCAN_H

#include "config/section.h"
#include "config/yaml.h"
#include "report/expression.h"

struct scan {
    const struct yaml *y;  /* the scalar; borrowed */
    const char        *at; /* in y->text           */
};

__attribute__((format(printf, 3, 4))) status scan_fail(const struct scan *s, const char *at, const char *format, ...);
status scan_unexpected(const struct scan *s, const char *wanted); /* "wanted" is missing here, or something else stands here */
status scan_unknown(const struct scan *s, const char *at, const char *kind, const char *word, const struct words *known);

void scan_blanks(struct scan *s);
bool scan_is_letter(char c);                           /* of a word: letters, digits, _ */
bool scan_starts_number(const char *at);
bool scan_take(struct scan *s, const char *symbol);    /* takes it if it stands here */
bool scan_word(struct scan *s, const char *word);      /* the same; no letter may follow */
status scan_want(struct scan *s, const char *symbol);

/* A name as labels have it: letters, digits and _ . + -, or anything in quotes. */
status scan_name(struct scan *s, const char *wanted, char *out, size_t size);

/* Digits, point, exponent, here: strtod without its words, signs and hexadecimal; finite. */
status scan_number(struct scan *s, double *out);

/* 4096, or 8x. */
status scan_extent(struct scan *s, struct extent *out);

#endif
