/* blocks.c -- the grids a table is made of. */
#include "report/blocks.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "report/caption.h"
#include "report/recl.h"
#include "tasks/task.h"

static int decimals(enum measure m, double value)
{
    if (m == MEASURE_ACCURACY) return 1;
    return fabs(value) < 9.9995 ? 3 : fabs(value) < 99.995 ? 2 : 1;
}

/* A deviation below 1 goes without its 0, so that five lengths fit on a line. */
void block_number(struct grid *g, size_t row, size_t column, enum measure m, const struct summary *s, bool with_sd)
{
    char sd[32];
    const int d = decimals(m, s->mean);
    snprintf(sd, sizeof sd, "%.*f", d, s->sd);
    if (with_sd && s->n > 1) grid_set(g, row, column, "%.*f±%s", d, s->mean, sd[0] == '0' ? sd + 1 : sd);
    else grid_set(g, row, column, "%.*f", d, s->mean);
}

static void set_summary(struct grid *g, size_t row, size_t column, enum measure m, const struct summary *s, bool with_sd,
                        struct notes *notes)
{
    if (s->n) block_number(g, row, column, m, s, with_sd);
    else if (s->reason[0]) grid_set(g, row, column, "n/a [%zu]", notes_add(notes, s->reason));
    else grid_set(g, row, column, "–");
}

/* Mark what prints as well as the best among the first `rows` rows. */
static void mark_best(struct grid *g, size_t column, size_t rows, enum measure m, const double *value)
{
    double best = NAN;
    size_t numbers = 0;
    for (size_t i = 0; i < rows; i++) numbers += !isnan(value[i]);
    for (size_t i = 0; i < rows; i++)
        if (!isnan(value[i]) && (isnan(best) || (m == MEASURE_ACCURACY ? value[i] > best : value[i] < best))) best = value[i];
    const double unit = pow(10, -decimals(m, best));
    for (size_t i = 0; i < rows && numbers > 1; i++)
        g->row[i][column].best = !isnan(value[i]) && round(value[i] / unit) == round(best / unit);
}

enum { ROWS_MAX = 512 };

/* One column of scores, a row per variant. */
static void fill(struct grid *g, size_t column, const struct task_runs *t, enum measure m, const struct place *p,
                 bool with_sd, bool mark, struct notes *notes)
{
    double mean[ROWS_MAX];
    for (size_t i = 0; i < t->n && i < ROWS_MAX; i++) {
        const struct summary s = summarise(&t->variant[i], m, p);
        mean[i] = s.n ? s.mean : NAN;
        set_summary(g, i, column, m, &s, with_sd, notes);
    }
    if (mark) mark_best(g, column, t->n < ROWS_MAX ? t->n : ROWS_MAX, m, mean);
}

/* A row per variant, its name with the number of its note. */
static void add_variants(struct grid *g, const struct task_runs *t, struct notes *notes)
{
    grid_column(g, "", "variant");
    for (size_t i = 0; i < t->n; i++) {
        const size_t row = grid_row(g, t->variant[i].label), note = notes_variant(notes, &t->variant[i]);
        if (note) grid_set(g, row, 0, "%s [%zu]", t->variant[i].label, note);
    }
}

static void add_cost(struct grid *g, const struct task_runs *t, const char *head, size_t offset)
{
    char number[32];
    const size_t column = grid_column(g, "", head);
    for (size_t i = 0; i < t->n; i++) {
        const struct summary s = summarise_cost(&t->variant[i], offset);
        short_number(s.mean, number, sizeof number);
        grid_set(g, i, column, "%s", s.n ? number : "–");
    }
}

static void add_costs(struct grid *g, const struct task_runs *t)
{
    add_cost(g, t, "params", offsetof(struct cost, parameters));
    add_cost(g, t, "tok/s", offsetof(struct cost, tokens_per_second));
}

static double predictor_value(const struct predictor_row *p, enum measure m)
{
    switch (m) {
    case MEASURE_LOSS:     return p->loss;
    case MEASURE_BITS:     return p->loss * BITS_PER_NAT;
    case MEASURE_ACCURACY: return p->accuracy * 100;
    case MEASURE_RATIO:    return NAN;
    }
    return NAN;
}

/* Rows below a rule, of the predictors that have measure `m`. */
static void add_predictors(struct grid *g, const struct task_runs *t, enum measure m)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    const size_t rule = g->n_rows;
    for (size_t i = 0; i < n; i++)
        if (!isnan(predictor_value(&p[i], m))) grid_row(g, p[i].name);
    if (g->n_rows > rule) g->rule = rule;
}

/* What predicts from a few tokens scores the same at every length. */
static void fill_predictors(struct grid *g, size_t column, const struct task_runs *t, enum measure m)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t row = g->rule; row && row < g->n_rows; row++)
        for (size_t i = 0; i < n; i++) {
            const double x = predictor_value(&p[i], m);
            if (!isnan(x) && strcmp(p[i].name, g->row[row][0].text) == 0) grid_set(g, row, column, "%.*f", decimals(m, x), x);
        }
}

/* A group of columns, one per length. */
static void add_lengths(struct grid *g, const struct task_runs *t, const struct kind *k, enum measure m, const char *title,
                        bool with_sd, bool mark, struct notes *notes)
{
    int64_t length[LENGTHS_MAX];
    char head[32];
    const size_t n = lengths_of(t, k, length);
    for (size_t i = 0; i < n; i++) {
        const struct place p = {"test", k->text, k->mode, length[i]};
        if (m == MEASURE_RATIO && length[i] == caption_length(t)) continue;
        snprintf(head, sizeof head, "%lld", (long long)length[i]);
        const size_t column = grid_column(g, title, head);
        fill(g, column, t, m, &p, with_sd, mark, notes);
        fill_predictors(g, column, t, m);
    }
}

static void begin(struct grid *g, const struct kind *k, const char *what)
{
    char caption[256];
    snprintf(caption, sizeof caption, "%s%s%s%s", k->text, k->text[0] ? " text, " : "", kind_title(k), what);
    grid_init(g, caption);
    g->caption[0] = (char)toupper((unsigned char)g->caption[0]);
}

/* The predictors were scored on ordinary text. */
static bool has_floor(const struct kind *k)
{
    return strcmp(k->text, "repeated") != 0;
}

void block_lengths(struct grid *g, const struct task_runs *t, const struct kind *k, bool with_cost, struct notes *notes)
{
    begin(g, k, "");
    add_variants(g, t, notes);
    if (has_floor(k)) add_predictors(g, t, MEASURE_BITS);
    add_lengths(g, t, k, MEASURE_BITS, "bits per byte at length", true, true, notes);
    if (with_cost) add_costs(g, t);
}

/* Contexts are a list of their own, which need not have the training length. */
static bool has_ratios(const struct task_runs *t, const struct kind *k)
{
    int64_t length[LENGTHS_MAX];
    const size_t n = lengths_of(t, k, length);
    if (strcmp(k->mode, "context") != 0 || !caption_length(t)) return true;
    for (size_t i = 0; i < n; i++)
        if (length[i] == caption_length(t)) return true;
    return false;
}

void block_relative(struct grid *g, const struct task_runs *t, const struct kind *k, struct notes *notes)
{
    char title[64];
    begin(g, k, ": ratios and accuracy");
    add_variants(g, t, notes);
    if (has_floor(k)) add_predictors(g, t, MEASURE_ACCURACY);
    if (caption_length(t)) snprintf(title, sizeof title, "loss / loss at %lld", (long long)caption_length(t));
    else snprintf(title, sizeof title, "loss / loss at training length");
    if (has_ratios(t, k)) add_lengths(g, t, k, MEASURE_RATIO, title, false, false, notes);
    add_lengths(g, t, k, MEASURE_ACCURACY, "accuracy, %", false, true, notes);
}

/* ---- effective context ---- */

static void set_recl(struct grid *g, size_t row, size_t column, const struct recl_summary *s, struct notes *notes)
{
    char sd[32] = "", note[32] = "";
    if (s->n > 1) snprintf(sd, sizeof sd, "±%.0f", s->sd);
    if (s->worse) snprintf(note, sizeof note, " [%zu]", notes_add(notes, RECL_WORSE));
    if (s->n) grid_set(g, row, column, "%s%.0f%s%s", s->at_least ? "≥" : "", s->mean, sd, note);
    else grid_set(g, row, column, "–");
}

void block_recl(struct grid *g, const struct task_runs *t, struct notes *notes)
{
    char head[32];
    grid_init(g, "Context that helps (RECL)");
    add_variants(g, t, notes);
    for (size_t k = 0; k < RECL_SHARES; k++) {
        snprintf(head, sizeof head, "r = %.1f", recl_shares[k]);
        const size_t column = grid_column(g, "RECL (tokens), hardest share", head);
        for (size_t i = 0; i < t->n; i++) {
            const struct recl_summary s = recl_summarise(t, &t->variant[i], recl_shares[k]);
            set_recl(g, i, column, &s, notes);
        }
    }
}

/* ---- recall ---- */

static bool same_label(const struct test_set *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(s[i].label, s[0].label) != 0) return false;
    return true;
}

static const char *group_of(const struct test_set *s)
{
    return s->trained ? "trained" : s->longer ? "longer" : "not trained";
}

/* The floor of a column: of all predictors only chance is the same in every set. */
static size_t add_chance(struct grid *g, const struct task_runs *t, enum measure m, double *value)
{
    size_t n;
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(p[i].name, "chance") != 0) continue;
        *value = predictor_value(&p[i], m);
        g->rule = grid_row(g, p[i].name);
        return g->rule;
    }
    return 0;
}

static void add_set(struct grid *g, const struct task_runs *t, enum measure m, const struct test_set *s, bool load, struct notes *notes)
{
    char head[48];
    const struct place p = {"test", s->label, "recall", (int64_t)s->length};
    snprintf(head, sizeof head, "%zu%s%.*s", s->length, load ? "/" : "", load ? (int)strcspn(s->label, " ") : 0, s->label);
    fill(g, grid_column(g, group_of(s), head), t, m, &p, true, true, notes);
}

void block_recall(struct grid *g, const struct task_runs *t, enum measure m, bool with_cost, struct notes *notes)
{
    static const char *const groups[] = {"trained", "longer", "not trained"};
    struct test_set set[TASK_SETS];
    const size_t n = t->run->task->sets(t->run->task_options, set);
    const bool load = n && !same_label(set, n);
    char caption[192];
    double chance = NAN;
    snprintf(caption, sizeof caption, "%s, by tokens%s%s%s%s", m == MEASURE_LOSS ? "Loss in nats per target" : "Answers right, %",
             load ? " / " : "", load ? set[0].label + strcspn(set[0].label, " ") + 1 : "", !load && set[0].label[0] ? "; " : "",
             load ? "" : set[0].label);
    grid_init(g, caption);
    add_variants(g, t, notes);
    const size_t floor_row = add_chance(g, t, m, &chance);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
        for (size_t i = 0; i < n; i++)
            if (strcmp(group_of(&set[i]), groups[k]) == 0) add_set(g, t, m, &set[i], load, notes);
    for (size_t c = 1; floor_row && c < g->n_columns; c++) grid_set(g, floor_row, c, "%.*f", decimals(m, chance), chance);
    if (with_cost) add_costs(g, t);
}

/* ---- classification ---- */

static void add_score(struct grid *g, const struct task_runs *t, const char *group, const char *head, enum measure m,
                      const struct place *p, struct notes *notes)
{
    const size_t column = grid_column(g, group, head);
    fill(g, column, t, m, p, true, strcmp(p->split, "test") == 0, notes);
    if (strcmp(p->split, "test") == 0) fill_predictors(g, column, t, m);
}

static bool has_split(const struct task_runs *t, const struct place *p)
{
    for (size_t i = 0; i < t->n; i++)
        if (summarise(&t->variant[i], MEASURE_ACCURACY, p).n) return true;
    return false;
}

void block_classify(struct grid *g, const struct task_runs *t, struct notes *notes)
{
    const struct place test = {"test", "", "all", 0}, train = {"train", "", "all", 0};
    grid_init(g, "Every example");
    add_variants(g, t, notes);
    add_predictors(g, t, MEASURE_ACCURACY);
    add_score(g, t, "test", "accuracy, %", MEASURE_ACCURACY, &test, notes);
    add_score(g, t, "test", "loss, nats", MEASURE_LOSS, &test, notes);
    if (has_split(t, &train)) add_score(g, t, "train", "accuracy, %", MEASURE_ACCURACY, &train, notes);
    add_costs(g, t);
}
