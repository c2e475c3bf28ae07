/* claim_plot.h -- the verdicts of a config's claims as a picture. */
#ifndef REACH_CLAIM_PLOT_H
#define REACH_CLAIM_PLOT_H

#include <stdio.h>

#include "report/claim.h"

/* Draw the judged claims of the config into OUT_DIR/claims.FORMAT with plots/claims.gp: a row per claim, its margin and interval,
 * colour and shape by verdict.  The margin is how far left - right lies on the claim's side, in percent of the larger of the two
 * sides; a conjunction shows the part that decides it.  OK without a picture if there are no claims; fails as figure_draw. */
status claims_plot(const struct config *c, const struct claims *claims, const char *plots_dir, const char *out_dir,
                   const char *format /* png svg pdf */, FILE *log);

/* The part that decides: of those with the weakest verdict, the one whose margin is smallest; NULL if the claim has no test. */
const struct claim_part *claim_deciding(const struct claim *c);

/* The margin of a part in percent, and the ends of its interval (equal to it with one seed); false without numbers. */
bool claim_margin(const struct claim_part *p, double *low, double *middle, double *high);

#endif
