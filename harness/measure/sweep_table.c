/* sweep_table.c -- a sweep as tables, or as lines of numbers. */
#include "measure/sweep_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/notes.h"

struct group { enum sweep_measure measure; enum sweep_mode mode; const char *title; };

struct quantity {
    const char *caption;
    struct group group[4];    /* up to the first without a title                       */
    bool vanilla, batch;      /* needs the variant vanilla; heads say the batch        */
};

/* The first has the shape of Tay et al. 2020 (LRA, arXiv:2011.04006), table 2: relative steps per second, and memory. */
static const struct quantity quantities[] = {
    {.caption = "Steps per second against vanilla's, and memory",
     .group = {{SWEEP_TIMES_VANILLA, SWEEP_TRAIN, "training, × vanilla"}, {SWEEP_TIMES_VANILLA, SWEEP_FORWARD, "forward, × vanilla"},
      {SWEEP_PACK_MB, SWEEP_TRAIN, "training, MB of a pack"}}, .vanilla = true},
    {.caption = "Time of a step, by batch × length",
     .group = {{SWEEP_STEP_MS, SWEEP_TRAIN, "training, ms"}, {SWEEP_STEP_MS, SWEEP_FORWARD, "forward, ms"}}, .batch = true},
    {.caption = "Time per token",
     .group = {{SWEEP_TOKEN_NS, SWEEP_TRAIN, "training, ns"}, {SWEEP_TOKEN_NS, SWEEP_FORWARD, "forward, ns"}}},
    {.caption = "Growth: per token, over that at the first length (linear cost stays at 1)",
     .group = {{SWEEP_TIME_GROWTH, SWEEP_TRAIN, "training time"}, {SWEEP_TIME_GROWTH, SWEEP_FORWARD, "forward time"},
      {SWEEP_BYTES_GROWTH, SWEEP_TRAIN, "training bytes"}}},
    {.caption = "Floating-point operations",
     .group = {{SWEEP_GFLOPS, SWEEP_TRAIN, "training, GFLOP/s"}, {SWEEP_GFLOPS, SWEEP_FORWARD, "forward, GFLOP/s"}}},
    {.caption = "Activation memory per token",
     .group = {{SWEEP_TOKEN_BYTES, SWEEP_TRAIN, "training, bytes"}, {SWEEP_TOKEN_BYTES, SWEEP_FORWARD, "forward, bytes"}}},
    {.caption = "Activation memory of the largest pack",
     .group = {{SWEEP_PACK_MB, SWEEP_TRAIN, "training, MB"}, {SWEEP_PACK_MB, SWEEP_FORWARD, "forward, MB"}}},
};

enum { GROUPS = sizeof ((struct quantity *)0)->group / sizeof(struct group) };

void sweep_caption(const struct sweep *s, char *out, size_t size)
{
    const struct model_options *m = &s->base.model;
    snprintf(out, size, "%lld layer%s, width %lld, %lld head%s, %s, %d thread%s", (long long)m->layers, m->layers > 1 ? "s" : "",
             (long long)m->width, (long long)m->heads, m->heads > 1 ? "s" : "", s->base.classes ? "classifier" : "language model",
             s->base.threads, s->base.threads > 1 ? "s" : "");
}

static void explain(const struct sweep *s, char *out, size_t size)
{
    char what[256];
    sweep_caption(s, what, sizeof what);
    snprintf(out, size,
             "Reach bench: %s, kernel %s, %s; random tokens. Times are medians over %zu round%s of %g s for each length, variant and mode "
             "in turn; a training step is forward, backward and AdamW. FLOPs are counted by formula, a training step as three forward "
             "passes. Activation bytes are exact, of the largest pack that a thread works on. Computed, not measured: n × n, the 4 B H L n² "
             "bytes of the attention weights of B examples.",
             what, s->kernel, s->real, s->rounds, s->rounds > 1 ? "s" : "", s->base.seconds);
}

/* ---- cells ---- */

static bool is_ratio(enum sweep_measure m)
{
    return m == SWEEP_TIMES_VANILLA || m == SWEEP_TIME_GROWTH || m == SWEEP_BYTES_GROWTH;
}

static void set_value(struct grid *g, size_t row, size_t column, enum sweep_measure m, double x)
{
    const int decimals = x < 10 || (is_ratio(m) && x < 100) ? 2 : x < 100 ? 1 : 0;
    if (isnan(x)) grid_set(g, row, column, "–");
    else grid_set(g, row, column, "%.*f", decimals, x);
}

/* The sentence that stands for all lengths of a variant, or NULL. */
static const char *refusal(const struct sweep *s, size_t variant)
{
    const char *first = sweep_at(s, variant, 0)->reason;
    for (size_t l = 0; l < s->n_lengths; l++)
        if (!first[0] || strcmp(sweep_at(s, variant, l)->reason, first) != 0) return NULL;
    return first;
}

static void add_variants(struct grid *g, const struct sweep *s, struct notes *notes)
{
    grid_column(g, "", "variant");
    for (size_t v = 0; v < s->n_variants; v++) {
        const size_t row = grid_row(g, s->variant[v].name);
        if (refusal(s, v)) grid_set(g, row, 0, "%s [%zu]", s->variant[v].name, notes_add(notes, refusal(s, v)));
    }
}

static bool has_square(enum sweep_measure m)
{
    return m == SWEEP_TOKEN_BYTES || m == SWEEP_PACK_MB;
}

static double square(const struct sweep *s, enum sweep_measure m, size_t length)
{
    const size_t n = s->length[length].n;
    return m == SWEEP_PACK_MB ? 1e-6 * sweep_square_bytes(s, sweep_pack_examples(s, length), n) : sweep_square_bytes(s, 1, n) / (double)n;
}

static void add_group(struct grid *g, const struct sweep *s, const struct quantity *b, const struct group *of, struct notes *notes)
{
    char head[48];
    for (size_t l = 0; l < s->n_lengths; l++) {
        if (b->batch) snprintf(head, sizeof head, "%zu×%zu", s->length[l].batch, s->length[l].n);
        else snprintf(head, sizeof head, "%zu", s->length[l].n);
        const size_t column = grid_column(g, of->title, head);
        for (size_t v = 0; v < s->n_variants; v++) {
            const char *reason = sweep_at(s, v, l)->reason;
            if (reason[0] && refusal(s, v)) grid_set(g, v, column, "n/a");
            else if (reason[0]) grid_set(g, v, column, "n/a [%zu]", notes_add(notes, reason));
            else set_value(g, v, column, of->measure, sweep_value(s, of->measure, of->mode, v, l));
        }
        if (g->rule && has_square(of->measure) && of->mode == SWEEP_TRAIN) set_value(g, g->rule, column, of->measure, square(s, of->measure, l));
    }
}

static void fill(struct grid *g, const struct sweep *s, const struct quantity *b, const char *caption, struct notes *notes)
{
    char text[sizeof g->caption];
    bool squares = false;
    snprintf(text, sizeof text, "%s%s%s", b->caption, caption ? ". " : "", caption ? caption : "");
    grid_init(g, text);
    add_variants(g, s, notes);
    for (size_t i = 0; i < GROUPS && b->group[i].title; i++) squares |= has_square(b->group[i].measure);
    if (squares) g->rule = grid_row(g, "n × n, computed");
    for (size_t i = 0; i < GROUPS && b->group[i].title; i++) add_group(g, s, b, &b->group[i], notes);
}

/* Times with fewer threads at work cannot stand beside others. */
static void warn_idle(FILE *out, const struct sweep *s, enum table_format f)
{
    int most = 1;
    char text[256];
    for (size_t l = 0; l < s->n_lengths; l++) most = s->length[l].busy > most ? s->length[l].busy : most;
    for (size_t l = 0; l < s->n_lengths; l++) {
        if (s->length[l].busy == most) continue;
        snprintf(text, sizeof text, "Length %zu: a batch of %zu gives work to %d of %d threads, so its times and growth do not compare "
                 "with the others.", s->length[l].n, s->length[l].batch, s->length[l].busy, most);
        if (f == TABLE_TEX) fputs("\\par\\noindent\\footnotesize ", out);
        paragraph_print(out, text, f, 0);
    }
}

static void print_grids(FILE *out, const struct sweep *s, enum table_format f, bool color)
{
    char caption[900];
    struct notes notes = {0};
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    explain(s, caption, sizeof caption);
    bool said = f != TABLE_TEX;
    if (said) paragraph_print(out, caption, f, 0);
    if (f == TABLE_TEXT) fputc('\n', out);
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        if (quantities[i].vanilla && sweep_vanilla(s) >= s->n_variants) continue;
        fill(g, s, &quantities[i], said ? NULL : caption, &notes);
        grid_print(out, g, f, color);
        fputc('\n', out);
        grid_done(g);
        said = true;
    }
    free(g);
    warn_idle(out, s, f);
    notes_print(out, &notes, f);
    notes_done(&notes);
}

/* ---- csv ---- */

static void number(FILE *out, double x)
{
    if (isnan(x)) fputc(',', out);
    else fprintf(out, ",%.17g", x);
}

static void measured(FILE *out, const struct sweep *s, size_t v, size_t l, enum sweep_mode m)
{
    const struct sweep_cell *c = sweep_at(s, v, l);
    const double step = sweep_value(s, SWEEP_STEP_MS, m, v, l);
    double fastest, slowest;
    sweep_extremes(s, c, m, &fastest, &slowest);
    fprintf(out, ",%zu", c->of[m].steps);
    number(out, step);
    number(out, 1e3 * fastest);
    number(out, 1e3 * slowest);
    number(out, 1e3 / step);
    number(out, sweep_value(s, SWEEP_TIMES_VANILLA, m, v, l));
    number(out, sweep_value(s, SWEEP_TOKEN_NS, m, v, l));
    number(out, sweep_value(s, SWEEP_TIME_GROWTH, m, v, l));
    number(out, c->of[m].flops);
    number(out, 1e9 * sweep_value(s, SWEEP_GFLOPS, m, v, l));
    number(out, sweep_value(s, SWEEP_TOKEN_BYTES, m, v, l));
    number(out, sweep_value(s, SWEEP_BYTES_GROWTH, m, v, l));
    fprintf(out, ",%zu,%zu", c->of[m].activation_bytes, c->of[m].activation_rows);
}

static void csv_line(FILE *out, const struct sweep *s, size_t v, size_t l, enum sweep_mode m)
{
    const struct sweep_cell *c = sweep_at(s, v, l);
    const struct model_options *o = &s->base.model;
    text_print(out, s->variant[v].name, TABLE_CSV);
    fprintf(out, ",%s,%s,%s,%s,%lld,%lld,%lld,%d,%s,%s,%zu,%zu,%d,%zu", s->variant[v].attention_name, s->variant[v].position_name,
            s->base.classes ? "classifier" : "language model", sweep_mode_names[m], (long long)o->layers, (long long)o->width,
            (long long)o->heads, s->base.threads, s->kernel, s->real, s->length[l].n, s->length[l].batch, s->length[l].busy,
            s->rounds);
    if (c->reason[0]) fputs(",,,,,,,,,,,,,,", out);
    else measured(out, s, v, l, m);
    number(out, sweep_square_bytes(s, s->length[l].batch, s->length[l].n));
    fputc(',', out);
    text_print(out, c->reason, TABLE_CSV);
    fputc('\n', out);
}

void sweep_csv(FILE *out, const struct sweep *s, bool head)
{
    if (head)
        fputs("variant,attention,position,model,mode,layers,width,heads,threads,kernel,real,length,batch,busy_threads,rounds,"
              "steps,step_ms,fastest_round_ms,slowest_round_ms,steps_per_second,times_vanilla,token_ns,time_growth,flops_per_step,flops_per_second,"
              "activation_bytes_per_token,bytes_growth,pack_bytes,pack_rows,batch_nxn_bytes_computed,reason\n", out);
    for (size_t v = 0; v < s->n_variants; v++)
        for (size_t l = 0; l < s->n_lengths; l++)
            for (int m = 0; m < SWEEP_MODES; m++) csv_line(out, s, v, l, m);
}

void sweep_table(FILE *out, const struct sweep *s, enum table_format f, bool color)
{
    if (f == TABLE_CSV) sweep_csv(out, s, true);
    else print_grids(out, s, f, color);
}
