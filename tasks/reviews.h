/* reviews.h -- the labelled part of the Large Movie Review Dataset in memory.
 *
 * Maas et al., "Learning Word Vectors for Sentiment Analysis", ACL 2011: {train,test}/{neg,pos}/ID_RATING.txt, 12,500 each,
 * ratings 1 to 4 in neg and 7 to 10 in pos; 65 MB.  Read from the folder, or straight from a tar archive (plain, .gz, .xz).
 * Everything else there (train/unsup, features, lists) is passed over.
 */
#ifndef REACH_REVIEWS_H
#define REACH_REVIEWS_H

#include "base/file.h"

enum { REVIEWS_TRAIN, REVIEWS_TEST, REVIEWS_PARTS };

struct review {
    size_t   at;     /* its first byte in reviews.byte  */
    uint32_t n;      /* bytes, > 0                      */
    uint32_t id;
    uint8_t  rating; /* 1 to 10                         */
    uint8_t  label;  /* 0 neg, 1 pos: from its folder   */
};

struct reviews {
    uint8_t       *byte;
    size_t         n_bytes;
    struct review *review[REVIEWS_PARTS]; /* first all neg, then all pos, each by number: wherever they were read from */
    size_t         n[REVIEWS_PARTS];
};

/* Where they are: `source` (here or under `data`) is such a folder or archive, or a folder that holds either; out = its path.
 * ERR_DATA with how to get them. */
status reviews_find(char out[FILE_PATH], const char *source, const char *data);

/* Read a folder or an archive.  ERR_IO or ERR_DATA with file, place and what was expected. */
status reviews_read(struct reviews *out, const char *path);
void   reviews_free(struct reviews *r); /* accepts a cleared struct, and clears it */

#endif
