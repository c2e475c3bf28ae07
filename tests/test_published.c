/* test_published.c -- every published table is what its HDF5 files give, and no file among them holds parameters. */
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
#include "report/claim_table.h"
#include "report/table.h"
#include "train/tuning.h"

#define PUBLISHED "results/published"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_are_of_their_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
