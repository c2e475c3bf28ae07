/* sum.c -- OpenSSL's digests. */
#include "data/sum.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "train/stop.h"

struct sum {
    EVP_MD_CTX *context;
    const char *kind;
};

static const struct { const char *name; size_t digits; } kinds[] = {{"md5", 32}, {"sha1", 40}, {"sha256", 64}};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static size_t kind_of(const char *text)
{
    const size_t n = strcspn(text, ":");
    size_t k = 0;
    while (k < N_KINDS && (strlen(kinds[k].name) != n || strncmp(kinds[k].name, text, n) != 0)) k++;
    return k;
}

status sum_parse(const char *text)
{
    const size_t k = kind_of(text), n = strcspn(text, ":");
    if (k == N_KINDS || text[n] != ':') FAIL(ERR_CONFIG, "%s: want md5:, sha1: or sha256: and hex digits", text);
    const size_t digits = strspn(text + n + 1, "0123456789abcdefABCDEF");
    if (digits == kinds[k].digits && text[n + 1 + digits] == 0) return OK;
    FAIL(ERR_CONFIG, "%s: %s has %zu hex digits", text, kinds[k].name, kinds[k].digits);
}

struct sum *sum_new(const char *kind)
{
    const size_t k = kind_of(kind);
    struct sum *s = malloc(sizeof *s);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!s || !context || k == N_KINDS || EVP_DigestInit_ex(context, EVP_get_digestbyname(kinds[k].name), NULL) != 1)
        status_no_memory("a checksum", sizeof *s);
    *s = (struct sum){.context = context, .kind = kinds[k].name};
    return s;
}

void sum_add(struct sum *s, const void *at, size_t n)
{
    if (EVP_DigestUpdate(s->context, at, n) != 1) status_no_memory("a checksum", n);
}

void sum_done(struct sum *s, char out[SUM_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_DigestFinal_ex(s->context, digest, &n) != 1) status_no_memory("a checksum", sizeof digest);
    int at = snprintf(out, SUM_TEXT, "%s:", s->kind);
    for (unsigned i = 0; i < n; i++) at += snprintf(out + at, SUM_TEXT - (size_t)at, "%02x", digest[i]);
    EVP_MD_CTX_free(s->context);
    free(s);
}

status sum_file(const char *path, const char *like, char out[SUM_TEXT])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) FAIL(ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    static _Thread_local unsigned char buffer[1 << 16];
    struct sum *s = sum_new(like);
    ssize_t n = 0;
    while (!stop_wanted() && ((n = read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) sum_add(s, buffer, (size_t)n);
    const int failed = errno;
    close(fd);
    sum_done(s, out);
    if (stop_wanted()) FAIL(ERR_STOPPED, "stopped while reading %s", path);
    if (n < 0) FAIL(ERR_IO, "%s: cannot read: %s", path, strerror(failed));
    return OK;
}

bool sum_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
