/* double.c -- hand a command over to reach64, the same program in double precision beside this one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

int command_in_double(int argc, char **argv)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 4);
    if (n <= 0) {
        (void)status_fail(ERR_IO, "%s: cannot find this program's own file", argv[0]);
        return command_failed(ERR_IO);
    }
    strcpy(path + n, "64");
    char **args = calloc((size_t)argc + 2, sizeof *args);
    if (!args) status_no_memory("arguments", sizeof *args);
    args[0] = path;
    for (int i = 0; i < argc; i++) args[i + 1] = argv[i];
    execv(path, args);
    free(args);
    (void)status_fail(ERR_IO, "%s runs in double precision by %s, which cannot be started; `make` builds it", argv[0], path);
    return command_failed(ERR_IO);
}
