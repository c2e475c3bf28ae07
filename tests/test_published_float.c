/* test_published_float.c -- every published table is what its HDF5 files give, and no file among them holds parameters; the script that
 * computes tables again from the files alone agrees with published ones and with small new ones, and sees every number that is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "folder.h"
#include "process.h"
#include "report/claim_table.h"
#include "report/table.h"
#include "train/tuning.h"

#define PUBLISHED "results/published"
#define SCRIPT    "/usr/bin/python3 tests/probe/check_tables.py"

typedef status (*printer)(FILE *out, const struct config *c, const char *results_dir, enum table_format f, bool color);

/* The same bytes as the text made now. */
static void compare(const struct config *c, const char *name, printer print, enum table_format f)
{
    char path[512], *now = NULL;
    size_t size = 0;
    struct file_content then;
    snprintf(path, sizeof path, PUBLISHED "/%s/%s", c->name, name);
    if (file_read(path, &then) != OK) fail_msg("%s", status_message());
    FILE *out = open_memstream(&now, &size);
    assert_non_null(out);
    const status e = print(out, c, PUBLISHED, f, false);
    fclose(out);
    if (e != OK) fail_msg("%s: %s", path, status_message());
    if (size != then.n || memcmp(now, then.at, size) != 0) fail_msg("%s is not what its HDF5 files give; reach publish makes it anew", path);
    file_close(&then);
    free(now);
}

static void check_runs(const struct config *c)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        char path[1024];
        struct results r;
        snprintf(path, sizeof path, PUBLISHED "/%s/%s.h5", c->name, c->runs[i].stem);
        if (access(path, F_OK) != 0) continue;
        results_init(&r);
        if (results_read(&r, path, true) != OK) fail_msg("%s", status_message());
        assert_int_equal(r.status, RUN_DONE);
        assert_null(r.checkpoint);
        results_done(&r);
    }
}

static size_t check(const char *path, const char *budget)
{
    struct config c;
    char table[512];
    if (config_read(&(struct config_request){.path = path, .budget = budget}, &c) != OK) fail_msg("%s", status_message());
    snprintf(table, sizeof table, PUBLISHED "/%s/table.csv", c.name);
    const bool there = access(table, F_OK) == 0;
    if (there) {
        if (c.tune && tuning_resolve(&c, PUBLISHED) != OK) fail_msg("%s", status_message());
        print_message("%s\n", table);
        check_runs(&c);
        compare(&c, "table.md", report_table, TABLE_MD);
        compare(&c, "table.csv", report_table, TABLE_CSV);
        if (yaml_get(c.root, "claims")) compare(&c, "claims.md", claims_print, TABLE_MD);
    }
    config_done(&c);
    return there;
}

static size_t check_budgets(const char *path)
{
    struct config c;
    size_t n = check(path, NULL);
    if (config_read(&(struct config_request){.path = path}, &c) != OK) fail_msg("%s", status_message());
    const struct yaml *budgets = yaml_get(c.root, "budgets");
    for (size_t i = 0; budgets && i < budgets->n; i++)
        if (strcmp(budgets->key[i]->text, c.budget) != 0) n += check(path, budgets->key[i]->text);
    config_done(&c);
    return n;
}

static void tables_are_of_their_files(void **state)
{
    (void)state;
    glob_t found;
    size_t n = 0;
    assert_int_equal(glob("configs/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!strstr(found.gl_pathv[i], "/base-")) n += check_budgets(found.gl_pathv[i]);
    globfree(&found);
    assert_true(n > 0);
}

/* ---- computed again in Python ---- */

static void need_python(void)
{
    if (process_run("/usr/bin/python3 -c 'import numpy, h5py'")->code == 0) return;
    print_message("python3 cannot import numpy and h5py: skipped\n");
    skip();
}

static bool has_files(const char *table)
{
    glob_t files;
    char pattern[512];
    snprintf(pattern, sizeof pattern, "%.*s*.h5", (int)(strrchr(table, '/') + 1 - table), table);
    const bool some = glob(pattern, 0, NULL, &files) == 0;
    if (some) globfree(&files);
    return some;
}

static void python_agrees(void **state)
{
    (void)state;
    glob_t found;
    char folders[8192] = "";
    need_python();
    assert_int_equal(glob(PUBLISHED "/*/table.csv", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *table = found.gl_pathv[i];
        const size_t n = strlen(folders);
        assert_true(n + strlen(table) + 4 < sizeof folders);
        if (has_files(table)) snprintf(folders + n, sizeof folders - n, " '%.*s'", (int)(strrchr(table, '/') - table), table);
    }
    globfree(&found);
    assert_true(folders[0]);
    const struct finished *f = process_run(SCRIPT "%s", folders);
    print_message("%s", f->out);
    assert_int_equal(f->code, 0);
}

/* FOLDER/NAME.yaml run, files that match `unwanted` removed, and the table of the rest laid beside them. */
static void make_table(const char *name, const char *yaml, const char *unwanted)
{
    char file[64];
    snprintf(file, sizeof file, "%s.yaml", name);
    put(file, yaml);
    const struct finished *f = process_run("(cd '%s' && '%s' run %s.yaml && rm -f results/%s/%s && '%s' table %s.yaml --format csv >table.csv "
                                           "&& mv table.csv results/%s)", folder, reach, name, name, unwanted, reach, name, name);
    if (f->code != 0) fail_msg("%s: %d, %s", name, f->code, f->out);
    f = process_run(SCRIPT " '%s/results/%s'", folder, name);
    print_message("%s", f->out);
    assert_int_equal(f->code, 0);
}

/* Texts, predictors and averages; several seeds, one, and none. */
static void make_runs(void)
{
    char corpus[2400] = "";
    for (size_t i = 0; strlen(corpus) < sizeof corpus - 16; i++) sprintf(corpus + strlen(corpus), "%zu of the %zu, ", i * i % 101, i * i % 13);
    put("corpus.txt", corpus);
    make_table("runs",
               "model: {width: 16, layers: 1, heads: 2, feed_forward: 32}\n"
               "train: {length: 32, batch: 4, steps: 6, warmup: 2, pack_rows: 128, eval_tokens: 512}\n"
               "test: {lengths: [32, 64], last_places: 4, last_targets: 16, stride: 8, stride_tokens: 256, context: [2, 8, 40],\n"
               "  context_targets: 64, control: vanilla}\n"
               "tasks:\n"
               "  - lm: {corpus: corpus.txt}\n"
               "  - mqar: {train_lengths: [16], train_pairs: [4], train_shares: [1], test: 20, test_lengths: [16, 32], test_pairs: [4, 4]}\n"
               "  - listops: {min_length: 10, max_length: 20, train: 40, valid: 20, test: 20}\n"
               "  - pathfinder: {size: 32, contour: 6, train: 20, valid: 20, test: 20}\n"
               "variants: [vanilla, learned]\n"
               "seeds: [1, 2]\n", "learned-lm-2.h5 results/runs/learned-mqar-*");
}

static void make_costs(void)
{
    make_table("costs",
               "bench: {lengths: [16, 32], rounds: 2, seconds: 0.001, batch: 2, causal: both}\n"
               "model: {width: 16, layers: 1, heads: 2, feed_forward: 32}\n"
               "variants: [vanilla, linformer: {k: 8}]\n", "none");
}

static void make_errors(void)
{
    make_table("errors",
               "approximation: {length: 20, draws: 3, input: 0.5}\n"
               "model: {width: 16, heads: 2}\n"
               "sweep: {features: [4, 8]}\n"
               "variants: [performer, vanilla]\n", "none");
}

/* Another digit in the first number of a column (from 0), where it has one; no quotes stand before a number. */
static bool change_digit(char *table, size_t column)
{
    for (char *line = strchr(table, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        char *at = line, *end;
        for (size_t i = 0; i < column; i++) at += strcspn(at, ",\n") + 1;
        (void)strtod(at, &end);
        if (end == at || (*end != ',' && *end != '\n')) continue;
        const size_t digits = strcspn(at, ",\ne");
        char *digit = at + (digits < 10 ? digits : 10) - 1;
        *digit = (char)('0' + (*digit - '0' + 5) % 10);
        return true;
    }
    return false;
}

/* FOLDER/changed/COLUMN: a copy of FOLDER/results/NAME with a digit changed; false where there is none. */
static bool copy_changed(const char *name, const struct file_content *table, const char *column, size_t at)
{
    char *text = strndup((const char *)table->at, table->n), path[128];
    const bool is_place = strcmp(column, "length") == 0 || (strcmp(name, "errors") == 0 && strcmp(column, "value") == 0); /* another is another row */
    const bool changed = !is_place && change_digit(text, at);
    snprintf(path, sizeof path, "changed/%s/table.csv", column);
    if (changed) {
        assert_int_equal(process_run("cd '%s' && mkdir -p changed && cp -r results/%s changed/%s", folder, name, column)->code, 0);
        put(path, text);
    }
    free(text);
    return changed;
}

/* The script names every column that is changed. */
static void check_changes(const char *name, size_t at_least)
{
    struct file_content table;
    char path[64], said[128], *column[64];
    size_t n = 0, changed = 0;
    snprintf(path, sizeof path, "results/%s/table.csv", name);
    assert_int_equal(file_read(in_folder(path), &table), OK);
    char *head = strndup((const char *)table.at, table.n), *rest = head;
    head[strcspn(head, "\n")] = 0;
    for (char *word; n < 64 && (word = strsep(&rest, ","));) {
        changed += copy_changed(name, &table, word, n);
        column[n++] = word;
    }
    assert_true(changed >= at_least);
    const struct finished *f = process_run(SCRIPT " '%s/changed/'*", folder);
    if (f->code != 1) fail_msg("%s changed: %d, %s", name, f->code, f->out);
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "changed/%s", column[i]);
        snprintf(said, sizeof said, "column %s: the table has ", column[i]);
        if (access(in_folder(path), F_OK) == 0 && !strstr(f->out, said)) fail_msg("%s changed in %s: %s", name, column[i], f->out);
    }
    file_close(&table);
    free(head);
}

/* Edits of a table that leave its numbers, or give numbers to what has none. */
static void check_edits(void)
{
    static const struct { const char *edit, *says; } edits[] = {
        {"s/^\\(lm,variant,vanilla,test,ordinary,windows,32,2\\),[^,]*/\\1,/", "column loss_nats: the table has no number, the files give "},
        {"s/^\\(lm,variant,learned,test,ordinary,windows,64,0\\),/\\1,5.5/", "column loss_nats: the table has 5.5, the files give no number"},
        {"s/,ours,,,,,$/,ours,,,7,,/", "column value: the table has 7, the files give no number"},
        {"s/^average,average/average,median/", "rows of kind median are not known"},
        {"1s/ratio_sd/ratio_se/", "columns unknown here, missing or twice: ratio_sd, ratio_se"},
        {"s/^lm,predictor,unigram/lm,predictor,bigram/", "the files have 0 scores of this predictor"},
        {"2s/$/,1/", "row 1 has not as many cells"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const struct finished *f = process_run("cp -r '%s/results/runs' '%s/edit-%zu' && sed -i '%s' '%s/edit-%zu/table.csv' && " SCRIPT " '%s/edit-%zu'",
                                               folder, folder, i, edits[i].edit, folder, i, folder, i);
        if (f->code != 1 || !strstr(f->out, edits[i].says)) fail_msg("%s: %d, %s", edits[i].edit, f->code, f->out);
    }
}

static void python_sees_changes_in_runs(void **state)
{
    (void)state;
    need_python();
    make_runs();
    check_changes("runs", 13);
    check_edits();
}

static void python_sees_changes_in_costs(void **state)
{
    (void)state;
    need_python();
    make_costs();
    check_changes("costs", 20);
}

static void python_sees_changes_in_errors(void **state)
{
    (void)state;
    need_python();
    make_errors();
    check_changes("errors", 8);
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_of_their_files),
        cmocka_unit_test(python_agrees),
        cmocka_unit_test_setup_teardown(python_sees_changes_in_runs, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(python_sees_changes_in_costs, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(python_sees_changes_in_errors, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
