/* opened.c -- see opened.h. */
#include "train/opened.h"

#include <stdlib.h>
#include <string.h>

#include "variants/variant.h"

static void close_task(struct runner *q)
{
    if (!q->opened) return;
    q->opened->task->close(q->opened->data);
    free(q->opened);
    q->opened = NULL;
}

void runner_done(struct runner *q)
{
    close_task(q);
}

status runner_open(struct runner *q, const struct run *r)
{
    struct opened *o = q->opened;
    if (o && o->task == r->task && memcmp(o->options, r->task_options, sizeof o->options) == 0) return OK;
    close_task(q);
    void *data = NULL;
    TRY(r->task->open(&data, r->task_options, q->data));
    o = calloc(1, sizeof *o);
    if (!o) status_no_memory("task", sizeof *o);
    o->task = r->task;
    o->data = data;
    memcpy(o->options, r->task_options, sizeof o->options);
    o->task->checksum(data, o->checksum);
    q->opened = o;
    return OK;
}

size_t runner_train_length(const struct run *r, const void *data)
{
    if (r->task->kind == TASK_TEXT) return (size_t)r->train.length;
    const size_t longest = r->task->longest(data), padded_to = (size_t)r->model.pad_to;
    return r->task->kind == TASK_CLASSIFY && padded_to > longest ? padded_to : longest;
}

status runner_model(const struct run *r, const void *data, struct model **m)
{
    const struct model_spec spec = {
        .options = &r->model, .attention = r->attention, .attention_options = r->attention_options,
        .position = r->position, .position_options = r->position_options, .vocabulary = r->task->vocabulary(data),
        .classes = r->task->kind == TASK_CLASSIFY ? r->task->classes(data) : 0, .pairs = r->task->pairs,
        .train_length = runner_train_length(r, data), .seed = r->seed,
    };
    TRY(model_new(&spec, m));
    const char *why = model_refuses_length(*m, spec.train_length); /* of examples: known only now that the data is open */
    if (!why) return OK;
    model_free(*m);
    FAIL(ERR_CONFIG, "%s cannot train on examples of %zu tokens: %s", r->label, spec.train_length, why);
}
