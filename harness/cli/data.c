/* data.c -- reach data list|make */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "config/config.h"
#include "tasks/task.h"
#include "train/stop.h"

static void list_task(const struct task *t, const char *data)
{
    unsigned char *options = malloc(OPTIONS_ROOM);
    if (!options) status_no_memory("options", OPTIONS_ROOM);
    option_defaults(t->options, options, OPTIONS_ROOM);
    char line[512] = "";
    const bool there = t->present(options, data, line, sizeof line);
    printf("%-14s %-8s %s\n", t->name, there ? "ready" : "missing", line);
    free(options);
}

/* A task by its name, or the language model with `name` as its corpus (reach data make kjv). */
static const struct task *task_of(const char *name, const char **corpus)
{
    const struct task *t = task_find(name);
    *corpus = t ? NULL : name;
    return t ? t : task_find("lm");
}

static status make(const char *name, const char *data)
{
    const char *corpus;
    const struct task *t = task_of(name, &corpus);
    unsigned char *options = malloc(OPTIONS_ROOM);
    if (!options) status_no_memory("options", OPTIONS_ROOM);
    option_defaults(t->options, options, OPTIONS_ROOM);
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

static int run(int argc, char **argv)
{
    const char *data = NULL;
    const struct flag flags[] = {{.name = "data", .value = &data}, {.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc < 2) e = status_fail(ERR_CONFIG, "data wants one of: list, make NAME");
    if (e != OK) return command_failed(e);
    stop_catch();
    if (strcmp(argv[1], "list") == 0) {
        for (const struct task *const *t = tasks; *t; t++) list_task(*t, place_data(data));
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "make") != 0 || argc < 3) {
        (void)status_fail(ERR_CONFIG, "data %s: want `data list` or `data make NAME`", argv[1]);
        return command_failed(ERR_CONFIG);
    }
    for (int i = 2; i < argc; i++) {
        e = make(argv[i], place_data(data));
        if (e != OK) return command_failed(e);
    }
    return EXIT_DONE;
}

const struct command command_data = {
    .name = "data",
    .usage = "data list | data make NAME... [--data DIR]",
    .summary = "what data each task needs and whether it is there; make what can be made here",
    .help = "  data list             each task's data, with how to get it\n"
            "  data make kjv         the King James Bible of Debian's package bible-kjv, as training text\n"
            "  data make pathfinder  the images of a generated task with its default settings (pathx too); a run makes its own\n"
            "  --data DIR            data folder (default: REACH_DATA, or data)\n",
    .run = run,
};
