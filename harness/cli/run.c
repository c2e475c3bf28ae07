/* run.c -- reach run FILE */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "measure/measurement.h"
#include "report/claim.h"
#include "report/reference.h"
#include "tasks/task.h"
#include "train/runner.h"
#include "train/stop.h"
#include "train/tuning.h"

/* The exit code of a run that could not be done. */
static int failed(struct runner *q, status e)
{
    if (e == ERR_STOPPED) {
        progress_end(q->progress, "%s", status_message());
        return EXIT_STOPPED;
    }
    progress_note(q->progress, "reach: %s", status_message()); /* below a live line that may stand there, and also when quiet */
    return e == ERR_CONFIG || e == ERR_SHAPE ? EXIT_WRONG : EXIT_FAILED;
}

/* The trials of `tune:`, and the settings they choose into the final runs. */
static status tune_first(struct runner *q, struct config *c, bool redo)
{
    struct tuning all;
    if (!c->tune) return OK;
    TRY(tuning_run(q, c, redo, &all));
    return tuning_resolve(c, q->results);
}

static int each_run(struct runner *q, const struct config *c, FILE *log)
{
    size_t count[OUTCOMES] = {0};
    for (size_t i = 0; i < c->n_runs; i++) {
        enum outcome o;
        const status e = runner_run(q, c, i, &o);
        if (e != OK) return failed(q, e);
        count[o]++;
    }
    char line[160];
    snprintf(line, sizeof line, "%zu trained, %zu resumed, %zu only evaluated, %zu were done", count[OUTCOME_TRAINED], count[OUTCOME_RESUMED],
             count[OUTCOME_EVALUATED], count[OUTCOME_SKIPPED]);
    if (count[OUTCOME_PUBLISHED]) snprintf(line + strlen(line), sizeof line - strlen(line), ", %zu were published", count[OUTCOME_PUBLISHED]);
    if (count[OUTCOME_REFUSED]) snprintf(line + strlen(line), sizeof line - strlen(line), ", %zu n/a", count[OUTCOME_REFUSED]);
    if (!q->progress->quiet) fprintf(log, "%s; %s/%s/\n", line, q->results, c->name);
    if (count[OUTCOME_DIVERGED]) fprintf(stderr, "reach: %zu runs diverged\n", count[OUTCOME_DIVERGED]);
    if (count[OUTCOME_STALE]) fprintf(stderr, "reach: %zu results are stale; --redo makes them new\n", count[OUTCOME_STALE]);
    return count[OUTCOME_DIVERGED] || count[OUTCOME_STALE] ? EXIT_FAILED : EXIT_DONE;
}

/* What of the data was generated, or stands in for other data; a line for each task with other options. */
static void tell_notes(struct progress *p, const struct config *c)
{
    char line[512], before[512];
    for (size_t i = 0; i < c->n_runs && !p->quiet; i++) {
        bool said = false;
        task_note(c->runs[i].task, c->runs[i].task_options, line, sizeof line);
        for (size_t j = 0; j < i && !said; j++) {
            task_note(c->runs[j].task, c->runs[j].task_options, before, sizeof before);
            said = strcmp(line, before) == 0;
        }
        if (line[0] && !said) progress_note(p, "%s", line);
    }
}

int run_config(struct config *c, const struct config_flags *f, const struct run_flags *how)
{
    if (c->measured) return run_measured(c, f, how);
    struct progress progress;
    progress_init(&progress, stderr, how->quiet);
    struct runner q = {.data = place_data(f->data), .results = config_flags_results(f), .published = place_published(how->published), .redo = how->redo, .progress = &progress};
    status e = command_threads(f->threads, &q.threads);
    if (e == OK) e = command_kernel(&q.kernel);
    if (e == OK) e = runner_check_data(&q, c);
    if (e != OK) return command_failed(e);
    tell_notes(&progress, c);
    stop_catch();
    e = tune_first(&q, c, how->redo && how->trials);
    const int code = e != OK ? failed(&q, e) : how->trials ? EXIT_DONE : each_run(&q, c, how->log);
    runner_done(&q);
    return code;
}

/* Trials as far as they are known: who goes on to a later rung follows from the rung before. */
static status print_trials(struct config *c, const char *results)
{
    struct tuning all;
    TRY(tuning_read(c, results, &all));
    for (size_t p = 0; p < all.n; p++)
        for (size_t i = 0; i < all.pair[p].n_rows; i++) printf("%s/%s/%s.h5\n", results, c->name, all.pair[p].file[i]);
    return OK;
}

static void print_plan(const struct config *c, const char *results)
{
    char path[4096];
    if (c->measured) {
        measurement_path(c, results, path, sizeof path);
        puts(path);
    }
    for (size_t i = 0; i < c->n_runs; i++)
        if (!c->runs[i].refused[0]) printf("%s/%s/%s.h5\n", results, c->name, c->runs[i].stem);
}

static int run(int argc, char **argv)
{
    struct config_flags f = {0};
    struct run_flags how = {.log = stdout};
    bool plan = false;
    const struct flag flags[] = {
        CONFIG_FLAGS(f), {.name = "data", .value = &f.data}, {.name = "threads", .value = &f.threads}, {.name = "redo", .given = &how.redo},
        {.name = "published", .value = &how.published}, {.name = "quiet", .given = &how.quiet}, {.name = "plan", .given = &plan},
        {.name = "trials", .given = &how.trials}, {.name = NULL},
    };
    struct config c;
    char *given[argc + 1]; /* as flags are taken out of argv */
    memcpy(given, argv, ((size_t)argc + 1) * sizeof *argv);
    how.argc = argc, how.argv = given;
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
    e = claims_check(&c);
    if (e != OK) code = command_failed(e);
    else if (how.trials && !c.tune) code = command_failed(status_fail(ERR_CONFIG, "--trials: %s has no tune:", argv[1]));
    else if (!plan) code = run_config(&c, &f, &how);
    else if (print_trials(&c, config_flags_results(&f)) != OK) code = command_failed(ERR_CONFIG);
    else if (!how.trials) print_plan(&c, config_flags_results(&f));
    config_done(&c);
    return code;
}

const struct command command_run = {
    .name = "run",
    .usage = "run FILE [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--threads N] [--results DIR] [--data DIR] [--published DIR] [--redo] [--trials] [--quiet] [--plan]",
    .summary = "train what is missing, resume what is unfinished, test, and write one HDF5 file a run",
    .help = CONFIG_FLAGS_HELP
            "  --threads N           threads (default: the CPUs this process may use); results do not depend on it\n"
            "  --data DIR            data folder (default: REACH_DATA, or data)\n"
            "  --published DIR       finished runs that need not be trained again (default: results/published; none: train all)\n"
            "  --redo                train again what is done, stale or diverged\n"
            "  --trials              only the trials of the config's tune:; with --redo these are trained again, else they stay\n"
            "  --quiet               no progress\n"
            "  --plan                print the files that would be written, and stop\n\n"
            "A config with bench: or approximation: is measured instead, into RESULTS/NAME/cost.h5 or approximation.h5; stopped, it begins anew.\n"
            "Ctrl-C finishes the step, writes a checkpoint and stops; the same command goes on from there.\n"
            "REACH_KERNEL=avx512|avx2|plain asks for one kind of vector code; it changes rounding.\n",
    .run = run,
};
