/* check.c -- the list of the battery, and its table. */
#include "check/check.h"

#include <string.h>

#include "base/status.h"
#include "check/battery.h"

static check_function *const battery[] = {
    check_layer_gradient, check_state_gradient, check_auxiliary_gradient, check_model_gradients,
    check_textbook,       check_vanilla,        check_causality,          check_neighbours,
    check_padding,        check_hidden,         check_split,              check_split_gradient,
    check_reset,          check_determinism,    check_degenerate,         check_lengths,
};

/* Are these settings refused in this direction?  status_message() says why. */
static bool refused(const struct check_subject *s, bool causal)
{
    struct model *m = check_model(s, check_shape(causal), 0.4, 5);
    model_free(m);
    return !m;
}

void check_variant(const struct check_subject *s, bool quick, struct check_report *r)
{
    *r = (struct check_report){0};
    bool measured = false;
    for (int causal = 1; causal >= 0; causal--) {
        const unsigned needs = causal ? CAN_CAUSAL : CAN_BIDIRECTIONAL;
        if (!(s->attention->can & needs) || !(s->position->can & needs)) {
            check_skip(r, "all", causal, "the variant does not do this");
            continue;
        }
        if (refused(s, causal)) {
            check_skip(r, "all", causal, status_message());
            continue;
        }
        measured = true;
        for (size_t i = 0; i < sizeof battery / sizeof *battery; i++) battery[i](s, causal, r);
        if (!quick) check_overfit(s, causal, r);
    }
    r->failed += !measured; /* refused both ways */
}

#define LINE 100 /* columns of the table */
#define NOTE 83  /* where notes begin    */

/* On the row's own line if there is room, else on lines of its own. */
static void print_note(FILE *out, const char *note)
{
    if (!*note) return;
    if (strlen(note) <= LINE - NOTE) {
        fprintf(out, "  %s", note);
        return;
    }
    size_t at = LINE;
    for (const char *word = note; *word;) {
        const size_t n = strcspn(word, " ");
        if (at + 1 + n > LINE) at = (size_t)fprintf(out, "\n     ") - 1;
        at += (size_t)fprintf(out, " %.*s", (int)n, word);
        word += n + strspn(word + n, " ");
    }
}

void check_print(FILE *out, const char *name, const struct check_report *r)
{
    fprintf(out, "%s\n", name);
    for (size_t i = 0; i < r->n; i++) {
        const struct check_row *row = &r->row[i];
        if (row->skipped) fprintf(out, "  %-53s %9s %9s   - ", row->name, "-", "-");
        else fprintf(out, "  %-53s %9.2g %9.2g  %s", row->name, row->measured, row->tolerance, row->pass ? "pass" : "FAIL");
        print_note(out, row->note);
        fputc('\n', out);
    }
}
