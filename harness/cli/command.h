/* command.h -- the contract of a subcommand: one file each, one line in command_list.h.
 *
 * Exit codes: 0 done, 1 a run or check failed, 2 the command or config is wrong, 130 stopped by a signal.
 */
#ifndef REACH_COMMAND_H
#define REACH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG = 2, EXIT_STOPPED = 130 };

struct command {
    const char *name;
    const char *usage;   /* "run FILE [options]"                */
    const char *summary; /* one line for `reach --help`         */
    const char *help;    /* the rest of `reach NAME --help`     */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    bool own_plugin_flag; /* its --plugin is not that of the others (plugins.h), and it loads none */
};

extern const struct command *const commands[]; /* NULL-terminated */

/* Options that a command takes: "--name VALUE", "--name=VALUE" or a bare "--name". */
struct flag {
    const char  *name;                 /* without the dashes                                        */
    const char **value;                /* where its value goes; NULL: a bare flag                   */
    bool        *given;                /* set when given; may be NULL                               */
    const char **list; size_t *n, room; /* repeatable values go here instead of `value`             */
};

/* Take the flags out of argv; what is left stays in argv[1..*argc-1].  ends in {.name = NULL}.
 * ERR_CONFIG with a sentence naming the nearest flag if one is unknown, or lacks its value. */
status command_flags(const struct flag *flags, int *argc, char **argv);

/* Whole number >= least from text; ERR_CONFIG with a sentence otherwise. */
status command_number(const char *flag, const char *text, long least, long *out);

/* The same for a number >= 0 with or without a point. */
status command_real(const char *flag, const char *text, double *out);

/* Print "reach: MESSAGE" of the last failure to stderr and give the exit code that belongs to the status. */
int command_failed(status e);

/* Become reach64 running the same command; returns only if that cannot be started. */
int command_in_double(int argc, char **argv);

/* Where things are: REACH_DATA or data/ beside the program's folder; plots/ of the source tree. */
const char *place_data(const char *given);
const char *place_published(const char *given); /* where published results are: results/published there; NULL for "none" */
/* The folder that holds plots/, configs/ and variants/: the source tree above the binary's build folder, or, of an installed
 * program, PREFIX/share/reach. */
const char *place_root(void);

/* How many threads: `given`, or the CPUs this process may use. ERR_CONFIG if not a positive number. */
status command_threads(const char *given, int *out);

/* The kernel table: REACH_KERNEL (avx512, avx2, plain) or the best. */
struct kernel;
status command_kernel(const struct kernel **out);

#endif
