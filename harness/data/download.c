/* download.c -- libcurl's easy interface, one transfer at a time. */
#include "data/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "train/stop.h"

struct transfer {
    const struct download *d;
    CURL    *curl;
    int      fd;
    uint64_t have;       /* bytes in the file                                */
    uint64_t total;      /* of the whole file as the server says; 0: unknown */
    uint64_t first;      /* `have` when this call began                      */
    uint64_t most;       /* `have` at its best                               */
    double   began;
    int      disk;       /* errno of a failed write                          */
    bool     wrong_size;
    char     why[CURL_ERROR_SIZE];
};

static uint64_t most_bytes(const struct download *d)
{
    return !d->size ? UINT64_MAX : d->size_certain ? d->size : 2 * d->size + 1000000;
}

/* "Content-Range: bytes 100-199/200", or with a star for the range in an answer 416: the whole size behind the slash. */
static size_t on_header(char *at, size_t one, size_t n, void *user)
{
    struct transfer *t = user;
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)(n * one), at);
    if (strncasecmp(line, "HTTP/", 5) == 0) t->total = 0; /* a redirect's headers are behind us */
    const char *slash = strncasecmp(line, "Content-Range:", 14) == 0 ? strchr(line, '/') : NULL;
    if (slash) t->total = strtoull(slash + 1, NULL, 10);
    return n * one;
}

static size_t on_bytes(char *at, size_t one, size_t n, void *user)
{
    struct transfer *t = user;
    const size_t all = n * one;
    if (!t->total) {
        curl_off_t length = -1;
        curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        if (length > 0) t->total = t->have + (uint64_t)length;
    }
    if (t->total > most_bytes(t->d) || t->have + all > most_bytes(t->d)) {
        t->wrong_size = true;
        return 0;
    }
    for (size_t done = 0; done < all;) {
        const ssize_t put = write(t->fd, at + done, all - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            t->disk = errno;
            return 0;
        }
        done += (size_t)put;
        t->have += (uint64_t)put;
    }
    return all;
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t e)
{
    (void)a, (void)b, (void)c, (void)e;
    struct transfer *t = user;
    const uint64_t total = t->total ? t->total : t->d->size;
    const double seconds = clock_seconds() - t->began, rate = seconds > 0 ? (double)(t->have - t->first) / seconds : 0;
    char what[80];
    if (total) snprintf(what, sizeof what, "%.1f of %.1f MB  %.1f MB/s", (double)t->have / 1e6, (double)total / 1e6, rate / 1e6);
    else snprintf(what, sizeof what, "%.1f MB  %.1f MB/s", (double)t->have / 1e6, rate / 1e6);
    const double share = total && t->have < total ? (double)t->have / (double)total : total ? 1 : 0;
    progress_update(t->d->progress, share, what, total && rate > 0 ? (double)total * (1 - share) / rate : -1);
    return stop_wanted();
}

static void set_up(struct transfer *t)
{
    CURL *c = t->curl;
    curl_easy_setopt(c, CURLOPT_URL, t->d->address);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 262144L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "reach");
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
}

static status cannot_write(const struct transfer *t, int reason)
{
    FAIL(ERR_IO, "%s: cannot write: %s; %" PRIu64 " bytes are kept, and the same command goes on", t->d->part, strerror(reason), t->have);
}

/* Throw away what has come: the server counts otherwise. */
static status begin_again(struct transfer *t)
{
    if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0) return cannot_write(t, errno);
    t->have = t->first = 0;
    return OK;
}

static bool code_means_later(long code)
{
    return code == 408 || code == 429 || code == 500 || code == 502 || code == 503 || code == 504;
}

static bool worth_again(CURLcode r, long code)
{
    switch (r) {
    case CURLE_HTTP_RETURNED_ERROR: return code_means_later(code);
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR: return true;
    default: return false;
    }
}

/* Sleep, but not through a signal that asks to stop. */
static void wait_seconds(double seconds)
{
    const double until = clock_seconds() + seconds;
    for (double left; !stop_wanted() && (left = until - clock_seconds()) > 0;) {
        const double nap = left < 0.1 ? left : 0.1;
        nanosleep(&(struct timespec){.tv_nsec = (long)(nap * 1e9)}, NULL);
    }
}

static status stopped(const struct transfer *t)
{
    FAIL(ERR_STOPPED, "stopped; %s has %" PRIu64 " bytes, and the same command goes on from there", t->d->part, t->have);
}

/* Another file: nothing to go on from. */
static status wrong_size(const struct transfer *t)
{
    unlink(t->d->part);
    const uint64_t got = t->total ? t->total : t->have;
    FAIL(ERR_DATA, "%s: it has %s%" PRIu64 " bytes where %s%" PRIu64 " are expected; another address: --url, with --sum", t->d->address,
         t->total ? "" : "more than ", got, t->d->size_certain ? "" : "about ", t->d->size);
}

/* What an attempt that did not end well means: OK to try again from t->have, or the failure. */
static status judge(struct transfer *t, CURLcode r, int failures)
{
    long code = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (stop_wanted() || r == CURLE_ABORTED_BY_CALLBACK) return stopped(t);
    if (t->wrong_size) return wrong_size(t);
    if (t->disk) return cannot_write(t, t->disk);
    if ((r == CURLE_RANGE_ERROR || r == CURLE_BAD_DOWNLOAD_RESUME || code == 416) && t->have) return begin_again(t);
    const char *why = *t->why ? t->why : curl_easy_strerror(r);
    if (r == CURLE_HTTP_RETURNED_ERROR && !worth_again(r, code)) FAIL(ERR_DATA, "%s: the server answers %ld", t->d->address, code);
    if (!worth_again(r, code) || failures >= t->d->tries)
        FAIL(ERR_DATA, "%s: %s (%d attempt%s)%s", t->d->address, why, failures, failures == 1 ? "" : "s",
             t->have ? "; what has come is kept, and the same command goes on from there" : "");
    if (!t->d->progress->quiet) progress_note(t->d->progress, "%s: %s; trying again", t->d->address, why);
    wait_seconds(t->d->pause * (double)(1 << (failures < 6 ? failures - 1 : 5)));
    return stop_wanted() ? stopped(t) : OK;
}

/* The answer to a range that begins at the end is 416: the file is whole if it is as long as the server says. */
static bool is_whole(const struct transfer *t, CURLcode r)
{
    long code = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    return code == 416 ? t->have && t->total == t->have : r == CURLE_OK;
}

static status transfer(struct transfer *t)
{
    for (int failures = 0;;) {
        t->total = 0;
        *t->why = 0;
        curl_easy_setopt(t->curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->have);
        const CURLcode r = curl_easy_perform(t->curl);
        if (is_whole(t, r)) break;
        failures = t->have > t->most ? 1 : failures + 1; /* a server without ranges that cuts brings the same bytes again */
        if (t->have > t->most) t->most = t->have;
        TRY(judge(t, r, failures));
    }
    if (t->d->size_certain && t->d->size && t->have != t->d->size) {
        t->total = t->have;
        return wrong_size(t);
    }
    return OK;
}

status download(const struct download *d, bool *resumed)
{
    struct transfer t = {.d = d, .fd = open(d->part, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666), .began = clock_seconds()};
    struct stat about = {0};
    if (t.fd < 0 || fstat(t.fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        const int failed = t.fd < 0 ? errno : EISDIR;
        if (t.fd >= 0) close(t.fd);
        FAIL(ERR_IO, "%s: cannot write: %s", d->part, strerror(failed));
    }
    t.have = t.first = t.most = (uint64_t)about.st_size;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(t.curl = curl_easy_init())) status_no_memory("a download", sizeof t);
    set_up(&t);
    status s = transfer(&t);
    *resumed = t.first > 0;
    curl_easy_cleanup(t.curl);
    curl_global_cleanup();
    if (close(t.fd) != 0 && s == OK) s = cannot_write(&t, errno);
    return s;
}
