/* plot.c -- reach plot FILE */
#include <stdio.h>

#include "cli/config_flags.h"
#include "report/figures.h"

static status draw(struct config *c, const struct config_flags *f, const char *format, const char *out)
{
    char plots[4096], folder[4096];
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    snprintf(folder, sizeof folder, "%.2000s/%s", config_flags_results(f), c->name);
    return figures_draw(c, config_flags_results(f), plots, out ? out : folder, format ? format : "png", stdout);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *format = NULL, *out = NULL;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "format", .value = &format}, {.name = "out", .value = &out}, {.name = NULL}};
    struct config c;
    status e = command_flags(flags, &argc, argv);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    e = draw(&c, &f, format, out);
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_plot = {
    .name = "plot",
    .usage = "plot FILE [--format png|svg|pdf] [--out DIR] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "the figures of a config, from its HDF5 files",
    .help = CONFIG_FLAGS_HELP
            "  --format F            png, svg or pdf\n"
            "  --out DIR             where the figures go (default: beside the results)\n",
    .run = run,
};
