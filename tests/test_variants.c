/* test_variants.c -- each preset passes every check; what the papers' formulas say of special cases; and checks that can
 * fail: attentions broken on purpose are caught. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "memory.h"
#include "support.h"
#include "variants/attention/heads.h"

#define C 12 /* width of check_model; 2 heads of 6 */
#define D 6
#define N 24 /* training length */

static struct subject one, two;

static void near(const char *what, const real *got, const real *want, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance)) fail_msg("%s, value %zu: got %.15g, wanted %.15g", what, i, got[i], want[i]);
}

static double apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static struct model *model_of(struct subject *s, const char *name, const char *setting, bool causal)
{
    subject_of(s, name, setting ? 1 : 0, &setting);
    struct model *m = check_model(&s->s, (struct shape){.causal = causal, .train_length = N, .classes = causal ? 0 : 3, .layers = 1}, 0.7, 3);
    if (!m) fail_msg("%s: %s", name, status_message());
    return m;
}

static real *weight_of(const struct model *m, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "layer 0.attention.%s", name);
    real *w = parameter_of(m, full, NULL);
    if (!w) fail_msg("no parameter %s", full);
    return w;
}

static void clear_weight(const struct model *m, const char *name, size_t n)
{
    memset(weight_of(m, name), 0, n * sizeof(real));
}

/* The layer on one example whose first row stands at `first`. */
static void attend(const struct model *m, size_t T, ptrdiff_t first, real *x, real *y)
{
    const size_t mark = arena_mark(memory);
    struct pack *p = check_pack(memory, 1, &T);
    p->first = &first;
    check_layer(m, p, x, y, NULL, NULL, NULL);
    arena_rewind(memory, mark);
}

/* Whole list */

static void check_all_rows(const char *name, const struct check_subject *s)
{
    struct check_report r;
    check_variant(s, true, &r);
    assert_true(r.n >= 10);
    for (size_t i = 0; i < r.n; i++)
        if (!r.row[i].pass) print_error("%s: %s: %g, at most %g\n", name, r.row[i].name, r.row[i].measured, r.row[i].tolerance);
    assert_int_equal(r.failed, 0);
}

static void presets_pass(void **state)
{
    (void)state;
    for (const struct preset *p = presets; p->name; p++) {
        subject_of(&one, p->name, 0, NULL);
        check_all_rows(p->name, &one.s);
    }
}

/* Options that no preset sets, and every attention with every position it takes. */
static void options_pass(void **state)
{
    (void)state;
    static const char *const settings[][3] = {
        {"vanilla", "bias=[q, k, v]", "log_n=test"}, {"keynorm", "learned=true", "bias=[k]"}, {"querynorm", "scale=2.5", "log_n=train"},
        {"cosine", "learned=true", "log_n=test"},    {"learned", "beyond=tile", "rows=10"},   {"learned", "beyond=clamp", "rows=10"},
        {"learned", "beyond=interpolate", "rows=10"}, {"rope", "base=100", "bias=[v]"},       {"sinusoidal", "scale=1", "base=50"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        subject_of(&one, settings[i][0], 2, settings[i] + 1);
        check_all_rows(settings[i][1], &one.s);
    }
    for (size_t a = 0; attentions[a]; a++) {
        for (size_t q = 0; positions[q]; q++) {
            subject_of(&one, attentions[a]->name, 0, NULL);
            subject_of(&two, "none", 0, NULL);
            const struct position *s = positions[q];
            if (attentions[a]->can & CAN_OWN_POSITIONS && (s->add || s->rotate || s->term)) continue;
            if ((s->rotate && !(attentions[a]->can & CAN_ROTATE)) || (s->term && !(attentions[a]->can & CAN_TERM))) continue;
            option_defaults(s->options, two.v.position_options, sizeof two.v.position_options);
            one.s.attention = attentions[a];
            option_defaults(attentions[a]->options, one.v.attention_options, sizeof one.v.attention_options);
            one.s.position = s;
            one.s.position_options = two.v.position_options;
            check_all_rows(s->name, &one.s);
        }
    }
}

/* Vanilla (variants' oracles) */

static void no_order_without_positions(void **state)
{
    (void)state;
    static const size_t order[] = {4, 0, 6, 2, 5, 1, 3};
    real x[7 * C], px[7 * C], y[7 * C], py[7 * C], want[7 * C];
    struct model *m = model_of(&one, "none", NULL, false);
    check_fill(x, 7 * C, 1, 1);
    for (size_t i = 0; i < 7; i++) memcpy(px + i * C, x + order[i] * C, C * sizeof *x);
    attend(m, 7, 0, x, y);
    attend(m, 7, 0, px, py);
    for (size_t i = 0; i < 7; i++) memcpy(want + i * C, y + order[i] * C, C * sizeof *y);
    near("permuted", py, want, 7 * C, 1e-13);
    model_free(m);
    static const char *const ordered[] = {"rope", "alibi"};
    for (size_t k = 0; k < 2; k++) {
        m = model_of(&one, ordered[k], NULL, false);
        attend(m, 7, 0, x, y);
        attend(m, 7, 0, px, py);
        for (size_t i = 0; i < 7; i++) memcpy(want + i * C, y + order[i] * C, C * sizeof *y);
        assert_true(apart(py, want, 7 * C) > 1e-3);
        model_free(m);
    }
}

/* (mean of x over `rows` from the first) Wv Wo + bo */
static void through_v_and_o(const struct model *m, const real *x, size_t rows, real *out)
{
    const real *Wv = weight_of(m, "v"), *Wo = weight_of(m, "o"), *bo = weight_of(m, "o.bias");
    real mean[C] = {0}, v[C] = {0};
    for (size_t i = 0; i < rows * C; i++) mean[i % C] += x[i] / (double)rows;
    for (size_t j = 0; j < C; j++)
        for (size_t c = 0; c < C; c++) v[j] += mean[c] * Wv[c * C + j];
    for (size_t j = 0; j < C; j++) {
        out[j] = bo[j];
        for (size_t c = 0; c < C; c++) out[j] += v[c] * Wo[c * C + j];
    }
}

static void one_row_gives_its_value(void **state)
{
    (void)state;
    for (const struct preset *p = presets; p->name; p++) {
        if (!(attention_find(p->attention)->can & CAN_CAUSAL)) continue; /* slots that mix rows are not values */
        for (int causal = 0; causal < 2; causal++) {
            real x[C], y[C], want[C];
            subject_of(&one, p->name, 0, NULL);
            struct model *m = check_model(&one.s, (struct shape){.causal = causal, .train_length = N, .classes = causal ? 0 : 3, .layers = 1}, 0.7, 3);
            if (!m) continue; /* refused in this direction */
            real *global_v = parameter_of(m, "layer 0.attention.global.v", NULL); /* the one row is global */
            if (global_v) memcpy(global_v, weight_of(m, "v"), C * C * sizeof *global_v);
            size_t gates = 0;
            real *beta = parameter_of(m, "layer 0.attention.beta", &gates); /* closed: an empty memory would take its share */
            for (size_t h = 0; h < gates; h++) beta[h] = -40;
            check_fill(x, C, 1, 2);
            attend(m, 1, 0, x, y);
            through_v_and_o(m, x, 1, want);
            near(p->name, y, want, C, 1e-13);
            model_free(m);
        }
    }
}

/* Keys that are all equal (a bias and no weights): every visible value counts the same. */
static void equal_keys_give_the_mean(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "keynorm", "querynorm"};
    for (size_t k = 0; k < 3; k++) {
        for (int causal = 0; causal < 2; causal++) {
            const char *const set[] = {"bias=[k]"};
            real x[9 * C], y[9 * C], want[C];
            subject_of(&one, names[k], 1, set);
            one.s.position = position_find("none");
            struct model *m = check_model(&one.s, (struct shape){.causal = causal, .train_length = N, .classes = causal ? 0 : 3, .layers = 1}, 0.7, 3);
            clear_weight(m, "k", C * C);
            check_fill(x, 9 * C, 1, 3);
            attend(m, 9, 0, x, y);
            for (size_t i = 0; i < 9; i++) {
                through_v_and_o(m, x, causal ? i + 1 : 9, want);
                near(names[k], y + i * C, want, C, 1e-13);
            }
            model_free(m);
        }
    }
}

/* KeyNorm */

/* Let a projection read the first six channels only, or the last six only. */
static void read_only(const struct model *m, const char *name, bool first)
{
    memset(weight_of(m, name) + (first ? 6 * C : 0), 0, 6 * C * sizeof(real));
}

/* Keys that are the input itself, each head of length sqrt(D). */
static void keynorm_of_even_keys_is_vanilla(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"keynorm", "rope"}, {"keynorm", "none"}};
    for (size_t k = 0; k < 2; k++) {
        real x[13 * C], y[13 * C], z[13 * C];
        struct model *m[2];
        check_fill(x, 13 * C, 1, 4);
        for (size_t h = 0; h < 13 * C; h += D) {
            double sum = 0;
            for (size_t c = 0; c < D; c++) sum += x[h + c] * x[h + c];
            for (size_t c = 0; c < D; c++) x[h + c] *= sqrt(D / sum);
        }
        for (size_t side = 0; side < 2; side++) {
            subject_of(&one, pairs[k][side], 0, NULL);
            one.s.position = position_find(pairs[k][1]);
            m[side] = check_model(&one.s, (struct shape){.causal = true, .train_length = N, .layers = 1}, 0.7, 3);
            real *Wk = weight_of(m[side], "k");
            for (size_t i = 0; i < C * C; i++) Wk[i] = i / C == i % C;
            attend(m[side], 13, 0, x, side ? z : y);
        }
        near("keynorm", y, z, 13 * C, 1e-11);
        x[3 * C] *= 2; /* a longer key: no longer the same */
        attend(m[0], 13, 0, x, y);
        attend(m[1], 13, 0, x, z);
        assert_true(apart(y, z, 13 * C) > 1e-4);
        model_free(m[0]), model_free(m[1]);
    }
}

/* Scale one key, then one query, by 3.7: what is normalised does not notice, the rest does. */
static void scaling_one_row(void **state)
{
    (void)state;
    static const struct { const char *name; bool key, query; } kinds[] = {
        {"keynorm", true, false}, {"querynorm", false, true}, {"cosine", true, true}, {"rope", false, false}};
    for (size_t k = 0; k < 4; k++) {
        for (int query = 0; query < 2; query++) {
            for (int causal = 0; causal < 2; causal++) {
                real x[9 * C], y[9 * C], z[9 * C];
                struct model *m = model_of(&one, kinds[k].name, NULL, causal);
                check_fill(x, 9 * C, 1, 5);
                read_only(m, query ? "q" : "k", true);
                read_only(m, query ? "k" : "q", false);
                read_only(m, "v", false);
                attend(m, 9, 0, x, y);
                for (size_t c = 0; c < 6; c++) x[3 * C + c] *= 3.7;
                attend(m, 9, 0, x, z);
                if (query ? kinds[k].query : kinds[k].key) near(kinds[k].name, z, y, 9 * C, 1e-11);
                else assert_true(apart(y, z, 9 * C) > 1e-4);
                model_free(m);
            }
        }
    }
}

/* log n */

static void log_n_at_the_training_length(void **state)
{
    (void)state;
    static const char *const hosts[] = {"none", "rope", "keynorm", "cosine"};
    for (size_t k = 0; k < 4; k++) {
        real x[4 * N * C], y[4 * N * C], z[4 * N * C], w[4 * N * C];
        struct model *off = model_of(&one, hosts[k], NULL, false), *train = model_of(&two, hosts[k], "log_n=train", false);
        static struct subject third;
        struct model *test = model_of(&third, hosts[k], "log_n=test", false);
        model_prepare(off, 4 * N), model_prepare(train, 4 * N), model_prepare(test, 4 * N);
        check_fill(x, 4 * N * C, 1, 6);
        attend(off, N, 0, x, y); /* n = N: the factor is 1 */
        attend(train, N, 0, x, z);
        attend(test, N, 0, x, w);
        near("log_n: train at N", z, y, N * C, 1e-12);
        near("log_n: test at N", w, y, N * C, 1e-12);
        attend(off, N / 4, 0, x, y); /* shorter: train shrinks, test does not */
        attend(train, N / 4, 0, x, z);
        attend(test, N / 4, 0, x, w);
        assert_true(apart(y, z, N / 4 * C) > 1e-4);
        near("log_n: test below N", w, y, N / 4 * C, 1e-12);
        attend(off, 4 * N, 0, x, y); /* longer: both sharpen alike */
        attend(train, 4 * N, 0, x, z);
        attend(test, 4 * N, 0, x, w);
        assert_true(apart(y, z, 4 * N * C) > 1e-4);
        near("log_n: test beyond N", w, z, 4 * N * C, 1e-12);
        model_free(off), model_free(train), model_free(test);
    }
}

/* Causal, without positions: row i is as if its query were ln(i + 1) / ln N times as long. */
static void log_n_of_a_causal_row(void **state)
{
    (void)state;
    real x[N * C], y[N * C], z[N * C];
    struct model *train = model_of(&one, "none", "log_n=train", true), *off = model_of(&two, "none", NULL, true);
    real *Wq = weight_of(off, "q");
    check_fill(x, N * C, 1, 7);
    attend(train, N, 0, x, y);
    double by = 1;
    for (size_t i = 0; i < N; i++) {
        const double t = log(fmax(2, (double)i + 1)) / log(N);
        for (size_t c = 0; c < C * C; c++) Wq[c] *= t / by;
        by = t;
        attend(off, N, 0, x, z);
        near("row", y + i * C, z + i * C, C, 1e-11);
    }
    model_free(train), model_free(off);
}

/* RoPE and biases */

static void copy_parameters(const struct model *to, const struct model *from)
{
    for (size_t i = 0; i < from->n_parameters; i++) {
        real *w = parameter_of(to, from->parameter[i].name, NULL);
        if (!w) fail_msg("no %s", from->parameter[i].name);
        memcpy(w, from->values + from->parameter[i].offset, from->parameter[i].rows * from->parameter[i].cols * sizeof *w);
    }
}

static void zero_biases_are_rope(void **state)
{
    (void)state;
    real x[17 * C], y[17 * C], z[17 * C];
    struct model *bias = model_of(&one, "rope_bias", NULL, true), *rope = model_of(&two, "rope", NULL, true);
    copy_parameters(bias, rope);
    check_fill(x, 17 * C, 1, 8);
    attend(rope, 17, 0, x, y);
    attend(bias, 17, 0, x, z);
    assert_true(apart(y, z, 17 * C) > 1e-3); /* random biases count */
    clear_weight(bias, "q.bias", C);
    clear_weight(bias, "k.bias", C);
    attend(bias, 17, 0, x, z);
    near("zero biases", z, y, 17 * C, 1e-14);
    /* biases start at zero, so the two begin as the same model */
    struct model *fresh;
    const struct model_spec spec = bias->spec;
    assert_int_equal(model_new(&spec, &fresh), OK);
    for (size_t c = 0; c < C; c++) assert_true(weight_of(fresh, "q.bias")[c] == 0 && weight_of(fresh, "k.bias")[c] == 0);
    for (size_t i = 0; i < fresh->n_parameters; i++)
        if (strstr(fresh->parameter[i].name, ".bias")) assert_true(fresh->parameter[i].no_decay);
    model_free(fresh);
    model_free(bias), model_free(rope);
}

static void key_bias_needs_rotation(void **state)
{
    (void)state;
    real x[17 * C], y[17 * C], z[17 * C];
    for (int causal = 0; causal < 2; causal++) {
        struct model *m = model_of(&one, "none", "bias=[k]", causal);
        check_fill(x, 17 * C, 1, 9);
        attend(m, 17, 0, x, y);
        check_fill(weight_of(m, "k.bias"), C, 3, 10);
        attend(m, 17, 0, x, z);
        near("key bias without rotation", z, y, 17 * C, 1e-12);
        model_free(m);
    }
}

/* q = k = 0 and both biases sqrt(lambda) (1, 0, 1, 0, ..): scores lambda sum_t cos(delta theta_t) / sqrt(D). */
static void sandwich_pattern(void **state)
{
    (void)state;
    const size_t T = 19;
    const double lambda = 2.385;
    real x[19 * C], y[19 * C], want[19 * C];
    struct model *m = model_of(&one, "rope_bias", NULL, true);
    clear_weight(m, "q", C * C);
    clear_weight(m, "k", C * C);
    for (size_t c = 0; c < C; c++) weight_of(m, "q.bias")[c] = weight_of(m, "k.bias")[c] = c % 2 ? 0 : sqrt(lambda);
    check_fill(x, T * C, 1, 11);
    attend(m, T, 0, x, y);
    for (size_t i = 0; i < T; i++) {
        real mixed[C] = {0};
        double sum = 0;
        for (size_t j = 0; j <= i; j++) {
            double s = 0;
            for (size_t t = 0; t < D / 2; t++) s += lambda * cos((double)(i - j) * pow(10000, -2.0 * (double)t / D)) / sqrt(D);
            sum += exp(s);
            for (size_t c = 0; c < C; c++) mixed[c] += exp(s) * x[j * C + c];
        }
        for (size_t c = 0; c < C; c++) mixed[c] /= sum;
        through_v_and_o(m, mixed, 1, want + i * C);
    }
    near("sandwich", y, want, T * C, 1e-12);
    model_free(m);
}

/* Relative positions do not notice where the example stands; absolute ones added inside a layer would. */
static void shifted_first_row(void **state)
{
    (void)state;
    static const char *const names[] = {"rope", "rope_bias", "alibi", "keynorm", "cosine"};
    for (size_t k = 0; k < 5; k++) {
        for (int causal = 0; causal < 2; causal++) {
            real x[9 * C], y[9 * C], z[9 * C];
            struct model *m = model_of(&one, names[k], NULL, causal);
            model_prepare(m, 1100);
            check_fill(x, 9 * C, 1, 12);
            attend(m, 9, 0, x, y);
            for (ptrdiff_t shift = 1; shift < 1090; shift *= 7) {
                attend(m, 9, shift, x, z);
                near(names[k], z, y, 9 * C, 1e-11);
            }
            model_free(m);
        }
    }
}

/* ALiBi */

static double term_at(const struct score_term *t, size_t head, ptrdiff_t query, ptrdiff_t key)
{
    real score = 0;
    const struct score_tile at = {.head = head, .queries = 1, .keys = 1, .stride = 1, .query_position = query, .key_position = key,
                                  .query_step = 1, .key_step = 1};
    t->add(t, &at, &score);
    return score;
}

static void alibi_slopes(void **state)
{
    (void)state;
    static const struct { size_t H; double over[8]; } known[] = {
        {1, {256}}, {2, {16, 256}}, {3, {16, 256, 4}}, {4, {4, 16, 64, 256}}, {6, {4, 16, 64, 256, 2, 8}}, {8, {2, 4, 8, 16, 32, 64, 128, 256}}};
    subject_of(&one, "alibi", 0, NULL);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct model_options o;
        option_defaults(model_option_table, &o, sizeof o);
        o.heads = (int64_t)known[k].H;
        o.width = 4 * o.heads;
        o.layers = 1;
        const struct model_spec spec = {.options = &o, .attention = one.s.attention, .attention_options = one.s.attention_options,
                                        .position = one.s.position, .position_options = one.s.position_options, .vocabulary = 3, .train_length = 4};
        struct model *m;
        assert_int_equal(model_new(&spec, &m), OK);
        const struct score_term *t = one.s.position->term(NULL, m->position_self);
        for (size_t h = 0; h < known[k].H; h++) {
            const real slope = 1 / known[k].over[h], got = -term_at(t, h, 1, 0), far = -term_at(t, h, 1000, 7), back = -term_at(t, h, 7, 1000);
            near("slope", &got, &slope, 1, 1e-15);
            const real distance = 993 * slope;
            near("far", &far, &distance, 1, 1e-12);
            near("the other way", &back, &distance, 1, 1e-12);
            assert_true(term_at(t, h, 5, 5) == 0);
        }
        model_free(m);
    }
}

/* The paper's code adds m_h j to every row. */
static void key_slope_add(const struct score_term *t, const struct score_tile *at, real *scores)
{
    (void)t;
    const double m = at->head ? 1.0 / 256 : 1.0 / 16; /* two heads */
    for (size_t j = 0; j < at->keys; j++)
        for (size_t i = 0; i < at->queries; i++) scores[j * at->stride + i] += m * (double)(at->key_position + (ptrdiff_t)(j * at->key_step));
}
static const struct score_term key_slope = {.add = key_slope_add};
static const struct score_term *key_slope_term(struct pass *p, const void *self)
{
    (void)p, (void)self;
    return &key_slope;
}

static void alibi_as_row_shift(void **state)
{
    (void)state;
    const struct position shifted = {.name = "key slope", .can = CAN_CAUSAL | CAN_BIDIRECTIONAL, .term = key_slope_term};
    for (int causal = 0; causal < 2; causal++) {
        real x[40 * C], y[40 * C], z[40 * C];
        struct model *m = model_of(&one, "alibi", NULL, causal);
        check_fill(x, 40 * C, 1, 13);
        attend(m, 40, 0, x, y);
        m->spec.position = &shifted;
        attend(m, 40, 0, x, z);
        if (causal) near("m_h j", z, y, 40 * C, 1e-12);
        else assert_true(apart(y, z, 40 * C) > 1e-3);
        m->spec.position = one.s.position;
        model_free(m);
    }
}

/* What a position scheme makes of T rows that begin at `first`: of zeros, if it adds; of ones, if it rotates. */
static void placed_rows(struct model *m, ptrdiff_t first, size_t T, size_t length, real *out)
{
    const size_t mark = arena_mark(memory);
    model_prepare(m, length);
    tape tp;
    struct pass p;
    tape_init(&tp, memory, kernel_choose(NULL), false);
    struct pack *pack = check_pack(memory, 1, &T);
    pack->first = &first;
    const struct pass_request rq = {.tape = &tp, .pack = pack, .test_length = length};
    const size_t cols = (size_t)m->options.width;
    node *x = tape_leaf(&tp, T, cols, ARENA_ZEROS(memory, real, T * cols), NULL);
    (void)model_attention(m, &rq, &p, 0, x); /* opens the pass */
    const struct position *s = m->spec.position;
    for (size_t i = 0; i < T * cols; i++) x->val[i] = s->rotate ? 1 : 0;
    memcpy(out, (s->rotate ? s->rotate : s->add)(&p, m->position_self, x)->val, T * cols * sizeof *out);
    arena_rewind(memory, mark);
}

/* Scores cannot tell where rotations begin; what is carried from one part of a text to the next will. */
static void rope_turns_by_absolute_positions(void **state)
{
    (void)state;
    real y[9 * C], want[9 * C];
    struct model *m = model_of(&one, "rope", "base=50", true);
    for (ptrdiff_t first = 0; first < 200; first += 37) {
        placed_rows(m, first, 9, 300, y);
        for (size_t i = 0; i < 9 * C; i++) {
            const double angle = (double)(first + (ptrdiff_t)(i / C)) * pow(50, -(double)(i % D / 2 * 2) / D);
            want[i] = i % 2 ? cos(angle) + sin(angle) : cos(angle) - sin(angle);
        }
        near("rope", y, want, 9 * C, 1e-13);
    }
    model_free(m);
}

static void learned_beyond_its_table(void **state)
{
    (void)state;
    static const char *const beyond[] = {"beyond=refuse", "beyond=clamp", "beyond=tile", "beyond=interpolate"};
    for (size_t k = 0; k < 4; k++) {
        real y[60 * C], want[60 * C];
        struct model *m = model_of(&one, "learned", beyond[k], true);
        size_t values;
        const real *P = parameter_of(m, "position.table", &values);
        assert_non_null(P);
        assert_int_equal(values, N * C);
        placed_rows(m, 0, N, N, y);
        near("the table", y, P, N * C, 0);
        placed_rows(m, 5, N - 5, N, y);
        near("the table from a row on", y, P + 5 * C, (N - 5) * C, 0);
        assert_null(model_refuses_length(m, N));
        assert_int_equal(model_refuses_length(m, N + 1) != NULL, k == 0);
        if (k > 0) {
            const size_t L = 60;
            placed_rows(m, 0, L, L, y);
            for (size_t p = 0; p < L; p++) {
                double x = k == 1 ? fmin((double)p, N - 1) : k == 2 ? (double)(p % N) : fmin((double)p * N / (double)L, N - 1);
                const size_t low = (size_t)x, high = low + 1 < N ? low + 1 : low;
                x -= (double)low;
                for (size_t c = 0; c < C; c++) want[p * C + c] = (1 - x) * P[low * C + c] + x * P[high * C + c];
            }
            near(beyond[k], y, want, L * C, 1e-14);
        }
        model_free(m);
    }
}

static void sinusoids(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct model_options o;
        option_defaults(model_option_table, &o, sizeof o);
        o.width = 13; /* the last sine has no cosine */
        o.heads = 1;
        o.layers = 1;
        o.scale_embedding = k == 1;
        const char *const set[] = {"scale=0.25"};
        subject_of(&one, "sinusoidal", k == 2 ? 1 : 0, set);
        const struct model_spec spec = {.options = &o, .attention = one.s.attention, .attention_options = one.s.attention_options,
                                        .position = one.s.position, .position_options = one.s.position_options, .vocabulary = 3, .train_length = 4};
        struct model *m;
        assert_int_equal(model_new(&spec, &m), OK);
        real y[50 * 13], want[50 * 13];
        const size_t first = k == 2 ? 11 : 0;
        placed_rows(m, (ptrdiff_t)first, 50, 61, y);
        const double scale = k == 0 ? 5 * o.init_std : k == 1 ? 1 : 0.25; /* five times the embeddings, like them, as asked */
        for (size_t p = 0; p < 50; p++) {
            for (size_t c = 0; c < 13; c++) {
                const double angle = (double)(first + p) * pow(10000, -2.0 * (double)(c / 2) / 14);
                want[p * 13 + c] = scale * (c % 2 ? cos(angle) : sin(angle));
            }
        }
        near("sinusoids", y, want, 50 * 13, 1e-14);
        model_free(m);
    }
}

/* Refusals are sentences. */
static void rope_of_odd_heads(void **state)
{
    (void)state;
    struct model_options o;
    option_defaults(model_option_table, &o, sizeof o);
    o.width = 15;
    o.heads = 5;
    subject_of(&one, "rope", 0, NULL);
    const struct model_spec spec = {.options = &o, .attention = one.s.attention, .attention_options = one.s.attention_options,
                                    .position = one.s.position, .position_options = one.s.position_options, .vocabulary = 3, .train_length = 4};
    struct model *m;
    assert_int_equal(model_new(&spec, &m), ERR_CONFIG);
    assert_null(m);
    assert_non_null(strstr(status_message(), "must be even, not 3"));
}

/* Attentions broken on purpose: each must fail the check that is there for it. */

static node *sound(struct pass *p, const void *layer, node *x)
{
    return attention_find("vanilla")->forward(p, layer, x);
}

static node *reads_the_future(struct pass *p, const void *layer, node *x)
{
    struct pass both_ways = *p;
    both_ways.causal = false;
    return sound(&both_ways, layer, x);
}

static void too_much_backward(tape *tp, node *y)
{
    tp->kernel->add_scaled(y->rows * y->cols, 1.00001, y->grad, tape_grad(tp, y->in[0]));
}

static node *wrong_gradient(struct pass *p, const void *layer, node *x)
{
    node *y = sound(p, layer, x), *z = tape_node(p->tape, y->rows, y->cols, too_much_backward, y, NULL, NULL);
    memcpy(z->val, y->val, y->rows * y->cols * sizeof *z->val);
    return z;
}

/* Adds to every row a constant vector; its gradient is nothing. */
static node *plus(struct pass *p, node *y, double constant)
{
    node *k = tape_leaf(p->tape, y->rows, y->cols, ARENA_ARRAY(p->tape->memory, real, y->rows * y->cols), NULL);
    for (size_t i = 0; i < y->rows * y->cols; i++) k->val[i] = constant;
    return add(p->tape, y, k);
}

static node *looks_at_neighbours(struct pass *p, const void *layer, node *x)
{
    node *y = sound(p, layer, x);
    double most = 0;
    for (size_t i = 0; i < x->rows * x->cols; i++) most = fmax(most, fabs(x->val[i]));
    return p->pack->n > 1 ? plus(p, y, 1e-6 * most) : y;
}

static node *not_the_same_again(struct pass *p, const void *layer, node *x)
{
    static int calls;
#pragma omp atomic
    calls++;
    const real by[] = {1 + 1e-9 * (real)calls};
    real *factor = ARENA_ARRAY(p->tape->memory, real, x->rows);
    for (size_t i = 0; i < x->rows; i++) factor[i] = by[0];
    return scale_rows(p->tape, sound(p, layer, x), factor);
}

static node *breaks_on_one_row(struct pass *p, const void *layer, node *x)
{
    for (size_t e = 0; e < p->pack->n; e++)
        if (p->pack->offset[e + 1] - p->pack->offset[e] == 1) return plus(p, sound(p, layer, x), NAN);
    return sound(p, layer, x);
}

static node *breaks_when_long(struct pass *p, const void *layer, node *x)
{
    node *y = sound(p, layer, x);
    return x->rows > 150 ? plus(p, y, INFINITY) : y;
}

static node *forgets_the_scale(struct pass *p, const void *layer, node *x)
{
    struct pass wrong = *p;
    wrong.head_width = 5; /* 1 / sqrt(5) */
    return sound(&wrong, layer, x);
}

static node *ignores_hidden_rows(struct pass *p, const void *layer, node *x)
{
    struct pass wrong = *p;
    struct pack *pack = ARENA_NEW(p->tape->memory, struct pack);
    *pack = *p->pack;
    pack->valid = NULL;
    wrong.pack = pack;
    return sound(&wrong, layer, x);
}

static node *breaks_on_equal_rows(struct pass *p, const void *layer, node *x)
{
    return memcmp(x->val, x->val + x->cols, x->cols * sizeof(real)) == 0 ? plus(p, sound(p, layer, x), NAN) : sound(p, layer, x);
}

static node *breaks_when_all_is_hidden(struct pass *p, const void *layer, node *x)
{
    for (size_t e = 0; p->pack->valid && e < p->pack->n; e++)
        if (!memchr(p->pack->valid + p->pack->offset[e], 1, p->pack->offset[e + 1] - p->pack->offset[e])) return plus(p, sound(p, layer, x), NAN);
    return sound(p, layer, x);
}

static node *local_forgets_the_scale(struct pass *p, const void *layer, node *x)
{
    struct pass wrong = *p;
    wrong.head_width = 5;
    return attention_find("local")->forward(&wrong, layer, x);
}

static node *performer_is_off(struct pass *p, const void *layer, node *x)
{
    return plus(p, attention_find("performer")->forward(p, layer, x), 0.1);
}

/* An auxiliary loss sum y^2, with the gradient 2 y or another. */
static double auxiliary_factor;

static void squares_backward(tape *tp, node *y)
{
    real *d = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->in[0]->rows * y->in[0]->cols; i++) d[i] += auxiliary_factor * y->in[0]->val[i] * y->grad[0];
}

static node *adds_squares(struct pass *p, const void *layer, node *x, double factor)
{
    node *y = sound(p, layer, x), *sum = tape_node(p->tape, 1, 1, squares_backward, y, NULL, NULL);
    sum->val[0] = 0;
    for (size_t i = 0; i < y->rows * y->cols; i++) sum->val[0] += y->val[i] * y->val[i];
    auxiliary_factor = factor;
    pass_add_auxiliary(p, sum, (double)y->rows);
    return y;
}

static node *sound_auxiliary(struct pass *p, const void *layer, node *x) { return adds_squares(p, layer, x, 2); }
static node *wrong_auxiliary(struct pass *p, const void *layer, node *x) { return adds_squares(p, layer, x, 2.001); }

/* The same for what carries state: segments of 7 rows that see 5 before them. */

static node *carries(struct pass *p, const void *layer, node *x)
{
    return attention_find("transformer_xl")->forward(p, layer, x);
}

static node *with_states(struct pass *p, const void *layer, node *x, const struct carried *const *states)
{
    struct pass wrong = *p;
    struct pack *pack = ARENA_NEW(p->tape->memory, struct pack);
    *pack = *p->pack;
    pack->state_in = states;
    wrong.pack = pack;
    return carries(&wrong, layer, x);
}

static node *forgets_its_state(struct pass *p, const void *layer, node *x)
{
    return with_states(p, layer, x, NULL);
}

static node *takes_the_first_state(struct pass *p, const void *layer, node *x)
{
    if (!p->pack->state_in) return carries(p, layer, x);
    const struct carried **states = ARENA_ARRAY(p->tape->memory, const struct carried *, p->pack->n);
    for (size_t e = 0; e < p->pack->n; e++) states[e] = p->pack->state_in[e] ? p->pack->state_in[e] : p->pack->state_in[0];
    return with_states(p, layer, x, states);
}

static node *writes_into_its_state(struct pass *p, const void *layer, node *x)
{
    node *y = carries(p, layer, x);
    for (size_t e = 0; p->pack->state_in && e < p->pack->n; e++)
        if (p->pack->state_in[e]) p->pack->state_in[e]->value[0] += 1e-9;
    return y;
}

static node *leaves_too_many_rows(struct pass *p, const void *layer, node *x)
{
    node *y = carries(p, layer, x);
    for (size_t e = 0; p->pack->state_out && e < p->pack->n; e++)
        if (p->pack->state_out[e]) p->pack->state_out[e]->rows = p->model->carry[0].rows + 1;
    return y;
}

static node *looks_at_other_states(struct pass *p, const void *layer, node *x)
{
    const struct carried *const *in = p->pack->state_in;
    return plus(p, carries(p, layer, x), in && p->pack->n > 2 && in[0] ? 1e-9 * in[0]->value[0] : 0);
}

static node *scaled_gradient(struct pass *p, node *y)
{
    node *z = tape_node(p->tape, y->rows, y->cols, too_much_backward, y, NULL, NULL);
    memcpy(z->val, y->val, y->rows * y->cols * sizeof *z->val);
    return z;
}

static node *wrong_gradient_with_state(struct pass *p, const void *layer, node *x)
{
    return p->pack->state_in ? scaled_gradient(p, carries(p, layer, x)) : carries(p, layer, x);
}

static node *wrong_gradient_of_long_texts(struct pass *p, const void *layer, node *x)
{
    return p->pack->n == 1 && x->rows > 14 ? scaled_gradient(p, carries(p, layer, x)) : carries(p, layer, x);
}

static node *breaks_with_state(struct pass *p, const void *layer, node *x)
{
    return p->pack->state_in && p->pack->state_out ? plus(p, carries(p, layer, x), NAN) : carries(p, layer, x);
}

static void broken_ones_are_caught(void **state)
{
    (void)state;
    static const struct { const char *name, *base; unsigned can; node *(*forward)(struct pass *, const void *, node *); const char *fails; } toys[] = {
        {"sound", "vanilla", 0, sound, NULL},
        {"reads the future", "vanilla", 0, reads_the_future, "change of rows before a changed row"},
        {"wrong gradient", "vanilla", 0, wrong_gradient, "gradient of the layer,"},
        {"looks at neighbours", "vanilla", 0, looks_at_neighbours, "other values beside it"},
        {"not the same again", "vanilla", 0, not_the_same_again, "gradient again"},
        {"breaks on one row", "vanilla", 0, breaks_on_one_row, "values that are not finite"},
        {"breaks on equal rows", "vanilla", 0, breaks_on_equal_rows, "not finite with equal rows"},
        {"breaks when all is hidden", "vanilla", 0, breaks_when_all_is_hidden, "not finite with hidden rows"},
        {"breaks when long", "vanilla", 0, breaks_when_long, "not finite at 1, 2, 8 times the length"},
        {"ignores hidden rows", "vanilla", 0, ignores_hidden_rows, "hidden rows behind an example"},
        {"ignores hidden rows", "vanilla", 0, ignores_hidden_rows, "other values in hidden rows"},
        {"vanilla", "vanilla", 0, forgets_the_scale, "textbook version"}, /* the name has a textbook version */
        {"local", "local", 0, local_forgets_the_scale, "against vanilla"}, /* and settings that equal vanilla */
        {"performer", "performer", 0, performer_is_off, "error against vanilla, of that before"},
        {"sound, with auxiliary loss", "vanilla", CAN_AUX, sound_auxiliary, NULL},
        {"wrong auxiliary loss", "vanilla", CAN_AUX, wrong_auxiliary, "gradient of the auxiliary loss"},
        {"no auxiliary loss", "vanilla", CAN_AUX, sound, "gradient of the auxiliary loss"},
        {"sound, with state", "transformer_xl", 0, carries, NULL},
        {"forgets its state", "transformer_xl", 0, forgets_its_state, "one pass against parts with state"},
        {"takes the first state", "transformer_xl", 0, takes_the_first_state, "example without state among others"},
        {"writes into its state", "transformer_xl", 0, writes_into_its_state, "change of the state given"},
        {"leaves too many rows", "transformer_xl", 0, leaves_too_many_rows, "states left that are not sound"},
        {"looks at other states", "transformer_xl", 0, looks_at_other_states, "other values and states beside it"},
        {"wrong gradient with state", "transformer_xl", 0, wrong_gradient_with_state, "gradient of the layer with state"},
        {"wrong gradient with state", "transformer_xl", 0, wrong_gradient_with_state, "gradient of a model with state"},
        {"wrong gradient of long texts", "transformer_xl", 0, wrong_gradient_of_long_texts, "gradient of a text against its parts'"},
        {"breaks with state", "transformer_xl", 0, breaks_with_state, "not finite with state"},
    };
    static const char *const segments[] = {"segment=7", "memory=5"};
    for (size_t k = 0; k < sizeof toys / sizeof *toys; k++) {
        const bool xl = strcmp(toys[k].base, "transformer_xl") == 0;
        subject_of(&one, toys[k].base, xl ? 2 : 0, segments);
        one.s.position = position_find("none");
        struct attention toy = *attention_find(toys[k].base);
        toy.name = toys[k].name;
        toy.can |= toys[k].can;
        toy.forward = toys[k].forward;
        one.s.attention = &toy;
        one.s.name = toy.name;
        struct check_report r;
        check_variant(&one.s, true, &r);
        bool caught = false;
        for (size_t i = 0; i < r.n; i++) caught = caught || (!r.row[i].pass && toys[k].fails && strncmp(r.row[i].name, toys[k].fails, strlen(toys[k].fails)) == 0);
        if (!toys[k].fails && r.failed) check_print(stdout, toy.name, &r);
        if (!toys[k].fails) assert_int_equal(r.failed, 0);
        else if (!caught || r.failed == 0) fail_msg("an attention that %s passed \"%s\"", toys[k].name, toys[k].fails);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_pass),                 cmocka_unit_test(options_pass),
        cmocka_unit_test(no_order_without_positions),   cmocka_unit_test(one_row_gives_its_value),
        cmocka_unit_test(equal_keys_give_the_mean),     cmocka_unit_test(keynorm_of_even_keys_is_vanilla),
        cmocka_unit_test(scaling_one_row),              cmocka_unit_test(log_n_at_the_training_length),
        cmocka_unit_test(log_n_of_a_causal_row),        cmocka_unit_test(zero_biases_are_rope),
        cmocka_unit_test(key_bias_needs_rotation),      cmocka_unit_test(sandwich_pattern),
        cmocka_unit_test(shifted_first_row),            cmocka_unit_test(alibi_slopes),
        cmocka_unit_test(alibi_as_row_shift),           cmocka_unit_test(learned_beyond_its_table),
        cmocka_unit_test(sinusoids),                    cmocka_unit_test(rope_of_odd_heads),
        cmocka_unit_test(rope_turns_by_absolute_positions),
        cmocka_unit_test(broken_ones_are_caught),
    };
    return cmocka_run_group_tests(tests, memory_setup, memory_teardown);
}
