/* claims.c -- reach claims FILE */
#include <stdio.h>

#include "cli/config_flags.h"
#include "report/claim_table.h"
#include "report/table.h"

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *format = NULL;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "format", .value = &format}, {.name = NULL}};
    struct config c;
    enum table_format how = TABLE_TEXT;
    status e = command_flags(flags, &argc, argv);
    if (e == OK && format) e = table_format_find(format, &how);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    e = claims_print(stdout, &c, config_flags_results(&f), how, table_color(stdout));
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_claims = {
    .name = "claims",
    .usage = "claims FILE [--format text|md|csv|tex] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "what a config's runs say to the claims it lists: reproduced, contradicted or undecided",
    .help = CONFIG_FLAGS_HELP
            "  --format F            text (aligned), md, csv, tex (booktabs)\n\n"
            "A contradicted claim is a result: the exit code is 0. `reach plot` draws a summary.\n",
    .run = run,
};
