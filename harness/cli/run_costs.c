/* run_costs.c -- reach run FILE, of a config that measures what variants cost. */
#include <stdio.h>
#include <unistd.h>

#include "bench/sweeps.h"
#include "cli/run.h"
#include "train/runner.h"
#include "train/stop.h"

/* What stands there already: true if it shall stay, with what `run` has to say in *code. */
static bool stands(const struct config *c, const char *results, const char *path, const struct run_flags *how, int *code)
{
    struct sweeps old;
    if (how->redo || access(path, F_OK) != 0) return false;
    if (sweeps_read(c, results, &old) != OK) {
        fprintf(stderr, "reach: %s; measured again\n", status_message());
        return false;
    }
    *code = old.stale ? EXIT_FAILED : EXIT_DONE;
    if (old.stale) fprintf(stderr, "reach: %s is stale: made with other settings; --redo measures again\n", path);
    else if (!how->quiet) fprintf(how->log, "was measured; %s\n", path);
    sweeps_done(&old);
    return true;
}

static void keep_environment(const struct runner *q, struct costs *out)
{
    struct results r;
    results_init(&r);
    runner_environment(q, &r);
    out->environment = r.environment;
    out->n_environment = r.n_environment;
}

static status measure(const struct config *c, const struct runner *q, const char *path)
{
    struct costs costs = {0};
    char took[32];
    const double start = clock_seconds();
    const status e = sweeps_measure(c, q->threads, q->kernel, q->progress, &costs);
    clock_print(clock_seconds() - start, took, sizeof took);
    status written = OK;
    if (e == OK) {
        progress_end(q->progress, "measured in %s", took);
        keep_environment(q, &costs);
        written = costs_write(&costs, path);
    }
    costs_done(&costs);
    return e == OK ? written : e;
}

int run_costs(const struct config *c, const struct config_flags *f, const struct run_flags *how)
{
    struct progress progress;
    char path[4096];
    int code = EXIT_DONE;
    progress_init(&progress, stderr, how->quiet);
    struct runner q = {.results = config_flags_results(f), .progress = &progress};
    status e = command_threads(f->threads, &q.threads);
    if (e == OK) e = command_kernel(&q.kernel);
    if (e != OK) return command_failed(e);
    sweeps_path(c, q.results, path, sizeof path);
    if (stands(c, q.results, path, how, &code)) return code;
    stop_catch();
    e = measure(c, &q, path);
    if (e == ERR_STOPPED) {
        progress_end(&progress, "%s", status_message());
        return EXIT_STOPPED;
    }
    progress_clear(&progress);
    if (e != OK) return command_failed(e);
    if (!how->quiet) fprintf(how->log, "measured; %s\n", path);
    return EXIT_DONE;
}
