/* errors.c -- see errors.h: its columns. */
#include "store/errors.h"

#define FIELD(field)       offsetof(struct error_row, field), sizeof(((struct error_row *)0)->field)
#define INT(field, units)  {#field, COLUMN_INT, FIELD(field), units, true}
#define REAL(field, units) {#field, COLUMN_REAL, FIELD(field), units, true}
#define TEXT(field)        {#field, COLUMN_TEXT, FIELD(field), NULL, true}

static const struct column columns[] = {
    TEXT(variant),
    TEXT(attention),
    TEXT(option),
    REAL(value, "of the option"),
    INT(draw, "1"),
    REAL(mse, "square of the output"),
    REAL(exact_mean_square, "square of the output"),
    REAL(relative_error, "1"),
};

static const struct table table = {
    .path = "/approximation",
    .description = "a row per variant, value of the swept option and draw: mse is the mean of (output - exact output)^2 over all rows and channels, "
    "the exact output that of softmax attention with the same parameters for the same input; relative_error is mse / exact_mean_square; where "
    "option is empty the attention has no such option and is measured as it is",
    .row = sizeof(struct error_row), .columns = columns, .n_columns = sizeof columns / sizeof columns[0],
};

const struct frame_kind errors_kind = {
    .table = &table, .schema = 1, .noun = "errors", .description = "how far variants of attention are from softmax attention, measured by reach"};
