/* test_compressive.c -- Compressive Transformer: all options against the textbook, with state carried from window to window and
 * with losses; the settings that make it Transformer-XL; who gets which gradient; what is carried, and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "memory.h"
#include "support.h"
#include "tests/ref/compressive.h"

enum { C = 12, D = 6, H = 2, N = 24, MOST = 64, SETTINGS = 9 }; /* C, D, H: of check_model; N: training length */
#define SET(...) ((const char *const[SETTINGS]){__VA_ARGS__})

static double apart(const real *a, const real *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fabs(a[i] - b[i]) > most || isnan(a[i] - b[i]) ? fabs(a[i] - b[i]) : most;
    return most;
}

static void near(const char *what, const real *got, const real *want, size_t n, double tolerance)
{
    const double d = apart(got, want, n);
    if (!(d <= tolerance)) fail_msg("%s: %g apart, at most %g", what, d, tolerance);
}

static void near_number(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want)))) fail_msg("%s: %.15g, wanted %.15g", what, got, want);
}

struct made {
    struct subject subject;
    struct model  *m;
};

static void make(struct made *out, const char *name, bool causal, size_t layers, const char *const set[SETTINGS])
{
    size_t n = 0;
    while (set && n < SETTINGS && set[n]) n++;
    subject_of(&out->subject, name, n, set);
    const struct shape shape = {.causal = causal, .norm = NORM_PRE, .train_length = N, .classes = causal ? 0 : 3, .layers = layers};
    out->m = check_model(&out->subject.s, shape, 0.5, 3);
    if (!out->m) fail_msg("%s: %s", name, status_message());
}

static real *weights(const struct model *m, const char *name, size_t *n)
{
    char full[128];
    snprintf(full, sizeof full, "layer 0.attention.%s", name);
    return parameter_of(m, full, n);
}

static void copy_parameters(const struct model *to, const struct model *from)
{
    for (size_t i = 0; i < to->n_parameters; i++) {
        const struct model_parameter *p = &to->parameter[i];
        const real *w = parameter_of(from, p->name, NULL);
        if (w) memcpy(to->values + p->offset, w, p->rows * p->cols * sizeof *w);
    }
}

/* States of one text, with room for what is declared; in `memory`. */
static struct carried *states(const struct model *m)
{
    struct carried *s = ARENA_ZEROS(memory, struct carried, m->n_carry);
    for (size_t i = 0; i < m->n_carry; i++) s[i].value = ARENA_ZEROS(memory, real, m->carry[i].rows * m->carry[i].cols);
    return s;
}

static struct carried *state_called(const struct model *m, struct carried *s, const char *name)
{
    for (size_t i = 0; i < m->n_carry; i++)
        if (strstr(m->carry[i].name, "layer 0.") && strstr(m->carry[i].name, name)) return &s[i];
    return NULL;
}

/* A pack of examples that start with in[e] and leave out[e]; either array may be NULL. */
static struct pack *pack_with(size_t n, const size_t *length, const struct carried *const *in, struct carried *const *out)
{
    struct pack *p = check_pack(memory, n, length);
    p->state_in = in;
    p->state_out = out;
    return p;
}

/* One layer. */
struct layer_run {
    bool        training;
    const real *dy;           /* NULL: no gradient of the output */
    bool        loss;         /* gradient of the auxiliary loss  */
    real       *dx, *d_parameters;
    size_t      n_aux;        /* out */
    double      aux, count;   /* out: sum, and of how many numbers */
};

static void run(const struct model *m, const struct pack *p, real *x, real *y, struct layer_run *r)
{
    const size_t mark = arena_mark(memory), rows = pack_rows(p);
    tape tp;
    struct pass pass;
    tape_init(&tp, memory, kernel_choose(NULL), r->training);
    if (r->dx) memset(r->dx, 0, rows * C * sizeof *r->dx);
    if (r->d_parameters) memset(r->d_parameters, 0, m->n_values * sizeof *r->d_parameters);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = N, .seed = 1, .gradients = r->d_parameters};
    node *out = model_attention(m, &rq, &pass, 0, tape_leaf(&tp, rows, C, x, r->dx));
    if (y) memcpy(y, out->val, rows * C * sizeof *y);
    r->n_aux = pass.n_aux;
    r->aux = r->count = 0;
    for (size_t i = 0; i < pass.n_aux; i++) r->aux += pass.aux[i].node->val[0], r->count += pass.aux[i].count;
    if (r->dy && tape_grad(&tp, out)) memcpy(tape_grad(&tp, out), r->dy, rows * C * sizeof *y);
    for (size_t i = 0; r->loss && i < pass.n_aux; i++)
        if (tape_grad(&tp, pass.aux[i].node)) *tape_grad(&tp, pass.aux[i].node) += 1 / pass.aux[i].count;
    real zero = 0, sum = 0;
    if (r->dy || r->loss) tape_backward(&tp, tape_leaf(&tp, 1, 1, &zero, &sum), 0);
    arena_rewind(memory, mark);
}

/* ---- against the textbook ---------------------------------------------------------------------------------------- */

static void compare_state(const struct made *a, struct carried *s, const struct ref_memory *want, const char *what)
{
    const struct carried *M = state_called(a->m, s, "memory"), *CM = state_called(a->m, s, "compressed");
    const struct carried *used = state_called(a->m, s, "usage");
    assert_int_equal(M ? M->rows : 0, want->n_memory);
    assert_int_equal(CM ? CM->rows : 0, want->n_compressed);
    if (M) near(what, M->value, want->memory, want->n_memory * C, 0);
    if (CM) near(what, CM->value, want->compressed, want->n_compressed * C, 1e-12);
    if (!used) return;
    assert_int_equal(used->rows, want->n_memory);
    for (size_t i = 0; i < used->rows; i++) {
        near_number("weight", used->value[2 * i] / H, want->weight[i], 1e-12);
        near_number("queries", used->value[2 * i + 1], want->queries[i], 0);
    }
}

static void against_textbook(bool causal, bool training, const char *const set[SETTINGS])
{
    static const size_t lengths[] = {19, 7, 1, 30, 24};
    static struct made a;
    make(&a, "compressive", causal, 1, set);
    const size_t mark = arena_mark(memory);
    struct ref_memory want = {0};
    struct carried *s[2] = {states(a.m), states(a.m)};
    const double *o_weight = weights(a.m, "o", NULL), *o_bias = weights(a.m, "o.bias", NULL);
    for (size_t w = 0; w < sizeof lengths / sizeof *lengths; w++) {
        const size_t T = lengths[w];
        real x[MOST * C], y[MOST * C], z[MOST * C], o[MOST * C];
        check_fill(x, T * C, 1, 50 + w);
        const struct carried *in[] = {w ? s[w % 2] : NULL};
        struct carried *out[] = {s[1 - w % 2]};
        struct layer_run r = {.training = training};
        run(a.m, pack_with(1, &T, in, out), x, y, &r);
        const struct layer l = {.m = a.m, .T = T, .C = C, .H = H, .D = D, .causal = causal, .N = N, .x = x};
        struct ref_losses losses;
        ref_compressive_window(&l, training, &want, o, &losses);
        for (size_t i = 0; i < T; i++) {
            for (size_t c = 0; c < C; c++) {
                z[i * C + c] = o_bias ? o_bias[c] : 0;
                for (size_t d = 0; d < C; d++) z[i * C + c] += o[i * C + d] * o_weight[d * C + c];
            }
        }
        near(set[0], y, z, T * C, 1e-11);
        compare_state(&a, s[1 - w % 2], &want, set[0]);
        if (!training) assert_int_equal(r.n_aux, 0);
        if (!training || r.n_aux == 0) continue;
        const bool encoding = weights(a.m, "decompress", NULL) != NULL;
        near_number("loss", r.aux, encoding ? losses.auto_encoding : losses.reconstruction, 1e-11);
        near_number("numbers", r.count, encoding ? losses.encoded : losses.reconstructed, 0);
    }
    ref_memory_free(&want);
    arena_rewind(memory, mark);
    model_free(a.m);
}

static const char *const kinds[] = {"compression=max", "compression=mean", "compression=convolution", "compression=dilated",
                                    "compression=most_used"};
#define KINDS (sizeof kinds / sizeof *kinds)

static void textbook(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        const bool causal = way & 1, training = way & 2;
        for (size_t k = 0; k < KINDS; k++) {
            against_textbook(causal, training, SET(kinds[k], "segment=5", "memory=7", "compressed=4", "rate=3", "loss=reconstruction"));
            against_textbook(causal, training, SET(kinds[k], "segment=4", "memory=8", "compressed=3", "rate=2", "loss=auto_encoding"));
            against_textbook(causal, training, SET(kinds[k], "segment=0", "memory=3", "compressed=50", "rate=4", "loss=none"));
            against_textbook(causal, training, SET(kinds[k], "segment=3", "memory=0", "compressed=5", "rate=2", "clamp=4", "loss=reconstruction"));
            against_textbook(causal, training, SET(kinds[k], "segment=6", "memory=0", "compressed=5", "rate=1", "same_length=true"));
            against_textbook(causal, training, SET(kinds[k], "segment=6", "memory=2", "compressed=5", "rate=7", "test_segment=4",
                                                   "test_memory=5", "test_compressed=2"));
            against_textbook(causal, training, SET(kinds[k], "segment=6", "memory=5", "compressed=0"));
            if (k == 2 || k == 3)
                against_textbook(causal, training, SET(kinds[k], "segment=5", "memory=4", "compressed=6", "rate=2", "loss=bptt"));
        }
    }
}

/* ---- Transformer-XL -------------------------------------------------------------------------------------------- */

/* Loss and gradients of whole models with two layers are the same to the last bit. */
static void same_model(const struct made *a, const struct made *b)
{
    const size_t mark = arena_mark(memory), lengths[] = {50, 3, 17};
    copy_parameters(a->m, b->m);
    real *g = ARENA_ZEROS(memory, real, a->m->n_values), *want = ARENA_ZEROS(memory, real, b->m->n_values);
    const struct pack *p = check_pack(memory, 3, lengths);
    near_number("loss", check_loss(a->m, p, g), check_loss(b->m, p, want), 1e-12);
    near_number("loss", check_loss(a->m, p, NULL), check_loss(b->m, p, NULL), 1e-12);
    for (size_t i = 0; i < b->m->n_parameters; i++) {
        const struct model_parameter *q = &b->m->parameter[i];
        const real *w = parameter_of(a->m, q->name, NULL);
        assert_non_null(w);
        near(q->name, g + (w - a->m->values), want + q->offset, q->rows * q->cols, 1e-10);
    }
    arena_rewind(memory, mark);
}

static void nothing_compressed(void **state)
{
    (void)state;
    static struct made a, b;
    for (int same = 0; same < 2; same++) {
        make(&a, "compressive", true, 2, SET("segment=7", "memory=10", "compressed=0", same ? "same_length=true" : NULL));
        make(&b, "transformer_xl", true, 2, SET("segment=7", "memory=10", same ? "same_length=true" : NULL));
        assert_int_equal(a.m->n_values, b.m->n_values);
        same_model(&a, &b);
        model_free(a.m);
        model_free(b.m);
    }
}

/* W_0 = I, b = 0, and a decoder that is I. */
static void make_identity(const struct model *m)
{
    static const char *const names[] = {"compress", "decompress"};
    for (size_t layer = 0; layer < 2; layer++) {
        for (size_t k = 0; k < 2; k++) {
            char name[64];
            snprintf(name, sizeof name, "layer %zu.attention.%s", layer, names[k]);
            real *W = parameter_of(m, name, NULL);
            for (size_t i = 0; W && i < C * C; i++) W[i] = i % (C + 1) == 0;
        }
        char name[64];
        size_t n;
        snprintf(name, sizeof name, "layer %zu.attention.compress.bias", layer);
        real *b = parameter_of(m, name, &n);
        if (b) memset(b, 0, n * sizeof *b);
    }
}

static void every_row_kept(void **state)
{
    (void)state;
    static struct made a, b;
    static const char *const losses[] = {"loss=reconstruction", "loss=auto_encoding"};
    for (size_t k = 0; k < KINDS; k++) {
        if (k == 3) continue; /* dilated does not end with the identity */
        for (size_t j = 0; j < 2; j++) {
            make(&a, "compressive", true, 2, SET(kinds[k], "segment=7", "memory=4", "compressed=6", "rate=1", losses[j]));
            make(&b, "transformer_xl", true, 2, SET("segment=7", "memory=10"));
            make_identity(a.m);
            same_model(&a, &b);
            const size_t T = 40;
            real x[MOST * C];
            check_fill(x, T * C, 1, 4);
            struct layer_run r = {.training = true};
            run(a.m, check_pack(memory, 1, &T), x, NULL, &r);
            assert_int_equal(r.n_aux, 1);
            assert_true(r.aux < 1e-20);
            model_free(a.m);
            model_free(b.m);
        }
    }
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

static bool of_compression(const char *name)
{
    return strstr(name, "compress") != NULL; /* compress.. and decompress */
}

/* The loss reaches f_c and g alone, the task everything but them; with bptt the task reaches f_c too. */
static void who_gets_gradients(void **state)
{
    (void)state;
    static struct made a;
    static const char *const losses[] = {"loss=reconstruction", "loss=auto_encoding", "loss=none", "loss=bptt"};
    const size_t T = 45;
    real x[MOST * C], dx[MOST * C], dy[MOST * C];
    for (size_t k = 2; k < 4; k++) {
        for (size_t j = 0; j < 4; j++) {
            make(&a, "compressive", true, 1, SET(kinds[k], "segment=7", "memory=4", "compressed=6", "rate=3", losses[j]));
            check_fill(x, T * C, 1, 4);
            check_fill(dy, T * C, 1, 5);
            real *g = ARENA_ZEROS(memory, real, a.m->n_values);
            for (int task = 0; task < 2; task++) {
                struct layer_run r = {.training = true, .dy = task ? dy : NULL, .loss = !task, .dx = dx, .d_parameters = g};
                run(a.m, check_pack(memory, 1, &T), x, NULL, &r);
                assert_int_equal(r.n_aux, j < 2);
                for (size_t i = 0; i < a.m->n_parameters; i++) {
                    const struct model_parameter *p = &a.m->parameter[i];
                    if (!strstr(p->name, "attention") || strstr(p->name, "o.bias")) continue;
                    const bool f = of_compression(p->name), wanted = task ? !f || j == 3 : f && j < 2;
                    double most = 0;
                    for (size_t n = 0; n < p->rows * p->cols; n++) most = fmax(most, fabs(g[p->offset + n]));
                    if (wanted != (most > 0))
                        fail_msg("%s, %s: %s has %s gradient", losses[j], task ? "task" : "loss", p->name, wanted ? "no" : "a");
                }
                double most = 0;
                for (size_t n = 0; n < T * C; n++) most = fmax(most, fabs(dx[n]));
                assert_true(task ? most > 0 : most == 0);
            }
            model_free(a.m);
        }
    }
}

/* What is differentiated: the layer's output along dy, or the loss. */
static double objective(const struct model *m, const struct pack *p, real *x, const real *dy, bool loss)
{
    real y[MOST * C];
    struct layer_run r = {.training = true};
    run(m, p, x, y, &r);
    if (loss) return r.n_aux ? r.aux / r.count : 0;
    double sum = 0;
    for (size_t i = 0; i < pack_rows(p) * C; i++) sum += dy[i] * y[i];
    return sum;
}

/* Slopes along random directions of the parameters that `which` says, and of the rows that are never memory. */
static void check_slopes(const char *what, const struct made *a, const struct pack *p, bool loss, bool compression, bool others)
{
    const struct model *m = a->m;
    const size_t rows = pack_rows(p), n = m->n_values, mark = arena_mark(memory);
    real *x = ARENA_ZEROS(memory, real, rows * C), *dy = ARENA_ZEROS(memory, real, rows * C), *dx = ARENA_ZEROS(memory, real, rows * C);
    real *ux = ARENA_ZEROS(memory, real, rows * C), *moved = ARENA_ZEROS(memory, real, rows * C);
    real *g = ARENA_ZEROS(memory, real, n), *u = ARENA_ZEROS(memory, real, n), *was = ARENA_ZEROS(memory, real, n);
    check_fill(x, rows * C, 1, 20);
    check_fill(dy, rows * C, 1, 21);
    struct layer_run r = {.training = true, .dy = loss ? NULL : dy, .loss = loss, .dx = dx, .d_parameters = g};
    run(m, p, x, NULL, &r);
    memcpy(was, m->values, n * sizeof *was);
    for (uint64_t k = 0; k < 3; k++) {
        double analytic = 0, f[2];
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct model_parameter *q = &m->parameter[i];
            const bool moves = of_compression(q->name) ? compression : others;
            check_fill(u + q->offset, q->rows * q->cols, moves, 30 + 7 * k + i);
            for (size_t j = q->offset; j < q->offset + q->rows * q->cols; j++) analytic += u[j] * g[j];
        }
        memset(ux, 0, rows * C * sizeof *ux);
        if (others) check_fill(ux + (rows - 4) * C, 4 * C, 1, k); /* of the last example's last segment */
        for (size_t i = 0; i < rows * C; i++) analytic += ux[i] * dx[i];
        for (int side = 0; side < 2; side++) {
            const double h = side ? -1e-6 : 1e-6;
            for (size_t i = 0; i < n; i++) m->values[i] = was[i] + h * u[i];
            for (size_t i = 0; i < rows * C; i++) moved[i] = x[i] + h * ux[i];
            f[side] = objective(m, p, moved, dy, loss);
        }
        memcpy(m->values, was, n * sizeof *was);
        const double numeric = (f[0] - f[1]) / 2e-6, error = fabs(analytic - numeric) / (fabs(analytic) + fabs(numeric) + 1e-3);
        if (!(error < 1e-6)) fail_msg("%s: slope %.10g, by differences %.10g", what, analytic, numeric);
        if (fabs(analytic) < 1e-6) fail_msg("%s: slope %g says nothing", what, analytic);
    }
    arena_rewind(memory, mark);
}

static void gradients(void **state)
{
    (void)state;
    static struct made a;
    static const size_t lengths[] = {23, 6, 32}; /* the last segment has 4 rows */
    const struct pack *p = check_pack(memory, 3, lengths);
    for (int causal = 0; causal < 2; causal++) {
        for (size_t k = 0; k < KINDS; k++) {
            for (size_t j = 0; j < 2; j++) {
                make(&a, "compressive", causal, 1, SET(kinds[k], "segment=7", "memory=4", "compressed=6", "rate=3", "loss_weight=0.7",
                                                       j ? "loss=auto_encoding" : "loss=reconstruction"));
                check_slopes(kinds[k], &a, p, false, false, true);
                if (k == 2 || k == 3 || j == 1) check_slopes(kinds[k], &a, p, true, true, false);
                model_free(a.m);
            }
        }
        for (size_t k = 2; k < 4; k++) { /* slots live for one segment: its gradient is the whole one */
            make(&a, "compressive", causal, 1, SET(kinds[k], "segment=6", "memory=4", "compressed=2", "rate=3", "loss=bptt"));
            const size_t T[] = {23, 6, 28};
            check_slopes(kinds[k], &a, check_pack(memory, 3, T), false, true, true);
            model_free(a.m);
        }
    }
}

/* A segment sends gradients to f_c through the slots of the update before it alone: as much as in a window that begins one
 * segment earlier, where older slots were carried in.  The output does not depend on it. */
static void bptt_is_short(void **state)
{
    (void)state;
    static struct made a, b;
    enum { T = 24, HALF = T / 2 };
    const size_t whole = T, half = HALF;
    real x[T * C], y[2][T * C], dy[T * C] = {0};
    check_fill(x, T * C, 1, 4);
    check_fill(dy + 18 * C, 6 * C, 1, 5); /* the last segment */
    make(&a, "compressive", true, 1, SET("segment=6", "memory=4", "compressed=20", "rate=3", "loss=bptt"));
    make(&b, "compressive", true, 1, SET("segment=6", "memory=4", "compressed=20", "rate=3", "loss=none"));
    copy_parameters(b.m, a.m);
    real *g[2] = {ARENA_ZEROS(memory, real, a.m->n_values), ARENA_ZEROS(memory, real, a.m->n_values)};
    const size_t W = (size_t)(weights(a.m, "compress", NULL) - a.m->values);
    struct layer_run r = {.training = true, .dy = dy, .d_parameters = g[0]};
    run(a.m, check_pack(memory, 1, &whole), x, y[0], &r);
    run(b.m, check_pack(memory, 1, &whole), x, y[1], &(struct layer_run){.training = true});
    near("output", y[0], y[1], T * C, 1e-13);
    struct carried *s = states(a.m);
    run(a.m, pack_with(1, &half, NULL, &s), x, NULL, &(struct layer_run){.training = true});
    const struct carried *in[] = {s};
    r.dy = dy + HALF * C;
    r.d_parameters = g[1];
    run(a.m, pack_with(1, &half, in, NULL), x + HALF * C, y[1], &r);
    near("output", y[1] + 6 * C, y[0] + 18 * C, 6 * C, 1e-13);
    near("compress", g[1] + W, g[0] + W, 3 * C * C, 1e-12);
    assert_true(apart(g[0] + W, (const real[3 * C * C]){0}, 3 * C * C) > 1e-6);
    model_free(a.m);
    model_free(b.m);
}

/* ---- carried state ----------------------------------------------------------------------------------------------- */

/* Logits of the whole model on examples with states. */
static void logits(const struct model *m, const struct pack *p, real *out)
{
    const size_t mark = arena_mark(memory);
    tape tp;
    struct pass pass;
    tape_init(&tp, memory, kernel_choose(NULL), false);
    const struct pass_request rq = {.tape = &tp, .pack = p, .test_length = N, .seed = 1};
    const node *y = model_logits(m, &rq, &pass);
    memcpy(out, y->val, y->rows * y->cols * sizeof *out);
    arena_rewind(memory, mark);
}

/* Rows [from, from + n) of a text of 11 letters, starting with `in`. */
static void part(const struct model *m, const int32_t *text, size_t from, size_t n, struct carried *in, struct carried *out, real *y)
{
    const struct carried *ins[] = {in};
    struct carried *outs[] = {out};
    struct pack *p = pack_with(1, &n, ins, out ? outs : NULL);
    const ptrdiff_t first = (ptrdiff_t)from;
    p->token = text + from;
    p->first = &first;
    logits(m, p, y);
}

/* A text in one pass, and in parts cut where segments end, is the same; so is what it leaves. */
static void parts(void **state)
{
    (void)state;
    static struct made a;
    enum { T = 60 };
    static const size_t cuts[][4] = {{0, 36, T, T}, {0, 6, 30, T}, {0, 48, 54, T}};
    int32_t text[T];
    uint8_t bytes[T];
    random_bytes(bytes, T, 11, 1);
    for (size_t i = 0; i < T; i++) text[i] = bytes[i];
    for (size_t k = 0; k < KINDS; k++) {
        make(&a, "compressive", true, 2, SET(kinds[k], "segment=6", "memory=8", "compressed=5", "rate=4"));
        const size_t mark = arena_mark(memory);
        static real whole[T * 11], split[T * 11];
        struct carried *end = states(a.m);
        part(a.m, text, 0, T, NULL, end, whole);
        for (size_t j = 0; j < 3; j++) {
            struct carried *s[2] = {states(a.m), states(a.m)};
            for (size_t i = 0; i < 3; i++) {
                const size_t n = cuts[j][i + 1] - cuts[j][i];
                if (n == 0) continue;
                part(a.m, text, cuts[j][i], n, i ? s[i % 2] : NULL, s[1 - i % 2], split + cuts[j][i] * 11);
                if (cuts[j][i + 1] < T) continue;
                for (size_t c = 0; c < a.m->n_carry; c++) {
                    assert_int_equal(s[1 - i % 2][c].rows, end[c].rows);
                    near("state", s[1 - i % 2][c].value, end[c].value, end[c].rows * a.m->carry[c].cols, 1e-11);
                }
            }
            near(kinds[k], split, whole, T * 11, 1e-12);
        }
        arena_rewind(memory, mark);
        model_free(a.m);
    }
}

/* Examples of a pack that start with a state and without, beside each other, are what they are alone. */
static void each_its_own(void **state)
{
    (void)state;
    static struct made a;
    const size_t before = 40, lengths[] = {13, 26, 9};
    real x[MOST * C], y[MOST * C], z[MOST * C], early[MOST * C];
    for (size_t k = 0; k < KINDS; k++) {
        make(&a, "compressive", true, 1, SET(kinds[k], "segment=6", "memory=8", "compressed=5", "rate=4"));
        const size_t mark = arena_mark(memory);
        check_fill(early, before * C, 1, 1);
        struct carried *in = states(a.m), *out[3], *alone = states(a.m);
        for (size_t e = 0; e < 3; e++) out[e] = states(a.m);
        struct layer_run r = {.training = false};
        run(a.m, pack_with(1, &before, NULL, &in), early, NULL, &r);
        check_fill(x, 48 * C, 1, 2);
        const struct carried *ins[] = {NULL, in, NULL};
        run(a.m, pack_with(3, lengths, ins, out), x, y, &r);
        for (size_t e = 0, at = 0; e < 3; at += lengths[e++]) {
            run(a.m, pack_with(1, lengths + e, ins + e, &alone), x + at * C, z, &r);
            near(kinds[k], y + at * C, z, lengths[e] * C, 1e-13);
            for (size_t c = 0; c < a.m->n_carry; c++) {
                assert_int_equal(out[e][c].rows, alone[c].rows);
                near("state", out[e][c].value, alone[c].value, alone[c].rows * a.m->carry[c].cols, 1e-13);
            }
        }
        run(a.m, pack_with(3, lengths, NULL, NULL), x, z, &r); /* without its state the second is another */
        near("reset", y, z, 13 * C, 1e-13);
        near("reset", y + 39 * C, z + 39 * C, 9 * C, 1e-13);
        assert_true(apart(y + 13 * C, z + 13 * C, 26 * C) > 1e-3);
        arena_rewind(memory, mark);
        model_free(a.m);
    }
}

/* Slots stay in order of time, however many segments; a constant memory has constant slots. */
static void order(void **state)
{
    (void)state;
    static struct made a;
    for (size_t k = 0; k < KINDS; k++) {
        if (k == 2 || k == 3) continue;
        make(&a, "compressive", true, 1, SET(kinds[k], "segment=5", "memory=7", "compressed=9", "rate=3"));
        for (int constant = 0; constant < 2; constant++) {
            const size_t mark = arena_mark(memory), T = 32;
            struct carried *s[2] = {states(a.m), states(a.m)};
            for (size_t w = 0; w < 6; w++) {
                real x[MOST * C];
                check_fill(x, T * C, 1, w);
                for (size_t i = 0; i < T; i++) {
                    x[i * C] = 0.01 * (double)(w * T + i);
                    for (size_t c = 0; constant && c < C; c++) x[i * C + c] = 2.385 + (double)c;
                }
                const struct carried *in[] = {w ? s[w % 2] : NULL};
                struct layer_run r = {.training = w % 2};
                run(a.m, pack_with(1, &T, in, &s[1 - w % 2]), x, NULL, &r);
                const struct carried *CM = state_called(a.m, s[1 - w % 2], "compressed"), *M = state_called(a.m, s[1 - w % 2], "memory");
                assert_int_equal(CM->rows, w ? 9 : 8); /* 24 of 32 rows have left after the first window */
                for (size_t i = 0; i < CM->rows; i++) {
                    const real next = i + 1 < CM->rows ? CM->value[(i + 1) * C] : M->value[0];
                    if (!constant) assert_true(CM->value[i * C] < next);
                    for (size_t c = 0; constant && c < C; c++) near_number("constant", CM->value[i * C + c], 2.385 + (double)c, 1e-15);
                }
            }
            arena_rewind(memory, mark);
        }
        model_free(a.m);
    }
}

/* While nothing leaves memory there is no loss: not 0 / 0. */
static void nothing_to_compress(void **state)
{
    (void)state;
    static struct made a;
    static const char *const losses[] = {"loss=reconstruction", "loss=auto_encoding", "loss=bptt"};
    for (size_t j = 0; j < 3; j++) {
        make(&a, "compressive", true, 1, SET("segment=5", "memory=16", "compressed=4", "rate=3", losses[j]));
        for (size_t T = 1; T <= 19; T++) {
            real x[MOST * C], dx[MOST * C], dy[MOST * C];
            check_fill(x, T * C, 1, 4);
            check_fill(dy, T * C, 1, 5);
            real *g = ARENA_ZEROS(memory, real, a.m->n_values);
            struct layer_run r = {.training = true, .dy = dy, .loss = true, .dx = dx, .d_parameters = g};
            run(a.m, check_pack(memory, 1, &T), x, NULL, &r);
            assert_int_equal(r.n_aux, T == 19 && j < 2);
            for (size_t i = 0; i < a.m->n_values; i++) assert_true(isfinite(g[i]));
        }
        model_free(a.m);
    }
}

/* Hidden rows behind an example change nothing, and are not carried on. */
static void hidden_rows(void **state)
{
    (void)state;
    static struct made a;
    const size_t T = 20;
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t more = 1; more < 40; more += 13) {
            make(&a, "compressive", false, 1, SET(kinds[k], "segment=6", "memory=8", "compressed=5", "rate=4"));
            const size_t mark = arena_mark(memory), longer = T + more;
            real x[MOST * C], y[MOST * C], z[MOST * C];
            unsigned char valid[MOST];
            memset(valid, 0, sizeof valid);
            memset(valid, 1, T);
            check_fill(x, longer * C, 1, 2);
            struct carried *out = states(a.m);
            struct layer_run r = {.training = false};
            run(a.m, check_pack(memory, 1, &T), x, y, &r);
            struct pack *p = pack_with(1, &longer, NULL, &out);
            p->valid = valid;
            run(a.m, p, x, z, &r);
            near(kinds[k], z, y, T * C, 1e-12);
            const struct carried *M = state_called(a.m, out, "memory");
            assert_true(M->rows <= 11);
            for (size_t i = 0; i < M->rows; i++) near("memory", M->value + i * C, x + (T - M->rows + i) * C, C, 0);
            arena_rewind(memory, mark);
            model_free(a.m);
        }
    }
}

/* Rows hidden inside an example, alone in their groups or not, are never looked at; most_used counts them as queries. */
static void hidden_inside(void **state)
{
    (void)state;
    static struct made a;
    const size_t T = 48;
    real x[MOST * C], y[MOST * C], z[MOST * C];
    unsigned char valid[MOST];
    for (size_t i = 0; i < T; i++) valid[i] = i > 15 || i == 3; /* rows of four slots, of which the second, third and fourth are empty */
    for (size_t k = 0; k < KINDS - 1; k++) {
        make(&a, "compressive", false, 1, SET(kinds[k], "segment=6", "memory=8", "compressed=50", "rate=4"));
        const size_t mark = arena_mark(memory);
        struct pack *p = check_pack(memory, 1, &T);
        struct carried *out = states(a.m);
        p->valid = valid;
        p->state_out = &out;
        check_fill(x, T * C, 1, 2);
        struct layer_run r = {.training = false};
        run(a.m, p, x, y, &r);
        assert_int_equal(state_called(a.m, out, "compressed")->rows, 10 - 3);
        for (size_t i = 0; i < T; i++)
            if (!valid[i]) check_fill(x + i * C, C, 100, i);
        run(a.m, p, x, z, &r);
        for (size_t i = 0; i < T; i++)
            if (valid[i]) near(kinds[k], z + i * C, y + i * C, C, 0);
        arena_rewind(memory, mark);
        model_free(a.m);
    }
}

/* A state is read, never written. */
static void state_is_constant(void **state)
{
    (void)state;
    static struct made a;
    const size_t T = 33;
    real x[MOST * C];
    for (size_t k = 0; k < KINDS; k++) {
        make(&a, "compressive", true, 1, SET(kinds[k], "segment=6", "memory=8", "compressed=5", "rate=4"));
        const size_t mark = arena_mark(memory);
        check_fill(x, T * C, 1, 2);
        struct carried *in = states(a.m), *copy = states(a.m), *out = states(a.m);
        struct layer_run r = {.training = true};
        run(a.m, pack_with(1, &T, NULL, &in), x, NULL, &r);
        run(a.m, pack_with(1, &T, NULL, &copy), x, NULL, &r);
        const struct carried *ins[] = {in};
        run(a.m, pack_with(1, &T, ins, &out), x, NULL, &r);
        for (size_t c = 0; c < a.m->n_carry; c++) near("state", in[c].value, copy[c].value, in[c].rows * a.m->carry[c].cols, 0);
        arena_rewind(memory, mark);
        model_free(a.m);
    }
}

static void refused(const char *const set[SETTINGS], const char *why)
{
    static struct subject s;
    size_t n = 0;
    while (n < SETTINGS && set[n]) n++;
    subject_of(&s, "compressive", n, set);
    const struct shape shape = {.causal = true, .train_length = N, .layers = 1};
    if (check_model(&s.s, shape, 0.5, 3)) fail_msg("not refused: %s", why);
    if (!strstr(status_message(), why)) fail_msg("got: %s; wanted: %s", status_message(), why);
}

static void refusals(void **state)
{
    (void)state;
    refused(SET("compressed=0", "loss=reconstruction"), "nothing is compressed");
    refused(SET("compressed=0", "test_compressed=3"), "training never used");
    refused(SET("compression=mean", "loss=bptt", "segment=4"), "nothing to learn");
    refused(SET("compression=most_used", "loss=bptt", "segment=4"), "nothing to learn");
    refused(SET("loss=bptt", "segment=0"), "several segments");
    refused(SET("memory=0", "compressed=0", "same_length=true"), "at least 1");
}

/* Operations per token grow to a bound, not with the length. */
static void counted(void **state)
{
    (void)state;
    static struct made a;
    for (size_t k = 0; k < KINDS; k++) {
        make(&a, "compressive", true, 1, SET(kinds[k], "segment=64", "memory=64", "compressed=32", "rate=4"));
        const double one = model_flops(a.m, 1 << 12) / (1 << 12), four = model_flops(a.m, 1 << 14) / (1 << 14);
        assert_true(four > one * 0.99 && four < one * 1.02);
        model_free(a.m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(textbook),          cmocka_unit_test(nothing_compressed), cmocka_unit_test(every_row_kept),
        cmocka_unit_test(who_gets_gradients), cmocka_unit_test(gradients),         cmocka_unit_test(bptt_is_short),
        cmocka_unit_test(parts),             cmocka_unit_test(each_its_own),       cmocka_unit_test(order),
        cmocka_unit_test(nothing_to_compress), cmocka_unit_test(hidden_rows),      cmocka_unit_test(hidden_inside),
        cmocka_unit_test(state_is_constant), cmocka_unit_test(refusals),          cmocka_unit_test(counted),
    };
    return cmocka_run_group_tests(tests, memory_setup, memory_teardown);
}
