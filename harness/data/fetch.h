/* fetch.h -- a published data set from its address to its folder: download, check, unpack, put in place.
 *
 * Nothing stands under its own name before it is whole: the download is FILE.part, an archive is unpacked into a hidden folder
 * beside and each of its entries renamed.  What was there before is replaced only then.
 */
#ifndef REACH_FETCH_H
#define REACH_FETCH_H

#include "data/dataset.h"
#include "base/progress.h"

struct fetch {
    const char      *data;    /* the data folder                                                                      */
    const char      *address; /* instead of the data set's; NULL                                                      */
    const char      *sum;     /* "sha256:..." instead of all that is known of the file (its size and its parts too); NULL */
    bool             again;   /* even if it is there                                                                  */
    int              tries;
    double           pause;   /* as in download.h                                                                     */
    struct progress *progress;
};

/* ERR_DATA if no address gives the file, a certain sum or size is wrong (the file is kept as FILE.wrong), or the archive is
 * damaged, refused or lacks a part (kept as FILE.wrong too); ERR_CONFIG if there is nothing to download; ERR_IO; ERR_STOPPED (FILE.part is kept). */
status fetch(const struct dataset *d, const struct fetch *f);

#endif
