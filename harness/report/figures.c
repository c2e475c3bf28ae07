/* figures.c -- see figures.h. */
#include "report/figures.h"

#include "report/claim_plot.h"
#include "report/plot.h"
#include "report/tuning.h"

status figures_draw(struct config *c, const char *results_dir, const char *plots_dir, const char *folder, const char *format, FILE *log)
{
    TRY(claims_check(c));
    TRY(report_tuning_plot(c, results_dir, plots_dir, folder, format, log));
    TRY(report_plot(c, results_dir, plots_dir, folder, format, log));
    struct claims claims;
    TRY(claims_of(c, results_dir, &claims));
    const status s = claims_plot(c, &claims, plots_dir, folder, format, log);
    claims_done(&claims);
    return s;
}
