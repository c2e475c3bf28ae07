/* yaml.c -- libyaml's events become a tree. */
#include "config/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* ---- memory ----------------------------------------------------------------------------------------------------- */

struct yaml_block {
    struct yaml_block *next;
    _Alignas(16) unsigned char bytes[];
};

void *yaml_take(struct yaml_pool *p, size_t bytes)
{
    struct yaml_block *b = calloc(1, sizeof *b + bytes);
    if (!b) status_no_memory("a configuration", bytes);
    b->next = p->blocks;
    p->blocks = b;
    return b->bytes;
}

char *yaml_format(struct yaml_pool *p, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    const int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) status_no_memory("a configuration", 0);
    char *kept = memcpy(yaml_take(p, (size_t)n + 1), text, (size_t)n);
    free(text);
    return kept;
}

void yaml_pool_done(struct yaml_pool *p)
{
    while (p->blocks) {
        struct yaml_block *next = p->blocks->next;
        free(p->blocks);
        p->blocks = next;
    }
}

/* ---- refusing --------------------------------------------------------------------------------------------------- */

status yaml_fail(struct yaml_mark mark, const char *format, ...)
{
    char sentence[1536];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (!mark.line) FAIL(ERR_CONFIG, "%s: %s", mark.source, sentence);
    FAIL(ERR_CONFIG, "%s:%zu:%zu: %s", mark.source, mark.line, mark.column, sentence);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct anchor {
    const char    *name;
    struct yaml   *node;
    bool           open; /* its node has not ended yet */
    struct anchor *next;
};

struct reader {
    yaml_parser_t     parser;
    struct yaml_pool *pool;
    const char       *source, *text;
    bool              lines; /* places have a line and a column */
    struct anchor    *anchors;
    size_t            nodes; /* so far, aliases expanded        */
};

static struct yaml_mark mark_of(const struct reader *r, yaml_mark_t m)
{
    return (struct yaml_mark){r->source, r->lines ? m.line + 1 : 0, m.column + 1};
}

/* The place of byte `offset`, for errors in the encoding, which have no mark. */
static struct yaml_mark mark_at(const struct reader *r, size_t offset)
{
    yaml_mark_t m = {0, 0, 0};
    for (size_t i = 0; i < offset && r->text[i]; i++) {
        const unsigned char c = (unsigned char)r->text[i];
        if (c == '\n') m.line++, m.column = 0;
        else m.column += (c & 0xC0) != 0x80;
    }
    return mark_of(r, m);
}

static status parser_failed(const struct reader *r)
{
    const yaml_parser_t *y = &r->parser;
    const char *problem = y->problem ? y->problem : "unreadable";
    if (y->error == YAML_MEMORY_ERROR) status_no_memory("a configuration", 0);
    if (y->error == YAML_READER_ERROR) return yaml_fail(mark_at(r, y->problem_offset), "not plain UTF-8 text: %s", problem);
    return yaml_fail(mark_of(r, y->problem_mark), "not valid YAML: %s%s%s", problem, y->context ? " " : "",
                     y->context ? y->context : "");
}

static status next_event(struct reader *r, yaml_event_t *e)
{
    return yaml_parser_parse(&r->parser, e) ? OK : parser_failed(r);
}

/* Control characters, line breaks other than \n, and what cannot be printed back. */
static bool has_odd_character(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char *c = (const unsigned char *)text + i;
        if ((*c < 0x20 && *c != '\t' && *c != '\n') || *c == 0x7F) return true;
        if (*c == 0xC2 && c[1] < 0xA0) return true;                                       /* U+0080..9F      */
        if (*c == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9)) return true;    /* U+2028, 2029    */
        if (*c == 0xED && c[1] >= 0xA0) return true;                                      /* surrogates      */
        if (*c == 0xEF && c[1] == 0xBB && c[2] == 0xBF) return true;                      /* byte order mark */
        if (*c == 0xEF && c[1] == 0xBF && c[2] >= 0xBE) return true;                      /* U+FFFE, FFFF    */
    }
    return false;
}

static struct yaml *node_new(struct reader *r, enum yaml_kind kind, const yaml_event_t *e)
{
    struct yaml *y = yaml_take(r->pool, sizeof *y);
    *y = (struct yaml){.kind = kind, .mark = mark_of(r, e->start_mark), .count = 1, .deep = 1};
    return y;
}

static status count_nodes(struct reader *r, struct yaml_mark mark, size_t more)
{
    if (more > YAML_NODES - r->nodes) return yaml_fail(mark, "more than %d values, aliases expanded", YAML_NODES);
    r->nodes += more;
    return OK;
}

static struct anchor *remember(struct reader *r, const yaml_char_t *name, struct yaml *node)
{
    if (!name) return NULL;
    struct anchor *a = yaml_take(r->pool, sizeof *a);
    *a = (struct anchor){yaml_format(r->pool, "%s", (const char *)name), node, true, r->anchors};
    return r->anchors = a;
}

static status read_alias(struct reader *r, const yaml_event_t *e, size_t level, struct yaml **out)
{
    const char *name = (const char *)e->data.alias.anchor;
    const struct yaml_mark mark = mark_of(r, e->start_mark);
    const struct anchor *a = r->anchors;
    while (a && strcmp(a->name, name)) a = a->next;
    if (!a) return yaml_fail(mark, "no anchor \"%.80s\" before this alias", name);
    if (a->open) return yaml_fail(mark, "alias \"%.80s\" stands inside its own anchor", name);
    if (level + a->node->deep - 1 > YAML_DEEP) return yaml_fail(mark, "nested deeper than %d levels", YAML_DEEP);
    TRY(count_nodes(r, mark, a->node->count));
    *out = a->node;
    return OK;
}

static status refuse_tag(const struct reader *r, const yaml_event_t *e, const yaml_char_t *tag)
{
    return tag ? yaml_fail(mark_of(r, e->start_mark), "tags are not used here; leave \"%.80s\" out", (const char *)tag) : OK;
}

static status read_scalar(struct reader *r, const yaml_event_t *e, struct yaml **out)
{
    const char *text = (const char *)e->data.scalar.value;
    const size_t n = e->data.scalar.length;
    TRY(refuse_tag(r, e, e->data.scalar.tag));
    if (has_odd_character(text, n)) return yaml_fail(mark_of(r, e->start_mark), "a control character in a text");
    struct yaml *y = node_new(r, YAML_SCALAR, e);
    y->text = memcpy(yaml_take(r->pool, n + 1), text, n);
    y->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    y->one_line = e->start_mark.line == e->end_mark.line;
    TRY(count_nodes(r, y->mark, 1));
    struct anchor *a = remember(r, e->data.scalar.anchor, y);
    if (a) a->open = false;
    *out = y;
    return OK;
}

/* Add a child (and its key) to a growing list or map. */
static void append(struct reader *r, struct yaml *to, size_t *room, struct yaml *key, struct yaml *item)
{
    if (to->n == *room) {
        *room = *room ? 2 * *room : 8;
        const size_t bytes = *room * sizeof *to->item, used = to->n * sizeof *to->item;
        struct yaml **items = yaml_take(r->pool, bytes);
        if (used) memcpy(items, to->item, used);
        to->item = items;
        if (key) {
            struct yaml **keys = yaml_take(r->pool, bytes);
            if (used) memcpy(keys, to->key, used);
            to->key = keys;
        }
    }
    if (key) to->key[to->n] = key;
    to->item[to->n++] = item;
    to->count += item->count;
    if (item->deep + 1 > to->deep) to->deep = item->deep + 1;
}

static status read_key(struct reader *r, const yaml_event_t *e, const struct yaml *map, struct yaml **out)
{
    const struct yaml_mark mark = mark_of(r, e->start_mark);
    if (e->type != YAML_SCALAR_EVENT) return yaml_fail(mark, "a key must be one word");
    TRY(read_scalar(r, e, out));
    const char *text = (*out)->text;
    if (!*text) return yaml_fail(mark, "a key is missing before the colon");
    if (!strcmp(text, "<<")) return yaml_fail(mark, "merge keys (<<) are not taken; use extends");
    const struct yaml *first = yaml_key(map, text);
    if (first && r->lines)
        return yaml_fail(mark, "\"%.80s\" stands twice; first on line %zu", text, first->mark.line);
    if (first) return yaml_fail(mark, "\"%.80s\" stands twice", text);
    if (map->n == YAML_KEYS) return yaml_fail(mark, "more than %d keys in one map", YAML_KEYS);
    return OK;
}

static status read_node(struct reader *r, const yaml_event_t *e, size_t level, struct yaml **out);

/* The children of `to` up to the event that ends it; `level` is theirs. */
static status read_children(struct reader *r, struct yaml *to, size_t level)
{
    const yaml_event_type_t end = to->kind == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    size_t room = 0;
    for (;;) {
        yaml_event_t e;
        struct yaml *key = NULL, *item = NULL;
        TRY(next_event(r, &e));
        const bool ended = e.type == end;
        status s = OK;
        if (!ended && to->kind == YAML_MAP) {
            s = read_key(r, &e, to, &key);
            yaml_event_delete(&e);
            if (s == OK) s = next_event(r, &e);
            if (s != OK) return s;
        }
        if (!ended) s = read_node(r, &e, level, &item);
        yaml_event_delete(&e);
        if (ended || s != OK) return s;
        append(r, to, &room, key, item);
    }
}

static status read_node(struct reader *r, const yaml_event_t *e, size_t level, struct yaml **out)
{
    if (level > YAML_DEEP) return yaml_fail(mark_of(r, e->start_mark), "nested deeper than %d levels", YAML_DEEP);
    if (e->type == YAML_ALIAS_EVENT) return read_alias(r, e, level, out);
    if (e->type == YAML_SCALAR_EVENT) return read_scalar(r, e, out);
    const bool map = e->type == YAML_MAPPING_START_EVENT;
    assert(map || e->type == YAML_SEQUENCE_START_EVENT);
    TRY(refuse_tag(r, e, map ? e->data.mapping_start.tag : e->data.sequence_start.tag));
    struct yaml *y = node_new(r, map ? YAML_MAP : YAML_LIST, e);
    TRY(count_nodes(r, y->mark, 1));
    struct anchor *a = remember(r, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor, y);
    TRY(read_children(r, y, level + 1));
    if (a) a->open = false;
    *out = y;
    return OK;
}

/* The stream: nothing, or one document. */
static status read_stream(struct reader *r, struct yaml **out)
{
    size_t documents = 0;
    *out = NULL;
    for (bool ended = false; !ended;) {
        yaml_event_t e;
        TRY(next_event(r, &e));
        status s = OK;
        switch (e.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: break;
        case YAML_STREAM_END_EVENT: ended = true; break;
        case YAML_DOCUMENT_START_EVENT:
            if (documents++) s = yaml_fail(mark_of(r, e.start_mark), "a second document; a file holds one");
            break;
        default: s = read_node(r, &e, 1, out); break;
        }
        yaml_event_delete(&e);
        if (s != OK) return s;
    }
    if (!*out) {
        struct yaml *y = yaml_take(r->pool, sizeof *y);
        *y = (struct yaml){.kind = YAML_SCALAR, .mark = mark_at(r, 0), .text = "", .plain = true, .count = 1, .deep = 1};
        *out = y;
    }
    return OK;
}

static status read_bytes(struct yaml_pool *p, const char *source, bool lines, const char *text, size_t n,
                         struct yaml **out)
{
    struct reader r = {.pool = p, .source = source, .text = text, .lines = lines};
    if (!yaml_parser_initialize(&r.parser)) status_no_memory("a configuration", 0);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    const status s = read_stream(&r, out);
    yaml_parser_delete(&r.parser);
    return s;
}

status yaml_read_text(struct yaml_pool *p, const char *source, const char *text, struct yaml **out)
{
    const size_t n = strlen(text);
    if (n > YAML_BYTES) FAIL(ERR_CONFIG, "%.200s: more than %d bytes", source, YAML_BYTES);
    return read_bytes(p, source, false, text, n, out);
}

status yaml_read_file(struct yaml_pool *p, const char *path, struct yaml **out)
{
    FILE *f = fopen(path, "rb");
    if (!f) FAIL(ERR_IO, "cannot read %s: %s", path, strerror(errno));
    char *text = yaml_take(p, YAML_BYTES + 2); /* one more than allowed, and a 0 for mark_at */
    const size_t n = fread(text, 1, YAML_BYTES + 1, f);
    const int broken = ferror(f) ? errno : 0;
    fclose(f);
    if (broken) FAIL(ERR_IO, "cannot read %s: %s", path, strerror(broken));
    if (n > YAML_BYTES) FAIL(ERR_CONFIG, "%s: larger than %d bytes; a configuration is not", path, YAML_BYTES);
    const bool marked = !memcmp(text, "\xEF\xBB\xBF", 3); /* a byte order mark, which libyaml would count as a column */
    return read_bytes(p, path, true, text + 3 * marked, n - 3 * marked, out);
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

bool yaml_is_null(const struct yaml *y)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (!y) return true;
    if (y->kind != YAML_SCALAR || !y->plain) return false;
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (!strcmp(y->text, nulls[i])) return true;
    return false;
}

/* The place of `key` in a map, or its size. */
static size_t place_of(const struct yaml *map, const char *key)
{
    size_t i = 0;
    while (i < map->n && strcmp(map->key[i]->text, key)) i++;
    return i;
}

struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP) return NULL;
    const size_t i = place_of(map, key);
    return i < map->n ? map->item[i] : NULL;
}

struct yaml *yaml_key(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP) return NULL;
    const size_t i = place_of(map, key);
    return i < map->n ? map->key[i] : NULL;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static struct yaml *map_new(struct yaml_pool *p, struct yaml_mark mark, size_t room)
{
    struct yaml *y = yaml_take(p, sizeof *y);
    *y = (struct yaml){.kind = YAML_MAP, .mark = mark, .count = 1, .deep = 1};
    y->key = yaml_take(p, room * sizeof *y->key);
    y->item = yaml_take(p, room * sizeof *y->item);
    return y;
}

static void map_put(struct yaml *map, struct yaml *key, struct yaml *item)
{
    map->key[map->n] = key;
    map->item[map->n++] = item;
}

static struct yaml *key_new(struct yaml_pool *p, struct yaml_mark mark, const char *key)
{
    struct yaml *y = yaml_take(p, sizeof *y);
    *y = (struct yaml){.kind = YAML_SCALAR, .mark = mark, .text = key, .plain = true, .count = 1, .deep = 1};
    return y;
}

/* Counts and depths matter while reading only; made maps keep those of an empty one. */
struct yaml *yaml_map_of(struct yaml_pool *p, const char *key, struct yaml *value)
{
    struct yaml *map = map_new(p, value->mark, 1);
    map_put(map, key_new(p, value->mark, key), value);
    return map;
}

struct yaml *yaml_with(struct yaml_pool *p, struct yaml *map, const char *key, struct yaml *value)
{
    struct yaml *out = map_new(p, map->mark, map->n + 1);
    for (size_t i = 0; i < map->n; i++) map_put(out, map->key[i], map->item[i]);
    const size_t at = place_of(map, key);
    if (at < map->n) out->item[at] = value;
    else map_put(out, key_new(p, value->mark, key), value);
    return out;
}

struct yaml *yaml_without(struct yaml_pool *p, struct yaml *map, const char *key)
{
    if (!yaml_key(map, key)) return map;
    struct yaml *out = map_new(p, map->mark, map->n);
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, key)) map_put(out, map->key[i], map->item[i]);
    return out;
}

struct yaml *yaml_merge(struct yaml_pool *p, struct yaml *under, struct yaml *over)
{
    if (!under || !over) return over ? over : under;
    if (under->kind != YAML_MAP || over->kind != YAML_MAP) return over;
    struct yaml *out = map_new(p, over->mark.line ? over->mark : under->mark, under->n + over->n);
    for (size_t i = 0; i < under->n; i++) {
        const size_t at = place_of(over, under->key[i]->text);
        const bool both = at < over->n;
        map_put(out, both ? over->key[at] : under->key[i],
                both ? yaml_merge(p, under->item[i], over->item[at]) : under->item[i]);
    }
    for (size_t i = 0; i < over->n; i++)
        if (!yaml_key(under, over->key[i]->text)) map_put(out, over->key[i], over->item[i]);
    return out;
}
