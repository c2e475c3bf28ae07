/* probe.c -- reach probe VARIANT --out F.h5: one layer, all that goes in and comes out.  Handed to reach64. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

#ifdef REACH_DOUBLE

#include "check/probe.h"
#include "cli/variant_flags.h"

struct probe_flags {
    const char *out, *length, *width, *heads, *seed;
    bool causal, no_state;
    const char *set[32];
    size_t n_set;
};

static status number(const char *flag, const char *text, long least, long most, long *out)
{
    if (text) TRY(command_number(flag, text, least, out));
    if (*out > most) FAIL(ERR_CONFIG, "--%s %ld: want at most %ld", flag, *out, most);
    return OK;
}

static status request(const struct probe_flags *f, int argc, char **argv, struct chosen_variant *v, struct probe_request *rq)
{
    if (argc != 2) FAIL(ERR_CONFIG, "probe wants one variant, not %d", argc - 1);
    if (!f->out) FAIL(ERR_CONFIG, "probe wants a file to write, as in --out layer.h5");
    long length = 100, width = 24, heads = 3, seed = 1;
    TRY(number("length", f->length, 1, 1 << 20, &length));
    TRY(number("width", f->width, 1, 1 << 14, &width));
    TRY(number("heads", f->heads, 1, width, &heads));
    TRY(number("seed", f->seed, 0, 1L << 40, &seed));
    TRY(choose_variant(argv[1], f->n_set, f->set, v));
    TRY(chosen_variant_goes(v, f->causal));
    *rq = (struct probe_request){.subject = {argv[1], v->attention, v->attention_options, v->position, v->position_options},
                                 .length = (size_t)length, .width = (size_t)width, .heads = (size_t)heads, .causal = f->causal,
                                 .without_state = f->no_state, .seed = (uint64_t)seed};
    return OK;
}

static int run(int argc, char **argv)
{
    struct probe_flags f = {0};
    const struct flag flags[] = {
        {.name = "out", .value = &f.out}, {.name = "length", .value = &f.length}, {.name = "width", .value = &f.width},
        {.name = "heads", .value = &f.heads}, {.name = "seed", .value = &f.seed}, {.name = "causal", .given = &f.causal},
        {.name = "no-state", .given = &f.no_state}, {.name = "set", .list = f.set, .n = &f.n_set, .room = 32}, {.name = NULL},
    };
    static struct chosen_variant v;
    struct probe_request rq;
    struct probe p = {0};
    status e = command_flags(flags, &argc, argv);
    if (e == OK) e = request(&f, argc, argv, &v, &rq);
    if (e == OK) e = probe_run(&rq, &p);
    if (e == OK) e = probe_write(&p, f.out);
    if (e == OK) printf("%s: %s, %zu rows of width %zu\n", f.out, rq.subject.name, rq.length, rq.width);
    probe_done(&p);
    return e == OK ? EXIT_DONE : command_failed(e);
}

#else

static int run(int argc, char **argv)
{
    return command_in_double(argc, argv);
}

#endif

const struct command command_probe = {
    .name = "probe",
    .usage = "probe VARIANT --out F.h5 [--length 100] [--causal] [--seed 1] [--set option=value] [--width 24] [--heads 3] [--no-state]",
    .summary = "one layer with its input, parameters, output and gradients, for comparison with another version",
    .help = "  --out F.h5            the file to write\n"
            "  --length T            rows of the input, and the training length\n"
            "  --causal              a row sees none behind it\n"
            "  --seed S              of parameters, input and gradient\n"
            "  --set option=value    an option of the attention or the position scheme (repeatable)\n"
            "  --width C, --heads H  channels of a row, and heads\n"
            "  --no-state            start without carried state; else attentions that carry some start with what T rows leave\n\n"
            "Always in float64.  Every dataset and group of the file says what it is; README.md tells how to compare.\n",
    .run = run,
};
