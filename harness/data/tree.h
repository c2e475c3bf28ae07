/* tree.h -- whole folders: taking one away. */
#ifndef REACH_TREE_H
#define REACH_TREE_H

#include "base/status.h"

/* Remove a file, or a folder with all below it (links are removed, not followed); OK if nothing is there. */
status tree_remove(const char *path);

#endif
