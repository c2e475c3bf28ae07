/* retrieval.c -- the Retrieval task of Long Range Arena: does one paper of the ACL Anthology Network cite the other?
 *
 * Tay et al., arXiv:2011.04006, sec. 2.2.3; files new_aan_pairs.{train,eval,test}.tsv of its release, 147,086 + 18,090 + 17,437
 * lines:  label <tab> id1 <tab> id2 <tab> text1 <tab> text2,  no header, no quoting.  The release's code keeps the first 10,000
 * bytes of a text and then the first 4,000 ids; an id is a byte plus one, and 0 is its padding.
 *
 * The files are mapped, never copied: what is kept is where each line's texts stand.  A text of no bytes is one row of id 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/pair_predictors.h"

#define FIRST_BYTES 10000
#define FIELDS      5

struct retrieval_options {
    char    folder[OPTION_TEXT];
    int64_t length;
};

#define AT(field) offsetof(struct retrieval_options, field)
static const struct option options[] = {
    {"folder", OPTION_WORD, AT(folder), "aan", 0, 0, NULL,
     "where new_aan_pairs.train.tsv, .eval.tsv and .test.tsv are: here or under the data folder"},
    {"length", OPTION_INT, AT(length), "4000", 1, FIRST_BYTES, NULL, "bytes of each text that are read, from its first on"},
    {.name = NULL},
};

struct line {
    const uint8_t *text[2];
    uint32_t       n[2];   /* bytes of them that are read */
    int32_t        label;
};

struct retrieval {
    size_t length;
    struct file_content file[SPLITS];
    struct line *line[SPLITS];
    size_t       n[SPLITS];
};

static status path_of(const struct retrieval_options *o, const char *data, enum split s, char path[FILE_PATH])
{
    static const char *const names[SPLITS] = {"new_aan_pairs.train.tsv", "new_aan_pairs.eval.tsv", "new_aan_pairs.test.tsv"};
    char below[FILE_PATH];
    TRY(file_join(below, data, o->folder));
    TRY(file_join(path, file_is_folder(o->folder) ? o->folder : below, names[s]));
    if (file_is_file(path)) return OK;
    FAIL(ERR_DATA, "%s is not there; it comes with the release of Long Range Arena (github.com/google-research/long-range-arena), "
         "folder tsv_data", path);
}

/* "0", "1", "0.0", "1.0", as the release has them; -1: none of these. */
static int32_t label_of(const uint8_t *at, size_t n)
{
    const bool whole = n == 1 || (n == 3 && at[1] == '.' && at[2] == '0');
    return whole && (at[0] == '0' || at[0] == '1') ? at[0] - '0' : -1;
}

/* The five fields of a line of n bytes. */
static status read_line(const char *path, size_t number, const uint8_t *at, size_t n, size_t length, struct line *out)
{
    const uint8_t *field[FIELDS], *const end = at + n;
    size_t size[FIELDS], found = 0;
    for (const uint8_t *from = at; found < FIELDS;) {
        const uint8_t *tab = memchr(from, '\t', (size_t)(end - from));
        field[found] = from;
        size[found++] = (size_t)((tab ? tab : end) - from);
        if (!tab) break;
        from = tab + 1;
        if (found == FIELDS) found = FIELDS + 1; /* something follows the last */
    }
    if (found != FIELDS)
        FAIL(ERR_DATA, "%s:%zu: label, id, id, text and text, parted by four tabs, were expected; there are %s tabs", path, number,
             found < FIELDS ? "fewer" : "more");
    out->label = label_of(field[0], size[0]);
    if (out->label < 0) {
        char word[FILE_EXCERPT];
        FAIL(ERR_DATA, "%s:%zu: the label 0, 1, 0.0 or 1.0 was expected first; it says \"%s\"", path, number,
             file_excerpt(field[0], size[0], word));
    }
    for (int k = 0; k < 2; k++) {
        out->text[k] = field[3 + k];
        out->n[k] = (uint32_t)(size[3 + k] < length ? size[3 + k] : length);
    }
    return OK;
}

static status read_lines(struct retrieval *r, enum split s, const char *path)
{
    const uint8_t *at = r->file[s].at, *const end = at + r->file[s].n;
    for (size_t number = 1; at < end; number++) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at)), *const next = stop ? stop + 1 : end;
        if (!stop) stop = end;
        if (stop > at && stop[-1] == '\r') stop--;
        const size_t n = r->n[s]++;
        if ((n & (n - 1)) == 0) { /* room doubles at powers of two */
            r->line[s] = realloc(r->line[s], (n ? 2 * n : 1) * sizeof *r->line[s]);
            if (!r->line[s]) status_no_memory("pairs of papers", 2 * n * sizeof *r->line[s]);
        }
        TRY(read_line(path, number, at, (size_t)(stop - at), r->length, &r->line[s][n]));
        at = next;
    }
    if (r->n[s] == 0) FAIL(ERR_DATA, "%s: it is empty; lines of label, id, id, text and text were expected", path);
    return OK;
}

static void retrieval_close(void *self)
{
    struct retrieval *r = self;
    if (!r) return;
    for (int s = 0; s < SPLITS; s++) {
        file_close(&r->file[s]);
        free(r->line[s]);
    }
    free(r);
}

static status retrieval_open(void **self, const void *opts, const char *data)
{
    const struct retrieval_options *o = opts;
    struct retrieval *r = calloc(1, sizeof *r);
    status e = OK;
    if (!r) status_no_memory("retrieval", sizeof *r);
    r->length = (size_t)o->length; /* never more than FIRST_BYTES */
    for (int s = 0; s < SPLITS && e == OK; s++) {
        char path[FILE_PATH];
        e = path_of(o, data, (enum split)s, path);
        if (e == OK) e = file_map(path, &r->file[s]);
        if (e == OK) e = read_lines(r, (enum split)s, path);
    }
    if (e != OK) {
        retrieval_close(r);
        r = NULL;
    }
    *self = r;
    return e;
}

static size_t vocabulary(const void *self)
{
    (void)self;
    return 257;
}

static size_t classes(const void *self)
{
    (void)self;
    return 2;
}

static size_t count(const void *self, enum split s)
{
    return ((const struct retrieval *)self)->n[s];
}

static size_t longest(const void *self)
{
    const struct retrieval *r = self;
    size_t most = 1;
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < r->n[s] && most < r->length; i++)
            for (int k = 0; k < 2; k++) most = r->line[s][i].n[k] > most ? r->line[s][i].n[k] : most;
    return most;
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct line *line = &((const struct retrieval *)self)->line[s][index];
    out->n = out->n_first = 0;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < line->n[k]; i++) out->token[out->n++] = line->text[k][i] + 1;
        if (line->n[k] == 0) out->token[out->n++] = 0;
        if (k == 0) out->n_first = out->n;
    }
    out->label = line->label;
    return OK;
}

extern const struct task task_retrieval;

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    *n = PAIR_PREDICTORS;
    return pair_predictors(&task_retrieval, self, s, out);
}

/* Labels and texts as they are read. */
static void checksum(const void *self, char out[33])
{
    const struct retrieval *r = self;
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    for (int s = 0; s < SPLITS; s++) {
        XXH3_128bits_update(state, &r->n[s], sizeof r->n[s]);
        for (size_t i = 0; i < r->n[s]; i++) {
            const struct line *line = &r->line[s][i];
            XXH3_128bits_update(state, &line->label, sizeof line->label);
            XXH3_128bits_update(state, line->n, sizeof line->n);
            for (int k = 0; k < 2; k++) XXH3_128bits_update(state, line->text[k], line->n[k]);
        }
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

/* Gigabytes: only whether they are there. */
static bool present(const void *opts, const char *data, char *line, size_t size)
{
    char path[FILE_PATH];
    for (int s = 0; s < SPLITS; s++) {
        if (path_of(opts, data, (enum split)s, path) == OK) continue;
        snprintf(line, size, "%s", status_message());
        return false;
    }
    snprintf(line, size, "new_aan_pairs.train.tsv, .eval.tsv and .test.tsv are there");
    return true;
}

const struct task task_retrieval = {
    .name         = "retrieval",
    .title        = "Retrieval of Long Range Arena: does one paper cite the other?",
    .source       = "Tay et al., arXiv:2011.04006; papers: Radev et al., the ACL Anthology Network, 2013",
    .help         =
        "Pairs of papers, two classes, read as bytes: new_aan_pairs.train.tsv, .eval.tsv and .test.tsv of the release of Long\n"
        "Range Arena (147,086 + 18,090 + 17,437 pairs), in the folder `folder`, data/aan by default. It must be brought; task\n"
        "retrieval-books is the same in kind and needs no files. A line is label, id, id, text, text, parted by tabs, without quoting;\n"
        "its texts stay in the order of the file. Of each text the first `length` bytes are read.\n"
        "Ids: byte + 1; 0 is a text without bytes. Nothing is padded, and every test pair is scored; the release's code pads to\n"
        "4,000, and drops the last, partial batch of each split.\n"
        "Heads: model.pair_head; model.pooling: first is what its dual encoder does where it says CLS.\n"
        "Predictors, fitted on the first 4,000 training pairs: the commonest label; the cosine of the two texts' byte frequencies\n"
        "(their square roots); logistic regression on the differences of these; the cosine of words.",
    .kind         = TASK_CLASSIFY,
    .pairs        = true,
    .options      = options,
    .options_size = sizeof(struct retrieval_options),
    .open         = retrieval_open,
    .close        = retrieval_close,
    .vocabulary   = vocabulary,
    .classes      = classes,
    .count        = count,
    .longest      = longest,
    .example      = example,
    .word         = task_byte_word,
    .predictors   = predictors,
    .checksum     = checksum,
    .present      = present,
};
