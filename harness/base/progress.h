/* progress.h -- one live line a run on a terminal, an occasional plain line in a log.
 *
 * Live when the stream is a terminal; colours unless NO_COLOR is set.  Quiet prints nothing but notes of trouble.
 */
#ifndef REACH_PROGRESS_H
#define REACH_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE  *out;
    bool   quiet, live, color;
    char   label[96];      /* "3/8 rope lm seed 1"           */
    double last;           /* when it was last drawn         */
    double every;          /* seconds between drawings       */
    bool   drawn;          /* a live line stands unfinished  */
};

void progress_init(struct progress *p, FILE *out, bool quiet);

/* Name what follows. */
void progress_begin(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* share in [0, 1]; what: short text on the right ("loss 1.842  41.2k tokens/s"); left: seconds, < 0 unknown. */
void progress_update(struct progress *p, double share, const char *what, double left);

/* End the line with a word on what came of it. */
void progress_end(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of its own, above the live line if there is one. */
void progress_note(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Take an unfinished line away, before something else is printed. */
void progress_clear(struct progress *p);

/* Seconds of a clock that only goes forward. */
double clock_seconds(void);

/* "1:02:03", "4:05", "12 s" */
void clock_print(double seconds, char *out, size_t size);

#endif
