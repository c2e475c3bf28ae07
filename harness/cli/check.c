/* check.c -- reach check VARIANT...: handed to reach64, which has the textbook versions in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

#ifdef REACH_DOUBLE

#include "check/check.h"
#include "cli/variant_flags.h"

static status check_one(const char *name, size_t n_set, const char *const *set, bool quick, size_t *failed)
{
    static struct chosen_variant v;
    static struct check_report r;
    TRY(choose_variant(name, n_set, set, &v));
    const struct check_subject s = {name, v.attention, v.attention_options, v.position, v.position_options};
    check_variant(&s, quick, &r);
    check_print(stdout, name, &r);
    fflush(stdout);
    *failed += r.failed;
    return OK;
}

static int run(int argc, char **argv)
{
    bool quick = false;
    const char *set[32];
    size_t n_set = 0, failed = 0;
    const struct flag flags[] = {{.name = "quick", .given = &quick}, {.name = "set", .list = set, .n = &n_set, .room = 32}, {.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc < 2) e = status_fail(ERR_CONFIG, "check wants a variant, or all");
    static struct chosen_variant probe;
    for (int i = 1; i < argc && e == OK; i++)
        if (strcmp(argv[i], "all") != 0) e = choose_variant(argv[i], n_set, set, &probe);
    if (e != OK) return command_failed(e);
    printf("  %-53s %9s %9s\n", "property", "measured", "at most");
    for (int i = 1; i < argc && e == OK; i++) {
        if (strcmp(argv[i], "all") != 0) {
            e = check_one(argv[i], n_set, set, quick, &failed);
            continue;
        }
        for (const struct preset *p = presets; p->name && e == OK; p++) e = check_one(p->name, n_set, set, quick, &failed);
    }
    if (e != OK) return command_failed(e);
    printf("%s\n", failed ? "some checks failed" : "all checks passed");
    return failed ? EXIT_FAILED : EXIT_DONE;
}

#else

static int run(int argc, char **argv)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 4);
    if (n <= 0) {
        (void)status_fail(ERR_IO, "check: cannot find this program's own file");
        return command_failed(ERR_IO);
    }
    strcpy(path + n, "64");
    char **args = calloc((size_t)argc + 2, sizeof *args);
    if (!args) status_no_memory("arguments", sizeof *args);
    args[0] = path;
    for (int i = 0; i < argc; i++) args[i + 1] = argv[i];
    execv(path, args);
    free(args);
    (void)status_fail(ERR_IO, "check runs in double precision by %s, which cannot be started; `make` builds it", path);
    return command_failed(ERR_IO);
}

#endif

const struct command command_check = {
    .name = "check",
    .usage = "check VARIANT...|all [--set option=value] [--quick]",
    .summary = "every property a variant must have, measured in double precision",
    .help = "  --set option=value    an option of the attention or the position scheme (repeatable)\n"
            "  --quick               leave out learning examples by heart\n",
    .run = run,
};
