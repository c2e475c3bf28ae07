/* support.h -- small things that several tests need: a variant by name, a text in memory as a task, random bytes. */
#ifndef REACH_TEST_SUPPORT_H
#define REACH_TEST_SUPPORT_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check/layer.h"
#include "cli/variant_flags.h"
#include "tasks/task.h"

/* A preset or attention with settings, "option=value" each, as the commands name it. */
struct subject {
    struct chosen_variant v;
    struct check_subject  s;
};

static inline void subject_of(struct subject *out, const char *name, size_t n_set, const char *const *set)
{
    if (choose_variant(name, n_set, set, &out->v) != OK) abort();
    out->s = (struct check_subject){name, out->v.attention, out->v.attention_options, out->v.position, out->v.position_options};
}

/* A parameter's values by its name in the model, or NULL. */
static inline real *parameter_of(const struct model *m, const char *name, size_t *n)
{
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        if (strcmp(p->name, name) != 0) continue;
        if (n) *n = p->rows * p->cols;
        return (p->buffer ? m->buffers : m->values) + p->offset;
    }
    return NULL;
}

/* Bytes below `most`, so that models of a small vocabulary can read them. */
static inline void random_bytes(uint8_t *at, size_t n, uint32_t most, uint64_t seed)
{
    random_stream s = random_stream_of(seed, RANDOM_TEST, 2, 0);
    for (size_t i = 0; i < n; i++) at[i] = (uint8_t)random_below(&s, most);
}

/* A task whose opened data is one struct text, the same for each split. */
static inline struct text support_text(const void *self, enum split s)
{
    (void)s;
    return *(const struct text *)self;
}
static const struct task text_task = {.name = "text", .title = "a text in memory", .kind = TASK_TEXT, .text = support_text};

#endif
