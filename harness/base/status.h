/* status.h -- what a function that a user can make fail returns.
 *
 * A function returns OK or a code; the sentence that explains it is kept for the calling thread and
 * read with status_message().  Broken invariants are asserted; lack of memory ends the program with
 * the sizes (status_no_memory).
 */
#ifndef REACH_STATUS_H
#define REACH_STATUS_H

#include <stddef.h>

#define STATUS_LIST(X)                                          \
    X(OK,           "no error")                                 \
    X(ERR_CONFIG,   "configuration or command is not valid")    \
    X(ERR_DATA,     "data is missing or not valid")             \
    X(ERR_SHAPE,    "shapes do not agree")                      \
    X(ERR_IO,       "file could not be read or written")        \
    X(ERR_DIVERGED, "training diverged")                        \
    X(ERR_STOPPED,  "stopped by a signal")

typedef enum status {
#define X(code, text) code,
    STATUS_LIST(X)
#undef X
} status;

/* Keep the printf-style sentence for this thread and return `s`.  It may quote files of others: control characters but tab and
 * newline, which a terminal would obey, become "?". */
status status_fail(status s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence of this thread's last failure; "" if none.  Valid until the next failure. */
const char *status_message(void);

/* The general text of a code, from STATUS_LIST. */
const char *status_text(status s);

/* Print what was wanted and end the program with exit code 3. */
_Noreturn void status_no_memory(const char *what, size_t bytes);

#define FAIL(s, ...) return status_fail((s), __VA_ARGS__)
#define TRY(call)                                               \
    do {                                                        \
        status try_status_ = (call);                            \
        if (try_status_ != OK) return try_status_;              \
    } while (0)

#endif
