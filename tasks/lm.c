/* lm.c -- byte-level language modelling: predict each byte of a text from those before it.
 *
 * Tokens are the 256 bytes themselves.  corpus.h says which texts there are and how each is split; kjv.h has the
 * table of the default one.  The predictors beside every score are counts of short contexts (context_model.h) and xz,
 * trained on the training part alone: its first 64 MiB where it is longer, for memory and time.  xz sees at most the
 * last 16 MiB of those, and its figure is for the first 16 MiB of the scored part.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "tasks/context_model.h"
#include "tasks/corpus.h"
#include "tasks/kjv.h"
#include "tasks/task.h"
#include "tasks/xz.h"

struct lm_options {
    char    corpus[OPTION_TEXT];
    int64_t seed;
};

static const struct option options[] = {
    {"corpus", OPTION_WORD, offsetof(struct lm_options, corpus), "kjv", 0, 0, NULL,
     "kjv, enwik8, text8, wikitext-2, wikitext-103, gutenberg, tinyshakespeare, books (gutenberg or else kjv), or a path to a file or folder"},
    {"seed", OPTION_INT, offsetof(struct lm_options, seed), "1", 0, 1e15, NULL,
     "which files of a plain folder are held out (named corpora have fixed parts)"},
    {.name = NULL},
};

#define MIB             ((size_t)1 << 20)
#define MOST_COUNTED    (64 * MIB)
#define MOST_COMPRESSED (16 * MIB)

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static status lm_open(void **self, const void *opts, const char *data)
{
    const struct lm_options *o = opts;
    struct corpus *c;
    const status s = corpus_open(&c, o->corpus, (uint64_t)o->seed, data);
    *self = c;
    return s;
}

static void lm_close(void *self)
{
    corpus_close(self);
}

static size_t vocabulary(const void *self)
{
    (void)self;
    return 256;
}

static size_t classes(const void *self)
{
    (void)self;
    return 0;
}

static const char *text_name(const void *self)
{
    return corpus_name(self);
}

static struct text lm_text(const void *self, enum split s)
{
    return corpus_text(self, s);
}

static void context_predictors(struct text train, struct text test, struct predictor *out, size_t *n)
{
    struct context_score score[CONTEXT_ORDERS];
    struct context_model *m = context_model_new(train, MOST_COUNTED);
    context_model_score(m, test, score);
    context_model_free(m);
    for (int k = 0; k < CONTEXT_ORDERS; k++) {
        if (k == 1) continue;
        struct predictor *p = &out[(*n)++];
        *p = (struct predictor){.loss = score[k].loss, .accuracy = score[k].accuracy};
        if (k == 0) snprintf(p->name, sizeof p->name, "unigram");
        else snprintf(p->name, sizeof p->name, "order %d", k);
    }
}

static struct predictor xz_predictor(struct text train, struct text test)
{
    const size_t counted = smaller(train.n, MOST_COUNTED), used = smaller(counted, MOST_COMPRESSED);
    const size_t scored = smaller(test.n, MOST_COMPRESSED);
    const size_t bytes = xz_bytes_after(train.byte + counted - used, used, test.byte, scored);
    return (struct predictor){.name = "xz", .loss = (double)bytes * 8 * log(2) / (double)scored, .accuracy = NAN};
}

static status predictors(const void *self, enum split s, struct predictor *out, size_t *n)
{
    const struct text train = corpus_text(self, SPLIT_TRAIN), test = corpus_text(self, s);
    struct predictor xz;
    *n = 0;
#pragma omp parallel sections
    {
#pragma omp section
        xz = xz_predictor(train, test);
#pragma omp section
        context_predictors(train, test, out, n);
    }
    out[(*n)++] = xz;
    return OK;
}

/* The bytes and the documents of the three parts; not where they were found. */
static void checksum(const void *self, char out[33])
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) status_no_memory("a checksum", 1);
    XXH3_128bits_reset(state);
    for (int s = 0; s < SPLITS; s++) {
        const struct text t = corpus_text(self, (enum split)s);
        XXH3_128bits_update(state, t.start, (t.n_documents + 1) * sizeof *t.start);
        XXH3_128bits_update(state, t.byte, t.n);
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

static bool present(const void *opts, const char *data, char *line, size_t size)
{
    void *self;
    if (lm_open(&self, opts, data) != OK) {
        snprintf(line, size, "%s", status_message());
        return false;
    }
    size_t n[SPLITS], documents = 0;
    for (int s = 0; s < SPLITS; s++) {
        const struct text t = lm_text(self, (enum split)s);
        n[s] = t.n;
        documents += t.n_documents;
    }
    snprintf(line, size, "%s: %zu + %zu + %zu bytes (train, valid, test) in %zu documents", corpus_name(self), n[SPLIT_TRAIN],
             n[SPLIT_VALID], n[SPLIT_TEST], documents);
    lm_close(self);
    return true;
}

static status make(const void *opts, const char *data)
{
    const struct lm_options *o = opts;
    char folder[FILE_PATH], line[512];
    if (present(opts, data, line, sizeof line)) return OK;
    if (strcmp(o->corpus, "kjv") != 0 && strcmp(o->corpus, "books") != 0) FAIL(ERR_DATA, "corpus %s: only kjv can be made; `reach data list` says how to get the others", o->corpus);
    TRY(file_join(folder, data, "kjv"));
    return kjv_make(folder);
}

const struct task task_lm = {
    .name         = "lm",
    .title        = "byte-level language modelling",
    .source       = "any text; default: the King James Bible of Debian's package bible-kjv",
    .help         =
        "Predict each byte of a text from the bytes before it. `corpus` is a name or a path to a file or folder; files may\n"
        "be packed with xz. Documents are files; contexts never cross them.\n"
        "  kjv            4.1 MB, made by `reach data make kjv`, one verse a line, one document a book. Split by whole\n"
        "                 books, narrative, law, poetry, prophecy, gospel and letters in each part:\n"
        "                 valid (6.1 %) Leviticus, Ruth, Song of Solomon, Joel, Mark, Philippians;\n"
        "                 test (8.2 %) Deuteronomy, Esther, Ecclesiastes, Amos, John, James; train (85.7 %) the other 54.\n"
        "  enwik8, text8  100,000,000 bytes: 90, 5 and 5 million\n"
        "  wikitext-2, wikitext-103   the official files wiki.train.tokens, wiki.valid.tokens, wiki.test.tokens\n"
        "  gutenberg      books pgNNN.txt: test 84 158 345 2701 4300, valid 1342 1661 2638, train the rest\n"
        "                 (files, or all in one .tar.xz)\n"
        "  tinyshakespeare  input.txt, by position\n"
        "  books          gutenberg if there is such a folder, else kjv; results and tables say which\n"
        "  a file         by position: 88 % of its bytes, then 5 %, then 7 %; a .tar.xz is as a folder\n"
        "  a folder       files or sub-folders named train*, valid* and test*; without these each file goes to one part by\n"
        "                 a hash of its name and `seed` (88, 5 and 7 % of hash values, at least one file each);\n"
        "                 one or two files: each by position\n"
        "Names are looked up under the data folder, paths here and then there.\n"
        "Predictors: `unigram` and `order k` (k previous bytes; interpolated Witten-Bell, counts of the training part only,\n"
        "its first 64 MiB), and `xz` for the scored part after the training part (16 MiB of each at most).",
    .kind         = TASK_TEXT,
    .options      = options,
    .options_size = sizeof(struct lm_options),
    .open         = lm_open,
    .close        = lm_close,
    .vocabulary   = vocabulary,
    .classes      = classes,
    .text         = lm_text,
    .text_name    = text_name,
    .predictors   = predictors,
    .checksum     = checksum,
    .present      = present,
    .make         = make,
};
