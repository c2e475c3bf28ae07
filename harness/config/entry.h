/* entry.h -- an entry of the lists `variants` and `tasks`: a name, or one name with settings. */
#ifndef REACH_CONFIG_ENTRY_H
#define REACH_CONFIG_ENTRY_H

#include "config/config.h"
#include "config/protocol.h"
#include "config/yaml.h"

struct variant_entry {
    const struct yaml *node;           /* the entry's name, for errors                  */
    const struct yaml *label_node;     /* the value of `as`, or the name                */
    const struct yaml *position_node;  /* the name of its position if given, or `node`  */
    const struct yaml *model, *train;  /* its own sections, checked; NULL: none         */
    char               label[64];
    const struct attention *attention;
    const struct position  *position;
    _Alignas(16) unsigned char attention_options[OPTIONS_ROOM];
    _Alignas(16) unsigned char position_options[OPTIONS_ROOM];
};

struct task_entry {
    const struct yaml *node;
    const struct task *task;
    const struct protocol_task *by_protocol; /* what the config's protocol says of it; NULL: no protocol    */
    const struct yaml *model, *train, *test; /* of `with`, checked; NULL: none          */
    _Alignas(16) unsigned char options[OPTIONS_ROOM];
};

/* Fill *out (cleared by the caller) from an entry.  ERR_CONFIG with place and sentence. */
status entry_variant(struct yaml_pool *p, const struct yaml *y, const struct protocol_choice *by, struct variant_entry *out);
status entry_task(struct yaml_pool *p, const struct yaml *y, const struct protocol_choice *by, struct task_entry *out);

#endif
