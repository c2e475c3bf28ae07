/* reference.h -- numbers that papers print, to stand beside ours.
 *
 * configs/reference/NAME.yaml is one table of one paper:
 *
 *   paper: Xiong et al., Nyströmformer
 *   year: 2021
 *   url: https://arxiv.org/abs/2102.03902
 *   table: Table 3
 *   setting: two layers of width 64          # one line: sizes, data, budget
 *   metric: test accuracy, percent           # what a number is
 *   measure: accuracy                        # of all columns: accuracy (percent), perplexity, bits, loss (nats), other, or words
 *   protocol: small                          # optional: the one these scores compare with (tasks/protocol.h)
 *   status: sourced                          # or recalled: from memory; a row or a cell may say otherwise
 *   source: where the numbers were read
 *   words: {FAIL: no better than chance}     # optional: what may stand in a cell instead of a number
 *   base: fixed                              # optional: the row whose loss the others are divided by in columns without `at`
 *   columns:                                 # a name, or {name:, group:, task:, measure:, unit:, at: 2x, text:, mode:}:
 *     - {name: listops, task: listops}       #   at: multiple of the training length; text: ordinary or repeated; mode: windows,
 *   rows:                                    #   last, stride or stream
 *     - {name: Standard, variant: vanilla, values: [37.10]}  # variant: as in a config; its label is looked for among the config's
 *     - {name: Reformer, values: [19.05], sd: [0.3], status: recalled, lacks: hashing}   # no variant: Reach lacks it
 *     - {name: Other, values: [{value: 19.05, status: recalled}]}
 *   notes: [what a reader must know]
 *
 * A cell is a number, null (the paper has none) or one of `words`; in a column of words any text.  A config names such files by
 * `reference: [NAME]`: NAME is reference/NAME.yaml beside the config, NAME.yaml a path from there.
 */
#ifndef REACH_REPORT_REFERENCE_H
#define REACH_REPORT_REFERENCE_H

#include "config/config.h"

enum reference_measure {
    REFERENCE_ACCURACY, REFERENCE_PERPLEXITY, REFERENCE_BITS, REFERENCE_LOSS, REFERENCE_OTHER, REFERENCE_WORDS,
};
extern const char *const reference_measures[]; /* their words, NULL-terminated */

struct reference_column {
    char   name[48], group[48], unit[32]; /* group, unit: "" if none                       */
    char   task[32], text[12], mode[12];  /* "": any task, ordinary, windows               */
    enum reference_measure measure;
    double at;                            /* multiple of the training length; 0: not said  */
};

struct reference_cell {
    char   text[64];   /* as the paper prints it; "": it has none             */
    double value;      /* NaN if it is no number                              */
    double sd;         /* NaN if the paper gives none                         */
    char   sd_text[16];
    bool   recalled;
};

struct reference_row {
    char name[64];
    char label[64];    /* of the variant it corresponds to; "": Reach lacks it */
    char lacks[128];   /* what is missing; ""                                  */
    struct reference_cell *cell; /* one per column                             */
};

struct reference {
    struct yaml_pool pool;    /* of all below                                  */
    char   name[128];         /* of the file without folder and .yaml          */
    char   paper[160], year[8], url[160], table[120], setting[512], metric[256], protocol[32], source[320];
    bool   recalled;          /* `status` of the file                          */
    size_t n_columns, n_rows, n_words, n_notes;
    struct reference_column *column;
    struct reference_row    *row;
    const struct reference_row *base; /* NULL: none                            */
    const char (*word)[16];
    const char **meaning;     /* of each word                                  */
    const char **note;
};

/* Read one file.  `path` must live as long as *out (reference_done).  ERR_CONFIG with FILE:LINE:COLUMN, ERR_IO. */
status reference_read(const char *path, struct reference *out);
void   reference_done(struct reference *r);

/* All that a config names, in its order; none if it has no `reference`. */
struct references {
    struct yaml_pool  pool;
    size_t            n;
    struct reference *at;
};
status references_read(const struct config *c, struct references *out);
void   references_done(struct references *r);

/* The row of a label, or NULL. */
const struct reference_row *reference_find(const struct reference *r, const char *label);

/* The loss of a cell in nats: ln of a perplexity, bits times ln 2; NaN for what is no loss. */
double reference_loss(const struct reference_column *c, const struct reference_cell *cell);

#endif
