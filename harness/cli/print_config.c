/* print_config.c -- see print_config.h. */
#include "cli/print_config.h"

#include "report/table.h"

int print_config(int argc, char **argv, config_printer *print)
{
    struct config_flags f = {0};
    const char *format = NULL;
    const struct flag flags[] = {CONFIG_FLAGS(f), {.name = "format", .value = &format}, {.name = NULL}};
    struct config c;
    enum table_format how = TABLE_TEXT;
    status e = command_flags(flags, &argc, argv);
    if (e == OK && format) e = table_format_find(format, &how);
    if (e == OK) e = config_flags_read(&f, argc, argv, &c);
    if (e != OK) return command_failed(e);
    e = print(stdout, &c, config_flags_results(&f), how, table_color(stdout));
    config_done(&c);
    return e == OK ? EXIT_DONE : command_failed(e);
}
