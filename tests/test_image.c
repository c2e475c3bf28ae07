/* test_image.c -- CIFAR-10 in colour and in grays, IDX files, the tasks `image` and `image-fashion`.
 *
 * With REACH_DATA set and CIFAR-10 there, and with Debian's package dataset-fashion-mnist, the real files are tested too.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/random.h"
#include "packed.h"
#include "process.h"
#include "store/results.h"
#include "task_support.h"
#include "tasks/cifar.h"
#include "tasks/idx.h"
#include "tasks/unpack.h"
#include "tensor/product.h"

#define RECORD 3073
#define EACH   4 /* records of a batch */

static void assert_near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("got %.15g, wanted %.15g +- %g", got, wanted, tolerance);
}

/* ---- grays --------------------------------------------------------------------------------------------------- */

static void test_gray(void **state)
{
    (void)state;
    int different = 0;
    assert_int_equal(cifar_gray(GRAY_PIL, 0, 0, 0), 0);
    assert_int_equal(cifar_gray(GRAY_PIL, 255, 255, 255), 255);
    assert_int_equal(cifar_gray(GRAY_PIL, 255, 0, 0), 76);   /* 76.245 */
    assert_int_equal(cifar_gray(GRAY_PIL, 0, 255, 0), 150);  /* 149.685 */
    assert_int_equal(cifar_gray(GRAY_PIL, 0, 0, 255), 29);   /* 29.070 */
    assert_int_equal(cifar_gray(GRAY_TENSORFLOW, 0, 0, 0), 0);
    assert_int_equal(cifar_gray(GRAY_TENSORFLOW, 255, 255, 255), 255); /* 255.474 */
    assert_int_equal(cifar_gray(GRAY_TENSORFLOW, 255, 0, 0), 76);      /* 76.369  */
    assert_int_equal(cifar_gray(GRAY_TENSORFLOW, 0, 255, 0), 149);     /* 149.979 */
    for (int r = 0; r < 256; r += 3)
        for (int g = 0; g < 256; g += 3)
            for (int b = 0; b < 256; b++) {
                const int pil = cifar_gray(GRAY_PIL, (uint8_t)r, (uint8_t)g, (uint8_t)b);
                const int tf = cifar_gray(GRAY_TENSORFLOW, (uint8_t)r, (uint8_t)g, (uint8_t)b);
                assert_near(pil, 0.299 * r + 0.587 * g + 0.114 * b, 0.51);
                assert_near(tf + 0.5, (0.2989 * r + 0.5870 * g + 0.1140 * b) / 255 * 255.5, 0.5 + 1e-9);
                assert_true(abs(pil - tf) <= 1);
                different += pil != tf;
            }
    assert_true(different > 0);
}

/* ---- CIFAR-10 ------------------------------------------------------------------------------------------------ */

static uint8_t batch[6][EACH * RECORD];

/* Six batches: record i of batch b has label (b + i) % 10. */
static void fill_batches(void)
{
    random_stream r = random_stream_of(7, RANDOM_TEST, 0, 0);
    for (int b = 0; b < 6; b++)
        for (int i = 0; i < EACH * RECORD; i++)
            batch[b][i] = i % RECORD == 0 ? (uint8_t)((b + i / RECORD) % 10) : (uint8_t)random_u32(&r);
}

static const char *batch_name(int b, const char *in, const char *end)
{
    static char name[64];
    if (b < 5) snprintf(name, sizeof name, "%sdata_batch_%d.bin%s", in, b + 1, end);
    else snprintf(name, sizeof name, "%stest_batch.bin%s", in, end);
    return name;
}

static void put_batches(const char *in, const char *end)
{
    fill_batches();
    for (int b = 0; b < 6; b++) put_packed(batch_name(b, in, end), batch[b], sizeof batch[b]);
}

/* The gray records of those batches. */
static void put_grays(const char *in, const char *end)
{
    static uint8_t gray[5 * EACH * 1025];
    char name[64];
    size_t n = 0;
    fill_batches();
    for (int b = 0; b < 6; b++) {
        if (b == 5) n = 0;
        for (int i = 0; i < EACH; i++) {
            const uint8_t *record = batch[b] + i * RECORD;
            gray[n++] = record[0];
            for (int p = 1; p <= 1024; p++) gray[n++] = cifar_gray(GRAY_PIL, record[p], record[1024 + p], record[2048 + p]);
        }
        if (b < 4) continue;
        snprintf(name, sizeof name, "%scifar10-gray-%s.bin%s", in, b == 4 ? "train" : "test", end);
        put_packed(name, gray, n);
    }
}

static void assert_example(const struct opened *o, enum split s, size_t index, const uint8_t *record, int gray)
{
    int32_t token[1024];
    struct example e = {.token = token};
    assert_int_equal(o->t->example(o->self, s, index, &e), OK);
    assert_int_equal(e.n, 1024);
    assert_int_equal(e.label, record[0]);
    for (int p = 1; p <= 1024; p++)
        assert_int_equal(token[p - 1], cifar_gray(gray, record[p], record[1024 + p], record[2048 + p]));
}

static void assert_cifar(const char *const *set, int gray)
{
    struct opened o;
    open_task(&o, "image", folder, set);
    assert_int_equal(o.t->vocabulary(o.self), 256);
    assert_int_equal(o.t->classes(o.self), 10);
    assert_int_equal(o.t->longest(o.self), 1024);
    assert_int_equal(o.t->count(o.self, SPLIT_TRAIN), 18);
    assert_int_equal(o.t->count(o.self, SPLIT_VALID), 2);
    assert_int_equal(o.t->count(o.self, SPLIT_TEST), EACH);
    for (int i = 0; i < 20; i++)
        assert_example(&o, i < 18 ? SPLIT_TRAIN : SPLIT_VALID, (size_t)(i < 18 ? i : i - 18), batch[i / EACH] + i % EACH * RECORD, gray);
    for (int i = 0; i < EACH; i++) assert_example(&o, SPLIT_TEST, (size_t)i, batch[5] + i * RECORD, gray);
    close_task(&o);
}

static void test_cifar(void **state)
{
    (void)state;
    char line[512];
    struct opened o;
    options_of(&o, "image", NULL);
    assert_false(o.t->present(o.options, folder, line, sizeof line));
    assert_non_null(strstr(line, "c32a1d4ab5d03f1284b67883e8d87530"));
    refuses("image", NULL, ERR_DATA, SET("cifar-10-binary.tar.gz", folder));
    put_grays("cifar10/", ".xz");
    assert_cifar(NULL, GRAY_PIL);
    put_grays("plain/", "");
    assert_cifar(SET("source=plain"), GRAY_PIL);
    refuses("image", SET("gray=tensorflow"), ERR_CONFIG, SET("gray: tensorflow", "colour batches"));
    static const char *const ends[] = {"", ".gz", ".xz"};
    for (int k = 0; k < 3; k++) {
        char in[16], source[32];
        snprintf(in, sizeof in, "c%d/", k);
        snprintf(source, sizeof source, "source=c%d", k);
        put_batches(in, ends[k]);
        assert_cifar(SET(source), GRAY_PIL);
        assert_cifar(SET(source, "gray=tensorflow"), GRAY_TENSORFLOW);
    }
    assert_int_equal(folder_teardown(NULL), 0); /* unpacked in the data folder itself */
    put_batches("cifar-10-batches-bin/", "");
    assert_cifar(NULL, GRAY_PIL);
    assert_true(o.t->present(o.options, folder, line, sizeof line));
    assert_non_null(strstr(line, "cifar-10-batches-bin"));
}

static void test_random_split(void **state)
{
    (void)state;
    put_batches("cifar10/", "");
    char sum[3][33];
    checksum_of("image", folder, SET("valid=last"), sum[0]);
    checksum_of("image", folder, SET("valid=random"), sum[1]);
    checksum_of("image", folder, SET("valid=random", "seed=2"), sum[2]);
    assert_string_not_equal(sum[0], sum[1]);
    assert_string_not_equal(sum[1], sum[2]);
    struct opened o;
    int32_t token[1024];
    struct example e = {.token = token};
    int seen[20] = {0};
    open_task(&o, "image", folder, SET("valid=random"));
    for (int s = SPLIT_TRAIN; s <= SPLIT_VALID; s++)
        for (size_t i = 0; i < o.t->count(o.self, (enum split)s); i++) {
            assert_int_equal(o.t->example(o.self, (enum split)s, i, &e), OK);
            for (int k = 0; k < 20; k++) {
                const uint8_t *r = batch[k / EACH] + k % EACH * RECORD;
                seen[k] += token[0] == cifar_gray(GRAY_PIL, r[1], r[1025], r[2049]) && token[9] == cifar_gray(GRAY_PIL, r[10], r[1034], r[2058]);
            }
        }
    for (int k = 0; k < 20; k++) assert_int_equal(seen[k], 1);
    close_task(&o);
}

static void test_checksums(void **state)
{
    (void)state;
    char a[33], b[33];
    put_batches("cifar10/", "");
    put_grays("gray/", "");
    checksum_of("image", folder, NULL, a);
    checksum_of("image", folder, SET("source=gray"), b);
    assert_string_equal(a, b); /* the same images, wherever they come from */
    checksum_of("image", folder, SET("gray=tensorflow"), b);
    assert_string_not_equal(a, b);
    batch[5][0] = 9;
    put_bytes("cifar10/test_batch.bin", batch[5], sizeof batch[5]);
    checksum_of("image", folder, NULL, b);
    assert_string_not_equal(a, b);
}

static void cifar_refused(status wanted, const char *const *parts)
{
    refuses("image", NULL, wanted, parts);
    assert_int_equal(folder_teardown(NULL), 0);
    put_batches("cifar10/", "");
}

static void test_broken_cifar(void **state)
{
    (void)state;
    put_batches("cifar10/", "");
    put_bytes("cifar10/data_batch_2.bin", batch[1], 3 * RECORD - 1);
    cifar_refused(ERR_DATA, SET("data_batch_2.bin", "record 2, from byte 6146, is cut short", "3072", "3073 were expected"));
    put_bytes("cifar10/data_batch_2.bin", batch[1], 3 * RECORD);
    cifar_refused(ERR_DATA, SET("data_batch_2.bin", "3 records; 4 were expected"));
    put_bytes("cifar10/test_batch.bin", batch[1], 2 * RECORD);
    cifar_refused(ERR_DATA, SET("test_batch.bin", "2 records; 4 were expected"));
    put("cifar10/data_batch_1.bin", "");
    cifar_refused(ERR_DATA, SET("data_batch_1.bin", "byte 0", "empty"));
    batch[3][RECORD] = 12;
    put_bytes("cifar10/data_batch_4.bin", batch[3], sizeof batch[3]);
    cifar_refused(ERR_DATA, SET("data_batch_4.bin", "byte 3073", "label 12 of record 1", "0 to 9"));
    remove(in_folder("cifar10/data_batch_5.bin"));
    cifar_refused(ERR_DATA, SET("no data_batch_5.bin"));
    remove(in_folder("cifar10/data_batch_5.bin"));
    assert_int_equal(file_make_folder(in_folder("cifar10/data_batch_5.bin")), OK);
    cifar_refused(ERR_DATA, SET("no data_batch_5.bin")); /* a folder is no file */
    remove(in_folder("cifar10/test_batch.bin"));
    put_packed("whole.xz", batch[5], sizeof batch[5]);
    put_cut("cifar10/test_batch.bin.xz", "whole.xz", size_of("whole.xz") / 3);
    cifar_refused(ERR_DATA, SET("test_batch.bin.xz", "not a whole .xz", "ends early"));
    if (geteuid() != 0) { /* root may read all */
        chmod(in_folder("cifar10/data_batch_3.bin"), 0);
        cifar_refused(ERR_IO, SET("data_batch_3.bin", "cannot open"));
    }
    assert_int_equal(folder_teardown(NULL), 0);
    put_grays("cifar10/", "");
    put_cut("cifar10/cifar10-gray-test.bin", "cifar10/cifar10-gray-train.bin", 3 * 1025);
    refuses("image", NULL, ERR_DATA, SET("20 training and 3 test records"));
    put_cut("cifar10/cifar10-gray-test.bin", "cifar10/cifar10-gray-train.bin", 1000);
    refuses("image", NULL, ERR_DATA, SET("gray-test.bin", "record 0, from byte 0", "1000 bytes where 1025"));
}

/* ---- IDX ----------------------------------------------------------------------------------------------------- */

/* n images of rows x columns, pixel p of image i: (7 i + 3 p) % 256, label i % 10. */
static size_t idx_images(uint8_t *out, size_t n, size_t rows, size_t columns)
{
    const size_t numbers[] = {0x803, n, rows, columns}, size = rows * columns;
    for (int k = 0; k < 4; k++)
        for (int b = 0; b < 4; b++) out[4 * k + b] = (uint8_t)(numbers[k] >> (24 - 8 * b));
    for (size_t i = 0; i < n * size; i++) out[16 + i] = (uint8_t)(7 * (i / size) + 3 * (i % size));
    return 16 + n * size;
}

static size_t idx_labels(uint8_t *out, size_t n)
{
    const size_t numbers[] = {0x801, n};
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < 4; b++) out[4 * k + b] = (uint8_t)(numbers[k] >> (24 - 8 * b));
    for (size_t i = 0; i < n; i++) out[8 + i] = (uint8_t)(i % 10);
    return 8 + n;
}

static const char *const idx_names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
static struct { uint8_t at[4096]; size_t n; } idx[4];

static const char *idx_name(int k, const char *in, const char *end)
{
    static char name[64];
    snprintf(name, sizeof name, "%s%s%s", in, idx_names[k], end);
    return name;
}

static void put_idx(const char *in, const char *end)
{
    idx[0].n = idx_images(idx[0].at, 40, 3, 5);
    idx[1].n = idx_labels(idx[1].at, 40);
    idx[2].n = idx_images(idx[2].at, 13, 3, 5);
    idx[3].n = idx_labels(idx[3].at, 13);
    for (int k = 0; k < 4; k++) put_packed(idx_name(k, in, end), idx[k].at, idx[k].n);
}

static void test_idx(void **state)
{
    (void)state;
    static const char *const ends[] = {"", ".gz", ".xz"};
    char sum[3][33];
    for (int k = 0; k < 3; k++) {
        char in[16], source[32], line[512];
        int32_t token[15];
        struct example e = {.token = token};
        struct opened o;
        snprintf(in, sizeof in, "f%d/", k);
        snprintf(source, sizeof source, "source=f%d", k);
        put_idx(in, ends[k]);
        open_task(&o, "image-fashion", folder, SET(source));
        assert_true(o.t->present(o.options, folder, line, sizeof line));
        assert_int_equal(o.t->longest(o.self), 15);
        assert_int_equal(o.t->count(o.self, SPLIT_TRAIN), 36);
        assert_int_equal(o.t->count(o.self, SPLIT_VALID), 4);
        assert_int_equal(o.t->count(o.self, SPLIT_TEST), 13);
        for (size_t i = 0; i < 13; i++) {
            assert_int_equal(o.t->example(o.self, SPLIT_TEST, i, &e), OK);
            assert_int_equal(e.n, 15);
            assert_int_equal(e.label, i % 10);
            for (size_t p = 0; p < 15; p++) assert_int_equal(token[p], (7 * i + 3 * p) % 256);
        }
        assert_int_equal(o.t->example(o.self, SPLIT_VALID, 2, &e), OK);
        assert_int_equal(token[0], 7 * 38 % 256);
        o.t->checksum(o.self, sum[k]);
        close_task(&o);
    }
    assert_string_equal(sum[0], sum[1]);
    assert_string_equal(sum[0], sum[2]);
    checksum_of("image-fashion", folder, SET("source=f0", "valid=random"), sum[1]);
    assert_string_not_equal(sum[0], sum[1]);
    refuses("image-fashion", SET("source=nowhere"), ERR_DATA, SET("nowhere", "apt-get install dataset-fashion-mnist"));
}

/* Put file k with byte `at` changed, or cut to n bytes, and see it refused; then all is whole again. */
static void idx_changed(int k, size_t at, uint8_t value, const char *const *parts)
{
    idx[k].at[at] = value;
    put_bytes(idx_name(k, "f/", ""), idx[k].at, idx[k].n);
    refuses("image-fashion", SET("source=f"), ERR_DATA, parts);
    put_idx("f/", "");
}

static void idx_cut(int k, size_t n, const char *const *parts)
{
    put_bytes(idx_name(k, "f/", ""), idx[k].at, n);
    refuses("image-fashion", SET("source=f"), ERR_DATA, parts);
    put_idx("f/", "");
}

static void test_broken_idx(void **state)
{
    (void)state;
    put_idx("f/", "");
    idx_changed(0, 3, 1, SET("train-images", "byte 0", "0x00000801", "0x00000803 (images) was expected"));
    idx_changed(1, 2, 9, SET("train-labels", "byte 0", "0x00000901", "0x00000801 (labels) was expected"));
    idx_changed(1, 7, 41, SET("train-labels", "byte 4", "41 labels; 40 were expected"));
    idx_changed(1, 8 + 17, 12, SET("train-labels", "byte 25", "label 12 of image 17", "0 to 9"));
    idx_changed(2, 11, 4, SET("t10k-images", "byte 8", "20 pixels; 15 were expected"));
    idx_changed(0, 11, 0, SET("train-images", "byte 8", "images of 0 x 5"));
    idx_changed(0, 8, 255, SET("train-images", "byte 8", "1 to 65536 pixels"));
    idx_cut(0, 0, SET("train-images", "ends at byte 0", "a magic number"));
    idx_cut(0, 14, SET("train-images", "ends at byte 14", "the number of columns"));
    idx_cut(0, 16 + 15 * 7 + 3, SET("train-images", "ends at byte 124", "an image"));
    idx_cut(3, 8 + 5, SET("t10k-labels", "ends at byte 13", "a label"));
    idx_cut(2, idx[2].n + 1, SET("t10k-images", "the end was expected at byte 211"));
    idx_cut(3, idx[3].n + 2, SET("t10k-labels", "the end was expected at byte 21"));
    remove(in_folder("f/t10k-labels-idx1-ubyte"));
    refuses("image-fashion", SET("source=f"), ERR_DATA, SET("no t10k-labels-idx1-ubyte"));
    put_packed("whole.gz", idx[3].at, idx[3].n);
    put_cut("f/t10k-labels-idx1-ubyte.gz", "whole.gz", size_of("whole.gz") - 9);
    refuses("image-fashion", SET("source=f"), ERR_DATA, SET("t10k-labels-idx1-ubyte.gz", "not a whole .gz", "ends early"));
    put("f/t10k-labels-idx1-ubyte.gz", "<html>404</html>");
    refuses("image-fashion", SET("source=f"), ERR_DATA, SET("t10k-labels-idx1-ubyte.gz", "does not begin as one"));
    idx[0].n = idx_images(idx[0].at, 1, 3, 5); /* nothing could be held out */
    idx[1].n = idx_labels(idx[1].at, 1);
    for (int k = 0; k < 2; k++) put_bytes(idx_name(k, "one/", ""), idx[k].at, idx[k].n);
    for (int k = 2; k < 4; k++) put_bytes(idx_name(k, "one/", ""), idx[k].at, idx[k].n);
    refuses("image-fashion", SET("source=one"), ERR_DATA, SET("1 training and 13 test images", "at least 2"));
}

/* ---- predictors and the program ------------------------------------------------------------------------------ */

static void test_predictors(void **state)
{
    (void)state;
    struct predictor p[TASK_PREDICTORS];
    struct opened o;
    size_t n;
    put_idx("f/", "");
    for (int k = 0; k < 4; k += 2) { /* one bright pixel, where the label says */
        for (size_t i = 16; i < idx[k].n; i++) idx[k].at[i] = (i - 16) % 15 == (i - 16) / 15 % 10 ? 255 : 0;
        put_bytes(idx_name(k, "f/", ""), idx[k].at, idx[k].n);
    }
    open_task(&o, "image-fashion", folder, SET("source=f"));
    assert_int_equal(o.t->predictors(o.self, SPLIT_TEST, p, &n), OK);
    assert_int_equal(n, 2);
    assert_string_equal(p[0].name, "chance");
    assert_near(p[0].accuracy, 0.1, 1e-15);
    assert_near(p[0].loss, log(10), 1e-15);
    assert_string_equal(p[1].name, "linear");
    assert_true(p[1].accuracy == 1 && p[1].loss < 1);
    close_task(&o);
}

static void run_and_read(const char *yaml, const char *file, const char *task_line)
{
    put("t.yaml", yaml);
    const struct finished *f = process_run("cd '%s' && '%s' run t.yaml --data '%s' --threads 2", folder, reach, folder);
    if (f->code != 0) fail_msg("%s", f->out);
    struct results r;
    results_init(&r);
    if (results_read(&r, in_folder(file), true) != OK) fail_msg("%s", status_message());
    assert_int_equal(r.status, RUN_DONE);
    assert_int_equal(r.n_predictor, 2);
    assert_true(r.test[0].loss > 0 && r.test[0].loss < 6);
    results_done(&r);
    f = process_run("'%s' data list --data '%s'", reach, folder);
    if (!strstr(f->out, task_line)) fail_msg("%s", f->out);
}

#define TINY "model: {width: 16, layers: 1, heads: 2, feed_forward: 32, pooling: mean}\n"

static void test_run_image(void **state)
{
    (void)state;
    put_batches("cifar10/", ".gz");
    run_and_read(TINY "train: {batch: 2, steps: 2, warmup: 1, eval_every: 2, eval_tokens: 2000}\ntasks: [image]\nvariants: [rope]\n",
                 "results/t/rope-image-1.h5", "image          ready");
}

static void test_run_fashion(void **state)
{
    (void)state;
    put_idx("fashion-mnist/", ".gz");
    run_and_read(TINY "train: {batch: 4, steps: 20, warmup: 5, eval_every: 10, eval_tokens: 2000}\ntasks: [image-fashion]\nvariants: [rope]\n",
                 "results/t/rope-image-fashion-1.h5", "image-fashion  ready");
}

/* ---- the real ones ------------------------------------------------------------------------------------------- */

/* sha256 of a part as gray records. */
static void sum_of_records(const struct image_set *s, int part, char out[65])
{
    FILE *f = fopen(in_folder("records.bin"), "wb");
    for (size_t i = 0; i < s->n[part]; i++) {
        fputc(s->label[part][i], f);
        fwrite(s->pixel[part] + i * s->size, 1, s->size, f);
    }
    assert_int_equal(fclose(f), 0);
    const struct finished *sum = process_run("sha256sum '%s'", in_folder("records.bin"));
    assert_int_equal(sum->code, 0);
    snprintf(out, 65, "%.64s", sum->out);
}

static void assert_balanced(const struct image_set *s, int part, size_t each)
{
    size_t count[10] = {0};
    assert_int_equal(s->n[part], 10 * each);
    for (size_t i = 0; i < s->n[part]; i++) count[s->label[part][i]]++;
    for (int c = 0; c < 10; c++) assert_int_equal(count[c], each);
}

static void test_real_cifar(void **state)
{
    (void)state;
    char path[FILE_PATH], sum[65];
    struct image_set s, colour = {0}, tf = {0};
    size_t n;
    const char *data = real_data("cifar10/cifar10-gray-train.bin.xz");
    if (cifar_find(path, "cifar10", data) != OK || cifar_read(&s, path, GRAY_PIL) != OK) fail_msg("%s", status_message());
    assert_balanced(&s, IMAGES_TRAIN, 5000);
    assert_balanced(&s, IMAGES_TEST, 1000);
    sum_of_records(&s, IMAGES_TRAIN, sum);
    assert_string_equal(sum, "8160f5f9fb0f169b751650140542016563f1c24a2c880bdf943b9a9cadb1a01e");
    sum_of_records(&s, IMAGES_TEST, sum);
    assert_string_equal(sum, "b9e083a5af6e81a959367f5fc34e12eb04e11b8ebc9699e48e8891457a4fed9c");
    if (!unpack_find(path, data, "cifar10/test_batch.bin")) {
        print_message("not compared: no cifar10/test_batch.bin under REACH_DATA\n");
        image_set_free(&s);
        return;
    }
    assert_int_equal(cifar_read_file(&colour, IMAGES_TEST, path, true, GRAY_PIL, &n), OK);
    assert_int_equal(n, 10000);
    assert_memory_equal(colour.label[IMAGES_TEST], s.label[IMAGES_TEST], n);
    assert_memory_equal(colour.pixel[IMAGES_TEST], s.pixel[IMAGES_TEST], n * 1024);
    assert_int_equal(cifar_read_file(&tf, IMAGES_TEST, path, true, GRAY_TENSORFLOW, &n), OK);
    size_t different = 0;
    for (size_t i = 0; i < n * 1024; i++) {
        const int by = tf.pixel[IMAGES_TEST][i] - s.pixel[IMAGES_TEST][i];
        assert_in_range(by + 1, 0, 2);
        different += by != 0;
    }
    print_message("%.1f %% of gray levels are one off with tensorflow's weights\n", 100.0 * (double)different / (double)(n * 1024));
    assert_true(different > 0);
    image_set_free(&s);
    image_set_free(&colour);
    image_set_free(&tf);
    checksum_of("image", data, NULL, sum);
    assert_string_equal(sum, "b604f779570745a66f35132d8eedd936"); /* as first measured: examples stay what they were */
}

static void real_floor(const char *task, const char *data, double accuracy, double tolerance)
{
    struct predictor p[TASK_PREDICTORS];
    struct opened o;
    size_t n;
    open_task(&o, task, data, NULL);
    assert_int_equal(o.t->predictors(o.self, SPLIT_TEST, p, &n), OK);
    print_message("%s: %s %.4f, loss %.4f\n", task, p[1].name, p[1].accuracy, p[1].loss);
    assert_near(p[1].accuracy, accuracy, tolerance);
    close_task(&o);
}

static void test_real_cifar_floor(void **state)
{
    (void)state;
    real_floor("image", real_data("cifar10/cifar10-gray-train.bin.xz"), 0.309, 0.01);
}

static void test_real_fashion(void **state)
{
    (void)state;
    const char *at = "/usr/share/datasets/fashion-mnist";
    struct image_set s = {0};
    char image[FILE_PATH], label[FILE_PATH];
    if (!file_is_folder(at)) {
        print_message("skipped: no %s (Debian's dataset-fashion-mnist)\n", at);
        skip();
    }
    for (int p = 0; p < IMAGES_PARTS; p++) {
        assert_true(unpack_find(image, at, idx_names[2 * p]) && unpack_find(label, at, idx_names[2 * p + 1]));
        if (idx_read(&s, p, image, label) != OK) fail_msg("%s", status_message());
        assert_balanced(&s, p, p == IMAGES_TRAIN ? 6000 : 1000);
    }
    assert_int_equal(s.size, 784);
    assert_int_equal(s.label[IMAGES_TRAIN][0], 9); /* an ankle boot, as everybody's first example is */
    image_set_free(&s);
    real_floor("image-fashion", folder, 0.84, 0.01);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

static int group_setup(void **state)
{
    (void)state;
    product_start(); /* BLAS single-threaded, as in the program */
    return 0;
}

int main(void)
{
    const char *given = getenv("REACH_DATA");
    char *data = given ? strdup(given) : NULL;
    if (process_setup() != 0) return 1; /* takes REACH_DATA away */
    if (data) setenv("REACH_DATA", data, 1);
    free(data);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gray), TEST(test_cifar), TEST(test_random_split), TEST(test_checksums), TEST(test_broken_cifar),
        TEST(test_idx), TEST(test_broken_idx), TEST(test_predictors), TEST(test_run_image), TEST(test_run_fashion),
        TEST(test_real_cifar), TEST(test_real_cifar_floor), TEST(test_real_fashion),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
