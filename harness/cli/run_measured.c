/* run_measured.c -- reach run FILE, of a config that measures what variants cost, or how far they are from softmax attention. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure/measurement.h"
#ifdef REACH_DOUBLE
#include "check/approximate.h"
#endif
#include "cli/run.h"
#include "train/runner.h"
#include "train/stop.h"

/* What stands there already: true if it shall stay, with what `run` has to say in *code. */
static bool stands(const struct config *c, const char *results, const char *path, const struct run_flags *how, int *code)
{
    struct measurement old;
    if (how->redo || access(path, F_OK) != 0) return false;
    if (measurement_read(c, results, &old) != OK) {
        fprintf(stderr, "reach: %s; measured again\n", status_message());
        return false;
    }
    const bool stale = measurement_stale(&old);
    *code = stale ? EXIT_FAILED : EXIT_DONE;
    if (stale) fprintf(stderr, "reach: %s is stale: made with other settings; --redo measures again\n", path);
    else if (!how->quiet) fprintf(how->log, "was measured; %s\n", path);
    measurement_done(&old);
    return true;
}

static void keep_environment(const struct runner *q, struct frame *out)
{
    struct results r;
    results_init(&r);
    runner_environment(q, &r);
    out->environment = r.environment;
    out->n_environment = r.n_environment;
}

static status measure_rows(const struct config *c, const struct runner *q, struct frame *out)
{
#ifdef REACH_DOUBLE
    if (c->approximation) return approximate(c->approximation, q->threads, q->progress, out);
#endif
    return sweeps_measure(c, q->threads, q->kernel, q->progress, out);
}

static status measure(const struct config *c, const struct runner *q, const char *path)
{
    struct frame file = {0};
    char took[32];
    const double start = clock_seconds();
    const status e = measure_rows(c, q, &file);
    clock_print(clock_seconds() - start, took, sizeof took);
    status written = OK;
    if (e == OK) {
        progress_end(q->progress, "measured in %s", took);
        measurement_keep(c, &file);
        keep_environment(q, &file);
        written = frame_write(c->cost ? &costs_kind : &errors_kind, &file, path);
    }
    frame_done(&file);
    return e == OK ? written : e;
}

int run_measured(const struct config *c, const struct config_flags *f, const struct run_flags *how)
{
    struct progress progress;
    char path[4096];
    int code = EXIT_DONE;
    progress_init(&progress, stderr, how->quiet);
    struct runner q = {.results = config_flags_results(f), .progress = &progress};
    status e = command_threads(f->threads, &q.threads);
    if (e == OK) e = command_kernel(&q.kernel);
    if (e != OK) return command_failed(e);
    measurement_path(c, q.results, path, sizeof path);
    if (stands(c, q.results, path, how, &code)) return code;
#ifndef REACH_DOUBLE
    if (c->approximation) return command_in_double(how->argc, how->argv);
#endif
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
