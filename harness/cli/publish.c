/* publish.c -- reach publish FILE */
#include <stdio.h>

#include "cli/report.h"
#include "config/measured.h"
#include "report/figures.h"
#include "report/publish.h"

static status draw(struct config *c, const char *to)
{
    char plots[4096], folder[4096];
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    snprintf(folder, sizeof folder, "%.3000s/%s/figures", to, c->name);
    return figures_draw(c, to, plots, folder, "png", stdout);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *to = NULL;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "to", .value = &to}, {.name = NULL}};
    struct config c;
    size_t n;
    status e = command_flags(flags, &argc, argv);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    if (!to) to = place_published(NULL);
    e = report_publish(&c, config_flags_results(&f), to, &n);
    if (e == OK && c.measured) printf("%s is in %s/%s\n", c.measured->file, to, c.name);
    else if (e == OK) printf("%zu of %zu runs are in %s/%s\n", n, c.n_runs, to, c.name);
    if (e == OK) e = draw(&c, to);
    if (e == OK) e = report_write_page(&f, to, NULL, 1, argv + 1);
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_publish = {
    .name = "publish",
    .usage = "publish FILE [--to DIR] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "copy a config's finished runs, without their parameters, with tables, verdicts, figures and a report, to be kept",
    .help = CONFIG_FLAGS_HELP
            "  --to DIR              where they go, DIR/NAME (default: results/published)\n\n"
            "`reach run` takes what is published there instead of training it again. What is printed and drawn is made from the copies, so\n"
            "that --results results/published gives them again.\n",
    .run = run,
};
