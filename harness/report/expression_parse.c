/* expression_parse.c -- the text of a claim becomes comparisons, by recursive descent. */
#include <ctype.h>
#include <string.h>

#include "report/expression_measure.h"

#define DEEP       60 /* parentheses and functions in each other */
#define PARTS_MOST 16

struct parser {
    struct scan            in;
    struct known           known;
    const struct measures *measures;
    bool                   measured; /* the comparison names a measure */
    int                    depth;
};

/* ---- arithmetic ------------------------------------------------------------------------------------------------- */

static status sum(struct parser *p, const struct expression **out);

static struct expression *node(struct parser *p, enum expression_kind kind, const struct expression *a, const struct expression *b)
{
    struct expression *e = yaml_take(p->known.pool, sizeof *e);
    e->kind = kind;
    e->a = a;
    e->b = b;
    return e;
}

/* abs(a), log(a); min(a, b, ...) as min(min(a, b), ...) */
static status function(struct parser *p, enum expression_kind kind, const struct expression **out)
{
    const bool many = kind == EXPRESSION_MIN || kind == EXPRESSION_MAX;
    const struct expression *a, *b;
    TRY(scan_want(&p->in, "("));
    TRY(sum(p, &a));
    if (!many) a = node(p, kind, a, NULL);
    while (many && scan_take(&p->in, ",")) {
        TRY(sum(p, &b));
        a = node(p, kind, a, b);
    }
    *out = a;
    return scan_want(&p->in, ")");
}

static status called(struct parser *p, const struct expression **out)
{
    static const struct { const char *name; enum expression_kind kind; } functions[] = {
        {"abs", EXPRESSION_ABS}, {"log", EXPRESSION_LOG}, {"min", EXPRESSION_MIN}, {"max", EXPRESSION_MAX}};
    const char *from = p->in.at;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (scan_word(&p->in, functions[i].name)) return function(p, functions[i].kind, out);
    for (size_t i = 0; i < p->measures->n; i++)
        if (scan_word(&p->in, p->measures->at[i].name)) {
            struct expression *e = node(p, EXPRESSION_SCORE, NULL, NULL);
            *out = e;
            p->measured = true;
            return p->measures->take(&p->known, &p->in, &p->measures->at[i], &e->score);
        }
    char word[64];
    struct words names = {0};
    TRY(scan_name(&p->in, "a measure or number", word, sizeof word));
    for (size_t i = 0; i < p->measures->n; i++) words_add(&names, p->measures->at[i].name);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) words_add(&names, functions[i].name);
    return scan_unknown(&p->in, from, "measure", word, &names);
}

static status factor(struct parser *p, const struct expression **out)
{
    status s = OK;
    if (++p->depth > DEEP) return scan_fail(&p->in, p->in.at, "nested deeper than %d levels", DEEP);
    if (scan_take(&p->in, "-")) {
        const struct expression *a;
        TRY(factor(p, &a));
        *out = node(p, EXPRESSION_SUBTRACT, node(p, EXPRESSION_NUMBER, NULL, NULL), a);
    } else if (scan_take(&p->in, "(")) {
        TRY(sum(p, out));
        s = scan_want(&p->in, ")");
    } else if (scan_starts_number(p->in.at)) {
        struct expression *e = node(p, EXPRESSION_NUMBER, NULL, NULL);
        *out = e;
        s = scan_number(&p->in, &e->number);
        if (s == OK && scan_is_letter(*p->in.at)) return scan_fail(&p->in, p->in.at, "\"%.20s\" behind a number; a product is written with *", p->in.at);
    } else if (isalpha((unsigned char)*p->in.at)) {
        s = called(p, out);
    } else {
        return scan_unexpected(&p->in, "a measure or number");
    }
    p->depth--;
    return s;
}

static status product(struct parser *p, const struct expression **out)
{
    const struct expression *b;
    TRY(factor(p, out));
    for (;;) {
        const bool times = scan_take(&p->in, "*");
        if (!times && !scan_take(&p->in, "/")) return OK;
        TRY(factor(p, &b));
        *out = node(p, times ? EXPRESSION_MULTIPLY : EXPRESSION_DIVIDE, *out, b);
    }
}

static status sum(struct parser *p, const struct expression **out)
{
    const struct expression *b;
    TRY(product(p, out));
    for (;;) {
        const bool plus = scan_take(&p->in, "+");
        if (!plus && !scan_take(&p->in, "-")) return OK;
        TRY(product(p, &b));
        *out = node(p, plus ? EXPRESSION_ADD : EXPRESSION_SUBTRACT, *out, b);
    }
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

struct parts { struct comparison *at; size_t n; };

static status add(struct parser *p, struct parts *out, struct comparison c, const char *from)
{
    size_t n = (size_t)(p->in.at - from);
    while (n && isspace((unsigned char)from[n - 1])) n--;
    if (out->n == PARTS_MOST) return scan_fail(&p->in, from, "more than %d comparisons", PARTS_MOST);
    c.text = yaml_format(p->known.pool, "%.*s", (int)n, from);
    out->at[out->n++] = c;
    return OK;
}

static status between(struct parser *p, struct comparison c, const char *from, struct parts *out)
{
    const struct expression *low, *high;
    TRY(scan_want(&p->in, "["));
    TRY(sum(p, &low));
    TRY(scan_want(&p->in, ","));
    TRY(sum(p, &high));
    TRY(scan_want(&p->in, "]"));
    c.right = low;
    TRY(add(p, out, c, from));
    c.right = high;
    c.less = true;
    return add(p, out, c, from);
}

static status comparison(struct parser *p, struct parts *out)
{
    static const struct { const char *sign; bool less, strict; } signs[] = {{"<=", true, false}, {">=", false, false}, {"<", true, true}, {">", false, true}};
    struct comparison c = {0};
    scan_blanks(&p->in);
    const char *from = p->in.at;
    p->measured = false;
    TRY(sum(p, &c.left));
    if (scan_word(&p->in, "in")) {
        TRY(between(p, c, from, out));
    } else {
        size_t i = 0;
        while (i < 4 && !scan_take(&p->in, signs[i].sign)) i++;
        if (i == 4 && *p->in.at == '=') return scan_fail(&p->in, p->in.at, "results are never just equal; write a in [b - 0.1, b + 0.1], or grade E with a in [b, b]");
        if (i == 4) return scan_unexpected(&p->in, "a comparison (<=, >=, <, >, in)");
        c.less = signs[i].less;
        c.strict = signs[i].strict;
        TRY(sum(p, &c.right));
        TRY(add(p, out, c, from));
    }
    if (!p->measured) return scan_fail(&p->in, from, "\"%.100s\" measures nothing", out->at[out->n - 1].text);
    return OK;
}

status expression_parse(struct yaml_pool *pool, const struct config *c, const struct yaml *y, const struct comparison **out, size_t *n)
{
    TRY(section_want(y, YAML_SCALAR, "test"));
    struct parser p = {.in = {y, y->text}, .known = known_by(pool, c, y), .measures = c->cost ? &measures_of_costs : &measures_of_runs};
    struct parts parts = {.at = yaml_take(pool, PARTS_MOST * sizeof *parts.at)};
    do TRY(comparison(&p, &parts));
    while (scan_word(&p.in, "and"));
    scan_blanks(&p.in);
    if (strchr("<>", *p.in.at) && *p.in.at) return scan_fail(&p.in, p.in.at, "one comparison at a time; write: a < b and b < c");
    if (*p.in.at) return scan_unexpected(&p.in, "\"and\" or the end");
    *out = parts.at;
    *n = parts.n;
    return OK;
}
