/* data_verify.c -- reach data verify */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data_commands.h"
#include "data/manifest.h"
#include "data/sum.h"
#include "tasks/xz.h"

enum verdict { V_OK, V_MISSING, V_DAMAGED };

struct report {
    enum verdict verdict;
    char         why[FILE_PATH + 512];
};

#define SAY(r, v, ...) ((r)->verdict = (v), (void)snprintf((r)->why, sizeof (r)->why, __VA_ARGS__))

/* ---- data sets ----------------------------------------------------------------------------------------------- */

/* By the list written when it was fetched. */
static status by_manifest(const struct dataset *d, const char *folder, struct progress *p, struct report *r)
{
    struct manifest_check c;
    TRY(manifest_check(folder, d->file ? d->file : "", p, &c));
    if (c.wrong + c.missing == 0) SAY(r, V_OK, "%zu files have the sums they had when fetched", c.right);
    else SAY(r, V_DAMAGED, "%s (%zu wrong, %zu missing, %zu right); reach data fetch %s --again", c.first, c.wrong, c.missing, c.right, d->name);
    return OK;
}

/* The sum of what is in a .xz file. */
static status sum_unpacked(const char *path, const char *like, char got[SUM_TEXT])
{
    struct file_content content;
    TRY(xz_read(path, &content));
    struct sum *sum = sum_new(like);
    sum_add(sum, content.at, content.n);
    sum_done(sum, got);
    file_close(&content);
    return OK;
}

/* One file, or NAME.xz, against a known sum; counts it, or says what is wrong. */
static status by_sum(const char *folder, const char *name, const char *sum, size_t *right, struct report *r)
{
    char path[FILE_PATH], got[SUM_TEXT];
    TRY(file_join(path, folder, name));
    if (r->verdict != V_OK || !sum) return OK;
    if (file_is_file(path)) {
        TRY(sum_file(path, sum, got));
    } else {
        strncat(path, ".xz", sizeof path - strlen(path) - 1);
        if (!file_is_file(path)) return OK;
        const status s = sum_unpacked(path, sum, got);
        if (s == ERR_DATA) SAY(r, V_DAMAGED, "%s", status_message());
        if (s != OK) return s == ERR_DATA ? OK : s;
    }
    if (sum_same(got, sum)) (*right)++;
    else SAY(r, V_DAMAGED, "%s has %s, published is %s", path, got, sum);
    return OK;
}

/* By the sums that were published. */
static status by_table(const struct dataset *d, const char *folder, struct report *r)
{
    size_t right = 0;
    if (d->file && d->sum_certain) TRY(by_sum(folder, d->file, d->sum, &right, r));
    for (size_t i = 0; i < sizeof d->part / sizeof *d->part && d->part[i].path; i++) {
        if (d->file && d->sum_certain && strcmp(d->part[i].path, d->file) == 0) continue;
        TRY(by_sum(folder, d->part[i].path, d->part[i].sum, &right, r));
    }
    if (r->verdict == V_OK && right) SAY(r, V_OK, "%zu file%s as published", right, right == 1 ? " is" : "s are");
    else if (r->verdict == V_OK) SAY(r, V_OK, "there; no sum is known to compare");
    return OK;
}

static status verify_dataset(const struct dataset *d, const char *data, struct progress *p, struct report *r)
{
    char folder[FILE_PATH], how[256], list[FILE_PATH];
    const enum dataset_state s = dataset_state(d, data);
    TRY(dataset_folder(d, data, folder));
    TRY(file_join(list, folder, MANIFEST));
    data_how(d, how, sizeof how);
    SAY(r, V_OK, "%s", "");
    if (s == DATASET_MISSING || s == DATASET_PARTIAL) {
        SAY(r, V_MISSING, "%s%s", s == DATASET_PARTIAL ? "partly downloaded: " : "", how);
        return OK;
    }
    if (s == DATASET_SOME && !file_is_file(list)) {
        for (size_t i = 0; i < sizeof d->part / sizeof *d->part && d->part[i].path; i++)
            if (r->verdict == V_OK && !dataset_has(folder, d->part[i].path)) SAY(r, V_MISSING, "%s/%s is not there: %s", folder, d->part[i].path, how);
        return OK;
    }
    TRY(file_is_file(list) && s != DATASET_PACKED ? by_manifest(d, folder, p, r) : by_table(d, folder, r));
    if (s == DATASET_PACKED && r->verdict == V_OK) SAY(r, V_MISSING, "downloaded, not unpacked: %s", how);
    return OK;
}

/* ---- tasks --------------------------------------------------------------------------------------------------- */

/* Read every example of opened data. */
static status read_examples(const struct task *t, const void *self, size_t count[SPLITS])
{
    const size_t room = t->longest(self);
    struct example e = {.token = calloc(room + 1, sizeof *e.token), .target = calloc(room + 1, sizeof *e.target)};
    if (!e.token || !e.target) status_no_memory("an example", room * sizeof *e.token);
    status s = OK;
    for (int k = 0; k < SPLITS; k++) {
        count[k] = t->count(self, (enum split)k);
        for (size_t i = 0; i < count[k] && s == OK; i++) s = t->example(self, (enum split)k, i, &e);
    }
    free(e.token);
    free(e.target);
    return s;
}

static status read_task(const struct task *t, const void *self, struct report *r)
{
    size_t n[SPLITS] = {0};
    if (t->kind == TASK_SEQUENCE) {
        SAY(r, V_OK, "opens: generated when it is used");
        return OK;
    }
    if (t->kind == TASK_CLASSIFY) TRY(read_examples(t, self, n));
    for (int k = 0; k < SPLITS && t->kind == TASK_TEXT; k++) n[k] = t->text(self, (enum split)k).n;
    SAY(r, V_OK, "opens: %zu + %zu + %zu %s (train, valid, test)", n[SPLIT_TRAIN], n[SPLIT_VALID], n[SPLIT_TEST],
        t->kind == TASK_TEXT ? "bytes" : "examples");
    return OK;
}

/* Is anything there of what the task reads by default? */
static bool task_has_data(const struct task *t, const char *data)
{
    const struct dataset *d[8];
    const size_t n = dataset_of_task(t->name, d, sizeof d / sizeof *d);
    for (size_t i = 0; i < n; i++) {
        const enum dataset_state s = dataset_state(d[i], data);
        if (s == DATASET_READY || s == DATASET_SOME) return true;
    }
    return false;
}

static void verify_task(const struct task *t, const char *data, struct report *r)
{
    unsigned char *options = data_default_options(t);
    void *self = NULL;
    if (t->draws) {
        r->verdict = t->present(options, data, r->why, sizeof r->why) ? V_OK : V_MISSING;
        free(options);
        return;
    }
    const status opened = t->open(&self, options, data);
    const status s = opened == OK ? read_task(t, self, r) : opened;
    if (s != OK) SAY(r, opened == OK || task_has_data(t, data) ? V_DAMAGED : V_MISSING, "%s", status_message());
    if (opened == OK) t->close(self);
    free(options);
}

/* ---- both ---------------------------------------------------------------------------------------------------- */

struct count { size_t missing, damaged; };

static void print_report(const char *name, const struct report *r, struct count *n)
{
    static const char *const words[] = {"ok", "missing", "damaged"};
    printf("%-16s %-8s %s\n", name, words[r->verdict], r->why);
    fflush(stdout);
    n->missing += r->verdict == V_MISSING;
    n->damaged += r->verdict == V_DAMAGED;
}

static status report_dataset(const struct dataset *d, const char *data, struct progress *p, struct count *n)
{
    struct report r;
    progress_begin(p, "%s", d->name);
    const status s = verify_dataset(d, data, p, &r);
    progress_clear(p);
    TRY(s);
    print_report(d->name, &r, n);
    return OK;
}

static void report_task(const struct task *t, const char *data, struct count *n)
{
    struct report r;
    verify_task(t, data, &r);
    print_report(t->name, &r, n);
}

static status report_named(const char *name, const char *data, struct progress *p, struct count *n)
{
    const struct dataset *d, *of_task[8];
    const struct task *t;
    TRY(data_named(name, &d, &t));
    if (d) return report_dataset(d, data, p, n);
    const size_t n_sets = dataset_of_task(t->name, of_task, sizeof of_task / sizeof *of_task);
    for (size_t i = 0; i < n_sets; i++) TRY(report_dataset(of_task[i], data, p, n));
    report_task(t, data, n);
    return OK;
}

status data_verify(size_t n, char **name, const char *data, bool quiet)
{
    struct count count = {0};
    struct progress p;
    progress_init(&p, stderr, quiet);
    for (size_t i = 0; i < n; i++) TRY(report_named(name[i], data, &p, &count));
    for (const struct dataset *d = datasets; n == 0 && d->name; d++) TRY(report_dataset(d, data, &p, &count));
    for (const struct task *const *t = tasks; n == 0 && *t; t++) report_task(*t, data, &count);
    if (count.damaged) FAIL(ERR_DATA, "%zu damaged", count.damaged);
    if (n && count.missing) FAIL(ERR_DATA, "%zu missing", count.missing);
    return OK;
}
