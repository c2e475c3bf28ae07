/* data_list.c -- reach data list */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data_commands.h"
#include "cli/command.h"

#define WIDTH 100

/* Print `text` from column `at` on, in lines of WIDTH, broken at spaces (a longer word stands alone). */
static void print_wrapped(const char *text, int at)
{
    for (int column = at; *text;) {
        const int n = (int)strcspn(text, " ");
        if (column > at && column + 1 + n > WIDTH) {
            printf("\n%*s", at, "");
            column = at;
        }
        column += printf("%s%.*s", column > at ? " " : "", n, text);
        text += n;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void list_task(const struct task *t, const char *data)
{
    unsigned char *options = data_default_options(t);
    char line[512] = "";
    const bool there = t->present(options, data, line, sizeof line);
    printf("%-14s %-8s ", t->name, there ? "ready" : "missing");
    print_wrapped(line, 24);
    free(options);
}

static const char *state_word(enum dataset_state s)
{
    static const char *const words[] = {"ready", "partly", "packed", "begun", "missing"};
    return words[s];
}

static void print_size(uint64_t size, char *out, size_t room)
{
    if (size < 10000000) snprintf(out, room, "%.1f MB", (double)size / 1e6);
    else snprintf(out, room, "%.0f MB", (double)size / 1e6);
}

/* Who reads it: "text", or "(lm)" for a task whose options must say so. */
static void print_readers(const struct dataset *d, char *out, size_t room)
{
    *out = 0;
    for (size_t i = 0; i < sizeof d->tasks / sizeof *d->tasks && d->tasks[i]; i++)
        if (task_find(d->tasks[i])) snprintf(out + strlen(out), room - strlen(out), "%s%s", *out ? " " : "", d->tasks[i]);
    if (d->readers && !*out) snprintf(out, room, "(%.*s)", (int)strcspn(d->readers, ":"), d->readers);
}

static void list_dataset(const struct dataset *d, const char *data)
{
    const enum dataset_state s = dataset_state(d, data);
    char size[32], readers[64], how[FILE_PATH];
    print_size(d->size, size, sizeof size);
    print_readers(d, readers, sizeof readers);
    if (s != DATASET_READY || dataset_folder(d, data, how) != OK) data_how(d, how, sizeof how);
    printf("%-16s %-8s %8s  %-14s ", d->name, state_word(s), size, readers);
    print_wrapped(how, 51);
}

static void field(const char *name, const char *text)
{
    if (!text) return;
    printf("  %-12s ", name);
    print_wrapped(text, 15);
}

static void describe(const struct dataset *d, const char *data)
{
    char text[FILE_PATH + 64];
    printf("%s: %s\n", d->name, d->title);
    field("state", state_word(dataset_state(d, data)));
    if (dataset_folder(d, data, text) == OK) field("folder", text);
    data_how(d, text, sizeof text);
    field("to get it", text);
    for (size_t i = 0; i < sizeof d->address / sizeof *d->address && d->address[i]; i++) field(i ? "or" : "address", d->address[i]);
    snprintf(text, sizeof text, "%llu bytes%s", (unsigned long long)d->size, d->file && !d->size_certain ? ", as remembered" : "");
    field("size", text);
    if (d->sum) {
        snprintf(text, sizeof text, "%s%s", d->sum, d->sum_certain ? "" : ", as remembered: another one is told, not refused");
        field("sum", text);
    } else if (d->file) {
        field("sum", "none is known");
    }
    for (size_t i = 0; i < sizeof d->part / sizeof *d->part && d->part[i].path; i++) {
        snprintf(text, sizeof text, "%s%s%s", d->part[i].path, d->part[i].sum ? "  " : "", d->part[i].sum ? d->part[i].sum : "");
        field(i ? "" : "holds", text);
    }
    print_readers(d, text, sizeof text);
    if (*text != '(') field("tasks", *text ? text : NULL);
    field("in a config", d->readers);
    field("licence", d->licence);
    field("cite", d->cite);
    field("note", d->note);
}

status data_list(size_t n, char **name, const char *data)
{
    for (size_t i = 0; i < n; i++) {
        const struct dataset *d;
        const struct task *t;
        TRY(data_named(name[i], &d, &t));
        if (t) list_task(t, data);
        else describe(d, data);
    }
    if (n) return OK;
    printf("%-14s %-8s %s\n", "Task", "", "its data, with default options");
    for (const struct task *const *t = tasks; *t; t++) list_task(*t, data);
    printf("\n%-16s %-8s %8s  %-14s %s\n", "Data set", "", "size", "read by", "where, or how to get it");
    for (const struct dataset *d = datasets; d->name; d++) list_dataset(d, data);
    puts("\n(task): if its options say so.  reach data list NAME: address, size, checksum, licence.");
    return OK;
}
