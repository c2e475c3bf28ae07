/* results.c -- result files: bytes without their seal; and sealed ones whose tables, attributes and links are not what they were.
 *
 * The seal keeps damaged bytes from HDF5, which is not made for them.  So the bytes of the first kind stop at the seal, and files
 * of the second are whole HDF5 files that say what they should not: other types, shapes, counts that no file has room for, texts
 * for numbers, groups for tables, links in circles.
 */
#include <hdf5.h>

#include "fuzz.h"
#include "store/place.h"
#include "store/results.h"

static struct file_content whole;

static const char *const objects[] = {
    "/config", "/environment", "/curves/train", "/curves/eval", "/test", "/test_by_position", "/predictors", "/cost", "/checkpoint",
    "/checkpoint/parameters/w", "/checkpoint/parameters/b", "/checkpoint/first", "/checkpoint/second", "/checkpoint/best",
    "/checkpoint/layout", "/checkpoint/carried", "/checkpoint/carried_rows", "/", "/curves", "/checkpoint/parameters",
};
static const char *const attributes[] = {
    "schema", "title", "label", "seed", "status", "train_id", "reason", "task", "variant", "step", "values", "tokens", "best_step",
    "loss_sum", "parameters", "seconds", "train.rate", "version", "description", "units",
};
#define N(array) (sizeof(array) / sizeof *(array))

static void write_sample(const char *path)
{
    struct results r;
    real values[12] = {1, 2, 3};
    char name[2][96] = {"w", "b"};
    size_t offset[2] = {0, 8}, rows[2] = {2, 4}, cols[2] = {4, 0};
    struct checkpoint c = {
        .step = 3, .n = 12, .parameters = values, .first = values, .second = values, .best = values, .n_names = 2, .name = name,
        .offset = offset, .rows = rows, .cols = cols, .n_carried = 3, .carried = values, .n_carried_rows = 1, .carried_rows = values,
    };
    results_init(&r);
    strcpy(r.title, "a title");
    strcpy(r.label, "rope");
    r.config = strdup("model: {width: 4}\n");
    r.checkpoint = &c;
    results_add_train(&r, &(struct train_row){.step = 1, .loss = 2});
    results_add_train(&r, &(struct train_row){.step = 2, .loss = 1});
    results_add_eval(&r, &(struct eval_row){.step = 2, .loss = 1});
    results_add_test(&r, &(struct test_row){.evaluation = "windows", .split = "test"});
    results_add_predictor(&r, &(struct predictor_row){.name = "unigram"});
    results_add_option(&r, "train.rate", "0.001");
    results_add_environment(&r, "version", "0.1");
    if (results_write(&r, path) != OK) abort();
    r.checkpoint = NULL;
    results_done(&r);
}

static void seeds(void)
{
    struct growing g;
    write_sample(in_folder("whole.h5"));
    if (file_read(in_folder("whole.h5"), &whole) != OK) abort();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    seed("\1");
    seed("\0reach seal xxh3................");
    for (int what = 0; what < 6; what++)
        for (size_t k = 0; k < N(objects); k++) {
            const uint8_t op[] = {1, (uint8_t)what, (uint8_t)k, (uint8_t)(k + 3), 2, 0x11, 0};
            g.n = 0;
            grow(&g, op, sizeof op);
            seed_bytes(g.at, g.n);
        }
}

static hid_t text_type(size_t size)
{
    hid_t t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, size);
    return t;
}

/* A type; the caller closes it. */
static hid_t some_type(uint8_t k)
{
    hid_t t;
    switch (k % 12) {
    case 0: return H5Tcopy(H5T_STD_I64LE);
    case 1: return H5Tcopy(H5T_IEEE_F64LE);
    case 2: return H5Tcopy(H5T_STD_I8LE);
    case 3: return H5Tcopy(H5T_IEEE_F32BE);
    case 4: return text_type(H5T_VARIABLE);
    case 5: return text_type(1 + k);
    case 6: return text_type((size_t)1 << (k / 12));
    case 7: return H5Tarray_create2(H5T_STD_I64LE, 1, &(hsize_t){3});
    case 8: return H5Tvlen_create(H5T_STD_I64LE);
    case 9: return H5Tcreate(H5T_OPAQUE, 1 + k);
    case 10: return H5Tcopy(H5T_STD_REF_OBJ);
    default:
        t = H5Tcreate(H5T_COMPOUND, 120);
        H5Tinsert(t, "step", 0, H5T_STD_I64LE);
        H5Tinsert(t, k & 16 ? "loss" : "offset", 8, k & 32 ? H5T_IEEE_F64LE : H5T_STD_I64LE);
        H5Tinsert(t, "rows", 16, H5T_STD_I64LE);
        return t;
    }
}

/* Few, or more than there can be. */
static hid_t some_space(uint8_t k)
{
    const hsize_t n = k & 1 ? (hsize_t)1 << (k >> 2) : k >> 2;
    if (k & 2) return H5Screate(k & 4 ? H5S_NULL : H5S_SCALAR);
    return H5Screate_simple(1, &n, NULL);
}

static void put_dataset(hid_t f, const char *path, uint8_t type, uint8_t space, bool filled)
{
    hid_t t = some_type(type), s = some_space(space), links = H5Pcreate(H5P_LINK_CREATE);
    uint8_t *value = calloc(1 << 16, 1);
    H5Pset_create_intermediate_group(links, 1);
    H5Ldelete(f, path, H5P_DEFAULT);
    hid_t d = H5Dcreate2(f, path, t, s, links, H5P_DEFAULT, H5P_DEFAULT);
    if (d >= 0 && filled && H5Sget_simple_extent_npoints(s) < (1 << 16) / (hssize_t)H5Tget_size(t)) H5Dwrite(d, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
    if (d >= 0) H5Dclose(d);
    free(value);
    H5Pclose(links);
    H5Sclose(s);
    H5Tclose(t);
}

static void put_attribute(hid_t f, const char *path, const char *name, uint8_t type, uint8_t space, uint8_t value)
{
    hid_t o = H5Oopen(f, path, H5P_DEFAULT);
    if (o < 0) return;
    hid_t t = some_type(type), s = some_space(space & 0x1F);
    H5Adelete(o, name);
    hid_t a = H5Acreate2(o, name, t, s, H5P_DEFAULT, H5P_DEFAULT);
    uint8_t *bytes = malloc(1 << 16);
    memset(bytes, H5Tget_class(t) == H5T_VLEN || H5Tis_variable_str(t) > 0 ? 0 : value, 1 << 16);
    if (a >= 0 && H5Sget_simple_extent_npoints(s) < (1 << 16) / (hssize_t)H5Tget_size(t)) H5Awrite(a, t, bytes);
    if (a >= 0) H5Aclose(a);
    free(bytes);
    H5Sclose(s);
    H5Tclose(t);
    H5Oclose(o);
}

/* An operation: seven bytes or fewer. */
static void change(hid_t f, struct input *in)
{
    const uint8_t what = take_byte(in);
    const char *path = objects[take_byte(in) % N(objects)];
    const uint8_t other = take_byte(in), type = take_byte(in), space = take_byte(in), value = take_byte(in);
    switch (what % 6) {
    case 0: H5Ldelete(f, path, H5P_DEFAULT); break;
    case 1: put_dataset(f, path, type, space, value & 1); break;
    case 2: put_attribute(f, path, attributes[other % N(attributes)], type, space, value); break;
    case 3:
        H5Ldelete(f, path, H5P_DEFAULT);
        H5Lcreate_hard(f, objects[other % N(objects)], f, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 4:
        H5Ldelete(f, path, H5P_DEFAULT);
        if (value & 1) H5Lcreate_external("whole.h5", objects[other % N(objects)], f, path, H5P_DEFAULT, H5P_DEFAULT);
        else H5Lcreate_soft(objects[other % N(objects)], f, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    default: {
        hid_t g = (H5Ldelete(f, path, H5P_DEFAULT), H5Gcreate2(f, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        if (g >= 0) H5Gclose(g);
    }
    }
}

/* First byte: 0 bytes as they are, else operations on a whole file. */
static void one(struct input in)
{
    struct results r;
    char path[FILE_PATH], part[FILE_PATH], sum[33];
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(part, sizeof part, "%s/a.h5.part", folder);
    if (take_byte(&in) == 0) {
        put_input("a.h5", in);
    } else {
        put_bytes("a.h5.part", whole.at, whole.n);
        hid_t f = H5Fopen(part, H5F_ACC_RDWR, H5P_DEFAULT);
        if (f < 0) abort();
        for (int k = 0; in.n > 0 && k < 8; k++) change(f, &in);
        H5Fclose(f);
        if (place_finish(part, path) != OK) abort();
    }
    results_init(&r);
    if (results_read(&r, path, true) == OK) {
        results_digest(&r, sum);
        results_done(&r);
    } else if (!strstr(status_message(), path)) abort();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}
