/* page_machine.c -- the environment that the runs' files keep: one value where all agree, else each with how many runs have it. */
#include <string.h>

#include "report/html.h"
#include "report/page_part.h"

static const struct { const char *name, *title; } facts[] = {
    {"version", "Reach"}, {"commit", "commit"}, {"cpu", "CPU"}, {"kernel", "vector code"}, {"blas", "BLAS"}, {"threads", "threads"},
    {"real", "arithmetic"}, {"denormals", "denormal numbers"}, {"compiler", "compiler"}, {"data", "data checksum"}, {"date", "date (UTC)"},
};

static const char *fact_of(const struct loaded *l, const char *name)
{
    const char *text = results_environment(&l->results, name);
    return text[0] ? text : NULL;
}

static void print_values(FILE *out, const struct section *s, const char *name)
{
    const size_t n = s->all.config->n_runs;
    size_t with = 0, distinct = 0;
    for (size_t i = 0; i < n; i++) with += fact_of(&s->all.at[i], name) != NULL;
    for (size_t i = 0; i < n; i++) {
        const char *value = fact_of(&s->all.at[i], name);
        bool seen = !value;
        size_t same = 0;
        for (size_t j = 0; value && j < n; j++) {
            const char *other = fact_of(&s->all.at[j], name);
            if (!other || strcmp(value, other) != 0) continue;
            if (j < i) seen = true;
            same++;
        }
        if (seen) continue;
        html_print(out, distinct++ ? "<br><code>%s</code>" : "<code>%s</code>", value);
        if (same < with) fprintf(out, " (%zu run%s)", same, same > 1 ? "s" : "");
    }
}

/* From the first to the last run. */
static void print_dates(FILE *out, const struct section *s)
{
    const char *first = NULL, *last = NULL;
    for (size_t i = 0; i < s->all.config->n_runs; i++) {
        const char *date = fact_of(&s->all.at[i], "date");
        if (date && (!first || strcmp(date, first) < 0)) first = date;
        if (date && (!last || strcmp(date, last) > 0)) last = date;
    }
    html_print(out, strcmp(first, last) ? "<code>%s</code> to <code>%s</code>" : "<code>%s</code>", first, last);
}

/* Which data a checksum is of. */
static void print_data(FILE *out, const struct section *s)
{
    bool begun = false;
    for (size_t t = 0; t < s->all.n_tasks; t++) {
        const struct task_runs *task = &s->all.task[t];
        const char *sum = NULL, *text = NULL;
        for (size_t v = 0; v < task->n && !sum; v++)
            for (size_t i = 0; i < task->variant[v].n && !sum; i++) {
                sum = fact_of(&task->variant[v].at[i], "data");
                text = fact_of(&task->variant[v].at[i], "text");
            }
        if (!sum) continue;
        if (begun) fputs("<br>", out);
        html_print(out, "%s%s%s <code>%s</code>", task->name, text ? ", " : "", text ? text : "", sum);
        begun = true;
    }
}

static bool any_has(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->all.config->n_runs; i++)
        if (fact_of(&s->all.at[i], name)) return true;
    return false;
}

void page_machine(FILE *out, const struct section *s)
{
    html_print(out, "<h3 id=\"%s-environment\">Environment</h3>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Environment\">\n"
               "<table class=\"words\">\n<tbody>\n", s->id);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!any_has(s, facts[i].name)) continue;
        html_print(out, "<tr><th scope=\"row\">%s</th><td>", facts[i].title);
        if (strcmp(facts[i].name, "date") == 0) print_dates(out, s);
        else if (strcmp(facts[i].name, "data") == 0) print_data(out, s);
        else print_values(out, s, facts[i].name);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}
