/* table.c -- one table of functions per instruction set; kernel_choose.c picks one. */
#include "tensor/kernel/functions.h"

#define WORD_1(k) #k
#define WORD(k)   WORD_1(k)

extern const struct kernel NAME(kernel);

const struct kernel NAME(kernel) = {
    .name               = WORD(KERNEL),
    .attention_scratch  = NAME(attention_scratch),
    .attention_forward  = NAME(attention_forward),
    .attention_backward = NAME(attention_backward),
    .attention_received = NAME(attention_received),
    .linear_scratch     = NAME(linear_scratch),
    .linear_states      = NAME(linear_states),
    .linear_forward     = NAME(linear_forward),
    .linear_backward    = NAME(linear_backward),
    .gelu_erf           = NAME(gelu_erf),
    .gelu_erf_backward  = NAME(gelu_erf_backward),
    .gelu_tanh          = NAME(gelu_tanh),
    .gelu_tanh_backward = NAME(gelu_tanh_backward),
    .silu               = NAME(silu),
    .silu_backward      = NAME(silu_backward),
    .elu_plus_one       = NAME(elu_plus_one),
    .elu_plus_one_backward = NAME(elu_plus_one_backward),
    .exp_rows           = NAME(exp_rows),
    .multiply_rows      = NAME(multiply_rows),
    .norm               = NAME(norm),
    .norm_backward      = NAME(norm_backward),
    .softmax_rows       = NAME(softmax_rows),
    .dropout            = NAME(dropout),
    .dropout_backward   = NAME(dropout_backward),
    .adam               = NAME(adam),
    .add                = NAME(add),
    .add_scaled         = NAME(add_scaled),
    .sum_squares        = NAME(sum_squares),
    .add_columns        = NAME(add_columns),
    .add_row            = NAME(add_row),
    .product            = NAME(product),
};
