/* dataset.h -- published data sets: where each one is, how it is checked, what it becomes, and who reads it.
 *
 * A data set lives in DATA/NAME/ (or in `folder`, where a Debian package puts it):
 *
 *   DATA/NAME/FILE.part      a download that is not finished
 *   DATA/NAME/FILE.wrong     a finished one whose sum or size was wrong
 *   DATA/NAME/FILE           the file as published
 *   DATA/NAME/...            what was in it, without the folders that hold everything
 *   DATA/NAME/SHA256SUMS     sums of all of them as they were when fetched (`sha256sum -c` reads it)
 *
 * A checksum or size is `certain` if it was read at the publisher's, computed from the file, or stands in several
 * independent programs; one that is only remembered is compared all the same, and a difference is told, not refused.
 */
#ifndef REACH_DATASET_H
#define REACH_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/status.h"

struct dataset_part { /* a file that must be there; NAME.xz beside it does as well */
    const char *path; /* below the data set's folder              */
    const char *sum;  /* of the content, certain; NULL: not known */
};

struct dataset {
    const char *name;       /* also its folder under the data folder */
    const char *title;
    const char *file;       /* the published file's name; NULL: nothing to download                  */
    const char *address[3]; /* tried in this order                                                   */
    uint64_t    size;       /* bytes of the download, or of the data where nothing is downloaded     */
    bool        size_certain;
    const char *sum;        /* of the published file, "md5:..."; NULL: not known                     */
    bool        sum_certain;
    bool        packed;     /* an archive (tar or zip); otherwise the file is the data               */
    uint64_t    most_bytes; /* an archive that unpacks to more is refused                            */
    uint64_t    most_files;
    struct dataset_part part[4];
    const char *tasks[3];   /* read it with their default options                                    */
    const char *readers;    /* what else can read it, as one would write it; NULL                    */
    const char *get;        /* how to get it where nothing is downloaded: a command                  */
    const char *folder;     /* where that puts it, if not under the data folder                      */
    const char *note;       /* what else one must know; NULL                                         */
    const char *licence;
    const char *cite;
};

extern const struct dataset datasets[]; /* ends in {.name = NULL} */

const struct dataset *dataset_find(const char *name); /* or NULL */

/* The data sets a task reads by default; returns how many, at most `room`. */
size_t dataset_of_task(const char *task, const struct dataset **out, size_t room);

/* The folder of a data set. */
status dataset_folder(const struct dataset *d, const char *data, char out[FILE_PATH]);

enum dataset_state {
    DATASET_READY,   /* all of its parts are there              */
    DATASET_SOME,    /* some of them                            */
    DATASET_PACKED,  /* the published file, not unpacked        */
    DATASET_PARTIAL, /* part of a download                      */
    DATASET_MISSING,
};
enum dataset_state dataset_state(const struct dataset *d, const char *data);

/* Is this part there, plain or packed with xz? */
bool dataset_has(const char *folder, const char *part);

#endif
