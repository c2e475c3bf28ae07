/* claim_table.h -- the verdicts of a config's claims as a table. */
#ifndef REACH_CLAIM_TABLE_H
#define REACH_CLAIM_TABLE_H

#include "report/claim.h"
#include "report/grid.h"
#include "report/notes.h"

/* A row per claim, and below a conjunction's a row for each of its parts: verdict, grade, means of both sides, left - right with its
 * 95 % t interval, the smallest difference that so many seeds could show, the number of seeds.  What each claim says, its test,
 * source and evidence, what is missing and why nothing is decided go to `notes`, under numbers that the cells name. */
void claims_grid(struct grid *g, const struct claims *c, struct notes *notes);

/* One line on how the table is to be read. */
void claims_reading(FILE *out, const struct claims *c, enum table_format f);

/* `reach claims`: judge the files in RESULTS/NAME and print; csv: a line per part, unrounded.  OK whatever the verdicts.  ERR_CONFIG
 * if a claim is not in order or the config has none. */
status claims_print(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color);

#endif
