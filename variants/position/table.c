/* table.c -- the table of angles. */
#include "variants/position/table.h"

#include <math.h>
#include <stdlib.h>

#include "base/status.h"

void angle_table_grow(struct angle_table *t, size_t positions, size_t pairs, double base)
{
    if (positions <= t->positions && pairs == t->pairs) return;
    angle_table_free(t);
    const size_t bytes = positions * pairs * sizeof(real) + 1;
    t->cosine = malloc(bytes);
    t->sine = malloc(bytes);
    if (!t->cosine || !t->sine) status_no_memory("table of angles", 2 * bytes);
    t->positions = positions;
    t->pairs = pairs;
    for (size_t i = 0; i < pairs; i++) {
        const double theta = pow(base, -(double)i / (double)pairs);
        for (size_t p = 0; p < positions; p++) {
            t->cosine[p * pairs + i] = (real)cos((double)p * theta);
            t->sine[p * pairs + i] = (real)sin((double)p * theta);
        }
    }
}

void angle_table_free(struct angle_table *t)
{
    free(t->cosine);
    free(t->sine);
    *t = (struct angle_table){0};
}
