/* listops_set.h -- the examples of ListOps: generated, or read from the original files. */
#ifndef REACH_LISTOPS_SET_H
#define REACH_LISTOPS_SET_H

#include "tasks/listops_tree.h"
#include "tasks/task.h"

struct listops_example {
    uint8_t *token; /* owned */
    uint32_t n;
    uint8_t  label; /* 0..9 */
};

struct listops_set {
    size_t                  n[SPLITS];
    struct listops_example *at[SPLITS]; /* owned */
};

void listops_set_free(struct listops_set *set); /* accepts a cleared set, and clears it */

/* Generate n[] examples per split.  Example i of split s is the first kept draw from the random stream (seed, GENERATE,
 * s, i) that equals no example before it, in the order test, valid, train and by index: it depends on nothing else,
 * neither on the number of threads nor on how many examples come later.
 * ERR_CONFIG if a million draws keep none, or if there are not so many different ones. */
status listops_generate(struct listops_set *set, const struct listops_grammar *g, uint64_t seed, const size_t n[SPLITS]);

/* Read the original files basic_train.tsv, basic_val.tsv and basic_test.tsv (or .tsv.xz) in `folder`, at most most[]
 * rows each.  ERR_IO, ERR_DATA as listops_read_tsv. */
status listops_read(struct listops_set *set, const char *folder, const size_t most[SPLITS]);

/* Read one such file (packed if it ends in .xz): a header "Source<TAB>Target", then one row a line, LF or CRLF:
 * an expression, its tokens apart by spaces and with "(" and ")" anywhere, which are dropped, and its value.
 * ERR_DATA with file, line and what was expected if a row is no expression or its value is not the one we compute. */
status listops_read_tsv(struct listops_set *set, enum split split, const char *path, size_t most);

#endif
