/* http_server.h -- a small HTTP server on this machine for tests: one file, one connection at a time, in a thread.
 *
 * It knows ranges (or not), cuts connections, answers errors and redirects, and remembers what it was asked.
 */
#ifndef REACH_TEST_HTTP_SERVER_H
#define REACH_TEST_HTTP_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_ASKED 64

struct http_server {
    /* what to do; set before a request comes */
    const unsigned char *content;
    size_t      n;
    bool        no_ranges;
    bool        no_length;         /* the answer ends where the connection does                     */
    size_t      cut_after;         /* bytes of content after which the connection is cut; 0: never  */
    int         cuts;              /* how many connections are cut so (-1: all)                     */
    size_t      hold_after;        /* bytes after which it waits until the other side goes          */
    int         answer[8];         /* codes of the first answers; 0: the file                       */
    const char *redirect;          /* /redirect leads here                                          */
    /* what was asked */
    atomic_int  asked;
    size_t      from[HTTP_ASKED];  /* where the range began */
    char        path[HTTP_ASKED][128];
    size_t      sent;              /* bytes of content      */
    /* its own */
    int         listener, port;
    atomic_bool ending;
    pthread_t   thread;
};

static inline bool http_send(int fd, const void *at, size_t n)
{
    for (size_t done = 0; done < n;) {
        const ssize_t put = send(fd, (const char *)at + done, n - done, MSG_NOSIGNAL);
        if (put <= 0) return false;
        done += (size_t)put;
    }
    return true;
}

/* Headers of a request, up to the empty line. */
static inline bool http_read_request(int fd, char *text, size_t size)
{
    size_t n = 0;
    while (n + 1 < size) {
        const ssize_t got = recv(fd, text + n, size - 1 - n, 0);
        if (got <= 0) return false;
        text[n += (size_t)got] = 0;
        if (strstr(text, "\r\n\r\n")) return true;
    }
    return false;
}

/* Close so that the other side sees the end and not a reset. */
static inline void http_close(int fd)
{
    char rest[256];
    shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof rest, 0) > 0) continue;
    close(fd);
}

static inline void http_answer_file(struct http_server *s, int fd, size_t from)
{
    char head[256], length[64] = "";
    if (from > 0 && from >= s->n) {
        snprintf(head, sizeof head, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */%zu\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", s->n);
        http_send(fd, head, strlen(head));
        return;
    }
    if (!s->no_length) snprintf(length, sizeof length, "Content-Length: %zu\r\n", s->n - from);
    if (from > 0) snprintf(head, sizeof head, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%zu\r\n%sConnection: close\r\n\r\n", from, s->n - 1, s->n, length);
    else snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%sConnection: close\r\n\r\n", length);
    size_t n = s->n - from;
    if (s->cut_after && s->cuts != 0 && n > s->cut_after) {
        n = s->cut_after;
        if (s->cuts > 0) s->cuts--;
    }
    if (s->hold_after && n > s->hold_after) n = s->hold_after;
    if (!http_send(fd, head, strlen(head)) || !http_send(fd, s->content + from, n)) return;
    s->sent += n;
    for (char c; s->hold_after && !s->ending;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 50) > 0 && recv(fd, &c, 1, 0) <= 0) break;
    }
}

static inline void http_answer(struct http_server *s, int fd)
{
    char text[4096], head[512];
    if (!http_read_request(fd, text, sizeof text)) return;
    const int k = s->asked < HTTP_ASKED ? s->asked : HTTP_ASKED - 1;
    const char *range = strcasestr(text, "\nRange: bytes=");
    sscanf(text, "GET %127s", s->path[k]);
    s->from[k] = range ? strtoul(range + 14, NULL, 10) : 0;
    const int code = s->asked < 8 ? s->answer[s->asked] : 0;
    s->asked++;
    if (code) {
        snprintf(head, sizeof head, "HTTP/1.1 %d No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n", code);
        http_send(fd, head, strlen(head));
    } else if (strcmp(s->path[k], "/redirect") == 0) {
        snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthere", s->redirect);
        http_send(fd, head, strlen(head));
    } else {
        http_answer_file(s, fd, s->no_ranges ? 0 : s->from[k]);
    }
}

static inline void *http_serve(void *user)
{
    struct http_server *s = user;
    while (!s->ending) {
        struct pollfd wait = {.fd = s->listener, .events = POLLIN};
        if (poll(&wait, 1, 20) <= 0) continue;
        const int fd = accept(s->listener, NULL, NULL);
        if (fd < 0) continue;
        http_answer(s, fd);
        http_close(fd);
    }
    return NULL;
}

/* Listen on a free port of 127.0.0.1; the fields above "what was asked" may be set before. */
static inline void http_start(struct http_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, size) != 0 || listen(s->listener, 8) != 0) abort();
    if (getsockname(s->listener, (struct sockaddr *)&at, &size) != 0) abort();
    s->port = ntohs(at.sin_port);
    if (pthread_create(&s->thread, NULL, http_serve, s) != 0) abort();
}

static inline void http_stop(struct http_server *s)
{
    s->ending = true;
    pthread_join(s->thread, NULL);
    close(s->listener);
}

#endif
