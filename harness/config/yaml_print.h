/* yaml_print.h -- a tree as YAML text that reads back as the same tree. */
#ifndef REACH_CONFIG_YAML_PRINT_H
#define REACH_CONFIG_YAML_PRINT_H

#include <stdio.h>

#include "config/yaml.h"

/* Maps and lists of the upper levels a line per entry; what is small stands in one line.  Keys in `without` (NULL-terminated) are
 * left out of the root. */
void yaml_print(FILE *out, const struct yaml *root, const char *const *without);

#endif
