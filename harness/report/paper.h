/* paper.h -- a table of a paper: as it is printed, and beside our language models. */
#ifndef REACH_PAPER_H
#define REACH_PAPER_H

#include "report/grid.h"
#include "report/load.h"
#include "report/reference.h"
#include "report/summary.h"

#define PAPER_RECALLED    "?"
#define PAPER_RECALLED_IS "from memory, not looked up"

/* What compares with the paper's numbers in a task of texts: at one multiple of the training length, text and kind of test, ours once
 * and the paper's once for each of its groups. */
struct beside {
    double at;             /* multiple; 0: at the training length, beside the row `base` of the paper */
    const char *text, *mode;
    bool   accuracy;       /* percent; else a ratio of losses                       */
};

/* Ours of a variant at such a place: accuracy, loss over the loss at the training length, or (at = 0) loss over that of the variant that
 * `base` corresponds to, both at the training length.  A length within 3 % of the multiple counts.  n = 0: none. */
struct summary beside_ours(const struct task_runs *t, const struct variant_runs *v, const struct reference *r, const struct beside *b);

/* The paper's, computed the same way: ln(perplexity) / ln(perplexity at 1x) of the same row, group, text and mode.  NaN: it has none. */
double beside_paper(const struct reference *r, const struct reference_row *row, const struct beside *b, const char *group);

/* The side-by-side grid of a task of texts; false: nothing compares. */
bool paper_beside(struct grid *g, const struct task_runs *t, const struct reference *r);

/* The paper's table: the rows that Reach has (with the variant, and whether this config runs it), or those it lacks.  False: no such rows. */
bool paper_rows(struct grid *g, const struct collection *c, const struct reference *r, bool lacking);

/* What must be known of the table: metric, setting, protocol, source, signs, notes; and why rows are lacking. */
void paper_remark(const struct reference *r, char *out, size_t size);
void paper_lacks(const struct reference *r, char *out, size_t size);

#endif
