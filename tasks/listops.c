/* listops.c -- ListOps: the value, 0 to 9, of a nested expression in prefix form.
 *
 * Grammar, tokens and values: listops_tree.h.  Examples: listops_set.h.  Predictors: listops_rules.h.
 * At the original lengths (over 500, under 2000 tokens) 8 % of draws are kept; 96,000 take some seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/listops_rules.h"
#include "tasks/listops_set.h"
#include "tasks/task.h"

struct listops_options {
    char    source[OPTION_TEXT];
    int64_t min_length, max_length, max_depth, max_args;
    int64_t train, valid, test;
    int64_t seed;
    int     first_id;
};

static const char *const first_ids[] = {"0", "1", NULL};

#define AT(field) offsetof(struct listops_options, field)
static const struct option options[] = {
    {"source", OPTION_WORD, AT(source), "generated", 0, 0, NULL,
     "generated, or the path of a folder with the original basic_train.tsv, basic_val.tsv and basic_test.tsv"},
    {"min_length", OPTION_INT, AT(min_length), "500", 0, 1e6, NULL, "tokens; generated expressions are longer than this"},
    {"max_length", OPTION_INT, AT(max_length), "2000", 2, 1e6, NULL, "tokens; generated expressions are shorter than this"},
    {"max_depth", OPTION_INT, AT(max_depth), "10", 2, LISTOPS_DEPTH, NULL, "greatest depth of a generated node; the root has 1"},
    {"max_args", OPTION_INT, AT(max_args), "10", 2, 1000, NULL, "most arguments of a generated operator"},
    {"train", OPTION_INT, AT(train), "96000", 1, 1e8, NULL, "training examples generated, or rows read at most"},
    {"valid", OPTION_INT, AT(valid), "2000", 1, 1e8, NULL, "validation examples generated, or rows read at most"},
    {"test", OPTION_INT, AT(test), "2000", 1, 1e8, NULL, "test examples generated, or rows read at most"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 1e15, NULL, "of the generated examples"},
    {"first_id", OPTION_CHOICE, AT(first_id), "0", 0, 0, first_ids, "id of the digit 0; 1 keeps id 0 for padding"},
    {.name = NULL},
};

struct listops {
    struct listops_set set;
    size_t             longest, first_id;
};

static bool is_generated(const struct listops_options *o)
{
    return strcmp(o->source, "generated") == 0;
}

static void sizes_of(const struct listops_options *o, size_t n[SPLITS])
{
    n[SPLIT_TRAIN] = (size_t)o->train;
    n[SPLIT_VALID] = (size_t)o->valid;
    n[SPLIT_TEST] = (size_t)o->test;
}

static status generate(struct listops_set *set, const struct listops_options *o)
{
    const struct listops_grammar g = {o->min_length, o->max_length, o->max_depth, o->max_args};
    size_t n[SPLITS];
    sizes_of(o, n);
    if (g.max_length < g.min_length + 2)
        FAIL(ERR_CONFIG, "listops: max_length %lld leaves no length above min_length %lld; both are excluded",
             (long long)g.max_length, (long long)g.min_length);
    return listops_generate(set, &g, (uint64_t)o->seed, n);
}

/* The folder of the original files: here, or else under the data folder. */
static status find_folder(const struct listops_options *o, const char *data, char folder[FILE_PATH])
{
    char below[FILE_PATH];
    TRY(file_join(below, data, o->source));
    TRY(file_join(folder, "", file_is_folder(o->source) ? o->source : below));
    if (file_is_folder(folder)) return OK;
    FAIL(ERR_DATA, "listops source \"%s\": no such folder, here or in %s; \"generated\" needs no files", o->source, data);
}

static status read_original(struct listops_set *set, const struct listops_options *o, const char *data)
{
    char folder[FILE_PATH];
    size_t most[SPLITS];
    sizes_of(o, most);
    TRY(find_folder(o, data, folder));
    return listops_read(set, folder, most);
}

static size_t longest_of(const struct listops_set *set)
{
    size_t longest = 0;
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < set->n[s]; i++)
            if (set->at[s][i].n > longest) longest = set->at[s][i].n;
    return longest;
}

static status listops_open(void **self, const void *opts, const char *data)
{
    const struct listops_options *o = opts;
    struct listops_set set;
    *self = NULL;
    TRY(is_generated(o) ? generate(&set, o) : read_original(&set, o, data));
    struct listops *l = malloc(sizeof *l);
    if (!l) status_no_memory("ListOps", sizeof *l);
    *l = (struct listops){.set = set, .longest = longest_of(&set), .first_id = (size_t)o->first_id};
    *self = l;
    return OK;
}

static void listops_close(void *self)
{
    struct listops *l = self;
    if (l) listops_set_free(&l->set);
    free(l);
}

static size_t vocabulary(const void *self)
{
    return LISTOPS_TOKENS + ((const struct listops *)self)->first_id;
}

static size_t classes(const void *self)
{
    (void)self;
    return 10;
}

static size_t count(const void *self, enum split s)
{
    return ((const struct listops *)self)->set.n[s];
}

static size_t longest(const void *self)
{
    return ((const struct listops *)self)->longest;
}

static status example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct listops *l = self;
    const struct listops_example *e = &l->set.at[s][index];
    for (size_t i = 0; i < e->n; i++) out->token[i] = (int32_t)(e->token[i] + l->first_id);
    out->n = e->n;
    out->label = e->label;
    return OK;
}

static void word(const void *self, int32_t token, char out[TASK_WORD])
{
    const int32_t first = (int32_t)((const struct listops *)self)->first_id;
    snprintf(out, TASK_WORD, "%s ", token < first ? "" : listops_words[token - first]);
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    listops_rules(&((const struct listops *)self)->set, s, out);
    *n = LISTOPS_RULES;
    return OK;
}

static void checksum(const void *self, char out[33])
{
    const struct listops *l = self;
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    for (int s = 0; s < SPLITS; s++) {
        XXH3_128bits_update(state, &l->set.n[s], sizeof l->set.n[s]);
        for (size_t i = 0; i < l->set.n[s]; i++) {
            const struct listops_example *e = &l->set.at[s][i];
            XXH3_128bits_update(state, &e->n, sizeof e->n);
            XXH3_128bits_update(state, &e->label, 1);
            XXH3_128bits_update(state, e->token, e->n);
        }
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

static bool present(const void *opts, const char *data, char *line, size_t size)
{
    const struct listops_options *o = opts;
    struct listops_set set;
    if (is_generated(o)) {
        snprintf(line, size, "generated when it is used: %lld + %lld + %lld examples (train, valid, test)",
                 (long long)o->train, (long long)o->valid, (long long)o->test);
        return true;
    }
    if (read_original(&set, o, data) != OK) {
        snprintf(line, size, "%s", status_message());
        return false;
    }
    snprintf(line, size, "%s: %zu + %zu + %zu rows (train, valid, test)", o->source, set.n[SPLIT_TRAIN],
             set.n[SPLIT_VALID], set.n[SPLIT_TEST]);
    listops_set_free(&set);
    return true;
}

static void note(const void *opts, char *line, size_t size)
{
    if (is_generated(opts)) snprintf(line, size, "listops: expressions of our own seeded generator, not the released files.");
}

const struct task task_listops = {
    .name         = "listops",
    .title        = "ListOps: the value of a nested expression",
    .source       = "Nangia and Bowman, arXiv:1804.06028; lengths of Long Range Arena, arXiv:2011.04006; own seeded generator",
    .help         =
        "[MAX 2 9 [MIN 4 7 ] 0 ] is 9: operators MIN, MAX, MED (median, truncated) and SM (sum modulo 10) on digits; ten\n"
        "classes. Generated by the grammar of Long Range Arena: a node is an operator with probability 1/4, with 2 to\n"
        "max_args arguments, and a digit at max_depth; kept if its tokens (no parentheses) lie strictly between min_length\n"
        "and max_length; no two examples are equal, within a split or across. Example i of a split depends on (seed, split, i)\n"
        "and on the equal ones before it only.\n"
        "With `source: FOLDER` the original basic_train.tsv, basic_val.tsv and basic_test.tsv are read instead (here or under\n"
        "the data folder; packed with xz or not); lengths and seed then do nothing, and every target is checked.\n"
        "Ids: 0 to 9 the digits, 10 [MIN, 11 [MAX, 12 [MED, 13 [SM, 14 ]; with `first_id: 1` one more each.\n"
        "Predictors: the commonest label; the commonest label for the root operator; the root operator applied to its direct\n"
        "digits (depth 1), and to these and the depth-1 values of its operators (depth 2).",
    .kind         = TASK_CLASSIFY,
    .options      = options,
    .options_size = sizeof(struct listops_options),
    .open         = listops_open,
    .close        = listops_close,
    .vocabulary   = vocabulary,
    .classes      = classes,
    .count        = count,
    .longest      = longest,
    .example      = example,
    .word         = word,
    .predictors   = predictors,
    .checksum     = checksum,
    .note         = note,
    .present      = present,
};
