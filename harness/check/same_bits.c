/* same_bits.c -- the same bits again, and for any number of threads. */
#include <stdlib.h>
#include <string.h>

#include "check/battery.h"
#include "train/workers.h"

/* Gradient of a batch of five packs, summed over shards, with so many threads. */
static void threaded_gradient(const struct model *m, int threads, real *out)
{
    struct workers w;
    workers_init(&w, threads, 4, m->n_values, kernel_choose(NULL));
    arena *a = arena_new("pack");
    const size_t lengths[] = {5, 17, 11};
    struct pack packs[5];
    for (size_t i = 0; i < 5; i++) packs[i] = *check_pack(a, 1 + i % 3, lengths);
    (void)workers_train(&w, m, packs, 5, 50, 1, 1);
    for (size_t s = 0; s < 4; s++) memcpy(out + s * m->n_values, w.gradient[s], m->n_values * sizeof *out);
    arena_free(a);
    workers_done(&w);
}

void check_determinism(const struct check_subject *s, bool causal, struct check_report *r)
{
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    m->options.dropout = m->options.attention_dropout = 0.2;
    const size_t n = 4 * m->n_values;
    real *g[3] = {check_take(n, sizeof **g), check_take(n, sizeof **g), check_take(n, sizeof **g)};
    threaded_gradient(m, 1, g[0]);
    threaded_gradient(m, 1, g[1]);
    threaded_gradient(m, 3, g[2]);
    check_measure(r, "gradient again", causal, check_apart(g[0], g[1], n), 0);
    check_measure(r, "gradient with 3 threads", causal, check_apart(g[0], g[2], n), 0);
    for (int i = 0; i < 3; i++) free(g[i]);
    model_free(m);
}
