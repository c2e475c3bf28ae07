/* reviews.c -- film reviews out of an archive: tar, .xz, .gz, names of files, then bytes and characters of each. */
#include "archived.h"
#include "packed.h"
#include "repair.h"

static const struct archived some[] = {
    {"aclImdb/", "", '5'},
    {"aclImdb/train/neg/1_2.txt", "dull", '0'},
    {"aclImdb/train/pos/1_9.txt", "well \xC3\xA4 done", '0'},
    {"aclImdb/test/neg/0_1.txt", "no", '0'},
    {"././@LongLink", "aclImdb/test/pos/3_10.txt", 'L'},
    {"cut", "yes", '0'},
    {"PaxHeader", "34 path=aclImdb/test/pos/4_10.txt\n", 'x'},
    {"cut", "yes\xF0\x9F\x98\x80", '0'},
};

static void seeds(void)
{
    unsigned char *tar;
    struct growing g;
    const size_t n = make_tar(some, sizeof some / sizeof *some, &tar);
    for (uint8_t way = 0; way < 6; way++) {
        g.n = 0;
        grow(&g, &way, 1);
        if (way < WAYS) grow(&g, tar, n);
        else {
            const char *name = way == 3 ? "s.tar.xz" : "s.tar.gz";
            struct file_content c;
            put_packed(name, tar, n);
            if (file_read(in_folder(name), &c) != OK) abort();
            grow(&g, c.at, c.n);
            file_close(&c);
        }
        seed_bytes(g.at, g.n);
    }
    free(tar);
}

/* First byte: how the archive is written, and in its upper half what the tokens are. */
static void one(struct input in)
{
    const uint8_t first = take_byte(&in);
    const int way = (first & 15) % 6;
    const char *tokens = first & 16 ? "tokens=characters" : "tokens=bytes", *length = first & 32 ? "length=3" : "length=0";
    static const char *const names[] = {"r.tar", "r.tar", "r.tar.xz", "r.tar.xz", "r.tar.gz", "r.tar.gz"};
    char source[64];
    snprintf(source, sizeof source, "source=%s", names[way]);
    put_archive(names[way], in, way < WAYS ? way : AS_IT_IS);
    read_task("text", SET(source, tokens, length));
}
