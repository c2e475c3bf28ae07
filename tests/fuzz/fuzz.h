/* fuzz.h -- what the fuzz targets share: a folder, an input in parts, files that end where their bytes end, seeds.
 *
 * A target is one file: `seeds` gives inputs to begin with, `one` reads one input the way the program reads its files.  It must
 * return, whatever the bytes; libFuzzer and the sanitizers watch.  Beyond that a target aborts where an accepted file breaks what the
 * parser promises.  One input by hand: build-fuzz/fuzz/NAME FILE.
 */
#ifndef REACH_FUZZ_H
#define REACH_FUZZ_H

#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "tasks/task.h"

struct input {
    const uint8_t *at;
    size_t         n;
};

static void seeds(void);
static void one(struct input in);

/* ---- input --------------------------------------------------------------------------------------------------- */

static inline uint8_t take_byte(struct input *in)
{
    if (in->n == 0) return 0;
    in->n--;
    return *in->at++;
}

/* What stands between parts: one file of several, one operation of many. */
#define CUT "\xFF\x1C\xFF"

/* The bytes up to the next CUT, or all. */
static inline struct input take_part(struct input *in)
{
    const uint8_t *cut = in->n ? memmem(in->at, in->n, CUT, 3) : NULL;
    const struct input part = {in->at, cut ? (size_t)(cut - in->at) : in->n};
    const size_t used = cut ? part.n + 3 : part.n;
    in->at += used;
    in->n -= used;
    return part;
}

static inline void put_input(const char *name, struct input in)
{
    put_bytes(name, in.at, in.n);
}

/* ---- files that are mapped ----------------------------------------------------------------------------------- */

/* Linked in place of file_map: behind a mapped file the rest of its page can be read, behind this copy nothing can. */
status __wrap_file_map(const char *path, struct file_content *out);
status __wrap_file_map(const char *path, struct file_content *out)
{
    struct file_content whole;
    TRY(file_read(path, &whole));
    uint8_t *at = malloc(whole.n ? whole.n : 1);
    if (!at) abort();
    memcpy(at, whole.at, whole.n);
    *out = (struct file_content){.at = at, .n = whole.n};
    file_close(&whole);
    return OK;
}

/* ---- seeds --------------------------------------------------------------------------------------------------- */

static const char *seed_folder; /* the first folder of the command line: the corpus; NULL: none */

static inline void seed_bytes(const void *at, size_t n)
{
    static int number;
    char path[FILE_PATH];
    if (!seed_folder) return;
    snprintf(path, sizeof path, "%s/seed-%d", seed_folder, ++number);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(at, 1, n, f) != n || fclose(f) != 0) abort();
}

static inline void seed(const char *text)
{
    seed_bytes(text, strlen(text));
}

/* A seed that grows by pieces; give it to seed_bytes. */
struct growing {
    uint8_t at[1 << 16];
    size_t  n;
};

static inline void grow(struct growing *g, const void *at, size_t n)
{
    if (n > sizeof g->at - g->n) abort();
    memcpy(g->at + g->n, at, n);
    g->n += n;
}

/* ---- tasks --------------------------------------------------------------------------------------------------- */

/* Set a task's options from "name=value" words, NULL at the end. */
static inline void task_options(const struct task *t, void *options, const char *const *set)
{
    option_defaults(t->options, options, t->options_size);
    for (; *set; set++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*set, "="), *set);
        if (option_set_text(option_find(t->options, name), options, strchr(*set, '=') + 1) != OK) abort();
    }
}

/* Open a task and read every example; an example must be no longer and no larger than the task says. */
static inline void read_task(const char *name, const char *const *set)
{
    _Alignas(16) static char options[4096];
    const struct task *t = task_find(name);
    char sum[33];
    void *self;
    task_options(t, options, set);
    if (t->open(&self, options, folder) != OK) {
        if (!*status_message() || self) abort();
        return;
    }
    const size_t longest = t->longest(self), vocabulary = t->vocabulary(self);
    struct example e = {.token = malloc(task_texts(t) * longest * sizeof *e.token)};
    if (!e.token) abort();
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < t->count(self, (enum split)s); i++) {
            if (t->example(self, (enum split)s, i, &e) != OK) continue;
            if (e.n > task_texts(t) * longest || e.label < 0 || (size_t)e.label >= t->classes(self)) abort();
            for (size_t k = 0; k < e.n; k++)
                if (e.token[k] < 0 || (size_t)e.token[k] >= vocabulary) abort();
        }
    t->checksum(self, sum);
    free(e.token);
    t->close(self);
}
#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- libFuzzer ----------------------------------------------------------------------------------------------- */

static inline void remove_folder(void)
{
    (void)folder_teardown(NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    for (int i = 1; i < *argc && !seed_folder; i++)
        if (file_is_folder((*argv)[i])) seed_folder = (*argv)[i];
    if (folder_setup(NULL) != 0) return 1;
    atexit(remove_folder);
    seeds();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
    one((struct input){at, n});
    return 0;
}

#endif
