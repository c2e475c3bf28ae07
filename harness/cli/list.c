/* list.c -- reach list [variants|positions|tasks|protocols|configs|NAME] */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "model/options.h"
#include "tasks/protocol.h"
#include "tasks/task.h"
#include "train/options.h"
#include "variants/variant.h"

static void print_options(const struct option *table)
{
    static const char *const types[] = {"int", "real", "bool", "choice", "set", "text", "ints", "reals"};
    for (const struct option *o = table; o && o->name; o++) {
        printf("    %-18s %-7s %-16s %s", o->name, types[o->type], o->fallback, o->help);
        if (o->choices) {
            printf(" [");
            for (size_t i = 0; o->choices[i]; i++) printf("%s%s", i ? " " : "", o->choices[i]);
            printf("]");
        }
        putchar('\n');
    }
}

static void print_can(unsigned can)
{
    static const char *const words[] = {"causal", "bidirectional", "any length", "state", "BPTT", "auxiliary loss",
                                        "own positions", "rotary positions", "score biases"};
    printf("    can:");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (can >> i & 1) printf(" %s%s", words[i], can >> (i + 1) ? "," : "");
    putchar('\n');
}

static void list_variants(void)
{
    puts("Presets (attention x position x options):");
    for (const struct preset *p = presets; p->name; p++) {
        printf("  %-15s %-50s %s + %s", p->name, p->title, p->attention, p->position);
        for (size_t i = 0; i < 4 && p->settings[i][0]; i++) printf(", %s: %s", p->settings[i][0], p->settings[i][1]);
        putchar('\n');
    }
    puts("Attentions:");
    for (const struct attention *const *a = attentions; *a; a++) printf("  %-15s %-50s %s\n", (*a)->name, (*a)->title, (*a)->paper);
}

static void list_positions(void)
{
    puts("Position schemes:");
    for (const struct position *const *p = positions; *p; p++) printf("  %-15s %-50s %s\n", (*p)->name, (*p)->title, (*p)->paper);
}

static void list_protocols(void)
{
    puts("Protocols:");
    for (const struct protocol *p = protocols; p->name; p++) printf("  %-15s %s\n", p->name, p->title);
}

/* "    WHAT: {a: 1}", broken at 110 columns after a comma. */
static void print_texts(const char *what, const char *text)
{
    if (!text) return;
    printf("    %s: ", what);
    size_t column = strlen(what) + 6;
    for (const char *c = text; *c; c++) {
        putchar(*c);
        column++;
        if (*c != ' ' || c[-1] != ',' || column < 96) continue;
        printf("\n        ");
        column = 8;
    }
    putchar('\n');
}

static void print_protocol(const struct protocol *p)
{
    printf("%s, a protocol: %s\n    %s\n    %s\n", p->name, p->title, p->source, p->notes);
    if (p->position) printf("    variants that bear their attention's name have position %s\n", p->position);
    print_texts("attentions that have them", p->attention);
    print_texts("model", p->model);
    print_texts("train", p->train);
    for (const struct protocol_task *t = p->task; t->task; t++) {
        printf("  %s\n", t->task);
        print_texts("options", t->options);
        print_texts("model", t->model);
        print_texts("train", t->train);
        print_texts("faithful options", t->faithful_options);
        print_texts("faithful model", t->faithful_model);
    }
}

static void list_tasks(void)
{
    puts("Tasks:");
    for (const struct task *const *t = tasks; *t; t++) printf("  %-15s %s\n", (*t)->name, (*t)->title);
}

static int is_yaml(const struct dirent *d)
{
    const size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static void print_title(const char *folder, const char *name)
{
    char path[4096], line[512], title[512] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "title: %511[^\n]", title) == 1) break;
    if (f) fclose(f);
    printf("  configs/%-24s %s\n", name, title);
}

static void list_configs(void)
{
    puts("Configs:");
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/configs", place_root());
    struct dirent **entry;
    const int n = scandir(folder, &entry, is_yaml, alphasort);
    for (int i = 0; i < n; i++) {
        print_title(folder, entry[i]->d_name);
        free(entry[i]);
    }
    if (n >= 0) free(entry);
}

/* Everything called `name`; false if nothing is. */
static bool list_name(const char *name)
{
    bool found = false;
    const struct preset *s = preset_find(name);
    const struct attention *a = attention_find(name);
    const struct position *p = position_find(name);
    const struct task *t = task_find(name);
    if (s) {
        printf("%s, a preset: %s\n    attention %s, position %s", s->name, s->title, s->attention, s->position);
        for (size_t i = 0; i < 4 && s->settings[i][0]; i++) printf(", %s: %s", s->settings[i][0], s->settings[i][1]);
        putchar('\n');
        found = true;
        if (!a) a = attention_find(s->attention);
    }
    if (a) {
        printf("%s, an attention: %s\n    %s\n", a->name, a->title, a->paper);
        print_can(a->can);
        print_options(a->options);
        found = true;
    }
    if (p) {
        printf("%s, a position scheme: %s\n    %s\n", p->name, p->title, p->paper);
        print_options(p->options);
        found = true;
    }
    if (t) {
        printf("%s, a task: %s\n    %s\n%s\n", t->name, t->title, t->source, t->help);
        print_options(t->options);
        found = true;
    }
    const struct protocol *q = protocol_find(name);
    if (q) {
        print_protocol(q);
        found = true;
    }
    static const struct { const char *name; const struct option *table; } sections[] = {
        {"model", model_option_table}, {"train", train_option_table}, {"test", test_option_table}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(name, sections[i].name) != 0) continue;
        printf("%s, a section of a config:\n", name);
        print_options(sections[i].table);
        found = true;
    }
    return found;
}

static int list_one(const char *name)
{
    if (strcmp(name, "variants") == 0) list_variants();
    else if (strcmp(name, "positions") == 0) list_positions();
    else if (strcmp(name, "tasks") == 0) list_tasks();
    else if (strcmp(name, "protocols") == 0) list_protocols();
    else if (strcmp(name, "configs") == 0) list_configs();
    else if (!list_name(name)) {
        (void)status_fail(ERR_CONFIG, "nothing is called \"%s\"; reach list shows all names", name);
        return command_failed(ERR_CONFIG);
    }
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    const struct flag flags[] = {{.name = NULL}};
    const status e = command_flags(flags, &argc, argv);
    if (e != OK) return command_failed(e);
    if (argc < 2) {
        list_variants();
        list_positions();
        list_tasks();
        list_protocols();
        list_configs();
        puts("Sections of a config: model, train, test.  reach list NAME shows one thing with its options.");
        return EXIT_DONE;
    }
    int code = EXIT_DONE;
    for (int i = 1; i < argc && code == EXIT_DONE; i++) code = list_one(argv[i]);
    return code;
}

const struct command command_list = {
    .name = "list",
    .usage = "list [variants|positions|tasks|protocols|configs|NAME...]",
    .summary = "names, papers, options with defaults and ranges",
    .help = "",
    .run = run,
};
