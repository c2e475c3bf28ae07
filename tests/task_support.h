/* task_support.h -- a task's options by name, what it refuses, its checksum. */
#ifndef REACH_TEST_TASK_SUPPORT_H
#define REACH_TEST_TASK_SUPPORT_H

#include "folder.h"
#include "tasks/task.h"

struct opened {
    const struct task *t;
    char               options[4096];
    void              *self;
};

/* Options are "name=value" words, NULL at the end. */
static inline void options_of(struct opened *o, const char *task, const char *const *set)
{
    o->t = task_find(task);
    o->self = NULL;
    assert_non_null(o->t);
    assert_true(o->t->options_size <= sizeof o->options);
    option_defaults(o->t->options, o->options, sizeof o->options);
    for (; set && *set; set++) {
        char name[64];
        const char *value = strchr(*set, '=') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(value - *set - 1), *set);
        assert_non_null(option_find(o->t->options, name));
        if (option_set(option_find(o->t->options, name), o->options, 1, &value) != OK) fail_msg("%s", status_message());
    }
}
#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void open_task(struct opened *o, const char *task, const char *data, const char *const *set)
{
    options_of(o, task, set);
    if (o->t->open(&o->self, o->options, data) != OK) fail_msg("%s", status_message());
}

static inline void close_task(struct opened *o)
{
    o->t->close(o->self);
    o->self = NULL;
}

static inline void assert_message(const char *const *parts)
{
    for (; *parts; parts++)
        if (!strstr(status_message(), *parts)) fail_msg("\"%s\" lacks \"%s\"", status_message(), *parts);
}

/* Opening fails with `wanted`, and says all of `parts`. */
static inline void refuses(const char *task, const char *const *set, status wanted, const char *const *parts)
{
    struct opened o;
    options_of(&o, task, set);
    assert_int_equal(o.t->open(&o.self, o.options, folder), wanted);
    assert_null(o.self);
    assert_message(parts);
}

static inline void checksum_of(const char *task, const char *data, const char *const *set, char out[33])
{
    struct opened o;
    open_task(&o, task, data, set);
    o.t->checksum(o.self, out);
    assert_int_equal(strspn(out, "0123456789abcdef"), 32);
    close_task(&o);
}

/* REACH_DATA/NAME if both are there; else the test is skipped, aloud. */
static inline const char *real_data(const char *name)
{
    static char path[FILE_PATH];
    const char *data = getenv("REACH_DATA");
    snprintf(path, sizeof path, "%s/%s", data ? data : "", name);
    if (data && (file_is_file(path) || file_is_folder(path))) return data;
    print_message("skipped: no %s under REACH_DATA\n", name);
    skip();
    return NULL;
}

#endif
