/* task.c -- the list of tasks. */
#include "tasks/task.h"

#include <string.h>

#define TASK(name) extern const struct task task_##name;
#include "tasks/task_list.h"
#undef TASK

const struct task *const tasks[] = {
#define TASK(name) &task_##name,
#include "tasks/task_list.h"
#undef TASK
    NULL,
};

const char *const split_names[SPLITS] = {"train", "valid", "test"};

const struct task *task_find(const char *name)
{
    for (const struct task *const *t = tasks; *t; t++)
        if (strcmp((*t)->name, name) == 0) return *t;
    return NULL;
}
