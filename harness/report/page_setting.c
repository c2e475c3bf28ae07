/* page_setting.c -- the question, and the setting: tasks, variants, and every option that is not a default. */
#include <stdlib.h>
#include <string.h>

#include "config/cost.h"
#include "report/html.h"
#include "report/page_part.h"
#include "tasks/task.h"
#include "variants/variant.h"

/* ---- about: ---- */

/* Blank lines part paragraphs; in a text without them (a folded one, ">", keeps none) the ends of lines do. */
static void print_paragraphs(FILE *out, const char *text)
{
    const char *end = strstr(text, "\n\n") ? "\n\n" : "\n";
    while (*(text += strspn(text, "\n "))) {
        const char *stop = strstr(text, end);
        const size_t n = stop ? (size_t)(stop - text) : strlen(text);
        char *one = strndup(text, n);
        if (!one) status_no_memory("a paragraph", n);
        html_put(out, "<p>", one, "</p>\n");
        free(one);
        text += n;
    }
}

static status want_text(const struct yaml *y)
{
    if (y->kind != YAML_SCALAR) return yaml_fail(y->mark, "about wants text, or a list of paragraphs");
    return OK;
}

status page_about(FILE *out, const struct section *s)
{
    const struct yaml *about = s->config->config->root ? yaml_get(s->config->config->root, "about") : NULL;
    if (yaml_is_null(about)) return OK;
    if (about->kind != YAML_LIST) {
        TRY(want_text(about));
        print_paragraphs(out, about->text);
        return OK;
    }
    for (size_t i = 0; i < about->n; i++) {
        TRY(want_text(about->item[i]));
        print_paragraphs(out, about->item[i]->text);
    }
    return OK;
}

/* ---- one option over all runs ---- */

struct part {                   /* a table of options and where its values stand in a run */
    const char          *name;
    const struct option *table;
    size_t               offset;
};

static const struct part parts[] = {
    {"model", model_option_table, offsetof(struct run, model)},
    {"train", train_option_table, offsetof(struct run, train)},
    {"test", test_option_table, offsetof(struct run, test)},
};
enum { PARTS = sizeof parts / sizeof *parts };

static void value_of(const struct run *r, const struct part *p, const struct option *o, char out[OPTION_PRINT])
{
    option_print(o, (const char *)r + p->offset, out, OPTION_PRINT);
}

/* The default as it would be printed: "1e-3" and 0.001 are the same. */
static void usual_of(const struct option *o, char out[OPTION_PRINT])
{
    _Alignas(16) unsigned char one[sizeof(struct real_list) + OPTION_TEXT];
    struct option alone = *o;
    memset(one, 0, sizeof one);
    alone.offset = 0;
    if (option_set_text(&alone, one, o->fallback) == OK) option_print(&alone, one, out, OPTION_PRINT);
    else snprintf(out, OPTION_PRINT, "%s", o->fallback);
}

static bool same_value(const struct run *a, const struct run *b, const struct part *p, const struct option *o)
{
    char x[OPTION_PRINT], y[OPTION_PRINT];
    value_of(a, p, o, x);
    value_of(b, p, o, y);
    return strcmp(x, y) == 0;
}

static bool same_task(const struct run *a, const struct run *b)
{
    return a->task == b->task && memcmp(a->task_options, b->task_options, OPTIONS_ROOM) == 0;
}

enum spread { EVERYWHERE, BY_TASK, BY_VARIANT, BY_RUN };

static enum spread spread_of(const struct config *c, const struct part *p, const struct option *o)
{
    bool all = true, task = true, variant = true;
    for (size_t i = 1; i < c->n_runs; i++)
        for (size_t j = 0; j < i && (task || variant); j++) {
            const struct run *a = &c->runs[i], *b = &c->runs[j];
            if (a->seed != c->runs[0].seed || b->seed != c->runs[0].seed || same_value(a, b, p, o)) continue;
            all = false;
            if (same_task(a, b)) task = false;
            if (strcmp(a->label, b->label) == 0) variant = false;
        }
    return all ? EVERYWHERE : task ? BY_TASK : variant ? BY_VARIANT : BY_RUN;
}

static bool is_usual(const struct config *c, const struct part *p, const struct option *o)
{
    char usual[OPTION_PRINT], now[OPTION_PRINT];
    usual_of(o, usual);
    for (size_t i = 0; i < c->n_runs; i++) {
        value_of(&c->runs[i], p, o, now);
        if (strcmp(now, usual) != 0) return false;
    }
    return true;
}

/* "text 512; image 1024", one for each task. */
static void print_by_task(FILE *out, const struct section *s, const struct part *p, const struct option *o)
{
    char now[OPTION_PRINT];
    for (size_t i = 0; i < s->all.n_tasks; i++) {
        value_of(s->all.task[i].run, p, o, now);
        html_print(out, "%s%s <code>%s</code>", i ? "; " : "", s->all.task[i].name, now);
    }
}

static void print_value(FILE *out, const struct section *s, const struct part *p, const struct option *o)
{
    char now[OPTION_PRINT];
    switch (spread_of(s->config->config, p, o)) {
    case EVERYWHERE:
        value_of(s->config->config->runs, p, o, now);
        html_put(out, "<code>", now, "</code>");
        break;
    case BY_TASK:    print_by_task(out, s, p, o); break;
    case BY_VARIANT: fputs("by variant, see there", out); break;
    case BY_RUN:     fputs("differs from run to run: /config of its file", out); break;
    }
}

static const char end_of_table[] = "</tbody>\n</table>\n</div>\n";

static void begin_options(FILE *out)
{
    fputs("<details open>\n<summary>Options that are not the defaults</summary>\n"
          "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Options\">\n<table class=\"words\">\n<thead>\n<tr>"
          "<th scope=\"col\">option</th><th scope=\"col\">value</th><th scope=\"col\">default</th><th scope=\"col\">what it is</th></tr>\n"
          "</thead>\n<tbody>\n", out);
}

static void print_options(FILE *out, const struct section *s)
{
    char usual[OPTION_PRINT];
    begin_options(out);
    for (size_t k = 0; k < PARTS; k++)
        for (const struct option *o = parts[k].table; o->name; o++) {
            if (is_usual(s->config->config, &parts[k], o)) continue;
            usual_of(o, usual);
            html_print(out, "<tr><th scope=\"row\"><code>%s.%s</code></th><td>", parts[k].name, o->name);
            print_value(out, s, &parts[k], o);
            html_print(out, "</td><td><code>%s</code></td><td class=\"long\">%s</td></tr>\n", usual, o->help);
        }
    fputs("</tbody>\n</table>\n</div>\n</details>\n", out);
}

/* ---- things with options of their own ---- */

/* "window 32, dilation 1": those that are not the default stand out. */
static bool print_named(FILE *out, const struct option *table, const void *options, bool begun)
{
    char usual[OPTION_PRINT], now[OPTION_PRINT];
    for (const struct option *o = table; o && o->name; o++) {
        usual_of(o, usual);
        option_print(o, options, now, sizeof now);
        const bool other = strcmp(usual, now) != 0;
        html_print(out, other ? "%s<strong>%s <code>%s</code></strong>" : "%s%s <code>%s</code>", begun ? ", " : "", o->name, now);
        begun = true;
    }
    return begun;
}

static void print_tasks(FILE *out, const struct section *s)
{
    fputs("<h4>Tasks</h4>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Tasks\">\n<table class=\"words\">\n<thead>\n<tr>"
          "<th scope=\"col\">task</th><th scope=\"col\">what it asks</th><th scope=\"col\">options</th><th scope=\"col\">source</th></tr>\n</thead>\n<tbody>\n", out);
    for (size_t i = 0; i < s->all.n_tasks; i++) {
        const struct run *r = s->all.task[i].run;
        html_print(out, "<tr><th scope=\"row\"><a href=\"#%s-task-", s->id);
        fprintf(out, "%zu\">", i + 1);
        html_print(out, "%s</a></th><td>%s</td><td class=\"long\">", s->all.task[i].name, r->task->title);
        if (!print_named(out, r->task->options, r->task_options, false)) fputs("none", out);
        html_put(out, "</td><td class=\"long\">", r->task->source ? r->task->source : "", "</td></tr>\n");
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static void print_by_variant(FILE *out, const struct section *s, const struct run *r, bool begun)
{
    char now[OPTION_PRINT];
    for (size_t k = 0; k < PARTS; k++)
        for (const struct option *o = parts[k].table; o->name; o++) {
            if (spread_of(s->config->config, &parts[k], o) != BY_VARIANT) continue;
            value_of(r, &parts[k], o, now);
            html_print(out, "%s<strong>%s.%s <code>%s</code></strong>", begun ? ", " : "", parts[k].name, o->name, now);
            begun = true;
        }
}

static void print_variant(FILE *out, const struct section *s, const struct run *r)
{
    html_print(out, "<tr><th scope=\"row\">%s</th>", r->label);
    if (!r->attention || !r->position) {
        fputs("<td></td><td></td><td></td></tr>\n", out);
        return;
    }
    html_print(out, "<td class=\"long\">%s<br><span class=\"small\">%s</span></td><td>%s</td><td class=\"long\">", r->attention->title,
               r->attention->paper ? r->attention->paper : "", r->position->title);
    const bool begun = print_named(out, r->attention->options, r->attention_options, false);
    print_by_variant(out, s, r, print_named(out, r->position->options, r->position_options, begun));
    fputs("</td></tr>\n", out);
}

static void begin_variants(FILE *out)
{
    fputs("<h4>Variants</h4>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Variants\">\n<table class=\"words\">\n<thead>\n<tr>"
          "<th scope=\"col\">variant</th><th scope=\"col\">attention</th><th scope=\"col\">positions</th><th scope=\"col\">options</th></tr>\n</thead>\n<tbody>\n", out);
}

static void print_variants(FILE *out, const struct section *s)
{
    const struct config *c = s->config->config;
    begin_variants(out);
    for (size_t i = 0; i < c->n_runs; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) seen = strcmp(c->runs[i].label, c->runs[j].label) == 0;
        if (!seen) print_variant(out, s, &c->runs[i]);
    }
    fputs(end_of_table, out);
}

static void print_seeds(FILE *out, const struct config *c)
{
    fputs("<p>Seeds: ", out);
    for (size_t i = 0; i < c->n_runs; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) seen = c->runs[i].seed == c->runs[j].seed;
        if (!seen) fprintf(out, "%s%llu", i ? ", " : "", (unsigned long long)c->runs[i].seed);
    }
    fputs(". ", out);
    if (c->runs[0].protocol[0])
        html_print(out, "Protocol <em>%s</em>: sizes, splits and budgets as published, under what the config says of its own. ", c->runs[0].protocol);
    fputs("What is bold differs from its default.</p>\n", out);
}

/* ---- of a config that measures ---- */

static void print_measured_options(FILE *out, const char *section, const struct option *table, const void *options)
{
    char usual[OPTION_PRINT], now[OPTION_PRINT];
    for (const struct option *o = table; o->name; o++) {
        usual_of(o, usual);
        option_print(o, options, now, sizeof now);
        if (strcmp(usual, now) == 0) continue;
        html_print(out, "<tr><th scope=\"row\"><code>%s.%s</code></th><td><code>%s</code></td><td><code>%s</code></td><td class=\"long\">%s</td></tr>\n",
                   section, o->name, now, usual, o->help);
    }
}

static void print_measured_setting(FILE *out, const struct section *s)
{
    const struct measured_plan *c = s->config->config->measured;
    struct run *r = calloc(1, sizeof *r);
    if (!r) status_no_memory("a variant", sizeof *r);
    begin_variants(out);
    for (size_t i = 0; i < c->n; i++) {
        const struct variant_entry *v = c->variant[i].entry;
        memcpy(r->label, v->label, sizeof r->label);
        memcpy(r->attention_options, v->attention_options, OPTIONS_ROOM);
        memcpy(r->position_options, v->position_options, OPTIONS_ROOM);
        r->attention = v->attention;
        r->position = v->position;
        print_variant(out, s, r);
    }
    fputs(end_of_table, out);
    free(r);
    begin_options(out);
    print_measured_options(out, c->key, c->table, c->options);
    print_measured_options(out, "model", model_option_table, &c->model);
    fputs(end_of_table, out);
    fputs("</details>\n", out);
}

void page_setting(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-setting\">Setting</h3>\n", s->id);
    if (s->config->config->measured) {
        print_measured_setting(out, s);
        return;
    }
    print_seeds(out, s->config->config);
    print_tasks(out, s);
    print_variants(out, s);
    print_options(out, s);
}
