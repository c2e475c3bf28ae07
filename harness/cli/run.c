/* run.c -- reach run FILE */
#include <stdio.h>
#include <string.h>

#include "cli/config_flags.h"
#include "report/reference.h"
#include "train/runner.h"
#include "train/stop.h"

static int each_run(struct runner *q, const struct config *c)
{
    size_t count[OUTCOME_REFUSED + 1] = {0};
    for (size_t i = 0; i < c->n_runs; i++) {
        enum outcome o;
        const status e = runner_run(q, c, i, &o);
        if (e == ERR_STOPPED) {
            progress_end(q->progress, "%s", status_message());
            return EXIT_STOPPED;
        }
        if (e != OK) { /* below a live line that may stand there, and also when quiet */
            progress_note(q->progress, "reach: %s", status_message());
            return e == ERR_CONFIG || e == ERR_SHAPE ? EXIT_WRONG : EXIT_FAILED;
        }
        count[o]++;
    }
    char line[160];
    snprintf(line, sizeof line, "%zu trained, %zu resumed, %zu only evaluated, %zu were done", count[OUTCOME_TRAINED], count[OUTCOME_RESUMED],
             count[OUTCOME_EVALUATED], count[OUTCOME_SKIPPED]);
    if (count[OUTCOME_REFUSED]) snprintf(line + strlen(line), sizeof line - strlen(line), ", %zu n/a", count[OUTCOME_REFUSED]);
    if (!q->progress->quiet) printf("%s; %s/%s/\n", line, q->results, c->name);
    if (count[OUTCOME_DIVERGED]) fprintf(stderr, "reach: %zu runs diverged\n", count[OUTCOME_DIVERGED]);
    if (count[OUTCOME_STALE]) fprintf(stderr, "reach: %zu results are stale; --redo makes them new\n", count[OUTCOME_STALE]);
    return count[OUTCOME_DIVERGED] || count[OUTCOME_STALE] ? EXIT_FAILED : EXIT_DONE;
}

static int run_config(const struct config *c, const struct config_flags *f, bool redo, bool quiet)
{
    struct progress progress;
    progress_init(&progress, stderr, quiet);
    struct runner q = {.data = place_data(f->data), .results = config_flags_results(f), .redo = redo, .progress = &progress};
    status e = command_threads(f->threads, &q.threads);
    if (e == OK) e = command_kernel(&q.kernel);
    if (e == OK) e = runner_check_data(&q, c);
    if (e != OK) return command_failed(e);
    stop_catch();
    const int code = each_run(&q, c);
    runner_done(&q);
    return code;
}

static void print_plan(const struct config *c, const char *results)
{
    for (size_t i = 0; i < c->n_runs; i++)
        if (!c->runs[i].refused[0]) printf("%s/%s/%s.h5\n", results, c->name, c->runs[i].stem);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    bool redo = false, quiet = false, plan = false;
    const struct flag flags[] = {
        CONFIG_FLAGS(f), {.name = "data", .value = &f.data}, {.name = "threads", .value = &f.threads}, {.name = "redo", .given = &redo},
        {.name = "quiet", .given = &quiet}, {.name = "plan", .given = &plan}, {.name = NULL},
    };
    struct config c;
    status e = command_flags(flags, &argc, argv);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    struct references papers; /* read for their mistakes: training is no time to find them afterwards */
    e = references_read(&c, &papers);
    references_done(&papers);
    if (e != OK) {
        config_done(&c);
        return command_failed(e);
    }
    int code = EXIT_DONE;
    if (plan) print_plan(&c, config_flags_results(&f));
    else code = run_config(&c, &f, redo, quiet);
    config_done(&c);
    return code;
}

const struct command command_run = {
    .name = "run",
    .usage = "run FILE [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--threads N] [--results DIR] [--data DIR] [--redo] [--quiet] [--plan]",
    .summary = "train what is missing, resume what is unfinished, test, and write one HDF5 file a run",
    .help = CONFIG_FLAGS_HELP
            "  --threads N           threads (default: the CPUs this process may use); results do not depend on it\n"
            "  --data DIR            data folder (default: REACH_DATA, or data)\n"
            "  --redo                train again what is done, stale or diverged\n"
            "  --quiet               no progress\n"
            "  --plan                print the files that would be written, and stop\n\n"
            "Ctrl-C finishes the step, writes a checkpoint and stops; the same command goes on from there.\n"
            "REACH_KERNEL=avx512|avx2|plain asks for one kind of vector code; it changes rounding.\n",
    .run = run,
};
