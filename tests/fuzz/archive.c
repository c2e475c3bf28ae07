/* archive.c -- what `data fetch` unpacks: tar, packed or not, and zip; nothing may be written beside the folder. */
#include "archived.h"
#include "data/extract.h"
#include "repair.h"

static void seeds(void)
{
    static const struct archived some[] = {
        {"set/", "", '5'}, {"set/a.txt", "one", '0'}, {"set/b/c.txt", "two", '0'}, {"set/b/d.txt", "", '0'}, {"../x", "out", '0'}, {"/x", "out", '0'},
        {"set/a.txt/y", "below a file", '0'}, {"set/link", "", '2'}, {"@LongLink", "set/long", 'L'}, {"cut", "three", '0'},
        {"h", "20 path=set/../../x\n", 'x'}, {"cut", "four", '0'},
    };
    static const struct { int first, n; } parts[] = {{0, 4}, {0, 5}, {5, 1}, {0, 7}, {7, 1}, {8, 2}, {10, 2}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        struct growing g = {.n = 0};
        unsigned char *tar;
        const size_t n = make_tar(some + parts[k].first, (size_t)parts[k].n, &tar);
        grow(&g, "\1", 1);
        grow(&g, tar, n);
        seed_bytes(g.at, g.n);
        g.at[0] = 2;
        seed_bytes(g.at, g.n);
        free(tar);
    }
    static const char zip[] = "\0PK\3\4\12\0\0\0\0\0\0\0!\0\x47\xdd\xdc\x79\2\0\0\0\2\0\0\0\5\0\0\0a.txtokPK\1\2\36\3\12\0\0\0\0\0\0\0!\0\x47\xdd\xdc\x79"
                              "\2\0\0\0\2\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a.txtPK\5\6\0\0\0\0\1\0\1\0\63\0\0\0\45\0\0\0\0\0";
    seed_bytes(zip, sizeof zip - 1);
}

/* First byte: how the archive is written. */
static void one(struct input in)
{
    const int way = take_byte(&in) % WAYS;
    char above[2 * FILE_PATH];
    struct progress quiet;
    struct file_names names;
    char *list = NULL;
    size_t n;
    FILE *sums = open_memstream(&list, &n);
    if (!sums || file_make_folder(in_folder("out")) != OK) abort();
    put_archive("archive", in, way);
    progress_init(&quiet, stderr, true);
    snprintf(above, sizeof above, "%s/out", folder);
    const struct extract u = {.archive = in_folder("archive"), .folder = above, .most_bytes = 1 << 20, .most_files = 40, .sums = sums, .progress = &quiet};
    (void)extract(&u);
    fclose(sums);
    free(list);
    if (file_list(folder, &names) != OK || names.n != 2) abort();
    file_names_free(&names);
    (void)nftw(above, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
