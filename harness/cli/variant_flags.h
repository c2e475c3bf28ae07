/* variant_flags.h -- a variant named on the command line. */
#ifndef REACH_VARIANT_FLAGS_H
#define REACH_VARIANT_FLAGS_H

#include "config/config.h"
#include "variants/variant.h"

struct chosen_variant {
    const struct attention *attention;
    const struct position  *position;
    _Alignas(16) unsigned char attention_options[OPTIONS_ROOM], position_options[OPTIONS_ROOM];
};

/* A preset, or an attention with its usual positions; then "option=value" settings.  ERR_CONFIG with the nearest name. */
status choose_variant(const char *name, size_t n_set, const char *const *set, struct chosen_variant *out);

/* Does it go in this direction, and with its position scheme?  ERR_CONFIG with a sentence that names --causal. */
status chosen_variant_goes(const struct chosen_variant *v, bool causal);

#endif
