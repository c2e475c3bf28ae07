/* test_probe.c -- what `reach probe` writes: every preset read back, its output computed again by the textbook version and its
 * gradients by differences of the file's own numbers; and the script that does so in Python. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "folder.h"
#include "process.h"
#include "store/h5.h"
#include "support.h"
#include "tensor/product.h"
#include "tests/ref/variants.h"

#define T 21
#define C 12
#define H 2

static arena *memory;
static struct subject one;

struct matrix {
    size_t rows, cols;
    real  *at;
};

static bool has(hid_t file, const char *group, const char *name)
{
    hid_t g = H5Gopen2(file, group, H5P_DEFAULT);
    assert_true(g >= 0);
    const bool yes = H5Lexists(g, name, H5P_DEFAULT) > 0;
    H5Gclose(g);
    return yes;
}

/* FILE's GROUP/NAME, which must say what it is. */
static struct matrix matrix_at(hid_t file, const char *group, const char *name)
{
    char path[256], text[512];
    snprintf(path, sizeof path, "%s/%s", group, name);
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    if (set < 0) fail_msg("no %s", path);
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    hsize_t size[2];
    assert_int_equal(H5Sget_simple_extent_ndims(space), 2);
    H5Sget_simple_extent_dims(space, size, NULL);
    assert_true(H5Tequal(type, H5T_IEEE_F64LE) > 0);
    assert_true(h5_get_text(set, "description", text, sizeof text) && strlen(text) > 5);
    assert_true(h5_get_text(set, "shape", text, sizeof text) && *text);
    struct matrix m = {size[0], size[1], ARENA_ZEROS(memory, real, size[0] * size[1] + 1)};
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, m.at) >= 0);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return m;
}

static struct matrix rows_at(hid_t file, const char *name)
{
    struct matrix m = matrix_at(file, "", name);
    assert_int_equal(m.rows, T);
    assert_int_equal(m.cols, C);
    return m;
}

/* "q" of the attention's "layer 0.attention.q" and "attention.q"; NULL for others. */
static const char *own_name(const char *name)
{
    const char *at = strstr(name, "attention.");
    return at ? at + strlen("attention.") : NULL;
}

/* The same layer with parameters and buffers of the file; `group` as model.values again, such as gradients. */
static void take_values(hid_t file, const char *group, const struct model *m, bool buffers, real *to)
{
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        const char *name = own_name(p->name);
        if (!name || p->buffer != buffers) continue;
        const struct matrix w = matrix_at(file, group, name);
        assert_int_equal(w.rows, p->rows);
        assert_int_equal(w.cols, p->cols);
        memcpy(to + p->offset, w.at, p->rows * p->cols * sizeof *to);
    }
}

static struct model *model_like(bool causal)
{
    return check_model(&one.s, (struct shape){.causal = causal, .train_length = T, .classes = causal ? 0 : 3, .layers = 1, .width = C, .heads = H}, 0.1, 77);
}

static struct model *model_of(hid_t file, bool causal)
{
    struct model *m = model_like(causal);
    assert_non_null(m);
    model_prepare(m, 2 * T + 1);
    take_values(file, "params", m, false, m->values);
    take_values(file, "buffers", m, true, m->buffers);
    return m;
}

/* The state of one example from a group of the file; NULL if it holds none. */
static const struct carried *states_at(hid_t file, const char *group, const struct model *m)
{
    if (m->n_carry == 0 || !has(file, group, own_name(m->carry[0].name))) return NULL;
    struct carried *c = ARENA_ARRAY(memory, struct carried, m->n_carry);
    for (size_t i = 0; i < m->n_carry; i++) {
        const struct matrix s = matrix_at(file, group, own_name(m->carry[i].name));
        assert_int_equal(s.cols, m->carry[i].cols);
        assert_true(s.rows <= m->carry[i].rows);
        c[i] = (struct carried){s.at, s.rows};
    }
    return c;
}

static double most_apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static int64_t option_at(hid_t file, const char *name)
{
    hid_t g = H5Gopen2(file, "options", H5P_DEFAULT);
    int64_t value = -1;
    assert_true(g >= 0 && h5_get_int(g, name, &value));
    H5Gclose(g);
    return value;
}

/* Textbook output of the stored input; behind stored inputs if the state is made of those. */
static void check_output(hid_t file, const char *name, struct model *m, const struct carried *state)
{
    const char *kind = one.s.attention->name;
    if (!ref_has_attention(kind) || (state && strcmp(kind, "transformer_xl") != 0)) return;
    const struct matrix x = rows_at(file, "input"), y = rows_at(file, "output");
    const size_t before = state ? state[0].rows : 0;
    real *all = ARENA_ARRAY(memory, real, (before + T) * C), *want = ARENA_ARRAY(memory, real, (before + T) * C);
    if (before) memcpy(all, state[0].value, before * C * sizeof *all);
    memcpy(all + before * C, x.at, T * C * sizeof *all);
    ref_attention(m, 0, before + T, 0, all, want);
    const double apart = most_apart(y.at, want + before * C, T * C);
    if (!(apart <= 1e-10)) fail_msg("%s: output differs from the textbook's by %g", name, apart);
}

static double slope(const real *a, const real *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* The stored gradients against differences of L, along a random direction. */
static void check_gradients(hid_t file, const char *name, struct model *m, const struct carried *state)
{
    const size_t stops = one.s.attention->stops_at ? one.s.attention->stops_at(one.s.attention_options, T) : 0, n = m->n_values, rows = T;
    if (stops && stops < T) return;
    const struct matrix x = rows_at(file, "input"), dy = rows_at(file, "d_output"), dx = rows_at(file, "d_input");
    real *dp = ARENA_ZEROS(memory, real, n), *up = ARENA_ZEROS(memory, real, n), *ux = ARENA_ZEROS(memory, real, T * C);
    real *values = ARENA_ARRAY(memory, real, n), *moved = ARENA_ARRAY(memory, real, T * C), *y = ARENA_ARRAY(memory, real, T * C);
    take_values(file, "d_params", m, false, dp);
    check_fill(ux, T * C, 1, 3);
    check_fill(up, n, 1, 4);
    memcpy(values, m->values, n * sizeof *values);
    const ptrdiff_t first = (ptrdiff_t)option_at(file, "first");
    struct pack *pack = check_pack(memory, 1, &rows);
    pack->first = &first;
    pack->state_in = state ? &state : NULL;
    double L[2];
    for (int side = 0; side < 2; side++) {
        const double h = side ? -1e-6 : 1e-6;
        for (size_t i = 0; i < T * C; i++) moved[i] = x.at[i] + h * ux[i];
        for (size_t i = 0; i < n; i++) m->values[i] = values[i] + h * up[i];
        struct layer_pass l = {.pack = pack, .training = true, .x = moved, .y = y};
        check_pass(m, &l);
        L[side] = slope(dy.at, y, T * C);
    }
    memcpy(m->values, values, n * sizeof *values);
    const double numeric = (L[0] - L[1]) / 2e-6, analytic = slope(dx.at, ux, T * C) + slope(dp, up, n);
    const double error = fabs(numeric - analytic) / (fabs(numeric) + fabs(analytic));
    if (!(error <= 1e-6)) fail_msg("%s: gradients give a slope of %.12g, differences %.12g", name, analytic, numeric);
}

/* The state that is left is what the layer leaves. */
static void check_state_out(hid_t file, const char *name, struct model *m, const struct carried *state)
{
    if (m->n_carry == 0) return;
    const size_t rows = T;
    const ptrdiff_t first = (ptrdiff_t)option_at(file, "first");
    const struct matrix x = rows_at(file, "input");
    struct carried **room = check_room(memory, m, 1);
    struct pack *pack = check_pack(memory, 1, &rows);
    pack->first = &first;
    pack->state_in = state ? &state : NULL;
    pack->state_out = (struct carried *const *)room;
    check_pass(m, &(struct layer_pass){.pack = pack, .training = true, .x = x.at});
    const struct carried *left = states_at(file, "state_out", m);
    assert_non_null(left);
    for (size_t i = 0; i < m->n_carry; i++) {
        assert_int_equal(left[i].rows, room[0][i].rows);
        if (!(most_apart(left[i].value, room[0][i].value, left[i].rows * m->carry[i].cols) <= 1e-12)) fail_msg("%s: another state is left", name);
    }
}

static hid_t probe(const char *name, const char *more, bool causal)
{
    const struct finished *f = process_run("'%s' probe %s --out '%s' --length %d --width %d --heads %d --seed 5 %s %s", reach, name,
                                           in_folder("layer.h5"), T, C, H, causal ? "--causal" : "", more);
    if (f->code != 0) fail_msg("probe %s %s: %s", name, more, f->out);
    h5_begin();
    hid_t file = h5_open(in_folder("layer.h5"));
    assert_true(file >= 0);
    return file;
}

static void check_probe(const char *name, const char *more, bool causal, bool with_state)
{
    const size_t mark = arena_mark(memory);
    hid_t file = probe(name, more, causal);
    struct model *m = model_of(file, causal);
    const struct carried *state = states_at(file, "state_in", m);
    assert_int_equal(option_at(file, "causal"), causal);
    assert_int_equal(option_at(file, "length"), T);
    assert_int_equal(option_at(file, "heads"), H);
    assert_int_equal(option_at(file, "first"), state ? T : 0);
    assert_int_equal(state != NULL, with_state && m->n_carry > 0);
    check_output(file, name, m, state);
    check_gradients(file, name, m, state);
    check_state_out(file, name, m, state);
    model_free(m);
    H5Fclose(file);
    arena_rewind(memory, mark);
}

static void presets_read_back(void **state)
{
    (void)state;
    size_t seen = 0;
    for (const struct preset *p = presets; p->name; p++) {
        subject_of(&one, p->name, 0, NULL);
        for (int causal = 0; causal < 2; causal++) {
            struct model *m = chosen_variant_goes(&one.v, causal) == OK ? model_like(causal) : NULL;
            if (!m) continue;
            model_free(m);
            check_probe(p->name, "", causal, true);
            if (one.s.attention->can & CAN_STATE) check_probe(p->name, "--no-state", causal, false);
            seen++;
        }
    }
    assert_true(seen >= 20);
}

static void settings_read_back(void **state)
{
    (void)state;
    static const char *const sets[][2] = {{"keynorm", "learned=true"}, {"rope", "bias=[q,k,v]"}, {"transformer_xl", "memory=5"}, {"linformer", "sharing=none"}};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        char more[128];
        snprintf(more, sizeof more, "--set %s", sets[k][1]);
        subject_of(&one, sets[k][0], 1, &sets[k][1]);
        hid_t file = probe(sets[k][0], more, false);
        struct model *m = model_of(file, false); /* names and shapes of this setting */
        check_gradients(file, sets[k][1], m, states_at(file, "state_in", m));
        model_free(m);
        H5Fclose(file);
    }
}

/* Seeds are seeds, and a file is replaced whole. */
static void same_seed_same_numbers(void **state)
{
    (void)state;
    subject_of(&one, "rope", 0, NULL);
    real first[T * C];
    for (int k = 0; k < 3; k++) {
        hid_t file = probe("rope", k == 2 ? "--seed 6" : "", true);
        const struct matrix y = rows_at(file, "output");
        if (k == 0) memcpy(first, y.at, sizeof first);
        if (k == 1) assert_true(memcmp(first, y.at, sizeof first) == 0);
        if (k == 2) assert_true(most_apart(first, y.at, T * C) > 0.1);
        H5Fclose(file);
    }
    assert_true(process_run("ls '%s'", folder)->n == strlen("layer.h5\n")); /* no part is left */
}

static void mistakes(void **state)
{
    (void)state;
    static const struct { const char *arguments, *says; } wrong[] = {
        {"rope", "--out"},
        {"--out x.h5", "one variant"},
        {"rope alibi --out x.h5", "one variant, not 2"},
        {"ropee --out x.h5", "did you mean \"rope\"?"},
        {"linformer --causal --out x.h5", "linformer has no causal form; leave out --causal"},
        {"linformer --set k=0 --out x.h5", "needs its number of columns"},
        {"local --set windw=3 --out x.h5", "windw"},
        {"rope --width 10 --heads 3 --out x.h5", "not divisible by heads 3"},
        {"rope --width 9 --heads 3 --out x.h5", "must be even, not 3"},
        {"rope --length none --out x.h5", "--length none"},
        {"rope --lenght 3 --out x.h5", "did you mean --length?"},
        {"rope --heads 100 --out x.h5", "--heads 100: want at most 24"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct finished *f = process_run("cd '%s' && '%s' probe %s", folder, reach, wrong[i].arguments);
        if (f->code != 2 || !strstr(f->out, wrong[i].says)) fail_msg("probe %s: %d, %s", wrong[i].arguments, f->code, f->out);
    }
    const struct finished *f = process_run("'%s' probe rope --out '%s/none/x.h5'", reach, folder);
    assert_int_equal(f->code, 1);
    assert_non_null(strstr(f->out, "none/x.h5"));
    assert_int_equal(process_run("ls '%s'", folder)->n, 0);
}

/* Add to one value of a dataset. */
static void change(const char *path, size_t place)
{
    hid_t file = H5Fopen(in_folder("layer.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    static real values[T * C * 4];
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    values[place] += 1e-6;
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    assert_true(H5Fclose(file) >= 0);
}

static void numpy_agrees(void **state)
{
    (void)state;
    if (process_run("/usr/bin/python3 -c 'import numpy, h5py'")->code != 0) {
        print_message("python3 cannot import numpy and h5py: skipped\n");
        skip();
    }
    static const char *const variants[] = {"none", "rope", "alibi", "rope_bias", "rope_logn", "learned"};
    for (size_t k = 0; k < sizeof variants / sizeof *variants; k++) {
        for (int causal = 0; causal < 2; causal++) {
            H5Fclose(probe(variants[k], k % 2 ? "--set bias=[v]" : "", causal));
            const struct finished *f = process_run("/usr/bin/python3 tests/probe/check_vanilla.py '%s'", in_folder("layer.h5"));
            if (f->code != 0 || !strstr(f->out, "\nthe same")) fail_msg("%s: %d, %s", variants[k], f->code, f->out);
        }
    }
    static const char *const changed[] = {"/output", "/d_input", "/d_params/k", "/params/q"};
    for (size_t k = 0; k < sizeof changed / sizeof *changed; k++) {
        H5Fclose(probe("rope", "", true));
        change(changed[k], 17);
        const struct finished *f = process_run("/usr/bin/python3 tests/probe/check_vanilla.py '%s'", in_folder("layer.h5"));
        if (f->code != 1 || !strstr(f->out, "not the same")) fail_msg("%s changed: %d, %s", changed[k], f->code, f->out);
    }
    H5Fclose(probe("performer", "", true));
    assert_int_equal(process_run("/usr/bin/python3 tests/probe/check_vanilla.py '%s'", in_folder("layer.h5"))->code, 2);
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    product_start();
    memory = arena_new("test");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(presets_read_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(settings_read_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(same_seed_same_numbers, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(mistakes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(numpy_agrees, folder_setup, folder_teardown),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(memory);
    return failed;
}
