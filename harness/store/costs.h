/* costs.h -- the file of measured costs (frame.h): what variants take at several lengths.
 *
 *   /bench               struct cost_row[]       a data frame: a row per variant, direction, length and mode
 *   /rounds              struct round_row[]      the step of each round that was visited
 */
#ifndef REACH_STORE_COSTS_H
#define REACH_STORE_COSTS_H

#include "store/frame.h"

extern const struct frame_kind costs_kind; /* schema 1 */

struct cost_row {                /* numbers are NaN, counts 0, where `reason` is not empty               */
    char    variant[64];         /* its label                                                            */
    char    attention[64], position[64];
    char    direction[16];       /* "bidirectional": a classifier; "causal": a language model            */
    char    mode[8];             /* "train": forward, backward and optimizer; "forward": that alone      */
    int64_t length, batch;       /* tokens of an example, examples of a step                             */
    int64_t threads;             /* that a step gives work to                                            */
    int64_t rounds, steps;       /* steps: timed, of all rounds                                          */
    double  step_ms;             /* median over rounds of the median over steps                          */
    double  fastest_ms, slowest_ms; /* of the rounds                                                     */
    double  token_ns, tokens_per_second;
    double  flops_per_step, flops_per_second; /* by formula                                              */
    double  activation_bytes;    /* of the largest pack that a thread works on; exact                    */
    double  activation_rows;     /* tokens of that pack                                                  */
    double  activation_bytes_per_token;
    double  square_bytes;        /* computed: 4 B H L n^2, attention weights of the step's examples; never NaN */
    char    reason[256];         /* why the variant cannot do this                                       */
};

struct round_row {
    char    variant[64], direction[16], mode[8]; /* as in cost_row                                       */
    int64_t length, round;       /* from 1; all variants were visited in turn in each                    */
    double  step_ms;             /* median over the steps of the visit                                   */
};

#endif
