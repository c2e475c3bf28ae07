/* sweep.h -- variants against lengths, measured in rounds.
 *
 * A round visits every (variant, length), training and forward alone, once; each visit gives the median of its steps, and
 * what is reported is the median over rounds.  So a machine that is slow for a while is slow for all of them.
 */
#ifndef REACH_MEASURE_SWEEP_H
#define REACH_MEASURE_SWEEP_H

#include "base/progress.h"
#include "measure/bench.h"

enum sweep_mode { SWEEP_TRAIN, SWEEP_FORWARD, SWEEP_MODES };
extern const char *const sweep_mode_names[SWEEP_MODES]; /* "train", "forward" */

struct sweep_variant {
    const char *name, *attention_name, *position_name;
    size_t      style;                   /* in figures                                                */
    const struct model_options *model;   /* NULL: the sweep's                                         */
    const struct attention *attention;  const void *attention_options;
    const struct position  *position;   const void *position_options;
};

struct sweep_length {
    size_t n, batch;          /* tokens of an example, examples of a step                            */
    int    busy;              /* threads that a step gives work to                                   */
};

struct sweep_cell {
    char   reason[512];       /* why the variant cannot do this; "": it was measured                 */
    struct bench_result of[SWEEP_MODES];  /* step_seconds: median over rounds; steps: of all rounds  */
    double *visit[SWEEP_MODES];           /* seconds of a step in each round, in their order           */
};

struct sweep {
    struct bench_request base;           /* all but the variant, length, batch and forward_only; seconds: of a visit */
    const char *kernel, *real;           /* names; sweep_run sets them                                */
    size_t rounds;
    size_t n_variants;  const struct sweep_variant *variant;
    size_t n_lengths;   struct sweep_length *length;
    struct sweep_cell *cell;             /* n_variants x n_lengths, owned */
};

/* How many examples a step has: `batch` if not 0, else `tokens` / length, at least 1, and where there are as many as
 * threads a multiple of them; and how many threads that gives work. */
void sweep_plan(const struct bench_request *base, size_t batch, size_t tokens, struct sweep_length *l);

/* Tokens of a step that give every thread an example of the longest; at least 16,384. */
size_t sweep_tokens(size_t longest, int threads);

/* Fill the cells.  A variant that refuses the settings or a length leaves its sentence in the cell.  ERR_CONFIG (its last
 * sentence) if all of them do, with the cells filled; ERR_STOPPED between visits once a
 * signal has asked for it (train/stop.h); other failures of a measurement end the sweep. */
status sweep_run(struct sweep *s, struct progress *progress);
void   sweep_done(struct sweep *s);

/* Seconds of a step in the fastest and in the slowest round. */
void sweep_extremes(const struct sweep *s, const struct sweep_cell *c, enum sweep_mode m, double *fastest, double *slowest);

const struct sweep_cell *sweep_at(const struct sweep *s, size_t variant, size_t length);

enum sweep_measure {
    SWEEP_STEP_MS,            /* of a step                                                           */
    SWEEP_TOKEN_NS,           /* of a step / (batch x length)                                        */
    SWEEP_TIME_GROWTH,        /* time per token / that at the first length                           */
    SWEEP_TIMES_VANILLA,      /* steps per second / those of the variant called vanilla, same length */
    SWEEP_GFLOPS,             /* 1e9 floating-point operations per second                            */
    SWEEP_TOKEN_BYTES,        /* activations of the largest pack / its rows                          */
    SWEEP_BYTES_GROWTH,       /* bytes per token / those at the first length                         */
    SWEEP_PACK_MB,            /* activations of the largest pack, 1e6 bytes                          */
};

/* NaN if it was not measured, or what it is compared with was not. */
double sweep_value(const struct sweep *s, enum sweep_measure m, enum sweep_mode mode, size_t variant, size_t length);

/* Computed, not measured: 4 B H L n^2, the bytes of one n x n float matrix for each of B examples, H heads and L layers, as
 * an implementation that keeps the attention weights for its backward pass needs at the least. */
double sweep_square_bytes(const struct sweep *s, size_t examples, size_t n);

/* Examples of the largest pack. */
size_t sweep_pack_examples(const struct sweep *s, size_t length);

/* The variant called vanilla, or SIZE_MAX. */
size_t sweep_vanilla(const struct sweep *s);

#endif
