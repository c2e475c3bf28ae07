/* csv.c -- every number of a table, unrounded, one line each. */
#include "report/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/gate.h"
#include "report/grid.h"
#include "report/matrix.h"
#include "report/notes.h"
#include "report/recl.h"
#include "report/statistics.h"
#include "report/summary.h"
#include "tasks/task.h"

static void number(FILE *out, double x)
{
    if (isnan(x)) fputc(',', out);
    else fprintf(out, ",%.10g", x);
}

static void text(FILE *out, const char *s)
{
    fputc(',', out);
    text_print(out, s, TABLE_CSV);
}

static void interval(FILE *out, const struct summary *s, double unit)
{
    number(out, s->mean * unit);
    number(out, s->sd * unit);
    number(out, t_half_width(s->sd, s->n, 0.95) * unit);
}

static void note_of(const struct variant_runs *v, const struct summary *s, char *out, size_t size)
{
    struct notes notes = {0};
    const size_t n = notes_variant(&notes, v);
    snprintf(out, size, "%s%s%s", s->reason, s->reason[0] && n ? "; " : "", n ? notes.text[0] : "");
    notes_done(&notes);
}

/* The columns that only a paper fills. */
static void end_ours(FILE *out)
{
    fputs(",ours,,,,,\n", out);
}

static void variant_line(FILE *out, const struct task_runs *t, const struct variant_runs *v, const struct place *p)
{
    char note[1200];
    const struct summary loss = summarise(v, MEASURE_LOSS, p), right = summarise(v, MEASURE_ACCURACY, p);
    struct summary ratio = summarise(v, MEASURE_RATIO, p);
    if (!is_text(t)) ratio.mean = ratio.sd = NAN; /* of other tasks train.length says nothing */
    text_print(out, t->name, TABLE_CSV);
    fputs(",variant", out);
    text(out, v->label);
    text(out, p->split);
    text(out, p->text);
    text(out, p->mode);
    fprintf(out, ",%lld,%zu", (long long)p->length, loss.n);
    interval(out, &loss, 1);
    number(out, is_text(t) ? loss.mean * BITS_PER_NAT : NAN);
    number(out, ratio.mean);
    number(out, ratio.sd);
    interval(out, &right, 0.01);
    number(out, summarise_cost(v, offsetof(struct cost, parameters)).mean);
    number(out, summarise_cost(v, offsetof(struct cost, tokens_per_second)).mean);
    note_of(v, &loss, note, sizeof note);
    text(out, note);
    end_ours(out);
}

static void predictor_line(FILE *out, const struct task_runs *t, const struct predictor_row *p)
{
    text_print(out, t->name, TABLE_CSV);
    fputs(",predictor", out);
    text(out, p->name);
    fputs(",test,,,,", out);
    number(out, p->loss);
    fputs(",,", out);
    number(out, is_text(t) ? p->loss * BITS_PER_NAT : NAN);
    fputs(",,", out);
    number(out, p->accuracy);
    fputs(",,,,,", out);
    end_ours(out);
}

/* The value is in tokens; column says of which share of the targets. */
static void recl_line(FILE *out, const struct task_runs *t, const struct variant_runs *v, double share)
{
    char note[256] = "";
    const struct recl_summary s = recl_summarise(t, v, share);
    if (!s.n) return;
    text_print(out, t->name, TABLE_CSV);
    fputs(",recl", out);
    text(out, v->label);
    fprintf(out, ",test,ordinary,context,,%zu,,,,,,,,,,,", s.n);
    if (s.n > 1) text_add(note, sizeof note, "sd %.6g", s.sd);
    if (s.at_least) text_add(note, sizeof note, "%sat least", note[0] ? "; " : "");
    if (s.worse) text_add(note, sizeof note, "%s%s", note[0] ? "; " : "", RECL_WORSE);
    text(out, note);
    fprintf(out, ",ours,,r = %.1f", share);
    number(out, s.mean);
    fputs(",tokens,\n", out);
}

static void gate_line(FILE *out, const struct task_runs *t)
{
    struct gate g;
    gate_of(t, &g);
    text_print(out, t->name, TABLE_CSV);
    fprintf(out, ",gate,%s,test,,,,,,,,,,,,,,,", g.passed ? "passed" : "not passed");
    text(out, g.line);
    end_ours(out);
}

static void task_lines(FILE *out, const struct task_runs *t)
{
    struct kind kind[KINDS_MAX];
    int64_t length[LENGTHS_MAX];
    size_t n;
    const size_t n_kinds = kinds_of(t, kind);
    for (size_t k = 0; k < n_kinds; k++) {
        const size_t n_lengths = lengths_of(t, &kind[k], length);
        for (size_t v = 0; v < t->n; v++)
            for (size_t i = 0; i < n_lengths; i++)
                variant_line(out, t, &t->variant[v], &(struct place){"test", kind[k].text, kind[k].mode, length[i]});
    }
    const struct place train = {"train", "", "all", 0};
    for (size_t v = 0; v < t->n; v++)
        if (summarise(&t->variant[v], MEASURE_ACCURACY, &train).n) variant_line(out, t, &t->variant[v], &train);
    const struct predictor_row *p = predictors_of(t, &n);
    for (size_t i = 0; i < n; i++) predictor_line(out, t, &p[i]);
    if (t->run->task->kind == TASK_SEQUENCE) gate_line(out, t);
    for (size_t v = 0; recl_layout(t) && v < t->n; v++)
        for (size_t k = 0; k < RECL_SHARES; k++) recl_line(out, t, &t->variant[v], recl_shares[k]);
}

static void average_lines(FILE *out, const struct collection *c, const struct references *papers)
{
    struct matrix *m = malloc(sizeof *m);
    if (!m) status_no_memory("a table", sizeof *m);
    const size_t n = matrix_of(c, papers, m) ? m->task[0].n : 0;
    for (size_t v = 0; v < n; v++) {
        char note[512] = "tasks:";
        const struct summary s = matrix_average(m, v);
        if (!s.n) continue;
        for (size_t k = 0; k < m->n_average; k++) snprintf(note + strlen(note), sizeof note - strlen(note), " %s", m->task[m->average[k]].name);
        fputs("average,average", out);
        text(out, m->task[0].variant[v].label);
        fprintf(out, ",test,,all,,%zu,,,,,,", s.n);
        interval(out, &s, 0.01);
        fputs(",,", out);
        text(out, note);
        end_ours(out);
    }
    free(m);
}

static void paper_line(FILE *out, const struct reference *r, const struct reference_row *row, const struct reference_column *c)
{
    char note[400];
    const struct reference_cell *cell = &row->cell[c - r->column];
    const double loss = reference_loss(c, cell);
    const bool right = c->measure == REFERENCE_ACCURACY;
    text_print(out, c->task, TABLE_CSV);
    fputs(",paper", out);
    text(out, row->label[0] ? row->label : row->name);
    fputs(",test", out);
    text(out, c->text);
    text(out, c->mode);
    fputs(",,", out);
    number(out, loss);
    fputs(",,", out);
    number(out, c->measure == REFERENCE_BITS ? cell->value : NAN);
    fputs(",,", out);
    number(out, right ? cell->value / 100 : NAN);
    number(out, right ? cell->sd / 100 : NAN);
    fputs(",,,", out);
    char sd[32] = "";
    if (!isnan(cell->sd)) snprintf(sd, sizeof sd, "; sd %.6g", cell->sd);
    snprintf(note, sizeof note, "%s%s%s%s%s", row->name, row->label[0] ? "" : "; not in Reach", row->lacks[0] ? ": " : "", row->lacks, sd);
    text(out, note);
    fputs(",paper", out);
    text(out, r->name);
    snprintf(note, sizeof note, "%s%s%s", c->group, c->group[0] ? " " : "", c->name);
    text(out, note);
    text(out, cell->text);
    text(out, c->unit[0] ? c->unit : reference_measures[c->measure]);
    text(out, cell->recalled ? "recalled" : "sourced");
    fputc('\n', out);
}

static void paper_lines(FILE *out, const struct reference *r)
{
    for (size_t i = 0; i < r->n_rows; i++)
        for (size_t k = 0; k < r->n_columns; k++)
            if (r->row[i].cell[k].text[0]) paper_line(out, r, &r->row[i], &r->column[k]);
}

void csv_print(FILE *out, const struct collection *c, const struct references *papers)
{
    fputs("task,kind,name,split,text,mode,length,seeds,loss_nats,loss_sd,loss_ci95,bits_per_byte,ratio,ratio_sd,"
          "accuracy,accuracy_sd,accuracy_ci95,parameters,tokens_per_second,note,"
          "whose,reference,column,value,measure,status\n", out);
    for (size_t i = 0; i < c->n_tasks; i++) task_lines(out, &c->task[i]);
    average_lines(out, c, papers);
    for (size_t i = 0; i < papers->n; i++) paper_lines(out, &papers->at[i]);
}
