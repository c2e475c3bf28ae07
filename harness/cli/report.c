/* report.c -- reach report FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "report/page.h"

struct read_config { struct config config, full; bool has_full; };

/* A config, and the same under its budget "full", if it has one and is not under it. */
static status read_one(const struct config_request *rq, struct read_config *out)
{
    TRY(config_read(rq, &out->config));
    struct config_request full = *rq;
    full.budget = "full";
    if (out->config.budget[0] && strcmp(out->config.budget, "full") != 0 && yaml_get(yaml_get(out->config.root, "budgets"), "full"))
        out->has_full = config_read(&full, &out->full) == OK; /* --only may name what it does not have */
    return OK;
}

static status read_all(const struct config_flags *f, size_t n, char **paths, struct read_config *read, struct page_config *at)
{
    for (size_t i = 0; i < n; i++) {
        at[i].request = (struct config_request){.path = paths[i], .budget = f->budget, .n_set = f->n_set, .set = f->set,
                                                .n_only = f->n_only, .only = f->only};
        TRY(read_one(&at[i].request, &read[i]));
        at[i].config = &read[i].config;
        at[i].full = read[i].has_full ? &read[i].full : NULL;
    }
    return OK;
}

/* Beside the results: of one config in its folder, of several above their folders. */
static void place_page(const char *results_dir, const struct config *c, size_t n, char out[4096])
{
    if (n == 1) snprintf(out, 4096, "%.3000s/%s/report.html", results_dir, c->name);
    else snprintf(out, 4096, "%.3000s/report.html", results_dir);
}

status report_write_page(const struct config_flags *f, const char *results_dir, const char *path, size_t n, char **paths)
{
    char plots[4096], usual[4096];
    struct read_config *read = calloc(n, sizeof *read);
    struct page_config *at = calloc(n, sizeof *at);
    if (!read || !at) status_no_memory("configs", n * sizeof *read);
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    status e = read_all(f, n, paths, read, at);
    if (e == OK) {
        place_page(results_dir, &read[0].config, n, usual);
        const struct page page = {.n = n, .at = at, .results_dir = results_dir, .plots_dir = plots, .path = path ? path : usual};
        e = page_write(&page);
        if (e == OK) puts(page.path);
    }
    for (size_t i = 0; i < n; i++) {
        config_done(&read[i].config);
        config_done(&read[i].full);
    }
    free(read);
    free(at);
    return e;
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *out = NULL;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "out", .value = &out}, {.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc < 2) e = status_fail(ERR_CONFIG, "report wants a config or several, such as configs/quick.yaml");
    if (e == OK) e = report_write_page(&f, config_flags_results(&f), out, (size_t)argc - 1, argv + 1);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_report = {
    .name = "report",
    .usage = "report FILE... [--out PAGE.html] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR]",
    .summary = "one HTML page on one or more configs: question, setting, tables, figures, costs, how to run it again",
    .help = CONFIG_FLAGS_HELP
            "  --out PAGE.html       where it goes (default: RESULTS/NAME/report.html; of several configs: RESULTS/report.html)\n\n"
            "The page needs no script and nothing from elsewhere; the same files give the same bytes.\n",
    .run = run,
};
