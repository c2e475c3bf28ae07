/* estimate.c -- reach estimate FILE */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_flags.h"
#include "config/measured.h"
#include "report/caption.h"
#include "report/table.h"
#include "tasks/task.h"
#include "train/estimate.h"
#include "train/stop.h"

/* 95 -> "1.6 min", 7200 -> "2.0 h", 200000 -> "56 h" */
static void say_time(double seconds, char *out, size_t size)
{
    if (seconds < 60) snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 3600) snprintf(out, size, "%.*f min", seconds < 600, seconds / 60);
    else snprintf(out, size, "%.*f h", seconds < 36000, seconds / 3600);
}

static bool same_but_seed(const struct run *a, const struct run *b)
{
    return a->task == b->task && !strcmp(a->label, b->label) && !memcmp(a->task_options, b->task_options, sizeof a->task_options);
}

static size_t seeds_from(const struct config *c, size_t first)
{
    size_t n = 1;
    while (first + n < c->n_runs && same_but_seed(&c->runs[first], &c->runs[first + n])) n++;
    return n;
}

static void add_row(struct grid *g, const struct run *r, const struct estimate *e, size_t seeds)
{
    char text[32];
    const size_t row = grid_row(g, r->task->name);
    grid_set(g, row, 1, "%s", r->label);
    if (r->refused[0]) {
        for (size_t column = 2; column < 7; column++) grid_set(g, row, column, "n/a");
        return;
    }
    grid_set(g, row, 2, "%.*f", e->per_second < 9.95 ? 2 : e->per_second < 99.5 ? 1 : 0, e->per_second);
    short_number(e->tokens_per_second, text, sizeof text);
    grid_set(g, row, 3, "%s", text);
    short_number(e->steps, text, sizeof text);
    grid_set(g, row, 4, "%s", text);
    say_time(e->seconds, text, sizeof text);
    grid_set(g, row, 5, "%s", text);
    grid_set(g, row, 6, "%zu", seeds);
}

static status fill(struct grid *g, struct runner *q, const struct config *c, double seconds, double *all)
{
    for (size_t i = 0, n; i < c->n_runs; i += n) {
        const struct run *r = &c->runs[i];
        struct estimate e = {0};
        n = seeds_from(c, i);
        progress_begin(q->progress, "%s, %s", r->task->name, r->label);
        if (!r->refused[0]) TRY(estimate_run(q, c, i, seconds, &e));
        *all += e.seconds * (double)n;
        add_row(g, r, &e, n);
        progress_clear(q->progress);
    }
    return OK;
}

static int estimate(const struct config *c, const struct config_flags *f, double seconds, enum table_format how)
{
    static const char *const heads[] = {"task", "variant", "examples/s", "tokens/s", "steps", "training", "seeds", NULL};
    struct progress progress;
    struct grid g;
    char caption[512], total[32];
    double all = 0;
    progress_init(&progress, stderr, false);
    struct runner q = {.data = place_data(f->data), .results = config_flags_results(f), .progress = &progress};
    status e = command_threads(f->threads, &q.threads);
    if (e == OK) e = command_kernel(&q.kernel);
    if (e == OK) e = runner_check_data(&q, c);
    if (e != OK) return command_failed(e);
    stop_catch();
    snprintf(caption, sizeof caption, "%s%s%s%s: training time, from the median of steps timed for about %g s each, %d thread%s; examples of a text "
             "are windows; evaluations and tests come on top", c->title, c->budget[0] ? " (budget " : "", c->budget, c->budget[0] ? ")" : "",
             seconds, q.threads, q.threads > 1 ? "s" : "");
    grid_init(&g, caption);
    for (size_t i = 0; heads[i]; i++) grid_column(&g, "", heads[i]);
    e = fill(&g, &q, c, seconds, &all);
    if (e == OK || e == ERR_STOPPED) {
        grid_print(stdout, &g, how, false);
        say_time(all, total, sizeof total);
        if (how == TABLE_TEXT) printf("\n%s: %s\n", e == OK ? "all runs together" : "stopped; these runs together", total);
    }
    grid_done(&g);
    runner_done(&q);
    if (e == ERR_STOPPED) e = status_fail(ERR_STOPPED, "stopped: the table lacks what was not timed yet");
    return e == OK ? EXIT_DONE : command_failed(e);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    const char *format = NULL, *text = "5";
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "data", .value = &f.data}, {.name = "threads", .value = &f.threads},
                                 {.name = "seconds", .value = &text}, {.name = "format", .value = &format}, {.name = NULL}};
    struct config c;
    enum table_format how = TABLE_TEXT;
    double seconds = 0;
    status e = command_flags(flags, &argc, argv);
    if (e == OK && format) e = table_format_find(format, &how);
    if (e == OK && how == TABLE_CSV) e = status_fail(ERR_CONFIG, "estimate prints text, md or tex");
    if (e == OK) e = command_real("seconds", text, &seconds);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    if (c.measured) {
        e = status_fail(ERR_CONFIG, "%s %s: there is no training to estimate", c.name, c.measured->what);
        config_done(&c);
        return command_failed(e);
    }
    const int code = estimate(&c, &f, seconds, how);
    config_done(&c);
    return code;
}

const struct command command_estimate = {
    .name = "estimate",
    .usage = "estimate FILE [--budget NAME] [--seconds S] [--set KEY=VALUE] [--only KIND=A,B] [--threads N] [--data DIR] [--format text|md|tex]",
    .summary = "how long the runs of a config would take on this machine, from a few steps of each",
    .help = CONFIG_FLAGS_HELP
            "  --seconds S           time the steps of each task and variant for about so long (default 5)\n"
            "  --threads N           threads (default: the CPUs this process may use)\n"
            "  --data DIR            data folder (default: REACH_DATA, or data)\n"
            "  --format F            text (aligned), md, tex\n",
    .run = run,
};
