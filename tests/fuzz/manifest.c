/* manifest.c -- SHA256SUMS of a data set. */
#include "data/manifest.h"
#include "fuzz.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void seeds(void)
{
    put("m/a.txt", "");
    put("m/b.txt", "b");
    seed(EMPTY "  a.txt\n" EMPTY "  b.txt\n" EMPTY "  none.txt\n");
    seed(EMPTY "  ../a.txt");
    seed(EMPTY "  /etc/hostname\n");
    seed("e3b0  a.txt\n");
}

static void one(struct input in)
{
    struct progress quiet;
    struct manifest_check check;
    progress_init(&quiet, stderr, true);
    put_input("m/" MANIFEST, in);
    (void)manifest_check(in_folder("m"), "archive.tar", &quiet, &check);
}
