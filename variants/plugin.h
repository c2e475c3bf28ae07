/* plugin.h -- attentions from shared libraries: `reach COMMAND --plugin ./idea.so`.
 *
 * The file of a plugin's attention is written as those of the tree are, and ends with
 *
 *   REACH_PLUGIN(&attention_idea)
 *
 * which says nothing in the tree.  It is compiled with -fPIC -shared and -DREACH_AS_PLUGIN; once for reach, and once with
 * -DREACH_DOUBLE for reach64, which runs `reach check`.  -DREACH_SOURCE='"HASH"', a hash of its file, goes into the results, so
 * that what another version computed is known to be stale.  `reach new idea --plugin` writes a Makefile that does all this.
 *
 * A plugin calls whatever the installed headers declare: the program itself exports it, so nothing of it is linked in.
 * The struct below is the first thing the program reads; what does not fit it is refused with a sentence (cli/plugins.c).
 */
#ifndef REACH_PLUGIN_H
#define REACH_PLUGIN_H

#include "tensor/ops.h"
#include "variants/variant.h"

/* Counts changes of the contract that do not show in the sizes below: what a function means, takes or gives. */
#define REACH_PLUGIN_ABI 1

/* One number for the layout of all that plugin and program share. */
#define REACH_PLUGIN_LAYOUT                                                                                            \
    (sizeof(struct attention) + 31 * (sizeof(struct pass) + 31 * (sizeof(struct model_options) + 31 * (sizeof(node) +  \
     31 * (sizeof(tape) + 31 * (sizeof(struct pack) + 31 * (sizeof(struct attention_request) + 31 *                    \
     (sizeof(struct linear_request) + 31 * (sizeof(struct kernel) + 31 * (sizeof(struct parameter) +                   \
     31 * sizeof(struct option)))))))))))

struct reach_plugin {
    unsigned abi;                              /* REACH_PLUGIN_ABI                                 */
    unsigned real_size;                        /* sizeof(real): 4 for reach, 8 for reach64         */
    size_t   layout;                           /* REACH_PLUGIN_LAYOUT                              */
    const struct attention *const *attentions; /* NULL-terminated, living as long as the library   */
};

#ifdef REACH_AS_PLUGIN
#define REACH_PLUGIN(...)                                                                                              \
    extern const struct reach_plugin reach_plugin;                                                                     \
    __attribute__((visibility("default"))) const struct reach_plugin reach_plugin = {                                  \
        REACH_PLUGIN_ABI, sizeof(real), REACH_PLUGIN_LAYOUT, (const struct attention *const[]){__VA_ARGS__, NULL}};
#else
#define REACH_PLUGIN(...)
#endif

#endif
