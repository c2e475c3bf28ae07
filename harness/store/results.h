/* results.h -- one HDF5 file a run.
 *
 * A file is written beside its place, synced and renamed: a reader (h5py, h5dump, R) never sees half of one.
 * Layout (schema 1); every dataset has attributes `description` and, per column, units:
 *
 *   /                    attributes: schema, title, label, variant, task, seed, status, reason, train_id
 *   /config              text: the resolved YAML; every option as an attribute "section.name"
 *   /environment         attributes: version, commit, compiler, cpu, kernel, blas, threads, real, date, data (its checksum), text (its name)
 *   /curves/train        struct train_row[]      a data frame
 *   /curves/eval         struct eval_row[]
 *   /test                struct test_row[]       all evaluations, one row per (evaluation, text, mode, length)
 *   /test_by_position    struct position_row[]
 *   /context             float32 (contexts, targets): loss of each target after so many tokens, nats; NaN where the model refuses
 *                        the length.  Attributes: evaluation, split, and contexts, a list.  Absent where it was not asked for
 *   /predictors          struct predictor_row[]
 *   /tuning              struct tuning_row[]      the trials that settings come from; absent where nothing was tuned
 *   /cost                attributes: parameters, flops_per_token, tokens_per_second, seconds, activation_bytes,
 *                        activation_bytes_per_token, peak_rss_bytes
 *   /checkpoint          what training needs to go on (absent once a run is done and not asked to keep it):
 *                        parameters/NAME: (rows, cols) each; first, second, best: flat; layout: name, offset, rows, cols;
 *                        carried, carried_rows: what the streams of a text go on with, if the model carries state
 *
 * Behind the HDF5 data lie 32 bytes that HDF5 does not look at: a seal (a hash of the rest).  A file without it, or that
 * does not match it, is refused; copies made by cp are as good as the original, files rewritten by h5py or h5repack are not.
 * HDF5 is a library of one thread: write and read from one thread at a time.
 */
#ifndef REACH_RESULTS_H
#define REACH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/status.h"

#define RESULT_SCHEMA 1

enum run_status { RUN_RUNNING, RUN_DONE, RUN_DIVERGED }; /* attribute status: "running" "done" "diverged" */

struct train_row {
    int64_t step;          /* optimizer steps taken                 */
    double  seconds;       /* of training, evaluation excluded      */
    double  tokens;        /* input tokens seen                     */
    double  loss;          /* nats per target, mean since last row  */
    double  accuracy;      /* share of targets right since last row */
    double  learning_rate;
    double  gradient_norm; /* before clipping, of the last step     */
};

struct eval_row {          /* a seeded subset of the validation split */
    int64_t step;
    double  seconds;
    double  loss;
    double  accuracy;
    int64_t n;             /* targets */
};

struct test_row {
    char    evaluation[24]; /* evaluation id                                           */
    char    split[8];       /* "test", "valid", "train"                                */
    char    text[12];       /* "ordinary", "repeated"; "" for classification; recall: "16 pairs" */
    char    mode[12];       /* "windows", "last", "stride", "stream", "context"; "all" for classification; "recall", "examples": recall_test.h */
    int64_t length;         /* window or example in tokens; 0 for classification       */
    int64_t n;              /* targets scored; recall: answers, or examples            */
    double  loss;           /* nats per target; NaN when not available                 */
    double  loss_error;     /* standard error over windows (or examples); NaN if n/a   */
    double  accuracy;       /* share right                                             */
    char    reason[96];     /* why not available; "" otherwise                         */
};

struct position_row {
    char    evaluation[24];
    char    split[8];
    char    text[12];
    int64_t length;
    int64_t from, to;       /* positions [from, to) inside the window */
    int64_t n;
    double  loss;
    double  accuracy;
};

struct predictor_row {
    char   name[64];
    double loss;
    double accuracy;
};

struct tuning_row {         /* a trial in one rung */
    int64_t trial, rung;    /* from 1                                                          */
    int64_t seed;           /* it was trained with                                             */
    char    settings[256];  /* "train.rate=0.001, variant.window=32"                           */
    double  budget;         /* share of a run's training budget                                */
    double  tokens;         /* input tokens seen                                               */
    double  loss;           /* nats per target on the validation subset; NaN: diverged         */
    double  seconds;        /* of training                                                     */
    char    outcome[12];    /* "promoted" to the next rung, "dropped", "finished" the last one, "diverged" */
    int64_t chosen;         /* 1: the run has these settings                                   */
};

struct attribute { char name[64]; char text[1024]; };

/* Losses of the same targets after each of several contexts: of the last evaluation that asked for them. */
struct context {
    char     evaluation[24], split[8];
    size_t   n_lengths, n_targets;
    int64_t *length;   /* n_lengths contexts, tokens, ascending                                            */
    float   *loss;     /* (n_lengths, n_targets), nats; a row of NaN: the model refuses the length          */
};

/* A run's results in memory: plain arrays, owned by the struct, that grow only by results_add_*.  A count may be lowered to
 * cut rows off. */
struct results {
    char            title[256], label[64], variant[64], task[64], train_id[40], reason[512];
    uint64_t        seed;
    enum run_status status;
    char           *config;                     /* resolved YAML                     */
    struct train_row     *train;      size_t n_train;
    struct eval_row      *eval;       size_t n_eval;
    struct test_row      *test;       size_t n_test;
    struct position_row  *position;   size_t n_position;
    struct predictor_row *predictor;  size_t n_predictor;
    struct tuning_row    *tuning;    size_t n_tuning;
    struct context       *context;                       /* NULL: none                */
    struct attribute     *option;      size_t n_option;      /* "train.rate" = "0.001"  */
    struct attribute     *environment; size_t n_environment;
    struct cost {
        double parameters, flops_per_token, tokens_per_second, seconds;
        double activation_bytes, activation_bytes_per_token, peak_rss_bytes;
    } cost;
    struct checkpoint *checkpoint;              /* NULL: none                        */
};

/* What training needs to go on, bit for bit.  Arrays are owned. */
struct checkpoint {
    int64_t step;
    double  tokens, seconds;
    double  best_loss;     int64_t best_step;
    size_t  n;                     /* values in each array                                 */
    real   *parameters, *first, *second;  /* weights, Adam's m and v                       */
    real   *best;                  /* parameters at best_step; NULL: none                  */
    size_t  n_carried, n_carried_rows;
    real   *carried, *carried_rows; /* states of the streams: values, rows of each; NULL: none */
    size_t  n_names; char (*name)[96]; size_t *offset, *rows, *cols; /* where each parameter lies */
    double  loss_sum, right_sum, count_sum; /* since the last train row                    */
};

void results_init(struct results *r);
void results_done(struct results *r);

void results_add_train(struct results *r, const struct train_row *row);
void results_add_eval(struct results *r, const struct eval_row *row);
void results_add_test(struct results *r, const struct test_row *row);
void results_add_position(struct results *r, const struct position_row *row);
void results_add_predictor(struct results *r, const struct predictor_row *row);
void results_add_tuning(struct results *r, const struct tuning_row *row);
/* Room for losses by context, in place of those that were there; all 0. */
struct context *results_set_context(struct results *r, size_t n_lengths, size_t n_targets);
void context_free(struct context *c); /* accepts NULL */
/* A name that is there already takes the new text; texts over 1023 bytes are cut. */
void results_add_option(struct results *r, const char *name, const char *text);
void results_add_environment(struct results *r, const char *name, const char *text);
const char *results_environment(const struct results *r, const char *name); /* "" if there is none */
void checkpoint_free(struct checkpoint *c); /* accepts NULL */

/* Write beside `path` (to PATH.tmp.PID), sync, rename; folders missing on the way are made.  Parameters are kept by name:
 * values of `parameters` between them (padding) read back as 0.  ERR_IO with the path and the reason; the old file then stands unharmed. */
status results_write(const struct results *r, const char *path);

/* Read all of a file (checkpoint too if `with_checkpoint`) into an initialised, empty `r`.
 * ERR_IO if it cannot be opened; ERR_DATA if it is not ours, cut short, damaged, or its schema is newer; `r` is then empty
 * again.  A file written in float is read into double and the other way round. */
status results_read(struct results *r, const char *path, bool with_checkpoint);

/* Hash of all that is reproducible: config, curves without seconds, tests, positions, parameters (and best
 * parameters) if present; not seconds, environment, cost.  `out` 32 hex digits and a 0. */
void results_digest(const struct results *r, char out[33]);

#endif
