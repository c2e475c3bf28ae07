/* section.h -- values of a YAML tree go into option tables and texts, or are refused at their place. */
#ifndef REACH_CONFIG_SECTION_H
#define REACH_CONFIG_SECTION_H

#include "base/option.h"
#include "config/yaml.h"

/* A NULL-terminated list of the words that would have been right; what does not fit is left out. */
struct words {
    size_t      n;
    const char *at[256];
};
void words_add(struct words *w, const char *word);
void words_add_options(struct words *w, const struct option *table);

/* `no KIND "TEXT" FOR; did you mean ...` at the place of `word`; `where` is " for model", or "". */
status section_unknown(const struct yaml *word, const char *kind, const char *where, const struct words *known);

/* Refuse what is not a map (a list) or has no value, in a sentence that begins with `name`. */
status section_want(const struct yaml *y, enum yaml_kind kind, const char *name);

/* Set one option. */
status section_set(const struct option *o, const struct yaml *value, void *target);

/* Set the options that `map` names, or none if it is NULL; unknown keys are refused. */
status section_read(const char *name, const struct option *table, const struct yaml *map, void *target);

/* A text of one line, 1..size - 1 bytes, without control characters or blanks at its ends. */
status section_text(const char *name, const struct yaml *value, char *out, size_t size);

#endif
