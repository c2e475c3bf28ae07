/* caption.h -- what a table or figure is of, in words. */
#ifndef REACH_CAPTION_H
#define REACH_CAPTION_H

#include "report/load.h"

/* "lm (corpus kjv), trained at length 256 for 1.0M tokens, budget quick; 3 seeds: mean ± standard deviation"; under a protocol also what
 * of its budget that is, and where other settings differ (departure.h). */
void caption_task(const struct collection *c, const struct task_runs *t, char *out, size_t size);

/* What stands below the rule of a table; false: nothing does. */
bool caption_floor(const struct task_runs *t, char *out, size_t size);

/* The task and its options: "lm (corpus kjv)". */
void caption_name(const struct task_runs *t, char *out, size_t size);

/* The one training length of all variants; 0 if they differ. */
int64_t caption_length(const struct task_runs *t);

/* 812 -> "812", 31200 -> "31.2k", 1.05e6 -> "1.05M": three digits. */
void short_number(double value, char *out, size_t size);

#endif
