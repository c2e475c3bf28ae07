/* table.c -- reach table FILE */
#include "cli/print_config.h"
#include "report/table.h"

static int run(int argc, char **argv)
{
    return print_config(argc, argv, report_table);
}

const struct command command_table = {
    .name = "table",
    .usage = "table FILE [--format text|md|csv|tex|html] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "the table of a config, from its HDF5 files",
    .help = CONFIG_FLAGS_HELP "  --format F            text (aligned), md, csv, tex (booktabs), html (a fragment)\n",
    .run = run,
};
