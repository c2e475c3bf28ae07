/* data_make.c -- reach data make */
#include <stdio.h>
#include <stdlib.h>

#include "cli/data_commands.h"

/* A task by its name, or the language model with `name` as its corpus (reach data make kjv). */
static const struct task *task_of(const char *name, const char **corpus)
{
    const struct task *t = task_find(name);
    *corpus = t ? NULL : name;
    return t ? t : task_find("lm");
}

status data_make(const char *name, const char *data)
{
    const char *corpus;
    const struct task *t = task_of(name, &corpus);
    unsigned char *options = data_default_options(t);
    status e = OK;
    if (corpus) e = option_set(option_find(t->options, "corpus"), options, 1, &corpus);
    char line[512];
    if (e == OK && !t->make && t->present(options, data, line, sizeof line)) {
        printf("%s: %s\n", name, line);
    } else if (e == OK) {
        e = t->make ? t->make(options, data) : status_fail(ERR_DATA, "%s cannot be made", name);
        if (e == OK && t->present(options, data, line, sizeof line)) printf("%s: %s\n", name, line);
    }
    free(options);
    return e;
}
