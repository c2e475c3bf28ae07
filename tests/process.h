/* process.h -- run the built programs from a test. */
#ifndef REACH_TEST_PROCESS_H
#define REACH_TEST_PROCESS_H

#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char reach[PATH_MAX + 8]; /* the float program */

/* Find BUILD/reach (BUILD from the environment, or build), and let waiting threads sleep: other work may want the cores. */
static inline int process_setup(void)
{
    char folder_of[PATH_MAX];
    const char *build = getenv("BUILD");
    if (!realpath(build && *build ? build : "build", folder_of)) return -1;
    snprintf(reach, sizeof reach, "%s/reach", folder_of);
    setenv("OMP_WAIT_POLICY", "passive", 1);
    setenv("NO_COLOR", "1", 1);
    unsetenv("REACH_DATA");
    return access(reach, X_OK);
}

/* What a finished command left: its exit code, or -signal; stdout and stderr, cut at the buffer's size. */
struct finished {
    int    code;
    size_t n;
    char   out[1 << 16];
};

static inline int process_code(int how)
{
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

/* Run a shell command to its end. */
__attribute__((format(printf, 1, 2))) static inline struct finished *process_run(const char *format, ...)
{
    static struct finished f;
    char command[1 << 14];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(command, sizeof command - 8, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof command - 8) abort();
    strcat(command, " 2>&1");
    fflush(NULL);
    FILE *p = popen(command, "r");
    if (!p) abort();
    f.n = fread(f.out, 1, sizeof f.out - 1, p);
    char rest[4096];
    while (fread(rest, 1, sizeof rest, p) > 0) continue;
    f.out[f.n] = 0;
    f.code = process_code(pclose(p));
    return &f;
}

/* Start one; its output goes to the file `log`. */
__attribute__((format(printf, 2, 3))) static inline pid_t process_start(const char *log, const char *format, ...)
{
    char command[1 << 14] = "exec ";
    va_list args;
    va_start(args, format);
    vsnprintf(command + 5, sizeof command - 5, format, args);
    va_end(args);
    fflush(NULL);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (!freopen(log, "w", stdout) || dup2(fileno(stdout), 2) < 0) _exit(126);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Wait until it ends. */
static inline int process_wait(pid_t pid)
{
    int how;
    return waitpid(pid, &how, 0) == pid ? process_code(how) : -1000;
}

/* Has it ended?  Then *code is set. */
static inline int process_ended(pid_t pid, int *code)
{
    int how;
    if (waitpid(pid, &how, WNOHANG) != pid) return 0;
    *code = process_code(how);
    return 1;
}

static inline void process_sleep(double seconds)
{
    const struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

#endif
