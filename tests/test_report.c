/* test_report.c -- statistics against known values, tables against what they should print, figures drawn and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/caption.h"
#include "report/plot.h"
#include "report/scale.h"
#include "report/show.h"
#include "report/statistics.h"
#include "report/table.h"
#include "synthetic.h"

static char folder[] = "/tmp/reach-report-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.12g, wanted %.12g", got, want);
}

static void known_statistics(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4};
    near(mean_of(x, 3), 7.0 / 3, 1e-15);
    near(deviation_of(x, 3), sqrt(7.0 / 3), 1e-15);
    near(t_half_width(1, 3, 0.95), 4.302652729911275 / sqrt(3), 1e-9); /* t(0.975, 2) of any table */
    near(t_half_width(2, 11, 0.90), 2 * 1.812461122811676 / sqrt(11), 1e-9);
    assert_true(isnan(mean_of(x, 0)) && isnan(deviation_of(x, 1)) && isnan(t_half_width(1, 1, 0.95)));
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("±×–"), 3);
    assert_int_equal(text_width("e\xcc\x81"), 1); /* a combining accent */
    assert_int_equal(text_width("注意"), 4);
    assert_int_equal(text_width("\xff\xfe"), 2);  /* not UTF-8 */
    assert_int_equal(text_width(""), 0);
}

static void numbers(void **state)
{
    (void)state;
    static const struct { double value; const char *text; } list[] = {
        {812, "812"}, {31200, "31.2k"}, {999.6e3, "1.00M"}, {1.05e6, "1.05M"}, {0.25, "0.25"}, {0, "0"}, {4e9, "4.00G"}};
    char text[32];
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        short_number(list[i].value, text, sizeof text);
        assert_string_equal(text, list[i].text);
    }
}

static void axes(void **state)
{
    (void)state;
    const double plain[] = {1.7, 1.8, 1.9, NAN, 2.0, INFINITY}, wild[] = {1.7, 1.72, 1.75, 1.8, 1.8, 1.8, 1.9, 8, 11};
    double ticks[64];
    struct scale s = scale_of(plain, 6, true);
    assert_true(s.bend == 0 && s.low < 1.7 && s.high > 2.0 && s.high < 2.1);
    s = scale_of(wild, 9, true);
    assert_true(s.bend > 0 && s.low < 1.7 && s.high > 11);
    near(scale_place(&s, s.low), 0, 0);
    near(scale_place(&s, s.high), 1, 1e-12);
    assert_true(scale_place(&s, 1.9) > 0.3); /* not squashed */
    const size_t n = scale_ticks(&s, ticks, 64);
    assert_true(n >= 5 && n <= 12);
    for (size_t i = 0; i < n; i++) assert_true(ticks[i] >= s.low && ticks[i] <= s.high && (i == 0 || ticks[i] > ticks[i - 1]));
    s = scale_of(wild, 9, false);
    assert_true(s.bend == 0);
    s = scale_of(wild, 1, true); /* one value */
    assert_true(s.high > s.low && scale_ticks(&s, ticks, 64) >= 2);
    s = scale_of(wild, 0, true);
    assert_true(s.high > s.low);
}

static void logarithmic_axes(void **state)
{
    (void)state;
    static const double wide[] = {900, 2e5, NAN, 0, -1, INFINITY}, narrow[] = {1000, 1010}, one[] = {64};
    static const struct { const double *y; size_t n, least; } cases[] = {{wide, 6, 4}, {wide, 1, 2}, {narrow, 2, 2}, {one, 1, 2}, {one, 0, 2}};
    double ticks[64];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct scale s = scale_log_of(cases[k].y, cases[k].n);
        assert_true(s.log && s.low > 0 && s.high > s.low);
        near(scale_place(&s, s.low), 0, 0);
        near(scale_place(&s, sqrt(s.low * s.high)), 0.5, 1e-12); /* equal factors, equal heights */
        near(scale_place(&s, s.high), 1, 1e-12);
        for (size_t i = 0; i < cases[k].n; i++)
            if (isfinite(cases[k].y[i]) && cases[k].y[i] > 0) assert_true(s.low < cases[k].y[i] && cases[k].y[i] < s.high);
        const size_t n = scale_ticks(&s, ticks, 64);
        assert_true(n >= cases[k].least && n <= 12);
        for (size_t i = 0; i < n; i++) assert_true(ticks[i] >= s.low && ticks[i] <= s.high && (i == 0 || ticks[i] > ticks[i - 1]));
    }
}

static void labels_spread(void **state)
{
    (void)state;
    double at[] = {0.5, 0.51, 0.1, 0.5, 0.99};
    spread(at, 5, 0.05);
    near(at[2], 0.1, 1e-12);
    near(at[4], 0.99, 1e-12);
    near((at[0] + at[1] + at[3]) / 3, (0.5 + 0.51 + 0.5) / 3, 1e-12); /* moved as little as possible */
    assert_true(fabs(at[0] - at[3]) >= 0.05 - 1e-12 && at[1] - fmax(at[0], at[3]) >= 0.05 - 1e-12);
    double many[40] = {0};
    spread(many, 40, 0.05); /* no room: closer together, but inside */
    for (size_t i = 0; i < 40; i++) assert_true(many[i] >= 0 && many[i] <= 1 + 1e-12);
}

/* What was written to a temporary file, to be freed; the file is closed. */
static char *contents(FILE *f)
{
    const long n = ftell(f);
    char *text = calloc((size_t)n + 1, 1);
    rewind(f);
    assert_int_equal(fread(text, 1, (size_t)n, f), n);
    fclose(f);
    return text;
}

/* The table as a text, to be freed; the status of report_table in *s. */
static char *table(const struct config *c, enum table_format f, bool color, status *s)
{
    FILE *out = tmpfile();
    *s = report_table(out, c, folder, f, color);
    return contents(out);
}

static void same_text(const char *got, const char *want)
{
    if (strcmp(got, want) != 0) fail_msg("got:\n%s\nwanted:\n%s", got, want);
}

static void classify_table(enum table_format f, bool color, const char *want)
{
    status s;
    struct config c = synthetic_config(&synthetic_classify, 2, 2);
    assert_int_equal(synthetic_write(&c, folder), OK);
    char *got = table(&c, f, color, &s);
    assert_int_equal(s, OK);
    same_text(got, want);
    free(got);
    free(c.runs);
}

static void snapshot_text(void **state)
{
    (void)state;
    classify_table(TABLE_TEXT, false,
"Train short, test long\n"
"listops, trained for 4.00M tokens, budget short; 2 seeds: mean ± standard deviation; parameters:\n"
"last; below the rule: predictors without attention, on the whole test split\n"
"\n"
"Every example\n"
"                           test               train\n"
"variant          accuracy, %  loss, nats   accuracy, %  params  tok/s\n"
"─────────────────────────────────────────────────────────────────────\n"
"ALiBi               41.5±.7   1.700±.000       46.5±.7    812k  31.2k\n"
"RoPE                43.5±.7*  1.600±.000*      48.5±.7    813k  31.2k\n"
"─────────────────────────────────────────────────────────────────────\n"
"commonest label        17.0        2.200\n"
"root operator          32.3        1.900\n"
"\n"
"* best of its column\n");
}

static void snapshot_color(void **state)
{
    (void)state;
    status s;
    struct config c = synthetic_config(&synthetic_classify, 2, 2);
    assert_int_equal(synthetic_write(&c, folder), OK);
    char *got = table(&c, TABLE_TEXT, true, &s);
    assert_non_null(strstr(got, "\033[1m43.5±.7\033[0m"));
    assert_null(strchr(got, '*'));
    free(got);
    free(c.runs);
}

static void snapshot_md(void **state)
{
    (void)state;
    classify_table(TABLE_MD, false,
"# Train short, test long\n"
"\n"
"listops, trained for 4.00M tokens, budget short; 2 seeds: mean ± standard deviation; parameters: last; below the rule: predictors without "
"attention, on the whole test split\n"
"\n"
"**Every example**\n"
"\n"
"| variant | test accuracy, % | loss, nats | train accuracy, % | params | tok/s |\n"
"|:---|---:|---:|---:|---:|---:|\n"
"| ALiBi | 41.5±.7 | 1.700±.000 | 46.5±.7 | 812k | 31.2k |\n"
"| RoPE | **43.5±.7** | **1.600±.000** | 48.5±.7 | 813k | 31.2k |\n"
"| commonest label | 17.0 | 2.200 |  |  |  |\n"
"| root operator | 32.3 | 1.900 |  |  |  |\n"
"\n");
}

static void snapshot_tex(void **state)
{
    (void)state;
    classify_table(TABLE_TEX, false,
"% Train short, test long\n"
"\\begin{table}\n"
"\\centering\n"
"\\caption{Every example. listops, trained for 4.00M tokens, budget short; 2 seeds: mean $\\pm$ standard deviation; parameters: last; below the "
"rule: predictors without attention, on the whole test split}\n"
"\\begin{tabular}{lrrrrr}\n"
"\\toprule\n"
" & \\multicolumn{2}{c}{test} & \\multicolumn{1}{c}{train} & \\multicolumn{2}{c}{} \\\\\n"
"\\cmidrule(lr){2-3}\\cmidrule(lr){4-4}\n"
"variant & accuracy, \\% & loss, nats & accuracy, \\% & params & tok/s \\\\\n"
"\\midrule\n"
"ALiBi & 41.5$\\pm$.7 & 1.700$\\pm$.000 & 46.5$\\pm$.7 & 812k & 31.2k \\\\\n"
"RoPE & \\textbf{43.5$\\pm$.7} & \\textbf{1.600$\\pm$.000} & 48.5$\\pm$.7 & 813k & 31.2k \\\\\n"
"\\midrule\n"
"commonest label & 17.0 & 2.200 &  &  &  \\\\\n"
"root operator & 32.3 & 1.900 &  &  &  \\\\\n"
"\\bottomrule\n"
"\\end{tabular}\n"
"\\end{table}\n"
"\n");
}

static void snapshot_csv(void **state)
{
    (void)state;
    status s;
    struct config c = synthetic_config(&synthetic_text, 4, 3);
    assert_int_equal(synthetic_write(&c, folder), OK);
    char *got = table(&c, TABLE_CSV, false, &s), *line = strchr(got, '\n') + 1;
    /* 3 seeds 0.004 apart: mean 1.243, deviation 0.004, t interval 4.3026527 x 0.004 / sqrt 3 */
    const char *want = "lm,variant,ALiBi,test,ordinary,windows,256,3,1.243,0.004,0.00993655084";
    if (strncmp(line, want, strlen(want)) != 0) fail_msg("got:\n%.200s\nwanted:\n%s", line, want);
    assert_non_null(strstr(got, "\nlm,variant,learned,test,ordinary,windows,512,0,,,,,,,,,,815000,31200,learned positions end at 256,ours,,,,,\n"));
    assert_non_null(strstr(got, "\nlm,predictor,order 5,test,,,,,1.254596397,,,1.81,,,0.55,,,,,,ours,,,,,\n"));
    size_t commas = 0;
    for (const char *p = got; *p != '\n'; p++) commas += *p == ',';
    for (const char *p = got; *p;) { /* as many fields in every line: no name here holds a comma */
        size_t n = 0;
        for (; *p != '\n'; p++) n += *p == ',';
        assert_int_equal(n, commas);
        p++;
    }
    free(got);
    free(c.runs);
}

static void text_lines(void **state)
{
    (void)state;
    status s;
    struct config c = synthetic_config(&synthetic_text, 4, 3);
    assert_int_equal(synthetic_write(&c, folder), OK);
    char *got = table(&c, TABLE_TEXT, false, &s);
    static const char *const want[] = {
        "lm (corpus kjv), trained at length 256 for 4.00M tokens, budget short; 3 seeds: mean ± standard",
        "\nOrdinary text, non-overlapping windows\n",
        "\nALiBi       1.793±.006   1.790±.006*  1.782±.006*  1.767±.006*  1.747±.006*    812k  31.2k\n",
        "\nRoPE        1.772±.006*  1.837±.006   2.031±.006   2.356±.006   2.810±.006     813k  31.2k\n",
        "\nsinusoidal  1.829±.006   2.435±.006   4.253±.006   7.283±.006    11.52±.01     814k  31.2k\n",
        "\nlearned     1.815±.006      n/a [1]      n/a [1]      n/a [1]      n/a [1]     815k  31.2k\n",
        "\norder 5          1.810        1.810        1.810        1.810        1.810\n",
        "\nsinusoidal    1.331    2.325    3.981    6.300  58.1      48.5      35.2      30.6      30.0\n",
        "\nOrdinary text, last block: the same targets, growing context\n",
        "\nRepeated text, non-overlapping windows\n",
        "\n[1] learned positions end at 256\n",
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (!strstr(got, want[i])) fail_msg("no line %s in:\n%s", want[i], got);
    for (char *line = strtok(got, "\n"); line; line = strtok(NULL, "\n")) assert_true(text_width(line) <= GRID_WIDTH);
    free(got);
    free(c.runs);
}

static void path_of(const struct config *c, size_t run, char out[1024])
{
    snprintf(out, 1024, "%s/%s/%s.h5", folder, c->name, c->runs[run].stem);
}

static void rewrite(const struct config *c, size_t run, enum run_status how, const char *reason)
{
    char path[1024];
    struct results r;
    path_of(c, run, path);
    synthetic_results(&c->runs[run], &r);
    r.status = how;
    snprintf(r.reason, sizeof r.reason, "%s", reason);
    assert_int_equal(results_write(&r, path), OK);
    results_done(&r);
}

/* Runs: ALiBi 0-2, RoPE 3-5, sinusoidal 6-8. */
static void what_is_wrong_is_said(void **state)
{
    (void)state;
    status s;
    char path[1024];
    struct config c = synthetic_config(&synthetic_text, 3, 3);
    snprintf(c.name, sizeof c.name, "wrong");
    assert_int_equal(synthetic_write(&c, folder), OK);
    rewrite(&c, 1, RUN_DIVERGED, "diverged at step 300: loss is nan");
    rewrite(&c, 2, RUN_RUNNING, "");
    for (size_t run = 3; run < 6; run++) {
        path_of(&c, run, path);
        assert_int_equal(unlink(path), 0);
    }
    path_of(&c, 6, path);
    assert_int_equal(truncate(path, 1000), 0);
    c.runs[8].train.rate = 0.5;
    char *got = table(&c, TABLE_TEXT, false, &s);
    assert_int_equal(s, OK);
    static const char *const want[] = {
        "\nALiBi [1]            1.787*", /* seed 1 alone: 1.239 nats */
        "\nRoPE [2]                 –            –",
        "[1] seed 2: diverged at step 300: loss is nan; seed 3: unfinished: last seen at step 1000\n",
        "[2] seeds 1, 2, 3: missing: not run yet\n",
        "[3] seed 1: unreadable: ",
        "stale:",
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (!strstr(got, want[i])) fail_msg("no \"%s\" in:\n%s", want[i], got);
    free(got);
    free(c.runs);
}

static void nothing_there(void **state)
{
    (void)state;
    status s;
    struct config c = synthetic_config(&synthetic_text, 2, 1);
    snprintf(c.name, sizeof c.name, "never");
    char *got = table(&c, TABLE_TEXT, false, &s);
    assert_int_equal(s, ERR_DATA);
    assert_non_null(strstr(got, "RoPE: seed 1: missing: not run yet\n"));
    assert_non_null(strstr(status_message(), "reach run"));
    assert_int_equal(report_plot(&c, folder, "plots", folder, "png", NULL), ERR_DATA);
    free(got);
    free(c.runs);
}

static void literal_texts(void **state)
{
    (void)state;
    static const struct { enum table_format f; const char *text, *want; } list[] = {
        {TABLE_MD, "a|b*c", "a\\|b\\*c"}, {TABLE_CSV, "a,\"b\"", "\"a,\"\"b\"\"\""}, {TABLE_CSV, "plain", "plain"},
        {TABLE_TEX, "50 % of a_b & {c} ~ ± \\", "50 \\% of a\\_b \\& \\{c\\} \\textasciitilde{} $\\pm$ \\textbackslash{}"},
        {TABLE_TEXT, "a|b,c", "a|b,c"}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        FILE *out = tmpfile();
        text_print(out, list[i].text, list[i].f);
        char *got = contents(out);
        same_text(got, list[i].want);
        free(got);
    }
}

static void wide_tables_go_on_below(void **state)
{
    (void)state;
    struct grid g;
    char head[32];
    grid_init(&g, "wide");
    grid_column(&g, "", "name");
    for (int i = 0; i < 30; i++) {
        snprintf(head, sizeof head, "column%d", i);
        grid_column(&g, "group", head);
    }
    const size_t row = grid_row(&g, "x");
    grid_set(&g, row, 30, "last");
    FILE *out = tmpfile();
    grid_print(out, &g, TABLE_TEXT, false);
    char *got = contents(out);
    assert_non_null(strstr(got, "last"));
    for (char *line = strtok(got, "\n"); line; line = strtok(NULL, "\n")) assert_true(text_width(line) <= GRID_WIDTH);
    free(got);
    grid_done(&g);
}

static void formats(void **state)
{
    (void)state;
    enum table_format f;
    assert_int_equal(table_format_find("tex", &f), OK);
    assert_int_equal(f, TABLE_TEX);
    assert_int_equal(table_format_find("html", &f), OK);
    assert_int_equal(f, TABLE_HTML);
    assert_int_equal(table_format_find("docx", &f), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "text, md, csv, tex, html"));
}

static void a_run_on_one_page(void **state)
{
    (void)state;
    char path[1024];
    struct config c = synthetic_config(&synthetic_text, 4, 1);
    assert_int_equal(synthetic_write(&c, folder), OK);
    path_of(&c, 3, path);
    FILE *out = tmpfile();
    assert_int_equal(report_show(out, path), OK);
    assert_int_equal(report_show(out, "/nowhere.h5"), ERR_IO);
    char *got = contents(out);
    static const char *const want[] = {
        "learned (vanilla) on lm, seed 1: done\n", "step 1000, 4.10M tokens", "n/a: learned positions end at 256\n",
        "test ordinary windows     256    16384  1.2540  1.8091        58.54      0.0100\n", "  parameters         815k\n",
        "  title: Train short, test long\n"};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (!strstr(got, want[i])) fail_msg("no \"%s\" in:\n%s", want[i], got);
    free(got);
    free(c.runs);
}

static bool begins_with(const char *path, const char *bytes, size_t n)
{
    char got[16] = {0};
    FILE *f = fopen(path, "rb");
    const bool yes = f && fread(got, 1, n, f) == n && memcmp(got, bytes, n) == 0;
    if (f) fclose(f);
    return yes;
}

static void need_gnuplot(void)
{
    if (system("gnuplot --version >/dev/null 2>&1") == 0) return;
    print_message("gnuplot is not there: skipped\n");
    skip();
}

static void figures(void **state)
{
    (void)state;
    static const char *const names[] = {
        "lm-loss_by_length-windows", "lm-loss_by_length-last", "lm-loss_by_length-windows-repeated",
        "lm-loss_by_length-last-repeated", "lm-loss_by_position", "lm-training_curves"};
    static const struct { const char *format, *bytes; size_t n; } list[] = {
        {"png", "\x89PNG", 4}, {"svg", "<?xml", 5}, {"pdf", "%PDF", 4}};
    char path[600], out_dir[300];
    need_gnuplot();
    struct config c = synthetic_config(&synthetic_text, 4, 3);
    assert_int_equal(synthetic_write(&c, folder), OK);
    snprintf(out_dir, sizeof out_dir, "%s/new/figures", folder);
    for (size_t f = 0; f < sizeof list / sizeof list[0]; f++) {
        FILE *out = tmpfile();
        const status s = report_plot(&c, folder, "plots", out_dir, list[f].format, out);
        char *log = contents(out);
        if (s != OK) fail_msg("%s", status_message());
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            snprintf(path, sizeof path, "%s/%s.%s", out_dir, names[i], list[f].format);
            assert_true(begins_with(path, list[f].bytes, list[f].n));
            assert_non_null(strstr(log, path));
        }
        free(log);
    }
    free(c.runs);
}

static void figures_of_other_tasks(void **state)
{
    (void)state;
    char path[600];
    need_gnuplot();
    struct config a = synthetic_config(&synthetic_classify, 2, 1), b = synthetic_config(&synthetic_sequence, 10, 1);
    assert_int_equal(synthetic_write(&a, folder), OK);
    assert_int_equal(synthetic_write(&b, folder), OK);
    if (report_plot(&a, folder, "plots", folder, "png", NULL) != OK) fail_msg("%s", status_message());
    if (report_plot(&b, folder, "plots", folder, "png", NULL) != OK) fail_msg("%s", status_message());
    snprintf(path, sizeof path, "%s/listops-training_curves.png", folder);
    assert_true(begins_with(path, "\x89PNG", 4));
    snprintf(path, sizeof path, "%s/recall-accuracy_by_length.png", folder);
    assert_true(begins_with(path, "\x89PNG", 4));
    free(a.runs);
    free(b.runs);
}

static void figures_refused(void **state)
{
    (void)state;
    struct config c = synthetic_config(&synthetic_text, 2, 1);
    assert_int_equal(synthetic_write(&c, folder), OK);
    assert_int_equal(report_plot(&c, folder, "plots", folder, "jpg", NULL), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "png, svg, pdf"));
    assert_int_equal(report_plot(&c, folder, "/nowhere", folder, "png", NULL), ERR_IO);
    assert_non_null(strstr(status_message(), "/nowhere/loss_by_length.gp"));
    const pid_t child = fork();
    if (child == 0) {
        setenv("PATH", "/nowhere", 1);
        const status s = report_plot(&c, folder, "plots", folder, "png", NULL);
        _exit(s == ERR_IO && strstr(status_message(), "gnuplot-nox") ? 0 : 1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    free(c.runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_statistics),
        cmocka_unit_test(widths),
        cmocka_unit_test(numbers),
        cmocka_unit_test(axes),
        cmocka_unit_test(logarithmic_axes),
        cmocka_unit_test(labels_spread),
        cmocka_unit_test(snapshot_text),
        cmocka_unit_test(snapshot_color),
        cmocka_unit_test(snapshot_md),
        cmocka_unit_test(snapshot_tex),
        cmocka_unit_test(snapshot_csv),
        cmocka_unit_test(text_lines),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(literal_texts),
        cmocka_unit_test(wide_tables_go_on_below),
        cmocka_unit_test(formats),
        cmocka_unit_test(a_run_on_one_page),
        cmocka_unit_test(figures),
        cmocka_unit_test(figures_of_other_tasks),
        cmocka_unit_test(figures_refused),
    };
    return cmocka_run_group_tests_name("report", tests, setup, teardown);
}
