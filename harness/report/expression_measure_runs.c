/* expression_measure_runs.c -- measures of runs: a variant's label, and the places that say which of its tests. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "report/expression_measure.h"

#define COST(field) offsetof(struct cost, field)
static const struct measure measures[] = {
    {"loss", QUANTITY_LOSS, 0}, {"bits", QUANTITY_BITS, 0}, {"accuracy", QUANTITY_ACCURACY, 0}, {"ratio", QUANTITY_RATIO, 0},
    {"floor", QUANTITY_FLOOR, 0}, {"average", QUANTITY_AVERAGE, 0}, {"wins", QUANTITY_WINS, 0}, {"recl", QUANTITY_RECL, 0},
    {"tokens_per_second", QUANTITY_COST, COST(tokens_per_second)}, {"flops", QUANTITY_COST, COST(flops_per_token)},
    {"parameters", QUANTITY_COST, COST(parameters)}, {"activation_bytes", QUANTITY_COST, COST(activation_bytes)},
    {"activation_bytes_per_token", QUANTITY_COST, COST(activation_bytes_per_token)},
};

static bool one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0) return true;
    return false;
}

static status range(struct scan *in, struct score *s)
{
    const char *from = in->at;
    TRY(scan_extent(in, &s->from));
    TRY(scan_want(in, ".."));
    TRY(scan_extent(in, &s->to));
    if (s->from.times == s->to.times && s->from.value >= s->to.value) return scan_fail(in, from, "positions end before they begin");
    s->ranged = s->placed = true;
    return OK;
}

static status place(struct scan *in, struct score *s)
{
    static const char *const modes[] = {"windows", "last", "stride", "stream", "context", "recall", "examples", NULL};
    static const char *const splits[] = {"train", "valid", "test", NULL};
    static const char *const all[] = {"windows", "last", "stride", "stream", "context", "recall", "examples", "train", "valid", "test",
                                      "repeated", "position", "set", "task", NULL};
    char word[32];
    scan_blanks(in);
    const char *from = in->at;
    if (scan_starts_number(from)) {
        s->placed = true;
        return scan_extent(in, &s->length);
    }
    TRY(scan_name(in, "a place (8x, stride, repeated, position, task)", word, sizeof word));
    if (one_of(word, modes)) {
        snprintf(s->mode, sizeof s->mode, "%.11s", word);
        s->placed = true;
    } else if (one_of(word, splits)) {
        snprintf(s->split, sizeof s->split, "%.7s", word);
    } else if (strcmp(word, "repeated") == 0) {
        s->repeated = s->placed = true;
    } else if (strcmp(word, "position") == 0) {
        return range(in, s);
    } else if (strcmp(word, "set") == 0) {
        s->placed = true;
        return scan_name(in, "the name of a set", s->set, sizeof s->set);
    } else if (strcmp(word, "task") == 0) {
        return scan_name(in, "the name of a task", s->task, sizeof s->task);
    } else {
        struct words known = {0};
        for (size_t i = 0; all[i]; i++) words_add(&known, all[i]);
        return scan_unknown(in, from, "place", word, &known);
    }
    return OK;
}

static status check_place(const struct scan *in, const char *at, const struct score *s)
{
    if (s->what >= QUANTITY_FLOOR && (s->placed || strcmp(s->split, "test") != 0)) return scan_fail(in, at, "this measure has no place but a task");
    if ((s->what == QUANTITY_AVERAGE || s->what == QUANTITY_WINS) && s->task[0]) return scan_fail(in, at, "this measure is over all tasks");
    if (s->what == QUANTITY_RATIO && s->ranged) return scan_fail(in, at, "ratio has no positions; write loss(...) / loss(...)");
    if (s->ranged && s->mode[0] && strcmp(s->mode, "windows") != 0) return scan_fail(in, at, "losses by position are of the mode windows");
    return OK;
}

/* The share of targets that recl takes behind the label. */
static status share(struct scan *in, struct score *s)
{
    TRY(scan_want(in, ","));
    scan_blanks(in);
    const char *from = in->at;
    if (!scan_starts_number(from)) return scan_unexpected(in, "a share of targets as in 0.1");
    TRY(scan_number(in, &s->share));
    if (!(s->share > 0 && s->share <= 1)) return scan_fail(in, from, "a share of targets is above 0 and at most 1");
    return OK;
}

static status take(const struct known *k, struct scan *in, const struct measure *m, struct score *s)
{
    const bool floor = m->what == QUANTITY_FLOOR;
    *s = (struct score){.what = m->what, .cost = m->cost, .length = {1, true}, .split = "test"};
    TRY(scan_want(in, "("));
    scan_blanks(in);
    const char *from = in->at;
    TRY(floor ? scan_name(in, "the name of a predictor", s->label, sizeof s->label) : known_label(k, in, s->label, sizeof s->label));
    if (s->what == QUANTITY_RECL) TRY(share(in, s));
    while (scan_take(in, ",")) TRY(place(in, s));
    TRY(scan_want(in, ")"));
    TRY(check_place(in, from, s));
    return known_task(k, in, from, s);
}

const struct measures measures_of_runs = {measures, sizeof measures / sizeof *measures, take};
