/* csv.h -- every number of a table, unrounded, one line each. */
#ifndef REACH_CSV_H
#define REACH_CSV_H

#include <stdio.h>

#include "report/load.h"

/* Columns: task, kind (variant, predictor, gate), name, split, text, mode, length, seeds, loss_nats, loss_sd, loss_ci95,
 * bits_per_byte, ratio, ratio_sd, accuracy, accuracy_sd, accuracy_ci95, parameters, tokens_per_second, note.
 * ci95 is the half width of the t interval over seeds; an empty field is a number that does not exist. */
void csv_print(FILE *out, const struct collection *c);

#endif
