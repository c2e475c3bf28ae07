/* main.c -- reach COMMAND ... */
#include <stdio.h>
#include <string.h>

#include "base/denormals.h"
#include "base/option.h"
#include "base/real.h"
#include "cli/command.h"
#include "cli/plugins.h"
#include "tensor/product.h"

#define COMMAND(name) extern const struct command command_##name;
#include "cli/command_list.h"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/command_list.h"
#undef COMMAND
    NULL,
};

static void help(FILE *out)
{
    fputs("reach: how far does attention reach?  Trains small models at one length and tests them far beyond it.\n\n"
          "  reach COMMAND [ARGUMENTS]     reach COMMAND --help\n\n", out);
    for (const struct command *const *c = commands; *c; c++) fprintf(out, "  %-8s %s\n", (*c)->name, (*c)->summary);
    fputs("\nStart with:  reach run configs/quick.yaml && reach table configs/quick.yaml && reach plot configs/quick.yaml\n", out);
}

static int command_help(const struct command *c)
{
    printf("reach %s\n\n%s\n\n%s", c->usage, c->summary, c->help);
    if (!c->own_plugin_flag) puts("  --plugin FILE.so      attentions from a shared library (repeatable; also REACH_PLUGINS=A.so:B.so)");
    return EXIT_DONE;
}

static int unknown(const char *name)
{
    const char *names[32];
    size_t n = 0;
    for (const struct command *const *c = commands; *c; c++) names[n++] = (*c)->name;
    names[n] = NULL;
    const char *near = option_nearest(name, names);
    fprintf(stderr, "reach: no command \"%s\"", name);
    if (near) fprintf(stderr, "; did you mean \"%s\"?", near);
    fputs("  See reach --help\n", stderr);
    return EXIT_WRONG;
}

static int run(const struct command *c, int argc, char **argv)
{
    const status e = c->own_plugin_flag ? OK : plugins_load(&argc, argv);
    return e == OK ? c->run(argc, argv) : command_failed(e);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_WRONG : EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("reach %s (%s)\n", REACH_VERSION, REAL_NAME);
        return EXIT_DONE;
    }
    flush_denormals();
    product_start();
    for (const struct command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, argv[1]) != 0) continue;
        for (int i = 2; i < argc; i++)
            if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return command_help(*c);
        return run(*c, argc - 1, argv + 1);
    }
    return unknown(argv[1]);
}
