/* progress.c -- the live line and the log line. */
#include "base/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR 20

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void clock_print(double seconds, char *out, size_t size)
{
    const long s = (long)(seconds + 0.5);
    if (s < 60) snprintf(out, size, "%ld s", s);
    else if (s < 3600) snprintf(out, size, "%ld:%02ld", s / 60, s % 60);
    else snprintf(out, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

void progress_init(struct progress *p, FILE *out, bool quiet)
{
    *p = (struct progress){.out = out, .quiet = quiet, .live = isatty(fileno(out)) == 1};
    const char *no_color = getenv("NO_COLOR");
    p->color = p->live && !(no_color && *no_color);
    p->every = p->live ? 0.2 : 30;
}

static void clear(struct progress *p)
{
    if (p->drawn) fputs("\r\033[K", p->out);
    p->drawn = false;
}

void progress_clear(struct progress *p)
{
    clear(p);
    fflush(p->out);
}

void progress_begin(struct progress *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->label, sizeof p->label, format, args);
    va_end(args);
    p->last = clock_seconds();
}

static void draw_bar(struct progress *p, double share)
{
    const int full = (int)(share * BAR + 0.5);
    if (p->color) fputs("\033[36m", p->out);
    for (int i = 0; i < BAR; i++) fputs(i < full ? "━" : "·", p->out);
    if (p->color) fputs("\033[0m", p->out);
}

void progress_update(struct progress *p, double share, const char *what, double left)
{
    const double now = clock_seconds();
    if (p->quiet || now - p->last < p->every) return;
    p->last = now;
    char remaining[32] = "", text[48] = "";
    if (left >= 0) {
        clock_print(left, remaining, sizeof remaining);
        snprintf(text, sizeof text, "  %s left", remaining);
    }
    clear(p);
    fprintf(p->out, "%-32s ", p->label);
    if (p->live) draw_bar(p, share);
    fprintf(p->out, " %3.0f%%  %s%s", 100 * share, what, text);
    if (!p->live) fputc('\n', p->out);
    p->drawn = p->live;
    fflush(p->out);
}

void progress_end(struct progress *p, const char *format, ...)
{
    if (p->quiet) return;
    clear(p);
    fprintf(p->out, "%-32s ", p->label);
    va_list args;
    va_start(args, format);
    vfprintf(p->out, format, args);
    va_end(args);
    fputc('\n', p->out);
    fflush(p->out);
}

void progress_note(struct progress *p, const char *format, ...)
{
    clear(p);
    va_list args;
    va_start(args, format);
    vfprintf(p->out, format, args);
    va_end(args);
    fputc('\n', p->out);
    fflush(p->out);
}
