/* test_sparse.c -- Longformer, local attention and Linformer: special cases in which they are vanilla attention, what each
 * row can and cannot reach, all options against the textbook, and work that is counted, not timed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "memory.h"
#include "support.h"
#include "tests/ref/variants.h"

#define C 12 /* width of check_model; 2 heads of 6 */
#define D 6
#define N 24 /* training length */
#define SETTINGS 6

static double apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fabs(a[i] - b[i]) > most || isnan(a[i]) ? fabs(a[i] - b[i]) : most;
    return most;
}

static void near(const char *what, const real *got, const real *want, size_t n, double tolerance)
{
    const double d = apart(got, want, n);
    if (!(d <= tolerance)) fail_msg("%s: %g apart, at most %g", what, d, tolerance);
}

/* A variant with settings, its position replaced by `position` if that is given, as a model of random parameters. */
struct made {
    struct subject subject;
    struct model  *m;
};

static void make_of_length(struct made *out, size_t length, const char *name, const char *position, bool causal, size_t layers,
                           const char *const set[SETTINGS])
{
    size_t n = 0;
    while (set && n < SETTINGS && set[n]) n++;
    subject_of(&out->subject, name, n, set);
    if (position) {
        out->subject.s.position = position_find(position);
        option_defaults(out->subject.s.position->options, out->subject.v.position_options, sizeof out->subject.v.position_options);
    }
    const struct shape shape = {.causal = causal, .train_length = length, .classes = causal ? 0 : 3, .layers = layers};
    out->m = check_model(&out->subject.s, shape, 0.7, 3);
    if (!out->m) fail_msg("%s: %s", name, status_message());
    model_prepare(out->m, 512);
}

static void make(struct made *out, const char *name, const char *position, bool causal, size_t layers, const char *const set[SETTINGS])
{
    make_of_length(out, N, name, position, causal, layers, set);
}
#define SET(...) ((const char *const[SETTINGS]){__VA_ARGS__})

static real *weight_of(const struct model *m, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "layer 0.attention.%s", name);
    real *w = parameter_of(m, full, NULL);
    if (!w) w = parameter_of(m, full + strlen("layer 0."), NULL); /* shared by all layers */
    if (!w) fail_msg("no parameter %s", name);
    return w;
}

/* Every parameter of `to` that `from` has, and global projections from the local ones. */
static void copy_parameters(const struct model *to, const struct model *from)
{
    for (size_t i = 0; i < to->n_parameters; i++) {
        const struct model_parameter *p = &to->parameter[i];
        char name[96];
        snprintf(name, sizeof name, "%s", p->name);
        char *global = strstr(name, "global.");
        if (global) memmove(global, global + strlen("global."), strlen(global + strlen("global.")) + 1);
        const real *w = parameter_of(from, name, NULL);
        if (w) memcpy(to->values + p->offset, w, p->rows * p->cols * sizeof *w);
    }
}

/* One layer on one example; valid may be NULL. */
static void attend(const struct model *m, size_t T, const unsigned char *valid, real *x, real *y)
{
    const size_t mark = arena_mark(memory);
    struct pack *p = check_pack(memory, 1, &T);
    p->valid = valid;
    check_layer(m, p, x, y, NULL, NULL, NULL);
    arena_rewind(memory, mark);
}

/* Is this setting the same function as vanilla with the same positions and parameters?  Lengths 1, 2, 23. */
static void same_as_vanilla(const char *name, const char *position, bool causal, const char *const set[SETTINGS],
                            void (*prepare)(const struct model *m, size_t T))
{
    static const size_t lengths[] = {1, 2, 23};
    static struct made a, b;
    make(&a, name, position, causal, 1, set);
    make(&b, "none", position, causal, 1, NULL);
    copy_parameters(a.m, b.m);
    for (size_t k = 0; k < 3; k++) {
        real x[23 * C], y[23 * C], z[23 * C];
        if (prepare) prepare(a.m, lengths[k]);
        check_fill(x, lengths[k] * C, 1, k);
        attend(a.m, lengths[k], NULL, x, y);
        attend(b.m, lengths[k], NULL, x, z);
        near(set[0], y, z, lengths[k] * C, 1e-12);
    }
    model_free(a.m), model_free(b.m);
}

/* Whole battery */

static void settings_pass(void **state)
{
    (void)state;
    static const struct { const char *name, *set[SETTINGS]; } all[] = {
        {"longformer", {"window=3"}},
        {"longformer", {"window=0", "global=2"}},
        {"longformer", {"window=5", "dilation=[1, 3]", "bias=[q, k, v]"}},
        {"longformer", {"window=2", "dilation=[7]"}},
        {"longformer", {"window=4", "dilation=[2, 5]", "global=3"}},
        {"longformer", {"window=4", "dilation=[2]", "global=5", "separate=false", "bias=[k]"}},
        {"longformer", {"window=9", "schedule=increasing", "dilation=[4]", "dilated_from=1"}},
        {"longformer", {"window=9", "schedule=decreasing", "global=40"}},
        {"local", {"window=3", "bias=[q, v]"}},
        {"local", {"window=0"}},
        {"local", {"form=block", "block=5"}},
        {"local", {"form=block", "block=7", "back=0", "ahead=0"}},
        {"local", {"form=block", "block=1", "back=3", "ahead=2"}},
        {"linformer", {"k=5", "sharing=none", "bias=[q, k, v]"}},
        {"linformer", {"k=1", "sharing=heads"}},
        {"linformer", {"k=7", "sharing=layers"}},
        {"linformer", {"k=5", "projection=mean_pool"}},
        {"linformer", {"k=0", "projection=mean_pool", "stride=4"}},
        {"linformer", {"k=5", "projection=max_pool"}},
        {"linformer", {"k=0", "projection=max_pool", "stride=3"}},
        {"linformer", {"k=0", "projection=conv", "stride=4", "sharing=none"}},
        {"linformer", {"k=0", "projection=conv", "stride=5", "sharing=heads"}},
        {"linformer", {"k=0", "projection=conv", "stride=3", "sharing=kv"}},
        {"linformer", {"k=0", "projection=conv", "stride=2", "sharing=layers"}},
    };
    static const char *const turns[] = {"rope", "alibi"};
    static struct subject s;
    static struct check_report r;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = 0;
        while (n < SETTINGS && all[i].set[n]) n++;
        subject_of(&s, all[i].name, n, all[i].set);
        if (s.s.attention->can & CAN_ROTATE) {
            s.s.position = position_find(turns[i % 2]);
            option_defaults(s.s.position->options, s.v.position_options, sizeof s.v.position_options);
        }
        check_variant(&s.s, true, &r);
        for (size_t k = 0; k < r.n; k++)
            if (!r.row[k].pass) print_error("%s %s: %s: %g\n", all[i].name, all[i].set[0], r.row[k].name, r.row[k].measured);
        assert_true(r.n >= 10);
        assert_int_equal(r.failed, 0);
    }
}

/* Longformer and local */

static void wide_windows_are_vanilla(void **state)
{
    (void)state;
    static const char *const schemes[] = {"none", "rope", "alibi"};
    for (size_t k = 0; k < 3; k++) {
        for (int causal = 0; causal < 2; causal++) {
            same_as_vanilla("longformer", schemes[k], causal, SET("window=22"), NULL);
            same_as_vanilla("longformer", schemes[k], causal, SET("window=1000", "schedule=increasing"), NULL);
            same_as_vanilla("local", schemes[k], causal, SET("window=22"), NULL);
            same_as_vanilla("local", schemes[k], causal, SET("form=block", "block=23"), NULL);
            same_as_vanilla("local", schemes[k], causal, SET("form=block", "block=4", "back=5", "ahead=5"), NULL);
        }
        same_as_vanilla("longformer", schemes[k], false, SET("window=1", "global=23"), NULL);
        same_as_vanilla("longformer", schemes[k], false, SET("window=0", "global=1000"), NULL);
        same_as_vanilla("longformer", schemes[k], false, SET("window=0", "global=23", "separate=false", "dilation=[3]"), NULL);
        same_as_vanilla("longformer", schemes[k], false, SET("window=22", "global=4"), NULL); /* each key once */
    }
}

static void global_projections_begin_as_copies(void **state)
{
    (void)state;
    static struct made a;
    struct model *fresh;
    make(&a, "longformer_cls", NULL, false, 2, SET("bias=[q, k, v]"));
    const struct model_spec spec = a.m->spec;
    assert_int_equal(model_new(&spec, &fresh), OK);
    static const char *const names[] = {"q", "k", "v", "q.bias", "k.bias", "v.bias"};
    for (size_t layer = 0; layer < 2; layer++) {
        for (size_t k = 0; k < 6; k++) {
            char own[64], global[64];
            size_t n = 0;
            snprintf(own, sizeof own, "layer %zu.attention.%s", layer, names[k]);
            snprintf(global, sizeof global, "layer %zu.attention.global.%s", layer, names[k]);
            const real *w = parameter_of(fresh, own, &n), *g = parameter_of(fresh, global, NULL);
            assert_non_null(g);
            assert_true(w != g);
            assert_memory_equal(w, g, n * sizeof *w);
        }
    }
    model_free(fresh), model_free(a.m);
}

/* Row d i + r of an interleaved sequence sees what row i of stream r sees undilated. */
static void dilation_is_interleaved_streams(void **state)
{
    (void)state;
    enum { T = 41 };
    static const char *const dilations[] = {"dilation=[2]", "dilation=[3]", "dilation=[7]"};
    static const size_t steps[] = {2, 3, 7};
    for (size_t k = 0; k < 3; k++) {
        for (int causal = 0; causal < 2; causal++) {
            static struct made a, b;
            make(&a, "longformer", "none", causal, 1, SET("window=2", dilations[k]));
            make(&b, "longformer", "none", causal, 1, SET("window=2"));
            real x[T * C], y[T * C], part[T * C], want[T * C];
            check_fill(x, T * C, 1, k);
            attend(a.m, T, NULL, x, y);
            for (size_t r = 0; r < steps[k]; r++) {
                size_t n = 0;
                for (size_t i = r; i < T; i += steps[k]) memcpy(part + n++ * C, x + i * C, C * sizeof *x);
                attend(b.m, n, NULL, part, want);
                for (size_t i = 0; i < n; i++) near(dilations[k], y + (r + i * steps[k]) * C, want + i * C, C, 1e-13);
            }
            model_free(a.m), model_free(b.m);
        }
    }
}

/* The gradient of row `row` of `layers` layers, one on another, for every row of x: is it 0? */
static void reached(const struct model *m, size_t first_layer, size_t layers, size_t T, size_t row, bool out[])
{
    const size_t mark = arena_mark(memory);
    tape tp;
    struct pass p;
    tape_init(&tp, memory, kernel_choose(NULL), true);
    real *x = ARENA_ARRAY(memory, real, T * C), *dx = ARENA_ZEROS(memory, real, T * C);
    check_fill(x, T * C, 1, 4);
    const struct pass_request rq = {.tape = &tp, .pack = check_pack(memory, 1, &T), .test_length = T};
    node *y = tape_leaf(&tp, T, C, x, dx);
    for (size_t l = first_layer; l < first_layer + layers; l++) y = model_attention(m, &rq, &p, l, y);
    for (size_t c = 0; c < C; c++) tape_grad(&tp, y)[row * C + c] = 1 + 0.1 * (real)c;
    tape_backward(&tp, tape_leaf(&tp, 1, 1, ARENA_ZEROS(memory, real, 1), ARENA_ZEROS(memory, real, 1)), 0);
    for (size_t i = 0; i < T; i++) {
        out[i] = false;
        for (size_t c = 0; c < C; c++) out[i] = out[i] || dx[i * C + c] != 0;
    }
    arena_rewind(memory, mark);
}

/* Each layer's window, one by one, and the sum of all. */
static void schedules(void **state)
{
    (void)state;
    static const struct { const char *set; size_t window[4]; } known[] = {
        {"schedule=fixed", {11, 11, 11, 11}}, {"schedule=increasing", {1, 2, 5, 11}}, {"schedule=decreasing", {11, 5, 2, 1}}};
    enum { T = 100, AT = 50 };
    for (size_t k = 0; k < 3; k++) {
        for (int causal = 0; causal < 2; causal++) {
            static struct made a;
            bool sees[T];
            size_t sum = 0;
            make(&a, "longformer", "none", causal, 4, SET("window=11", known[k].set));
            for (size_t i = 0; i < a.m->n_values; i++) a.m->values[i] *= 0.4; /* so that no weight of four layers is exactly 0 */
            for (size_t l = 0; l < 4; l++) {
                const size_t w = known[k].window[l];
                sum += w;
                reached(a.m, l, 1, T, AT, sees);
                for (size_t i = 0; i < T; i++) assert_int_equal(sees[i], i + w >= AT && i <= (causal ? AT : AT + w));
            }
            reached(a.m, 0, 4, T, AT, sees);
            for (size_t i = 0; i < T; i++) assert_int_equal(sees[i], i + sum >= AT && i <= (causal ? AT : AT + sum));
            model_free(a.m);
        }
    }
}

/* Head 1 alone is dilated, from layer 1 on; nothing beyond the sum of w d has any gradient. */
static void receptive_field(void **state)
{
    (void)state;
    static struct made a;
    enum { T = 100, AT = 60 };
    bool sees[T];
    make(&a, "longformer", "rope", true, 2, SET("window=4", "dilation=[1, 6]", "dilated_from=1"));
    reached(a.m, 0, 1, T, AT, sees);
    for (size_t i = 0; i < T; i++) assert_int_equal(sees[i], i <= AT && i + 4 >= AT);
    reached(a.m, 1, 1, T, AT, sees);
    for (size_t i = 0; i < T; i++) assert_int_equal(sees[i], i <= AT && (i + 4 >= AT || (i + 24 >= AT && (AT - i) % 6 == 0)));
    reached(a.m, 0, 2, T, AT, sees);
    for (size_t i = 0; i < T; i++)
        if (i > AT || i + 4 + 24 < AT) assert_false(sees[i]);
    assert_true(sees[AT - 28] && sees[AT]);
    model_free(a.m);
}

/* With cls pooling row 0 is the CLS row: made global, it sees the last token in one layer. */
static void cls_sees_everything(void **state)
{
    (void)state;
    for (int global = 0; global < 2; global++) {
        static struct subject s;
        struct model_options o;
        struct model *m;
        subject_of(&s, "longformer", 2, SET("window=2", global ? "global=1" : "global=0"));
        option_defaults(model_option_table, &o, sizeof o);
        o.width = C, o.heads = 2, o.layers = 1, o.pooling = POOL_CLS;
        const struct model_spec spec = {.options = &o, .attention = s.s.attention, .attention_options = s.s.attention_options,
                                        .position = s.s.position, .position_options = s.s.position_options, .vocabulary = 11,
                                        .classes = 3, .train_length = 40, .seed = 1};
        assert_int_equal(model_new(&spec, &m), OK);
        const size_t T = 40, mark = arena_mark(memory);
        struct pack *pack = check_pack(memory, 1, &T);
        int32_t *token = (int32_t *)(uintptr_t)pack->token;
        real logits[2][3];
        for (int k = 0; k < 2; k++) {
            tape tp;
            struct pass p;
            token[T - 1] = k;
            tape_init(&tp, memory, kernel_choose(NULL), false);
            const struct pass_request rq = {.tape = &tp, .pack = pack, .test_length = T};
            memcpy(logits[k], model_logits(m, &rq, &p)->val, sizeof logits[k]);
        }
        assert_int_equal(apart(logits[0], logits[1], 3) > 0, global);
        arena_rewind(memory, mark);
        model_free(m);
    }
}

/* Rows that are hidden change nothing, where the other rows' weights do not depend on how many there are. */
static void hidden_rows_change_nothing(void **state)
{
    (void)state;
    static const struct { const char *name, *set[SETTINGS]; } kinds[] = {
        {"longformer", {"window=3"}},
        {"longformer", {"window=3", "dilation=[2, 3]", "global=2"}},
        {"local", {"window=4"}},
        {"local", {"form=block", "block=4"}},
        {"linformer", {"k=5", "sharing=none"}},
        {"linformer", {"k=0", "stride=4", "projection=mean_pool"}},
        {"linformer", {"k=0", "stride=4", "projection=max_pool"}},
        {"linformer", {"k=0", "stride=4", "projection=conv"}},
    };
    enum { T = 13, MORE = 9 };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        static struct made a;
        real x[(T + MORE) * C], y[T * C], z[(T + MORE) * C];
        unsigned char valid[T + MORE] = {0};
        memset(valid, 1, T);
        make(&a, kinds[k].name, "none", false, 1, kinds[k].set);
        check_fill(x, (T + MORE) * C, 1, 5);
        attend(a.m, T, NULL, x, y);
        attend(a.m, T + MORE, valid, x, z);
        near(kinds[k].set[1] ? kinds[k].set[1] : kinds[k].name, z, y, T * C, 1e-12);
        memset(valid, 0, T); /* and with nothing to see at all, nothing is seen and nothing breaks */
        attend(a.m, T, valid, x, y);
        for (size_t i = 0; i < T * C; i++) assert_true(isfinite(y[i]));
        model_free(a.m);
    }
}

/* Linformer */

/* E (and F) the identity of T rows, k = 23 columns; rows beyond T are noise that nobody may read. */
static void identity(const struct model *m, size_t T)
{
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct model_parameter *p = &m->parameter[i];
        const char *last = p->name + strlen(p->name) - 2;
        if (strcmp(last, ".E") != 0 && strcmp(last, ".F") != 0) continue;
        for (size_t j = 0; j < p->rows; j++)
            for (size_t c = 0; c < p->cols; c++) m->values[p->offset + j * p->cols + c] = j >= T ? 99 : j == c % T;
    }
}

static void linformer_of_the_identity_is_vanilla(void **state)
{
    (void)state;
    static const char *const sharing[] = {"sharing=none", "sharing=heads", "sharing=kv", "sharing=layers"};
    for (size_t k = 0; k < 4; k++) {
        for (size_t T = 1; T <= N; T += 23) { /* k = T: the lengths 1 and N */
            static struct made a, b;
            char slots[16];
            snprintf(slots, sizeof slots, "k=%zu", T);
            make(&a, "linformer", "none", false, 1, SET(slots, sharing[k]));
            make(&b, "none", "none", false, 1, NULL);
            copy_parameters(a.m, b.m);
            identity(a.m, T);
            real x[N * C], y[N * C], z[N * C];
            check_fill(x, T * C, 1, 6);
            attend(a.m, T, NULL, x, y);
            attend(b.m, T, NULL, x, z);
            near(sharing[k], y, z, T * C, 1e-12);
            model_free(a.m), model_free(b.m);
        }
    }
}

static void all_ones(const struct model *m, size_t T)
{
    (void)T;
    real *w = weight_of(m, "E");
    w[0] = 1;
}

static void stride_one_is_vanilla(void **state)
{
    (void)state;
    same_as_vanilla("linformer", "none", false, SET("projection=mean_pool", "k=0", "stride=1"), NULL);
    same_as_vanilla("linformer", "none", false, SET("projection=max_pool", "k=0", "stride=1"), NULL);
    same_as_vanilla("linformer", "none", false, SET("projection=mean_pool", "k=23"), NULL);
    same_as_vanilla("linformer", "none", false, SET("projection=max_pool", "k=1000"), NULL);
    same_as_vanilla("linformer", "none", false, SET("projection=conv", "k=0", "stride=1"), all_ones);
    same_as_vanilla("linformer", "none", false, SET("projection=conv", "k=0", "stride=1", "sharing=layers"), all_ones);
}

/* Blocks of equal rows: pooled, they are vanilla on one row of each. */
static void constant_blocks(void **state)
{
    (void)state;
    static const char *const kinds[][3] = {
        {"projection=mean_pool", "k=0", "stride=4"}, {"projection=max_pool", "k=0", "stride=4"}, {"projection=mean_pool", "k=6"}, {"projection=max_pool", "k=6"}};
    for (size_t k = 0; k < 4; k++) {
        static struct made a, b;
        real x[24 * C], few[6 * C], y[24 * C], z[6 * C];
        make(&a, "linformer", "none", false, 1, SET(kinds[k][0], kinds[k][1], kinds[k][2]));
        make(&b, "none", "none", false, 1, NULL);
        copy_parameters(a.m, b.m);
        check_fill(few, 6 * C, 1, 7);
        for (size_t i = 0; i < 24; i++) memcpy(x + i * C, few + i / 4 * C, C * sizeof *x);
        attend(a.m, 24, NULL, x, y);
        attend(b.m, 6, NULL, few, z);
        for (size_t i = 0; i < 24; i++) near(kinds[k][0], y + i * C, z + i / 4 * C, C, 1e-12);
        model_free(a.m), model_free(b.m);
    }
}

/* An example of T rows reads and teaches the first T rows of E alone. */
static void short_inputs_use_the_first_rows(void **state)
{
    (void)state;
    static struct made a;
    enum { T = 10 };
    make(&a, "linformer", "none", false, 1, SET("k=5"));
    real x[T * C], y[T * C], z[T * C], dx[T * C], *E = weight_of(a.m, "E"), *g = calloc(a.m->n_values, sizeof *g);
    const size_t t = T;
    check_fill(x, T * C, 1, 8);
    check_layer(a.m, check_pack(memory, 1, &t), x, y, x, dx, g);
    const real *dE = g + (E - a.m->values);
    for (size_t i = 0; i < N * 5; i++) assert_int_equal(dE[i] != 0, i < T * 5);
    for (size_t i = T * 5; i < N * 5; i++) E[i] = NAN;
    attend(a.m, T, NULL, x, z);
    assert_memory_equal(y, z, sizeof y);
    free(g);
    model_free(a.m);
}

static void sharing_counts(void **state)
{
    (void)state;
    enum { L = 3, H = 2, K = 5 };
    static const struct { const char *set; size_t values, stride_values; } known[] = {
        {"sharing=none", 2 * H * L * N * K, 2 * H * L * 4}, {"sharing=heads", 2 * L * N * K, 2 * L * 4},
        {"sharing=kv", L * N * K, L * 4},                   {"sharing=layers", N * K, 4}};
    static struct made a;
    make(&a, "none", NULL, false, L, NULL);
    const size_t vanilla = model_size(a.m);
    model_free(a.m);
    for (size_t k = 0; k < 4; k++) {
        make(&a, "linformer", "none", false, L, SET("k=5", known[k].set));
        assert_int_equal(model_size(a.m) - vanilla, known[k].values);
        model_free(a.m);
        make(&a, "linformer", "none", false, L, SET("k=0", "projection=conv", "stride=4", known[k].set));
        assert_int_equal(model_size(a.m) - vanilla, known[k].stride_values);
        model_free(a.m);
    }
}

/* The battery stops at the training length, 24; here are longer ones, and lengths at the edges of tiles. */
static void long_matrices(void **state)
{
    (void)state;
    static const char *const sharing[] = {"sharing=none", "sharing=heads", "sharing=kv", "sharing=layers"};
    static const size_t lengths[] = {31, 33, 64, 65, 130};
    for (size_t k = 0; k < 4; k++) {
        static struct made a;
        make_of_length(&a, 130, "linformer", NULL, false, 2, SET("k=50", sharing[k]));
        for (size_t i = 0; i < a.m->n_values; i++) a.m->values[i] *= 0.4;
        for (size_t n = 0; n < 5; n++) {
            real x[130 * C], y[130 * C], want[130 * C];
            check_fill(x, lengths[n] * C, 1, n);
            attend(a.m, lengths[n], NULL, x, y);
            ref_attention(a.m, 0, lengths[n], 0, x, want);
            near(sharing[k], y, want, lengths[n] * C, 1e-11);
        }
        model_free(a.m);
    }
}

/* With cls pooling an example of the training length has one row more. */
static void matrix_has_room_for_cls(void **state)
{
    (void)state;
    static struct subject s;
    struct model_options o;
    struct model *m;
    subject_of(&s, "linformer", 1, SET("k=5"));
    option_defaults(model_option_table, &o, sizeof o);
    o.width = C, o.heads = 2, o.layers = 2, o.pooling = POOL_CLS;
    const struct model_spec spec = {.options = &o, .attention = s.s.attention, .attention_options = s.s.attention_options,
                                    .position = s.s.position, .position_options = s.s.position_options, .vocabulary = 11,
                                    .classes = 3, .train_length = N, .seed = 1};
    assert_int_equal(model_new(&spec, &m), OK);
    size_t n;
    assert_non_null(parameter_of(m, "layer 1.attention.E", &n));
    assert_int_equal(n, (N + 1) * 5);
    const size_t T = N;
    assert_true(isfinite(check_loss(m, check_pack(memory, 1, &T), NULL)));
    model_free(m);
}

/* What is impossible is refused in a sentence. */
static void refusals(void **state)
{
    (void)state;
    static const struct { const char *name; bool causal; const char *set[SETTINGS], *says; } wrong[] = {
        {"longformer", true, {"global=1"}, "cannot have any"},
        {"longformer", false, {"dilation=[1, 2, 3]"}, "3 numbers for 2 heads"},
        {"longformer", false, {"dilation=[]"}, "0 numbers for 2 heads"},
        {"linformer", true, {NULL}, "see the future"},
        {"linformer", false, {"stride=4"}, "no stride"},
        {"linformer", false, {"k=0"}, "number of columns"},
        {"linformer", false, {"projection=mean_pool", "stride=4"}, "not both"},
        {"linformer", false, {"projection=max_pool", "k=0"}, "want k or stride"},
        {"linformer", false, {"projection=conv"}, "as many weights as its stride"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        static struct subject s;
        size_t n = 0;
        while (n < SETTINGS && wrong[k].set[n]) n++;
        subject_of(&s, wrong[k].name, n, wrong[k].set);
        const struct shape shape = {.causal = wrong[k].causal, .train_length = N, .classes = wrong[k].causal ? 0 : 3, .layers = 1};
        assert_null(check_model(&s.s, shape, 0.4, 1));
        if (!strstr(status_message(), wrong[k].says)) fail_msg("\"%s\" does not say \"%s\"", status_message(), wrong[k].says);
    }
    static struct made a;
    make(&a, "linformer", NULL, false, 1, NULL);
    assert_null(model_refuses_length(a.m, N));
    assert_non_null(model_refuses_length(a.m, N + 1));
    model_free(a.m);
    make(&a, "linformer", NULL, false, 1, SET("projection=mean_pool"));
    assert_null(model_refuses_length(a.m, 100 * N));
    model_free(a.m);
    assert_false(attention_find("linformer")->can & (CAN_CAUSAL | CAN_ROTATE | CAN_TERM));
}

/* Work, counted: the kernel shows every tile that it computes to a score term. */

static double tile_scores;

static void count_tile(const struct score_term *t, const struct score_tile *at, real *scores)
{
    (void)t, (void)scores;
    tile_scores += (double)(at->queries * at->keys);
}
static const struct score_term counting_term = {.add = count_tile};
static const struct score_term *term_that_counts(struct pass *p, const void *self)
{
    (void)p, (void)self;
    return &counting_term;
}
static const struct position counting = {.name = "counting", .can = CAN_CAUSAL | CAN_BIDIRECTIONAL, .term = term_that_counts};

/* Scores of all tiles of one layer on T rows, and the bytes its tape takes. */
static double scores_of(const char *name, bool causal, size_t T, const char *const set[SETTINGS], double *bytes)
{
    static struct made a;
    make(&a, name, "none", causal, 1, set);
    a.m->spec.position = &counting;
    const size_t mark = arena_mark(memory);
    tape tp;
    struct pass p;
    tape_init(&tp, memory, kernel_choose(NULL), true);
    const struct pass_request rq = {.tape = &tp, .pack = check_pack(memory, 1, &T), .test_length = T};
    real *x = ARENA_ZEROS(memory, real, T * C);
    const size_t before = arena_used(memory);
    tile_scores = 0;
    arena_reset_peak(memory);
    (void)model_attention(a.m, &rq, &p, 0, tape_leaf(&tp, T, C, x, NULL));
    *bytes = (double)(arena_peak(memory) - before);
    arena_rewind(memory, mark);
    a.m->spec.position = position_find("none");
    model_free(a.m);
    return tile_scores;
}

static void work_is_linear(void **state)
{
    (void)state;
    static const struct { const char *name; bool causal; const char *set[SETTINGS]; double keys; } kinds[] = {
        {"longformer", true, {"window=128"}, 129},
        {"longformer", false, {"window=128"}, 257},
        {"longformer", false, {"window=128", "global=1"}, 259},
        {"longformer", true, {"window=128", "dilation=[4]"}, 129},
        {"longformer", false, {"window=32", "dilation=[2, 16]"}, 65},
        {"longformer", false, {"window=64", "dilation=[4]", "global=1"}, 131},
        {"local", true, {"window=128"}, 129},
        {"local", false, {"form=block", "block=64"}, 192},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double bytes[2];
        const double at_4k = scores_of(kinds[k].name, kinds[k].causal, 4096, kinds[k].set, &bytes[0]);
        const double at_16k = scores_of(kinds[k].name, kinds[k].causal, 16384, kinds[k].set, &bytes[1]);
        const double per_row = at_16k / (16384 * 2); /* of each of two heads */
        /* 4 but for the rows near both ends, whose windows are cut: dilated, more of 4,096 rows than of 16,384 */
        if (at_16k > 4.25 * at_4k || bytes[1] > 4.1 * bytes[0])
            fail_msg("%s, %s: %g times the scores and %g times the bytes for 4 times the rows", kinds[k].name, kinds[k].set[0],
                     at_16k / at_4k, bytes[1] / bytes[0]);
        /* besides the window: one tile's width on either side, and a whole tile for the global row */
        if (per_row < 0.9 * kinds[k].keys - 10 || per_row > kinds[k].keys + 64 + 2 * 32 + 64)
            fail_msg("%s, %s %s: %g scores for each row, of which it sees %g", kinds[k].name, kinds[k].set[0], kinds[k].set[1] ? kinds[k].set[1] : "",
                     per_row, kinds[k].keys);
    }
}

/* flops() counts the pairs that are seen, and for Linformer grows by 4 when the rows do. */
static void flops_by_counting(void **state)
{
    (void)state;
    static const struct { size_t g, w, d[2], back, block; const char *name, *set[SETTINGS]; } kinds[] = {
        {0, 3, {1, 1}, 0, 0, "longformer", {"window=3"}},
        {0, 5, {2, 7}, 0, 0, "longformer", {"window=5", "dilation=[2, 7]"}},
        {4, 5, {2, 3}, 0, 0, "longformer", {"window=5", "dilation=[2, 3]", "global=4", "separate=false"}},
        {0, 6, {1, 1}, 0, 0, "local", {"window=6"}},
        {0, 0, {1, 1}, 1, 5, "local", {"form=block", "block=5"}},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (int causal = 0; causal < 2; causal++) {
            if (causal && kinds[k].g) continue;
            for (size_t T = 1; T < 50; T += 6) {
                static struct made a, none;
                make(&a, kinds[k].name, "none", causal, 1, kinds[k].set);
                make(&none, "none", "none", causal, 1, NULL);
                const size_t g = kinds[k].g < T ? kinds[k].g : T, b = kinds[k].block;
                double pairs = 0, all = causal ? (double)(T * (T + 1) / 2) : (double)(T * T);
                for (size_t h = 0; h < 2; h++)
                    for (size_t i = 0; i < T; i++)
                        for (size_t j = g; j < T; j++) {
                            const size_t away = i > j ? i - j : j - i;
                            const bool window = b ? (i / b > j / b ? i / b - j / b : j / b - i / b) <= kinds[k].back
                                                  : away <= kinds[k].w * kinds[k].d[h] && away % kinds[k].d[h] == 0;
                            pairs += window && (!causal || j <= i) ? 0.5 : 0;
                        }
                pairs += 2.0 * (double)(g * T);
                const double got = model_flops(a.m, T) - model_flops(none.m, T), want = 4 * C * (pairs - all);
                if (fabs(got - want) > 1e-6 * fabs(want) + 1e-6) fail_msg("%s, %zu rows: %g operations more than vanilla, wanted %g", kinds[k].name, T, got, want);
                model_free(a.m), model_free(none.m);
            }
        }
    }
    static struct made a;
    make_of_length(&a, 16384, "linformer", "none", false, 1, SET("k=128"));
    double one[3]; /* the head of the model does not grow; differences are of the layer alone */
    for (size_t i = 0; i < 3; i++) one[i] = model_flops(a.m, 4096 << i);
    assert_true(fabs((one[2] - one[1]) / (one[1] - one[0]) - 2) < 1e-12);
    model_free(a.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_pass),                        cmocka_unit_test(wide_windows_are_vanilla),
        cmocka_unit_test(global_projections_begin_as_copies),   cmocka_unit_test(dilation_is_interleaved_streams),
        cmocka_unit_test(schedules),                            cmocka_unit_test(receptive_field),
        cmocka_unit_test(cls_sees_everything),                  cmocka_unit_test(hidden_rows_change_nothing),
        cmocka_unit_test(linformer_of_the_identity_is_vanilla), cmocka_unit_test(stride_one_is_vanilla),
        cmocka_unit_test(constant_blocks),                      cmocka_unit_test(short_inputs_use_the_first_rows),
        cmocka_unit_test(sharing_counts),                       cmocka_unit_test(long_matrices),
        cmocka_unit_test(matrix_has_room_for_cls),              cmocka_unit_test(refusals),
        cmocka_unit_test(work_is_linear),                       cmocka_unit_test(flops_by_counting),
    };
    return cmocka_run_group_tests(tests, memory_setup, memory_teardown);
}
