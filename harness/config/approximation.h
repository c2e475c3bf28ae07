/* approximation.h -- the key `approximation`: a config that measures how far attentions are from softmax attention, and trains nothing.
 *
 *   approximation: {length: 1024, draws: 15, input: 1.0}
 *   model: {width: 16, heads: 1}               # of the one layer that is measured
 *   sweep: {features: [8, 16, 32]}             # an option that a variant's attention has, and its values
 *   variants: [performer, {performer: {as: independent, orthogonal: false}}]
 *
 * What is measured: check/approximate.h.  A variant without the swept option is measured as it is at every value.  The output of
 * the attention has no bias unless model.biases says so, as a bias is no part of what is approximated.
 */
#ifndef REACH_CONFIG_APPROXIMATION_H
#define REACH_CONFIG_APPROXIMATION_H

#include "config/measured.h"

struct approximation_options {
    int64_t length;   /* rows of the input                          */
    int64_t draws;    /* of parameters, input and random features   */
    double  input;    /* standard deviation of the input            */
    bool    causal;
    int64_t seed;
};

extern const struct option approximation_option_table[];

struct approximation_plan {
    struct measured_plan measured;  /* with a sweep; positions of its entries are none */
    struct approximation_options options;
};

/* `plan` has its root and its variants.  ERR_CONFIG with place and sentence. */
status approximation_plan_read(struct yaml_pool *p, const struct config_request *rq, const struct plan *plan, const struct approximation_plan **out);

/* Options of variant v's attention with value i of the swept option, into `out`; false if it has no such option: they are the
 * entry's. */
bool approximation_options_at(const struct approximation_plan *a, size_t v, size_t i, unsigned char out[OPTIONS_ROOM]);

#endif
