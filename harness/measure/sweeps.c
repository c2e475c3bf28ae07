/* sweeps.c -- see sweeps.h. */
#include "measure/sweeps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/real.h"
#include "config/cost.h"
#include "measure/measurement.h"
#include "tensor/kernel.h"
#include "variants/variant.h"

static const char *const directions[] = {"bidirectional", "causal"};

enum { VOCABULARY = 256, CLASSES = 10, SHARDS = 4, PACK_ROWS = 1024 };

static void *take(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("a sweep", n * size);
    return p;
}

/* ---- measuring ---- */

static void plan_lengths(const struct cost_options *o, struct sweep *s)
{
    const size_t tokens = o->tokens ? (size_t)o->tokens : sweep_tokens((size_t)o->lengths.at[o->lengths.n - 1], s->base.threads);
    s->n_lengths = o->lengths.n;
    s->length = take(s->n_lengths, sizeof *s->length);
    for (size_t i = 0; i < s->n_lengths; i++) {
        s->length[i].n = (size_t)o->lengths.at[i];
        sweep_plan(&s->base, (size_t)o->batch, tokens, &s->length[i]);
    }
}

static struct sweep_variant *variants_of(const struct cost_plan *c)
{
    struct sweep_variant *out = take(c->measured.n, sizeof *out);
    for (size_t i = 0; i < c->measured.n; i++) {
        const struct variant_entry *v = c->measured.variant[i].entry;
        out[i] = (struct sweep_variant){.name = v->label, .attention_name = v->attention->name, .position_name = v->position->name, .style = i,
                                        .model = &c->measured.variant[i].model, .attention = v->attention, .attention_options = v->attention_options,
                                        .position = v->position, .position_options = v->position_options};
    }
    return out;
}

static void keep_row(struct frame *out, const struct sweep *s, const char *direction, size_t v, size_t l, enum sweep_mode m)
{
    const struct sweep_cell *c = sweep_at(s, v, l);
    const struct bench_result *r = &c->of[m];
    struct cost_row *row = &out->cost[out->n++];
    snprintf(row->variant, sizeof row->variant, "%s", s->variant[v].name);
    snprintf(row->attention, sizeof row->attention, "%s", s->variant[v].attention_name);
    snprintf(row->position, sizeof row->position, "%s", s->variant[v].position_name);
    snprintf(row->direction, sizeof row->direction, "%s", direction);
    snprintf(row->mode, sizeof row->mode, "%s", sweep_mode_names[m]);
    row->length = (int64_t)s->length[l].n;
    row->batch = (int64_t)s->length[l].batch;
    row->threads = s->length[l].busy;
    row->rounds = (int64_t)s->rounds;
    row->square_bytes = sweep_square_bytes(s, s->length[l].batch, s->length[l].n);
    snprintf(row->reason, sizeof row->reason, "%.255s", c->reason);
    const bool done = !c->reason[0];
    double fastest = NAN, slowest = NAN;
    if (done) sweep_extremes(s, c, m, &fastest, &slowest);
    row->steps = done ? (int64_t)r->steps : 0;
    row->step_ms = sweep_value(s, SWEEP_STEP_MS, m, v, l);
    row->fastest_ms = 1e3 * fastest;
    row->slowest_ms = 1e3 * slowest;
    row->token_ns = sweep_value(s, SWEEP_TOKEN_NS, m, v, l);
    row->tokens_per_second = 1e9 / row->token_ns;
    row->flops_per_step = done ? r->flops : NAN;
    row->flops_per_second = 1e9 * sweep_value(s, SWEEP_GFLOPS, m, v, l);
    row->activation_bytes = done ? (double)r->activation_bytes : NAN;
    row->activation_rows = done ? (double)r->activation_rows : NAN;
    row->activation_bytes_per_token = sweep_value(s, SWEEP_TOKEN_BYTES, m, v, l);
}

static void keep_rounds(struct frame *out, const struct sweep *s, const char *direction, size_t v, size_t l, enum sweep_mode m)
{
    const struct sweep_cell *c = sweep_at(s, v, l);
    for (size_t round = 0; round < s->rounds && !c->reason[0]; round++) {
        struct round_row *row = &out->detail[out->n_detail++];
        *row = (struct round_row){.length = (int64_t)s->length[l].n, .round = (int64_t)round + 1, .step_ms = 1e3 * c->visit[m][round]};
        snprintf(row->variant, sizeof row->variant, "%s", s->variant[v].name);
        snprintf(row->direction, sizeof row->direction, "%s", direction);
        snprintf(row->mode, sizeof row->mode, "%s", sweep_mode_names[m]);
    }
}

static void keep_rows(struct frame *out, const struct sweep *s, const char *direction)
{
    const size_t n = s->n_variants * s->n_lengths * SWEEP_MODES, detail = (out->n_detail + n * s->rounds) * sizeof *out->detail;
    (void)frame_more(&costs_kind, out, n);
    out->detail = realloc(out->detail, detail);
    if (!out->detail) status_no_memory("measurements", detail);
    for (size_t v = 0; v < s->n_variants; v++)
        for (size_t l = 0; l < s->n_lengths; l++)
            for (int m = 0; m < SWEEP_MODES; m++) {
                keep_row(out, s, direction, v, l, (enum sweep_mode)m);
                keep_rounds(out, s, direction, v, l, (enum sweep_mode)m);
            }
}

static status measure_direction(const struct cost_plan *c, bool causal, int threads, const struct kernel *kernel, struct progress *progress,
                                struct frame *out)
{
    struct sweep s = {.base = {.model = c->measured.model, .vocabulary = VOCABULARY, .classes = causal ? 0 : CLASSES, .shards = SHARDS, .pack_rows = PACK_ROWS,
                               .threads = threads, .kernel = kernel, .seconds = c->options.seconds},
                      .rounds = (size_t)c->options.rounds, .n_variants = c->measured.n};
    struct sweep_variant *variant = variants_of(c);
    s.variant = variant;
    plan_lengths(&c->options, &s);
    const status e = sweep_run(&s, progress);
    if (e == OK || e == ERR_CONFIG) keep_rows(out, &s, directions[causal]); /* all of them n/a: rows that say why */
    sweep_done(&s);
    free(variant);
    free(s.length);
    return e;
}

status sweeps_measure(const struct config *c, int threads, const struct kernel *kernel, struct progress *progress, struct frame *out)
{
    const int causal = c->cost->options.causal;
    status e = ERR_CONFIG;
    for (int d = 0; d < 2; d++) {
        if (causal != COST_BOTH && causal != d) continue;
        const status mine = measure_direction(c->cost, d == COST_CAUSAL, threads, kernel, progress, out);
        if (mine != OK && mine != ERR_CONFIG) return mine;
        if (mine == OK) e = OK;
    }
    return e; /* the last sentence stands if nothing could be measured */
}

/* ---- reading ---- */

/* The place of a row's variant and length among those of its sweep, both in the order they come; new ones are added. */
static size_t variant_at(struct sweep *s, struct sweep_variant *list, const struct cost_row *row)
{
    size_t v = 0;
    while (v < s->n_variants && strcmp(list[v].name, row->variant) != 0) v++;
    if (v < s->n_variants) return v;
    list[v] = (struct sweep_variant){.name = row->variant, .attention_name = row->attention, .position_name = row->position, .style = v};
    return s->n_variants++;
}

static size_t length_at(struct sweep *s, const struct cost_row *row)
{
    size_t l = 0;
    while (l < s->n_lengths && s->length[l].n != (size_t)row->length) l++;
    if (l < s->n_lengths) return l;
    s->length[l] = (struct sweep_length){(size_t)row->length, (size_t)row->batch, (int)row->threads};
    return s->n_lengths++;
}

static void fill_cell(struct sweep_cell *c, const struct cost_row *row, enum sweep_mode m, size_t rounds)
{
    snprintf(c->reason, sizeof c->reason, "%.255s", row->reason);
    c->visit[m] = take(rounds, sizeof(double));
    for (size_t i = 0; i < rounds; i++) c->visit[m][i] = 1e-3 * (i == 0 ? row->fastest_ms : i == rounds - 1 ? row->slowest_ms : row->step_ms);
    c->of[m] = (struct bench_result){.step_seconds = 1e-3 * row->step_ms, .flops = row->flops_per_step, .steps = (size_t)row->steps};
    if (row->reason[0]) return;
    c->of[m].activation_bytes = (size_t)row->activation_bytes;
    c->of[m].activation_rows = (size_t)row->activation_rows;
}

static enum sweep_mode mode_of(const struct cost_row *row)
{
    return strcmp(row->mode, sweep_mode_names[SWEEP_FORWARD]) == 0 ? SWEEP_FORWARD : SWEEP_TRAIN;
}

/* The steps of each round, where the file has them all; else a cell keeps the fastest, the median and the slowest. */
static status fill_rounds(struct sweeps *all, struct sweep *s, const char *direction)
{
    const struct frame *f = &all->file;
    for (size_t i = 0; i < f->n_detail; i++) {
        const struct round_row *row = &f->detail[i];
        size_t v = 0, l = 0, m = 0;
        if (strcmp(row->direction, direction) != 0) continue;
        while (v < s->n_variants && strcmp(s->variant[v].name, row->variant) != 0) v++;
        while (l < s->n_lengths && s->length[l].n != (size_t)row->length) l++;
        while (m < SWEEP_MODES && strcmp(sweep_mode_names[m], row->mode) != 0) m++;
        if (v == s->n_variants || l == s->n_lengths || m == SWEEP_MODES || row->round < 1 || row->round > (int64_t)s->rounds || !(row->step_ms > 0))
            FAIL(ERR_DATA, "%s: row %zu of /rounds makes no sense", all->path, i);
        s->cell[v * s->n_lengths + l].visit[m][row->round - 1] = 1e-3 * row->step_ms;
    }
    return OK;
}

static bool is_sound(const struct cost_row *row, size_t rounds)
{
    return row->length > 0 && row->batch > 0 && row->rounds == (int64_t)rounds
        && (strcmp(row->mode, sweep_mode_names[SWEEP_TRAIN]) == 0 || strcmp(row->mode, sweep_mode_names[SWEEP_FORWARD]) == 0)
        && (row->reason[0] || (row->step_ms > 0 && row->activation_rows >= 1 && row->activation_bytes >= 0));
}

/* Every variant, length and mode once. */
static bool is_full(const struct sweep *s)
{
    for (size_t i = 0; i < s->n_variants * s->n_lengths; i++)
        for (int m = 0; m < SWEEP_MODES; m++)
            if (!s->cell[i].visit[m]) return false;
    return true;
}

static status read_direction(struct sweeps *all, const char *direction)
{
    const struct frame *f = &all->file;
    struct sweep *s = &all->at[all->n];
    struct cost_options options;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) n += strcmp(f->cost[i].direction, direction) == 0;
    if (n == 0) return OK;
    all->direction[all->n++] = direction;
    frame_options(f, "bench", cost_option_table, &options, sizeof options);
    frame_options(f, "model", model_option_table, &s->base.model, sizeof s->base.model);
    s->base.classes = strcmp(direction, directions[1]) == 0 ? 0 : CLASSES;
    s->base.threads = atoi(frame_environment(f, "threads"));
    s->base.seconds = options.seconds;
    s->base.pack_rows = PACK_ROWS;
    s->rounds = (size_t)options.rounds;
    s->kernel = frame_environment(f, "kernel");
    s->real = frame_environment(f, "real");
    struct sweep_variant *list = take(n, sizeof *list);
    s->variant = list;
    s->length = take(n, sizeof *s->length);
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->cost[i].direction, direction) != 0) continue;
        if (!is_sound(&f->cost[i], s->rounds)) FAIL(ERR_DATA, "%s: row %zu of /bench makes no sense", all->path, i);
        (void)variant_at(s, list, &f->cost[i]);
        (void)length_at(s, &f->cost[i]);
    }
    if (n != s->n_variants * s->n_lengths * SWEEP_MODES) FAIL(ERR_DATA, "%s: /bench lacks rows of %s models", all->path, direction);
    s->cell = take(s->n_variants * s->n_lengths, sizeof *s->cell);
    for (size_t i = 0; i < f->n; i++) {
        const struct cost_row *row = &f->cost[i];
        if (strcmp(row->direction, direction) != 0) continue;
        struct sweep_cell *c = &s->cell[variant_at(s, list, row) * s->n_lengths + length_at(s, row)];
        if (!c->visit[mode_of(row)]) fill_cell(c, row, mode_of(row), s->rounds);
    }
    if (!is_full(s)) FAIL(ERR_DATA, "%s: /bench has rows twice", all->path);
    all->by_round = f->n_detail > 0;
    return fill_rounds(all, s, direction);
}

status sweeps_read(const struct config *c, const char *results_dir, struct sweeps *out)
{
    char id[33];
    memset(out, 0, sizeof *out);
    measurement_path(c, results_dir, out->path, sizeof out->path);
    if (access(out->path, F_OK) != 0) FAIL(ERR_DATA, "%s: not measured yet; try: reach run", out->path);
    TRY(frame_read(&costs_kind, &out->file, out->path));
    status e = OK;
    for (size_t d = 0; d < 2 && e == OK; d++) e = read_direction(out, directions[d]);
    if (e == OK && out->n == 0) e = status_fail(ERR_DATA, "%s: /bench has rows of no known direction", out->path);
    measured_id(c->measured, id);
    out->stale = strcmp(id, out->file.id) != 0;
    if (e != OK) sweeps_done(out);
    return e;
}

void sweeps_done(struct sweeps *s)
{
    for (size_t i = 0; i < s->n; i++) {
        sweep_done(&s->at[i]);
        free((void *)s->at[i].variant);
        free(s->at[i].length);
    }
    frame_done(&s->file);
    memset(s, 0, sizeof *s);
}

const char *sweeps_name(const struct sweeps *s, size_t direction, char *out, size_t size)
{
    snprintf(out, size, "cost%s%s", s->n > 1 ? "-" : "", s->n > 1 ? s->direction[direction] : "");
    return out;
}
