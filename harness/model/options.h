/* options.h -- the `model:` section of a config. */
#ifndef REACH_MODEL_OPTIONS_H
#define REACH_MODEL_OPTIONS_H

#include "base/option.h"

enum model_norm { NORM_PRE, NORM_POST };
enum norm_kind { NORM_LAYER, NORM_RMS };
enum activation { ACTIVATION_GELU, ACTIVATION_GELU_TANH, ACTIVATION_RELU, ACTIVATION_SILU };
enum pooling { POOL_MEAN, POOL_CLS, POOL_LAST, POOL_FIRST };
enum mean_over { MEAN_OVER_SEEN, MEAN_OVER_ALL, MEAN_SEEN_OVER_ALL };
enum pair_head { PAIR_SMALL, PAIR_LRA2021, PAIR_S4 };
enum initialisation { INIT_NORMAL, INIT_XAVIER, INIT_FAN_IN };

struct model_options {
    int64_t width;         /* d: channels of the residual stream                          */
    int64_t layers;        /* L                                                           */
    int64_t heads;         /* H                                                           */
    int64_t head_width;    /* d_h; 0: width / heads                                       */
    int64_t feed_forward;  /* hidden width of the feed-forward; 0: none                   */
    int     norm;          /* enum model_norm                                             */
    int     norm_kind;     /* enum norm_kind                                              */
    int     activation;    /* enum activation                                             */
    int     pooling;       /* enum pooling; classifiers only                              */
    int64_t head_hidden;   /* hidden width of the classifier's head; 0: linear; of pairs: feed_forward */
    int     pair_head;     /* enum pair_head; classifiers of pairs only                   */
    bool    causal;        /* attention in classifiers; language models are always causal */
    bool    tied;          /* output weights are the token embedding                      */
    bool    biases;        /* biases on o, feed-forward and head                          */
    double  dropout;       /* on hidden rows                                              */
    double  attention_dropout;
    int     init;          /* enum initialisation, of weight matrices                     */
    double  init_std;      /* standard deviation of INIT_NORMAL and of embeddings         */
    bool    init_scaled;   /* o and second feed-forward matrices divided by sqrt(2 L)     */
    bool    scale_embedding; /* multiply embeddings by sqrt(width)                        */
    double  embedding_std; /* of embeddings; 0: init_std                                  */
    int64_t pad_to;        /* classifiers: examples are filled up to so many rows of token 0 */
    bool    hide_zero;     /* classifiers: rows of token 0 are hidden from attention      */
    int     mean_over;     /* enum mean_over: what pooling: mean counts                   */
};

extern const struct option model_option_table[];

#endif
