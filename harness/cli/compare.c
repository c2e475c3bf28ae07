/* compare.c -- reach compare BASE NEW */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "compare/draw.h"
#include "compare/print.h"
#include "config/measured.h"
#include "report/table.h"
#include "train/runner.h"
#include "variants/variant.h"

struct asked {
    struct config_flags f;
    const char *on, *plot;
    bool no_run, quiet;
    enum table_format format;
    int n;
    const char *const *name; /* BASE, NEW... */
};

/* ---- which variants ---- */

static void put_tree(FILE *out, const struct yaml *y)
{
    char word[4096];
    switch (y->kind) {
    case YAML_SCALAR:
        if (y->plain && !y->text[strcspn(y->text, ",[]{}:#&*!|>'\"%@` ")]) {
            fputs(y->text[0] ? y->text : "~", out);
        } else {
            option_print_word(y->text, word, sizeof word);
            fputs(word, out);
        }
        break;
    case YAML_LIST:
        fputc('[', out);
        for (size_t i = 0; i < y->n; i++) fputs(i ? ", " : "", out), put_tree(out, y->item[i]);
        fputc(']', out);
        break;
    case YAML_MAP:
        fputc('{', out);
        for (size_t i = 0; i < y->n; i++) {
            fputs(i ? ", " : "", out);
            put_tree(out, y->key[i]);
            fputs(": ", out);
            put_tree(out, y->item[i]);
        }
        fputc('}', out);
        break;
    }
}

/* The label of an entry of `variants`: its `as`, or its name. */
static const char *label_of(const struct yaml *entry)
{
    if (entry->kind == YAML_SCALAR) return entry->text;
    if (entry->kind != YAML_MAP || entry->n == 0) return "";
    const struct yaml *as = yaml_get(entry->item[0], "as");
    return as && as->kind == YAML_SCALAR ? as->text : entry->key[0]->text;
}

static const struct yaml *entry_of(const struct yaml *variants, const char *label)
{
    for (size_t i = 0; variants && i < variants->n; i++)
        if (strcmp(label_of(variants->item[i]), label) == 0) return variants->item[i];
    return NULL;
}

static status refuse_name(const struct yaml *variants, const char *name, const char *path)
{
    const char *known[512];
    size_t n = 0;
    for (size_t i = 0; variants && i < variants->n && n < 200; i++) known[n++] = label_of(variants->item[i]);
    for (const struct preset *p = presets; p->name && n < 400; p++) known[n++] = p->name;
    for (const struct attention *const *a = attentions; *a && n < 511; a++) known[n++] = (*a)->name;
    known[n] = NULL;
    const char *near = option_nearest(name, known);
    if (near) FAIL(ERR_CONFIG, "no variant \"%s\" in %s, and no preset, attention, folder or file of that name; did you mean \"%s\"?", name, path, near);
    FAIL(ERR_CONFIG, "no variant \"%s\" in %s, and no preset, attention, folder or file of that name; see reach list variants", name, path);
}

/* "variants=[...]" of those named, as the file has them or by their name alone; *all_there if the file has all. */
static status name_variants(const struct asked *a, const struct yaml *variants, const char *path, char **set, bool *all_there)
{
    size_t size = 0;
    FILE *out = open_memstream(set, &size);
    if (!out) status_no_memory("variants", 4096);
    status s = OK;
    *all_there = true;
    fputs("variants=[", out);
    for (int i = 0; i < a->n && s == OK; i++) {
        const struct yaml *entry = entry_of(variants, a->name[i]);
        for (int j = 0; j < i && s == OK; j++)
            if (strcmp(a->name[i], a->name[j]) == 0)
                s = status_fail(ERR_CONFIG, "%s against itself; name two variants, or two folders of results", a->name[i]);
        if (s == OK && !entry && !preset_find(a->name[i]) && !attention_find(a->name[i])) s = refuse_name(variants, a->name[i], path);
        if (i) fputs(", ", out);
        if (entry) put_tree(out, entry);
        else fputs(a->name[i], out);
        *all_there = *all_there && entry;
    }
    fputc(']', out);
    fclose(out);
    return s;
}

/* configs/compare.yaml here, or beside the program. */
static const char *default_config(void)
{
    static char path[4096];
    if (access("configs/compare.yaml", R_OK) == 0) return "configs/compare.yaml";
    snprintf(path, sizeof path, "%.4000s/configs/compare.yaml", place_root());
    return path;
}

/* The config of --on with the variants asked for, in their order; `set` says how, to be freed. */
static status read_config(struct asked *a, struct config *c, char **set, bool *all_there)
{
    struct config whole;
    char *argv[] = {(char *)"compare", (char *)a->on, NULL};
    if (a->f.n_set == CONFIG_FLAG_ROOM) FAIL(ERR_CONFIG, "--set given more than %d times", CONFIG_FLAG_ROOM - 1);
    for (size_t i = 0; i < a->f.n_only; i++)
        if (strncmp(a->f.only[i], "variant=", 8) == 0) FAIL(ERR_CONFIG, "--only %s: the variants are those named after compare", a->f.only[i]);
    TRY(config_flags_read(&a->f, 2, argv, &whole));
    if (whole.measured) {
        const status e = status_fail(ERR_CONFIG, "--on %s: %s and trains nothing; compare wants scores of runs", a->on, whole.measured->what);
        config_done(&whole);
        return e;
    }
    const status s = name_variants(a, yaml_get(whole.root, "variants"), a->on, set, all_there);
    config_done(&whole);
    if (s != OK) return s;
    a->f.set[a->f.n_set++] = *set;
    return config_flags_read(&a->f, 2, argv, c);
}

/* ---- missing runs ---- */

static bool any_missing(const struct config *c, const char *results)
{
    struct collection all;
    collection_load(&all, c, results);
    bool missing = false;
    for (size_t i = 0; i < c->n_runs; i++) missing |= !all.at[i].usable && !c->runs[i].refused[0];
    collection_done(&all);
    return missing;
}

static bool data_there(const struct config *c, const struct config_flags *f)
{
    struct runner q = {.data = place_data(f->data), .results = config_flags_results(f)};
    return runner_check_data(&q, c) == OK;
}

static void put_quoted(FILE *out, const char *flag, const char *value)
{
    fprintf(out, " --%s '", flag);
    for (; *value; value++) fprintf(out, *value == '\'' ? "'\\''" : "%c", *value);
    fputc('\'', out);
}

/* The `reach run` that makes what is missing. */
static void say_command(FILE *out, const struct asked *a, bool all_there)
{
    fprintf(out, "reach: some runs are missing; this makes them:\n  reach run %s", a->on);
    if (a->f.budget) put_quoted(out, "budget", a->f.budget);
    for (size_t i = 0; i + all_there < a->f.n_set; i++) put_quoted(out, "set", a->f.set[i]);
    for (int i = 0; i < a->n && all_there; i++) {
        char only[400];
        snprintf(only, sizeof only, "variant=%.300s", a->name[i]);
        put_quoted(out, "only", only);
    }
    for (size_t i = 0; i < a->f.n_only; i++) put_quoted(out, "only", a->f.only[i]);
    if (a->f.results) put_quoted(out, "results", a->f.results);
    fputc('\n', out);
}

/* Train what is missing.  Results without their data are read as they are. */
static int train_missing(const struct asked *a, struct config *c, bool all_there)
{
    const bool missing = any_missing(c, config_flags_results(&a->f));
    if (a->no_run) {
        if (missing) say_command(stderr, a, all_there);
        return EXIT_DONE;
    }
    if (!missing && !data_there(c, &a->f)) return EXIT_DONE;
    return run_config(c, &a->f, &(struct run_flags){.quiet = a->quiet, .log = stderr});
}

/* ---- output ---- */

static status draw(const struct comparison *all, const struct asked *a)
{
    static const char *const endings[] = {".png", ".svg", ".pdf"};
    char plots[4096], dir[4096], prefix[64] = "compare";
    const char *format = "png";
    if (!a->plot) return OK;
    snprintf(plots, sizeof plots, "%.4000s/plots", place_root());
    snprintf(dir, sizeof dir, "%.4000s", a->plot);
    const size_t n = strlen(dir);
    for (size_t i = 0; i < 3 && n > 4; i++) {
        if (strcmp(dir + n - 4, endings[i]) != 0) continue;
        format = endings[i] + 1;
        dir[n - 4] = 0;
        char *slash = strrchr(dir, '/');
        snprintf(prefix, sizeof prefix, "%.60s", slash ? slash + 1 : dir);
        if (!slash) strcpy(dir, ".");
        else if (slash == dir) dir[1] = 0;
        else *slash = 0;
        break;
    }
    return compare_draw(all, plots, dir, prefix, format, a->format == TABLE_TEXT ? stdout : stderr);
}

static int report(const struct comparison *all, const struct asked *a)
{
    if (all->n == 0) {
        fprintf(stderr, "reach: nothing to compare: the two have no task and variant in common\n");
        return EXIT_FAILED;
    }
    compare_print(stdout, all, a->format, table_color(stdout));
    const status e = comparison_pairs(all) ? draw(all, a) : OK;
    if (e != OK) return command_failed(e);
    return comparison_pairs(all) ? EXIT_DONE : EXIT_FAILED;
}

static int compare_variants(struct asked *a)
{
    struct config c;
    struct comparison all;
    char *set = NULL;
    bool all_there = false;
    if (!a->on) a->on = default_config();
    const status e = read_config(a, &c, &set, &all_there);
    if (e != OK) {
        free(set);
        return command_failed(e);
    }
    const int trained = train_missing(a, &c, all_there);
    int code = trained;
    if (trained == EXIT_DONE || trained == EXIT_FAILED) {
        comparison_of_config(&all, &c, config_flags_results(&a->f));
        code = report(&all, a);
        if (trained != EXIT_DONE) code = trained;
        comparison_done(&all);
    }
    config_done(&c);
    free(set);
    return code;
}

static int compare_sets(const struct asked *a)
{
    struct comparison all;
    const status e = comparison_of_sets(&all, (size_t)a->n, a->name);
    const int code = e == OK ? report(&all, a) : command_failed(e);
    comparison_done(&all);
    return code;
}

static bool is_path(const char *name)
{
    struct stat about;
    const size_t n = strlen(name);
    if (strchr(name, '/') || (n > 3 && strcmp(name + n - 3, ".h5") == 0)) return true;
    return !preset_find(name) && !attention_find(name) && stat(name, &about) == 0;
}

static status check_asked(const struct asked *a, bool *sets)
{
    size_t paths = 0;
    if (a->n < 2) FAIL(ERR_CONFIG, "compare wants BASE and NEW: two variants (reach compare rope alibi) or two sets of results (reach compare results/a results/b)");
    for (int i = 0; i < a->n; i++) paths += is_path(a->name[i]);
    *sets = paths == (size_t)a->n;
    if (paths && !*sets) FAIL(ERR_CONFIG, "compare takes variants, or folders or files of results, not both");
    if (*sets && (a->on || a->f.budget || a->f.n_set || a->f.n_only || a->f.results))
        FAIL(ERR_CONFIG, "--on, --budget, --set, --only and --results are for variants; results are compared as they are");
    return OK;
}

static int run(int argc, char **argv)
{
    struct asked a = {0};
    const char *format = NULL;
    bool sets = false;
    const struct flag flags[] = {
        CONFIG_FLAGS(a.f), {.name = "data", .value = &a.f.data}, {.name = "threads", .value = &a.f.threads}, {.name = "on", .value = &a.on},
        {.name = "format", .value = &format}, {.name = "plot", .value = &a.plot}, {.name = "no-run", .given = &a.no_run},
        {.name = "quiet", .given = &a.quiet}, {.name = NULL},
    };
    status e = command_flags(flags, &argc, argv);
    a.n = argc - 1;
    a.name = (const char *const *)argv + 1;
    if (e == OK && format) e = table_format_find(format, &a.format);
    if (e == OK) e = check_asked(&a, &sets);
    if (e != OK) return command_failed(e);
    return sets ? compare_sets(&a) : compare_variants(&a);
}

const struct command command_compare = {
    .name = "compare",
    .usage = "compare BASE NEW [NEW...] [--on FILE] [--budget NAME] [--set KEY=VALUE] [--only KIND=A,B] [--results DIR] [--no-run] [--format text|md|csv|tex] [--plot PLACE]",
    .summary = "what a variant or a change gains, seed by seed: quality, effect of budget, cost at equal quality, a verdict",
    .help = "BASE and NEW are variants: labels of the config's, or presets and attentions that it does not have; what is missing is trained\n"
            "first.  Or sets of results: folders, whose runs meet by label, task and seed, or .h5 files.\n\n"
            "  --on FILE             the config (default: configs/compare.yaml)\n"
            CONFIG_FLAGS_HELP
            "  --no-run              train nothing; say which reach run makes what is missing\n"
            "  --threads N, --data DIR, --quiet   as for reach run\n"
            "  --format F            text (aligned), md, csv (every number, unrounded), tex (booktabs)\n"
            "  --plot PLACE          figures: loss against FLOPs and seconds, difference against length; a folder, or a file name whose\n"
            "                        ending (.png, .svg, .pdf) is the format and whose name begins theirs\n\n"
            "Differences are new - base within a seed, with the 95 % interval over seeds; one seed decides nothing.\n",
    .run = run,
};
