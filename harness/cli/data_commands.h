/* data_commands.h -- the parts of `reach data`, one file each. */
#ifndef REACH_DATA_COMMANDS_H
#define REACH_DATA_COMMANDS_H

#include "base/status.h"
#include "data/dataset.h"
#include "tasks/task.h"

/* Without names: the tasks and the data sets, with what is there; with names: all that is known of these data sets. */
status data_list(size_t n, char **name, const char *data);

/* Make what can be made here: a task's data, or a corpus of the language model. */
status data_make(const char *name, const char *data);

struct data_fetch {
    const char *data, *address, *sum;
    bool        again, quiet;
};
/* Fetch a data set, or those that a task reads by default. */
status data_fetch(const char *name, const struct data_fetch *how);

/* Compare the sums of what is there and open each task's data; a line for each.  Without names: all of them.
 * ERR_DATA if something is damaged, or named and missing. */
status data_verify(size_t n, char **name, const char *data, bool quiet);

struct data_show {
    const char *out, *split;
    size_t      n, tokens; /* examples, 0: as many as are useful; most tokens of each */
    uint64_t    seed;
    const char *set[32];   /* NAME=VALUE: options of the task */
    size_t      n_set;
};
/* Show examples of a task: a contact sheet, written to `out` or TASK.png, if they are images, else words on stdout. */
status data_show(const char *name, const struct data_show *how, const char *data);

/* A data set, or a task, by its name; ERR_CONFIG with the nearest one if it is neither.  The other one is NULL. */
status data_named(const char *name, const struct dataset **d, const struct task **t);

/* How to get it, as a command: "reach data fetch lra". */
void data_how(const struct dataset *d, char *out, size_t size);

/* A task's options as they are by default; the caller frees them. */
unsigned char *data_default_options(const struct task *t);

#endif
