/* costs.c -- see costs.h; the columns are in schema.c. */
#include "store/costs.h"

const struct frame_kind costs_kind = {&bench_table, 1, "costs", "what variants of attention cost at several lengths, measured by reach"};
