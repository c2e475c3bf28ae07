/* schema.c -- the tables of a result file, column by column. */
#include "store/schema.h"
#include "store/costs.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(row, field)       offsetof(struct row, field), sizeof(((struct row *)0)->field)
#define INT(row, field, units)  {#field, COLUMN_INT, FIELD(row, field), units, true}
#define REAL(row, field, units) {#field, COLUMN_REAL, FIELD(row, field), units, true}
#define TIME(row, field, units) {#field, COLUMN_REAL, FIELD(row, field), units, false}
#define TEXT(row, field)        {#field, COLUMN_TEXT, FIELD(row, field), NULL, true}

static const struct column train_columns[] = {
    INT(train_row, step, "optimizer steps"),
    TIME(train_row, seconds, "s"),
    REAL(train_row, tokens, "tokens"),
    REAL(train_row, loss, "nats per target"),
    REAL(train_row, accuracy, "share of targets"),
    REAL(train_row, learning_rate, "1"),
    REAL(train_row, gradient_norm, "1"),
};

static const struct column eval_columns[] = {
    INT(eval_row, step, "optimizer steps"),
    TIME(eval_row, seconds, "s"),
    REAL(eval_row, loss, "nats per target"),
    REAL(eval_row, accuracy, "share of targets"),
    INT(eval_row, n, "targets"),
};

static const struct column test_columns[] = {
    TEXT(test_row, evaluation),
    TEXT(test_row, split),
    TEXT(test_row, text),
    TEXT(test_row, mode),
    INT(test_row, length, "tokens"),
    INT(test_row, n, "targets"),
    REAL(test_row, loss, "nats per target"),
    REAL(test_row, loss_error, "nats per target"),
    REAL(test_row, accuracy, "share of targets"),
    TEXT(test_row, reason),
};

static const struct column position_columns[] = {
    TEXT(position_row, evaluation),
    TEXT(position_row, split),
    TEXT(position_row, text),
    INT(position_row, length, "tokens"),
    INT(position_row, from, "tokens from the start of the window"),
    INT(position_row, to, "tokens from the start of the window"),
    INT(position_row, n, "targets"),
    REAL(position_row, loss, "nats per target"),
    REAL(position_row, accuracy, "share of targets"),
};

static const struct column predictor_columns[] = {
    TEXT(predictor_row, name),
    REAL(predictor_row, loss, "nats per target"),
    REAL(predictor_row, accuracy, "share of targets"),
};

static const struct column tuning_columns[] = {
    INT(tuning_row, trial, "number of the trial, from 1"),
    INT(tuning_row, rung, "number of the rung, from 1"),
    INT(tuning_row, seed, "1"),
    TEXT(tuning_row, settings),
    REAL(tuning_row, budget, "share of a run's training budget"),
    REAL(tuning_row, tokens, "tokens"),
    REAL(tuning_row, loss, "nats per target"),
    TIME(tuning_row, seconds, "s"),
    TEXT(tuning_row, outcome),
    INT(tuning_row, chosen, "1: the settings of this run"),
};

static const struct column cost_columns[] = {
    REAL(cost, parameters, "values"),
    REAL(cost, flops_per_token, "floating-point operations per token of a training step"),
    TIME(cost, tokens_per_second, "tokens/s"),
    TIME(cost, seconds, "s"),
    REAL(cost, activation_bytes, "bytes"),
    REAL(cost, activation_bytes_per_token, "bytes per token"),
    TIME(cost, peak_rss_bytes, "bytes"),
};

#define COLUMNS(list) list, sizeof list / sizeof list[0]
#define ROWS(field)   offsetof(struct results, field), offsetof(struct results, n_##field)

const struct table tables[] = {
    {"/curves/train", "training: loss and accuracy are means since the row before; seconds leave evaluation out; "
     "gradient_norm is that of the last step before clipping",
     sizeof(struct train_row), COLUMNS(train_columns), ROWS(train), true, false},
    {"/curves/eval", "a seeded subset of the validation split, scored during training",
     sizeof(struct eval_row), COLUMNS(eval_columns), ROWS(eval), true, false},
    {"/test", "the final scores, one row per evaluation, split, text, mode and window length; "
     "loss_error is the standard error over windows; where loss is not a number, reason says why",
     sizeof(struct test_row), COLUMNS(test_columns), ROWS(test), true, false},
    {"/test_by_position", "loss against position: targets at positions [from, to) of windows of `length` tokens",
     sizeof(struct position_row), COLUMNS(position_columns), ROWS(position), true, false},
    {"/predictors", "trivial predictors scored on the same test split; not a number where one has no such score",
     sizeof(struct predictor_row), COLUMNS(predictor_columns), ROWS(predictor), false, false},
    {"/tuning", "the trials that the settings of this run were chosen from, by loss on the validation subset alone; one row per trial and rung",
     sizeof(struct tuning_row), COLUMNS(tuning_columns), ROWS(tuning), true, true},
};
const size_t n_tables = sizeof tables / sizeof tables[0];

const struct table cost_table = {
    .path = "/cost", .description = "what the run took: measured, but for flops_per_token, which is counted",
    .row = sizeof(struct cost), .columns = cost_columns, .n_columns = sizeof cost_columns / sizeof cost_columns[0],
    .at = offsetof(struct results, cost),
};

static const struct column bench_columns[] = {
    TEXT(cost_row, variant),
    TEXT(cost_row, attention),
    TEXT(cost_row, position),
    TEXT(cost_row, direction),
    TEXT(cost_row, mode),
    INT(cost_row, length, "tokens of an example"),
    INT(cost_row, batch, "examples of a step"),
    INT(cost_row, threads, "threads that a step gives work to"),
    INT(cost_row, rounds, "visits"),
    INT(cost_row, steps, "steps timed, of all rounds"),
    TIME(cost_row, step_ms, "ms"),
    TIME(cost_row, fastest_ms, "ms"),
    TIME(cost_row, slowest_ms, "ms"),
    TIME(cost_row, token_ns, "ns per token"),
    TIME(cost_row, tokens_per_second, "tokens/s"),
    REAL(cost_row, flops_per_step, "floating-point operations"),
    TIME(cost_row, flops_per_second, "floating-point operations per second"),
    REAL(cost_row, activation_bytes, "bytes"),
    REAL(cost_row, activation_rows, "tokens"),
    REAL(cost_row, activation_bytes_per_token, "bytes per token"),
    REAL(cost_row, square_bytes, "bytes"),
    TEXT(cost_row, reason),
};

const struct table bench_table = {
    .path = "/bench",
    .description = "a row per variant, direction, length and mode: step_ms is the median over rounds of the median over steps, a training step is "
    "forward, backward and optimizer; flops are counted by formula, activation bytes are those of the largest pack that a thread works on; "
    "square_bytes is computed, not measured: 4 B H L n^2, the attention weights of B examples, H heads and L layers; where step_ms is not "
    "a number, reason says why",
    .row = sizeof(struct cost_row), .columns = bench_columns, .n_columns = sizeof bench_columns / sizeof bench_columns[0],
};

static const struct column rounds_columns[] = {
    TEXT(round_row, variant),
    TEXT(round_row, direction),
    TEXT(round_row, mode),
    INT(round_row, length, "tokens of an example"),
    INT(round_row, round, "from 1"),
    TIME(round_row, step_ms, "ms"),
};

const struct table rounds_table = {
    .path = "/rounds",
    .description = "a row per variant, direction, length, mode and round: the median over the steps of that visit; in a round all variants and "
    "lengths were visited in turn, so values of one round belong together",
    .row = sizeof(struct round_row), .columns = rounds_columns, .n_columns = sizeof rounds_columns / sizeof rounds_columns[0], .optional = true,
};

static const struct column layout_columns[] = {
    TEXT(layout_row, name),
    INT(layout_row, offset, "values"),
    INT(layout_row, rows, "values"),
    INT(layout_row, cols, "values"),
};

const struct table layout_table = {
    .path = "layout", .description = "where each parameter lies in the arrays first, second and best",
    .row = sizeof(struct layout_row), .columns = layout_columns,
    .n_columns = sizeof layout_columns / sizeof layout_columns[0],
};

struct layout_row *layout_rows(const struct checkpoint *c)
{
    struct layout_row *row = calloc(c->n_names + 1, sizeof *row);
    if (!row) status_no_memory("the layout of a checkpoint", (c->n_names + 1) * sizeof *row);
    for (size_t i = 0; i < c->n_names; i++) {
        memcpy(row[i].name, c->name[i], sizeof row[i].name);
        row[i].offset = (int64_t)c->offset[i];
        row[i].rows = (int64_t)c->rows[i];
        row[i].cols = (int64_t)c->cols[i];
    }
    return row;
}

const void *table_rows(const struct table *t, const struct results *r)
{
    const void *rows;
    memcpy(&rows, (const char *)r + t->at, sizeof rows);
    return rows;
}

size_t table_count(const struct table *t, const struct results *r)
{
    size_t n;
    memcpy(&n, (const char *)r + t->n, sizeof n);
    return n;
}

void **table_rows_at(const struct table *t, struct results *r)
{
    return (void **)(void *)((char *)r + t->at);
}

size_t *table_count_at(const struct table *t, struct results *r)
{
    return (size_t *)(void *)((char *)r + t->n);
}

size_t table_room(size_t n)
{
    size_t room = 1;
    while (room < n) room *= 2;
    return room;
}

static const char *const status_words[] = {[RUN_RUNNING] = "running", [RUN_DONE] = "done", [RUN_DIVERGED] = "diverged"};

const char *run_status_word(enum run_status s)
{
    return status_words[s];
}

bool run_status_find(const char *word, enum run_status *out)
{
    for (size_t i = 0; i < sizeof status_words / sizeof status_words[0]; i++)
        if (strcmp(word, status_words[i]) == 0) {
            *out = (enum run_status)i;
            return true;
        }
    return false;
}
