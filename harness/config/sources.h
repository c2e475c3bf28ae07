/* sources.h -- the one tree a configuration is made from: a file over what it extends, a budget over that, and --set
 * over all. */
#ifndef REACH_CONFIG_SOURCES_H
#define REACH_CONFIG_SOURCES_H

#include "config/config.h"
#include "config/yaml.h"

/* Read and merge.  The tree's root is a map with known keys only, none of them `extends`, `budget` or `lengths` (which
 * has become test.lengths).  `budgets` stays, checked; `budget` has 64 bytes and gets the name in force or "";
 * *own is false if that is another one than the file's own.
 * Fails as config_read does. */
status sources_read(struct yaml_pool *p, const struct config_request *rq, struct yaml **root, char budget[64], bool *own);

/* What --set says, alone; NULL: nothing. */
status sources_set(struct yaml_pool *p, const struct config_request *rq, struct yaml **set);

#endif
