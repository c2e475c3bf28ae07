/* status.c -- the sentence of the last failure, one per thread. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char message[2048];

status status_fail(status s, const char *format, ...)
{
    char text[sizeof message]; /* the arguments may quote the previous message */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7F) *c = '?';
    memcpy(message, text, sizeof message);
    return s;
}

const char *status_message(void)
{
    return message;
}

const char *status_text(status s)
{
    static const char *const texts[] = {
#define X(code, text) text,
        STATUS_LIST(X)
#undef X
    };
    return texts[s];
}

void status_no_memory(const char *what, size_t bytes)
{
    fprintf(stderr, "reach: no memory for %s: %zu bytes wanted\n", what, bytes);
    exit(3);
}
