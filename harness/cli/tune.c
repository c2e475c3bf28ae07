/* tune.c -- reach tune FILE */
#include <stdio.h>

#include "cli/config_flags.h"
#include "report/table.h"
#include "report/tuning.h"

static status draw(struct config *c, const struct config_flags *f, const char *format, const char *out)
{
    char plots[4096], folder[4096];
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    snprintf(folder, sizeof folder, "%.2000s/%s", config_flags_results(f), c->name);
    return report_tuning_plot(c, config_flags_results(f), plots, out ? out : folder, format, stdout);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *format = NULL, *out = NULL, *picture = NULL;
    bool plot = false;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "format", .value = &format}, {.name = "plot", .given = &plot},
                                 {.name = "picture", .value = &picture}, {.name = "out", .value = &out}, {.name = NULL}};
    struct config c;
    enum table_format how = TABLE_TEXT;
    status e = command_flags(flags, &argc, argv);
    if (e == OK && format) e = table_format_find(format, &how);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    e = report_tuning(stdout, &c, config_flags_results(&f), how, table_color(stdout));
    if (e == OK && (plot || picture || out)) e = draw(&c, &f, picture ? picture : "png", out);
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_tune = {
    .name = "tune",
    .usage = "tune FILE [--format text|md|csv|tex] [--plot] [--picture png|svg|pdf] [--out DIR] [--budget NAME] [--set KEY=VALUE] "
             "[--only KIND=A,B] [--results DIR]",
    .summary = "the trials of a config's tune:, sorted by their loss on validation, and what they chose",
    .help = CONFIG_FLAGS_HELP
            "  --format F            text (aligned), md, csv, tex (booktabs)\n"
            "  --plot                also draw: loss against each tuned option, best so far against training spent\n"
            "  --picture F           png, svg or pdf\n"
            "  --out DIR             where the figures go (default: beside the results)\n\n"
            "reach run FILE trains the trials first; reach run FILE --trials does no more than that.\n",
    .run = run,
};
