/* corpus.c -- a text from a file, a folder, an archive or packed files; and books from it. */
#include "archived.h"
#include "repair.h"
#include "tasks/books.h"

static const char *const names[] = {"c/a.txt", "c/wiki.train.tokens", "c/b/valid.txt", "c/test-1.xz", "c/pg84.txt"};

static void seeds(void)
{
    static const struct archived some[] = {
        {"set/", "", '5'}, {"set/train.txt", "the training text", '0'}, {"set/valid.txt", "valid", '0'}, {"set/test.txt", "test", '0'},
    };
    unsigned char *tar;
    struct growing g;
    seed("\1a text of some length, in one file, that is cut into parts by place");
    seed("\2one" CUT "two" CUT "three" CUT "" CUT "five");
    const size_t n = make_tar(some, 4, &tar);
    for (uint8_t mode = 3; mode < 7; mode++) {
        g.n = 0;
        grow(&g, &mode, 1);
        if (mode < 5) grow(&g, tar, n);
        else {
            struct file_content c;
            put_as_xz("s.xz", tar, n);
            if (file_read(in_folder("s.xz"), &c) != OK) abort();
            grow(&g, c.at, c.n);
            file_close(&c);
        }
        seed_bytes(g.at, g.n);
    }
    free(tar);
}

/* Every byte and every name can be read. */
static void read_corpus(const char *name)
{
    struct corpus *c;
    struct books b;
    unsigned sum = 0;
    if (corpus_open(&c, name, 1, folder) != OK) return;
    for (int s = 0; s < SPLITS; s++) {
        const struct text t = corpus_text(c, (enum split)s);
        if (t.n == 0 || t.start[0] != 0 || t.start[t.n_documents] != t.n) abort();
        for (size_t i = 0; i < t.n; i++) sum += t.byte[i];
        for (size_t d = 0; d < t.n_documents; d++) sum += (unsigned)strlen(corpus_document(c, (enum split)s, d));
    }
    corpus_close(c);
    if (sum == 0) return;
    if (books_open(&b, name, 1, folder, 2) == OK) books_close(&b);
}

/* First byte: 1 a file, 2 a folder, 3 to 5 an archive (repaired and packed, or as it is), 6 a packed file. */
static void one(struct input in)
{
    const uint8_t mode = take_byte(&in) % 7;
    if (mode == 2 || mode == 0) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const struct input part = take_part(&in);
            if (strstr(names[i], ".xz") && mode == 0) put_as_xz(names[i], part.at, part.n);
            else put_input(names[i], part);
        }
        read_corpus(in_folder("c"));
    } else if (mode == 1) {
        put_input("a.txt", in);
        read_corpus(in_folder("a.txt"));
    } else if (mode == 6) {
        put_input("a.txt.xz", in);
        read_corpus(in_folder("a.txt.xz"));
    } else {
        put_archive("a.tar.xz", in, mode == 5 ? AS_IT_IS : PACKED);
        read_corpus(in_folder("a.tar.xz"));
    }
}
