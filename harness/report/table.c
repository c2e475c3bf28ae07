/* table.c -- `reach table`: the scores of a config's runs, beside what needs no attention at all. */
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/measurement.h"
#include "measure/sweep_table.h"
#include "report/blocks.h"
#include "report/caption.h"
#include "report/csv.h"
#include "report/gate.h"
#include "report/matrix.h"
#include "report/paper.h"
#include "report/recl.h"
#include "tasks/task.h"

struct printing {
    FILE             *out;
    enum table_format format;
    bool              color;
    const char       *caption; /* LaTeX: what the first table of a task adds to its caption */
    const char       *anchor;  /* HTML: before the ids of notes; NULL: they have none       */
    const struct notes *notes; /* of the task at hand, for the marks of its grids           */
    const struct references *papers;
};

/* Print and release. */
static void put(struct printing *p, struct grid *g)
{
    if (p->format == TABLE_TEX && p->caption) {
        const size_t n = strlen(g->caption);
        snprintf(g->caption + n, sizeof g->caption - n, ". %s", p->caption);
        p->caption = NULL;
    }
    g->anchor = p->anchor;
    g->n_notes = p->notes ? p->notes->n : 0;
    grid_print(p->out, g, p->format, p->color);
    fputc('\n', p->out);
    grid_done(g);
}

static void print_remark(struct printing *p, const char *text)
{
    if (p->format == TABLE_TEX) fputs("\\par\\noindent ", p->out);
    paragraph_print(p->out, text, p->format, 0);
}

static void print_recl(struct printing *p, const struct task_runs *t, struct notes *notes)
{
    char text[2400];
    if (!recl_layout(t)) return;
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    block_recl(g, t, notes);
    put(p, g);
    free(g);
    recl_remark(t, text, sizeof text);
    print_remark(p, text);
    if (p->format != TABLE_MD) fputc('\n', p->out);
}

static void print_lengths(struct printing *p, const struct task_runs *t, struct notes *notes)
{
    struct kind kind[KINDS_MAX];
    struct grid *g = malloc(sizeof *g);
    const size_t n = kinds_of(t, kind);
    if (!g) status_no_memory("a table", sizeof *g);
    for (size_t i = 0; i < n; i++) {
        block_lengths(g, t, &kind[i], i == 0, notes);
        put(p, g);
        block_relative(g, t, &kind[i], notes);
        put(p, g);
    }
    free(g);
    print_recl(p, t, notes);
}

static void print_classify(struct printing *p, const struct task_runs *t, struct notes *notes)
{
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    block_classify(g, t, notes);
    put(p, g);
    free(g);
}

/* What can be had by looking at the tokens alone, set by set: not for columns. */
static void print_guesses(struct printing *p, const struct task_runs *t)
{
    char text[1024] = "without attention:";
    size_t n, used = strlen(text), said = 0;
    const struct predictor_row *g = predictors_of(t, &n);
    for (size_t i = 0; i < n && used < sizeof text; i++) {
        if (strcmp(g[i].name, "chance") == 0 || isnan(g[i].accuracy)) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s %.1f %%", said++ ? "," : "", g[i].name, 100 * g[i].accuracy);
    }
    if (said) print_remark(p, text);
}

/* The gate stands under the scores it opens. */
static void print_recall(struct printing *p, const struct task_runs *t, struct notes *notes)
{
    struct grid *g = malloc(sizeof *g);
    struct gate gate;
    if (!g) status_no_memory("a table", sizeof *g);
    block_recall(g, t, MEASURE_ACCURACY, true, notes);
    put(p, g);
    gate_of(t, &gate);
    print_remark(p, gate.line);
    print_guesses(p, t);
    if (p->format != TABLE_MD) fputc('\n', p->out);
    block_recall(g, t, MEASURE_LOSS, false, notes);
    put(p, g);
    free(g);
}

static bool any_usable(const struct task_runs *t)
{
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++)
            if (t->variant[v].at[i].usable) return true;
    return false;
}

/* Nothing to print in columns: say why of each variant, of those together that have the same reason. */
static void print_reasons(struct printing *p, const struct task_runs *t)
{
    struct notes notes = {0};
    char text[2400];
    size_t *reason = calloc(t->n + 1, sizeof *reason);
    if (!reason) status_no_memory("notes", (t->n + 1) * sizeof *reason);
    for (size_t v = 0; v < t->n; v++) {
        reason[v] = notes_variant(&notes, &t->variant[v]);
        if (!reason[v]) reason[v] = notes_add(&notes, "no result");
    }
    for (size_t i = 1; i <= notes.n; i++) {
        size_t used = 0;
        for (size_t v = 0; v < t->n && used < sizeof text; v++)
            if (reason[v] == i) used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", t->variant[v].label);
        if (used < sizeof text) snprintf(text + used, sizeof text - used, ": %s", notes.text[i - 1]);
        paragraph_print(p->out, text, p->format, 4);
    }
    free(reason);
    notes_done(&notes);
    fputc('\n', p->out);
}

/* ---- beside papers ---- */

static struct grid *new_grid(void)
{
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    return g;
}

static void print_remark_apart(struct printing *p, const char *text)
{
    if (!text[0]) return;
    print_remark(p, text);
    if (p->format != TABLE_MD) fputc('\n', p->out);
}

/* That the data of a task was generated, or stands in for other data. */
static bool print_note(struct printing *p, const struct task_runs *t)
{
    char line[512];
    task_note(t->run->task, t->run->task_options, line, sizeof line);
    if (line[0]) print_remark(p, line);
    return line[0];
}

static void print_notes(struct printing *p, const struct matrix *m)
{
    bool any = false;
    for (size_t t = 0; t < m->n_tasks; t++) any |= any_usable(&m->task[t]) && print_note(p, &m->task[t]);
    if (any && p->format != TABLE_MD) fputc('\n', p->out);
}

/* Several classification tasks in one table, before the tasks one by one. */
static void print_matrix(struct printing *p, const struct collection *c)
{
    struct matrix *m = malloc(sizeof *m);
    if (!m) status_no_memory("a table", sizeof *m);
    if (matrix_of(c, p->papers, m)) {
        struct grid *g = new_grid();
        matrix_grid(m, g);
        p->caption = m->caption;
        if (p->format != TABLE_TEX) {
            paragraph_print(p->out, m->caption, p->format, 0);
            if (p->format == TABLE_TEXT) fputc('\n', p->out);
        }
        put(p, g);
        print_remark_apart(p, m->legend);
        print_notes(p, m);
        free(g);
    }
    free(m);
}

/* Under a task of texts: what can be computed of both. */
static void print_beside(struct printing *p, const struct task_runs *t)
{
    struct grid *g = new_grid();
    bool any = false;
    for (size_t i = 0; p->papers && i < p->papers->n && is_text(t); i++) { /* a page has none */
        if (!paper_beside(g, t, &p->papers->at[i])) continue;
        put(p, g);
        any = true;
    }
    if (any)
        print_remark_apart(p, "Beside papers: other data, sizes and budgets, so columns of ours and of a paper compare in their order and their "
                              "trend. A loss ratio is the loss over that at the training length, of perplexities ln(b) / ln(a); the same harm in "
                              "nats is a larger ratio on easy data. A length within 3 % of a paper's multiple stands for it.");
    free(g);
}

/* At the end: each paper's table as printed, and apart what Reach lacks. */
static void print_papers(struct printing *p, const struct collection *c)
{
    char text[4096];
    struct grid *g = new_grid();
    for (size_t i = 0; i < p->papers->n; i++) {
        const struct reference *r = &p->papers->at[i];
        if (p->format == TABLE_TEXT) fputc('\n', p->out);
        if (paper_rows(g, c, r, false)) put(p, g);
        if (paper_rows(g, c, r, true)) put(p, g);
        paper_lacks(r, text, sizeof text);
        print_remark_apart(p, text);
        paper_remark(r, text, sizeof text);
        print_remark(p, text);
    }
    free(g);
}

static void print_task(struct printing *p, const struct collection *c, const struct task_runs *t)
{
    char caption[2400] = "";
    struct notes notes = {.anchor = p->anchor};
    p->notes = &notes;
    caption_task(c, t, caption, sizeof caption);
    const size_t n = strlen(caption);
    if (any_usable(t) && caption_floor(t, caption + n + 2, sizeof caption - n - 2)) memcpy(caption + n, "; ", 2);
    p->caption = caption;
    if (p->format != TABLE_TEX) {
        paragraph_print(p->out, caption, p->format, 0);
        if (p->format == TABLE_TEXT) fputc('\n', p->out);
    }
    if (!any_usable(t)) print_reasons(p, t);
    else if (t->run->task->kind == TASK_CLASSIFY) print_classify(p, t, &notes);
    else if (t->run->task->kind == TASK_SEQUENCE) print_recall(p, t, &notes);
    else print_lengths(p, t, &notes);
    if (any_usable(t)) print_beside(p, t);
    if (any_usable(t)) print_note(p, t);
    notes_print(p->out, &notes, p->format);
    notes_done(&notes);
    p->notes = NULL;
}

static void print_title(const struct printing *p, const struct config *c)
{
    if (!c->title[0]) return;
    const char *const before[] = {p->color ? "\033[1m" : "", "# ", "", "% ", "<h2>"};
    fputs(before[p->format], p->out);
    text_print(p->out, c->title, p->format);
    fputs(p->format == TABLE_TEXT && p->color ? "\033[0m\n" : p->format == TABLE_MD ? "\n\n" : p->format == TABLE_HTML ? "</h2>\n" : "\n", p->out);
}

/* A config that measures, costs or approximations, and trains nothing. */
static status print_measured(struct printing *p, const struct collection *all, const char *results_dir)
{
    struct measurement m;
    char remark[1400];
    TRY(measurement_read(all->config, results_dir, &m));
    if (p->format != TABLE_CSV) {
        print_title(p, all->config);
        measurement_remark(&m, remark, sizeof remark);
        print_remark(p, remark);
    }
    if (p->format == TABLE_TEXT) fputc('\n', p->out);
    measurement_table(p->out, &m, p->format, p->color);
    if (p->format != TABLE_CSV) print_papers(p, all);
    measurement_done(&m);
    return OK;
}

static void print_all(struct printing *p, const struct collection *c)
{
    print_title(p, c->config);
    print_matrix(p, c);
    for (size_t i = 0; i < c->n_tasks; i++) {
        if (i && p->format == TABLE_TEXT) fputc('\n', p->out);
        print_task(p, c, &c->task[i]);
    }
    if (p->format == TABLE_TEXT && !p->color && collection_usable(c)) fputs("* best of its column\n", p->out);
    print_papers(p, c);
}

static const struct references no_papers;

void table_matrix(FILE *out, const struct collection *c, const struct references *papers, enum table_format f)
{
    struct printing p = {.out = out, .format = f, .papers = papers ? papers : &no_papers};
    print_matrix(&p, c);
}

void table_task(FILE *out, const struct collection *c, const struct references *papers, size_t task, enum table_format f, const char *anchor)
{
    struct printing p = {.out = out, .format = f, .anchor = anchor, .papers = papers ? papers : &no_papers};
    print_task(&p, c, &c->task[task]);
}

void table_papers(FILE *out, const struct collection *c, const struct references *papers, enum table_format f)
{
    struct printing p = {.out = out, .format = f, .papers = papers};
    print_papers(&p, c);
}

status report_table(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color)
{
    struct collection all;
    struct references papers;
    TRY(references_read(c, &papers));
    struct printing p = {.out = out, .format = f, .color = color, .papers = &papers};
    collection_load(&all, c, results_dir);
    const size_t usable = collection_usable(&all);
    status e = OK;
    if (c->measured) e = print_measured(&p, &all, results_dir);
    else if (f == TABLE_CSV) csv_print(out, &all, &papers);
    else print_all(&p, &all);
    collection_done(&all);
    references_done(&papers);
    if (c->measured) return e;
    if (usable == 0) FAIL(ERR_DATA, "%s/%s: no finished run of %s; try: reach run", results_dir, c->name, c->name);
    return OK;
}

bool table_color(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(out)) && !(no && no[0]);
}

status table_format_find(const char *word, enum table_format *out)
{
    static const char *const words[] = {"text", "md", "csv", "tex", "html"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum table_format)i;
            return OK;
        }
    FAIL(ERR_CONFIG, "no table format \"%s\"; known: text, md, csv, tex, html", word);
}
