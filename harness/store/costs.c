/* costs.c -- see costs.h; the columns are in schema.c. */
#include "store/costs.h"

const struct frame_kind costs_kind = {
    .table = &bench_table, .detail = &rounds_table, .schema = 1, .noun = "costs",
    .description = "what variants of attention cost at several lengths, measured by reach"};
