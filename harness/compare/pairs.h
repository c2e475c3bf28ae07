/* pairs.h -- runs of two sides, side by side: the same task, the same data and the same seed. */
#ifndef REACH_PAIRS_H
#define REACH_PAIRS_H

#include "report/load.h"
#include "tasks/task.h"

struct run_pair {
    uint64_t seed;
    const struct results *base, *next;
};

/* NEW against BASE in one task. */
struct contrast {
    char           task[80];          /* "lm"; "lm-2" for the second of that name                                */
    char           subject[64];       /* the variant that two result sets share; "": the sides are the variants  */
    char           base[160], next[160];
    enum task_kind kind;
    size_t         n;
    struct run_pair *pair;            /* [n], owned; seeds ascending                                             */
    char           missing[1024];     /* which runs are left out and why, sentences; "": none                    */
    char           note[512];         /* what makes pairs doubtful: other test sets, other data; "": nothing      */
    bool           refused;           /* one side has no form for the task: `missing` says which                 */
};

struct run_set;

struct comparison {
    size_t           n;
    struct contrast *at;              /* owned; task by task                                 */
    struct collection all;            /* the runs of a config, or                            */
    size_t           n_sets;
    struct run_set  *set;             /* those of folders and files                          */
};

/* Whatever stands first among the config's variants is BASE, each other one is NEW.  Never fails. */
void comparison_of_config(struct comparison *out, const struct config *c, const char *results_dir);

/* Two or more result sets, the first is BASE: folders (runs meet by label, task, seed), or .h5 files (by task and seed).
 * ERR_IO if a folder or file cannot be read, ERR_CONFIG if folders and files are mixed. */
status comparison_of_sets(struct comparison *out, size_t n, const char *const *paths);

void comparison_done(struct comparison *c);

/* Pairs in all. */
size_t comparison_pairs(const struct comparison *c);

/* An option as a file has it, or "". */
const char *option_of(const struct results *r, const char *name);

#endif
