/* pathfinder_set.h -- the images of a Pathfinder task: drawn and kept in files, or read from the published folders.
 *
 * A record is a label byte, 0 or 1, and size x size gray levels row by row.  Drawn images are kept as
 * DATA/pathfinder/SIZE-CONTOUR-HASH/SPLIT-NNNN.bin, up to 16 MiB of records in each file; HASH is of the settings and the seed.
 * A file appears whole or not at all, and image i is the same whatever else is drawn, so files made before are taken as far as they go.
 */
#ifndef REACH_PATHFINDER_SET_H
#define REACH_PATHFINDER_SET_H

#include "tasks/pathfinder_draw.h"
#include "tasks/task.h"

struct pathfinder_set {
    int            size;
    size_t         n[SPLITS];
    const uint8_t **record[SPLITS]; /* owned; each points into `own` */
    size_t         n_own;
    uint8_t      **own;             /* owned */
};

void pathfinder_set_free(struct pathfinder_set *set); /* accepts a cleared set, and clears it */

/* How many of the n[] images are on disk. */
size_t pathfinder_drawn(const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data);

/* Draw and write those that are not; on all threads, with lines on stderr.  ERR_CONFIG if the settings leave no room, ERR_IO, or
 * ERR_STOPPED after a signal: then the next call goes on. */
status pathfinder_make(const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data);

/* Read n[] drawn images; ERR_DATA if a file is damaged. */
status pathfinder_load(struct pathfinder_set *set, const struct pathfinder_settings *s, uint64_t seed, const size_t n[SPLITS], const char *data);

/* Read a published folder (imgs/N/sample_M.png and metadata/N.npy, lines "imgs/N sample_M.png M LABEL ..."), by N and then line by line,
 * or a plain file of records, packed if it ends in .xz.  All are split 80 : 10 : 10 in this order, or after a shuffle with `seed`; at
 * most most[] of each part are kept.  The image imgs/0/sample_172.png of the easy set of 32 x 32, known to be empty, is left out.
 * ERR_DATA with file and what was expected. */
status pathfinder_read(struct pathfinder_set *set, int size, const char *path, bool shuffle, uint64_t seed, const size_t most[SPLITS]);

#endif
