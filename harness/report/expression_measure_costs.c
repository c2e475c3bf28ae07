/* expression_measure_costs.c -- measures of a config with `bench:`: a variant's label, a length, a mode, a direction. */
#include <stdio.h>
#include <string.h>

#include "report/expression_measure.h"

static const struct measure measures[] = {
    {"step_ms", QUANTITY_MEASURED, MEASURED_STEP_MS},
    {"token_ns", QUANTITY_MEASURED, MEASURED_TOKEN_NS},
    {"tokens_per_second", QUANTITY_MEASURED, MEASURED_TOKENS_PER_SECOND},
    {"flops", QUANTITY_MEASURED, MEASURED_FLOPS},
    {"activation_bytes_per_token", QUANTITY_MEASURED, MEASURED_TOKEN_BYTES},
    {"activation_bytes", QUANTITY_MEASURED, MEASURED_BYTES},
};

/* A length in tokens, a mode, a direction. */
static status place(struct scan *in, struct score *s)
{
    static const char *const all[] = {"train", "forward", "bidirectional", "causal", NULL};
    char word[32];
    scan_blanks(in);
    const char *from = in->at;
    if (scan_starts_number(from)) {
        TRY(scan_extent(in, &s->length));
        return s->length.times ? scan_fail(in, from, "costs have no training length; write the length in tokens") : OK;
    }
    TRY(scan_name(in, "a place (4096, forward, causal)", word, sizeof word));
    struct words known = {0};
    for (size_t i = 0; all[i]; i++) words_add(&known, all[i]);
    if (!known_word(&known, word)) return scan_unknown(in, from, "place", word, &known);
    if (strcmp(word, "train") == 0 || strcmp(word, "forward") == 0) snprintf(s->mode, sizeof s->mode, "%.11s", word);
    else snprintf(s->direction, sizeof s->direction, "%.15s", word);
    return OK;
}

static status take(const struct known *k, struct scan *in, const struct measure *m, struct score *s)
{
    *s = (struct score){.what = m->what, .cost = m->cost};
    TRY(scan_want(in, "("));
    scan_blanks(in);
    const char *from = in->at;
    TRY(known_label(k, in, s->label, sizeof s->label));
    while (scan_take(in, ",")) TRY(place(in, s));
    TRY(scan_want(in, ")"));
    return s->length.value > 0 ? OK : scan_fail(in, from, "say at which length, as in: token_ns(%s, 4096)", s->label);
}

const struct measures measures_of_costs = {measures, sizeof measures / sizeof *measures, take};
