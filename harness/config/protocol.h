/* protocol.h -- the key `protocol`: settings below the file's own, task by task.
 *
 *   protocol: small                       # corrected
 *   protocol: {small: {faithful: true}}   # with the published code's defects
 */
#ifndef REACH_CONFIG_PROTOCOL_H
#define REACH_CONFIG_PROTOCOL_H

#include "base/option.h"
#include "config/yaml.h"
#include "tasks/protocol.h"
#include "variants/variant.h"

struct task;

struct protocol_choice {
    const struct protocol *protocol; /* NULL: none */
    bool faithful;
};

/* The value of `protocol`; NULL: none.  ERR_CONFIG with its place. */
status protocol_read(struct yaml_pool *p, const struct yaml *value, struct protocol_choice *out);

/* What the protocol says of a task (refused at `name` if it has none): *out, and the task's options over their defaults. */
status protocol_task_options(struct yaml_pool *p, const struct protocol_choice *by, const struct yaml *name, const struct task *task,
                             const struct protocol_task **out, void *options);

/* The sections `model` and `train` of a task, over what the targets hold. */
status protocol_sections(struct yaml_pool *p, const struct protocol_choice *by, const struct protocol_task *t, void *model, void *train);

/* The position of a variant that bears its attention's name, or `usual`. */
const char *protocol_position(const struct protocol_choice *by, const char *name, const struct attention *a, const char *usual);

/* Options of an attention, those that it has. */
status protocol_attention(struct yaml_pool *p, const struct protocol_choice *by, const struct attention *a, void *options);

#endif
