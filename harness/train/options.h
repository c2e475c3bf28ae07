/* options.h -- the `train:` and `test:` sections of a config. */
#ifndef REACH_TRAIN_OPTIONS_H
#define REACH_TRAIN_OPTIONS_H

#include "base/option.h"

enum optimizer_kind { OPTIMIZER_ADAM, OPTIMIZER_ADAMW };
enum schedule { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_RSQRT, SCHEDULE_ONE_CYCLE };
enum keep { KEEP_LAST, KEEP_BEST };

struct train_options {
    int64_t length;        /* language models: tokens of a training window                       */
    int64_t batch;         /* examples (or windows) of a step                                    */
    int64_t steps;         /* budget; 0: by samples or tokens                                    */
    int64_t samples;       /* classifiers: budget in examples seen; used when steps = 0          */
    double  tokens;        /* budget in input tokens; used when steps and samples are 0          */
    int     optimizer;     /* enum optimizer_kind                                                     */
    double  rate;          /* peak learning rate                                                 */
    int     schedule;      /* enum schedule                                                      */
    int64_t warmup;        /* steps                                                              */
    double  final_rate;    /* share of the peak where linear and cosine end                      */
    bool    beta_swing;    /* one-cycle: beta1 .95 -> .85 -> .95 against the rate                */
    double  beta1, beta2, epsilon, decay;
    double  clip_norm;     /* 0: off */
    double  clip_value;    /* 0: off */
    int64_t shards;        /* gradient sums; at least as many as threads one wants to use        */
    int64_t pack_rows;     /* a pack takes examples up to about so many rows                     */
    int64_t log_every;     /* steps between rows of /curves/train                                */
    int64_t eval_every;    /* steps between evaluations; 0: only at the end                      */
    int64_t eval_tokens;   /* tokens (or, for classifiers, examples x mean length) of the subset */
    int64_t checkpoint_every; /* steps between checkpoints; 0: at evaluations                    */
    int     keep;          /* enum keep: the parameters that are tested                          */
    bool    keep_checkpoint; /* leave it in the file when done                                   */
    int64_t examples;      /* train on a fixed seeded subset of so many examples; 0: all         */
};

struct test_options {
    struct int_list lengths;  /* windows in tokens; language models                              */
    bool    windows;          /* non-overlapping windows over the split                          */
    int64_t windows_tokens;   /* at most so many targets per length; 0: all                      */
    bool    last;             /* the same targets with growing context                           */
    int64_t last_targets, last_places;
    int64_t stride;           /* targets scored per window when sliding; 0: off                  */
    int64_t stride_tokens;    /* at most so many targets per length; 0: all                      */
    struct int_list context;  /* exactly so many tokens before single targets, ascending; none: off */
    int64_t context_targets;  /* targets of that, the same ones for every context                */
    bool    stream;           /* read documents part by part, state carried on                   */
    int64_t stream_tokens;    /* at most so many tokens; 0: the whole split                      */
    bool    repeated;         /* also on tiled passages                                          */
    int64_t passage;          /* bytes of a tiled passage; 0: half the training length           */
    int64_t examples;         /* classifiers: at most so many test examples; 0: all; recall: of each set */
    bool    train_accuracy;   /* classifiers: also score the training examples                   */
    char    reference[OPTION_TEXT], control[OPTION_TEXT]; /* recall: labels of the variants that open the table's gate */
};

extern const struct option train_option_table[];
extern const struct option test_option_table[];

#endif
