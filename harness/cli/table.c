/* table.c -- reach table FILE */
#include <stdio.h>

#include "cli/config_flags.h"
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
    e = report_table(stdout, &c, config_flags_results(&f), how, table_color(stdout));
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_table = {
    .name = "table",
    .usage = "table FILE [--format text|md|csv|tex|html] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "the table of a config, from its HDF5 files",
    .help = CONFIG_FLAGS_HELP "  --format F            text (aligned), md, csv, tex (booktabs), html (a fragment)\n",
    .run = run,
};
