/* random.h -- counter-based random numbers (Philox4x32-10).
 *
 * Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 * A number is a pure function of its key and its place, so it does not matter which thread asks, in
 * which order, or whether the run was killed in between.  The key is made from (seed, purpose, a, b);
 * purposes never share numbers.
 */
#ifndef REACH_RANDOM_H
#define REACH_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum random_purpose { /* never renumber: results depend on it */
    RANDOM_INIT = 1,  /* parameters;        a = parameter index            */
    RANDOM_DROPOUT,   /* dropout;           a = step, b = site             */
    RANDOM_ORDER,     /* order of examples; a = epoch                      */
    RANDOM_SUBSET,    /* evaluation subset                                 */
    RANDOM_GENERATE,  /* synthetic data;    a = split, b = example         */
    RANDOM_PLACES,    /* where evaluation windows lie                      */
    RANDOM_FEATURES,  /* random features and patterns; a = layer, b = draw */
    RANDOM_TEST,      /* tests and checks                                  */
    RANDOM_TUNE,      /* settings to try;   a = trial, b = hash of the option  */
    RANDOM_DRAW,      /* seeds of a measurement's draws; a = draw              */
};

typedef struct random_key {
    uint32_t k[2];
} random_key;

/* The key of (seed, purpose, a, b): one Philox block, so nearby arguments give unrelated keys. */
random_key random_key_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint32_t b);

/* out = the four words at counter c (Philox4x32-10, scalar). */
void random_block(random_key key, const uint32_t c[4], uint32_t out[4]);

/* A sequence of numbers from one key.  Plain data: copy it to remember a place. */
typedef struct random_stream {
    random_key key;
    uint64_t   block;   /* next counter                 */
    uint32_t   word[4]; /* the current block            */
    int        left;    /* words of it not yet given    */
} random_stream;

random_stream random_stream_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint32_t b);

uint32_t random_u32(random_stream *s);
double   random_uniform(random_stream *s);                   /* [0, 1), 32 bits            */
double   random_normal(random_stream *s);                    /* mean 0, deviation 1        */
uint32_t random_below(random_stream *s, uint32_t n);         /* 0..n-1 without bias, n > 0 */
void     random_shuffle(random_stream *s, uint32_t *at, size_t n);

#endif
