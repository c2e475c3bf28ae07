/* summary.h -- one number over the seeds of a variant, and which numbers there are. */
#ifndef REACH_SUMMARY_H
#define REACH_SUMMARY_H

#include "report/load.h"

#define BITS_PER_NAT 1.4426950408889634 /* 1 / ln 2 */

/* Where a score stands in the files. */
struct place {
    const char *split, *text, *mode;
    int64_t     length;
};

enum measure {
    MEASURE_LOSS,     /* nats per target                                        */
    MEASURE_BITS,     /* loss / ln 2: bits per byte where a token is a byte     */
    MEASURE_ACCURACY, /* percent                                                */
    MEASURE_RATIO,    /* loss over the loss at the variant's training length    */
};

/* Over the usable seeds that have the number. */
struct summary {
    size_t n;           /* seeds; 0: not available                          */
    double mean, sd;    /* sd: sample standard deviation; NaN if n < 2      */
    char   reason[160];  /* why n = 0, where a file says so                  */
};

struct summary summarise(const struct variant_runs *v, enum measure m, const struct place *p);

/* The number of one run, and (accuracy) its standard error over test examples, else NaN.  NaN if there is none. */
double score_of(const struct loaded *l, enum measure m, const struct place *p, double *error);

/* A number of /cost by its offset in struct cost, over the usable seeds. */
struct summary summarise_cost(const struct variant_runs *v, size_t offset);

/* The last row of a file at a place (a later evaluation replaces an earlier one), or NULL. */
const struct test_row *find_test(const struct results *r, const struct place *p);

/* The distinct kinds of test of a task (split "test"), ordinary text first: windows, last block, stride. */
#define KINDS_MAX 72
struct kind { char text[12], mode[12]; };
size_t kinds_of(const struct task_runs *t, struct kind out[KINDS_MAX]);

/* The distinct lengths of one kind, ascending. */
#define LENGTHS_MAX 32
size_t lengths_of(const struct task_runs *t, const struct kind *k, int64_t out[LENGTHS_MAX]);

/* "windows", "last block", "stride" in words a caption can use. */
const char *kind_title(const struct kind *k);

/* The trivial predictors: those of the first file that has some; NULL and 0 if none has. */
const struct predictor_row *predictors_of(const struct task_runs *t, size_t *n);

/* Whether the scores are of text, in bits per byte. */
bool is_text(const struct task_runs *t);

#endif
