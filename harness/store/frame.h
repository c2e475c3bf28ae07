/* frame.h -- a file of measurements: one data frame with its settings and environment, beside the files of runs.
 *
 * Written and sealed as those (results.h).  Layout; the frame has attributes `description` and, per column, units:
 *
 *   /                    attributes: schema, description, title, id
 *   /config              text: the resolved YAML; the options of the measurement's section and of model as attributes "section.name"
 *   /environment         attributes, as in the files of runs
 *   /bench, ...          the rows: costs.h, errors.h
 */
#ifndef REACH_STORE_FRAME_H
#define REACH_STORE_FRAME_H

#include "base/option.h"
#include "store/schema.h"

struct frame_kind {
    const struct table *table;
    const struct table *detail; /* a second one, optional; NULL: none         */
    int         schema;      /* of files that are written; 1 to that are read */
    const char *noun;        /* "costs"                                       */
    const char *description; /* of the file                                   */
};

struct frame {
    char              title[256], id[40];
    char             *config;
    struct attribute *option;      size_t n_option;
    struct attribute *environment; size_t n_environment;
    union {                        /* as the kind has them                    */
        void             *row;
        struct cost_row  *cost;
        struct error_row *error;
    };
    size_t n;
    struct round_row *detail;      /* the rows of the second table            */
    size_t n_detail;
};

/* As results_write and results_read: whole or not at all; `f` is initialised to zeros and empty. */
status frame_write(const struct frame_kind *kind, const struct frame *f, const char *path);
status frame_read(const struct frame_kind *kind, struct frame *f, const char *path);
void   frame_done(struct frame *f);

/* "" if it is not kept. */
const char *frame_environment(const struct frame *f, const char *name);

/* Room for `more` rows, cleared, behind those that are there; the first of them.  n stays as it is. */
void *frame_more(const struct frame_kind *kind, struct frame *f, size_t more);

/* Options of a section into a struct: those that the file has, else their defaults. */
void frame_options(const struct frame *f, const char *section, const struct option *table, void *options, size_t size);

#endif
