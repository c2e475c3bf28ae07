/* none.c -- no positions (NoPE).
 *
 * Legal for causal models, where the mask tells rows apart (Kazemnejad et al., arXiv:2305.19466).  A bidirectional model
 * without positions cannot tell the order of its input: a control, nothing more.
 */
#include "variants/variant.h"

static const struct option none_option_table[] = {{.name = NULL}};

const struct position position_none = {
    .name = "none",
    .title = "no positions",
    .paper = "NoPE; Kazemnejad et al. 2023, arXiv:2305.19466",
    .source = REACH_SOURCE,
    .can = CAN_CAUSAL | CAN_BIDIRECTIONAL | CAN_ANY_LENGTH,
    .options = none_option_table,
};
