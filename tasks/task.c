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

void task_byte_word(const void *self, int32_t token, char out[TASK_WORD])
{
    (void)self;
    out[0] = (char)(token - 1); /* 0 becomes "": no byte */
    if (token == 0) out[0] = 0;
    out[1] = 0;
}
