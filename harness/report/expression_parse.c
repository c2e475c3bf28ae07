/* expression_parse.c -- the text of a claim becomes comparisons, by recursive descent; every mistake has its place. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/section.h"
#include "report/expression.h"
#include "tasks/task.h"

#define DEEP       60 /* parentheses and functions in each other */
#define PARTS_MOST 16

struct parser {
    struct yaml_pool    *pool;
    const struct config *config;
    const struct yaml   *y;
    const char          *at;
    struct words         labels;
    bool                 strict; /* an unknown label is a mistake */
    bool                 measured;
    int                  depth;
};

/* ---- places ----------------------------------------------------------------------------------------------------- */

static struct yaml_mark mark_at(const struct parser *p, const char *at)
{
    struct yaml_mark m = p->y->mark;
    if (m.line && p->y->one_line) m.column += (size_t)(at - p->y->text) + !p->y->plain;
    return m;
}

__attribute__((format(printf, 3, 4))) static status fail_at(const struct parser *p, const char *at, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return yaml_fail(mark_at(p, at), "%s", text);
}

/* What stands at a place, for a message. */
static status unexpected(const struct parser *p, const char *wanted)
{
    if (!*p->at) return fail_at(p, p->at, "%s is missing at the end of \"%.200s\"", wanted, p->y->text);
    return fail_at(p, p->at, "%s is wanted at \"%.40s\"", wanted, p->at);
}

static status unknown(const struct parser *p, const char *at, const char *kind, const char *word, const struct words *known)
{
    const struct yaml y = {.kind = YAML_SCALAR, .mark = mark_at(p, at), .text = word};
    return section_unknown(&y, kind, "", known);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void blanks(struct parser *p)
{
    p->at += strspn(p->at, " \n\t");
}

static bool take(struct parser *p, const char *symbol)
{
    blanks(p);
    const size_t n = strlen(symbol);
    if (strncmp(p->at, symbol, n) != 0) return false;
    p->at += n;
    return true;
}

static status want(struct parser *p, const char *symbol)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\"%s\"", symbol);
    return take(p, symbol) ? OK : unexpected(p, wanted);
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A word of letters, if it stands here; takes it. */
static bool take_word(struct parser *p, const char *word)
{
    blanks(p);
    const size_t n = strlen(word);
    if (strncmp(p->at, word, n) != 0 || is_letter(p->at[n])) return false;
    p->at += n;
    return true;
}

/* A name as labels have it: letters, digits and _ . + -, or anything in quotes. */
static status name(struct parser *p, const char *wanted, char *out, size_t size)
{
    blanks(p);
    const char quote = *p->at == '"' || *p->at == '\'' ? *p->at : 0;
    const char *from = p->at + (quote != 0), *to = from;
    while (*to && (quote ? *to != quote : is_letter(*to) || strchr(".+-", *to))) to++;
    if (quote && !*to) return fail_at(p, p->at, "a quote does not end");
    const size_t n = (size_t)(to - from);
    if (n == 0) return unexpected(p, wanted);
    if (n >= size) return fail_at(p, from, "%zu bytes of name; at most %zu", n, size - 1);
    memcpy(out, from, n);
    out[n] = 0;
    p->at = to + (quote != 0);
    return OK;
}

static bool starts_number(const char *at)
{
    return isdigit((unsigned char)*at) || (*at == '.' && isdigit((unsigned char)at[1]));
}

/* Digits, point, exponent: of strtod without its words, signs and hexadecimal. */
static status number(struct parser *p, double *out)
{
    char text[64];
    const char *to = p->at;
    while (isdigit((unsigned char)*to)) to++;
    if (*to == '.' && to[1] != '.') to++; /* 256..512 is a range */
    while (isdigit((unsigned char)*to)) to++;
    const char *exponent = to;
    if (*to == 'e' || *to == 'E') {
        to += 1 + (to[1] == '+' || to[1] == '-');
        if (!isdigit((unsigned char)*to)) to = exponent;
        while (isdigit((unsigned char)*to)) to++;
    }
    const size_t n = (size_t)(to - p->at);
    if (n == 0) return unexpected(p, "a number");
    if (n >= sizeof text) return fail_at(p, p->at, "a number of %zu digits", n);
    memcpy(text, p->at, n);
    text[n] = 0;
    *out = strtod(text, NULL);
    if (!(*out < 1e300)) return fail_at(p, p->at, "%s is too large", text);
    p->at = to;
    return OK;
}

static status extent(struct parser *p, struct extent *out)
{
    blanks(p);
    const char *from = p->at;
    if (!starts_number(from)) return unexpected(p, "a length as in 4096 or 8x");
    TRY(number(p, &out->value));
    out->times = *p->at == 'x';
    p->at += out->times;
    if (is_letter(*p->at)) return fail_at(p, from, "\"%.20s\" is no length; write 4096, or 8x for eight times the training length", from);
    if (!out->times && out->value != (double)(int64_t)out->value) return fail_at(p, from, "a length is a whole number of tokens");
    return OK;
}

/* ---- what the config knows -------------------------------------------------------------------------------------- */

static void add_labels(struct words *w, const struct yaml *list)
{
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        const struct yaml *y = list->item[i], *as = NULL;
        if (y->kind == YAML_MAP && y->n == 1) as = yaml_get(y->item[0], "as"), y = y->key[0];
        if (as) y = as;
        if (y->kind == YAML_SCALAR && y->text) words_add(w, y->text);
    }
}

static bool same_source(const struct yaml *a, const struct yaml *b)
{
    return a && b && a->mark.source && b->mark.source && strcmp(a->mark.source, b->mark.source) == 0;
}

static void know_labels(struct parser *p)
{
    const struct yaml *list = yaml_get(p->config->root, "variants"), *budgets = yaml_get(p->config->root, "budgets");
    add_labels(&p->labels, list);
    p->strict = same_source(list, p->y);
    for (size_t i = 0; budgets && budgets->kind == YAML_MAP && i < budgets->n; i++) {
        const struct yaml *of = yaml_get(budgets->item[i], "variants");
        if (of == list) p->strict = false;
        else add_labels(&p->labels, of);
    }
}

static bool known_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->at[i], word) == 0) return true;
    return false;
}

static bool fits(const struct score *s, const struct task *t)
{
    if (s->what == QUANTITY_FLOOR || s->what == QUANTITY_COST) return true;
    if (s->what == QUANTITY_RECL) return t->kind == TASK_TEXT;
    return !s->placed || t->kind != TASK_CLASSIFY;
}

static bool same_task(const struct run *a, const struct run *b)
{
    return a->task == b->task && memcmp(a->task_options, b->task_options, sizeof a->task_options) == 0;
}

/* The tasks of the config that fit; their names, as load.h makes them, in *known. */
static size_t know_tasks(struct parser *p, const struct score *s, struct words *known)
{
    const struct config *c = p->config;
    size_t n = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        size_t same = 1;
        if (i && same_task(&c->runs[i - 1], &c->runs[i])) continue;
        for (size_t j = 0; j < i; j++) same += c->runs[j].task == c->runs[i].task && (j == 0 || !same_task(&c->runs[j - 1], &c->runs[j]));
        words_add(known, same == 1 ? c->runs[i].task->name : yaml_format(p->pool, "%s-%zu", c->runs[i].task->name, same));
        n += fits(s, c->runs[i].task);
    }
    return n;
}

/* A task that the program has but these runs do not may have been left out by a budget or --only. */
static status check_task(struct parser *p, const char *at, const struct score *s)
{
    struct words known = {0};
    const size_t n = know_tasks(p, s, &known);
    if (s->task[0] && !known_word(&known, s->task) && !task_find(s->task)) return unknown(p, at, "task", s->task, &known);
    if (s->task[0] || n <= 1 || s->what == QUANTITY_AVERAGE || s->what == QUANTITY_WINS) return OK;
    return fail_at(p, at, "the config has %zu tasks that this may be of; say which, as in: task %s", n, known.at[0]);
}

/* ---- measures --------------------------------------------------------------------------------------------------- */

#define COST(field) offsetof(struct cost, field)
static const struct { const char *name; enum quantity what; size_t cost; } measures[] = {
    {"loss", QUANTITY_LOSS, 0}, {"bits", QUANTITY_BITS, 0}, {"accuracy", QUANTITY_ACCURACY, 0}, {"ratio", QUANTITY_RATIO, 0},
    {"floor", QUANTITY_FLOOR, 0}, {"average", QUANTITY_AVERAGE, 0}, {"wins", QUANTITY_WINS, 0}, {"recl", QUANTITY_RECL, 0},
    {"tokens_per_second", QUANTITY_COST, COST(tokens_per_second)}, {"flops", QUANTITY_COST, COST(flops_per_token)},
    {"parameters", QUANTITY_COST, COST(parameters)}, {"activation_bytes", QUANTITY_COST, COST(activation_bytes)},
    {"activation_bytes_per_token", QUANTITY_COST, COST(activation_bytes_per_token)},
};
#define N_MEASURES (sizeof measures / sizeof *measures)

static const struct { const char *name; enum measured_cost cost; } measured_costs[] = {
    {"step_ms", MEASURED_STEP_MS}, {"token_ns", MEASURED_TOKEN_NS}, {"tokens_per_second", MEASURED_TOKENS_PER_SECOND}, {"flops", MEASURED_FLOPS},
    {"activation_bytes_per_token", MEASURED_TOKEN_BYTES}, {"activation_bytes", MEASURED_BYTES},
};
#define N_MEASURED_COSTS (sizeof measured_costs / sizeof *measured_costs)

static bool one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0) return true;
    return false;
}

static status range(struct parser *p, struct score *s)
{
    const char *from = p->at;
    TRY(extent(p, &s->from));
    TRY(want(p, ".."));
    TRY(extent(p, &s->to));
    if (s->from.times == s->to.times && s->from.value >= s->to.value) return fail_at(p, from, "positions end before they begin");
    s->ranged = s->placed = true;
    return OK;
}

static status place(struct parser *p, struct score *s)
{
    static const char *const modes[] = {"windows", "last", "stride", "stream", "context", "recall", "examples", NULL};
    static const char *const splits[] = {"train", "valid", "test", NULL};
    static const char *const all[] = {"windows", "last", "stride", "stream", "context", "recall", "examples", "train", "valid", "test",
                                      "repeated", "position", "set", "task", NULL};
    char word[32];
    blanks(p);
    const char *from = p->at;
    if (starts_number(from)) {
        s->placed = true;
        return extent(p, &s->length);
    }
    TRY(name(p, "a place (8x, stride, repeated, position, task)", word, sizeof word));
    if (one_of(word, modes)) {
        snprintf(s->mode, sizeof s->mode, "%.11s", word);
        s->placed = true;
    } else if (one_of(word, splits)) {
        snprintf(s->split, sizeof s->split, "%.7s", word);
    } else if (strcmp(word, "repeated") == 0) {
        s->repeated = s->placed = true;
    } else if (strcmp(word, "position") == 0) {
        return range(p, s);
    } else if (strcmp(word, "set") == 0) {
        s->placed = true;
        return name(p, "the name of a set", s->set, sizeof s->set);
    } else if (strcmp(word, "task") == 0) {
        return name(p, "the name of a task", s->task, sizeof s->task);
    } else {
        struct words known = {0};
        for (size_t i = 0; all[i]; i++) words_add(&known, all[i]);
        return unknown(p, from, "place", word, &known);
    }
    return OK;
}

static status check_place(const struct parser *p, const char *at, const struct score *s)
{
    if (s->what >= QUANTITY_FLOOR && (s->placed || strcmp(s->split, "test") != 0)) return fail_at(p, at, "this measure has no place but a task");
    if ((s->what == QUANTITY_AVERAGE || s->what == QUANTITY_WINS) && s->task[0]) return fail_at(p, at, "this measure is over all tasks");
    if (s->what == QUANTITY_RATIO && s->ranged) return fail_at(p, at, "ratio has no positions; write loss(...) / loss(...)");
    if (s->ranged && s->mode[0] && strcmp(s->mode, "windows") != 0) return fail_at(p, at, "losses by position are of the mode windows");
    return OK;
}

/* The share of targets that recl takes behind the label. */
static status share(struct parser *p, struct score *s)
{
    TRY(want(p, ","));
    blanks(p);
    const char *from = p->at;
    if (!starts_number(from)) return unexpected(p, "a share of targets as in 0.1");
    TRY(number(p, &s->share));
    if (!(s->share > 0 && s->share <= 1)) return fail_at(p, from, "a share of targets is above 0 and at most 1");
    return OK;
}

static status measure(struct parser *p, size_t which, struct expression *e)
{
    struct score *s = &e->score;
    const bool floor = measures[which].what == QUANTITY_FLOOR;
    e->kind = EXPRESSION_SCORE;
    *s = (struct score){.what = measures[which].what, .cost = measures[which].cost, .length = {1, true}, .split = "test"};
    p->measured = true;
    TRY(want(p, "("));
    blanks(p);
    const char *from = p->at;
    TRY(name(p, floor ? "the name of a predictor" : "the label of a variant", s->label, sizeof s->label));
    if (!floor && p->strict && !known_word(&p->labels, s->label)) return unknown(p, from, "variant", s->label, &p->labels);
    if (s->what == QUANTITY_RECL) TRY(share(p, s));
    while (take(p, ",")) TRY(place(p, s));
    TRY(want(p, ")"));
    TRY(check_place(p, from, s));
    return check_task(p, from, s);
}

/* Of a config that measures costs: a length in tokens, a mode, a direction. */
static status cost_place(struct parser *p, struct score *s)
{
    static const char *const all[] = {"train", "forward", "bidirectional", "causal", NULL};
    char word[32];
    blanks(p);
    const char *from = p->at;
    if (starts_number(from)) {
        TRY(extent(p, &s->length));
        return s->length.times ? fail_at(p, from, "costs have no training length; write the length in tokens") : OK;
    }
    TRY(name(p, "a place (4096, forward, causal)", word, sizeof word));
    struct words known = {0};
    for (size_t i = 0; all[i]; i++) words_add(&known, all[i]);
    if (!known_word(&known, word)) return unknown(p, from, "place", word, &known);
    if (strcmp(word, "train") == 0 || strcmp(word, "forward") == 0) snprintf(s->mode, sizeof s->mode, "%.11s", word);
    else snprintf(s->direction, sizeof s->direction, "%.15s", word);
    return OK;
}

static status measured_cost(struct parser *p, enum measured_cost cost, struct expression *e)
{
    struct score *s = &e->score;
    e->kind = EXPRESSION_SCORE;
    *s = (struct score){.what = QUANTITY_MEASURED, .cost = (size_t)cost};
    p->measured = true;
    TRY(want(p, "("));
    blanks(p);
    const char *from = p->at;
    TRY(name(p, "the label of a variant", s->label, sizeof s->label));
    if (p->strict && !known_word(&p->labels, s->label)) return unknown(p, from, "variant", s->label, &p->labels);
    while (take(p, ",")) TRY(cost_place(p, s));
    TRY(want(p, ")"));
    return s->length.value > 0 ? OK : fail_at(p, from, "say at which length, as in: token_ns(%s, 4096)", s->label);
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------- */

static status sum(struct parser *p, const struct expression **out);

static struct expression *node(struct parser *p, enum expression_kind kind, const struct expression *a, const struct expression *b)
{
    struct expression *e = yaml_take(p->pool, sizeof *e);
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
    TRY(want(p, "("));
    TRY(sum(p, &a));
    if (!many) a = node(p, kind, a, NULL);
    while (many && take(p, ",")) {
        TRY(sum(p, &b));
        a = node(p, kind, a, b);
    }
    *out = a;
    return want(p, ")");
}

static status called(struct parser *p, const struct expression **out)
{
    static const struct { const char *name; enum expression_kind kind; } functions[] = {
        {"abs", EXPRESSION_ABS}, {"log", EXPRESSION_LOG}, {"min", EXPRESSION_MIN}, {"max", EXPRESSION_MAX}};
    const char *from = p->at;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (take_word(p, functions[i].name)) return function(p, functions[i].kind, out);
    const bool costs = p->config->cost;
    const size_t n = costs ? N_MEASURED_COSTS : N_MEASURES;
    for (size_t i = 0; i < n; i++)
        if (take_word(p, costs ? measured_costs[i].name : measures[i].name)) {
            struct expression *e = node(p, EXPRESSION_SCORE, NULL, NULL);
            *out = e;
            return costs ? measured_cost(p, measured_costs[i].cost, e) : measure(p, i, e);
        }
    char word[64];
    struct words known = {0};
    TRY(name(p, "a measure or number", word, sizeof word));
    for (size_t i = 0; i < n; i++) words_add(&known, costs ? measured_costs[i].name : measures[i].name);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) words_add(&known, functions[i].name);
    return unknown(p, from, "measure", word, &known);
}

static status factor(struct parser *p, const struct expression **out)
{
    status s = OK;
    if (++p->depth > DEEP) return fail_at(p, p->at, "nested deeper than %d levels", DEEP);
    if (take(p, "-")) {
        const struct expression *a;
        TRY(factor(p, &a));
        *out = node(p, EXPRESSION_SUBTRACT, node(p, EXPRESSION_NUMBER, NULL, NULL), a);
    } else if (take(p, "(")) {
        TRY(sum(p, out));
        s = want(p, ")");
    } else if (starts_number(p->at)) {
        struct expression *e = node(p, EXPRESSION_NUMBER, NULL, NULL);
        *out = e;
        s = number(p, &e->number);
        if (s == OK && is_letter(*p->at)) return fail_at(p, p->at, "\"%.20s\" behind a number; a product is written with *", p->at);
    } else if (isalpha((unsigned char)*p->at)) {
        s = called(p, out);
    } else {
        return unexpected(p, "a measure or number");
    }
    p->depth--;
    return s;
}

static status product(struct parser *p, const struct expression **out)
{
    const struct expression *b;
    TRY(factor(p, out));
    for (;;) {
        const bool times = take(p, "*");
        if (!times && !take(p, "/")) return OK;
        TRY(factor(p, &b));
        *out = node(p, times ? EXPRESSION_MULTIPLY : EXPRESSION_DIVIDE, *out, b);
    }
}

static status sum(struct parser *p, const struct expression **out)
{
    const struct expression *b;
    TRY(product(p, out));
    for (;;) {
        const bool plus = take(p, "+");
        if (!plus && !take(p, "-")) return OK;
        TRY(product(p, &b));
        *out = node(p, plus ? EXPRESSION_ADD : EXPRESSION_SUBTRACT, *out, b);
    }
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

struct parts { struct comparison *at; size_t n; };

static status add(struct parser *p, struct parts *out, struct comparison c, const char *from)
{
    size_t n = (size_t)(p->at - from);
    while (n && isspace((unsigned char)from[n - 1])) n--;
    if (out->n == PARTS_MOST) return fail_at(p, from, "more than %d comparisons", PARTS_MOST);
    c.text = yaml_format(p->pool, "%.*s", (int)n, from);
    out->at[out->n++] = c;
    return OK;
}

static status between(struct parser *p, struct comparison c, const char *from, struct parts *out)
{
    const struct expression *low, *high;
    TRY(want(p, "["));
    TRY(sum(p, &low));
    TRY(want(p, ","));
    TRY(sum(p, &high));
    TRY(want(p, "]"));
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
    blanks(p);
    const char *from = p->at;
    p->measured = false;
    TRY(sum(p, &c.left));
    if (take_word(p, "in")) {
        TRY(between(p, c, from, out));
    } else {
        size_t i = 0;
        while (i < 4 && !take(p, signs[i].sign)) i++;
        if (i == 4 && *p->at == '=') return fail_at(p, p->at, "results are never just equal; write a in [b - 0.1, b + 0.1], or grade E with a in [b, b]");
        if (i == 4) return unexpected(p, "a comparison (<=, >=, <, >, in)");
        c.less = signs[i].less;
        c.strict = signs[i].strict;
        TRY(sum(p, &c.right));
        TRY(add(p, out, c, from));
    }
    if (!p->measured) return fail_at(p, from, "\"%.100s\" measures nothing", out->at[out->n - 1].text);
    return OK;
}

status expression_parse(struct yaml_pool *pool, const struct config *c, const struct yaml *y, const struct comparison **out, size_t *n)
{
    TRY(section_want(y, YAML_SCALAR, "test"));
    struct parser p = {.pool = pool, .config = c, .y = y, .at = y->text};
    struct parts parts = {.at = yaml_take(pool, PARTS_MOST * sizeof *parts.at)};
    know_labels(&p);
    do TRY(comparison(&p, &parts));
    while (take_word(&p, "and"));
    blanks(&p);
    if (strchr("<>", *p.at) && *p.at) return fail_at(&p, p.at, "one comparison at a time; write: a < b and b < c");
    if (*p.at) return unexpected(&p, "\"and\" or the end");
    *out = parts.at;
    *n = parts.n;
    return OK;
}
