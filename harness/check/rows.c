/* rows.c -- what a row may depend on: not on later rows if causal, never on other examples or on rows marked invalid. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/battery.h"

void check_causality(const struct check_subject *s, bool causal, struct check_report *r)
{
    if (!causal) return;
    const size_t T = TRAINED, before = 9;
    struct model *m = check_must_have(s, check_shape(true), 0.4);
    arena *a = arena_new("pack");
    struct pack *p = check_pack(a, 1, &T);
    const ptrdiff_t first = (ptrdiff_t)before;
    if (m->n_carry) {
        p->state_in = check_states(a, m, 1, &before, false, false, 60);
        p->first = &first;
        model_prepare(m, T + before + 1);
    }
    real *x = check_take(T * WIDTH, sizeof *x), *y = check_take(T * WIDTH, sizeof *y), *z = check_take(T * WIDTH, sizeof *z);
    check_fill(x, T * WIDTH, 1, 3);
    check_layer(m, p, x, y, NULL, NULL, NULL);
    double changed = 0, after = 0;
    for (size_t t = 1; t < T; t += 5) {
        for (size_t c = 0; c < WIDTH; c++) x[t * WIDTH + c] += 3;
        check_layer(m, p, x, z, NULL, NULL, NULL);
        changed = check_larger(check_apart(y, z, t * WIDTH), changed);
        after = check_larger(check_apart(y + t * WIDTH, z + t * WIDTH, WIDTH), after);
        for (size_t c = 0; c < WIDTH; c++) x[t * WIDTH + c] -= 3;
        check_layer(m, p, x, y, NULL, NULL, NULL); /* x is back only up to rounding */
    }
    free(x), free(y), free(z);
    arena_free(a);
    model_free(m);
    check_measure(r, "change of rows before a changed row", true, after > 0 ? changed : NAN, 0);
}

void check_neighbours(const struct check_subject *s, bool causal, struct check_report *r)
{
    const size_t lengths[] = {9, TRAINED, 14}, rows = 9 + TRAINED + 14, from = 9;
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    arena *a = arena_new("pack");
    const struct pack *together = check_pack(a, 3, lengths), *alone = check_pack(a, 1, lengths + 1);
    real *x = check_take(rows * WIDTH, sizeof *x), *y = check_take(rows * WIDTH, sizeof *y), *z = check_take(rows * WIDTH, sizeof *z);
    check_fill(x, rows * WIDTH, 1, 4);
    check_layer(m, together, x, y, NULL, NULL, NULL);
    check_layer(m, alone, x + from * WIDTH, z, NULL, NULL, NULL);
    check_measure(r, "example alone against in a pack", causal, check_apart(y + from * WIDTH, z, TRAINED * WIDTH), 1e-12);
    check_fill(x, from * WIDTH, 100, 9);
    check_layer(m, together, x, z, NULL, NULL, NULL);
    check_measure(r, "other values beside it", causal, check_apart(y + from * WIDTH, z + from * WIDTH, TRAINED * WIDTH), 0);
    free(x), free(y), free(z);
    arena_free(a);
    model_free(m);
}

/* The pack with `more` hidden rows of large values behind each example; x too. */
static struct pack *padded(arena *a, const size_t *length, size_t more, const real *x, real **px)
{
    size_t longer[3];
    for (size_t e = 0; e < 3; e++) longer[e] = length[e] + more;
    struct pack *p = check_pack(a, 3, longer);
    unsigned char *valid = ARENA_ZEROS(a, unsigned char, pack_rows(p));
    *px = ARENA_ARRAY(a, real, pack_rows(p) * WIDTH);
    check_fill(*px, pack_rows(p) * WIDTH, 10, 12);
    for (size_t e = 0; e < 3; e++) {
        memset(valid + p->offset[e], 1, length[e]);
        memcpy(*px + p->offset[e] * WIDTH, x, length[e] * WIDTH * sizeof *x);
        x += length[e] * WIDTH;
    }
    p->valid = valid;
    return p;
}

/* A model that takes so many rows: trained at them if its table of the training length is too short. */
static struct model *long_enough(const struct check_subject *s, bool causal, size_t rows)
{
    struct shape shape = check_shape(causal);
    struct model *m = check_must_have(s, shape, 0.4);
    if (model_refuses_length(m, rows)) {
        model_free(m);
        shape.train_length = rows;
        m = check_must_have(s, shape, 0.4);
    }
    model_prepare(m, rows + 1);
    return m;
}

void check_padding(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char name[] = "hidden rows behind an example";
    static const size_t more[] = {1, BLOCK, 3 * BLOCK + 2}, lengths[] = {9, TRAINED, 14};
    if (check_exception(s, name)) {
        check_skip(r, name, causal, check_exception(s, name));
        return;
    }
    struct model *m = long_enough(s, causal, TRAINED + more[2]);
    arena *a = arena_new("pack");
    const struct pack *plain = check_pack(a, 3, lengths);
    const size_t rows = pack_rows(plain);
    real *x = check_take(rows * WIDTH, sizeof *x), *y = check_take(rows * WIDTH, sizeof *y);
    check_fill(x, rows * WIDTH, 1, 11);
    check_layer(m, plain, x, y, NULL, NULL, NULL);
    double worst = 0;
    for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
        real *px;
        const struct pack *p = padded(a, lengths, more[k], x, &px);
        real *z = ARENA_ARRAY(a, real, pack_rows(p) * WIDTH);
        check_layer(m, p, px, z, NULL, NULL, NULL);
        for (size_t e = 0; e < 3; e++)
            worst = check_larger(check_apart(y + plain->offset[e] * WIDTH, z + p->offset[e] * WIDTH, lengths[e] * WIDTH), worst);
    }
    free(x), free(y);
    arena_free(a);
    model_free(m);
    check_measure(r, name, causal, worst, 1e-12);
}

/* What stands in rows that are hidden, at the start, in the middle and at the end, changes no bit of the others. */
void check_hidden(const struct check_subject *s, bool causal, struct check_report *r)
{
    static const char name[] = "other values in hidden rows";
    static const size_t lengths[] = {9, 3 * BLOCK + 8, 14};
    if (check_exception(s, name)) {
        check_skip(r, name, causal, check_exception(s, name));
        return;
    }
    struct model *m = long_enough(s, causal, lengths[1]);
    arena *a = arena_new("pack");
    struct pack *p = check_pack(a, 3, lengths);
    const size_t rows = pack_rows(p);
    unsigned char *valid = ARENA_ARRAY(a, unsigned char, rows);
    real *x = ARENA_ARRAY(a, real, rows * WIDTH), *y = ARENA_ARRAY(a, real, rows * WIDTH), *z = ARENA_ARRAY(a, real, rows * WIDTH);
    for (size_t i = 0; i < rows; i++) valid[i] = i % 3 != 0;
    p->valid = valid;
    check_fill(x, rows * WIDTH, 1, 19);
    check_layer(m, p, x, y, NULL, NULL, NULL);
    for (size_t i = 0; i < rows; i += 3) check_fill(x + i * WIDTH, WIDTH, 5, 1000 + i);
    check_layer(m, p, x, z, NULL, NULL, NULL);
    double worst = 0;
    for (size_t i = 0; i < rows; i++)
        if (valid[i]) worst = check_larger(check_apart(y + i * WIDTH, z + i * WIDTH, WIDTH), worst);
    arena_free(a);
    model_free(m);
    check_measure(r, name, causal, worst, 0);
}
