/* config_flags.h -- FILE and the flags that every command on a config takes. */
#ifndef REACH_CONFIG_FLAGS_H
#define REACH_CONFIG_FLAGS_H

#include "cli/command.h"
#include "config/config.h"

#define CONFIG_FLAG_ROOM 64

struct config_flags {
    const char *budget, *data, *results, *threads;
    const char *set[CONFIG_FLAG_ROOM], *only[CONFIG_FLAG_ROOM];
    size_t      n_set, n_only;
};

#define CONFIG_FLAGS(f)                                                                    \
    {.name = "budget", .value = &(f).budget}, {.name = "results", .value = &(f).results},  \
    {.name = "set", .list = (f).set, .n = &(f).n_set, .room = CONFIG_FLAG_ROOM},           \
    {.name = "only", .list = (f).only, .n = &(f).n_only, .room = CONFIG_FLAG_ROOM}

#define CONFIG_FLAGS_HELP                                                                         \
    "  --budget NAME         one of the file's budgets\n"                                         \
    "  --set KEY=VALUE       change a setting, e.g. train.tokens=1e6 or seeds=[1,2] (repeatable)\n" \
    "  --only KIND=A,B       only these, e.g. variant=rope,alibi, task=lm, seed=1 (repeatable)\n" \
    "  --results DIR         where results are (default: results)\n"

/* Read the config that argv[1] names, with the settings that its trials, if it has some, have chosen.  ERR_CONFIG also when there is not exactly one FILE. */
status config_flags_read(const struct config_flags *f, int argc, char **argv, struct config *out);
const char *config_flags_results(const struct config_flags *f);

#endif
