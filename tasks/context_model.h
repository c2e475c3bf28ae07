/* context_model.h -- byte prediction from the last few bytes: what counting alone can do.
 *
 * Interpolated Witten-Bell estimates (Witten and Bell, "The zero-frequency problem", IEEE Trans. Information Theory
 * 37(4), 1991; Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1998, eq. 14):
 *
 *   P_k(b | h_k) = (c(h_k b) + T(h_k) P_k-1(b | h_k-1)) / (c(h_k) + T(h_k)),        P_-1 = 1/256
 *
 * h_k is the k bytes before b, oldest first; c counts in the training text; T(h) is how many different bytes followed h
 * there; where h_k was never followed by anything, P_k = P_k-1.  Order k looks at k previous bytes: order 0 is the
 * unigram.  Contexts do not cross the border of a document: its i-th byte has at most i bytes of context, and orders
 * above that fall back to order i.  Counts are of the training text alone: nothing is learned while scoring.
 *
 * Counting sorts the text once per order (8 bytes a position, twice) and keeps the distinct contexts; that is about
 * 16 bytes for each training byte while it lasts, and for English about 5 afterwards.
 */
#ifndef REACH_CONTEXT_MODEL_H
#define REACH_CONTEXT_MODEL_H

#include "tasks/task.h"

#define CONTEXT_ORDERS 6 /* orders 0 to 5 */

struct context_model;

/* Count the first `most` bytes of a text. */
struct context_model *context_model_new(struct text train, size_t most);
void context_model_free(struct context_model *m); /* accepts NULL */

/* p = P_order(. | the n bytes before `at`, or as many of them as the order uses). */
void context_model_predict(const struct context_model *m, int order, const uint8_t *at, size_t n, double p[256]);

/* Mean loss (nats per byte) and share of bytes that are the likeliest (the smaller of equals) for each order; the
 * same bits on any number of threads. */
struct context_score {
    double loss, accuracy;
};
void context_model_score(const struct context_model *m, struct text text, struct context_score score[CONTEXT_ORDERS]);

#endif
