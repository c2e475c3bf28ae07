/* recall.c -- what the recall tasks share. */
#include "tasks/recall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct recall {
    const struct recall_kind *kind;
    void  *options;
    size_t options_size;
    struct recall_plan plan;
};

static status make_plan(const struct recall_kind *k, const void *options, struct recall_plan *p)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < RECALL_SETTINGS; i++) p->share[i] = 1;
    return k->plan(options, p);
}

status recall_open(void **self, const struct recall_kind *k, const void *options, size_t options_size)
{
    struct recall *t = malloc(sizeof *t);
    void *own = malloc(options_size);
    if (!t || !own) status_no_memory("a recall task", sizeof *t + options_size);
    memcpy(own, options, options_size);
    *t = (struct recall){.kind = k, .options = own, .options_size = options_size};
    const status s = make_plan(k, own, &t->plan);
    if (s != OK) recall_close(t);
    *self = s == OK ? t : NULL;
    return s;
}

void recall_close(void *self)
{
    struct recall *t = self;
    if (t) free(t->options);
    free(t);
}

const void *recall_options(const void *self)
{
    return ((const struct recall *)self)->options;
}

const struct recall_plan *recall_plan_of(const void *self)
{
    return &((const struct recall *)self)->plan;
}

size_t recall_vocabulary(const void *self)
{
    return recall_plan_of(self)->vocabulary;
}

size_t recall_classes(const void *self)
{
    (void)self;
    return 0;
}

size_t recall_count(const void *self, enum split s)
{
    const struct recall_plan *p = recall_plan_of(self);
    return s == SPLIT_TRAIN ? RECALL_TRAIN : s == SPLIT_VALID ? RECALL_VALID : p->n_test * p->test_count;
}

static size_t longest_of(const struct recall_setting *at, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) most = at[i].length > most ? at[i].length : most;
    return most;
}

size_t recall_longest(const void *self)
{
    const struct recall_plan *p = recall_plan_of(self);
    return longest_of(p->train, p->n_train);
}

static struct recall_setting draw_setting(const struct recall_plan *p, random_stream *r)
{
    double all = 0;
    for (size_t i = 0; i < p->n_train; i++) all += p->share[i];
    double at = random_uniform(r) * all;
    size_t i = 0;
    while (i + 1 < p->n_train && at >= p->share[i]) at -= p->share[i++];
    return p->train[i];
}

status recall_example(const void *self, enum split s, size_t index, struct example *out)
{
    const struct recall *t = self;
    const struct recall_plan *p = &t->plan;
    struct recall_setting setting = {0};
    random_stream r;
    if (s == SPLIT_TEST) {
        setting = p->test[index / p->test_count];
        r = random_stream_of(p->seed, RANDOM_GENERATE, s | (uint64_t)setting.length << 2 | (uint64_t)setting.load << 34,
                             (uint32_t)(index % p->test_count));
    } else {
        r = random_stream_of(p->seed, RANDOM_GENERATE, s, (uint32_t)index);
        setting = draw_setting(p, &r);
    }
    for (size_t i = 0; i < setting.length; i++) out->target[i] = -1;
    t->kind->make(t->options, setting, &r, out->token, out->target);
    out->n = setting.length;
    out->label = 0;
    return OK;
}

size_t recall_sets(const struct recall_kind *k, const void *options, struct test_set out[TASK_SETS])
{
    struct recall_plan *p = malloc(sizeof *p);
    if (!p) status_no_memory("test sets", sizeof *p);
    const size_t n = make_plan(k, options, p) == OK ? p->n_test : 0, longest = longest_of(p->train, p->n_train);
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct test_set){.first = i * p->test_count, .count = p->test_count, .length = p->test[i].length};
        if (k->load) snprintf(out[i].label, sizeof out[i].label, "%zu %s", p->test[i].load, k->load);
        out[i].longer = p->test[i].length > longest;
        for (size_t j = 0; j < p->n_train; j++)
            out[i].trained |= p->train[j].length == p->test[i].length && p->train[j].load == p->test[i].load;
    }
    free(p);
    return n;
}

/* What the examples are made from: the options and the way they are made. */
void recall_checksum(const void *self, char out[33])
{
    const struct recall *t = self;
    char text[8192] = "recall 1\n", value[OPTION_PRINT];
    for (const struct option *o = t->kind->options; o->name; o++) {
        const size_t n = strlen(text);
        option_print(o, t->options, value, sizeof value);
        snprintf(text + n, sizeof text - n, "%s: %s\n", o->name, value);
    }
    const XXH128_hash_t h = XXH3_128bits(text, strlen(text));
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

bool recall_present(const void *options, const char *data, char *line, size_t size)
{
    (void)options, (void)data;
    snprintf(line, size, "generated when it is used: nothing is needed");
    return true;
}

size_t recall_lengths(const struct int_list *length, size_t load, struct recall_setting *out)
{
    for (size_t i = 0; i < length->n; i++) out[i] = (struct recall_setting){(size_t)length->at[i], load};
    return length->n;
}

struct predictor recall_guess(const char *name, double ways, double n)
{
    struct predictor p = {.loss = log(ways) / n, .accuracy = 1 / ways};
    snprintf(p.name, sizeof p.name, "%s", name);
    return p;
}
