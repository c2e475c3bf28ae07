/* listops_tsv.c -- the original files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tasks/listops_set.h"
#include "tasks/xz.h"

/* A line of a file, without its end. */
struct line {
    const char *path;
    size_t      number;
    const char *at;
    size_t      n;
};

/* The next line of [*at, end); false at the end. */
static bool next_line(struct line *line, const char **at, const char *end)
{
    if (*at == end) return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    line->at = *at;
    line->n = (size_t)((stop ? stop : end) - *at);
    *at = stop ? stop + 1 : end;
    if (line->n && line->at[line->n - 1] == '\r') line->n--;
    line->number++;
    return true;
}

static int token_of(const char *word, size_t n)
{
    for (int t = 0; t < LISTOPS_TOKENS; t++)
        if (strlen(listops_words[t]) == n && memcmp(listops_words[t], word, n) == 0) return t;
    return -1;
}

/* The tokens of the first n characters of a line into token[n]. */
static status read_tokens(const struct line *line, size_t n, uint8_t *token, size_t *n_tokens)
{
    *n_tokens = 0;
    for (size_t i = 0; i < n;) {
        size_t m = 0;
        while (i + m < n && line->at[i + m] != ' ') m++;
        const int t = token_of(line->at + i, m);
        const bool dropped = m == 0 || (m == 1 && (line->at[i] == '(' || line->at[i] == ')'));
        if (t < 0 && !dropped) {
            char word[FILE_EXCERPT];
            FAIL(ERR_DATA, "%s:%zu:%zu: \"%s\" where a digit, [MIN, [MAX, [MED, [SM, ], ( or ) was expected", line->path, line->number,
                 i + 1, file_excerpt(line->at + i, m, word));
        }
        if (t >= 0) token[(*n_tokens)++] = (uint8_t)t;
        i += m + 1;
    }
    return OK;
}

static status read_row(const struct line *line, uint8_t *token, struct listops_example *e)
{
    const char *tab = memchr(line->at, '\t', line->n);
    const size_t source = tab ? (size_t)(tab - line->at) : 0;
    size_t n, at;
    if (!tab || line->n != source + 2 || tab[1] < '0' || tab[1] > '9')
        FAIL(ERR_DATA, "%s:%zu: an expression, a tab and one digit were expected", line->path, line->number);
    TRY(read_tokens(line, source, token, &n));
    const char *expected = listops_wrong(token, n, &at);
    if (expected)
        FAIL(ERR_DATA, "%s:%zu: at %s (token %zu without parentheses) was expected: %s", line->path, line->number,
             at < n ? listops_words[token[at]] : "the end of the expression", at + 1, expected);
    const int value = listops_value(token, n, LISTOPS_DEPTH);
    if (value != tab[1] - '0')
        FAIL(ERR_DATA, "%s:%zu: target %d was expected, the value of the expression; it says %c", line->path,
             line->number, value, tab[1]);
    *e = (struct listops_example){.token = malloc(n), .n = (uint32_t)n, .label = (uint8_t)value};
    if (!e->token) status_no_memory("a ListOps example", n);
    memcpy(e->token, token, n);
    return OK;
}

static void add_example(struct listops_set *set, enum split s, struct listops_example e)
{
    size_t n = set->n[s]++;
    if ((n & (n - 1)) == 0) { /* room doubles at powers of two */
        const size_t bytes = (n ? 2 * n : 1) * sizeof e;
        set->at[s] = realloc(set->at[s], bytes);
        if (!set->at[s]) status_no_memory("ListOps examples", bytes);
    }
    set->at[s][n] = e;
}

static status read_rows(struct listops_set *set, enum split s, const char *path, struct file_content file, uint8_t *token,
                        size_t most)
{
    const char *at = (const char *)file.at, *end = at + file.n;
    struct line line = {.path = path};
    if (!next_line(&line, &at, end) || line.n != 13 || memcmp(line.at, "Source\tTarget", 13) != 0)
        FAIL(ERR_DATA, "%s:1: the header \"Source<TAB>Target\" was expected", path);
    while (set->n[s] < most && next_line(&line, &at, end)) {
        struct listops_example e = {0};
        if (line.n == 0 && at == end) break;
        TRY(read_row(&line, token, &e));
        add_example(set, s, e);
    }
    if (set->n[s] == 0 && most > 0) FAIL(ERR_DATA, "%s:%zu: no row follows the header", path, line.number);
    return OK;
}

status listops_read_tsv(struct listops_set *set, enum split split, const char *path, size_t most)
{
    struct file_content file;
    const size_t n = strlen(path);
    const bool packed = n > 3 && strcmp(path + n - 3, ".xz") == 0;
    TRY(packed ? xz_read(path, &file) : file_map(path, &file));
    uint8_t *token = malloc(file.n + 1); /* no row has more tokens than the file bytes */
    if (!token) status_no_memory(path, file.n + 1);
    const status s = read_rows(set, split, path, file, token, most);
    free(token);
    file_close(&file);
    return s;
}

status listops_read(struct listops_set *set, const char *folder, const size_t most[SPLITS])
{
    static const char *const names[SPLITS] = {"basic_train.tsv", "basic_val.tsv", "basic_test.tsv"};
    status st = OK;
    *set = (struct listops_set){0};
    for (int s = 0; s < SPLITS && st == OK; s++) {
        char path[FILE_PATH], packed[FILE_PATH + 3];
        if ((st = file_join(path, folder, names[s])) != OK) break;
        snprintf(packed, sizeof packed, "%s.xz", path);
        st = listops_read_tsv(set, (enum split)s, !file_is_file(path) && file_is_file(packed) ? packed : path, most[s]);
    }
    if (st != OK) listops_set_free(set);
    return st;
}
