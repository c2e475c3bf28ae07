/* test_bench.c -- reach bench: a row per variant and a column per length, refusals with reasons, files of tables and figures.
 * How fast anything is, no test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "command.h"
#include "measure/sweep.h"
#include "tensor/kernel.h"
#include "variants/variant.h"

#define SMALL "bench --width 8 --layers 1 --heads 2 --lengths 16,32 --seconds 0.01 --threads 1"

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, word)); p += strlen(word)) n++;
    return n;
}

/* ---- tables ---- */

static void text(void **state)
{
    (void)state;
    const struct finished *f = expect(0, "median", SMALL " --batch 3 vanilla longformer linformer");
    const char *const titles[] = {"training, × vanilla", "training, ms", "forward, ms", "training, ns", "forward, ns", "training time", "training bytes",
                                  "training, GFLOP/s", "training, bytes", "forward, bytes", "training, MB", "forward, MB"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (!strstr(f->out, titles[i])) fail_msg("no \"%s\" in\n%s", titles[i], f->out);
    assert_int_equal(count(f->out, "\nlongformer "), 7); /* a row of each table */
    assert_int_equal(count(f->out, "\nn × n, computed "), 3);
    assert_true(strstr(f->out, "3×16") && strstr(f->out, "3×32"));
    assert_null(strstr(f->out, "n/a"));
    assert_null(strstr(f->out, "nan"));
    f = expect(0, NULL, SMALL " longformer"); /* nothing to compare with */
    assert_null(strstr(f->out, "× vanilla"));
    expect(0, "**Time per token**", SMALL " rope --format md");
    expect(0, "\\toprule", SMALL " rope --format tex");
    expect(0, "<table", SMALL " rope --format html");
}

static void refusals(void **state)
{
    (void)state;
    const struct finished *f = expect(0, "linformer [1]", SMALL " vanilla linformer --causal");
    assert_non_null(strstr(f->out, "n/a"));
    assert_non_null(strstr(f->out, "[1] linformer mixes all positions"));
    expect(2, "see the future", SMALL " linformer --causal");
    expect(2, "did you mean \"vanilla\"?", SMALL " vanila");
    expect(2, "no variant \"nothing\"", SMALL " rope nothing");
    expect(2, "--batch and --tokens", SMALL " rope --batch 2 --tokens 64");
    expect(2, "not divisible", SMALL " rope --width 9");
    expect(2, "--lengths", "bench rope --lengths 0");
    expect(2, ".csv, .md or .tex", SMALL " rope --out a.html");
    expect(2, ".png, .svg or .pdf", SMALL " rope --plot a.jpeg");
    expect(2, "odt", SMALL " rope --format odt");
    expect(2, "--rounds 0", SMALL " rope --rounds 0");
}

/* The usual variants are those there are: no name of them ends the command. */
static void usual_variants(void **state)
{
    (void)state;
    const struct finished *f = expect(0, "\nvanilla ", SMALL " --rounds 1");
    assert_non_null(strstr(f->out, "\nrope_bias "));
    expect(0, "\nlinformer [", SMALL " --rounds 1 --causal");
}

/* ---- csv ---- */

enum { FIELDS_MAX = 64 };

/* Split a line in place at commas outside quotes; returns how many fields. */
static size_t split(char *line, char **field)
{
    size_t n = 0;
    bool quoted = false;
    field[n++] = line;
    for (char *p = line; *p; p++) {
        if (*p == '"') quoted = !quoted;
        if (*p != ',' || quoted) continue;
        *p = 0;
        assert_true(n < FIELDS_MAX);
        field[n++] = p + 1;
    }
    return n;
}

static struct csv { size_t rows, columns; char *cell[32][FIELDS_MAX]; } csv; /* row 0: names */

static void read_csv(const char *text_of)
{
    static char copy[1 << 16];
    snprintf(copy, sizeof copy, "%s", text_of);
    csv.rows = 0;
    for (char *rest = copy, *line; (line = strtok_r(rest, "\n", &rest));) {
        assert_true(csv.rows < 32);
        const size_t n = split(line, csv.cell[csv.rows]);
        if (csv.rows++ == 0) csv.columns = n;
        assert_int_equal(n, csv.columns);
    }
}

static const char *cell(size_t row, const char *column)
{
    for (size_t i = 0; i < csv.columns; i++)
        if (strcmp(csv.cell[0][i], column) == 0) return csv.cell[row][i];
    fail_msg("no column %s", column);
    return NULL;
}

static double value(size_t row, const char *column)
{
    char *end;
    const char *at = cell(row, column);
    const double x = strtod(at, &end);
    if (end == at || *end) fail_msg("row %zu, %s: \"%s\" is no number", row, column, at);
    return x;
}

static void near(double x, double want)
{
    if (!(fabs(x - want) <= 1e-9 * fabs(want))) fail_msg("%.17g, wanted %.17g", x, want);
}

/* What follows from what was measured, in every row; `first` is the row of the first length, `vanilla` of that variant. */
static void check_row(size_t row, size_t first, size_t vanilla)
{
    const double n = value(row, "length"), batch = value(row, "batch"), step = value(row, "step_ms"), bytes = value(row, "activation_bytes_per_token");
    assert_true(step > 0 && value(row, "fastest_round_ms") <= step && step <= value(row, "slowest_round_ms"));
    assert_true(value(row, "steps") >= 3);
    near(value(row, "token_ns"), 1e6 * step / (n * batch));
    near(value(row, "steps_per_second"), 1000 / step);
    near(value(row, "times_vanilla"), value(vanilla, "step_ms") / step);
    near(value(row, "time_growth"), value(row, "token_ns") / value(first, "token_ns"));
    near(value(row, "flops_per_second"), value(row, "flops_per_step") * 1000 / step);
    near(bytes, value(row, "pack_bytes") / value(row, "pack_rows"));
    near(value(row, "bytes_growth"), bytes / value(first, "activation_bytes_per_token"));
    near(value(row, "pack_rows"), n * batch); /* one pack holds them all */
    near(value(row, "batch_nxn_bytes_computed"), 4 * batch * 2 * 1 * n * n);
    assert_true(bytes > 8 * sizeof(float));
    assert_string_equal(cell(row, "reason"), "");
}

static void numbers(void **state)
{
    (void)state;
    expect(0, NULL, SMALL " longformer linformer vanilla --causal --batch 3 --rounds 2 --out sub/a.csv");
    struct file_content content;
    assert_int_equal(file_read(in_folder("sub/a.csv"), &content), OK);
    char *of_file = strndup((const char *)content.at, content.n);
    file_close(&content);
    read_csv(of_file);
    free(of_file);
    assert_int_equal(csv.rows, 1 + 3 * 2 * 2);
    static const char *const variants[] = {"longformer", "linformer", "vanilla"}, *const modes[] = {"train", "forward"};
    for (size_t row = 1; row < csv.rows; row++) {
        const size_t v = (row - 1) / 4, l = (row - 1) / 2 % 2, m = (row - 1) % 2;
        assert_string_equal(cell(row, "variant"), variants[v]);
        assert_string_equal(cell(row, "mode"), modes[m]);
        near(value(row, "length"), l ? 32 : 16);
        if (v == 1) {
            assert_string_equal(cell(row, "step_ms"), "");
            assert_string_equal(cell(row, "pack_rows"), "");
            assert_non_null(strstr(cell(row, "reason"), "linformer mixes"));
        } else {
            check_row(row, 1 + 4 * v + m, 9 + 2 * l + m);
        }
    }
    for (size_t row = 1; row < csv.rows; row += 2) { /* training is three forwards, and keeps more than a forward */
        if (strcmp(cell(row, "variant"), "linformer") == 0) continue;
        near(value(row, "flops_per_step"), 3 * value(row + 1, "flops_per_step"));
        assert_true(value(row, "pack_bytes") > value(row + 1, "pack_bytes"));
    }
    read_csv(expect(0, NULL, SMALL " rope --format csv --tokens 64")->out);
    assert_int_equal(csv.rows, 1 + 2 * 2);
    assert_string_equal(cell(1, "times_vanilla"), "");
    near(value(1, "batch"), 4);
    near(value(3, "batch"), 2);
}

/* Far beyond a pack's usual rows on one tape, both directions: bytes per token stay, where a square would grow. */
static void one_long_example(void **state)
{
    (void)state;
    static const char *const directions[] = {"", "--causal"};
    for (size_t i = 0; i < 2; i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments,
                 "bench longformer performer --lengths 4096,16384 --batch 1 --width 4 --layers 1 --heads 1 --seconds 0 --rounds 1 "
                 "--threads 1 --format csv %s", directions[i]);
        read_csv(expect(0, NULL, arguments)->out);
        for (size_t row = 1; row < csv.rows; row++) {
            near(value(row, "pack_rows"), value(row, "length"));
            assert_true(value(row, "bytes_growth") <= 1.1);
        }
    }
}

/* ---- figures ---- */

static void figures(void **state)
{
    (void)state;
    if (process_run("gnuplot --version")->code != 0) skip();
    static const char *const endings[] = {"png", "svg", "pdf"};
    for (size_t i = 0; i < 3; i++) {
        char arguments[256], name[64];
        snprintf(arguments, sizeof arguments, SMALL " vanilla linformer --causal --rounds 1 --plot figures/speed.%s", endings[i]);
        expect(0, "figures/speed-memory.", arguments);
        static const char *const suffixes[] = {"", "-forward", "-memory"};
        for (size_t k = 0; k < 3; k++) {
            snprintf(name, sizeof name, "figures/speed%s.%s", suffixes[k], endings[i]);
            assert_true(file_is_file(in_folder(name)));
        }
    }
    struct file_content content;
    assert_int_equal(file_read(in_folder("figures/speed-memory.svg"), &content), OK);
    char *svg = strndup((const char *)content.at, content.n);
    file_close(&content);
    assert_non_null(strstr(svg, "vanilla"));
    assert_non_null(strstr(svg, "n × n, computed"));
    assert_null(strstr(svg, "linformer")); /* refuses, so has no curve */
    free(svg);
    read_csv(expect(0, NULL, SMALL " rope --rounds 1 --lengths 16 --format csv --plot one.png 2>/dev/null; true")->out); /* paths are not among the lines */
    assert_true(file_is_file(in_folder("one.png")));
}

/* ---- the plan of a step ---- */

static void plan(void **state)
{
    (void)state;
    struct bench_request base = {.threads = 2, .shards = 4, .pack_rows = 1024};
    static const struct { size_t n, batch, tokens, wanted; int busy; } cases[] = {
        {1024, 0, 16384, 16, 2}, {3072, 0, 16384, 4, 2},  {16384, 0, 16384, 1, 1}, {16384, 0, 32768, 2, 2},
        {16384, 3, 0, 3, 2},     {32768, 0, 16384, 1, 1}, {256, 3, 0, 3, 1},       {256, 5, 0, 5, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sweep_length l = {.n = cases[i].n};
        sweep_plan(&base, cases[i].batch, cases[i].tokens, &l);
        assert_int_equal(l.batch, cases[i].wanted);
        assert_int_equal(l.busy, cases[i].busy);
    }
    expect(0, "gives work to 1 of 2 threads", "bench rope --width 4 --layers 1 --heads 1 --lengths 1024,2048 --tokens 2048 --threads 2 --rounds 1 --seconds 0");
}

static void workload(void **state)
{
    (void)state;
    char name[8], unit[32], memory[8];
    double speed, used;
    const struct finished *f = expect(0, NULL, "bench --workload W3 --seconds 0 --threads 1");
    assert_int_equal(sscanf(f->out, "%7s %lf %31s %lf %7s", name, &speed, unit, &used, memory), 5);
    assert_string_equal(name, "W3");
    assert_string_equal(unit, "sequences/s");
    assert_string_equal(memory, "MB");
    assert_int_equal(count(f->out, "\n"), 1);
    expect(2, "W1, W2, W3 or W1d", "bench --workload W9");
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),     cmocka_unit_test(refusals),         cmocka_unit_test(usual_variants), cmocka_unit_test(numbers),
        cmocka_unit_test(plan),     cmocka_unit_test(one_long_example), cmocka_unit_test(figures),        cmocka_unit_test(workload),
    };
    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
