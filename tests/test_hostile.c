/* test_hostile.c -- broken data files of every format that is read from disk, each refused with file, place and what was expected.
 *
 * A row is a kind of damage: the format's good files are written and read, then one of them is replaced or damaged, and reading fails
 * with a sentence that has all of `says`.  More such files stand in the test of each format (test_text.c: reviews, tar, .xz and .gz;
 * test_image.c: CIFAR, IDX; test_pathfinder.c, test_lm.c, test_store.c, test_fetch.c: archives; test_config.c: YAML); what tests/fuzz
 * finds comes here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <hdf5.h>
#include <png.h>
#include <zlib.h>

#include "archived.h"
#include "data/extract.h"
#include "data/manifest.h"
#include "packed.h"
#include "store/place.h"
#include "store/results.h"
#include "task_support.h"

/* ---- damage -------------------------------------------------------------------------------------------------- */

/* Write FOLDER/NAME again, its byte `at` (from the end if negative) another one. */
static void flip(const char *name, long at)
{
    struct file_content f;
    assert_int_equal(file_read(in_folder(name), &f), OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)f.at;
    bytes[at < 0 ? (long)f.n + at : at] ^= 0x55;
    put_bytes(name, bytes, f.n);
    file_close(&f);
}

/* Take n bytes from the end of FOLDER/NAME. */
static void cut(const char *name, size_t n)
{
    put_cut(name, name, size_of(name) - n);
}

/* Let the head of FOLDER/NAME, an .xz, ask for a dictionary of 4 GiB: the properties of filter 0x21 (LZMA2) are 40. */
static void ask_for_memory(const char *name)
{
    struct file_content f;
    assert_int_equal(file_read(in_folder(name), &f), OK);
    uint8_t *head = (uint8_t *)(uintptr_t)f.at + 12;
    const size_t n = (size_t)(head[0] + 1) * 4;
    uint8_t *filter = memmem(head, n, "\x21\x01", 2);
    assert_non_null(filter);
    filter[2] = 40;
    const uint32_t sum = lzma_crc32(head, n - 4, 0);
    for (int i = 0; i < 4; i++) head[n - 4 + (size_t)i] = (uint8_t)(sum >> 8 * i);
    put_bytes(name, f.at, f.n);
    file_close(&f);
}

/* An archive in which the header of member k (of members of less than 512 bytes) claims another size. */
static size_t claimed_tar(const struct archived *some, size_t n, size_t k, const char *size, unsigned char **tar)
{
    const size_t all = make_tar(some, n, tar);
    unsigned char *h = *tar;
    for (size_t i = 0; i < k; i++) h += some[i].content[0] ? 1024 : 512;
    unsigned sum = 0;
    memcpy(h + 124, size, 11);
    memset(h + 148, ' ', 8);
    for (int i = 0; i < 512; i++) sum += h[i];
    snprintf((char *)h + 148, 8, "%06o", sum);
    return all;
}

/* ---- ListOps ------------------------------------------------------------------------------------------------- */

#define HEADER "Source\tTarget\n"

static void good_listops(void)
{
    put("l/basic_train.tsv", HEADER "( ( ( [MED 4 ) 7 ) ] )\t5\n");
    put("l/basic_val.tsv", HEADER "[MIN 4 7 ]\t4\n");
    put("l/basic_test.tsv", HEADER "7\t7\n");
}

static status open_task_at(const char *name, const char *const *set)
{
    struct opened o;
    options_of(&o, name, set);
    TRY(o.t->open(&o.self, o.options, folder));
    close_task(&o);
    return OK;
}

static status open_listops(void)
{
    char source[FILE_PATH];
    snprintf(source, sizeof source, "source=%s", in_folder("l"));
    return open_task_at("listops", SET(source));
}

static void listops_too_deep(void)
{
    char text[2048] = HEADER;
    for (int i = 0; i < 129; i++) strcat(text, "[MAX ");
    put("l/basic_val.tsv", strcat(text, "1 ]\t1\n"));
}

static void listops_cut_xz(void)
{
    remove(in_folder("l/basic_val.tsv"));
    put_packed("l/basic_val.tsv.xz", HEADER "5\t5\n", strlen(HEADER) + 4);
    cut("l/basic_val.tsv.xz", 5);
}

/* ---- reviews ------------------------------------------------------------------------------------------------- */

#define REVIEWS 5
static struct archived reviews[REVIEWS] = {
    {"aclImdb/train/neg/1_2.txt", "dull", '0'}, {"aclImdb/train/pos/1_9.txt", "well done", '0'}, {"aclImdb/test/neg/0_1.txt", "no", '0'},
    {"aclImdb/test/pos/3_10.txt", "yes", '0'}, {"aclImdb/README", "read me", '0'},
};

static void good_reviews(void)
{
    unsigned char *tar;
    const size_t n = make_tar(reviews, REVIEWS, &tar);
    put_packed("r.tar", tar, n);
    put_packed("r.tar.xz", tar, n);
    put_packed("r.tar.gz", tar, n);
    free(tar);
}

static status open_tar(void) { return open_task_at("text", SET("source=r.tar")); }
static status open_xz(void)  { return open_task_at("text", SET("source=r.tar.xz")); }
static status open_gz(void)  { return open_task_at("text", SET("source=r.tar.gz")); }

/* The archive with the second review called otherwise. */
static void rename_review(const char *name)
{
    const char *const kept = reviews[1].name;
    reviews[1].name = name;
    good_reviews();
    reviews[1].name = kept;
}

static void review_above(void)    { rename_review("aclImdb/../../train/pos/1_9.txt"); }
static void review_absolute(void) { rename_review("/train/pos/1_9.txt"); }
static void review_no_rating(void) { rename_review("aclImdb/train/pos/1.txt"); }
static void review_rating_11(void) { rename_review("aclImdb/train/pos/1_11.txt"); }
static void review_number(void)   { rename_review("aclImdb/train/pos/4294967296_9.txt"); }
static void review_screen(void)   { rename_review("aclImdb/train/pos/1_9\033[2J.txt"); }
static void tar_sum(void)         { flip("r.tar", 1024); }
static void tar_cut(void)         { cut("r.tar", 1024); }
static void xz_damaged(void)      { flip("r.tar.xz", 60); }
static void xz_cut(void)          { cut("r.tar.xz", 30); }
static void xz_index(void)        { flip("r.tar.xz", -16); }
static void xz_memory(void)       { ask_for_memory("r.tar.xz"); }
static void gz_sum(void)          { flip("r.tar.gz", -6); }
static void gz_cut(void)          { cut("r.tar.gz", 9); }
static void gz_more(void)
{
    struct file_content f;
    char more[8192] = "";
    assert_int_equal(file_read(in_folder("r.tar.gz"), &f), OK);
    assert_true(f.n + 20 < sizeof more);
    memcpy(more, f.at, f.n);
    memcpy(more + f.n, "not a second member.", 20);
    put_bytes("r.tar.gz", more, f.n + 20);
    file_close(&f);
}

static void claim_review(const char *size)
{
    unsigned char *tar;
    const size_t n = claimed_tar(reviews, REVIEWS, 4, size, &tar);
    put_bytes("r.tar", tar, n);
    free(tar);
}

static void tar_size(void)       { claim_review("00000100000"); }
static void tar_huge_size(void)  { claim_review("77777777777"); }
static void tar_size_words(void) { claim_review("large      "); }

/* ---- AAN ----------------------------------------------------------------------------------------------------- */

static void good_aan(void)
{
    put("aan/new_aan_pairs.train.tsv", "1\t1\t2\tab\tc\n");
    put("aan/new_aan_pairs.eval.tsv", "0.0\t1\t2\tab\tc\n");
    put("aan/new_aan_pairs.test.tsv", "1\t1\t2\tab\tc\n");
}

static status open_aan(void) { return open_task_at("retrieval", NULL); }

/* ---- images -------------------------------------------------------------------------------------------------- */

#define RECORD 1025

static void good_gray(void)
{
    static uint8_t record[20 * RECORD];
    for (size_t i = 0; i < 20; i++) record[i * RECORD] = (uint8_t)(i % 10);
    put_bytes("cifar10/cifar10-gray-train.bin", record, sizeof record);
    put_bytes("cifar10/cifar10-gray-test.bin", record, 4 * RECORD);
}

static status open_image(void) { return open_task_at("image", NULL); }
static void gray_label(void)   { flip("cifar10/cifar10-gray-test.bin", 2 * RECORD); }

static void good_idx(void)
{
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40, 50, 60};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9};
    static const char *const parts[] = {"train", "t10k"};
    for (int p = 0; p < 2; p++) {
        char name[64];
        snprintf(name, sizeof name, "f/%s-images-idx3-ubyte", parts[p]);
        put_bytes(name, images, sizeof images);
        snprintf(name, sizeof name, "f/%s-labels-idx1-ubyte.gz", parts[p]);
        put_packed(name, labels, sizeof labels);
    }
}

static status open_idx(void) { return open_task_at("image-fashion", SET("source=f")); }
static void idx_gz_cut(void) { cut("f/t10k-labels-idx1-ubyte.gz", 4); }
static void idx_count(void)  /* both claim 4 billion images */
{
    static const uint8_t labels[] = {0, 0, 8, 1, 255, 255, 255, 255, 7, 8, 9};
    put_packed("f/train-labels-idx1-ubyte.gz", labels, sizeof labels);
    static const uint8_t images[] = {0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40, 50, 60};
    put_bytes("f/train-images-idx3-ubyte", images, sizeof images);
}

/* ---- Pathfinder ---------------------------------------------------------------------------------------------- */

#define SIDE 32

static void put_png(const char *name, png_uint_32 format, int side)
{
    static const uint16_t pixel[4 * SIDE * SIDE] = {9};
    put(name, ""); /* makes its folder */
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)side, .height = (png_uint_32)side, .format = format};
    assert_true(png_image_write_to_file(&image, in_folder(name), 0, pixel, 0, NULL));
}

static void good_release(void)
{
    char text[1024] = "";
    for (int i = 0; i < 12; i++) sprintf(text + strlen(text), "imgs/0 a.png %d %d 1.0\n", i, i % 2);
    put("p/metadata/1.npy", text);
    put_png("p/imgs/0/a.png", PNG_FORMAT_GRAY, SIDE);
}

static status open_release(void)
{
    char source[FILE_PATH];
    snprintf(source, sizeof source, "source=%s", in_folder("p"));
    return open_task_at("pathfinder", SET(source));
}

static void png_missing(void) { remove(in_folder("p/imgs/0/a.png")); }
static void png_cut(void)     { cut("p/imgs/0/a.png", 25); }
static void png_sum(void)     { flip("p/imgs/0/a.png", 45); }
static void png_size(void)    { put_png("p/imgs/0/a.png", PNG_FORMAT_GRAY, SIDE - 1); }
static void png_colour(void)  { put_png("p/imgs/0/a.png", PNG_FORMAT_RGB, SIDE); }
static void png_deep(void)    { put_png("p/imgs/0/a.png", PNG_FORMAT_LINEAR_Y, SIDE); }
static void png_claims(void)  /* a header of 2 billion by 2 billion pixels, its sum right */
{
    struct file_content f;
    assert_int_equal(file_read(in_folder("p/imgs/0/a.png"), &f), OK);
    uint8_t *png = (uint8_t *)(uintptr_t)f.at;
    memcpy(png + 16, "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF", 8);
    const uint32_t sum = (uint32_t)crc32(0, png + 12, 17);
    for (int i = 0; i < 4; i++) png[29 + i] = (uint8_t)(sum >> (24 - 8 * i));
    put_bytes("p/imgs/0/a.png", png, f.n);
    file_close(&f);
}

static void good_records(void)
{
    static uint8_t record[10 * RECORD];
    put_packed("a.bin.xz", record, sizeof record);
}

static status open_records(void)
{
    char source[FILE_PATH];
    snprintf(source, sizeof source, "source=%s", in_folder("a.bin.xz"));
    return open_task_at("pathfinder", SET(source));
}

static void records_damaged(void) { flip("a.bin.xz", 40); }
static void records_memory(void)  { ask_for_memory("a.bin.xz"); }
static void records_label(void)
{
    static uint8_t record[10 * RECORD];
    record[4 * RECORD] = 2;
    put_packed("a.bin.xz", record, sizeof record);
}

/* ---- texts --------------------------------------------------------------------------------------------------- */

static const struct archived texts[] = {{"a/train.txt", "one", '0'}, {"a/valid.txt", "two", '0'}, {"a/test.txt", "three", '0'}};

static void good_corpus(void)
{
    put_tar_xz("c.tar.xz", texts, 3);
}

static status open_corpus(void)
{
    char corpus[FILE_PATH];
    snprintf(corpus, sizeof corpus, "corpus=%s", in_folder("c.tar.xz"));
    return open_task_at("lm", SET(corpus));
}

static void corpus_size(void) /* 8 GiB in an archive of 4 KiB */
{
    unsigned char *tar;
    const size_t n = claimed_tar(texts, 3, 1, "77777777777", &tar);
    put_xz("c.tar.xz", tar, n);
    free(tar);
}

static void corpus_above(void)
{
    const struct archived bad[] = {texts[0], {"a/..", "x", '0'}};
    put_tar_xz("c.tar.xz", bad, 2);
}

static void corpus_memory(void) { ask_for_memory("c.tar.xz"); }

/* ---- results ------------------------------------------------------------------------------------------------- */

static void good_result(void)
{
    struct results r;
    real values[4] = {1, 2, 3, 4};
    char name[1][96] = {"w"};
    size_t offset = 0, rows = 2, cols = 2;
    struct checkpoint c = {.n = 4, .parameters = values, .n_names = 1, .name = name, .offset = &offset, .rows = &rows, .cols = &cols};
    results_init(&r);
    r.config = strdup("model: {}\n");
    r.checkpoint = &c;
    results_add_train(&r, &(struct train_row){.step = 1});
    assert_int_equal(results_write(&r, in_folder("run.h5")), OK);
    r.checkpoint = NULL;
    results_done(&r);
}

static status open_result(void)
{
    struct results r;
    results_init(&r);
    TRY(results_read(&r, in_folder("run.h5"), true));
    results_done(&r);
    return OK;
}

/* Change the file with HDF5 and seal it again: the seal keeps accidents out, not those who write seals. */
static void change_result(void (*change)(hid_t file))
{
    char path[FILE_PATH], part[FILE_PATH];
    snprintf(path, sizeof path, "%s", in_folder("run.h5"));
    snprintf(part, sizeof part, "%s", in_folder("run.h5.part"));
    assert_int_equal(rename(path, part), 0);
    hid_t file = H5Fopen(part, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    change(file);
    H5Fclose(file);
    assert_int_equal(place_finish(part, path), OK);
}

/* The dataset again, of n elements that were never written and take no room. */
static void claim(hid_t file, const char *name, hid_t type, hsize_t n)
{
    hid_t space = H5Screate_simple(1, &n, NULL);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static void claim_rows(hid_t file)
{
    hid_t set = H5Dopen2(file, "/curves/train", H5P_DEFAULT), type = H5Dget_type(set);
    H5Dclose(set);
    claim(file, "/curves/train", type, (hsize_t)1 << 36);
    H5Tclose(type);
}

static void claim_text(hid_t file)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, (size_t)1 << 31);
    claim(file, "/config", type, 1);
    H5Tclose(type);
}

static void claim_array(hid_t file) { claim(file, "/checkpoint/parameters/w", H5T_IEEE_F64LE, (hsize_t)1 << 40); }

static void claim_values(hid_t file)
{
    hid_t group = H5Gopen2(file, "/checkpoint", H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    assert_true(H5Adelete(group, "values") >= 0);
    hid_t a = H5Acreate2(group, "values", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(a, H5T_NATIVE_INT64, &(int64_t){(int64_t)1 << 40}) >= 0);
    H5Aclose(a);
    H5Sclose(space);
    H5Gclose(group);
}

static void result_cut(void)    { cut("run.h5", 1); }
static void result_rows(void)   { change_result(claim_rows); }
static void result_text(void)   { change_result(claim_text); }
static void result_array(void)  { change_result(claim_array); }
static void result_values(void) { change_result(claim_values); }

/* ---- data sets ----------------------------------------------------------------------------------------------- */

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void good_sums(void)
{
    put("m/a", "");
    put("m/SHA256SUMS", EMPTY "  a\n");
}

static status open_sums(void)
{
    struct progress quiet;
    struct manifest_check check;
    progress_init(&quiet, stderr, true);
    return manifest_check(in_folder("m"), "x.tar", &quiet, &check);
}

static void good_archive(void)
{
    put_tar_xz("set.tar.xz", texts, 3);
}

static status open_archive(void)
{
    struct progress quiet;
    char out[FILE_PATH], archive[FILE_PATH];
    progress_init(&quiet, stderr, true);
    snprintf(out, sizeof out, "%s", in_folder("out"));
    snprintf(archive, sizeof archive, "%s", in_folder("set.tar.xz"));
    assert_int_equal(file_make_folder(out), OK);
    const status s = extract(&(struct extract){.archive = archive, .folder = out, .most_bytes = 1000, .most_files = 10, .progress = &quiet});
    assert_int_equal(nftw(out, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    return s;
}

static void archive_damaged(void) { flip("set.tar.xz", 50); }
static void archive_size(void)    /* more than is there, and than may be */
{
    unsigned char *tar;
    const size_t n = claimed_tar(texts, 3, 2, "00000100000", &tar);
    put_xz("set.tar.xz", tar, n);
    free(tar);
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

struct format {
    void   (*good)(void);
    status (*open)(void);
};
static const struct format listops = {good_listops, open_listops}, tar = {good_reviews, open_tar}, xz = {good_reviews, open_xz},
    gz = {good_reviews, open_gz}, aan = {good_aan, open_aan}, gray = {good_gray, open_image}, idx = {good_idx, open_idx},
    release = {good_release, open_release}, records = {good_records, open_records}, corpus = {good_corpus, open_corpus},
    result = {good_result, open_result}, sums = {good_sums, open_sums}, archive = {good_archive, open_archive};

static const struct row {
    const char          *kind;
    const struct format *format;
    void               (*damage)(void);  /* or: this file holds these bytes instead */
    const char          *file, *bytes;
    size_t               n;
    const char          *says[3];
} rows[] = {
#define HOLDS(name, content) NULL, name, content, sizeof(content) - 1
#define DAMAGE(f) f, NULL, NULL, 0
#define VAL(content) HOLDS("l/basic_val.tsv", content)
    {"ListOps: empty", &listops, VAL(""), {"basic_val.tsv:1:", "Source<TAB>Target"}},
    {"ListOps: no header", &listops, VAL("5\t5\n"), {"basic_val.tsv:1:", "Source<TAB>Target"}},
    {"ListOps: another header", &listops, VAL("Target\tSource\n"), {"basic_val.tsv:1:", "Source<TAB>Target"}},
    {"ListOps: no row", &listops, VAL(HEADER), {"basic_val.tsv:1:", "no row"}},
    {"ListOps: no tab", &listops, VAL(HEADER "5\t5\n[MAX 3 4 ] 4\n"), {"basic_val.tsv:3:", "a tab and one digit"}},
    {"ListOps: two digits", &listops, VAL(HEADER "5\t5\n[MAX 3 4 ]\t44\n"), {"basic_val.tsv:3:", "a tab and one digit"}},
    {"ListOps: no digit", &listops, VAL(HEADER "5\t5\n[MAX 3 4 ]\tx\n"), {"basic_val.tsv:3:", "a tab and one digit"}},
    {"ListOps: an empty line", &listops, VAL("Source\tTarget\r\n5\t5\r\n\r\n5\t5\r\n"), {"basic_val.tsv:3:", "a tab and one digit"}},
    {"ListOps: unknown operator", &listops, VAL(HEADER "( [MAX 3 [MEAN 4 5 ] )\t5\n"), {"basic_val.tsv:2:10:", "\"[MEAN\""}},
    {"ListOps: bracket left open", &listops, VAL(HEADER "5\t5\n( [MAX 3 4 )\t4\n"), {"basic_val.tsv:3:", "another argument"}},
    {"ListOps: bracket never opened", &listops, VAL(HEADER "5 ]\t5\n"), {"basic_val.tsv:2:", "at ] (token 2", "the expression is complete"}},
    {"ListOps: operator without arguments", &listops, VAL(HEADER "[MAX ]\t0\n"), {"basic_val.tsv:2:", "at ] (token 2"}},
    {"ListOps: wrong answer", &listops, VAL(HEADER "( ( ( [MAX 3 ) 4 ) ] )\t3\n"), {"basic_val.tsv:2:", "target 4 was expected"}},
    {"ListOps: no expression", &listops, VAL(HEADER "( )\t3\n"), {"basic_val.tsv:2:", "an operator or a digit"}},
    {"ListOps: bytes 0", &listops, VAL(HEADER "[MAX 3 \0\0 4 ]\t4\n"), {"basic_val.tsv:2:8:", "\"\\x00\\x00\" where a digit"}},
    {"ListOps: cut in a row", &listops, VAL(HEADER "5\t5\n[MAX 3"), {"basic_val.tsv:3:", "a tab and one digit"}},
    {"ListOps: nested too deeply", &listops, DAMAGE(listops_too_deep), {"basic_val.tsv:2:", "token 129", "nested too deeply"}},
    {"ListOps: .xz cut", &listops, DAMAGE(listops_cut_xz), {"basic_val.tsv.xz: not a whole .xz file", "ends early", "at byte"}},

    {"reviews: wrong sum in a tar header", &tar, DAMAGE(tar_sum), {"r.tar: byte 1024", "a tar header was expected"}},
    {"reviews: tar cut", &tar, DAMAGE(tar_cut), {"r.tar: ends at byte", "two blocks of zeros"}},
    {"reviews: size beyond the file", &tar, DAMAGE(tar_size), {"r.tar: ends at byte", "was expected"}},
    {"reviews: size of 8 GiB", &tar, DAMAGE(tar_huge_size), {"r.tar: ends at byte", "was expected"}},
    {"reviews: size that is no number", &tar, DAMAGE(tar_size_words), {"r.tar: byte 4096", "its size is not one"}},
    {"reviews: no rating in a name", &tar, DAMAGE(review_no_rating), {"r.tar: aclImdb/train/pos/1.txt (byte 1536", "ID_RATING.txt was expected"}},
    {"reviews: rating 11", &tar, DAMAGE(review_rating_11), {"r.tar: aclImdb/train/pos/1_11.txt (byte 1536", "expected"}},
    {"reviews: number beyond 32 bits", &tar, DAMAGE(review_number), {"r.tar: aclImdb/train/pos/4294967296_9.txt", "ID_RATING.txt was expected"}},
    {"reviews: a name that clears the screen", &tar, DAMAGE(review_screen), {"r.tar: aclImdb/train/pos/1_9?[2J.txt", "ID_RATING.txt was expected"}},
    {"reviews: path with ..", &tar, DAMAGE(review_above), {"r.tar: byte 1024", "aclImdb/../../train/pos/1_9.txt", "without \"..\""}},
    {"reviews: absolute path", &tar, DAMAGE(review_absolute), {"r.tar: byte 1024", "the name /train/pos/1_9.txt", "below the archive's folder"}},
    {"reviews: .xz damaged", &xz, DAMAGE(xz_damaged), {"r.tar.xz: not a whole .xz file", "it is damaged", "at byte"}},
    {"reviews: .xz cut", &xz, DAMAGE(xz_cut), {"r.tar.xz: not a whole .xz file", "ends early", "at byte"}},
    {"reviews: .xz with a wrong index", &xz, DAMAGE(xz_index), {"r.tar.xz: not a whole .xz file", "it is damaged"}},
    {"reviews: .xz that asks for 4 GiB", &xz, DAMAGE(xz_memory), {"r.tar.xz: not a whole .xz file", "asks for more than 128 MiB"}},
    {"reviews: .gz with a wrong sum", &gz, DAMAGE(gz_sum), {"r.tar.gz: not a whole .gz file", "it is damaged", "at byte"}},
    {"reviews: .gz cut", &gz, DAMAGE(gz_cut), {"r.tar.gz: not a whole .gz file", "it ends early"}},
    {"reviews: .gz and something behind it", &gz, DAMAGE(gz_more), {"r.tar.gz: not a whole .gz file", "it is damaged", "at byte"}},

#define EVAL(content) HOLDS("aan/new_aan_pairs.eval.tsv", content)
    {"AAN: empty", &aan, EVAL(""), {"eval.tsv: it is empty"}},
    {"AAN: column missing", &aan, EVAL("1\t1\t2\tab\tc\n1\t2\t3\tab\n"), {"eval.tsv:2: label, id, id, text and text", "there are fewer"}},
    {"AAN: column too many", &aan, EVAL("1\t1\t2\tab\tc\td\n"), {"eval.tsv:1: label, id, id, text and text", "there are more"}},
    {"AAN: empty line", &aan, EVAL("1\t1\t2\ta\tb\n0\t1\t2\ta\tb\n\n"), {"eval.tsv:3: ", "there are fewer"}},
    {"AAN: header", &aan, EVAL("label\tid1\tid2\tt\tu\n"), {"eval.tsv:1: the label 0, 1, 0.0 or 1.0", "it says \"label\""}},
    {"AAN: label 2", &aan, EVAL("2\t1\t2\ta\tb\n"), {"eval.tsv:1:", "it says \"2\""}},
    {"AAN: label 1.5", &aan, EVAL("1.5\t1\t2\ta\tb\n"), {"eval.tsv:1:", "it says \"1.5\""}},
    {"AAN: label of odd bytes", &aan, EVAL("1\0\033\t1\t2\ta\tb\n"), {"eval.tsv:1:", "it says \"1\\x00\\x1B\""}},

    {"gray records: label 87", &gray, DAMAGE(gray_label), {"gray-test.bin: byte 2050: label", "of record 2", "0 to 9 was expected"}},
    {"gray records: a web page", &gray, HOLDS("cifar10/cifar10-gray-train.bin", "<html>404</html>"),
     {"gray-train.bin: record 0, from byte 0, is cut short", "1025 were expected"}},
    {"IDX: 4 billion images", &idx, DAMAGE(idx_count), {"train-", "ends at byte", "was expected"}},
    {"IDX: images in place of labels", &idx, HOLDS("f/t10k-images-idx3-ubyte", "\0\0\10\1\0\0\0\3\1\2\3"), {"t10k-images", "byte 0: magic number 0x00000801", "images"}},
    {"IDX: .gz cut", &idx, DAMAGE(idx_gz_cut), {"t10k-labels-idx1-ubyte.gz: not a whole .gz file", "it ends early"}},

#define META(content) HOLDS("p/metadata/1.npy", content)
    {"Pathfinder: column missing", &release, META("imgs/0 a.png 0\n"), {"1.npy:1: a folder, a file name, a number and a label were expected"}},
    {"Pathfinder: label 2", &release, META("imgs/0 a.png 0 1\nimgs/0 a.png 0 2\n"), {"1.npy:2: label 2, 0 or 1 was expected"}},
    {"Pathfinder: byte 0 in metadata", &release, META("imgs/0 a.png 0 1\nimgs/0 a.png\0 0 1\n"), {"1.npy:2: a byte 0", "lines of text"}},
    {"Pathfinder: image above the folder", &release, META("imgs/0/../../.. a.png 0 1\n"), {"1.npy:1: the image imgs/0/../../../a.png", "without \"..\""}},
    {"Pathfinder: absolute image", &release, META("imgs /etc/a.png 0 1\n"), {"1.npy:1: the image imgs//etc/a.png", "below the folder"}},
    {"Pathfinder: image missing", &release, DAMAGE(png_missing), {"imgs/0/a.png: cannot open", "No such file"}},
    {"Pathfinder: PNG cut", &release, DAMAGE(png_cut), {"imgs/0/a.png: damaged PNG image"}},
    {"Pathfinder: PNG with a wrong sum", &release, DAMAGE(png_sum), {"imgs/0/a.png: damaged PNG image"}},
    {"Pathfinder: PNG of another size", &release, DAMAGE(png_size), {"imgs/0/a.png: 31 x 31 pixels, 32 x 32 were expected"}},
    {"Pathfinder: PNG in colour", &release, DAMAGE(png_colour), {"imgs/0/a.png: 8-bit gray levels were expected"}},
    {"Pathfinder: PNG of 16 bits", &release, DAMAGE(png_deep), {"imgs/0/a.png: 8-bit gray levels were expected"}},
    {"Pathfinder: PNG of 4 EB", &release, DAMAGE(png_claims), {"imgs/0/a.png: "}},
    {"Pathfinder records: .xz damaged", &records, DAMAGE(records_damaged), {"a.bin.xz: not a whole .xz file", "it is damaged"}},
    {"Pathfinder records: .xz that asks for 4 GiB", &records, DAMAGE(records_memory), {"a.bin.xz: not a whole .xz file", "128 MiB"}},
    {"Pathfinder records: label 2", &records, DAMAGE(records_label), {"a.bin.xz: byte 4100: record 4 has label 2, 0 or 1 was expected"}},

    {"corpus: size of 8 GiB", &corpus, DAMAGE(corpus_size), {"c.tar.xz: ends at byte", "the rest of a file in the archive", "was expected"}},
    {"corpus: path with ..", &corpus, DAMAGE(corpus_above), {"c.tar.xz: byte 1024 unpacked: the name a/..", "without \"..\""}},
    {"corpus: .xz that asks for 4 GiB", &corpus, DAMAGE(corpus_memory), {"c.tar.xz: not a whole .xz file", "128 MiB"}},

    {"results: cut", &result, DAMAGE(result_cut), {"run.h5: is not a result of reach, or was cut short"}},
    {"results: 2^36 rows in a table", &result, DAMAGE(result_rows), {"run.h5: /curves/train claims 68719476736 elements", "more than the file has"}},
    {"results: a text of 2 GiB", &result, DAMAGE(result_text), {"run.h5: /config claims 1 elements of 2147483648 bytes", "more than the file has"}},
    {"results: 2^40 weights", &result, DAMAGE(result_array), {"run.h5: ", "w claims 1099511627776 elements of 8 bytes"}},
    {"results: a checkpoint of 2^40 values", &result, DAMAGE(result_values), {"run.h5: /checkpoint claims to have 1099511627776 values"}},

    {"sums: short hash", &sums, HOLDS("m/SHA256SUMS", EMPTY "  a\ne3b0  a\n"), {"SHA256SUMS:2: not a list of SHA-256 sums", "64 hex digits"}},
    {"sums: path with ..", &sums, HOLDS("m/SHA256SUMS", EMPTY "  ../m/a\n"), {"SHA256SUMS:1: the path ../m/a", "without \"..\""}},
    {"archive: damaged", &archive, DAMAGE(archive_damaged), {"set.tar.xz: cannot be unpacked"}},
    {"archive: size beyond the file", &archive, DAMAGE(archive_size), {"set.tar.xz: "}},
};

static void test_refused(void **state)
{
    (void)state;
    const size_t n = sizeof rows / sizeof *rows;
    assert_int_equal(folder_teardown(NULL), 0);
    for (const struct row *r = rows; r < rows + n; r++) {
        assert_int_equal(file_make_folder(folder), OK);
        r->format->good();
        if (r->format->open() != OK) fail_msg("%s: before it is damaged: %s", r->kind, status_message());
        if (r->damage) r->damage();
        else put_bytes(r->file, r->bytes, r->n);
        const status s = r->format->open();
        if (s != ERR_DATA && s != ERR_IO) fail_msg("%s: it is read", r->kind);
        for (size_t i = 0; i < 3 && r->says[i]; i++)
            if (!strstr(status_message(), r->says[i])) fail_msg("%s: \"%s\" lacks \"%s\"", r->kind, status_message(), r->says[i]);
        for (const char *c = status_message(); *c; c++) assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
        if (getenv("REACH_SHOW")) print_message("%-45s %s\n", r->kind, status_message());
        assert_int_equal(folder_teardown(NULL), 0);
    }
    assert_int_equal(file_make_folder(folder), OK);
    print_message("%zu kinds of broken files\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_refused, folder_setup, folder_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
