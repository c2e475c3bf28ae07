/* bench.c -- reach bench [VARIANT...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/bench.h"
#include "cli/command.h"
#include "cli/variant_flags.h"

struct bench_flags {
    const char *lengths, *seconds, *threads, *width, *layers, *heads, *batch_tokens, *workload;
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

static void use_variant(struct bench_request *rq, const struct chosen_variant *v)
{
    rq->attention = v->attention;
    rq->attention_options = v->attention_options;
    rq->position = v->position;
    rq->position_options = v->position_options;
}

static status measure_workload(const char *name, struct bench_request *rq, struct chosen_variant *v)
{
    if (!bench_workload(name, rq)) FAIL(ERR_CONFIG, "--workload %s: want %s", name, BENCH_WORKLOADS);
    static const char *const biases[] = {"bias=[q, k, v]"};
    TRY(choose_variant("learned", 1, biases, v));
    use_variant(rq, v);
    struct bench_result r;
    TRY(bench_run(rq, &r));
    printf("%s %.1f sequences/s %.0f MB\n", name, (double)rq->batch / r.step_seconds, megabytes_resident());
    return OK;
}

static void print_head(const struct bench_request *rq)
{
    printf("%lld layers, width %lld, %lld heads, %s, %d threads, kernel %s; median step\n\n", (long long)rq->model.layers,
           (long long)rq->model.width, (long long)rq->model.heads, rq->classes ? "classifier" : "language model", rq->threads, rq->kernel->name);
    printf("%-14s %7s %6s | %10s %10s %9s %14s | %10s %10s\n", "variant", "length", "batch", "ms/step", "ns/token", "GFLOP/s",
           "act. bytes/tok", "forward ms", "ns/token");
}

static status measure_row(const char *name, struct bench_request *rq)
{
    struct bench_result train, forward;
    rq->forward_only = false;
    TRY(bench_run(rq, &train));
    rq->forward_only = true;
    TRY(bench_run(rq, &forward));
    const double tokens = (double)(rq->batch * rq->length);
    printf("%-14s %7zu %6zu | %10.2f %10.0f %9.1f %14.0f | %10.2f %10.0f\n", name, rq->length, rq->batch, 1e3 * train.step_seconds,
           1e9 * train.step_seconds / tokens, 1e-9 * train.flops / train.step_seconds,
           (double)train.activation_bytes / (double)train.activation_rows, 1e3 * forward.step_seconds, 1e9 * forward.step_seconds / tokens);
    fflush(stdout);
    return OK;
}

static status measure_table(const struct bench_flags *f, int argc, char **argv, struct bench_request *rq, struct chosen_variant *chosen)
{
    struct { struct int_list at; } lengths;
    static const struct option list = {"lengths", OPTION_INT_LIST, 0, "[256, 1024, 4096]", 1, 1 << 24, NULL, "lengths"};
    char text[OPTION_TEXT];
    snprintf(text, sizeof text, "[%s]", f->lengths ? f->lengths : "256, 1024, 4096");
    TRY(option_set_text(&list, &lengths, text));
    long width = 64, layers = 2, heads = 2, tokens = 16384;
    if (f->width) TRY(command_number("width", f->width, 1, &width));
    if (f->layers) TRY(command_number("layers", f->layers, 1, &layers));
    if (f->heads) TRY(command_number("heads", f->heads, 1, &heads));
    if (f->batch_tokens) TRY(command_number("tokens", f->batch_tokens, 1, &tokens));
    rq->model.width = width;
    rq->model.layers = layers;
    rq->model.heads = heads;
    rq->model.feed_forward = 2 * width;
    rq->vocabulary = 256;
    rq->classes = f->causal ? 0 : 10;
    rq->shards = 4;
    rq->pack_rows = 1024;
    const char *fallback[] = {"vanilla", "rope", "alibi", "keynorm"};
    const size_t n = argc > 1 ? (size_t)argc - 1 : sizeof fallback / sizeof *fallback;
    for (int i = 1; i < argc; i++) TRY(choose_variant(argv[i], f->n_set, f->set, chosen));
    print_head(rq);
    for (size_t v = 0; v < n; v++) {
        const char *name = argc > 1 ? argv[v + 1] : fallback[v];
        TRY(choose_variant(name, f->n_set, f->set, chosen));
        use_variant(rq, chosen);
        for (size_t i = 0; i < lengths.at.n; i++) {
            rq->length = (size_t)lengths.at.at[i];
            rq->batch = (size_t)tokens / rq->length ? (size_t)tokens / rq->length : 1;
            TRY(measure_row(name, rq));
        }
    }
    return OK;
}

static int run(int argc, char **argv)
{
    struct bench_flags f = {0};
    const struct flag flags[] = {
        {.name = "lengths", .value = &f.lengths}, {.name = "seconds", .value = &f.seconds}, {.name = "threads", .value = &f.threads},
        {.name = "width", .value = &f.width}, {.name = "layers", .value = &f.layers}, {.name = "heads", .value = &f.heads},
        {.name = "tokens", .value = &f.batch_tokens}, {.name = "workload", .value = &f.workload}, {.name = "causal", .given = &f.causal},
        {.name = "set", .list = f.set, .n = &f.n_set, .room = 32}, {.name = NULL},
    };
    static struct chosen_variant v;
    struct bench_request rq = {.seconds = 2};
    status e = command_flags(flags, &argc, argv);
    if (e == OK && f.seconds) e = command_real("seconds", f.seconds, &rq.seconds);
    if (e == OK) e = command_threads(f.threads, &rq.threads);
    if (e == OK) e = command_kernel(&rq.kernel);
    option_defaults(model_option_table, &rq.model, sizeof rq.model);
    if (e == OK) e = f.workload ? measure_workload(f.workload, &rq, &v) : measure_table(&f, argc, argv, &rq, &v);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_bench = {
    .name = "bench",
    .usage = "bench [VARIANT...] [--lengths 256,1024,4096] [--causal] [--width 64] [--layers 2] [--heads 2] [--tokens 16384] [--seconds 2] [--threads N]",
    .summary = "time, multiply-adds and memory of training steps and forward passes against length",
    .help = "  VARIANT               presets or attentions (default: vanilla rope alibi keynorm)\n"
            "  --lengths A,B         tokens of an example\n"
            "  --tokens N            tokens of a batch; the batch is N / length examples\n"
            "  --set option=value    an option of the variants (repeatable)\n"
            "  --causal              a language model; otherwise a classifier\n"
            "  --seconds S           how long to measure each\n"
            "  --workload NAME       one of the workloads of `make bench-peer` (" BENCH_WORKLOADS ")\n",
    .run = run,
};
