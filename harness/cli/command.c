/* command.c -- flags, exit codes and places, shared by the subcommands. */
#include "cli/command.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/option.h"
#include "tensor/kernel.h"
#include "tensor/product.h"

static const struct flag *flag_of(const struct flag *flags, const char *arg, const char **value)
{
    const size_t n = strcspn(arg, "=");
    *value = arg[n] ? arg + n + 1 : NULL;
    for (const struct flag *f = flags; f->name; f++)
        if (strlen(f->name) == n && strncmp(f->name, arg, n) == 0) return f;
    return NULL;
}

static status unknown_flag(const struct flag *flags, const char *arg)
{
    const char *names[64];
    size_t n = 0;
    for (const struct flag *f = flags; f->name && n < 63; f++) names[n++] = f->name;
    names[n] = NULL;
    const char *near = option_nearest(arg, names);
    FAIL(ERR_CONFIG, near ? "no option --%s; did you mean --%s?" : "no option --%s; see --help", arg, near);
}

status command_flags(const struct flag *flags, int *argc, char **argv)
{
    int left = 1;
    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[left++] = argv[i];
            continue;
        }
        const char *arg = argv[i] + 2, *value;
        const struct flag *f = flag_of(flags, arg, &value);
        if (!f) return unknown_flag(flags, arg);
        if (f->given) *f->given = true;
        if (!f->value && !f->list) {
            if (value) FAIL(ERR_CONFIG, "--%s takes no value", f->name);
            continue;
        }
        if (!value && i + 1 < *argc) value = argv[++i];
        if (!value) FAIL(ERR_CONFIG, "--%s wants a value", f->name);
        if (f->list) {
            if (*f->n == f->room) FAIL(ERR_CONFIG, "--%s given more than %zu times", f->name, f->room);
            f->list[(*f->n)++] = value;
        } else {
            *f->value = value;
        }
    }
    *argc = left;
    argv[left] = NULL;
    return OK;
}

status command_number(const char *flag, const char *text, long least, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || end == text || *end || *out < least) FAIL(ERR_CONFIG, "--%s %s: want a whole number, at least %ld", flag, text, least);
    return OK;
}

status command_real(const char *flag, const char *text, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    if (errno || end == text || *end || !(*out >= 0)) FAIL(ERR_CONFIG, "--%s %s: want a number, at least 0", flag, text);
    return OK;
}

int command_failed(status e)
{
    fprintf(stderr, "reach: %s\n", *status_message() ? status_message() : status_text(e));
    switch (e) {
    case OK: return EXIT_DONE;
    case ERR_CONFIG:
    case ERR_SHAPE: return EXIT_WRONG;
    case ERR_STOPPED: return EXIT_STOPPED;
    default: return EXIT_FAILED;
    }
}

const char *place_data(const char *given)
{
    if (given) return given;
    const char *env = getenv("REACH_DATA");
    return env && *env ? env : "data";
}

const char *place_root(void)
{
    static char root[PATH_MAX];
    if (*root) return root;
    char exe[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    strcpy(root, ".");
    if (n <= 0) return root;
    exe[n] = 0;
    static const char *const below[] = {"", "/share/reach"};
    for (int up = 0; up < 3; up++) { /* reach, build/reach, bin/reach */
        char *slash = strrchr(exe, '/');
        if (!slash) break;
        *slash = 0;
        for (size_t i = 0; i < 2; i++) {
            char folder[PATH_MAX + 16], probe[PATH_MAX + 32];
            snprintf(folder, sizeof folder, "%s%s", exe, below[i]);
            snprintf(probe, sizeof probe, "%s/plots", folder);
            if (access(probe, R_OK) != 0 || strlen(folder) >= sizeof root) continue;
            strcpy(root, folder);
            return root;
        }
    }
    return root;
}

const char *place_published(const char *given)
{
    static char path[PATH_MAX + 32];
    if (given) return strcmp(given, "none") == 0 ? NULL : given;
    snprintf(path, sizeof path, "%s/results/published", place_root());
    return path;
}

status command_threads(const char *given, int *out)
{
    if (given) {
        long n;
        TRY(command_number("threads", given, 1, &n));
        *out = n > 4096 ? 4096 : (int)n;
        return OK;
    }
    cpu_set_t set;
    *out = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return OK;
}

status command_kernel(const struct kernel **out)
{
    const char *name = getenv("REACH_KERNEL");
    *out = kernel_choose(name && *name ? name : NULL);
    if (!*out) FAIL(ERR_CONFIG, "REACH_KERNEL=%s: not on this CPU, or unknown; known are avx512, avx2 and plain", name ? name : "");
    product_use(*out);
    return OK;
}
