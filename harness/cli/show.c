/* show.c -- reach show RUN.h5 */
#include <stdio.h>

#include "cli/command.h"
#include "report/show.h"

static int run(int argc, char **argv)
{
    const struct flag flags[] = {{.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc < 2) e = status_fail(ERR_CONFIG, "show wants a result file, such as results/quick/rope-lm-1.h5");
    for (int i = 1; i < argc && e == OK; i++) e = report_show(stdout, argv[i]);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_show = {
    .name = "show",
    .usage = "show RUN.h5...",
    .summary = "one run in short: settings, curves, tests, cost",
    .help = "",
    .run = run,
};
