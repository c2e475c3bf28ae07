/* listops_tree.h -- one ListOps expression: its tokens, its value, and how one is drawn.
 *
 * Nangia and Bowman, "ListOps: a diagnostic dataset for latent tree learning", arXiv:1804.06028; the lengths are those
 * of Tay et al., "Long Range Arena", arXiv:2011.04006.
 *
 *   tree = digit 0..9  |  operator tree tree ... "]"         [MIN 4 [SM 7 8 ] 9 ]
 *
 * MIN, MAX: of the arguments.  MED: the median; of an even count the mean of the two middle values, truncated.
 * SM: the sum modulo 10.  No parentheses: an expression is a list of tokens, one byte each.
 *
 * Drawing: a node above the greatest depth is an operator with probability 1/4, else a digit; a node at the greatest
 * depth is a digit; the root has depth 1.  Operators are equally likely, so are digits, so are 2 to max_args arguments.
 * Draws are kept if min_length < tokens < max_length, both strict: an operator counts 2 (itself and its "]").
 */
#ifndef REACH_LISTOPS_TREE_H
#define REACH_LISTOPS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

enum listops_token { /* never renumber: trained models depend on it.  0 to 9 are the digits */
    LISTOPS_MIN = 10,
    LISTOPS_MAX,
    LISTOPS_MED,
    LISTOPS_SM,
    LISTOPS_CLOSE,
    LISTOPS_TOKENS
};
extern const char *const listops_words[LISTOPS_TOKENS]; /* "0" ... "9" "[MIN" "[MAX" "[MED" "[SM" "]" */

#define LISTOPS_DEPTH 128 /* operators within operators, at most */

struct listops_grammar {
    int64_t min_length, max_length; /* tokens, both excluded   */
    int64_t max_depth;              /* 2 to LISTOPS_DEPTH      */
    int64_t max_args;               /* >= 2                    */
};

/* Draw one tree into token[max_length]; returns its length, or 0 if it is not kept. */
size_t listops_draw(const struct listops_grammar *g, random_stream *random, uint8_t *token);

/* NULL if the tokens are one expression; else what was expected at token *at (n: at the end). */
const char *listops_wrong(const uint8_t *token, size_t n, size_t *at);

/* The value of an expression, in which only operators up to `levels` deep are applied (the root has level 1) and each
 * is applied to those of its arguments that have a value: a digit always has, an operator deeper than `levels` or
 * without any such argument has none.  -1 if the root has none.  With LISTOPS_DEPTH levels it is the true value.
 * The tokens must be one expression. */
int listops_value(const uint8_t *token, size_t n, int levels);

#endif
