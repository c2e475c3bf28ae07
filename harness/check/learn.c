/* learn.c -- 32 random examples learnt by heart. */
#include "check/battery.h"
#include "train/optimizer.h"
#include "train/workers.h"

/* The share that is wrong at the end. */
static double wrong_share(const struct check_subject *s, bool causal)
{
    struct shape shape = check_shape(causal);
    shape.train_length = 32;
    shape.classes = 8;
    struct model *m = check_must_have(s, shape, 0.2);
    struct train_options o;
    option_defaults(train_option_table, &o, sizeof o);
    o.rate = 1e-2;
    o.decay = 0;
    o.schedule = SCHEDULE_CONSTANT;
    o.warmup = 10;
    struct workers w;
    struct optimizer z;
    workers_init(&w, 2, 2, m->n_values, kernel_choose(NULL));
    optimizer_init(&z, &o, m, kernel_choose(NULL));
    arena *a = arena_new("overfit");
    size_t lengths[32];
    for (size_t i = 0; i < 32; i++) lengths[i] = 32;
    struct pack *p = check_pack(a, 32, lengths);
    int32_t *label = ARENA_ARRAY(a, int32_t, 32);
    for (size_t i = 0; i < 32; i++) label[i] = p->token[p->offset[i]] % 8; /* the first token decides */
    p->target = label;
    struct tally t = {0};
    for (int64_t step = 1; step <= 400; step++) {
        t = workers_train(&w, m, p, 1, 32, 1, (uint64_t)step);
        (void)optimizer_step(&z, w.gradient, 2, step, 400, 1);
        if (t.right == 32) break;
    }
    optimizer_done(&z);
    workers_done(&w);
    arena_free(a);
    model_free(m);
    return 1 - t.right / 32;
}

void check_overfit(const struct check_subject *s, bool causal, struct check_report *r)
{
    check_measure(r, "share of 32 examples not learnt", causal, wrong_share(s, causal), 0.01);
}
