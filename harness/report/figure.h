/* figure.h -- curves become a picture: data and settings in a temporary folder, drawn by a script of plots/. */
#ifndef REACH_FIGURE_H
#define REACH_FIGURE_H

#include <stdio.h>

#include "report/scale.h"
#include "base/status.h"

struct point { double x, y, sd; };  /* sd NaN: no error bar */

#define CURVE_GRAY 1000

struct curve {
    char          label[96];
    size_t        style;      /* colour, dash and point shape: plots/style.gp; CURVE_GRAY: computed, not measured */
    size_t        n;
    struct point *at;         /* owned; x ascending                           */
};

struct floor_line { char name[64]; double y; }; /* a trivial predictor */

#define FLOORS_MAX 16

struct figure {
    const char *script;       /* "loss_by_length": plots/NAME.gp              */
    char        name[160];    /* of the file, without folder and ending       */
    char        title[256], x_label[96], y_label[96];
    bool        log_x;        /* base 2                                       */
    bool        log_y;        /* base 10; else linear, or:                    */
    bool        ticks_at_x;   /* a tick at each x of the curves               */
    bool        may_bend;     /* the vertical axis may be like a logarithm: scale.h */
    bool        points;       /* points without lines between them            */
    bool        discs;        /* of a size: room around them; sd is the script's */
    bool        percent;      /* the vertical axis is for 0 to 100, with room above for the mark */
    bool        bars_in_view; /* the vertical range holds y - sd and y + sd    */
    bool        ends_apart;   /* curves end at any x, and their names do not say where */
    double      x_mark;       /* a vertical line here; 0: none                */
    char        mark[64];     /* its label                                    */
    size_t      n_names;      /* ticks at 0, 1, ... with these names; 0: numbers */
    char        x_name[16][32];
    double      clip_after;   /* the vertical range is that of points with x >= this share of the largest x; 0: all */
    size_t      n;
    struct curve *curve;      /* owned */
    size_t      n_floors;
    struct floor_line floors[FLOORS_MAX];
};

struct curve *figure_add(struct figure *f, const char *label, size_t style);
void          curve_add(struct curve *c, double x, double y, double sd);
void          figure_done(struct figure *f);

/* Draw to OUT_DIR/NAME.FORMAT (png, svg, pdf), replacing it whole, and print its path to `log`.
 * ERR_IO if a folder or file cannot be written, or gnuplot is missing (says what to install) or fails (its message). */
status figure_draw(const struct figure *f, const char *plots_dir, const char *out_dir, const char *format, FILE *log);

/* The same for a picture that is not of curves: `settings` writes what its script loads (besides format, picture, data and plots,
 * which stand there already), `data` the file it reads (NULL: none).  Both return whether all could be written. */
struct figure_files {
    const char *script, *name;
    bool (*settings)(FILE *out, const void *self);
    bool (*data)(FILE *out, const void *self);
    const void *self;
};
status figure_draw_files(const struct figure_files *f, const char *plots_dir, const char *out_dir, const char *format, FILE *log);

/* NAME = 'text', for gnuplot. */
void figure_put_text(FILE *out, const char *name, const char *text);

#endif
