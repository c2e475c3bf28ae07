/* bench.h -- how long steps of a model take, on random tokens. */
#ifndef REACH_MEASURE_H
#define REACH_MEASURE_H

#include "model/model.h"

/* One measurement: full training steps (forward, backward, AdamW) or forward passes alone. */
struct bench_request {
    struct model_options  model;
    const struct attention *attention;  const void *attention_options;
    const struct position  *position;   const void *position_options;
    size_t vocabulary, classes;         /* classes 0: language model, next-token loss at every row */
    size_t length, batch;
    size_t pack_rows, shards;
    int    threads;
    bool   forward_only;
    double seconds;                     /* measure about so long, after 1 step that is not counted */
    size_t least_steps;                 /* but at least so many steps; 0: 3                     */
    const struct kernel *kernel;
};

struct bench_result {
    double step_seconds;                /* median over steps                                             */
    double flops;                       /* executed by formula: forward, or 3 forwards for a training step */
    size_t activation_bytes;            /* of the largest pack, exact, from its arena                    */
    size_t activation_rows;             /* rows of that pack                                             */
    size_t steps;
};

/* ERR_CONFIG if the variant refuses the settings or the length. */
status bench_run(const struct bench_request *rq, struct bench_result *out);

/* The workloads that are compared with other programs: W1, W2, W3, W1d; false if there is none of that name. */
bool bench_workload(const char *name, struct bench_request *rq);
#define BENCH_WORKLOADS "W1, W2, W3 or W1d"

#endif
