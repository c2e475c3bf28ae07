/* claims.c -- reach claims FILE */
#include "cli/print_config.h"
#include "report/claim_table.h"

static int run(int argc, char **argv)
{
    return print_config(argc, argv, claims_print);
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
