/* page_part.h -- what the parts of a page are given, and the parts, one file each, in their order on the page.
 *
 * To add one: a function here, a call in section() of page.c, and a line in its list of contents.  A part that is a table fills a
 * struct grid and calls grid_print(..., TABLE_HTML, ...).
 */
#ifndef REACH_PAGE_PART_H
#define REACH_PAGE_PART_H

#include <stdio.h>

#include "measure/measurement.h"
#include "report/load.h"
#include "report/notes.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/reference.h"

struct section {
    const struct page        *page;
    const struct page_config *config;
    struct collection         all;       /* of a config that measures: no runs            */
    struct measurement           measured;  /* of such a config; empty if it is not measured */
    char                      unmeasured[640]; /* why; "": it is                          */
    struct references         papers;
    char                      id[80];    /* before all ids of this section */
    char                      home[4096]; /* from the page's folder to the result files; "" if they are in it */
};

/* Style sheet, between <style> tags; ends in NULL. */
extern const char *const page_style[];

/* Runs that a file is expected of, those whose file is done, and the first and last day of training ("" if unknown). */
struct runs_seen {
    size_t wanted, usable;
    double seconds;             /* of training, all files        */
    char   first[16], last[16]; /* "2026-11-22"                  */
};
struct runs_seen page_runs(const struct section *s);

/* "1 h 02 min", "3 min 05 s", "12 s" */
void page_duration(double seconds, char *out, size_t size);

void   page_summary(FILE *out, const struct section *s, size_t n); /* of all sections                         */
void   page_trust(FILE *out, const struct section *s);    /* scaled down, how many seeds, changed by --set    */
void   page_missing(FILE *out, const struct section *s);  /* which runs are not there, or not to be trusted   */
void   page_best(FILE *out, const struct section *s);     /* a line per task: the best, and what needs no attention */
status page_about(FILE *out, const struct section *s);    /* the question                                     */
status page_claims(FILE *out, const struct section *s);   /* the claims of papers and what the runs say to them; nothing without any */
void   page_setting(FILE *out, const struct section *s);  /* tasks, variants, options that are not defaults   */
/* A drawn SVG, inline: `id` before its ids, `title` and `words` for who cannot see it. */
status page_svg(FILE *out, const char *path, const char *id, const char *title, const char *words);
status page_figures(FILE *first, FILE *rest, const struct section *s, size_t task); /* the first score against length, the others */
/* Figures that `source` gives from `of`: the first score against length to `first`, the others to `rest`. */
typedef status figure_source(const void *of, figure_take *take, void *self);
status page_draw(FILE *first, FILE *rest, const struct section *s, figure_source *source, const void *of);
status page_speed(FILE *out, const struct section *s);    /* accuracy against speed, over all tasks           */
status page_bench(FILE *out, const struct section *s);    /* all of a config that measures                    */
void   page_bench_best(FILE *out, const struct section *s); /* a line per direction                           */
void   page_papers(FILE *out, const struct section *s);   /* tables of papers as printed; nothing without any */
void   page_costs(FILE *out, const struct section *s);
void   page_machine(FILE *out, const struct section *s);  /* the environment of the runs                      */
void   page_again(FILE *out, const struct section *s);    /* commands, settings                               */
void   page_files(FILE *out, const struct section *s);    /* links to the HDF5 files, with their digests      */

#endif
