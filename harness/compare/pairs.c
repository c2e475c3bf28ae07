/* pairs.c -- runs of two sides, side by side: the same task, the same data and the same seed. */
#include "compare/pairs.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/notes.h"
#include "report/grid.h"

/* A file of a result set. */
struct set_run {
    struct results results;
    char           key[200];  /* label, task, and what tells two tasks of one name apart */
    char           task[80];
    bool           usable;
};

struct run_set {
    char            name[160];
    size_t          n;
    struct set_run *run;
    char            unreadable[512];
};

static void *more(void *at, size_t n, size_t size)
{
    at = realloc(at, (n + 1) * size);
    if (!at) status_no_memory("a comparison", (n + 1) * size);
    memset((char *)at + n * size, 0, size);
    return at;
}

static const char *find(const struct attribute *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return list[i].text;
    return "";
}

const char *option_of(const struct results *r, const char *name)
{
    return find(r->option, r->n_option, name);
}

/* ---- one pair ---- */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* The first setting of the task in which two files differ, or NULL. */
static const struct attribute *other_task(const struct results *a, const struct results *b)
{
    for (size_t i = 0; i < a->n_option; i++)
        if (strncmp(a->option[i].name, "task.", 5) == 0 && strcmp(a->option[i].text, option_of(b, a->option[i].name)) != 0)
            return &a->option[i];
    return NULL;
}

/* Trivial predictors have neither seed nor variant: where they score differently, the data is other data. */
static bool other_data(const struct results *a, const struct results *b)
{
    for (size_t i = 0; i < a->n_predictor; i++)
        for (size_t j = 0; j < b->n_predictor; j++) {
            const struct predictor_row *x = &a->predictor[i], *y = &b->predictor[j];
            if (strcmp(x->name, y->name) == 0 && (!same_number(x->loss, y->loss) || !same_number(x->accuracy, y->accuracy))) return true;
        }
    return false;
}

static void add_pair(struct contrast *c, const struct results *base, const struct results *next)
{
    const struct attribute *other = other_task(base, next);
    if (other) {
        text_add(c->missing, sizeof c->missing, "%sSeed %llu is left out: not the same task (%s is %.60s and %.60s).", c->missing[0] ? " " : "",
            (unsigned long long)base->seed, other->name, other->text, option_of(next, other->name));
        return;
    }
    if (other_data(base, next) && !c->note[0])
        text_add(c->note, sizeof c->note, "The trivial predictors of the two score differently: they did not see the same data, and this is no pair.");
    c->pair = more(c->pair, c->n, sizeof *c->pair);
    size_t at = c->n++;
    for (; at > 0 && c->pair[at - 1].seed > base->seed; at--) c->pair[at] = c->pair[at - 1];
    c->pair[at] = (struct run_pair){base->seed, base, next};
}

static struct contrast *add_contrast(struct comparison *out)
{
    out->at = more(out->at, out->n, sizeof *out->at);
    return &out->at[out->n++];
}

/* ---- the runs of a config ---- */

/* Why runs of a side are left out, or doubtful. */
static void say_side(struct contrast *c, const struct variant_runs *v)
{
    struct notes notes = {0};
    const char *blank = c->missing[0] ? " " : "";
    if (v->at[0].run->refused[0]) {
        text_add(c->missing, sizeof c->missing, "%s%s is n/a: %s.", blank, v->label, v->at[0].run->refused);
        c->refused = true;
        return;
    }
    if (notes_variant(&notes, v)) text_add(c->missing, sizeof c->missing, "%s%s: %.400s.", blank, v->label, notes.text[0]);
    notes_done(&notes);
}

static void contrast_variants(struct comparison *out, const struct task_runs *t, const struct variant_runs *base, const struct variant_runs *next)
{
    struct contrast *c = add_contrast(out);
    c->kind = t->run->task->kind;
    snprintf(c->task, sizeof c->task, "%s", t->name);
    snprintf(c->base, sizeof c->base, "%s", base->label);
    snprintf(c->next, sizeof c->next, "%s", next->label);
    say_side(c, base);
    say_side(c, next);
    for (size_t i = 0; i < base->n; i++)
        for (size_t j = 0; j < next->n; j++)
            if (base->at[i].usable && next->at[j].usable && base->at[i].run->seed == next->at[j].run->seed)
                add_pair(c, &base->at[i].results, &next->at[j].results);
}

void comparison_of_config(struct comparison *out, const struct config *c, const char *results_dir)
{
    memset(out, 0, sizeof *out);
    collection_load(&out->all, c, results_dir);
    for (size_t i = 0; i < out->all.n_tasks; i++) {
        const struct task_runs *t = &out->all.task[i];
        for (size_t v = 1; v < t->n; v++) contrast_variants(out, t, &t->variant[0], &t->variant[v]);
    }
}

/* ---- result sets ---- */

/* What stands behind "-SEED" in the name of a file: a short hash where a config has two tasks of one name. */
static const char *suffix_of(const char *stem, const struct results *r)
{
    char part[120];
    const char *last = NULL;
    const size_t n = (size_t)snprintf(part, sizeof part, "-%s-%llu", r->task, (unsigned long long)r->seed);
    for (const char *at = stem; (at = strstr(at, part)); at++) last = at + n;
    return last && *last == '-' ? last : "";
}

static void add_file(struct run_set *s, const char *path, bool folder)
{
    s->run = more(s->run, s->n, sizeof *s->run);
    struct set_run *r = &s->run[s->n];
    results_init(&r->results);
    if (results_read(&r->results, path, false) != OK) {
        if (!s->unreadable[0]) snprintf(s->unreadable, sizeof s->unreadable, "%s", status_message());
        return;
    }
    const char *slash = strrchr(path, '/');
    char stem[256];
    snprintf(stem, sizeof stem, "%s", slash ? slash + 1 : path);
    if (strlen(stem) > 3) stem[strlen(stem) - 3] = 0;
    const char *suffix = suffix_of(stem, &r->results);
    snprintf(r->task, sizeof r->task, "%.60s%.15s", r->results.task, suffix);
    snprintf(r->key, sizeof r->key, "%s\n%s", folder ? r->results.label : "", r->task);
    r->usable = r->results.status == RUN_DONE;
    s->n++;
}

static bool is_h5(const char *name)
{
    const size_t n = strlen(name);
    return n > 3 && strcmp(name + n - 3, ".h5") == 0;
}

static int wanted(const struct dirent *d)
{
    return is_h5(d->d_name);
}

static status read_set(struct run_set *s, const char *path, bool folder)
{
    snprintf(s->name, sizeof s->name, "%s", path);
    while (strlen(s->name) > 1 && s->name[strlen(s->name) - 1] == '/') s->name[strlen(s->name) - 1] = 0;
    if (!folder) {
        add_file(s, path, false);
        if (s->n == 0) FAIL(ERR_DATA, "%s", s->unreadable);
        return OK;
    }
    struct dirent **list;
    const int n = scandir(path, &list, wanted, alphasort);
    if (n < 0) FAIL(ERR_IO, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[4096];
        if (snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name) < (int)sizeof file) add_file(s, file, true);
        free(list[i]);
    }
    free(list);
    if (n == 0) FAIL(ERR_DATA, "%s: no result file (.h5) in this folder; results of a config are in results/NAME", path);
    return OK;
}

static const struct set_run *partner(const struct run_set *s, const struct set_run *of)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->run[i].results.seed == of->results.seed && strcmp(s->run[i].key, of->key) == 0) return &s->run[i];
    return NULL;
}

/* "one" lacks what "other" has. */
static void say_alone(struct contrast *c, const struct run_set *lacks, const struct set_run *r)
{
    text_add(c->missing, sizeof c->missing, "%sSeed %llu is left out: not in %.150s.", c->missing[0] ? " " : "", (unsigned long long)r->results.seed,
        lacks->name);
}

static void say_unusable(struct contrast *c, const struct run_set *s, const struct set_run *r)
{
    if (r->usable) return;
    text_add(c->missing, sizeof c->missing, "%sSeed %llu is left out: %s in %.150s.", c->missing[0] ? " " : "", (unsigned long long)r->results.seed,
        r->results.status == RUN_DIVERGED ? "diverged" : "unfinished", s->name);
}

static void contrast_runs(struct contrast *c, const struct run_set *base, const struct run_set *next, const char *key)
{
    for (size_t i = 0; i < base->n; i++) {
        const struct set_run *b = &base->run[i], *n = partner(next, b);
        if (strcmp(b->key, key) != 0) continue;
        if (!n) {
            say_alone(c, next, b);
            continue;
        }
        say_unusable(c, base, b);
        say_unusable(c, next, n);
        if (b->usable && n->usable) add_pair(c, &b->results, &n->results);
    }
    for (size_t i = 0; i < next->n; i++)
        if (strcmp(next->run[i].key, key) == 0 && !partner(base, &next->run[i])) say_alone(c, base, &next->run[i]);
}

static bool has_key(const struct run_set *s, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s->run[i].key, key) == 0) return true;
    return false;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A folder by its path; a file by its name alone if the other is called otherwise. */
static void name_side(char out[160], const struct run_set *s, const struct run_set *other, bool folder)
{
    const bool whole = folder || strcmp(last_part(s->name), last_part(other->name)) == 0;
    snprintf(out, 160, "%s", whole ? s->name : last_part(s->name));
    if (!whole) out[strlen(out) - 3] = 0; /* .h5 */
}

static void contrast_sets(struct comparison *out, const struct run_set *base, const struct run_set *next, bool folder)
{
    for (size_t i = 0; i < base->n; i++) {
        const struct set_run *r = &base->run[i];
        if (has_key(base, i, r->key) || !has_key(next, next->n, r->key)) continue;
        struct contrast *c = add_contrast(out);
        const struct task *task = task_find(r->results.task);
        c->kind = task ? task->kind : TASK_CLASSIFY;
        snprintf(c->task, sizeof c->task, "%s", r->task);
        snprintf(c->subject, sizeof c->subject, "%s", folder ? r->results.label : "");
        name_side(c->base, base, next, folder);
        name_side(c->next, next, base, folder);
        contrast_runs(c, base, next, r->key);
    }
}

status comparison_of_sets(struct comparison *out, size_t n, const char *const *paths)
{
    memset(out, 0, sizeof *out);
    out->set = calloc(n, sizeof *out->set);
    if (!out->set) status_no_memory("result sets", n * sizeof *out->set);
    out->n_sets = n;
    struct stat about;
    bool folder = false;
    for (size_t i = 0; i < n; i++) {
        if (stat(paths[i], &about) != 0) FAIL(ERR_IO, "%s: %s", paths[i], strerror(errno));
        const bool is = S_ISDIR(about.st_mode);
        if (i && is != folder) FAIL(ERR_CONFIG, "%s and %s: compare folders with folders, or files with files", paths[0], paths[i]);
        folder = is;
        TRY(read_set(&out->set[i], paths[i], folder));
    }
    for (size_t i = 1; i < n; i++) contrast_sets(out, &out->set[0], &out->set[i], folder);
    return OK;
}

/* ---- the whole ---- */

void comparison_done(struct comparison *c)
{
    for (size_t i = 0; i < c->n; i++) free(c->at[i].pair);
    free(c->at);
    for (size_t i = 0; i < c->n_sets; i++) {
        for (size_t j = 0; j < c->set[i].n; j++) results_done(&c->set[i].run[j].results);
        free(c->set[i].run);
    }
    free(c->set);
    if (c->all.at) collection_done(&c->all);
    memset(c, 0, sizeof *c);
}

size_t comparison_pairs(const struct comparison *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) n += c->at[i].n;
    return n;
}
