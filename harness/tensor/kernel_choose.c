/* kernel_choose.c -- which table of functions this CPU can run. */
#include <string.h>

#include "tensor/kernel.h"

extern const struct kernel kernel_plain;
#if !defined(REACH_DOUBLE) && defined(__x86_64__)
#define MANY 1
extern const struct kernel kernel_avx2, kernel_avx512;
#endif

/* The flags of the Makefile's ISA_avx512 and ISA_avx2. */
static int can_run(const struct kernel *k)
{
#ifdef MANY
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (k == &kernel_avx2) return avx2;
    if (k == &kernel_avx512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
    return k == &kernel_plain;
}

const struct kernel *kernel_choose(const char *name)
{
    static const struct kernel *const best_first[] = {
#ifdef MANY
        &kernel_avx512, &kernel_avx2,
#endif
        &kernel_plain,
    };
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
        const struct kernel *k = best_first[i];
        if ((!name || strcmp(name, k->name) == 0) && can_run(k)) return k;
    }
    return NULL;
}
