/* figure.c -- curves become a picture: data and settings in a temporary folder, drawn by a script of plots/. */
#include "report/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/grid.h"
#include "store/place.h"

static void *more(void *at, size_t n, size_t size)
{
    at = realloc(at, (n + 1) * size);
    if (!at) status_no_memory("a figure", (n + 1) * size);
    return at;
}

struct curve *figure_add(struct figure *f, const char *label, size_t style)
{
    f->curve = more(f->curve, f->n, sizeof *f->curve);
    struct curve *c = &f->curve[f->n++];
    *c = (struct curve){.style = style};
    snprintf(c->label, sizeof c->label, "%s", label);
    return c;
}

void curve_add(struct curve *c, double x, double y, double sd)
{
    if (!isfinite(x) || !isfinite(y)) return;
    c->at = more(c->at, c->n, sizeof *c->at);
    c->at[c->n++] = (struct point){x, y, sd};
}

void figure_done(struct figure *f)
{
    for (size_t i = 0; i < f->n; i++) free(f->curve[i].at);
    free(f->curve);
    f->curve = NULL;
    f->n = 0;
}

/* ---- what the axes show ---- */

struct frame {
    double       x_low, x_high;
    struct scale scale;
    double       ticks[64];
    size_t       n_ticks;
};

#define DISC_ROOM 0.12 /* of the range, on each side */

static void x_range(const struct figure *f, struct frame *a)
{
    a->x_low = INFINITY;
    a->x_high = -INFINITY;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->curve[i].n; j++) {
            a->x_low = fmin(a->x_low, f->curve[i].at[j].x);
            a->x_high = fmax(a->x_high, f->curve[i].at[j].x);
        }
    if (!f->discs) return;
    const double ratio = pow(a->x_high / a->x_low, DISC_ROOM), room = DISC_ROOM * (a->x_high - a->x_low);
    a->x_low = f->log_x ? a->x_low / ratio : a->x_low - room;
    a->x_high = f->log_x ? a->x_high * ratio : a->x_high + room;
}

static void add_room(double **y, size_t *n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < *n; i++) low = fmin(low, (*y)[i]), high = fmax(high, (*y)[i]);
    const double room = DISC_ROOM * (high - low);
    for (int side = 0; side < 2; side++) {
        *y = more(*y, *n, sizeof **y);
        (*y)[(*n)++] = side ? high + room : low - room;
    }
}

static bool in_view(const struct figure *f, const struct frame *a, const struct point *p)
{
    return p->x >= f->clip_after * a->x_high;
}

/* Bars stretch the scale that the points have made. */
static void show_bars(const struct figure *f, struct frame *a)
{
    const double room = 0.02 * (a->scale.high - a->scale.low);
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->curve[i].n; j++) {
            const struct point *p = &f->curve[i].at[j];
            if (!isfinite(p->sd) || !in_view(f, a, p)) continue;
            a->scale.low = fmin(a->scale.low, p->y - p->sd - room);
            a->scale.high = fmax(a->scale.high, p->y + p->sd + room);
        }
}

/* The heights that must be visible. */
static void y_range(const struct figure *f, struct frame *a)
{
    double *y = NULL;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->curve[i].n; j++)
            if (in_view(f, a, &f->curve[i].at[j])) {
                y = more(y, n, sizeof *y);
                y[n++] = f->curve[i].at[j].y;
            }
    if (f->discs) add_room(&y, &n);
    a->scale = f->percent ? (struct scale){.low = -2, .high = 110} : f->log_y ? scale_log_of(y, n) : scale_of(y, n, f->may_bend);
    free(y);
    if (f->bars_in_view) show_bars(f, a);
    a->n_ticks = scale_ticks(&a->scale, a->ticks, sizeof a->ticks / sizeof a->ticks[0]);
}

static struct frame frame_of(const struct figure *f)
{
    struct frame a;
    x_range(f, &a);
    y_range(f, &a);
    if (f->log_x && !f->discs) a.x_low /= 1.25;
    return a;
}

static bool visible(const struct frame *a, double y)
{
    return y >= a->scale.low && y <= a->scale.high;
}

/* ---- the settings a script loads ---- */

/* 'it''s' */
void figure_put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s = '", name);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', out);
        if (*text != '\n') fputc(*text, out);
    }
    fputs("'\n", out);
}

static void put_element(FILE *out, const char *array, size_t i, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s[%zu]", array, i + 1);
    figure_put_text(out, name, text);
}

static void put_axes(FILE *out, const struct figure *f, const struct frame *a)
{
    fprintf(out, "x_low = %.10g\nx_high = %.10g\ny_low = %.10g\ny_high = %.10g\nbend = %.10g\n", a->x_low, a->x_high,
            a->scale.low, a->scale.high, a->scale.bend);
    fprintf(out, "log_x = %d\nlog_y = %d\npoints_only = %d\nx_mark = %.10g\n", f->log_x, f->log_y, f->points, f->x_mark);
    figure_put_text(out, "mark", f->mark);
    figure_put_text(out, "figure_title", f->title);
    figure_put_text(out, "x_title", f->x_label);
    figure_put_text(out, "y_title", f->y_label);
    size_t digits = 0; /* of the widest tick */
    fputs("set ytics (", out);
    for (size_t i = 0; i < a->n_ticks; i++) {
        char tick[32];
        snprintf(tick, sizeof tick, "%.*g", f->log_y ? 10 : 6, a->ticks[i] + 0.0); /* -0 + 0 is 0 */
        fprintf(out, "%s'%s' %.10g", i ? ", " : "", tick, a->ticks[i]);
        const size_t n = strlen(tick) - (strchr(tick, '.') != NULL);
        if (n > digits) digits = n;
    }
    fprintf(out, ")\ny_digits = %zu\n", digits);
}

static void put_tick_name(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

/* A tick at every x that occurs, once. */
static void put_x_ticks(FILE *out, const struct figure *f)
{
    double seen[64];
    size_t n = 0;
    if (f->n_names) fputs("set xtics (", out);
    for (size_t i = 0; i < f->n_names; i++) {
        put_tick_name(out, f->x_name[i]);
        fprintf(out, " %zu%s", i, i + 1 < f->n_names ? ", " : ")\n");
    }
    if (!f->ticks_at_x) return;
    fputs("set xtics (", out);
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->curve[i].n; j++) {
            const double x = f->curve[i].at[j].x;
            bool old = n == sizeof seen / sizeof seen[0];
            for (size_t s = 0; s < n && !old; s++) old = seen[s] == x;
            if (old) continue;
            fprintf(out, "%s'%.10g' %.10g", n ? ", " : "", x, x);
            seen[n++] = x;
        }
    fputs(")\n", out);
}

/* What stands beside the right border: the curves, then the floors that are in view. */
struct tag { char text[128]; double end, at; int leader; };

static size_t tags_of(const struct figure *f, const struct frame *a, struct tag *tag)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++, n++) {
        const struct curve *c = &f->curve[i];
        const struct point *last = &c->at[c->n - 1];
        tag[n].leader = last->x >= a->x_high * (1 - 1e-9);
        tag[n].end = tag[n].at = scale_place(&a->scale, last->y);
        if (tag[n].leader || f->ends_apart) snprintf(tag[n].text, sizeof tag[n].text, "%s", c->label);
        else snprintf(tag[n].text, sizeof tag[n].text, "%s (to %.6g)", c->label, last->x);
    }
    for (size_t i = 0; i < f->n_floors; i++) {
        if (!visible(a, f->floors[i].y)) continue;
        snprintf(tag[n].text, sizeof tag[n].text, "%s", f->floors[i].name);
        tag[n].end = tag[n].at = scale_place(&a->scale, f->floors[i].y);
        tag[n++].leader = 1;
    }
    return n;
}

static void place_tags(struct tag *tag, size_t n)
{
    double *at = malloc((n + 1) * sizeof *at);
    if (!at) status_no_memory("labels", (n + 1) * sizeof *at);
    for (size_t i = 0; i < n; i++) at[i] = tag[i].at;
    spread(at, n, 0.047);
    for (size_t i = 0; i < n; i++) tag[i].at = at[i];
    free(at);
}

static void put_tags(FILE *out, const struct figure *f, const struct frame *a)
{
    struct tag *tag = calloc(f->n + FLOORS_MAX, sizeof *tag);
    if (!tag) status_no_memory("labels", (f->n + FLOORS_MAX) * sizeof *tag);
    const size_t n = tags_of(f, a, tag);
    size_t widest = 0;
    place_tags(tag, n);
    fprintf(out, "n = %zu\nn_tags = %zu\narray tag[%zu]\narray tag_y[%zu]\narray end_y[%zu]\narray leader[%zu]\narray look[%zu]\n",
            f->n, n, n, n, n, n, n);
    for (size_t i = 0; i < n; i++) {
        put_element(out, "tag", i, tag[i].text);
        fprintf(out, "tag_y[%zu] = %.4f\nend_y[%zu] = %.4f\nleader[%zu] = %d\nlook[%zu] = %zu\n", i + 1, tag[i].at, i + 1,
                tag[i].end, i + 1, tag[i].leader, i + 1, i < f->n ? f->curve[i].style : 0);
        if (text_width(tag[i].text) > widest) widest = text_width(tag[i].text);
    }
    fprintf(out, "widest = %zu\n", widest);
    free(tag);
}

static void put_floors(FILE *out, const struct figure *f, const struct frame *a)
{
    size_t n = 0;
    fprintf(out, "array floor_y[%d]\n", FLOORS_MAX);
    for (size_t i = 0; i < f->n_floors; i++)
        if (visible(a, f->floors[i].y)) fprintf(out, "floor_y[%zu] = %.10g\n", ++n, f->floors[i].y);
    fprintf(out, "n_floors = %zu\n", n);
}

static bool write_settings(FILE *out, const void *self)
{
    const struct figure *f = self;
    const struct frame a = frame_of(f);
    put_axes(out, f, &a);
    put_x_ticks(out, f);
    put_tags(out, f, &a);
    put_floors(out, f, &a);
    return !ferror(out);
}

/* A block per curve: x, y, deviation (nan: none). */
static bool write_data(FILE *out, const void *self)
{
    const struct figure *f = self;
    for (size_t i = 0; i < f->n; i++) {
        fprintf(out, "# %s\n", f->curve[i].label);
        for (size_t j = 0; j < f->curve[i].n; j++)
            fprintf(out, "%.10g %.10g %.10g\n", f->curve[i].at[j].x, f->curve[i].at[j].y, f->curve[i].at[j].sd);
        fputs("\n\n", out);
    }
    return !ferror(out);
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "w");
}

static bool write_common(FILE *out, const char *folder, const char *plots_dir, const char *format, const char *picture)
{
    char data[300];
    snprintf(data, sizeof data, "%s/data", folder);
    figure_put_text(out, "format", format);
    figure_put_text(out, "picture", picture);
    figure_put_text(out, "data", data);
    figure_put_text(out, "plots", plots_dir);
    return !ferror(out);
}

static status write_files(const struct figure_files *f, const char *folder, const char *plots_dir, const char *format, const char *picture)
{
    FILE *settings = open_in(folder, "settings.gp"), *data = open_in(folder, "data");
    bool ok = settings && data && write_common(settings, folder, plots_dir, format, picture) && f->settings(settings, f->self);
    ok = ok && (!f->data || f->data(data, f->self));
    if (settings) ok = fclose(settings) == 0 && ok;
    if (data) ok = fclose(data) == 0 && ok;
    if (!ok) FAIL(ERR_IO, "%s: cannot be written: %s", folder, strerror(errno));
    return OK;
}

/* ---- gnuplot ---- */

_Noreturn static void be_gnuplot(const char *folder, const char *script)
{
    char settings[400], messages[300];
    snprintf(settings, sizeof settings, "settings = '%s/settings.gp'", folder);
    snprintf(messages, sizeof messages, "%s/messages", folder);
    const int to = open(messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to >= 0) dup2(to, 1), dup2(to, 2);
    execlp("gnuplot", "gnuplot", "-e", settings, script, (char *)NULL);
    _exit(127);
}

/* The last line that says something. */
static void last_message(const char *folder, char *out, size_t size)
{
    char path[300], line[400];
    snprintf(path, sizeof path, "%s/messages", folder);
    snprintf(out, size, "it gave no message");
    FILE *in = fopen(path, "r");
    while (in && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = 0;
        if (strspn(line, " ^\t") != strlen(line)) snprintf(out, size, "%s", line);
    }
    if (in) fclose(in);
}

static status run_gnuplot(const char *folder, const char *script)
{
    int how = 0;
    char message[400];
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) FAIL(ERR_IO, "cannot start gnuplot: %s", strerror(errno));
    if (child == 0) be_gnuplot(folder, script);
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return OK;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 127)
        FAIL(ERR_IO, "gnuplot is not installed, and figures need it; Debian: apt install gnuplot-nox");
    last_message(folder, message, sizeof message);
    FAIL(ERR_IO, "gnuplot could not draw %s: %s", script, message);
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"settings.gp", "data", "messages"};
    char path[300];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static status draw(const struct figure_files *f, const char *folder, const char *plots_dir, const char *format, const char *picture)
{
    char script[PLACE_PATH];
    snprintf(script, sizeof script, "%s/%s.gp", plots_dir, f->script);
    if (access(script, R_OK) != 0) FAIL(ERR_IO, "%s: cannot be read: %s", script, strerror(errno));
    TRY(write_files(f, folder, plots_dir, format, picture));
    return run_gnuplot(folder, script);
}

static status keep(const char *tmp, const char *picture)
{
    if (rename(tmp, picture) != 0) FAIL(ERR_IO, "%s: cannot be put in place: %s", picture, strerror(errno));
    return OK;
}

status figure_draw_files(const struct figure_files *f, const char *plots_dir, const char *out_dir, const char *format, FILE *log)
{
    char folder[] = "/tmp/reach-plot-XXXXXX", picture[PLACE_PATH], tmp[PLACE_PATH];
    if (strcmp(format, "png") != 0 && strcmp(format, "svg") != 0 && strcmp(format, "pdf") != 0)
        FAIL(ERR_CONFIG, "no figure format \"%s\"; known: png, svg, pdf", format);
    if (snprintf(picture, sizeof picture, "%s/%s.%s", out_dir, f->name, format) >= (int)sizeof picture)
        FAIL(ERR_IO, "%s: path too long", out_dir);
    TRY(place_begin(picture, tmp));
    if (!mkdtemp(folder)) FAIL(ERR_IO, "no temporary folder %s: %s", folder, strerror(errno));
    status s = draw(f, folder, plots_dir, format, tmp);
    if (s == OK) s = keep(tmp, picture);
    if (s != OK) unlink(tmp);
    remove_folder(folder);
    if (s == OK && log) fprintf(log, "%s\n", picture);
    return s;
}

status figure_draw(const struct figure *f, const char *plots_dir, const char *out_dir, const char *format, FILE *log)
{
    const struct figure_files files = {f->script, f->name, write_settings, write_data, f};
    return figure_draw_files(&files, plots_dir, out_dir, format, log);
}
