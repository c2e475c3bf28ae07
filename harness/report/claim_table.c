/* claim_table.c -- the verdicts of a config's claims as a table. */
#include "report/claim_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "report/grid.h"

void claims_reading(FILE *out, const struct claims *c, enum table_format f)
{
    char text[600];
    snprintf(text, sizeof text,
             "left - right: mean over %ss of the differences within a %s, with its two-sided 95 %% t interval; reproduced: wholly on the claim's "
             "side; contradicted: wholly on the other; undecided: across the line, or one %s; least: the smallest difference that so many %ss "
             "would show in four of five cases", c->per, c->per, c->per, c->per);
    paragraph_print(out, text, f, 0);
}

/* ---- the grid --------------------------------------------------------------------------------------------------- */

static size_t note_claim(struct notes *notes, const struct claim *c)
{
    char text[1024] = "";
    text_add(text, sizeof text, "%s: %s.", c->id, c->says);
    if (c->test[0]) text_add(text, sizeof text, " Test: %s.", c->test);
    if (c->about[0]) text_add(text, sizeof text, " Not judged, as it is about %s.", c->about);
    const size_t first = notes_add(notes, text);
    if (!c->source[0] && !c->evidence[0]) return first;
    snprintf(text, sizeof text, "%s,%s%s%s%s", c->id, c->source[0] ? " source: " : "", c->source, c->evidence[0] ? "; evidence: " : "", c->evidence);
    notes_add(notes, text);
    return first;
}

enum { CLAIM, VERDICT, GRADE, LEFT, RIGHT, DIFFERENCE, INTERVAL, LEAST, SEEDS };

static void add_columns(struct grid *g, const char *per)
{
    static const char *const heads[] = {"claim", "verdict", "grade", "left", "right", "left - right", "95 % interval", "least"};
    char last[16];
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) grid_column(g, "", heads[i]);
    snprintf(last, sizeof last, "%ss", per);
    grid_column(g, "", last);
}

static void set_verdict(struct grid *g, size_t row, enum verdict v, const char *name, const char *why, struct notes *notes)
{
    if (why[0]) grid_set(g, row, VERDICT, "%s [%zu]", name, notes_add(notes, why));
    else grid_set(g, row, VERDICT, "%s", name);
    g->row[row][VERDICT].best = v == VERDICT_REPRODUCED || v == VERDICT_CONTRADICTED;
}

/* Why, of a part: the rule's reason, what is missing, what to know, examples. */
static void why_of(const struct claim_part *p, char *out, size_t size)
{
    const char *const texts[] = {p->said.reason, p->missing, p->notes, p->examples};
    static const char *const before[] = {"", "missing: ", "", ""};
    out[0] = 0;
    for (size_t i = 0; i < 4; i++)
        if (texts[i][0]) text_add(out, size, "%s%s%s", out[0] ? "; " : "", before[i], texts[i]);
}

static void set_part(struct grid *g, size_t row, const struct claim_part *p)
{
    const struct interval *i = &p->said.of;
    grid_set(g, row, SEEDS, "%zu", i->n);
    if (i->n == 0) return;
    grid_set(g, row, LEFT, "%.4g", p->left);
    grid_set(g, row, RIGHT, "%.4g", p->right);
    grid_set(g, row, DIFFERENCE, "%.3g", i->mean);
    if (i->n < 2) return;
    grid_set(g, row, INTERVAL, "%.3g to %.3g", i->low, i->high);
    grid_set(g, row, LEAST, "%.2g", i->least);
}

static void add_claim(struct grid *g, const struct claim *c, struct notes *notes)
{
    char text[1200];
    snprintf(text, sizeof text, "%.39s [%zu]", c->id, note_claim(notes, c));
    const size_t row = grid_row(g, text);
    grid_set(g, row, GRADE, "%c", c->grade);
    if (c->n == 1) {
        why_of(&c->part[0], text, sizeof text);
        set_part(g, row, &c->part[0]);
    } else {
        text[0] = 0;
    }
    set_verdict(g, row, c->verdict, verdict_name(c->verdict), text, notes);
    for (size_t i = 0; c->n > 1 && i < c->n; i++) {
        snprintf(text, sizeof text, "  part %zu", i + 1);
        const size_t part = grid_row(g, text);
        why_of(&c->part[i], text, sizeof text);
        set_part(g, part, &c->part[i]);
        const enum verdict v = c->part[i].said.verdict;
        set_verdict(g, part, v, v == VERDICT_ELSEWHERE ? "not judged" : verdict_name(v), text, notes);
        g->row[part][VERDICT].best = false;
    }
}

void claims_grid(struct grid *g, const struct claims *c, struct notes *notes)
{
    grid_init(g, "Claims");
    add_columns(g, c->per);
    for (size_t i = 0; i < c->n; i++) add_claim(g, &c->at[i], notes);
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
    text_print(out, text, TABLE_CSV);
    fputc(',', out);
}

static void put_number(FILE *out, double x)
{
    if (isfinite(x)) fprintf(out, "%.10g", x);
    fputc(',', out);
}

static void csv_part(FILE *out, const struct claim *c, const struct claim_part *p)
{
    char why[2000] = "";
    if (p) why_of(p, why, sizeof why);
    put(out, c->id);
    put(out, p ? p->test.text : "");
    put(out, verdict_name(p ? p->said.verdict : c->verdict));
    put(out, verdict_name(c->verdict));
    fprintf(out, "%c,", c->grade);
    put_number(out, p ? p->left : NAN);
    put_number(out, p ? p->right : NAN);
    put_number(out, p ? p->said.of.mean : NAN);
    put_number(out, p ? p->said.of.low : NAN);
    put_number(out, p ? p->said.of.high : NAN);
    put_number(out, p ? p->said.of.least : NAN);
    fprintf(out, "%zu,", p ? p->said.of.n : 0);
    put(out, c->says);
    put(out, c->source);
    put(out, c->evidence);
    put(out, c->about);
    text_print(out, why, TABLE_CSV);
    fputc('\n', out);
}

static void print_csv(FILE *out, const struct claims *c)
{
    fprintf(out, "claim,test,verdict,whole,grade,left,right,difference,low,high,least,%ss,says,source,evidence,about,why\n", c->per);
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < c->at[i].n; k++) csv_part(out, &c->at[i], &c->at[i].part[k]);
        if (c->at[i].n == 0) csv_part(out, &c->at[i], NULL);
    }
}

static void print_grid(FILE *out, const struct config *config, const struct claims *c, enum table_format f, bool color)
{
    struct grid *g = malloc(sizeof *g);
    struct notes notes = {0};
    if (!g) status_no_memory("a table", sizeof *g);
    claims_grid(g, c, &notes);
    snprintf(g->caption, sizeof g->caption, "Claims: %s", config->title);
    grid_print(out, g, f, color);
    fputc('\n', out);
    if (f == TABLE_TEX) fputs("\\par\\noindent ", out);
    claims_reading(out, c, f);
    notes_print(out, &notes, f);
    if (f == TABLE_TEXT && !color) fputs("* decided\n", out);
    notes_done(&notes);
    grid_done(g);
    free(g);
}

status claims_print(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color)
{
    struct claims claims;
    TRY(claims_of(c, results_dir, &claims));
    if (claims.n == 0) FAIL(ERR_CONFIG, "%s lists no claims; see README.md, Claims", c->name);
    if (f == TABLE_CSV) print_csv(out, &claims);
    else print_grid(out, c, &claims, f, color);
    claims_done(&claims);
    return OK;
}
