/* environment.c -- what of the machine and the program goes into a result. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/denormals.h"
#include "store/results.h"
#include "tensor/product.h"
#include "train/runner.h"

#ifndef REACH_COMMIT
#define REACH_COMMIT "unknown"
#endif

static void cpu_name(char *out, size_t size)
{
    snprintf(out, size, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0) continue;
        char *at = strchr(line, ':');
        line[strcspn(line, "\n")] = 0;
        if (at) snprintf(out, size, "%s", at + 2);
        break;
    }
    if (f) fclose(f);
}

void runner_environment(const struct runner *q, struct results *r)
{
    char text[256];
    results_add_environment(r, "version", REACH_VERSION);
    results_add_environment(r, "commit", REACH_COMMIT);
    results_add_environment(r, "compiler", __VERSION__);
    cpu_name(text, sizeof text);
    results_add_environment(r, "cpu", text);
    results_add_environment(r, "kernel", q->kernel->name);
    results_add_environment(r, "blas", product_library());
    results_add_environment(r, "real", REAL_NAME);
    results_add_environment(r, "denormals", DENORMALS);
    snprintf(text, sizeof text, "%d", q->threads);
    results_add_environment(r, "threads", text);
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    results_add_environment(r, "date", text);
}
