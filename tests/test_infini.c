/* test_infini.c -- Infini-attention: special cases in which it is another attention, what its memory holds and carries, where
 * gradients end, all options against the textbook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "memory.h"
#include "support.h"

#define C 12 /* width of check_model; 2 heads of 6 */
#define D 6
#define H 2
#define N 24 /* training length */
#define STATE (H * D * (D + 1))
#define MOST 64 /* rows of a test */
#define SETTINGS 6
#define SET(...) ((const char *const[SETTINGS]){__VA_ARGS__})

static void near(const char *what, const real *got, const real *want, size_t n, double tolerance)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fabs(got[i] - want[i]) > most || isnan(got[i]) ? fabs(got[i] - want[i]) : most;
    if (!(most <= tolerance)) fail_msg("%s: %g apart, at most %g", what, most, tolerance);
}

static bool all_zero(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0) return false;
    return true;
}

/* A variant with settings, its position replaced by `position` if that is given, as one layer of random parameters.  The
 * model refers to the options in here. */
struct made {
    struct subject subject;
    struct model  *m;
};

static struct made *make(const char *name, const char *position, bool causal, const char *const set[SETTINGS])
{
    struct made *out = ARENA_NEW(memory, struct made);
    size_t n = 0;
    while (set && n < SETTINGS && set[n]) n++;
    subject_of(&out->subject, name, n, set);
    if (position) {
        out->subject.s.position = position_find(position);
        option_defaults(out->subject.s.position->options, out->subject.v.position_options, sizeof out->subject.v.position_options);
    }
    const struct shape shape = {.causal = causal, .train_length = N, .classes = causal ? 0 : 3, .layers = 1};
    out->m = check_model(&out->subject.s, shape, 0.7, 3);
    if (!out->m) fail_msg("%s: %s", name, status_message());
    model_prepare(out->m, 512);
    return out;
}

static void set_gate(const struct model *m, double beta)
{
    real *w = parameter_of(m, "layer 0.attention.beta", NULL);
    for (size_t h = 0; h < H; h++) w[h] = beta;
}

static void copy_parameters(const struct model *to, const struct model *from)
{
    for (size_t i = 0; i < to->n_parameters; i++) {
        const struct model_parameter *p = &to->parameter[i];
        const real *w = parameter_of(from, p->name, NULL);
        if (w) memcpy(to->values + p->offset, w, p->rows * p->cols * sizeof *w);
    }
}

/* One layer on one example from position `first`.  Any of valid, dy, dx, in and out may be NULL. */
struct one_layer {
    size_t T, first;
    const unsigned char *valid;
    real *x, *y, *dy, *dx;
    const struct carried *in;
    struct carried *out;
};

static void run_layer(const struct model *m, struct one_layer r, real *d_parameters)
{
    const size_t mark = arena_mark(memory);
    struct pack *p = check_pack(memory, 1, &r.T);
    const ptrdiff_t first = (ptrdiff_t)r.first;
    p->first = &first, p->valid = r.valid;
    p->state_in = &r.in;
    p->state_out = r.out ? &r.out : NULL;
    check_layer(m, p, r.x, r.y, r.dy, r.dx, d_parameters);
    arena_rewind(memory, mark);
}

static void attend(const struct model *m, size_t T, real *x, real *y)
{
    run_layer(m, (struct one_layer){.T = T, .x = x, .y = y}, NULL);
}

/* Whole battery */

static void settings_pass(void **state)
{
    (void)state;
    static const char *const all[][SETTINGS] = {
        {"segment=5"}, {"segment=5", "update=delta"}, {"segment=1"}, {"segment=1", "update=delta"}, {"segment=0", "bias=[q, k, v]"},
        {"segment=31", "update=delta", "bptt=1"}, {"segment=12", "bptt=2"}, {"segment=7", "bptt=0", "update=delta"},
    };
    static const char *const positions_of[] = {"none", "rope", "alibi"};
    static struct subject s;
    static struct check_report r;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t t = 0; t < 3; t++) {
            size_t n = 0;
            while (all[i][n]) n++;
            subject_of(&s, "infini", n, all[i]);
            s.s.position = position_find(positions_of[t]);
            option_defaults(s.s.position->options, s.v.position_options, sizeof s.v.position_options);
            check_variant(&s.s, true, &r);
            if (r.failed) check_print(stderr, all[i][0], &r);
            assert_int_equal(r.failed, 0);
        }
    }
}

/* Special cases */

static void closed_gate_is_local(void **state)
{
    (void)state;
    static const char *const positions_of[] = {"none", "rope", "alibi"};
    static const size_t lengths[] = {1, 2, 7, 4, 5, 6, 17, 64};
    real x[MOST * C], y[MOST * C], z[MOST * C];
    for (int kind = 0; kind < 2 * 2 * 3; kind++) {
        const bool causal = kind & 1, one_segment = kind & 2;
        const struct made *a = make("infini", positions_of[kind / 4], causal, one_segment ? SET("segment=64") : SET("segment=5", "update=delta"));
        const struct made *b = one_segment ? make("vanilla", positions_of[kind / 4], causal, NULL)
                                           : make("local", positions_of[kind / 4], causal, SET("form=block", "block=5", "back=0", "ahead=0"));
        copy_parameters(b->m, a->m);
        set_gate(a->m, -40);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            check_fill(x, lengths[i] * C, 1, i);
            attend(a->m, lengths[i], x, y);
            attend(b->m, lengths[i], x, z);
            near(one_segment ? "vanilla" : "local", y, z, lengths[i] * C, 1e-12);
        }
        model_free(a->m), model_free(b->m);
    }
}

/* A_mem of row i: what linear attention without a mask gives a row that is no key behind all rows of earlier segments. */
static void open_gate_is_linear(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 3, 7};
    const struct made *b = make("linear", "none", false, NULL);
    for (size_t k = 0; k < 6; k++) {
        const size_t T = 23, n = lengths[k % 3];
        char segment[32];
        snprintf(segment, sizeof segment, "segment=%zu", n);
        const struct made *a = make("infini", "rope", k / 3, SET(segment));
        copy_parameters(b->m, a->m);
        set_gate(a->m, 40);
        real x[MOST * C], y[MOST * C], rows[MOST * C], z[MOST * C], nothing[C] = {0};
        const real *bias = parameter_of(a->m, "layer 0.attention.o.bias", NULL);
        if (bias) memcpy(nothing, bias, sizeof nothing);
        check_fill(x, T * C, 1, k);
        attend(a->m, T, x, y);
        for (size_t i = 0; i < T; i++) {
            const size_t before = i / n * n;
            unsigned char valid[MOST];
            if (before == 0) {
                near("first segment", y + i * C, nothing, C, 1e-14);
                continue;
            }
            memset(valid, 1, before), valid[before] = 0;
            memcpy(rows, x, before * C * sizeof *x);
            memcpy(rows + before * C, x + i * C, C * sizeof *x);
            run_layer(b->m, (struct one_layer){.T = before + 1, .valid = valid, .x = rows, .y = z}, NULL);
            near("linear attention to earlier segments", y + i * C, z + before * C, C, 1e-12);
        }
        model_free(a->m);
    }
    model_free(b->m);
}

/* Writing a stored pair again leaves M; its z grows, so the next read finds half. */
static void delta_writes_once(void **state)
{
    (void)state;
    const struct made *a = make("infini", NULL, true, SET("segment=1", "update=delta"));
    real x[3 * C], y[3 * C], half[C], v[C], nothing[C] = {0}, once[STATE], twice[STATE];
    set_gate(a->m, 40);
    const real *bias = parameter_of(a->m, "layer 0.attention.o.bias", NULL);
    if (bias) memcpy(nothing, bias, sizeof nothing);
    check_fill(x, C, 1, 1);
    for (size_t c = 0; c < 2 * C; c++) x[C + c] = x[c];
    struct carried first = {.value = once}, second = {.value = twice};
    run_layer(a->m, (struct one_layer){.T = 1, .x = x, .y = y, .out = &first}, NULL);
    run_layer(a->m, (struct one_layer){.T = 2, .x = x, .y = y, .out = &second}, NULL);
    for (size_t f = 0; f < H * D; f++) {
        near("M", twice + f * (D + 1), once + f * (D + 1), D, 1e-14);
        assert_true(fabs(twice[f * (D + 1) + D] - 2 * once[f * (D + 1) + D]) < 1e-14);
    }
    run_layer(a->m, (struct one_layer){.T = 3, .x = x, .y = y}, NULL);
    for (size_t c = 0; c < C; c++) {
        v[c] = y[C + c] - nothing[c];
        half[c] = v[c] / 2 + nothing[c];
    }
    near("first row", y, nothing, C, 1e-14);
    near("the third read", y + 2 * C, half, C, 1e-14);
    assert_false(all_zero(v, C));
    model_free(a->m);
}

/* Carried state */

static void parts_are_one_pass(void **state)
{
    (void)state;
    static const char *const updates[] = {"update=linear", "update=delta"};
    static const size_t cuts[] = {5, 10, 15};
    for (int kind = 0; kind < 4; kind++) {
        const struct made *a = make("infini", kind / 2 ? "rope" : "none", kind / 2, SET("segment=5", updates[kind % 2]));
        const size_t T = 17;
        real x[MOST * C], y[MOST * C], z[MOST * C], in[STATE], out[STATE], whole[STATE], kept[STATE];
        check_fill(x, T * C, 1, 1);
        struct carried end = {.value = whole};
        run_layer(a->m, (struct one_layer){.T = T, .x = x, .y = y, .out = &end}, NULL);
        assert_int_equal(end.rows, H * D);
        for (size_t c = 0; c < 3; c++) {
            struct carried middle = {.value = in}, last = {.value = out};
            const size_t cut = cuts[c];
            run_layer(a->m, (struct one_layer){.T = cut, .x = x, .y = z, .out = &middle}, NULL);
            memcpy(kept, in, sizeof kept);
            run_layer(a->m, (struct one_layer){.T = T - cut, .first = cut, .x = x + cut * C, .y = z + cut * C, .in = &middle, .out = &last}, NULL);
            near("two parts", z, y, T * C, 1e-12);
            near("their state", out, whole, STATE, 1e-12);
            assert_memory_equal(in, kept, sizeof kept); /* what it was given stays */
            middle.rows = 0; /* an emptied state: a document of its own */
            run_layer(a->m, (struct one_layer){.T = T - cut, .first = cut, .x = x + cut * C, .y = z, .in = &middle}, NULL);
            run_layer(a->m, (struct one_layer){.T = T - cut, .first = cut, .x = x + cut * C, .y = z + T * C}, NULL);
            assert_memory_equal(z, z + T * C, (T - cut) * C * sizeof *z);
        }
        model_free(a->m);
    }
}

/* One stream of a batch starts a new document, the other goes on. */
static void streams_are_apart(void **state)
{
    (void)state;
    const struct made *a = make("infini", NULL, true, SET("segment=5"));
    const size_t lengths[] = {10, 10};
    real x[20 * C], y[20 * C], z[10 * C], value[STATE], left[2][STATE], alone[STATE];
    check_fill(x, 20 * C, 1, 1), check_fill(value, STATE, 1, 2);
    for (size_t i = 0; i < STATE; i++) value[i] = 1 + fabs(value[i]);
    struct carried in = {value, H * D}, out[2] = {{left[0], 0}, {left[1], 0}}, one = {alone, 0}, *const to[] = {&out[0], &out[1]};
    const struct carried *const from[] = {NULL, &in};
    struct pack *p = check_pack(memory, 2, lengths);
    p->state_in = from, p->state_out = to;
    check_layer(a->m, p, x, y, NULL, NULL, NULL);
    run_layer(a->m, (struct one_layer){.T = 10, .x = x, .y = z, .out = &one}, NULL);
    near("without state", y, z, 10 * C, 1e-13);
    near("what it leaves", left[0], alone, STATE, 1e-13);
    run_layer(a->m, (struct one_layer){.T = 10, .x = x + 10 * C, .y = z, .in = &in, .out = &one}, NULL);
    near("with state", y + 10 * C, z, 10 * C, 1e-13);
    near("what that leaves", left[1], alone, STATE, 1e-12);
    model_free(a->m);
}

/* Gradients */

/* Is there a gradient at each segment's rows, of a loss on the rows of segment `of` (4 segments of 5)? */
static void reached(const struct model *m, size_t of, bool at[4])
{
    real x[20 * C], y[20 * C], dy[20 * C] = {0}, dx[20 * C];
    check_fill(x, 20 * C, 1, 1), check_fill(dy + of * 5 * C, 5 * C, 1, 2);
    run_layer(m, (struct one_layer){.T = 20, .x = x, .y = y, .dy = dy, .dx = dx}, NULL);
    for (size_t s = 0; s < 4; s++) at[s] = !all_zero(dx + s * 5 * C, 5 * C);
}

static void gradients_end_where_told(void **state)
{
    (void)state;
    static const int bptt[] = {-1, 0, 1, 2, 3, 4};
    real x[20 * C], y[20 * C], z[20 * C];
    check_fill(x, 20 * C, 1, 1);
    for (int kind = 0; kind < 12; kind++) {
        const int b = bptt[kind % 6];
        char share[32];
        snprintf(share, sizeof share, "bptt=%d", b);
        const struct made *a = make("infini", NULL, true, SET("segment=5", kind / 6 ? "update=delta" : "update=linear", share));
        for (int of = 0; of < 4; of++) {
            bool at[4];
            reached(a->m, (size_t)of, at);
            for (int s = 0; s < 4; s++) {
                const bool same_group = b < 0 || (b > 0 && s / b == of / b);
                assert_int_equal(at[s], s == of || (s < of && same_group));
            }
        }
        const struct made *free_of = make("infini", NULL, true, SET("segment=5", kind / 6 ? "update=delta" : "update=linear"));
        attend(a->m, 20, x, y);
        attend(free_of->m, 20, x, z);
        assert_memory_equal(y, z, sizeof y); /* values do not depend on it */
        model_free(a->m), model_free(free_of->m);
    }
}

static void gate_learns(void **state)
{
    (void)state;
    const struct made *a = make("infini", NULL, true, SET("segment=5", "gate=0.75", "gate_rate=20"));
    bool found = false;
    for (size_t i = 0; i < a->m->n_parameters; i++) {
        const struct model_parameter *p = &a->m->parameter[i];
        if (strcmp(p->name, "layer 0.attention.beta") != 0) continue;
        found = true;
        assert_true(p->rate == 20 && p->no_decay && p->rows * p->cols == H);
        real x[20 * C], y[20 * C], dy[20 * C], *d = ARENA_ZEROS(memory, real, a->m->n_values);
        check_fill(x, 20 * C, 1, 1), check_fill(dy, 20 * C, 1, 2);
        set_gate(a->m, 0);
        run_layer(a->m, (struct one_layer){.T = 20, .x = x, .y = y, .dy = dy}, d);
        for (size_t h = 0; h < H; h++) assert_true(fabs(d[p->offset + h]) > 1e-3);
    }
    assert_true(found);
    model_free(a->m);
    struct subject s;
    struct model *m;
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    subject_of(&s, "infini", 1, SET("gate=0.75"));
    const struct model_spec spec = {.options = &o, .attention = s.s.attention, .attention_options = s.s.attention_options,
                                    .position = s.s.position, .position_options = s.s.position_options, .vocabulary = 11, .train_length = N};
    assert_int_equal(model_new(&spec, &m), OK);
    assert_true(parameter_of(m, "layer 0.attention.beta", NULL)[0] == 0.75);
    model_free(m);
}

/* Packs, hidden rows, dropout */

static void examples_are_apart(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 2, 7, 8, 9, 10, 29}; /* segments of 9 */
    enum { ROWS = 66 };
    for (int kind = 0; kind < 4; kind++) {
        const struct made *a = make("infini", NULL, kind & 1, SET("segment=9", kind / 2 ? "update=delta" : "update=linear"));
        real x[ROWS * C], y[ROWS * C], dy[ROWS * C], dx[ROWS * C], z[ROWS * C], dz[ROWS * C];
        check_fill(x, ROWS * C, 1, 1), check_fill(dy, ROWS * C, 1, 2);
        const struct pack *p = check_pack(memory, 7, lengths);
        check_layer(a->m, p, x, y, dy, dx, NULL);
        for (size_t e = 0; e < 7; e++) {
            const size_t at = p->offset[e] * C, n = lengths[e] * C;
            run_layer(a->m, (struct one_layer){.T = lengths[e], .x = x + at, .y = z, .dy = dy + at, .dx = dz}, NULL);
            near("alone", y + at, z, n, 1e-12);
            near("its gradient", dx + at, dz, n, 1e-11);
        }
        model_free(a->m);
    }
}

/* Hidden rows count for nothing, in their segment and in memory, whatever they hold. */
static void hidden_rows(void **state)
{
    (void)state;
    const size_t T = 14;
    static const size_t more[] = {1, 5, 16};
    for (int kind = 0; kind < 4; kind++) {
        const struct made *a = make("infini", NULL, kind & 1, SET("segment=5", kind / 2 ? "update=delta" : "update=linear"));
        real x[MOST * C], y[MOST * C], z[MOST * C], w[MOST * C], one[STATE], other[STATE];
        unsigned char valid[MOST];
        check_fill(x, MOST * C, 1, 1);
        attend(a->m, T, x, y);
        for (size_t i = 0; i < 3; i++) {
            memset(valid, 1, T), memset(valid + T, 0, more[i]);
            run_layer(a->m, (struct one_layer){.T = T + more[i], .valid = valid, .x = x, .y = z}, NULL);
            near("rows added behind", z, y, T * C, 1e-12);
        }
        memset(valid, 1, T), valid[0] = valid[6] = valid[12] = 0;
        struct carried left = {.value = one}, too = {.value = other};
        run_layer(a->m, (struct one_layer){.T = T, .valid = valid, .x = x, .y = y, .out = &left}, NULL);
        memcpy(w, x, T * C * sizeof *w);
        for (size_t i = 0; i < T; i++)
            for (size_t c = 0; c < C && !valid[i]; c++) w[i * C + c] = 50 + (real)c;
        run_layer(a->m, (struct one_layer){.T = T, .valid = valid, .x = w, .y = z, .out = &too}, NULL);
        for (size_t i = 0; i < T; i++)
            if (valid[i]) assert_memory_equal(z + i * C, y + i * C, C * sizeof *z);
        assert_memory_equal(one, other, sizeof one);
        model_free(a->m);
    }
}

/* Only A_dot has weights to drop. */
static void dropout_spares_memory(void **state)
{
    (void)state;
    const struct made *a = make("infini", NULL, true, SET("segment=5"));
    real x[20 * C], y[20 * C], z[20 * C], dy[20 * C], dx[20 * C];
    check_fill(x, 20 * C, 1, 1), check_fill(dy, 20 * C, 1, 2);
    for (int open = 0; open < 2; open++) {
        set_gate(a->m, open ? 40 : -40);
        a->m->options.attention_dropout = 0;
        run_layer(a->m, (struct one_layer){.T = 20, .x = x, .y = y, .dy = dy, .dx = dx}, NULL);
        a->m->options.attention_dropout = 0.5;
        run_layer(a->m, (struct one_layer){.T = 20, .x = x, .y = z, .dy = dy, .dx = dx}, NULL);
        if (open) near("memory alone", z, y, 20 * C, 1e-14);
        else assert_memory_not_equal(z, y, sizeof z);
    }
    model_free(a->m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_pass),      cmocka_unit_test(closed_gate_is_local),     cmocka_unit_test(open_gate_is_linear),
        cmocka_unit_test(delta_writes_once),  cmocka_unit_test(parts_are_one_pass),       cmocka_unit_test(streams_are_apart),
        cmocka_unit_test(gradients_end_where_told),                                       cmocka_unit_test(gate_learns),
        cmocka_unit_test(examples_are_apart), cmocka_unit_test(hidden_rows),              cmocka_unit_test(dropout_spares_memory),
    };
    return cmocka_run_group_tests(tests, memory_setup, memory_teardown);
}
