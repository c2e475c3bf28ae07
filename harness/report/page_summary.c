/* page_summary.c -- what stands first: the best of every task beside what needs no attention, and the configs of the page. */
#include <math.h>
#include <string.h>

#include "report/caption.h"
#include "report/gate.h"
#include "report/html.h"
#include "report/page_part.h"
#include "report/summary.h"
#include "tasks/task.h"

/* The score that a task is summed up by. */
struct score {
    enum measure measure;
    struct place place;     /* its texts are those of the next two */
    struct kind  kind;
    struct test_set set;
    char         where[96]; /* " at length 4096" */
};

static bool longest_of_kind(const struct task_runs *t, struct score *s)
{
    struct kind kind[KINDS_MAX];
    int64_t length[LENGTHS_MAX];
    if (!kinds_of(t, kind)) return false;
    const size_t n = lengths_of(t, &kind[0], length);
    if (!n) return false;
    *s = (struct score){.measure = MEASURE_BITS, .kind = kind[0]};
    s->place = (struct place){"test", s->kind.text, s->kind.mode, length[n - 1]};
    snprintf(s->where, sizeof s->where, " at length %lld", (long long)length[n - 1]);
    return true;
}

static bool farthest_set(const struct task_runs *t, struct score *s)
{
    struct test_set set[TASK_SETS];
    const size_t n = t->run->task->sets(t->run->task_options, set);
    const struct test_set *far = NULL;
    for (size_t i = 0; i < n; i++)
        if (!far || set[i].length >= far->length) far = &set[i];
    if (!far) return false;
    *s = (struct score){.measure = MEASURE_ACCURACY, .set = *far};
    s->place = (struct place){"test", s->set.label, "recall", (int64_t)far->length};
    snprintf(s->where, sizeof s->where, " at length %zu%s%s", far->length, far->label[0] ? ", " : "", far->label);
    return true;
}

static bool best_score_of(const struct task_runs *t, struct score *s)
{
    if (is_text(t)) return longest_of_kind(t, s);
    if (t->run->task->kind == TASK_SEQUENCE) return farthest_set(t, s);
    *s = (struct score){.measure = MEASURE_ACCURACY, .place = {"test", "", "all", 0}};
    return true;
}

static bool better(enum measure m, double a, double b)
{
    return isnan(b) || (m == MEASURE_ACCURACY ? a > b : a < b);
}

static void number_of(enum measure m, double x, char *out, size_t size)
{
    if (m == MEASURE_ACCURACY) snprintf(out, size, "%.1f %%", x);
    else snprintf(out, size, "%.3f bits per byte", x);
}

/* "; without attention: root operator, 32.3 %".  Predictors know nothing of repeated text, and of recall only chance is one everywhere. */
static void print_floor(FILE *out, const struct task_runs *t, enum measure m)
{
    size_t n;
    char number[64];
    const struct predictor_row *p = predictors_of(t, &n), *best = NULL;
    double most = NAN;
    for (size_t i = 0; i < n; i++) {
        const double x = m == MEASURE_ACCURACY ? p[i].accuracy * 100 : p[i].loss * BITS_PER_NAT;
        if (isnan(x) || (t->run->task->kind == TASK_SEQUENCE && strcmp(p[i].name, "chance") != 0)) continue;
        if (better(m, x, most)) most = x, best = &p[i];
    }
    if (!best) return;
    number_of(m, most, number, sizeof number);
    html_print(out, "; without attention: %s, %s", best->name, number);
}

enum { VARIANTS_MOST = 512 };

/* The means that a task's variants have, and the best and worst of them. */
struct standing {
    double mean[VARIANTS_MOST]; /* NaN: none */
    size_t n;                   /* that are  */
    double most, least;
};

static void stand(const struct task_runs *t, const struct score *s, struct standing *out)
{
    out->n = 0;
    out->most = out->least = NAN;
    for (size_t v = 0; v < t->n && v < VARIANTS_MOST; v++) {
        const struct summary x = summarise(&t->variant[v], s->measure, &s->place);
        out->mean[v] = x.n ? x.mean : NAN;
        if (isnan(out->mean[v])) continue;
        out->n++;
        if (better(s->measure, x.mean, out->most)) out->most = x.mean;
        if (isnan(out->least) || better(s->measure, out->least, x.mean)) out->least = x.mean;
    }
}

/* The variants whose score prints as `value`: none is better than another of them.  How many. */
static size_t print_those(FILE *out, const struct task_runs *t, const struct score *s, const struct standing *all, double value)
{
    char wanted[64], number[64];
    size_t n = 0;
    number_of(s->measure, value, wanted, sizeof wanted);
    for (size_t v = 0; v < t->n && v < VARIANTS_MOST; v++) {
        if (isnan(all->mean[v])) continue;
        number_of(s->measure, all->mean[v], number, sizeof number);
        if (strcmp(number, wanted) != 0) continue;
        if (out) html_print(out, n ? ", <strong>%s</strong>" : "<strong>%s</strong>", t->variant[v].label);
        n++;
    }
    return n;
}

static void print_standing(FILE *out, const struct task_runs *t, const struct score *s, const struct standing *all)
{
    char most[64], least[64];
    number_of(s->measure, all->most, most, sizeof most);
    number_of(s->measure, all->least, least, sizeof least);
    html_print(out, "%s: ", s->where);
    if (all->n > 1 && print_those(NULL, t, s, all, all->most) == all->n) {
        fprintf(out, "all %zu variants have", all->n);
        html_print(out, " %s", most);
        return;
    }
    if (all->n > 1) fprintf(out, "best of %zu: ", all->n);
    print_those(out, t, s, all, all->most);
    html_print(out, ", %s", most);
    if (all->n > 1) html_print(out, "; worst: %s", least);
}

static void print_task(FILE *out, const struct section *s, const struct task_runs *t)
{
    struct score score;
    struct standing all = {.n = 0};
    fprintf(out, "<li><a href=\"#%s-task-%zu\">", s->id, (size_t)(t - s->all.task) + 1);
    html_put(out, "", t->name, "</a>");
    if (best_score_of(t, &score)) stand(t, &score, &all);
    if (!all.n) {
        fputs(": no finished run.</li>\n", out);
        return;
    }
    print_standing(out, t, &score, &all);
    print_floor(out, t, score.measure);
    if (t->run->task->kind == TASK_SEQUENCE) {
        struct gate gate;
        gate_of(t, &gate);
        html_print(out, ". %s", gate.line);
    }
    fputs(".</li>\n", out);
}

void page_best(FILE *out, const struct section *s)
{
    fputs("<ul class=\"best\">\n", out);
    for (size_t i = 0; i < s->all.n_tasks; i++) print_task(out, s, &s->all.task[i]);
    if (s->config->config->measured) page_bench_best(out, s);
    fputs("</ul>\n", out);
}

static size_t variants_of(const struct section *s)
{
    size_t most = measurement_variants(&s->measured);
    for (size_t i = 0; i < s->all.n_tasks; i++)
        if (s->all.task[i].n > most) most = s->all.task[i].n;
    return most;
}

void page_summary(FILE *out, const struct section *s, size_t n)
{
    static const char *const heads[] = {"runs there", "budget", "tasks", "variants", "trained in", "days"};
    double all = 0;
    char time[64];
    fputs("<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Summary\">\n<table>\n<thead>\n<tr><th scope=\"col\">experiment</th>", out);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) html_put(out, "<th scope=\"col\">", heads[i], "</th>");
    fputs("</tr>\n</thead>\n<tbody>\n", out);
    for (size_t i = 0; i < n; i++) {
        const struct runs_seen seen = page_runs(&s[i]);
        page_duration(seen.seconds, time, sizeof time);
        all += seen.seconds;
        html_print(out, "<tr><th scope=\"row\"><a href=\"#%s\">%s</a></th>", s[i].id, s[i].config->config->title);
        fprintf(out, "<td>%s%zu of %zu%s</td>", seen.usable < seen.wanted ? "<strong>" : "", seen.usable, seen.wanted,
                seen.usable < seen.wanted ? "</strong>" : "");
        html_print(out, "<td>%s</td>", s[i].config->config->budget[0] ? s[i].config->config->budget : "–");
        fprintf(out, "<td>%zu</td><td>%zu</td>", s[i].all.n_tasks, variants_of(&s[i]));
        html_print(out, strcmp(seen.first, seen.last) ? "<td>%s</td><td>%s to %s</td></tr>\n" : "<td>%s</td><td>%s</td></tr>\n", time,
                   seen.first[0] ? seen.first : "–", seen.last);
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
    page_duration(all, time, sizeof time);
    html_print(out, "<p class=\"small\">Training took %s in all, without tests and evaluations.</p>\n", time);
    for (size_t i = 0; i < n; i++) {
        html_print(out, "<h2 class=\"brief\"><a href=\"#%s\">%s</a></h2>\n", s[i].id, s[i].config->config->title);
        page_best(out, &s[i]);
    }
}
