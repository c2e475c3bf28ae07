/* digest.c -- one number for all that two runs with the same settings, program and kernel must have in common. */
#include "store/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Every field goes in with its name and size, so that no two different contents can run together. */
static void add(XXH3_state_t *h, const char *name, const void *bytes, size_t n)
{
    const uint64_t size = n;
    XXH3_128bits_update(h, name, strlen(name) + 1);
    XXH3_128bits_update(h, &size, sizeof size);
    if (n) XXH3_128bits_update(h, bytes, n);
}

/* All NaNs are one. */
static void add_real(XXH3_state_t *h, const char *name, const void *at)
{
    double value;
    memcpy(&value, at, sizeof value);
    if (isnan(value)) add(h, name, "nan", 3);
    else add(h, name, &value, sizeof value);
}

static void add_field(XXH3_state_t *h, const struct column *c, const char *row)
{
    const char *at = row + c->offset;
    if (!c->reproducible) return;
    switch (c->kind) {
    case COLUMN_INT:  add(h, c->name, at, c->size); break;
    case COLUMN_REAL: add_real(h, c->name, at); break;
    case COLUMN_TEXT: add(h, c->name, at, strnlen(at, c->size)); break;
    }
}

static void add_table(XXH3_state_t *h, const struct table *t, const struct results *r)
{
    const uint64_t n = table_count(t, r);
    const char *row = table_rows(t, r);
    if (n == 0 && t->optional) return;
    add(h, t->path, &n, sizeof n);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < t->n_columns; c++) add_field(h, &t->columns[c], row + i * t->row);
}

static void add_context(XXH3_state_t *h, const struct context *c)
{
    if (!c) return;
    add(h, "context", c->evaluation, strlen(c->evaluation));
    add(h, "split", c->split, strlen(c->split));
    add(h, "contexts", c->length, c->n_lengths * sizeof *c->length);
    for (size_t i = 0; i < c->n_lengths * c->n_targets; i++) add_real(h, "loss", &(double){c->loss[i]});
}

/* Values between the named parameters (padding) do not count. */
static void add_parameters(XXH3_state_t *h, const struct checkpoint *c, const char *what, const real *value)
{
    for (size_t i = 0; value && i < c->n_names; i++) {
        add(h, what, c->name[i], strnlen(c->name[i], sizeof c->name[i]));
        add(h, "rows", &c->rows[i], sizeof c->rows[i]);
        add(h, "values", value + c->offset[i], c->rows[i] * (c->cols[i] ? c->cols[i] : 1) * sizeof *value);
    }
}

void results_digest(const struct results *r, char out[33])
{
    XXH3_state_t *h = XXH3_createState();
    if (!h) status_no_memory("a digest", 576);
    XXH3_128bits_reset(h);
    add(h, "config", r->config, r->config ? strlen(r->config) : 0);
    for (size_t i = 0; i < n_tables; i++)
        if (tables[i].in_digest) add_table(h, &tables[i], r);
    add_context(h, r->context);
    if (r->checkpoint) {
        add_parameters(h, r->checkpoint, "parameter", r->checkpoint->parameters);
        add_parameters(h, r->checkpoint, "best", r->checkpoint->best);
        add(h, "carried", r->checkpoint->carried, r->checkpoint->n_carried * sizeof(real));
        add(h, "carried_rows", r->checkpoint->carried_rows, r->checkpoint->n_carried_rows * sizeof(real));
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(h);
    XXH3_freeState(h);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}
