/* data.c -- reach data list|make|fetch|verify|show */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/data_commands.h"
#include "config/config.h"
#include "train/stop.h"

#define SHOW_MOST 10000 /* examples */

unsigned char *data_default_options(const struct task *t)
{
    unsigned char *options = malloc(OPTIONS_ROOM);
    if (!options) status_no_memory("options", OPTIONS_ROOM);
    option_defaults(t->options, options, OPTIONS_ROOM);
    return options;
}

void data_how(const struct dataset *d, char *out, size_t size)
{
    if (d->get) snprintf(out, size, "%s", d->get);
    else snprintf(out, size, "reach data fetch %s", d->name);
}

status data_named(const char *name, const struct dataset **d, const struct task **t)
{
    const char *words[128];
    size_t n = 0;
    *d = dataset_find(name);
    *t = *d ? NULL : task_find(name);
    if (*d || *t) return OK;
    for (const struct dataset *s = datasets; s->name && n < 64; s++) words[n++] = s->name;
    for (const struct task *const *s = tasks; *s && n < 127; s++) words[n++] = (*s)->name;
    words[n] = NULL;
    const char *near = option_nearest(name, words);
    FAIL(ERR_CONFIG, "no data set or task \"%s\"%s%s%s", name, near ? "; did you mean \"" : "; reach data list shows them", near ? near : "",
         near ? "\"?" : "");
}

enum verb { LIST, MAKE, FETCH, VERIFY, SHOW, VERBS };

static status verb_of(int argc, char **argv, enum verb *v)
{
    static const char *const words[] = {"list", "make", "fetch", "verify", "show", NULL};
    if (argc < 2) FAIL(ERR_CONFIG, "data wants one of: list, make NAME, fetch NAME, verify, show TASK");
    for (*v = LIST; *v < VERBS; (*v)++)
        if (strcmp(argv[1], words[*v]) == 0) break;
    const char *near = *v == VERBS ? option_nearest(argv[1], words) : NULL;
    if (*v == VERBS) FAIL(ERR_CONFIG, "data %s: %s%s%s", argv[1], near ? "did you mean `data " : "want one of: list, make, fetch, verify, show", near ? near : "", near ? "`?" : "");
    if ((*v == MAKE || *v == FETCH) && argc < 3) FAIL(ERR_CONFIG, "data %s wants the name of a data set or task; reach data list shows them", words[*v]);
    if (*v == SHOW && argc != 3) FAIL(ERR_CONFIG, "data show wants the name of one task; reach list tasks shows them");
    return OK;
}

/* What stands behind options that only fetching knows. */
static status only_for_fetch(enum verb v, int argc, const struct data_fetch *how)
{
    if (v != FETCH && (how->address || how->sum || how->again)) FAIL(ERR_CONFIG, "--url, --sum and --again belong to data fetch");
    if (argc > 3 && (how->address || how->sum)) FAIL(ERR_CONFIG, "--url and --sum want one name, not %d", argc - 2);
    return OK;
}

/* What is given to options that only showing knows: numbers come as text. */
struct show_flags { const char *n, *tokens, *seed; };

static status only_for_show(enum verb v, const struct show_flags *f, struct data_show *how)
{
    long n = 0, tokens = 400, seed = 1;
    if (v != SHOW && (how->out || how->split || how->n_set || f->n || f->tokens || f->seed))
        FAIL(ERR_CONFIG, "--out, --split, --set, --n, --tokens and --seed belong to data show");
    if (f->n) TRY(command_number("n", f->n, 1, &n));
    if (f->tokens) TRY(command_number("tokens", f->tokens, 1, &tokens));
    if (f->seed) TRY(command_number("seed", f->seed, 0, &seed));
    if (n > SHOW_MOST) FAIL(ERR_CONFIG, "--n %ld: at most %d can be shown", n, SHOW_MOST);
    how->n = (size_t)n;
    how->tokens = (size_t)tokens;
    how->seed = (uint64_t)seed;
    return OK;
}

static int run(int argc, char **argv)
{
    const char *data = NULL;
    struct data_fetch how = {0};
    struct data_show show = {0};
    struct show_flags f = {0};
    enum verb v = LIST;
    const struct flag flags[] = {{.name = "data", .value = &data},  {.name = "url", .value = &how.address}, {.name = "sum", .value = &how.sum},
                                 {.name = "again", .given = &how.again}, {.name = "quiet", .given = &how.quiet},
                                 {.name = "out", .value = &show.out}, {.name = "split", .value = &show.split}, {.name = "n", .value = &f.n},
                                 {.name = "tokens", .value = &f.tokens}, {.name = "seed", .value = &f.seed},
                                 {.name = "set", .list = show.set, .n = &show.n_set, .room = 32}, {.name = NULL}};
    status e = command_flags(flags, &argc, argv);
    if (e == OK) e = verb_of(argc, argv, &v);
    if (e == OK) e = only_for_fetch(v, argc, &how);
    if (e == OK) e = only_for_show(v, &f, &show);
    if (e != OK) return command_failed(e);
    how.data = data = place_data(data);
    const size_t n = (size_t)argc - 2;
    if (v == LIST) e = data_list(n, argv + 2, data);
    if (v != LIST) stop_catch();
    if (v == SHOW) e = data_show(argv[2], &show, data);
    if (v == VERIFY) e = data_verify(n, argv + 2, data, how.quiet);
    for (size_t i = 0; i < n && e == OK && (v == MAKE || v == FETCH); i++)
        e = v == MAKE ? data_make(argv[2 + i], data) : data_fetch(argv[2 + i], &how);
    return e == OK ? EXIT_DONE : command_failed(e);
}

const struct command command_data = {
    .name = "data",
    .usage = "data list [NAME...] | make NAME... | fetch NAME... | verify [NAME...] | show TASK",
    .summary = "what data each task needs and whether it is there; make, fetch, check or see it",
    .help = "  data list             tasks and published data sets: what is there, how to get the rest\n"
            "  data list NAME        a data set's address, size, checksum, licence\n"
            "  data make kjv         the King James Bible of Debian's package bible-kjv, as training text\n"
            "  data make pathfinder  the images of a generated task with its default settings (pathx too); a run makes its own\n"
            "  data fetch NAME       download a data set, or those of a task: resumed where it was cut, checked, unpacked\n"
            "  data verify [NAME]    compare the checksums of what is there, and open each task's data\n"
            "  data show TASK        what a model sees: examples as words, or as a contact sheet if they are images\n\n"
            "  --data DIR            data folder (default: REACH_DATA, or data)\n"
            "  --url URL             fetch: from another address (http, https or file)\n"
            "  --sum KIND:HEX        fetch: the file's checksum (md5, sha1, sha256), instead of what is known of file and content\n"
            "  --again               fetch: even if it is there\n"
            "  --quiet               no progress\n"
            "  --out FILE            show: the sheet (default: TASK.png); the frames of its images are coloured by label\n"
            "  --n N                 show: examples (default: 64 images, 4 others), drawn with --seed S (default: 1)\n"
            "  --split SPLIT         show: train (default), valid or test\n"
            "  --set NAME=VALUE      show: an option of the task, such as source=FOLDER; may be repeated\n"
            "  --tokens N            show: most tokens of each example that is words (default: 400)\n\n"
            "Ctrl-C keeps what has come; the same command goes on from there. http_proxy, https_proxy, all_proxy and no_proxy\n"
            "are honoured. Exit codes: 0 done, 1 not got, missing or damaged, 2 the command is wrong, 130 stopped.\n",
    .run = run,
};
