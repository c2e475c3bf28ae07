/* csv.h -- every number of a table, unrounded, one line each. */
#ifndef REACH_CSV_H
#define REACH_CSV_H

#include <stdio.h>

#include "report/load.h"
#include "report/reference.h"

/* Columns: task, kind (variant, predictor, gate, average, paper), name, split, text, mode, length, seeds, loss_nats, loss_sd, loss_ci95,
 * bits_per_byte, ratio and ratio_sd (texts only), accuracy, accuracy_sd, accuracy_ci95, parameters, tokens_per_second, note,
 * whose (ours, paper), reference, column, value, measure, status.  A paper's number has a line of its own: name is the variant it
 * corresponds to or the paper's row, value the number as printed, and losses and accuracies stand in their columns too.
 * ci95 is the half width of the t interval over seeds; an empty field is a number that does not exist. */
void csv_print(FILE *out, const struct collection *c, const struct references *papers);

#endif
