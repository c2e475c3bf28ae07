/* check.c -- reach check VARIANT...: handed to reach64, which has the textbook versions in it. */
#include <stdio.h>
#include <string.h>

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
        for (size_t k = 0; attentions[k] && e == OK; k++)
            if (!preset_find(attentions[k]->name)) e = check_one(attentions[k]->name, n_set, set, quick, &failed);
    }
    if (e != OK) return command_failed(e);
    printf("%s\n", failed ? "some checks failed" : "all checks passed");
    return failed ? EXIT_FAILED : EXIT_DONE;
}

#else

static int run(int argc, char **argv)
{
    return command_in_double(argc, argv);
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
