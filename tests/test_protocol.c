/* test_protocol.c -- protocols: every task of each resolves, with the published numbers; what is stronger than what; padding as some
 * published code did it, against a slow computation in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/protocol.h"
#include "folder.h"
#include "report/caption.h"
#include "report/load.h"
#include "support.h"
#include "tensor/product.h"
#include "train/padding.h"
#include "train/runner.h"
#include "train/workers.h"
#include "variants/variant.h"

static void near(const char *what, double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want) + 1e-300)) fail_msg("%s: got %.15g, wanted %.15g", what, got, want);
}

static struct config read_text(const char *yaml, const char *set)
{
    struct config c;
    put("a.yaml", yaml);
    const char *path = in_folder("a.yaml");
    if (config_read(&(struct config_request){.path = path, .n_set = set != NULL, .set = &set}, &c) != OK) fail_msg("%s\n%s", status_message(), yaml);
    return c;
}

/* The whole sentence after the folder. */
static void refuses(const char *yaml, const char *sentence)
{
    struct config c;
    put("a.yaml", yaml);
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("a.yaml")}, &c), ERR_CONFIG);
    const char *said = strstr(status_message(), "a.yaml");
    assert_string_equal(said ? said : status_message(), sentence);
}

static const char *value_of(const struct option *table, const void *options, const char *name)
{
    static char text[4][OPTION_PRINT];
    static int turn;
    const struct option *o = option_find(table, name);
    turn = (turn + 1) % 4;
    if (!o) fail_msg("no option %s", name);
    option_print(o, options, text[turn], sizeof text[turn]);
    return text[turn];
}

/* ---- the numbers ------------------------------------------------------------------------------------------------ */

/* Printed and read back without the key, it is the same run. */
static void round_trip(const struct run *r)
{
    char *text = config_print(r), id[33], again[33];
    assert_null(strstr(text, "protocol"));
    put("print.yaml", text);
    struct config c;
    if (config_read(&(struct config_request){.path = in_folder("print.yaml")}, &c) != OK) fail_msg("%s\n%s", status_message(), text);
    assert_int_equal(c.n_runs, 1);
    assert_memory_equal(&c.runs->model, &r->model, sizeof r->model);
    assert_memory_equal(&c.runs->train, &r->train, sizeof r->train);
    assert_memory_equal(c.runs->task_options, r->task_options, OPTIONS_ROOM);
    assert_memory_equal(c.runs->attention_options, r->attention_options, OPTIONS_ROOM);
    assert_ptr_equal(c.runs->position, r->position);
    config_train_id(r, "data", id);
    config_train_id(c.runs, "data", again);
    assert_string_equal(id, again);
    free(text);
    config_done(&c);
}

static void every_task_resolves(void **state)
{
    (void)state;
    for (const struct protocol *p = protocols; p->name; p++)
        for (const struct protocol_task *t = p->task; t->task; t++)
            for (int faithful = 0; faithful <= p->can_be_faithful; faithful++) {
                char yaml[512];
                snprintf(yaml, sizeof yaml, "protocol: {%s: {faithful: %s}}\ntasks: [%s]\n"
                         "variants: [vanilla, rope, none, linformer, performer, longformer, linear, local, keynorm]\n", p->name,
                         faithful ? "true" : "false", t->task);
                struct config c = read_text(yaml, NULL);
                assert_int_equal(c.n_runs, 9);
                for (size_t i = 0; i < c.n_runs; i++) round_trip(&c.runs[i]);
                assert_string_equal(c.runs[0].position->name, p->position);
                assert_string_equal(c.runs[1].position->name, "rope");
                assert_string_equal(c.runs[2].position->name, "none");
                assert_int_equal(c.runs[0].model.hide_zero, faithful);
                assert_true(c.runs[0].train.steps > 0);
                config_done(&c);
            }
}

struct cell {
    const char *protocol, *task;
    int64_t batch, steps;
    double  rate;
    int64_t warmup, eval_every, width, layers, heads, head_width, feed_forward, length, pad; /* length: 0 if the task has none */
};

static const struct cell cells[] = {
    {"lra2021", "listops", 32, 5000, 0.05, 1000, 50, 512, 4, 8, 0, 1024, 0, 2000},
    {"lra2021", "text", 32, 20000, 0.05, 8000, 100, 256, 4, 4, 0, 1024, 1000, 1000},
    {"lra2021", "retrieval", 32, 5000, 0.05, 8000, 100, 128, 4, 4, 0, 512, 4000, 4000},
    {"lra2021", "image", 256, 35000, 5e-4, 175, 175, 128, 1, 8, 8, 128, 0, 0},
    {"lra2021", "pathfinder", 512, 62400, 1e-3, 312, 312, 32, 4, 4, 4, 32, 0, 0},
    {"lra2021", "pathx", 64, 500000, 1e-3, 2500, 312, 32, 1, 2, 8, 32, 0, 0},
    {"small", "listops", 32, 5000, 1e-4, 1000, 50, 64, 2, 2, 32, 128, 0, 2048},
    {"small", "text", 32, 20000, 1e-4, 8000, 500, 64, 2, 2, 32, 128, 1000, 1024},
    {"small", "retrieval", 32, 30000, 1e-4, 800, 300, 64, 2, 2, 32, 128, 4000, 4096},
    {"small", "image", 256, 35000, 1e-4, 175, 175, 64, 2, 2, 32, 128, 0, 0},
    {"small", "pathfinder", 256, 62400, 1e-4, 312, 312, 64, 2, 2, 32, 128, 0, 0},
    {"skyformer", "listops", 32, 50000, 1e-4, 1000, 500, 64, 2, 2, 32, 128, 0, 2048},
    {"skyformer", "text", 32, 50000, 1e-4, 80, 500, 64, 2, 2, 32, 128, 4000, 4096},
    {"skyformer", "retrieval", 16, 50000, 2e-4, 800, 1000, 64, 2, 2, 32, 128, 4000, 4096},
    {"skyformer", "image", 256, 50000, 1e-4, 175, 50, 64, 2, 2, 32, 128, 0, 0},
    {"skyformer", "pathfinder", 128, 50000, 2e-4, 312, 500, 64, 2, 2, 32, 128, 0, 0},
    {"s4", "listops", 32, 120000, 0.01, 12000, 3000, 256, 6, 4, 0, 512, 0, 0},
    {"s4", "text", 16, 50000, 0.01, 5000, 1562, 256, 6, 4, 0, 512, 4096, 0},
    {"s4", "retrieval", 64, 50000, 0.01, 5000, 2298, 256, 6, 4, 0, 512, 4000, 0},
    {"s4", "image", 50, 180000, 0.01, 18000, 900, 512, 6, 4, 0, 512, 0, 0},
    {"s4", "pathfinder", 64, 500000, 0.004, 50000, 2500, 256, 6, 4, 0, 512, 0, 0},
    {"s4", "pathx", 16, 500000, 0.001, 50000, 10000, 256, 6, 4, 0, 512, 0, 0},
};

static void check_cell(const struct cell *w)
{
    char yaml[256], length[32];
    const bool can = protocol_find(w->protocol)->can_be_faithful;
    snprintf(yaml, sizeof yaml, "protocol: {%s: {faithful: %s}}\ntasks: [%s]\nvariants: [vanilla]\n", w->protocol, can ? "true" : "false", w->task);
    struct config c = read_text(yaml, NULL);
    const struct run *r = c.runs;
    const struct train_options *t = &r->train;
    const struct model_options *m = &r->model;
    const int64_t got[] = {t->batch, t->steps, t->warmup, t->eval_every, m->width, m->layers, m->heads, m->head_width, m->feed_forward, m->pad_to};
    const int64_t want[] = {w->batch, w->steps, w->warmup, w->eval_every, w->width, w->layers, w->heads, w->head_width, w->feed_forward, w->pad};
    for (size_t i = 0; i < sizeof got / sizeof *got; i++)
        if (got[i] != want[i]) fail_msg("%s, %s, number %zu: %lld, wanted %lld", w->protocol, w->task, i, (long long)got[i], (long long)want[i]);
    near("rate", t->rate, w->rate, 0);
    snprintf(length, sizeof length, "%lld", (long long)w->length);
    if (w->length) assert_string_equal(value_of(r->task->options, r->task_options, "length"), length);
    if (strcmp(w->task, "listops") == 0 && can) assert_string_equal(value_of(r->task->options, r->task_options, "first_id"), "1");
    config_done(&c);
}

static void published_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) check_cell(&cells[i]);
}

static void published_words(void **state)
{
    (void)state;
    struct config c = read_text("protocol: {lra2021: {faithful: true}}\ntasks: [text, retrieval, pathfinder, image]\nvariants: [vanilla]\n", NULL);
    const struct run *r = c.runs;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r[i].train.schedule, i < 2 ? SCHEDULE_RSQRT : SCHEDULE_COSINE);
        near("decay", r[i].train.decay, i < 2 ? 0.1 : 0, 0);
        near("beta2", r[i].train.beta2, 0.98, 0);
        near("epsilon", r[i].train.epsilon, 1e-9, 0);
        assert_int_equal(r[i].model.init, INIT_XAVIER);
        assert_int_equal(r[i].model.activation, ACTIVATION_GELU_TANH);
        assert_string_equal(r[i].protocol, "lra2021, faithful");
    }
    assert_int_equal(r[0].train.keep, KEEP_LAST); /* the published score of Text is that of the last checkpoint */
    assert_int_equal(r[1].train.keep, KEEP_BEST);
    assert_int_equal(r[0].model.pooling, POOL_CLS);
    assert_int_equal(r[1].model.pooling, POOL_FIRST);
    assert_int_equal(r[2].model.pooling, POOL_MEAN);
    assert_int_equal(r[2].model.mean_over, MEAN_OVER_ALL);
    assert_int_equal(r[1].model.pair_head, PAIR_LRA2021);
    assert_string_equal(value_of(r[0].task->options, r[0].task_options, "valid"), "test");
    near("dropout", r[3].model.dropout, 0.3, 0);
    near("attention dropout", r[3].model.attention_dropout, 0.2, 0);
    near("final rate", r[3].train.final_rate, 0, 0);
    config_done(&c);

    c = read_text("protocol: skyformer\ntasks: [listops, text]\nvariants: [vanilla, linear]\n", NULL);
    r = c.runs;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r[i].train.schedule, SCHEDULE_ONE_CYCLE);
        assert_true(r[i].train.beta_swing);
        near("epsilon", r[i].train.epsilon, 1e-6, 0);
        near("decay", r[i].train.decay, 0, 0);
        near("clip value", r[i].train.clip_value, 1, 0);
        near("clip norm", r[i].train.clip_norm, 0, 0);
        assert_int_equal(r[i].model.mean_over, MEAN_OVER_SEEN);
        assert_int_equal(r[i].model.pad_to, 0);
        assert_string_equal(value_of(r[i].attention->options, r[i].attention_options, "bias"), "[q, k, v]");
        assert_string_equal(r[i].protocol, "skyformer");
        near("attention dropout", r[i].model.attention_dropout, i % 2 ? 0 : 0.1, 0); /* linear has no weights to drop */
    }
    assert_string_equal(value_of(r[2].task->options, r[2].task_options, "valid"), "held_out");
    config_done(&c);
}

/* ---- what is stronger ------------------------------------------------------------------------------------------- */

static const char layers[] =
    "protocol: small\n"
    "train: {rate: 2e-4, warmup: 7}\n"
    "tasks:\n  - listops: {train: 500, with: {train: {warmup: 8, batch: 9}, model: {dropout: 0.3}, test: {examples: 5}}}\n  - image\n"
    "variants:\n  - vanilla\n  - vanilla: {as: b, position: none, bias: [], train: {batch: 10}, model: {dropout: 0.4}}\n";

static void precedence(void **state)
{
    (void)state;
    struct config c = read_text(layers, NULL);
    const struct run *a = &c.runs[0], *b = &c.runs[1], *image = &c.runs[2];
    assert_int_equal(a->train.steps, 5000);          /* protocol */
    near("rate", a->train.rate, 2e-4, 0);            /* file over protocol */
    assert_int_equal(a->train.warmup, 8);            /* task over file */
    assert_int_equal(a->train.batch, 9);
    near("dropout", a->model.dropout, 0.3, 0);
    assert_int_equal(a->test.examples, 5);
    assert_int_equal(b->train.batch, 10);            /* variant over task */
    near("dropout", b->model.dropout, 0.4, 0);
    assert_int_equal(b->train.warmup, 8);
    assert_string_equal(b->position->name, "none");
    assert_string_equal(value_of(b->attention->options, b->attention_options, "bias"), "[]");
    assert_int_equal(image->train.warmup, 7);        /* what one task has does not reach another */
    assert_int_equal(image->train.batch, 256);
    assert_int_equal(image->test.examples, 0);
    assert_string_equal(value_of(a->task->options, a->task_options, "train"), "500");
    config_done(&c);
    c = read_text(layers, "train.rate=3e-4");
    near("rate", c.runs[0].train.rate, 3e-4, 0);
    config_done(&c);
    c = read_text(layers, "train={batch: 11, tokens: 1e5}"); /* --set over task and variant */
    for (size_t i = 0; i < c.n_runs; i++) {
        assert_int_equal(c.runs[i].train.batch, 11);
        assert_int_equal(c.runs[i].train.steps, 0);
    }
    assert_int_equal(c.runs[0].train.warmup, 8);
    config_done(&c);
    c = read_text(layers, "test.examples=6");
    assert_int_equal(c.runs[0].test.examples, 6);
    config_done(&c);
    c = read_text(layers, "protocol=skyformer");
    assert_int_equal(c.runs[0].train.steps, 50000);
    config_done(&c);
}

/* A budget in other units takes the place of the protocol's steps. */
static void budgets(void **state)
{
    (void)state;
    struct config c = read_text("protocol: small\ntasks: [listops, {image: {with: {train: {samples: 640}}}}]\nvariants: [vanilla]\ntrain: {tokens: 1e5}\n", NULL);
    assert_int_equal(c.runs[0].train.steps, 0);
    assert_int_equal(c.runs[0].train.samples, 0);
    near("tokens", c.runs[0].train.tokens, 1e5, 0);
    assert_int_equal(c.runs[1].train.steps, 0);
    assert_int_equal(c.runs[1].train.samples, 640);
    round_trip(&c.runs[1]);
    config_done(&c);
    c = read_text("tasks: [listops]\nvariants: [vanilla, {vanilla: {as: b, train: {tokens: 1e5}}}, {vanilla: {as: c, train: {steps: 3}}}]\n"
                  "train: {samples: 64}\n", NULL);
    assert_int_equal(c.runs[0].train.samples, 64);
    assert_int_equal(c.runs[1].train.samples, 0);
    assert_int_equal(c.runs[2].train.steps, 3);
    config_done(&c);
    refuses("tasks: [lm]\nvariants: [vanilla]\ntrain: {samples: 64}\n",
            "a.yaml:3:18: train.samples counts examples, and lm has none; give train.tokens");
}

static void refused(void **state)
{
    (void)state;
#define VANILLA "variants: [vanilla]\n"
    refuses("protocol: smal\ntasks: [listops]\n" VANILLA, "a.yaml:1:11: no protocol \"smal\"; did you mean \"small\"?");
    refuses("protocol: other\ntasks: [listops]\n" VANILLA, "a.yaml:1:11: no protocol \"other\"; known: lra2021, small, skyformer, s4");
    refuses("protocol: [small]\ntasks: [listops]\n" VANILLA, "a.yaml:1:11: protocol is a name, or one name with {faithful: true}");
    refuses("protocol:\ntasks: [listops]\n" VANILLA, "a.yaml:1:10: protocol is a name, or one name with {faithful: true}");
    refuses("protocol: {small: {faithfull: true}}\ntasks: [listops]\n" VANILLA,
            "a.yaml:1:20: no option \"faithfull\" for small; did you mean \"faithful\"?");
    refuses("protocol: small\ntasks: [lm]\n" VANILLA,
            "a.yaml:2:9: no task \"lm\" in protocol small; known: listops, text, text-books, retrieval, retrieval-books, image, image-fashion, pathfinder, pathx");
    refuses("protocol: skyformer\ntasks: [listops, pathx]\n" VANILLA,
            "a.yaml:2:18: no task \"pathx\" in protocol skyformer; known: listops, text, text-books, retrieval, retrieval-books, image, image-fashion, "
            "pathfinder");
    refuses("tasks: [{listops: {with: {modle: {width: 4}}}}]\n" VANILLA, "a.yaml:1:27: no section \"modle\" in with; did you mean \"model\"?");
    refuses("tasks: [{listops: {with: {model: {widht: 4}}}}]\n" VANILLA, "a.yaml:1:35: no option \"widht\" for model; did you mean \"width\"?");
    refuses("tasks: [{listops: {with: {train: {rate: fast}}}}]\n" VANILLA, "a.yaml:1:41: rate: \"fast\" is not a number");
    refuses("tasks: [{listops: {with: {test: {lengths: []}}}}]\n" VANILLA, "a.yaml:1:43: lengths is an empty list");
    refuses("tasks: [{listops: {with: 5}}]\n" VANILLA, "a.yaml:1:26: with takes a map, as in {a: 1}, not one value");
    refuses("tasks: [{listops: {with: {train: {steps: 1}, model: {heads: 3}}}}]\n" VANILLA,
            "a.yaml:1:61: width 128 is not divisible by heads 3; change one, or give head_width");
    put("a.yaml", "protocol: {s4: {faithful: true}}\ntasks: [listops]\n" VANILLA);
    struct config c;
    assert_int_equal(config_read(&(struct config_request){.path = in_folder("a.yaml")}, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "protocol s4 cannot be faithful: "));
}

static void corrected_is_not_faithful(void **state)
{
    (void)state;
    static const char *const keys[] = {"small", "{small: {faithful: true}}", "skyformer"};
    char id[3][33];
    for (size_t i = 0; i < 3; i++) {
        char yaml[256];
        snprintf(yaml, sizeof yaml, "protocol: %s\ntasks: [image]\n" VANILLA, keys[i]);
        struct config c = read_text(yaml, NULL);
        config_train_id(c.runs, "data", id[i]);
        for (size_t j = 0; j < i; j++) assert_string_not_equal(id[i], id[j]);
        config_done(&c);
    }
}

static void captions(void **state)
{
    (void)state;
    struct config c = read_text("protocol: {small: {faithful: true}}\ntasks: [image]\n" VANILLA "train: {samples: 64000}\n", NULL);
    struct loaded at = {.run = c.runs};
    struct variant_runs v = {.label = "vanilla", .at = &at, .n = 1};
    const struct task_runs t = {.run = c.runs, .variant = &v, .n = 1};
    const struct collection all = {.config = &c, .at = &at};
    char text[1024];
    caption_task(&all, &t, text, sizeof text);
    assert_non_null(strstr(text, "for 64.0k of 8.96M examples (scaled down), protocol small, faithful; 1 seed"));
    config_done(&c);
}

/* ---- padding ---------------------------------------------------------------------------------------------------- */

static struct model_options model_defaults(void)
{
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    return o;
}

static void padding(void **state)
{
    (void)state;
    arena *a = arena_new("padding");
    const int32_t one[] = {3, 0, 2}, two[] = {0, 1, 1, 4, 0, 2, 2};
    struct sequence s[2] = {{.n = 3, .token = one, .label = 1, .id = 7}, {.n = 7, .token = two, .label = 2, .first_of_two = true}};
    struct model_options o = model_defaults();
    assert_ptr_equal(padded(a, &o, s, 2), s); /* nothing is wanted */
    for (int hide = 0; hide < 2; hide++)
        for (int64_t to = 0; to < 8; to += 5) {
            if (!hide && !to) continue;
            o.pad_to = to;
            o.hide_zero = hide;
            const struct sequence *p = padded(a, &o, s, 2);
            for (size_t e = 0; e < 2; e++) {
                const size_t n = (size_t)to > s[e].n ? (size_t)to : s[e].n;
                assert_int_equal(p[e].n, n);
                assert_int_equal(p[e].label, s[e].label);
                assert_int_equal(p[e].id, s[e].id);
                assert_int_equal(p[e].first_of_two, s[e].first_of_two);
                assert_int_equal(p[e].valid != NULL, hide);
                for (size_t i = 0; i < n; i++) {
                    const int32_t want = i < s[e].n ? s[e].token[i] : 0;
                    assert_int_equal(p[e].token[i], want);
                    if (hide) assert_int_equal(p[e].valid[i], want != 0);
                }
            }
        }
    assert_int_equal(s[0].n, 3); /* the sequences themselves stay */
    assert_ptr_equal(s[0].token, one);
    const uint8_t bytes[] = {0, 1, 2, 3};
    const struct sequence text = {.n = 3, .byte = bytes}, recall = {.n = 3, .token = one, .target = two};
    assert_ptr_equal(padded(a, &o, &text, 1), &text);
    assert_ptr_equal(padded(a, &o, &recall, 1), &recall);
    arena_free(a);
}

/* One layer by hand: x = E[token]; x += o(attention(norm(x))); mean of norm(x); one linear layer. */
enum { C = 6, H = 2, D = C / H, V = 5, K = 3, MOST = 16 };

static const real *named(const struct model *m, const char *name, size_t rows, size_t cols)
{
    size_t n = 0;
    const real *p = parameter_of(m, name, &n);
    if (!p || n != rows * cols) fail_msg("parameter %s: %zu values, wanted %zu", name, n, rows * cols);
    return p;
}

static void norm_row(const double *x, const real *gain, const real *bias, double *y)
{
    double mean = 0, variance = 0;
    for (size_t c = 0; c < C; c++) mean += x[c] / C;
    for (size_t c = 0; c < C; c++) variance += (x[c] - mean) * (x[c] - mean) / C;
    for (size_t c = 0; c < C; c++) y[c] = (x[c] - mean) / sqrt(variance + 1e-5) * gain[c] + bias[c];
}

static void times(const double *x, const real *w, size_t cols, double *y)
{
    for (size_t j = 0; j < cols; j++) {
        y[j] = 0;
        for (size_t c = 0; c < C; c++) y[j] += x[c] * w[c * cols + j];
    }
}

static double loss_by_hand(const struct model *m, const int32_t *token, size_t n_own, int32_t label)
{
    const struct model_options *o = &m->options;
    const size_t n = (size_t)o->pad_to > n_own ? (size_t)o->pad_to : n_own;
    const real *E = named(m, "embedding", V, C), *bias_o = parameter_of(m, "layer 0.attention.o.bias", NULL);
    double x[MOST][C], y[MOST][C], q[MOST][C], k[MOST][C], v[MOST][C], pooled[C] = {0}, logit[K], most = -INFINITY, sum = 0;
    bool seen[MOST];
    size_t n_seen = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t id = i < n_own ? token[i] : 0;
        seen[i] = !o->hide_zero || id != 0;
        n_seen += seen[i];
        for (size_t c = 0; c < C; c++) x[i][c] = E[(size_t)id * C + c];
        norm_row(x[i], named(m, "layer 0.norm1.gain", 1, C), named(m, "layer 0.norm1.bias", 1, C), y[i]);
        times(y[i], named(m, "layer 0.attention.q", C, C), C, q[i]);
        times(y[i], named(m, "layer 0.attention.k", C, C), C, k[i]);
        times(y[i], named(m, "layer 0.attention.v", C, C), C, v[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double out[C] = {0}, to[C];
        for (size_t h = 0; h < H; h++) {
            double part[MOST], all = 0;
            for (size_t j = 0; j < n; j++) {
                double score = 0;
                for (size_t d = h * D; d < (h + 1) * D; d++) score += q[i][d] * k[j][d];
                part[j] = seen[j] ? exp(score / sqrt((double)D)) : 0;
                all += part[j];
            }
            for (size_t j = 0; j < n; j++)
                for (size_t d = h * D; d < (h + 1) * D; d++) out[d] += part[j] / all * v[j][d];
        }
        times(out, named(m, "layer 0.attention.o", C, C), C, to);
        for (size_t c = 0; c < C; c++) to[c] += x[i][c] + (bias_o ? bias_o[c] : 0);
        norm_row(to, named(m, "final.gain", 1, C), named(m, "final.bias", 1, C), y[i]);
        const double share = o->mean_over == MEAN_OVER_ALL ? 1.0 / (double)n
                           : !seen[i] ? 0 : 1.0 / (double)(o->mean_over == MEAN_OVER_SEEN ? n_seen : n);
        for (size_t c = 0; c < C; c++) pooled[c] += share * y[i][c];
    }
    times(pooled, named(m, "head.out", C, K), K, logit);
    for (size_t j = 0; j < K; j++) {
        logit[j] += named(m, "head.out.bias", 1, K)[j];
        if (logit[j] > most) most = logit[j];
    }
    for (size_t j = 0; j < K; j++) sum += exp(logit[j] - most);
    return log(sum) + most - logit[label];
}

static void by_hand(void **state)
{
    (void)state;
    struct subject subject;
    subject_of(&subject, "none", 0, NULL);
    const int32_t one[] = {3, 0, 2, 4}, two[] = {1, 1, 4, 0, 2, 2, 3, 0, 0};
    const struct sequence s[2] = {{.n = 4, .token = one, .label = 1, .id = 1}, {.n = 9, .token = two, .label = 2, .id = 2}};
    double first[2 * 3 * 2];
    size_t n_first = 0;
    for (int hide = 0; hide < 2; hide++)
        for (int mean = 0; mean < 3; mean++)
            for (int64_t to = 0; to <= 7; to += 7) {
                struct model_options o = model_defaults();
                o.width = C, o.heads = H, o.layers = 1, o.feed_forward = 0, o.init_std = 0.5;
                o.pad_to = to, o.hide_zero = hide, o.mean_over = mean;
                const struct model_spec spec = {.options = &o, .attention = subject.s.attention, .attention_options = subject.s.attention_options,
                                                .position = subject.s.position, .position_options = subject.s.position_options,
                                                .vocabulary = V, .classes = K, .train_length = 9, .seed = 5};
                struct model *m;
                assert_int_equal(model_new(&spec, &m), OK);
                struct workers w;
                workers_init(&w, 1, 0, m->n_values, kernel_choose(NULL));
                struct tally of[2] = {{0}};
                workers_evaluate(&w, m, s, 2, 100, 9, 1, &(struct scores){.of = of});
                near("short example", of[0].loss, loss_by_hand(m, one, 4, 1), 1e-12);
                near("long example", of[1].loss, loss_by_hand(m, two, 9, 2), 1e-12);
                first[n_first++] = of[0].loss;
                workers_done(&w);
                model_free(m);
            }
    for (size_t i = 0; i < 6; i += 2) { /* where nothing is hidden all means are one */
        near("means without padding", first[i], first[0], 1e-13);
        near("means over padding", first[i + 1], first[1], 1e-13);
    }
    assert_true(first[7] != first[9] && first[9] != first[11] && first[7] != first[11]);
    near("hidden rows are as if they were not there", first[7], first[6], 1e-12);
    assert_true(fabs(first[1] - first[0]) > 1e-6);  /* padding that is not hidden is seen */
}

/* Deviation of weights and embeddings at the start. */
static void first_values(void **state)
{
    (void)state;
    struct config c = read_text("protocol: small\ntasks: [image]\n" VANILLA, NULL);
    const struct run *r = c.runs;
    const struct model_spec spec = {.options = &r->model, .attention = r->attention, .attention_options = r->attention_options,
                                    .position = r->position, .position_options = r->position_options, .vocabulary = 256, .classes = 10,
                                    .train_length = 1024, .seed = 5};
    struct model *m;
    assert_int_equal(model_new(&spec, &m), OK);
    static const struct { const char *name; double deviation, bound; } of[] = {
        {"embedding", 0.02, 1}, {"position.table", 0.02, 1}, {"layer 0.attention.q", 0.125 / 1.7320508, 0.125},
        {"layer 1.feed_forward.down", 0.08838834764 / 1.7320508, 0.0883883477},
    };
    for (size_t i = 0; i < 4; i++) {
        size_t n = 0;
        const real *p = parameter_of(m, of[i].name, &n);
        if (!p) fail_msg("no %s", of[i].name);
        double squares = 0;
        for (size_t j = 0; j < n; j++) {
            squares += p[j] * p[j];
            assert_true(fabs(p[j]) <= of[i].bound);
        }
        near(of[i].name, sqrt(squares / (double)n), of[i].deviation, 0.03);
    }
    model_free(m);
    config_done(&c);
}

/* Ids from 1 leave 0 to the padding. */
static void listops_ids(void **state)
{
    (void)state;
    const struct task *t = task_find("listops");
    void *self[2];
    for (int i = 0; i < 2; i++) {
        _Alignas(16) unsigned char options[OPTIONS_ROOM];
        option_defaults(t->options, options, sizeof options);
        static const char *const sets[][2] = {{"min_length", "20"}, {"max_length", "60"}, {"train", "50"}, {"valid", "5"}, {"test", "5"}};
        for (size_t k = 0; k < 5; k++) assert_int_equal(option_set_text(option_find(t->options, sets[k][0]), options, sets[k][1]), OK);
        assert_int_equal(option_set_text(option_find(t->options, "first_id"), options, i ? "1" : "0"), OK);
        assert_int_equal(t->open(&self[i], options, folder), OK);
        assert_int_equal(t->vocabulary(self[i]), 15 + i);
    }
    int32_t token[2][64];
    int32_t least = 99;
    for (size_t e = 0; e < 50; e++) {
        struct example x[2] = {{.token = token[0]}, {.token = token[1]}};
        for (int i = 0; i < 2; i++) assert_int_equal(t->example(self[i], SPLIT_TRAIN, e, &x[i]), OK);
        assert_int_equal(x[0].n, x[1].n);
        assert_int_equal(x[0].label, x[1].label);
        for (size_t j = 0; j < x[0].n; j++) {
            assert_int_equal(token[1][j], token[0][j] + 1);
            if (token[1][j] < least) least = token[1][j];
        }
    }
    assert_int_equal(least, 1);
    for (int i = 0; i < 2; i++) t->close(self[i]);
}

/* Runs of three steps, trained and tested. */
static void trained(const char *protocol, const char *model, struct results *out)
{
    char yaml[1024], path[FILE_PATH], name[64];
    snprintf(yaml, sizeof yaml,
             "protocol: %s\n"
             "model: {width: 8, heads: 2, head_width: 0, feed_forward: 8, head_hidden: 8, dropout: 0, attention_dropout: 0%s}\n"
             "train: {steps: 3, batch: 4, rate: 0.01, warmup: 1, log_every: 1, eval_every: 0}\n"
             "tasks: [{listops: {min_length: 10, max_length: 40, first_id: 1, train: 40, valid: 10, test: 10}}]\nvariants: [none]\n",
             protocol, model);
    struct config c = read_text(yaml, NULL);
    struct progress quiet;
    progress_init(&quiet, stderr, true);
    static int turn;
    snprintf(name, sizeof name, "results-%d", turn++);
    char results[FILE_PATH];
    snprintf(results, sizeof results, "%s", in_folder(name));
    struct runner q = {.data = folder, .results = results, .threads = 1, .kernel = kernel_choose(NULL), .progress = &quiet};
    runner_path(&q, &c, c.runs, path, sizeof path);
    enum outcome how;
    if (runner_run(&q, &c, 0, &how) != OK) fail_msg("%s", status_message());
    assert_int_equal(how, OUTCOME_TRAINED);
    results_init(out);
    assert_int_equal(results_read(out, path, true), OK);
    assert_int_equal(out->n_train, 3);
    assert_int_equal(out->n_test, 1);
    runner_done(&q);
    config_done(&c);
}

/* Training and testing see padding as asked: hidden and left out of the mean it changes rounding only, else it changes all. */
static void trained_with_padding(void **state)
{
    (void)state;
    struct results plain, hidden, seen, faithful;
    trained("small", "", &plain);
    trained("small", ", pad_to: 64, hide_zero: true", &hidden);
    trained("small", ", pad_to: 64", &seen);
    trained("{small: {faithful: true}}", ", pad_to: 64", &faithful);
    for (size_t i = 0; i < 3; i++) {
        near("training loss", hidden.train[i].loss, plain.train[i].loss, 1e-9);
        assert_true(fabs(seen.train[i].loss / plain.train[i].loss - 1) > 1e-7);
        assert_true(fabs(faithful.train[i].loss / plain.train[i].loss - 1) > 1e-7);
    }
    near("test loss", hidden.test[0].loss, plain.test[0].loss, 1e-9);
    assert_true(fabs(seen.test[0].loss / plain.test[0].loss - 1) > 1e-7);
    assert_string_equal(plain.option[0].name, "protocol");
    assert_string_equal(plain.option[0].text, "small");
    assert_string_equal(faithful.option[0].text, "small, faithful");
    results_done(&plain), results_done(&hidden), results_done(&seen), results_done(&faithful);
}

int main(void)
{
    product_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_resolves), cmocka_unit_test(published_numbers), cmocka_unit_test(published_words),
        cmocka_unit_test(precedence),          cmocka_unit_test(budgets),           cmocka_unit_test(refused),
        cmocka_unit_test(corrected_is_not_faithful), cmocka_unit_test(captions),    cmocka_unit_test(padding),
        cmocka_unit_test(by_hand),             cmocka_unit_test(first_values),      cmocka_unit_test(listops_ids),
        cmocka_unit_test(trained_with_padding),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
