/* digest.c -- reach digest RUN.h5 */
#include <stdio.h>

#include "cli/command.h"
#include "store/results.h"

static status print_digest(const char *path)
{
    struct results r;
    results_init(&r);
    const status e = results_read(&r, path, true);
    if (e == OK) {
        char hash[33];
        results_digest(&r, hash);
        printf("%s  %s\n", hash, path);
    }
    results_done(&r);
    return e;
}

static int run(int argc, char **argv)
{
    const struct flag flags[] = {{.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc < 2) e = status_fail(ERR_CONFIG, "digest wants a result file, such as results/quick/rope-lm-1.h5");
    for (int i = 1; i < argc && e == OK; i++) e = print_digest(argv[i]);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_digest = {
    .name = "digest",
    .usage = "digest RUN.h5...",
    .summary = "a hash of all that is reproducible in a result",
    .help = "Settings, curves, tests and parameters go in; seconds, environment and cost do not.  Two runs of one config on\n"
            "one kind of CPU have the same digest, whatever the number of threads and however often they were stopped.\n",
    .run = run,
};
