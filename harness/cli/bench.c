/* bench.c -- reach bench [VARIANT...] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/variant_flags.h"
#include "measure/sweep_plot.h"
#include "measure/sweep_table.h"
#include "report/table.h"
#include "store/place.h"

struct bench_flags {
    const char *lengths, *seconds, *rounds, *threads, *width, *layers, *heads, *tokens, *batch, *workload, *format, *out, *plot;
    bool causal;
    const char *set[32];
    size_t n_set;
};

static double megabytes_resident(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static status measure_workload(const char *name, struct bench_request *rq)
{
    static const char *const biases[] = {"bias=[q, k, v]"};
    static struct chosen_variant v;
    if (!bench_workload(name, rq)) FAIL(ERR_CONFIG, "--workload %s: want %s", name, BENCH_WORKLOADS);
    TRY(choose_variant("learned", 1, biases, &v));
    rq->attention = v.attention;
    rq->attention_options = v.attention_options;
    rq->position = v.position;
    rq->position_options = v.position_options;
    struct bench_result r;
    TRY(bench_run(rq, &r));
    printf("%s %.1f sequences/s %.0f MB\n", name, (double)rq->batch / r.step_seconds, megabytes_resident());
    return OK;
}

/* ---- what to measure ---- */

enum { VARIANTS_MAX = 64 };

struct names { size_t n; const char *at[VARIANTS_MAX]; };

/* Those named; else the ones that LRA-like tables compare, as far as there are any of that name. */
static status find_names(int argc, char **argv, struct names *out)
{
    static const char *const usual[] = {"vanilla", "transformer_xl", "compressive", "longformer", "linformer", "performer", "infini",
                                        "keynorm", "rope_bias"};
    if (argc - 1 > VARIANTS_MAX) FAIL(ERR_CONFIG, "%d variants; at most %d at a time", argc - 1, VARIANTS_MAX);
    out->n = 0;
    for (int i = 1; i < argc; i++) out->at[out->n++] = argv[i];
    for (size_t i = 0; argc < 2 && i < sizeof usual / sizeof *usual; i++)
        if (preset_find(usual[i]) || attention_find(usual[i])) out->at[out->n++] = usual[i];
    return OK;
}

static status choose_variants(const struct bench_flags *f, const struct names *names, struct chosen_variant *chosen, struct sweep_variant *out)
{
    for (size_t i = 0; i < names->n; i++) {
        struct chosen_variant *v = &chosen[i];
        TRY(choose_variant(names->at[i], f->n_set, f->set, v));
        out[i] = (struct sweep_variant){.name = names->at[i], .attention_name = v->attention->name, .position_name = v->position->name, .style = i,
                                        .attention = v->attention, .attention_options = v->attention_options,
                                        .position = v->position, .position_options = v->position_options};
    }
    return OK;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static status choose_lengths(const struct bench_flags *f, const struct bench_request *base, struct sweep_length *out, size_t *n)
{
    struct { struct int_list at; } lengths;
    static const struct option list = {"--lengths", OPTION_INT_LIST, 0, "[]", 1, 1 << 24, NULL, "lengths"};
    char text[OPTION_TEXT];
    long batch = 0, tokens = 0;
    if (f->batch && f->tokens) FAIL(ERR_CONFIG, "--batch and --tokens both say how large a batch is; leave out one");
    snprintf(text, sizeof text, "[%s]", f->lengths ? f->lengths : "1024, 2048, 3072, 4096");
    TRY(option_set_text(&list, &lengths, text));
    if (lengths.at.n == 0) FAIL(ERR_CONFIG, "--lengths: want at least one length");
    qsort(lengths.at.at, lengths.at.n, sizeof lengths.at.at[0], ascending);
    if (f->batch) TRY(command_number("batch", f->batch, 1, &batch));
    if (f->tokens) TRY(command_number("tokens", f->tokens, 1, &tokens));
    const size_t of_step = tokens ? (size_t)tokens : sweep_tokens((size_t)lengths.at.at[lengths.at.n - 1], base->threads);
    *n = 0;
    for (size_t i = 0; i < lengths.at.n; i++) {
        if (*n && out[*n - 1].n == (size_t)lengths.at.at[i]) continue;
        out[*n].n = (size_t)lengths.at.at[i];
        sweep_plan(base, (size_t)batch, of_step, &out[(*n)++]);
    }
    return OK;
}

static status choose_model(const struct bench_flags *f, struct bench_request *rq)
{
    long width = 64, layers = 2, heads = 2;
    if (f->width) TRY(command_number("width", f->width, 1, &width));
    if (f->layers) TRY(command_number("layers", f->layers, 1, &layers));
    if (f->heads) TRY(command_number("heads", f->heads, 1, &heads));
    if (width % heads != 0) FAIL(ERR_CONFIG, "--width %ld is not divisible by --heads %ld", width, heads);
    rq->model.width = width;
    rq->model.layers = layers;
    rq->model.heads = heads;
    rq->model.feed_forward = 2 * width;
    rq->vocabulary = 256;
    rq->classes = f->causal ? 0 : 10;
    rq->shards = 4;
    rq->pack_rows = 1024;
    return OK;
}

/* ---- where it goes ---- */

/* DIR/NAME.ENDING in parts; the current folder if there is no DIR. */
struct target { char dir[2048], name[256], ending[8]; };

static status target_of(const char *flag, const char *path, const char *const *endings, struct target *out)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    char known[64] = "";
    for (size_t i = 0; endings[i]; i++) {
        const size_t n = strlen(known);
        snprintf(known + n, sizeof known - n, "%s.%s", i == 0 ? "" : endings[i + 1] ? ", " : " or ", endings[i]);
        if (!dot || dot == base || strcmp(dot + 1, endings[i]) != 0) continue;
        if ((size_t)(base - path) >= sizeof out->dir || (size_t)(dot - base) > 120) FAIL(ERR_CONFIG, "--%s %s: path too long", flag, path);
        snprintf(out->dir, sizeof out->dir, "%.*s", slash ? slash == path ? 1 : (int)(slash - path) : 1, slash ? path : ".");
        snprintf(out->name, sizeof out->name, "%.*s", (int)(dot - base), base);
        snprintf(out->ending, sizeof out->ending, "%s", dot + 1);
        return OK;
    }
    FAIL(ERR_CONFIG, "--%s %s: want a file name that ends in %s", flag, path, known);
}

struct outputs {
    enum table_format format;       /* on stdout        */
    struct target out, plot;
};

static status choose_outputs(const struct bench_flags *f, struct outputs *o)
{
    static const char *const tables[] = {"csv", "md", "tex", NULL}, *const pictures[] = {"png", "svg", "pdf", NULL};
    o->format = TABLE_TEXT;
    if (f->format) TRY(table_format_find(f->format, &o->format));
    if (f->out) TRY(target_of("out", f->out, tables, &o->out));
    if (f->plot) TRY(target_of("plot", f->plot, pictures, &o->plot));
    return OK;
}

static status write_table(const struct sweep *s, const char *path, const char *ending)
{
    char tmp[PLACE_PATH];
    enum table_format format;
    TRY(table_format_find(ending, &format));
    TRY(place_begin(path, tmp));
    FILE *out = fopen(tmp, "w");
    if (out) sweep_table(out, s, format, false);
    bool ok = out && !ferror(out);
    if (out) ok = fclose(out) == 0 && ok;
    if (ok && rename(tmp, path) == 0) return OK;
    const int why = errno;
    unlink(tmp);
    FAIL(ERR_IO, "%s: cannot be written: %s", path, strerror(why));
}

static status write_plot(const struct sweep *s, const struct target *t, FILE *log)
{
    char plots[4096];
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    return sweep_plot(s, plots, t->dir, t->name, t->ending, log);
}

static status show(const struct bench_flags *f, const struct outputs *o, const struct sweep *s)
{
    sweep_table(stdout, s, o->format, o->format == TABLE_TEXT && table_color(stdout));
    fflush(stdout);
    if (f->out) TRY(write_table(s, f->out, o->out.ending));
    return f->plot ? write_plot(s, &o->plot, o->format == TABLE_TEXT ? stdout : stderr) : OK;
}

static status measure_and_show(const struct bench_flags *f, const struct outputs *o, struct sweep *s)
{
    struct progress progress;
    char took[32];
    const double start = clock_seconds();
    progress_init(&progress, stderr, !isatty(fileno(stderr)));
    const status e = sweep_run(s, &progress);
    clock_print(clock_seconds() - start, took, sizeof took);
    progress_end(&progress, "measured in %s", took);
    char reason[512];
    snprintf(reason, sizeof reason, "%s", e == OK ? "" : status_message());
    const status shown = e == OK || e == ERR_CONFIG ? show(f, o, s) : OK; /* all of them n/a: say so, and why */
    return e == OK ? shown : status_fail(e, "nothing could be measured: %s", reason);
}

static status measure_sweep(const struct bench_flags *f, int argc, char **argv, const struct bench_request *base)
{
    struct names names = {0};
    struct outputs outputs;
    struct sweep_variant variant[VARIANTS_MAX];
    struct sweep_length length[OPTION_ITEMS];
    struct sweep s = {.base = *base, .variant = variant, .length = length};
    long rounds = 3;
    if (!f->seconds) s.base.seconds = 0.5;
    if (f->rounds) TRY(command_number("rounds", f->rounds, 1, &rounds));
    TRY(choose_outputs(f, &outputs));
    TRY(choose_model(f, &s.base));
    TRY(choose_lengths(f, &s.base, length, &s.n_lengths));
    TRY(find_names(argc, argv, &names));
    s.rounds = (size_t)rounds;
    s.n_variants = names.n;
    struct chosen_variant *chosen = calloc(names.n, sizeof *chosen);
    if (!chosen) status_no_memory("variants", names.n * sizeof *chosen);
    status e = choose_variants(f, &names, chosen, variant);
    if (e == OK) e = measure_and_show(f, &outputs, &s);
    sweep_done(&s);
    free(chosen);
    return e;
}

static int run(int argc, char **argv)
{
    struct bench_flags f = {0};
    const struct flag flags[] = {
        {.name = "lengths", .value = &f.lengths}, {.name = "seconds", .value = &f.seconds}, {.name = "rounds", .value = &f.rounds},
        {.name = "threads", .value = &f.threads}, {.name = "width", .value = &f.width}, {.name = "layers", .value = &f.layers},
        {.name = "heads", .value = &f.heads}, {.name = "tokens", .value = &f.tokens}, {.name = "batch", .value = &f.batch},
        {.name = "workload", .value = &f.workload}, {.name = "causal", .given = &f.causal}, {.name = "format", .value = &f.format},
        {.name = "out", .value = &f.out}, {.name = "plot", .value = &f.plot},
        {.name = "set", .list = f.set, .n = &f.n_set, .room = 32}, {.name = NULL},
    };
    struct bench_request rq = {.seconds = 2};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && f.seconds) e = command_real("seconds", f.seconds, &rq.seconds);
    if (e == OK) e = command_threads(f.threads, &rq.threads);
    if (e == OK) e = command_kernel(&rq.kernel);
    option_defaults(model_option_table, &rq.model, sizeof rq.model);
    if (e == OK) e = f.workload ? measure_workload(f.workload, &rq) : measure_sweep(&f, argc, argv, &rq);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_bench = {
    .name = "bench",
    .usage = "bench [VARIANT...] [--lengths 1024,2048] [--causal] [--rounds 3] [--seconds 0.5] [--format text|md|csv|tex|html] [--out FILE] [--plot FILE]",
    .summary = "time, operations and memory of training steps and forward passes against length",
    .help = "  VARIANT               presets or attentions (default: vanilla and those meant for long texts)\n"
            "  --lengths A,B         tokens of an example (default: 1024,2048,3072,4096)\n"
            "  --tokens N            tokens of a step; the batch is N / length examples, a multiple of the threads if it can\n"
            "                        (default: 16384, or so many that every thread has an example of the longest)\n"
            "  --batch N             examples of a step, instead of --tokens\n"
            "  --causal              a language model; otherwise a classifier\n"
            "  --width, --layers, --heads N   of the model (default: 64, 2, 2)\n"
            "  --set option=value    an option of the variants (repeatable)\n"
            "  --rounds N            visits of each variant and length, in turn; medians over them\n"
            "  --seconds S           of each visit, for training and forward each\n"
            "  --format F            text (aligned), md, csv, tex (booktabs), html (a fragment)\n"
            "  --out FILE            tables also to a file: .csv, .md or .tex\n"
            "  --plot FILE           figures: training time to FILE (.png, .svg or .pdf), beside it -forward and -memory\n"
            "  --threads N           default: the CPUs there are\n"
            "  --workload NAME       one of the workloads of `make bench-peer` (" BENCH_WORKLOADS "), 2 seconds if not told\n",
    .run = run,
};
