/* parts.h -- parts that files of runs and files of measurements share. */
#ifndef REACH_STORE_PARTS_H
#define REACH_STORE_PARTS_H

#include "store/h5.h"

/* A table: its rows, description and units. */
bool   part_put_rows(hid_t at, const struct table *t, const void *rows, hsize_t n);
/* *rows is malloc'd.  ERR_DATA with a sentence that does not name the file. */
status part_get_rows(hid_t at, const struct table *t, void **rows, size_t *n);

/* /config and /environment of a result: config and option, environment. */
bool   part_put_config(hid_t file, const struct results *r);
bool   part_put_environment(hid_t file, const struct results *r);
status part_get_config(hid_t file, struct results *r);
status part_get_environment(hid_t file, struct results *r);

#endif
