/* paper.c -- see paper.h. */
#include "report/paper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/measured.h"
#include "report/blocks.h"
#include "report/statistics.h"
#include "tasks/task.h"
#include "report/grid.h"

enum { PLACES_MOST = 24, SEEDS_MOST = 64 };

/* ---- beside ours -------------------------------------------------------------------------------------------------- */

static const char *text_of(const struct reference_column *c)
{
    return c->text[0] ? c->text : "ordinary";
}

static const char *mode_of(const struct reference_column *c)
{
    return c->mode[0] ? c->mode : "windows";
}

static bool is_loss(const struct reference_column *c)
{
    return c->measure == REFERENCE_PERPLEXITY || c->measure == REFERENCE_BITS || c->measure == REFERENCE_LOSS;
}

static bool at_place(const struct reference_column *c, const struct beside *b, const char *group)
{
    const bool measured = b->accuracy ? c->measure == REFERENCE_ACCURACY : is_loss(c);
    return measured && c->at == b->at && strcmp(text_of(c), b->text) == 0 && strcmp(mode_of(c), b->mode) == 0
           && (!group || strcmp(c->group, group) == 0);
}

/* The column of a group at a place, or NULL. */
static const struct reference_column *find_column(const struct reference *r, const struct beside *b, const char *group)
{
    for (size_t i = 0; i < r->n_columns; i++)
        if (at_place(&r->column[i], b, group)) return &r->column[i];
    return NULL;
}

static double cell_loss(const struct reference *r, const struct reference_row *row, const struct reference_column *c)
{
    return c ? reference_loss(c, &row->cell[c - r->column]) : NAN;
}

double beside_paper(const struct reference *r, const struct reference_row *row, const struct beside *b, const char *group)
{
    const struct reference_column *c = find_column(r, b, group);
    if (!c) return NAN;
    if (b->accuracy) return row->cell[c - r->column].value;
    if (b->at == 0) return r->base ? cell_loss(r, row, c) / cell_loss(r, r->base, c) : NAN;
    struct beside trained = *b;
    trained.at = 1;
    return cell_loss(r, row, c) / cell_loss(r, row, find_column(r, &trained, group));
}

/* The tested length nearest to a multiple of the training length, if within 3 %; 0: none. */
static int64_t length_at(const struct task_runs *t, int64_t trained, const struct beside *b)
{
    struct kind k;
    int64_t length[LENGTHS_MAX], best = 0;
    const double wanted = (b->at > 0 ? b->at : 1) * (double)trained;
    snprintf(k.text, sizeof k.text, "%s", b->text);
    snprintf(k.mode, sizeof k.mode, "%s", b->mode);
    const size_t n = lengths_of(t, &k, length);
    for (size_t i = 0; i < n; i++)
        if (fabs((double)length[i] - wanted) <= 0.03 * wanted && (!best || fabs((double)length[i] - wanted) < fabs((double)best - wanted))) best = length[i];
    return best;
}

static const struct variant_runs *variant_of(const struct task_runs *t, const char *label)
{
    for (size_t v = 0; v < t->n; v++)
        if (strcmp(t->variant[v].label, label) == 0) return &t->variant[v];
    return NULL;
}

static struct summary over_base(const struct variant_runs *v, const struct variant_runs *base, const struct place *p)
{
    struct summary s = {0};
    double x[SEEDS_MOST];
    for (size_t i = 0; base && i < v->n && i < base->n && s.n < SEEDS_MOST; i++) {
        const double ratio = score_of(&v->at[i], MEASURE_LOSS, p, NULL) / score_of(&base->at[i], MEASURE_LOSS, p, NULL);
        if (!isnan(ratio)) x[s.n++] = ratio;
    }
    s.mean = mean_of(x, s.n);
    s.sd = deviation_of(x, s.n);
    return s;
}

struct summary beside_ours(const struct task_runs *t, const struct variant_runs *v, const struct reference *r, const struct beside *b)
{
    const struct place p = {"test", b->text, b->mode, length_at(t, v->at->run->train.length, b)};
    if (!p.length) return (struct summary){.mean = NAN, .sd = NAN};
    if (b->accuracy) return summarise(v, MEASURE_ACCURACY, &p);
    if (b->at == 0) return over_base(v, r->base ? variant_of(t, r->base->label) : NULL, &p);
    return summarise(v, MEASURE_RATIO, &p);
}

/* Places of the paper's columns that are tested here too, in the paper's order. */
static size_t places_of(const struct task_runs *t, const struct reference *r, struct beside out[PLACES_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_columns && n < PLACES_MOST; i++) {
        const struct reference_column *c = &r->column[i];
        const struct beside b = {c->at, text_of(c), mode_of(c), c->measure == REFERENCE_ACCURACY};
        bool said = false, ours = false, ratio = b.accuracy ? c->at > 0 : is_loss(c) && (c->at > 0 ? c->at != 1 : r->base != NULL);
        if (c->task[0] && strcmp(c->task, t->run->task->name) != 0) continue;
        for (size_t k = 0; k < n && !said; k++) said = at_place(c, &out[k], NULL);
        for (size_t v = 0; v < t->n && ratio && !said && !ours; v++)
            ours = reference_find(r, t->variant[v].label) && beside_ours(t, &t->variant[v], r, &b).n;
        if (ours) out[n++] = b;
    }
    return n;
}

static void title_of(const struct reference *r, const struct beside *b, char *out, size_t size)
{
    const bool ordinary = strcmp(b->text, "ordinary") == 0, windows = strcmp(b->mode, "windows") == 0;
    out[0] = 0;
    if (b->at > 0) text_add(out, size, "%s at %.3gx", b->accuracy ? "accuracy, %" : "loss ratio", b->at);
    else text_add(out, size, "loss / that of %s", r->base->label[0] ? r->base->label : r->base->name);
    if (!ordinary) text_add(out, size, ", %s", b->text);
    if (!windows) text_add(out, size, ", %s", b->mode);
}

static void fill_ours(struct grid *g, const struct task_runs *t, const struct reference *r, const struct beside *b, size_t column)
{
    for (size_t v = 0, row = 0; v < t->n; v++) {
        if (!reference_find(r, t->variant[v].label)) continue;
        const struct summary s = beside_ours(t, &t->variant[v], r, b);
        if (s.n) block_number(g, row, column, b->accuracy ? MEASURE_ACCURACY : MEASURE_RATIO, &s, true);
        else grid_set(g, row, column, "–");
        row++;
    }
}

static void fill_paper(struct grid *g, const struct task_runs *t, const struct reference *r, const struct beside *b, const char *group, size_t column)
{
    const struct reference_column *c = find_column(r, b, group);
    for (size_t v = 0, row = 0; v < t->n; v++) {
        const struct reference_row *paper = reference_find(r, t->variant[v].label);
        if (!paper) continue;
        const struct reference_cell *cell = &paper->cell[c - r->column];
        const double x = beside_paper(r, paper, b, group);
        if (b->accuracy && cell->text[0]) grid_set(g, row, column, "%s%s", cell->text, cell->recalled ? PAPER_RECALLED : "");
        else if (!isnan(x)) grid_set(g, row, column, "%.3f%s", x, cell->recalled ? PAPER_RECALLED : "");
        row++;
    }
}

static bool has_paper(const struct reference *r, const struct task_runs *t, const struct beside *b, const char *group)
{
    for (size_t v = 0; v < t->n; v++) {
        const struct reference_row *row = reference_find(r, t->variant[v].label);
        if (row && !isnan(beside_paper(r, row, b, group))) return true;
    }
    return false;
}

bool paper_beside(struct grid *g, const struct task_runs *t, const struct reference *r)
{
    struct beside place[PLACES_MOST];
    const size_t n = places_of(t, r, place);
    if (!n) return false;
    grid_init(g, "Beside ");
    text_add(g->caption, sizeof g->caption, "%s (%s), %s", r->paper, r->year, r->table);
    grid_column(g, "", "variant");
    for (size_t v = 0; v < t->n; v++)
        if (reference_find(r, t->variant[v].label)) grid_row(g, t->variant[v].label);
    for (size_t k = 0; k < n; k++) {
        char title[GRID_TEXT];
        title_of(r, &place[k], title, sizeof title);
        fill_ours(g, t, r, &place[k], grid_column(g, title, "ours"));
        for (size_t i = 0; i < r->n_columns; i++)
            if (at_place(&r->column[i], &place[k], NULL)) {
                const char *group = r->column[i].group;
                const bool alone = !group[0];
                if (find_column(r, &place[k], group) != &r->column[i] || !has_paper(r, t, &place[k], group)) continue;
                fill_paper(g, t, r, &place[k], group, grid_column(g, title, alone ? "paper" : group));
            }
    }
    return true;
}

/* ---- as printed --------------------------------------------------------------------------------------------------- */

static bool runs_here(const struct collection *c, const char *label)
{
    for (size_t i = 0; i < c->config->n_runs; i++)
        if (strcmp(c->config->runs[i].label, label) == 0) return true;
    const struct measured_plan *m = c->config->measured;
    for (size_t i = 0; m && i < m->n; i++)
        if (strcmp(m->variant[i].entry->label, label) == 0) return true;
    return false;
}

static void set_cell(struct grid *g, size_t row, size_t column, const struct reference_cell *cell)
{
    if (!cell->text[0]) return;
    if (isnan(cell->sd)) grid_set(g, row, column, "%s%s", cell->text, cell->recalled ? PAPER_RECALLED : "");
    else grid_set(g, row, column, "%s±%s%s", cell->text, cell->sd_text, cell->recalled ? PAPER_RECALLED : "");
}

bool paper_rows(struct grid *g, const struct collection *c, const struct reference *r, bool lacking)
{
    bool any = false;
    for (size_t i = 0; i < r->n_rows; i++) any |= !r->row[i].label[0] == lacking;
    if (!any) return false;
    grid_init(g, "");
    text_add(g->caption, sizeof g->caption, "%s%s (%s), %s%s", lacking ? "Not in Reach yet: " : "", r->paper, r->year, r->table, lacking ? "" : ": the paper's numbers");
    grid_column(g, "", "");
    const size_t first = lacking ? 1 : 2;
    if (!lacking) grid_column(g, "", "variant");
    for (size_t k = 0; k < r->n_columns; k++) grid_column(g, r->column[k].group, r->column[k].name);
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct reference_row *from = &r->row[i];
        if (!from->label[0] != lacking) continue;
        const size_t row = grid_row(g, from->name);
        if (!lacking) grid_set(g, row, 1, "%s%s", from->label, runs_here(c, from->label) ? "" : " (not here)");
        for (size_t k = 0; k < r->n_columns; k++) set_cell(g, row, first + k, &from->cell[k]);
    }
    return true;
}

static bool has_recalled(const struct reference *r)
{
    for (size_t i = 0; i < r->n_rows; i++)
        for (size_t k = 0; k < r->n_columns; k++)
            if (r->row[i].cell[k].recalled && r->row[i].cell[k].text[0]) return true;
    return false;
}

void paper_remark(const struct reference *r, char *out, size_t size)
{
    snprintf(out, size, "%s: %s. Setting: %s.", r->name, r->metric, r->setting);
    if (r->protocol[0]) text_add(out, size, " Protocol %s.", r->protocol);
    text_add(out, size, " Read in: %s.", r->source);
    for (size_t i = 0; i < r->n_words; i++) text_add(out, size, " %s: %s.", r->word[i], r->meaning[i]);
    if (has_recalled(r)) text_add(out, size, " " PAPER_RECALLED " " PAPER_RECALLED_IS ".");
    for (size_t i = 0; i < r->n_notes; i++) text_add(out, size, " %s", r->note[i]);
}

/* "What is missing: hashed attention (Reformer), ...": rows that lack the same stand together. */
void paper_lacks(const struct reference *r, char *out, size_t size)
{
    size_t said = 0;
    out[0] = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct reference_row *row = &r->row[i];
        bool first = row->lacks[0] != 0;
        for (size_t j = 0; j < i && first; j++) first = strcmp(r->row[j].lacks, row->lacks) != 0;
        if (!first) continue;
        text_add(out, size, "%s%s (", said++ ? "; " : "What is missing: ", row->lacks);
        for (size_t j = i, n = 0; j < r->n_rows; j++)
            if (strcmp(r->row[j].lacks, row->lacks) == 0) text_add(out, size, "%s%s", n++ ? ", " : "", r->row[j].name);
        text_add(out, size, ")");
    }
    if (said) text_add(out, size, ".");
}
