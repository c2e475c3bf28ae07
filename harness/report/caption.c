/* caption.c -- what a table or figure is of, in words. */
#include "report/caption.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/departure.h"
#include "report/summary.h"
#include "tasks/task.h"

void short_number(double value, char *out, size_t size)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    int unit = 0;
    while (unit < 4 && fabs(value) >= 999.5) value /= 1000, unit++;
    const int decimals = unit == 0 && value == floor(value) ? 0 : fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
    snprintf(out, size, "%.*f%s", decimals, value, units[unit]);
}

/* Words (a corpus) always, other options where they are not the default. */
static bool worth_saying(const struct option *o, const void *options, const void *defaults, char *now, size_t size)
{
    char usual[512];
    option_print(o, options, now, size);
    option_print(o, defaults, usual, sizeof usual);
    return o->type == OPTION_WORD ? now[0] && strcmp(now, "\"\"") != 0 : strcmp(now, usual) != 0;
}

/* ": gutenberg": which texts were read where the options left a choice, two where runs do not agree. */
static void texts_read(const struct task_runs *t, const char *asked, char *out, size_t size)
{
    const char *seen = NULL, *other = NULL;
    for (size_t v = 0; v < t->n; v++)
        for (size_t i = 0; i < t->variant[v].n; i++) {
            const char *text = results_environment(&t->variant[v].at[i].results, "text");
            if (!text[0] || strcmp(text, asked) == 0) continue;
            if (!seen) seen = text;
            else if (strcmp(text, seen) != 0) other = text;
        }
    out[0] = 0;
    if (seen) snprintf(out, size, ": %s%s%s", seen, other ? " in some runs, in others " : "", other ? other : "");
}

void caption_name(const struct task_runs *t, char *out, size_t size)
{
    _Alignas(16) static unsigned char defaults[OPTIONS_ROOM];
    const struct task *task = t->run->task;
    char now[512], read[256];
    size_t n = (size_t)snprintf(out, size, "%s", task->name);
    bool any = false;
    if (!task->options) return;
    option_defaults(task->options, defaults, task->options_size);
    for (const struct option *o = task->options; o->name && n < size; o++) {
        if (!worth_saying(o, t->run->task_options, defaults, now, sizeof now)) continue;
        texts_read(t, now, read, sizeof read);
        n += (size_t)snprintf(out + n, size - n, "%s%s %s%s", any ? ", " : " (", o->name, now, task->text_name && o->type == OPTION_WORD ? read : "");
        any = true;
    }
    if (any && n < size) snprintf(out + n, size - n, ")");
}

int64_t caption_length(const struct task_runs *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->variant[i].at->run->train.length != t->run->train.length) return 0;
    return t->run->train.length;
}

static void budget(const struct train_options *o, char *out, size_t size)
{
    char number[32];
    const char *unit = o->steps ? "steps" : o->samples ? "examples" : "tokens";
    short_number(o->steps ? (double)o->steps : o->samples ? (double)o->samples : o->tokens, number, sizeof number);
    snprintf(out, size, "%s %s", number, unit);
}

/* "32.0k of 160k examples (scaled down)": beside what the protocol trains on. */
static void budget_beside(const struct run *r, char *out, size_t size)
{
    char ours[64], all[32];
    const double examples = departure_examples(r), mine = r->train.steps ? (double)r->train.steps * (double)r->train.batch : (double)r->train.samples;
    budget(&r->train, ours, sizeof ours);
    short_number(examples, all, sizeof all);
    if (!examples) snprintf(out, size, "%s", ours);
    else if (mine == examples) snprintf(out, size, "%s examples", all);
    else if (departure_scaled_down(r)) {
        short_number(mine, ours, sizeof ours);
        snprintf(out, size, "%s of %s examples (scaled down)", ours, all);
    } else snprintf(out, size, "%s (the protocol: %s examples)", ours, all);
}

static void tested(const struct run *r, char *out, size_t size)
{
    char number[32];
    out[0] = 0;
    if (r->task->kind != TASK_CLASSIFY || !r->test.examples) return;
    short_number((double)r->test.examples, number, sizeof number);
    snprintf(out, size, "; tested on at most %s examples", number);
}

static void length(const struct task_runs *t, char *out, size_t size)
{
    const int64_t all = caption_length(t);
    out[0] = 0;
    if (t->run->task->kind != TASK_TEXT) return;
    if (all) snprintf(out, size, " at length %lld", (long long)all);
    else snprintf(out, size, " at the length each variant sets");
}

static size_t seeds(const struct task_runs *t)
{
    size_t most = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->variant[i].n > most) most = t->variant[i].n;
    return most;
}

void caption_task(const struct collection *c, const struct task_runs *t, char *out, size_t size)
{
    char name[256], at[64], tokens[128], how[1600], protocol[1500], subset[64], mean[96];
    caption_name(t, name, sizeof name);
    length(t, at, sizeof at);
    budget_beside(t->run, tokens, sizeof tokens);
    departure_text(t, 1, protocol, sizeof protocol);
    tested(t->run, subset, sizeof subset);
    snprintf(how, sizeof how, "%s%s%s%s", c->config->budget[0] ? ", budget " : "", c->config->budget, protocol[0] ? ", " : "", protocol);
    if (seeds(t) > 1) snprintf(mean, sizeof mean, "%zu seeds: mean ± standard deviation", seeds(t));
    else snprintf(mean, sizeof mean, "1 seed");
    const char *kept = t->run->train.keep == KEEP_BEST ? "best on validation" : "last";
    snprintf(out, size, "%s, trained%s for %s%s; %s; parameters: %s%s", name, at, tokens, how, mean, kept, subset);
}

bool caption_floor(const struct task_runs *t, char *out, size_t size)
{
    size_t n;
    predictors_of(t, &n);
    if (t->run->task->kind == TASK_SEQUENCE) snprintf(out, size, "below the rule: chance");
    else if (n) snprintf(out, size, "below the rule: predictors without attention, on the whole test split");
    return n > 0;
}
