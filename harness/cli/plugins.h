/* plugins.h -- shared libraries with attentions of their own: --plugin FILE.so, and REACH_PLUGINS=A.so:B.so.
 *
 * Both are taken by every command, in main, before the command runs; that is the only time when the lists of
 * variants/variant.h grow.  Libraries stay loaded until the program ends.
 */
#ifndef REACH_PLUGINS_H
#define REACH_PLUGINS_H

#include "base/status.h"

/* Load what REACH_PLUGINS names, then take every `--plugin FILE` and `--plugin=FILE` out of argv[1..] and load those; all of
 * them then stand in REACH_PLUGINS, for programs that this one starts (reach64 for `check`).
 * FILE without a slash is one of the current folder.  A library for the other precision is replaced by its sibling, if there is
 * one: idea64.so in place of idea.so where numbers are double, idea.so in place of idea64.so where they are float.
 * ERR_CONFIG with a sentence that begins with the file: not to be loaded, no plugin, of another interface, layout or precision,
 * without the hash of its source, or with an attention that attention_add refuses. */
status plugins_load(int *argc, char **argv);

#endif
