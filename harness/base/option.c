/* option.c -- typed fields: default, set, print; and the nearest word to a misspelt one. */
#include "base/option.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers as text -------------------------------------------------------------------------------------------- */

/* Fewest digits that read back the same: 0.1, 250000, 1e6, 2.5e-7. */
static void print_real(double x, char out[40])
{
    int digits = 1;
    for (; digits < 17; digits++) {
        snprintf(out, 40, "%.*e", digits - 1, x);
        if (strtod(out, NULL) == x) break;
    }
    snprintf(out, 40, "%.*e", digits - 1, x);
    char *e = strchr(out, 'e');
    if (!isfinite(x) || !e) return;
    const int exponent = atoi(e + 1), decimals = digits - 1 > exponent ? digits - 1 - exponent : 0;
    snprintf(e, 40 - (size_t)(e - out), "e%d", exponent);
    if (exponent < -4 || exponent > 20) return;
    char fixed[40];
    snprintf(fixed, sizeof fixed, "%.*f", decimals, x);
    if (exponent < 6 || strlen(fixed) <= strlen(out)) memcpy(out, fixed, sizeof fixed);
}

/* ---- text -> value ---------------------------------------------------------------------------------------------- */

/* [+-] digits [. digits] [e [+-] digits]: what JSON and YAML agree on; neither hexadecimal nor inf. */
static bool is_number(const char *s)
{
    size_t digits = 0;
    if (*s == '+' || *s == '-') s++;
    for (; isdigit((unsigned char)*s); s++) digits++;
    if (*s == '.')
        for (s++; isdigit((unsigned char)*s); s++) digits++;
    if (!digits) return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-') s++;
        if (!isdigit((unsigned char)*s)) return false;
        while (isdigit((unsigned char)*s)) s++;
    }
    return *s == 0;
}

static status out_of_range(const struct option *o, const char *text)
{
    char min[40], max[40];
    print_real(o->min, min);
    print_real(o->max, max);
    FAIL(ERR_CONFIG, "%s: %.80s is out of range; it must be from %s to %s", o->name, text, min, max);
}

static status read_real(const struct option *o, const char *text, double *out)
{
    if (!is_number(text)) FAIL(ERR_CONFIG, "%s: \"%.80s\" is not a number", o->name, text);
    const double x = strtod(text, NULL) + 0.0; /* -0 becomes 0 */
    if (!isfinite(x) || x < o->min || x > o->max) return out_of_range(o, text);
    *out = x;
    return OK;
}

/* Whole numbers may be written as 1e6; those above 2^53 only by their digits. */
static status read_int(const struct option *o, const char *text, int64_t *out)
{
    if (!is_number(text)) FAIL(ERR_CONFIG, "%s: \"%.80s\" is not a whole number", o->name, text);
    int64_t i;
    if (strpbrk(text, ".eE")) {
        const double x = strtod(text, NULL);
        if (!(fabs(x) <= 0x1p53)) return out_of_range(o, text);
        if (x != floor(x)) FAIL(ERR_CONFIG, "%s: %.80s is not a whole number", o->name, text);
        i = (int64_t)x;
    } else {
        errno = 0;
        i = strtoll(text, NULL, 10);
        if (errno == ERANGE) return out_of_range(o, text);
    }
    if ((double)i < o->min || (double)i > o->max) return out_of_range(o, text);
    *out = i;
    return OK;
}

static status read_bool(const struct option *o, const char *text, bool *out)
{
    static const char *const words[2][3] = {{"false", "False", "FALSE"}, {"true", "True", "TRUE"}};
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 3; i++)
            if (!strcmp(text, words[value][i])) {
                *out = value;
                return OK;
            }
    FAIL(ERR_CONFIG, "%s: \"%.80s\" is neither true nor false", o->name, text);
}

static status read_choice(const struct option *o, const char *text, int *out)
{
    for (int i = 0; o->choices[i]; i++)
        if (!strcmp(text, o->choices[i])) {
            *out = i;
            return OK;
        }
    char hint[512];
    option_hint(text, o->choices, hint, sizeof hint);
    FAIL(ERR_CONFIG, "%s: no choice \"%.80s\"%s", o->name, text, hint);
}

static status read_set(const struct option *o, size_t n, const char *const *items, unsigned *out)
{
    unsigned set = 0;
    for (size_t i = 0; i < n; i++) {
        int bit = 0;
        TRY(read_choice(o, items[i], &bit));
        if (set & 1u << bit) FAIL(ERR_CONFIG, "%s: \"%s\" stands twice", o->name, items[i]);
        set |= 1u << bit;
    }
    *out = set;
    return OK;
}

static status read_word(const struct option *o, const char *text, char *out)
{
    const size_t n = strlen(text);
    if (n >= OPTION_TEXT) FAIL(ERR_CONFIG, "%s: %zu bytes of text; at most %d fit", o->name, n, OPTION_TEXT - 1);
    memset(out, 0, OPTION_TEXT); /* options are compared as bytes */
    memcpy(out, text, n);
    return OK;
}

static status read_int_list(const struct option *o, size_t n, const char *const *items, struct int_list *out)
{
    struct int_list list = {.n = n};
    for (size_t i = 0; i < n; i++) TRY(read_int(o, items[i], &list.at[i]));
    *out = list;
    return OK;
}

static status read_real_list(const struct option *o, size_t n, const char *const *items, struct real_list *out)
{
    struct real_list list = {.n = n};
    for (size_t i = 0; i < n; i++) TRY(read_real(o, items[i], &list.at[i]));
    *out = list;
    return OK;
}

static bool takes_list(enum option_type t)
{
    return t == OPTION_SET || t == OPTION_INT_LIST || t == OPTION_REAL_LIST;
}

status option_set(const struct option *o, void *target, size_t n, const char *const *items)
{
    void *field = (char *)target + o->offset;
    if (!takes_list(o->type) && n != 1) FAIL(ERR_CONFIG, "%s: takes one value, not %zu", o->name, n);
    if (n > OPTION_ITEMS) FAIL(ERR_CONFIG, "%s: a list of %zu; at most %d fit", o->name, n, OPTION_ITEMS);
    switch (o->type) {
    case OPTION_INT:       return read_int(o, items[0], field);
    case OPTION_REAL:      return read_real(o, items[0], field);
    case OPTION_BOOL:      return read_bool(o, items[0], field);
    case OPTION_CHOICE:    return read_choice(o, items[0], field);
    case OPTION_SET:       return read_set(o, n, items, field);
    case OPTION_WORD:      return read_word(o, items[0], field);
    case OPTION_INT_LIST:  return read_int_list(o, n, items, field);
    case OPTION_REAL_LIST: return read_real_list(o, n, items, field);
    }
    assert(!"an option has a type");
    return ERR_CONFIG;
}

/* ---- defaults --------------------------------------------------------------------------------------------------- */

/* Cut "[a, b]" or "a" into words, in place. */
static size_t cut_items(char *text, const char *items[OPTION_ITEMS])
{
    const size_t length = strlen(text);
    if (length < 2 || text[0] != '[' || text[length - 1] != ']') {
        items[0] = text;
        return 1;
    }
    text[length - 1] = 0;
    size_t n = 0;
    char *rest = NULL;
    for (char *s = strtok_r(text + 1, ", ", &rest); s && n < OPTION_ITEMS; s = strtok_r(NULL, ", ", &rest)) items[n++] = s;
    return n;
}

void option_defaults(const struct option *table, void *target, size_t size)
{
    memset(target, 0, size);
    for (const struct option *o = table; o && o->name; o++) {
        char text[1024];
        const char *items[OPTION_ITEMS] = {text};
        snprintf(text, sizeof text, "%s", o->fallback ? o->fallback : "");
        const size_t n = o->type == OPTION_WORD ? 1 : cut_items(text, items);
        if (option_set(o, target, n, items) != OK) {
            fprintf(stderr, "reach: the default of an option is not valid: %s\n", status_message());
            abort(); /* a mistake in a table; every test would meet it */
        }
    }
}

const struct option *option_find(const struct option *table, const char *name)
{
    for (const struct option *o = table; o && o->name; o++)
        if (!strcmp(o->name, name)) return o;
    return NULL;
}

/* ---- value -> text ---------------------------------------------------------------------------------------------- */

/* A place in a buffer; what does not fit is cut. */
struct out {
    char  *at;
    size_t left; /* the final 0 included */
};

static void put(struct out *o, const char *text)
{
    for (; *text && o->left > 1; text++, o->left--) *o->at++ = *text;
    if (o->left) *o->at = 0;
}

static void put_real(struct out *o, double x)
{
    char text[40];
    print_real(x, text);
    put(o, text);
}

static void put_int(struct out *o, int64_t i)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)i);
    put(o, text);
}

/* Safe without quotes wherever a YAML scalar may stand. */
static bool is_plain(const char *s)
{
    static const char *const nulls[] = {"null", "Null", "NULL", NULL};
    for (int i = 0; nulls[i]; i++)
        if (!strcmp(s, nulls[i])) return false;
    if (!isalnum((unsigned char)*s) && *s != '_' && *s != '/') return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("_-./+", *s)) return false;
    return true;
}

static void put_word(struct out *o, const char *word)
{
    if (is_plain(word)) {
        put(o, word);
        return;
    }
    put(o, "\"");
    for (const char *s = word; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        char text[8] = {*s, 0};
        if (c == '"' || c == '\\') snprintf(text, sizeof text, "\\%c", c);
        else if (c < 0x20 || c == 0x7f) snprintf(text, sizeof text, "\\x%02X", c);
        put(o, text);
    }
    put(o, "\"");
}

void option_print_word(const char *word, char *out, size_t size)
{
    put_word(&(struct out){out, size}, word);
}

static void put_set(struct out *o, unsigned set, const char *const *choices)
{
    const char *between = "";
    put(o, "[");
    for (int i = 0; choices[i]; i++)
        if (set & 1u << i) {
            put(o, between);
            put_word(o, choices[i]);
            between = ", ";
        }
    put(o, "]");
}

void option_print(const struct option *o, const void *target, char *out, size_t size)
{
    const void *field = (const char *)target + o->offset;
    const struct int_list *ints = field;
    const struct real_list *reals = field;
    struct out to = {out, size};
    put(&to, "");
    switch (o->type) {
    case OPTION_INT:    put_int(&to, *(const int64_t *)field); break;
    case OPTION_REAL:   put_real(&to, *(const double *)field); break;
    case OPTION_BOOL:   put(&to, *(const bool *)field ? "true" : "false"); break;
    case OPTION_CHOICE: put_word(&to, o->choices[*(const int *)field]); break;
    case OPTION_SET:    put_set(&to, *(const unsigned *)field, o->choices); break;
    case OPTION_WORD:   put_word(&to, field); break;
    case OPTION_INT_LIST:
        put(&to, "[");
        for (size_t i = 0; i < ints->n; i++) put(&to, i ? ", " : ""), put_int(&to, ints->at[i]);
        put(&to, "]");
        break;
    case OPTION_REAL_LIST:
        put(&to, "[");
        for (size_t i = 0; i < reals->n; i++) put(&to, i ? ", " : ""), put_real(&to, reals->at[i]);
        put(&to, "]");
        break;
    }
}

/* ---- the nearest word ------------------------------------------------------------------------------------------- */

#define WORD_MOST 64 /* longer words are near to nothing */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete, replace or swap with their neighbour; case aside.  Both at most WORD_MOST long. */
static size_t distance(const char *a, const char *b)
{
    const size_t na = strlen(a), nb = strlen(b);
    size_t row[3][WORD_MOST + 1]; /* rows i - 2, i - 1 and i of the table, in turn */
    for (size_t j = 0; j <= nb; j++) row[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *twice = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2]))
                now[j] = least(now[j], twice[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

const char *option_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    const size_t n = strlen(word);
    if (n > WORD_MOST) return NULL;
    size_t nearest = least(n, n / 3 > 2 ? n / 3 + 1 : 3); /* from here on a word is far */
    for (; *words; words++) {
        if (strlen(*words) > WORD_MOST) continue;
        const size_t d = distance(word, *words);
        if (d < nearest && d < strlen(*words)) {
            nearest = d;
            best = *words;
        }
    }
    return best;
}

#define HINT_MOST 240 /* a longer list of known words is left to `reach list` */

void option_hint(const char *word, const char *const *words, char *out, size_t size)
{
    struct out to = {out, size};
    put(&to, "");
    const char *near = option_nearest(word, words);
    if (near) {
        put(&to, "; did you mean \"");
        put(&to, near);
        put(&to, "\"?");
        return;
    }
    size_t length = 0;
    for (size_t i = 0; words[i]; i++) length += strlen(words[i]) + 2;
    if (!length || length > HINT_MOST) return;
    put(&to, "; known: ");
    for (size_t i = 0; words[i]; i++) {
        put(&to, i ? ", " : "");
        put(&to, words[i]);
    }
}
