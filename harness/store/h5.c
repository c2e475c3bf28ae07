/* h5.c -- the few things asked of HDF5, with its error stack kept silent. */
#include "store/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char reason[512];

/* Errors come innermost first; the first one is the cause. */
static herr_t keep_first(unsigned n, const H5E_error2_t *e, void *data)
{
    (void)data;
    if (n == 0 && e->desc) snprintf(reason, sizeof reason, "%s", e->desc);
    return 0;
}

static herr_t on_error(hid_t stack, void *data)
{
    (void)data;
    if (!reason[0]) H5Ewalk2(stack, H5E_WALK_UPWARD, keep_first, NULL);
    return 0;
}

void h5_begin(void)
{
    reason[0] = 0;
    H5Eset_auto2(H5E_DEFAULT, on_error, NULL);
}

const char *h5_reason(void)
{
    return reason[0] ? reason : "unknown reason";
}

/* Object headers with checksums (HDF5 1.8 and later read them) and no file locks. */
static hid_t file_access(void)
{
    hid_t p = H5Pcreate(H5P_FILE_ACCESS);
    if (p < 0) return p;
    H5Pset_libver_bounds(p, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    H5Pset_file_locking(p, false, true);
    return p;
}

hid_t h5_open(const char *path)
{
    hid_t access = file_access(), file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

hid_t h5_create(const char *path)
{
    hid_t access = file_access(), file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return file;
}

bool h5_holds(hid_t object, hsize_t n, size_t size)
{
    hsize_t bytes = 0;
    hid_t file = H5Iget_file_id(object);
    const bool known = file >= 0 && H5Fget_filesize(file, &bytes) >= 0;
    if (file >= 0) H5Fclose(file);
    return known && size > 0 && n <= bytes / size;
}

static hid_t links(void)
{
    hid_t p = H5Pcreate(H5P_LINK_CREATE);
    if (p >= 0) H5Pset_create_intermediate_group(p, 1);
    return p;
}

static hid_t creation(hid_t kind)
{
    hid_t p = H5Pcreate(kind);
    if (p < 0) return p;
    H5Pset_obj_track_times(p, false);
    H5Pset_attr_creation_order(p, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    return p;
}

hid_t h5_group(hid_t file, const char *path)
{
    hid_t link = links(), create = creation(H5P_GROUP_CREATE);
    hid_t group = H5Gcreate2(file, path, link, create, H5P_DEFAULT);
    H5Pclose(create);
    H5Pclose(link);
    return group;
}

hid_t h5_dataset(hid_t at, const char *path, hid_t type, hid_t space)
{
    hid_t link = links(), create = creation(H5P_DATASET_CREATE);
    hid_t set = H5Dcreate2(at, path, type, space, link, create, H5P_DEFAULT);
    H5Pclose(create);
    H5Pclose(link);
    return set;
}

static bool put(hid_t at, const char *name, hid_t in_file, hid_t in_memory, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate2(at, name, in_file, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool ok = a >= 0 && H5Awrite(a, in_memory, value) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    return ok;
}

/* Python reads attributes of variable length as str, of fixed length as bytes. */
bool h5_put_text(hid_t at, const char *name, const char *text)
{
    hid_t type = h5_text_type(0);
    const bool ok = put(at, name, type, type, &text);
    H5Tclose(type);
    return ok;
}

bool h5_put_int(hid_t at, const char *name, int64_t value)
{
    return put(at, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

bool h5_put_seed(hid_t at, const char *name, uint64_t value)
{
    return put(at, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

bool h5_put_real(hid_t at, const char *name, double value)
{
    return put(at, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

bool h5_put_ints(hid_t at, const char *name, const int64_t *value, size_t n)
{
    const hsize_t size = n;
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t a = H5Acreate2(at, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool ok = a >= 0 && H5Awrite(a, H5T_NATIVE_INT64, value) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    return ok;
}

static bool is_scalar(hid_t a)
{
    hid_t space = H5Aget_space(a);
    const bool yes = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (space >= 0) H5Sclose(space);
    return yes;
}

static bool get(hid_t at, const char *name, hid_t in_memory, void *value)
{
    hid_t a = H5Aopen(at, name, H5P_DEFAULT);
    if (a < 0) return false;
    const bool ok = is_scalar(a) && H5Aread(a, in_memory, value) >= 0;
    H5Aclose(a);
    return ok;
}

bool h5_get_int(hid_t at, const char *name, int64_t *value)   { return get(at, name, H5T_NATIVE_INT64, value); }
bool h5_get_seed(hid_t at, const char *name, uint64_t *value) { return get(at, name, H5T_NATIVE_UINT64, value); }
bool h5_get_real(hid_t at, const char *name, double *value)   { return get(at, name, H5T_NATIVE_DOUBLE, value); }

bool h5_get_ints(hid_t at, const char *name, int64_t *value, size_t n)
{
    hid_t a = H5Aopen(at, name, H5P_DEFAULT);
    if (a < 0) return false;
    hid_t space = H5Aget_space(a);
    const bool ok = space >= 0 && H5Sget_simple_extent_npoints(space) == (hssize_t)n && H5Aread(a, H5T_NATIVE_INT64, value) >= 0;
    if (space >= 0) H5Sclose(space);
    H5Aclose(a);
    return ok;
}

static bool read_variable(hid_t a, char *out, size_t size)
{
    hid_t type = h5_text_type(0);
    char *text = NULL;
    const bool ok = H5Aread(a, type, &text) >= 0;
    if (ok) snprintf(out, size, "%s", text ? text : "");
    if (text) H5free_memory(text);
    H5Tclose(type);
    return ok;
}

static bool read_fixed(hid_t a, char *out, size_t size)
{
    hid_t type = h5_text_type(size);
    const bool ok = H5Aread(a, type, out) >= 0;
    H5Tclose(type);
    return ok;
}

/* -1: broken, 0: not a text, 1: read. */
static int read_text(hid_t a, char *out, size_t size)
{
    hid_t type = H5Aget_type(a);
    if (type < 0) return -1;
    int got = 0;
    if (H5Tget_class(type) == H5T_STRING && is_scalar(a)) {
        const bool ok = H5Tis_variable_str(type) > 0 ? read_variable(a, out, size) : read_fixed(a, out, size);
        got = ok ? 1 : -1;
    }
    H5Tclose(type);
    return got;
}

bool h5_get_text(hid_t at, const char *name, char *out, size_t size)
{
    hid_t a = H5Aopen(at, name, H5P_DEFAULT);
    if (a < 0) return false;
    const bool ok = read_text(a, out, size) == 1;
    H5Aclose(a);
    return ok;
}

struct visit {
    void (*visit)(const char *name, const char *text, void *data);
    void *data;
};

static herr_t visit_one(hid_t at, const char *name, const H5A_info_t *info, void *data)
{
    (void)info;
    const struct visit *v = data;
    char text[sizeof((struct attribute *)0)->text];
    hid_t a = H5Aopen(at, name, H5P_DEFAULT);
    if (a < 0) return -1;
    const int got = read_text(a, text, sizeof text);
    H5Aclose(a);
    if (got == 1) v->visit(name, text, v->data);
    return got < 0 ? -1 : 0;
}

bool h5_each_text(hid_t at, void (*visit)(const char *name, const char *text, void *data), void *data)
{
    struct visit v = {visit, data};
    hsize_t from = 0;
    if (H5Aiterate2(at, H5_INDEX_CRT_ORDER, H5_ITER_INC, &from, visit_one, &v) >= 0) return true;
    from = 0; /* copied by another program, which kept no order */
    return H5Aiterate2(at, H5_INDEX_NAME, H5_ITER_INC, &from, visit_one, &v) >= 0;
}

hid_t h5_text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0) return type;
    H5Tset_size(type, size ? size : H5T_VARIABLE);
    H5Tset_strpad(type, H5T_STR_NULLTERM);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* The caller closes what it gets, so the library's own types are copied. */
static hid_t column_type(const struct column *c, bool in_file)
{
    switch (c->kind) {
    case COLUMN_INT:  return H5Tcopy(in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64);
    case COLUMN_REAL: return H5Tcopy(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case COLUMN_TEXT: return h5_text_type(c->size);
    }
    return -1;
}

static hid_t row_type(const struct table *t, size_t row, bool in_file)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, row);
    size_t packed = 0;
    for (size_t i = 0; type >= 0 && i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];
        hid_t field = column_type(c, in_file);
        H5Tinsert(type, c->name, in_file ? packed : c->offset, field);
        H5Tclose(field);
        packed += c->size;
    }
    return type;
}

hid_t h5_row_in_memory(const struct table *t)
{
    return row_type(t, t->row, false);
}

hid_t h5_row_in_file(const struct table *t)
{
    size_t row = 0;
    for (size_t i = 0; i < t->n_columns; i++) row += t->columns[i].size;
    return row_type(t, row, true);
}

hid_t h5_real_in_memory(void)
{
    return sizeof(real) == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
}

hid_t h5_real_in_file(void)
{
    return sizeof(real) == sizeof(float) ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
}
