/* reference.c -- see reference.h. */
#include "report/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/entry.h"
#include "config/section.h"

const char *const reference_measures[] = {"accuracy", "perplexity", "bits", "loss", "other", "words", NULL};

/* ---- keys and words ---------------------------------------------------------------------------------------------- */

static bool one_of(const char *const *list, const char *word, size_t *at)
{
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], word) == 0) {
            if (at) *at = i;
            return true;
        }
    return false;
}

static status want_word(const char *kind, const struct yaml *y, const char *const *list, size_t *at)
{
    struct words known = {0};
    TRY(section_want(y, YAML_SCALAR, kind));
    if (one_of(list, y->text, at)) return OK;
    for (size_t i = 0; list[i]; i++) words_add(&known, list[i]);
    return section_unknown(y, kind, "", &known);
}

static status check_keys(const struct yaml *map, const char *const *list, const char *where)
{
    for (size_t i = 0; i < map->n; i++) {
        struct words known = {0};
        if (one_of(list, map->key[i]->text, NULL)) continue;
        for (size_t k = 0; list[k]; k++) words_add(&known, list[k]);
        return section_unknown(map->key[i], "key", where, &known);
    }
    return OK;
}

static status read_text(const struct yaml *map, const char *key, bool must, char *out, size_t size)
{
    const struct yaml *y = yaml_get(map, key);
    out[0] = 0;
    if (y) return section_text(key, y, out, size);
    return must ? yaml_fail(map->mark, "no %s", key) : OK;
}

static status want_list(const struct yaml *map, const char *key, const struct yaml **out)
{
    *out = yaml_get(map, key);
    if (!*out) return yaml_fail(map->mark, "no %s; give a list", key);
    TRY(section_want(*out, YAML_LIST, key));
    return (*out)->n ? OK : yaml_fail((*out)->mark, "%s is an empty list", key);
}

static status read_status(const struct yaml *map, bool *recalled)
{
    static const char *const list[] = {"sourced", "recalled", NULL};
    size_t at;
    const struct yaml *y = yaml_get(map, "status");
    if (!y) return OK;
    TRY(want_word("status", y, list, &at));
    *recalled = at == 1;
    return OK;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static status read_at(const struct yaml *y, double *out)
{
    char *end;
    TRY(section_want(y, YAML_SCALAR, "at"));
    *out = strtod(y->text, &end);
    if (end == y->text || strcmp(end, "x") != 0 || !(*out > 0) || *out > 1e6)
        return yaml_fail(y->mark, "at: \"%.40s\" is no multiple of the training length, as 2x is", y->text);
    return OK;
}

static status read_measure(const struct yaml *y, enum reference_measure *out)
{
    size_t at;
    if (!y) return OK;
    TRY(want_word("measure", y, reference_measures, &at));
    *out = (enum reference_measure)at;
    return OK;
}

static status read_place(const struct yaml *y, struct reference_column *c)
{
    static const char *const texts[] = {"ordinary", "repeated", NULL}, *const modes[] = {"windows", "last", "stride", "stream", NULL};
    const struct yaml *text = yaml_get(y, "text"), *mode = yaml_get(y, "mode");
    if (text) TRY(want_word("text", text, texts, NULL));
    if (mode) TRY(want_word("mode", mode, modes, NULL));
    TRY(read_text(y, "text", false, c->text, sizeof c->text));
    return read_text(y, "mode", false, c->mode, sizeof c->mode);
}

static status read_column(const struct yaml *y, struct reference_column *c)
{
    static const char *const known[] = {"name", "group", "task", "measure", "unit", "at", "text", "mode", NULL};
    if (y->kind == YAML_SCALAR) return section_text("a column", y, c->name, sizeof c->name);
    TRY(section_want(y, YAML_MAP, "a column"));
    TRY(check_keys(y, known, " in a column"));
    TRY(read_text(y, "name", true, c->name, sizeof c->name));
    TRY(read_text(y, "group", false, c->group, sizeof c->group));
    TRY(read_text(y, "task", false, c->task, sizeof c->task));
    TRY(read_text(y, "unit", false, c->unit, sizeof c->unit));
    TRY(read_measure(yaml_get(y, "measure"), &c->measure));
    if (yaml_get(y, "at")) TRY(read_at(yaml_get(y, "at"), &c->at));
    return read_place(y, c);
}

static status read_columns(const struct yaml *root, struct reference *r)
{
    const struct yaml *list;
    enum reference_measure usual = REFERENCE_OTHER;
    TRY(read_measure(yaml_get(root, "measure"), &usual));
    TRY(want_list(root, "columns", &list));
    r->column = yaml_take(&r->pool, list->n * sizeof *r->column);
    for (size_t i = 0; i < list->n; i++) {
        struct reference_column *c = &r->column[i];
        c->measure = usual;
        TRY(read_column(list->item[i], c));
        for (const struct reference_column *o = r->column; o < c; o++)
            if (strcmp(o->name, c->name) == 0 && strcmp(o->group, c->group) == 0)
                return yaml_fail(list->item[i]->mark, "two columns are called \"%s\"", c->name);
    }
    r->n_columns = list->n;
    return OK;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static bool is_word(const struct reference *r, const char *text)
{
    for (size_t i = 0; i < r->n_words; i++)
        if (strcmp(r->word[i], text) == 0) return true;
    return false;
}

static bool number_of(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out);
}

/* What a score can be. */
static status check_range(const struct yaml *y, const struct reference_column *c, double value)
{
    if (c->measure == REFERENCE_ACCURACY && (value < 0 || value > 100)) return yaml_fail(y->mark, "%.40s is no accuracy in percent", y->text);
    if (c->measure == REFERENCE_PERPLEXITY && value < 1) return yaml_fail(y->mark, "%.40s is no perplexity: none is below 1", y->text);
    if ((c->measure == REFERENCE_BITS || c->measure == REFERENCE_LOSS) && value < 0) return yaml_fail(y->mark, "%.40s is no loss: none is below 0", y->text);
    return OK;
}

static status read_value(const struct reference *r, const struct yaml *y, const struct reference_column *c, struct reference_cell *out)
{
    if (yaml_is_null(y)) return OK;
    TRY(section_text("a cell", y, out->text, sizeof out->text));
    if (c->measure == REFERENCE_WORDS) return OK;
    if (number_of(y->text, &out->value)) return check_range(y, c, out->value);
    out->value = NAN;
    if (!is_word(r, y->text)) return yaml_fail(y->mark, "\"%.40s\" is neither a number nor null nor one of `words`", y->text);
    return OK;
}

static status read_cell(const struct reference *r, const struct yaml *y, const struct reference_column *c, struct reference_cell *out)
{
    static const char *const known[] = {"value", "status", NULL};
    if (y->kind != YAML_MAP) return read_value(r, y, c, out);
    TRY(check_keys(y, known, " in a cell"));
    if (!yaml_get(y, "value")) return yaml_fail(y->mark, "no value");
    TRY(read_status(y, &out->recalled));
    return read_value(r, yaml_get(y, "value"), c, out);
}

static status read_deviation(const struct yaml *y, struct reference_cell *out)
{
    double sd;
    if (yaml_is_null(y)) return OK;
    TRY(section_want(y, YAML_SCALAR, "a deviation"));
    if (!number_of(y->text, &sd) || sd < 0) return yaml_fail(y->mark, "\"%.40s\" is no standard deviation", y->text);
    out->sd = sd;
    return section_text("a deviation", y, out->sd_text, sizeof out->sd_text);
}

static status row_list(const struct reference *r, const struct yaml *y, const char *key, const struct yaml **out)
{
    TRY(want_list(y, key, out));
    if ((*out)->n != r->n_columns) return yaml_fail((*out)->mark, "%zu %s in %zu columns", (*out)->n, key, r->n_columns);
    return OK;
}

static status read_cells(struct reference *r, const struct yaml *y, bool recalled, struct reference_row *row)
{
    const struct yaml *values, *sd = NULL;
    TRY(row_list(r, y, "values", &values));
    if (yaml_get(y, "sd")) TRY(row_list(r, y, "sd", &sd));
    row->cell = yaml_take(&r->pool, r->n_columns * sizeof *row->cell);
    for (size_t i = 0; i < r->n_columns; i++) {
        row->cell[i] = (struct reference_cell){.value = NAN, .sd = NAN, .recalled = recalled};
        TRY(read_cell(r, values->item[i], &r->column[i], &row->cell[i]));
        if (sd) TRY(read_deviation(sd->item[i], &row->cell[i]));
    }
    return OK;
}

/* Its variant is read as a config's would be, so that it is one that Reach has. */
static status read_variant(struct reference *r, const struct yaml *y, struct reference_row *row)
{
    if (!y) return OK;
    struct variant_entry *v = yaml_take(&r->pool, sizeof *v);
    TRY(entry_variant(&r->pool, y, &(struct protocol_choice){0}, v));
    memcpy(row->label, v->label, sizeof row->label);
    for (const struct reference_row *o = r->row; o < row; o++)
        if (strcmp(o->label, row->label) == 0)
            return yaml_fail(y->mark, "rows \"%s\" and \"%s\" are both variant %s; give one of them another label with as:", o->name, row->name, row->label);
    return OK;
}

static status read_row(struct reference *r, const struct yaml *y, struct reference_row *row)
{
    static const char *const known[] = {"name", "variant", "lacks", "values", "sd", "status", NULL};
    bool recalled = r->recalled;
    TRY(section_want(y, YAML_MAP, "a row"));
    TRY(check_keys(y, known, " in a row"));
    TRY(read_text(y, "name", true, row->name, sizeof row->name));
    TRY(read_text(y, "lacks", false, row->lacks, sizeof row->lacks));
    TRY(read_status(y, &recalled));
    if (row->lacks[0] && yaml_get(y, "variant")) return yaml_fail(yaml_key(y, "lacks")->mark, "lacks and variant stand together; leave one out");
    for (const struct reference_row *o = r->row; o < row; o++)
        if (strcmp(o->name, row->name) == 0) return yaml_fail(y->mark, "two rows are called \"%s\"", row->name);
    TRY(read_variant(r, yaml_get(y, "variant"), row));
    return read_cells(r, y, recalled, row);
}

static status read_rows(const struct yaml *root, struct reference *r)
{
    const struct yaml *list;
    TRY(want_list(root, "rows", &list));
    r->row = yaml_take(&r->pool, list->n * sizeof *r->row);
    for (size_t i = 0; i < list->n; i++) TRY(read_row(r, list->item[i], &r->row[i]));
    r->n_rows = list->n;
    const struct yaml *base = yaml_get(root, "base");
    struct words known = {0};
    if (!base) return OK;
    TRY(section_want(base, YAML_SCALAR, "base"));
    for (size_t i = 0; i < r->n_rows; i++) {
        if (strcmp(r->row[i].name, base->text) == 0) r->base = &r->row[i];
        words_add(&known, r->row[i].name);
    }
    return r->base ? OK : section_unknown(base, "row", "", &known);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static status read_words(const struct yaml *root, struct reference *r)
{
    const struct yaml *map = yaml_get(root, "words");
    double number;
    if (!map) return OK;
    TRY(section_want(map, YAML_MAP, "words"));
    char (*word)[16] = yaml_take(&r->pool, map->n * sizeof *word);
    r->meaning = yaml_take(&r->pool, map->n * sizeof *r->meaning);
    for (size_t i = 0; i < map->n; i++) {
        char meaning[200];
        if (number_of(map->key[i]->text, &number)) return yaml_fail(map->key[i]->mark, "a number needs no meaning");
        TRY(section_text("a word", map->key[i], word[i], sizeof *word));
        TRY(section_text(word[i], map->item[i], meaning, sizeof meaning));
        r->meaning[i] = yaml_format(&r->pool, "%s", meaning);
    }
    r->word = (const char (*)[16])word;
    r->n_words = map->n;
    return OK;
}

static status read_notes(const struct yaml *root, struct reference *r)
{
    const struct yaml *list = yaml_get(root, "notes");
    if (!list) return OK;
    TRY(section_want(list, YAML_LIST, "notes"));
    r->note = yaml_take(&r->pool, (list->n + 1) * sizeof *r->note);
    for (size_t i = 0; i < list->n; i++) {
        char text[500];
        TRY(section_text("a note", list->item[i], text, sizeof text));
        r->note[i] = yaml_format(&r->pool, "%s", text);
    }
    r->n_notes = list->n;
    return OK;
}

static status read_head(struct yaml *root, struct reference *r)
{
    struct protocol_choice by;
    TRY(read_text(root, "paper", true, r->paper, sizeof r->paper));
    TRY(read_text(root, "year", true, r->year, sizeof r->year));
    TRY(read_text(root, "url", false, r->url, sizeof r->url));
    TRY(read_text(root, "table", true, r->table, sizeof r->table));
    TRY(read_text(root, "setting", true, r->setting, sizeof r->setting));
    TRY(read_text(root, "metric", true, r->metric, sizeof r->metric));
    TRY(read_text(root, "source", true, r->source, sizeof r->source));
    TRY(read_text(root, "protocol", false, r->protocol, sizeof r->protocol));
    TRY(protocol_read(&r->pool, yaml_get(root, "protocol"), &by));
    if (!yaml_get(root, "status")) return yaml_fail(root->mark, "no status; say sourced or recalled");
    return read_status(root, &r->recalled);
}

static status read_all(const char *path, struct reference *r)
{
    static const char *const known[] = {"paper", "year", "url", "table", "setting", "metric", "measure", "protocol", "status", "source", "words",
                                        "base", "columns", "rows", "notes", NULL};
    struct yaml *root;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    snprintf(r->name, sizeof r->name, "%.*s", (int)(dot ? (size_t)(dot - name) : strlen(name)), name);
    TRY(yaml_read_file(&r->pool, path, &root));
    if (root->kind != YAML_MAP) return yaml_fail(root->mark, "a table of a paper is a map, with paper, columns and rows");
    TRY(check_keys(root, known, " in a table of a paper"));
    TRY(read_head(root, r));
    TRY(read_words(root, r));
    TRY(read_columns(root, r));
    TRY(read_rows(root, r));
    return read_notes(root, r);
}

status reference_read(const char *path, struct reference *out)
{
    memset(out, 0, sizeof *out);
    const status s = read_all(path, out);
    if (s != OK) reference_done(out);
    return s;
}

void reference_done(struct reference *r)
{
    yaml_pool_done(&r->pool);
    memset(r, 0, sizeof *r);
}

/* ---- those of a config ------------------------------------------------------------------------------------------- */

/* The path of `name` as seen from the file that says it (or from the config's own, if --set does). */
static const char *path_of(struct references *all, const struct config *c, const struct yaml *name)
{
    const char *from = name->mark.line ? name->mark.source : c->root->mark.source, *slash = strrchr(from, '/');
    const size_t n = strlen(name->text);
    const bool is_path = n > 5 && strcmp(name->text + n - 5, ".yaml") == 0;
    if (is_path && name->text[0] == '/') return name->text;
    return yaml_format(&all->pool, "%.*s%s%s%s", slash ? (int)(slash - from + 1) : 0, from, is_path ? "" : "reference/", name->text,
                       is_path ? "" : ".yaml");
}

static status read_named(struct references *all, const struct config *c, const struct yaml *name)
{
    if (yaml_is_null(name)) return yaml_fail(name->mark, "reference: a name is missing");
    TRY(section_want(name, YAML_SCALAR, "a reference"));
    const char *path = path_of(all, c, name);
    const status s = reference_read(path, &all->at[all->n]);
    if (s == ERR_IO) return yaml_fail(name->mark, "no table of a paper \"%.80s\": %s", name->text, status_message());
    if (s == OK) all->n++;
    return s;
}

static status read_list(struct references *all, const struct config *c, const struct yaml *list)
{
    if (list->kind == YAML_SCALAR) {
        all->at = yaml_take(&all->pool, sizeof *all->at);
        return read_named(all, c, list);
    }
    TRY(section_want(list, YAML_LIST, "reference"));
    all->at = yaml_take(&all->pool, (list->n + 1) * sizeof *all->at);
    for (size_t i = 0; i < list->n; i++) {
        TRY(read_named(all, c, list->item[i]));
        for (size_t j = 0; j + 1 < all->n; j++)
            if (strcmp(all->at[j].name, all->at[i].name) == 0) return yaml_fail(list->item[i]->mark, "reference %s stands twice", all->at[i].name);
    }
    return OK;
}

status references_read(const struct config *c, struct references *out)
{
    const struct yaml *list = yaml_get(c->root, "reference");
    *out = (struct references){0};
    if (!list) return OK;
    const status s = read_list(out, c, list);
    if (s != OK) references_done(out);
    return s;
}

void references_done(struct references *r)
{
    for (size_t i = 0; i < r->n; i++) reference_done(&r->at[i]);
    yaml_pool_done(&r->pool);
    *r = (struct references){0};
}

const struct reference_row *reference_find(const struct reference *r, const char *label)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (r->row[i].label[0] && strcmp(r->row[i].label, label) == 0) return &r->row[i];
    return NULL;
}

double reference_loss(const struct reference_column *c, const struct reference_cell *cell)
{
    switch (c->measure) {
    case REFERENCE_PERPLEXITY: return log(cell->value);
    case REFERENCE_BITS:       return cell->value * M_LN2;
    case REFERENCE_LOSS:       return cell->value;
    default:                   return NAN;
    }
}
