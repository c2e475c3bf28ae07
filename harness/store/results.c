/* results.c -- a run's results in memory: growing arrays. */
#include "store/results.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

void results_init(struct results *r)
{
    memset(r, 0, sizeof *r);
}

void results_done(struct results *r)
{
    for (size_t i = 0; i < n_tables; i++) free(*table_rows_at(&tables[i], r));
    free(r->config);
    free(r->option);
    free(r->environment);
    context_free(r->context);
    checkpoint_free(r->checkpoint);
    results_init(r);
}

void context_free(struct context *c)
{
    if (!c) return;
    free(c->length);
    free(c->loss);
    free(c);
}

struct context *results_set_context(struct results *r, size_t n_lengths, size_t n_targets)
{
    struct context *c = calloc(1, sizeof *c);
    if (!c) status_no_memory("losses by context", sizeof *c);
    *c = (struct context){.n_lengths = n_lengths, .n_targets = n_targets, .length = calloc(n_lengths + 1, sizeof *c->length),
                          .loss = calloc(n_lengths * n_targets + 1, sizeof *c->loss)};
    if (!c->length || !c->loss) status_no_memory("losses by context", n_lengths * n_targets * sizeof *c->loss);
    context_free(r->context);
    r->context = c;
    return c;
}

void checkpoint_free(struct checkpoint *c)
{
    if (!c) return;
    free(c->parameters);
    free(c->first);
    free(c->second);
    free(c->best);
    free(c->carried);
    free(c->carried_rows);
    free(c->name);
    free(c->offset);
    free(c->rows);
    free(c->cols);
    free(c);
}

/* An array that holds n rows with room for one more. */
static void *grow(void *at, size_t n, size_t row)
{
    if (n && table_room(n) > n) return at;
    void *more = realloc(at, table_room(n + 1) * row);
    if (!more) status_no_memory("rows of results", table_room(n + 1) * row);
    return more;
}

#define ADD(array)                                                      \
    do {                                                                \
        r->array = grow(r->array, r->n_##array, sizeof *r->array);      \
        r->array[r->n_##array++] = *row;                                \
    } while (0)

void results_add_train(struct results *r, const struct train_row *row)         { ADD(train); }
void results_add_eval(struct results *r, const struct eval_row *row)           { ADD(eval); }
void results_add_test(struct results *r, const struct test_row *row)           { ADD(test); }
void results_add_position(struct results *r, const struct position_row *row)   { ADD(position); }
void results_add_predictor(struct results *r, const struct predictor_row *row) { ADD(predictor); }
void results_add_tuning(struct results *r, const struct tuning_row *row)       { ADD(tuning); }

/* At most size - 1 bytes of `text`, never ending inside a UTF-8 character. */
static void copy_text(char *out, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n >= size) {
        n = size - 1;
        while (n && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
    }
    memcpy(out, text, n);
    memset(out + n, 0, size - n);
}

static struct attribute *set(struct attribute *list, size_t *n, const char *name, const char *text)
{
    struct attribute a;
    copy_text(a.name, sizeof a.name, name);
    copy_text(a.text, sizeof a.text, text);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i].name, a.name) == 0) {
            list[i] = a;
            return list;
        }
    list = grow(list, *n, sizeof *list);
    list[(*n)++] = a;
    return list;
}

void results_add_option(struct results *r, const char *name, const char *text)
{
    r->option = set(r->option, &r->n_option, name, text);
}

void results_add_environment(struct results *r, const char *name, const char *text)
{
    r->environment = set(r->environment, &r->n_environment, name, text);
}

const char *results_environment(const struct results *r, const char *name)
{
    for (size_t i = 0; i < r->n_environment; i++)
        if (strcmp(r->environment[i].name, name) == 0) return r->environment[i].text;
    return "";
}
