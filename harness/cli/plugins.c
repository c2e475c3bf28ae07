/* plugins.c -- load shared libraries and add their attentions to the lists. */
#include "cli/plugins.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/config.h"
#include "variants/plugin.h"

/* ---- one library ---- */

static status open_library(const char *path, const struct reach_plugin **out)
{
    char place[FILE_PATH];
    if ((size_t)snprintf(place, sizeof place, "%s%s", strchr(path, '/') ? "" : "./", path) >= sizeof place) FAIL(ERR_CONFIG, "%.80s...: path too long", path);
    if (!file_is_file(place)) FAIL(ERR_CONFIG, "%s: there is no such file", path);
    void *library = dlopen(place, RTLD_NOW | RTLD_LOCAL);
    if (!library) FAIL(ERR_CONFIG, "%s: cannot be loaded: %s", path, dlerror());
    *out = dlsym(library, "reach_plugin");
    if (!*out)
        FAIL(ERR_CONFIG, "%s is no plugin: it has no symbol reach_plugin; its file must end with REACH_PLUGIN(&attention_...) and be "
             "compiled with -DREACH_AS_PLUGIN", path);
    if ((*out)->abi != REACH_PLUGIN_ABI)
        FAIL(ERR_CONFIG, "%s was built for version %u of the plugin interface, and this program has version %d; build it again with this program's "
             "headers", path, (*out)->abi, REACH_PLUGIN_ABI);
    return OK;
}

/* idea.so <-> idea64.so; false if there is no such file. */
static bool sibling(const char *path, char out[FILE_PATH])
{
    const size_t n = strlen(path);
    if (n < 4 || n + 8 > FILE_PATH || strcmp(path + n - 3, ".so") != 0) return false;
    if (sizeof(real) == 8) snprintf(out, FILE_PATH, "%.*s64.so", (int)(n - 3), path);
    else if (n > 5 && strncmp(path + n - 5, "64", 2) == 0) snprintf(out, FILE_PATH, "%.*s.so", (int)(n - 5), path);
    else return false;
    return file_is_file(out);
}

static status wrong_precision(const char *path, unsigned size)
{
    const bool want_double = sizeof(real) == 8;
    FAIL(ERR_CONFIG, "%s has numbers of %u bytes, and this program's have %zu (%s); build it %s -DREACH_DOUBLE%s", path, size, sizeof(real), REAL_NAME,
         want_double ? "also with" : "without", want_double ? ", as the same name with 64.so at its end" : "");
}

static status take(const char *path, const struct attention *a)
{
    char why[512];
    if (a->name && (!a->source || !*a->source))
        FAIL(ERR_CONFIG, "%s: attention %s has no hash of its source; compile it with -DREACH_SOURCE='\"HASH\"'", path, a->name);
    if (a->name && a->options_size > OPTIONS_ROOM)
        FAIL(ERR_CONFIG, "%s: the options of %s take %zu bytes; at most %d", path, a->name, a->options_size, OPTIONS_ROOM);
    const status e = attention_add(a);
    if (e == OK) return OK;
    snprintf(why, sizeof why, "%s", status_message());
    FAIL(e, "%s: %s", path, why);
}

static status load(const char *path)
{
    const struct reach_plugin *p;
    char other[FILE_PATH];
    TRY(open_library(path, &p));
    if (p->real_size != sizeof(real)) {
        if (!sibling(path, other)) return wrong_precision(path, p->real_size);
        path = other;
        TRY(open_library(path, &p));
        if (p->real_size != sizeof(real)) return wrong_precision(path, p->real_size);
    }
    if (p->layout != REACH_PLUGIN_LAYOUT)
        FAIL(ERR_CONFIG, "%s was built with headers of another version; build it again with this program's", path);
    if (!p->attentions || !p->attentions[0]) FAIL(ERR_CONFIG, "%s: it brings no attention", path);
    for (const struct attention *const *a = p->attentions; *a; a++) TRY(take(path, *a));
    return OK;
}

/* ---- all of them ---- */

/* The list, with one more behind a colon; the same file twice is one. */
static char *with_file(char *list, const char *file)
{
    for (const char *at = list; *at; at += strcspn(at, ":"), at += *at == ':')
        if (strcspn(at, ":") == strlen(file) && strncmp(at, file, strlen(file)) == 0) return list;
    const size_t n = strlen(list) + strlen(file) + 2;
    char *longer = realloc(list, n);
    if (!longer) status_no_memory("plugins", n);
    if (*longer) strcat(longer, ":");
    return strcat(longer, file);
}

static status load_all(const char *list)
{
    char file[FILE_PATH];
    for (const char *at = list; *at; at += strcspn(at, ":"), at += *at == ':') {
        const size_t n = strcspn(at, ":");
        if (n >= sizeof file) FAIL(ERR_CONFIG, "--plugin: a path of %zu bytes; at most %zu", n, sizeof file - 1);
        memcpy(file, at, n);
        file[n] = 0;
        if (n) TRY(load(file));
    }
    return OK;
}

status plugins_load(int *argc, char **argv)
{
    const char *before = getenv("REACH_PLUGINS");
    char *list = strdup(before ? before : "");
    if (!list) status_no_memory("plugins", 1);
    status e = OK;
    int left = 1;
    for (int i = 1; i < *argc; i++) {
        const char *file = NULL;
        if (strcmp(argv[i], "--plugin") == 0) file = i + 1 < *argc ? argv[++i] : "";
        else if (strncmp(argv[i], "--plugin=", 9) == 0) file = argv[i] + 9;
        else argv[left++] = argv[i];
        if (file && !*file) e = status_fail(ERR_CONFIG, "--plugin wants a value: the shared library of an attention");
        else if (file && strchr(file, ':')) e = status_fail(ERR_CONFIG, "--plugin %s: the path must not have a colon", file);
        else if (file) list = with_file(list, file);
    }
    *argc = left;
    argv[left] = NULL;
    if (e == OK) e = load_all(list);
    if (e == OK && *list) setenv("REACH_PLUGINS", list, 1);
    free(list);
    return e;
}
