/* tuning.h -- `reach tune`: the trials of a config, as tables and figures. */
#ifndef REACH_REPORT_TUNING_H
#define REACH_REPORT_TUNING_H

#include "report/grid.h"
#include "train/tuning.h"

/* A table for each variant and task: trials in the order of their score (those that came further first), with their settings, seeds and
 * validation losses in each rung; below, what was chosen, what it took, and whether the choice lies at the end of what was tried.
 * csv: one line per trial and rung, unrounded.
 * ERR_DATA if the config has no trial that is done; ERR_CONFIG if it has no `tune`. */
status report_tuning(FILE *out, struct config *c, const char *results_dir, enum table_format f, bool color);

/* Draw for every task of the config, a curve per variant:
 *
 *   TASK-tuning-OPTION[-rungK].FORMAT   loss on validation against each tuned option, trials of one rung (and so of one budget)
 *   TASK-tuning-best.FORMAT             the best so far against training spent, in the order of the trials
 *
 * Trials of different rungs stand in different figures: a longer one has the lower loss whatever its settings.
 * OK, and nothing drawn, if the config has no `tune` or no trial that is done.  Else fails as figure_draw. */
status report_tuning_plot(struct config *c, const char *results_dir, const char *plots_dir, const char *out_dir, const char *format, FILE *log);

/* "tuned over 6 trials (train.rate, variant.window): chosen 0.001, 32; 0.25 of a run each" from a result's /tuning; "" if it has none. */
struct results;
void tuning_note(const struct results *r, char *out, size_t size);

#endif
