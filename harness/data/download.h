/* download.h -- one file over HTTP, resumed where it was cut.
 *
 * What has come stands in PART from the first byte on, whatever ends the program; the next call asks for the rest only
 * (an HTTP range), and begins again if the server does not know ranges.  Cut connections and answers that mean "later" (408,
 * 429, 500, 502, 503, 504) are tried again while `tries` in a row bring nothing, with a pause that doubles.
 * libcurl follows redirects and honours http_proxy, https_proxy, all_proxy and no_proxy.
 */
#ifndef REACH_DOWNLOAD_H
#define REACH_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"

struct download {
    const char      *address;      /* http://, https:// or file://                                        */
    const char      *part;         /* written here                                                        */
    uint64_t         size;         /* expected; 0: not known                                              */
    bool             size_certain; /* another size is an error; otherwise up to twice the size is taken   */
    int              tries;        /* attempts in a row without a new byte                                */
    double           pause;        /* seconds before the second of them                                   */
    struct progress *progress;
};

/* OK when the whole file is in d->part; *resumed says whether its beginning came from an earlier call.
 * ERR_DATA with address and what was got if the server refuses or has another size (then d->part is removed); ERR_IO if the
 * file cannot be written; ERR_STOPPED if a signal asked to stop. */
status download(const struct download *d, bool *resumed);

#endif
