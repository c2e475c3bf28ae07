/* textbook.c -- the layer against the slow version in tests/ref, which shares no code with it. */
#include <stdlib.h>

#include "check/battery.h"
#include "tests/ref/variants.h"

void check_textbook(const struct check_subject *s, bool causal, struct check_report *r)
{
    if (!ref_has_attention(s->attention->name)) {
        check_skip(r, "textbook version", causal, "there is none in tests/ref");
        return;
    }
    static const size_t lengths[] = {1, 2, 7, 31, 32, 33, 64, 130, 512};
    struct model *m = check_must_have(s, check_shape(causal), 0.4);
    model_prepare(m, 513);
    double worst = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t T = lengths[i];
        if (model_refuses_length(m, T)) continue;
        arena *a = arena_new("pack");
        real *x = check_take(T * WIDTH, sizeof *x), *y = check_take(T * WIDTH, sizeof *y);
        double *want = check_take(T * WIDTH, sizeof *want);
        check_fill(x, T * WIDTH, 1, i);
        check_layer(m, check_pack(a, 1, &T), x, y, NULL, NULL, NULL);
        ref_attention(m, 0, T, 0, (const double *)x, want);
        worst = check_larger(check_apart(y, (const real *)want, T * WIDTH), worst);
        free(x), free(y), free(want);
        arena_free(a);
    }
    model_free(m);
    check_measure(r, "textbook version", causal, worst, 1e-10);
}
